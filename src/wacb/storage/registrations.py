"""Pending registrations of numbers, from `number add` to `number confirm`.

The file has account SIDs, numbers, registration IDs and profile IDs, but no secrets. Version 0.1
kept them by SID alone; what it wrote belongs to each account of that SID.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from wacb.errors import Command, ConfigError, Prose
from wacb.jsontext import NotJson, ascii_json, read_json
from wacb.models import UNKNOWN, Unknown
from wacb.storage import files
from wacb.storage.identity import Identity


class Registration(NamedTuple):
    """A number (E.164) that was added, or may have been, and may be confirmed by now.

    `id` is the API's ID of the registration; `profile` is the ID of the profile that will be
    attached once the number is confirmed.
    """

    number: str
    id: str | Unknown
    profile: str | None


class RegistrationStore:
    """The registrations of an `account`, in a file in `folder`.

    The lock of the file is waited for as long as time is `remaining`.
    """

    def __init__(self, folder: Path, *, account: Identity, remaining: files.Remaining) -> None:
        self._path = folder / "registrations.json"
        self._names = (account.name, account.sid)
        self._remaining = remaining

    def find(self, number: str) -> Registration | None:
        """Return the registration of a number. Raises ConfigError for a damaged file."""
        data = self._read(files.read_text(self._path))
        for name in self._names:
            if entry := data[name].get(number):
                identity = entry["id"] or UNKNOWN
                return Registration(number=number, id=identity, profile=entry["profile"])
        return None

    def has_id(self, number: str) -> bool:
        """Return whether the ID of a number's registration is known; not in a damaged file."""
        with suppress(ConfigError):
            found = self.find(number)
            return found is not None and found.id is not UNKNOWN
        return False

    def announce(self, registration: Registration) -> None:
        """Save a registration that is about to be sent.

        Raises ConfigError if the file cannot be written, DeadlineExceeded if it is locked.
        """
        self._write(registration.number, registration, remaining=self._remaining)

    def save(self, registration: Registration) -> None:
        """Save a registration that was made. Raises as `announce` does."""
        self._write_afterwards(registration.number, registration)

    def finish(self, number: str, registration: Registration | None) -> None:
        """Save what remains to be done, None for nothing; ignore a file that cannot be written."""
        # The work is done, and an entry that stays is harmless: `confirm` can be run twice.
        with suppress(*files.WRITE_ERRORS):
            self._write_afterwards(number, registration)

    def _write_afterwards(self, number: str, registration: Registration | None) -> None:
        self._write(number, registration, remaining=files.after_the_fact())

    def _write(
        self, number: str, registration: Registration | None, *, remaining: files.Remaining
    ) -> None:
        def change(text: str | None) -> str:
            data = self._read(text)
            for name in self._names:
                data[name].pop(number, None)
            if registration:
                identity = "" if registration.id is UNKNOWN else registration.id
                entry = {"id": identity, "profile": registration.profile}
                data[self._names[0]][number] = entry
            for name in self._names:
                if not data[name]:
                    del data[name]
            return ascii_json(data, indent=2) + "\n"

        files.update(self._path, change, remaining=remaining)

    def _read(self, text: str | None) -> dict[str, Any]:
        """Parse the file: name of the account -> number -> entry. All accounts' are kept."""
        try:
            data: Any = {} if text is None else read_json(text)
            entries = [e for name in self._names for e in data.setdefault(name, {}).values()]
            if all(_is_entry(entry["id"], entry["profile"]) for entry in entries):
                return dict(data)
        except (NotJson, TypeError, LookupError, AttributeError):
            pass  # reported below, together with an entry of the wrong kind
        raise ConfigError(
            f"{self._path} was changed by another program",
            hint=Prose("remove this file; `", Command("number confirm"), "` then needs --id"),
        )


def _is_entry(identity: Any, profile: Any) -> bool:
    return isinstance(identity, str) and isinstance(profile, str | None)

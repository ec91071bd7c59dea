"""The journal: every change of a number's profile, one JSON line each, append-only.

It has account SIDs, numbers and profile IDs, but no secrets.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from time import gmtime, strftime
from typing import Any, Literal, NamedTuple

from wacb.jsontext import ascii_json, read_json_or
from wacb.models import AttachedId, id_from_json, id_to_json
from wacb.storage import files

Action = Literal["attach", "detach", "rollback"]
_SECONDS_TO_READ = 1.0  # at most to wait for a writer


class Entry(NamedTuple):
    """One change of the profile of `number` (E.164) in the account with the SID `account`.

    `time` is ISO 8601 UTC in whole seconds. `old` and `new` are profile IDs, None for none; `old`
    is UNKNOWN where neither the API nor the journal showed it. `action` is an Action, or a word of
    a later version.
    """

    time: str
    account: str
    number: str
    old: AttachedId
    new: str | None
    action: str

    def as_json(self) -> dict[str, Any]:
        """Return the members as the file and JSON output have them."""
        return self._asdict() | {"old": id_to_json(self.old), "new": id_to_json(self.new)}


_KINDS: dict[str, type | tuple[type, ...]] = {
    **dict.fromkeys(("time", "account", "number", "new", "action"), str),
    "old": (str, type(None)),
}


class Journal:
    """The entries of one account in the journal at `path`, which need not exist.

    `account` is the account's SID, `clock` returns seconds since 1970, `warn` gets a sentence for
    each line that is skipped; the file's lock is waited for as long as time is `remaining`. The
    file is read once, on first use; threads and processes may append to it at the same time. Every
    method raises ConfigError where it cannot read or write the file, and those that write
    DeadlineExceeded where it stays locked.
    """

    def __init__(
        self,
        path: Path,
        *,
        account: str,
        clock: Callable[[], float],
        warn: Callable[[str], None],
        remaining: files.Remaining,
    ) -> None:
        self._path = path
        self._account = account
        self._clock = clock
        self._warn = warn
        self._remaining = remaining

    def check_writable(self) -> None:
        """Raise ConfigError where no change could be recorded; a full disk is not noticed."""
        files.check_appendable(self._path, remaining=self._remaining)

    def append(self, *, number: str, old: AttachedId, new: str | None, action: Action) -> None:
        """Record a change; return once it is safe on the disk."""
        entry = Entry(
            time=strftime("%Y-%m-%dT%H:%M:%SZ", gmtime(self._clock())),
            account=self._account,
            number=number,
            old=old,
            new=new,
            action=action,
        )
        # ASCII only: then no value holds a line separator, and a tear never splits a character.
        files.append_line(self._path, ascii_json(entry.as_json()), remaining=files.after_the_fact())

    def history(self, number: str | None = None) -> list[Entry]:
        """Return the changes of one number (E.164), or of all, oldest first."""
        return [entry for entry in self._entries if number in (None, entry.number)]

    @cached_property
    def believed(self) -> dict[str, str | None]:
        """Map every number to the profile ID that its last change left on it."""
        return {entry.number: entry.new for entry in self._entries}

    def last_change(self, number: str) -> Entry | None:
        """Return the last change of a number, whose `old` a rollback restores.

        An entry that changed nothing is not a change; a rollback is one, so that rolling back twice
        restores the first state. With an `old` of UNKNOWN the previous value is unknown.
        """
        entries = reversed(self.history(number))
        return next((entry for entry in entries if entry.old != entry.new), None)

    @cached_property
    def _entries(self) -> list[Entry]:
        return [entry for entry in self._read() if entry.account == self._account]

    def _read(self) -> Iterator[Entry]:
        lines = self._lines()
        for place, line in enumerate(lines, start=1):
            entry = _parse(line)
            if entry:
                yield entry
            elif line.strip():
                # The last piece has no line feed; if it were whole, it would have been an entry.
                state = "incomplete, as after a crash" if place == len(lines) else "not an entry"
                self._warn(f"line {place} of {self._path} is {state}: it was skipped")

    def _lines(self) -> list[bytes]:
        content = files.read_bytes(self._path) or b""
        if content and not content.endswith(b"\n"):
            # Perhaps a writer is halfway: under the lock none is. On a read-only disk, where the
            # lock is not available, there is no writer either. One that was stopped is left alone.
            with (
                suppress(*files.WRITE_ERRORS),
                files.locked(self._path, remaining=files.within(_SECONDS_TO_READ)),
            ):
                content = files.read_bytes(self._path) or b""
        return content.split(b"\n")


def _parse(line: bytes) -> Entry | None:
    """Read one line, None where it is not an entry. Members of a later version are ignored."""
    data = read_json_or(line, None)
    if not isinstance(data, dict):
        return None
    values: dict[str, Any] = {name: data.get(name) for name in Entry._fields}
    if not all(isinstance(value, _KINDS[name]) for name, value in values.items()):
        return None
    return Entry(**values | {"old": id_from_json(values["old"]), "new": values["new"] or None})

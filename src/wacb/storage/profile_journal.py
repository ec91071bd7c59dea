"""Creates, updates and deletions of profiles in the journal, next to the changes of numbers.

Each is written before its request leaves, as an intent, and again with its outcome. The lines have
account SIDs, titles and profile IDs, but no secrets.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Literal, NamedTuple

from wacb.errors import ConfigError, WacbError
from wacb.jsontext import ascii_json, read_json_or
from wacb.storage import files
from wacb.storage.journal import INTENT, Outcome, outcome_of, timestamp
from wacb.storage.uptime import Uptime, uptime

Action = Literal["create", "update", "delete"]
_KIND = "profile"


class ProfileEntry(NamedTuple):
    """One change of a profile in the account with the SID `account` at `host`.

    `profile` is its ID, None for one that is to be created. `before` are the IDs of the profiles
    that had its title; of an update, when the profile was modified last. `outcome` is "unknown"
    until the API's answer is. `seq` is the place of the intent in the file. The request left not
    later than `seconds` after the start `boot` of the machine.
    """

    time: str
    account: str
    host: str
    action: str
    title: str
    profile: str | None
    outcome: str
    seq: int
    boot: str
    seconds: float
    before: tuple[str, ...] = ()

    @property
    def sent_until(self) -> Uptime:
        """The latest time at which the request was sent."""
        return Uptime(boot=self.boot, seconds=self.seconds)


_KINDS: dict[str, type | tuple[type, ...]] = {
    **dict.fromkeys(("time", "account", "host", "action", "title", "outcome", "boot"), str),
    "profile": (str, type(None)),
    "seq": int,
    "seconds": (int, float),
    "before": list,
}


class ProfileJournal:
    """The changes of profiles of one account in the journal at `path`, which need not exist.

    `clock` returns seconds since 1970, `now` the time since the machine was started; the file's
    lock is waited for as long as time is `remaining`. `record` and `last` raise ConfigError where
    they cannot use the file, and `record` DeadlineExceeded if it stays locked.
    """

    def __init__(
        self,
        path: Path,
        *,
        account: str,
        host: str,
        clock: Callable[[], float],
        remaining: files.Remaining,
        now: Callable[[], Uptime] = uptime,
    ) -> None:
        self._path = path
        self._account = account
        self._host = host
        self._clock = clock
        self._remaining = remaining
        self._now = now

    @contextmanager
    def record(
        self,
        action: Action,
        *,
        title: str,
        profile: str | None = None,
        before: Collection[str] = (),
    ) -> Iterator[Callable[[str], None]]:
        """Record a change whose request is sent in the block, and how it ended.

        The intent is safe on the disk when the block begins. Call what is yielded with the ID of a
        profile that was created.
        """
        sent_until = self._now()
        intent = ProfileEntry(
            time=timestamp(self._clock()),
            account=self._account,
            host=self._host,
            action=action,
            title=title,
            profile=profile,
            outcome=INTENT,
            seq=0,
            boot=sent_until.boot,
            seconds=sent_until.seconds + self._remaining(),
            before=tuple(sorted(before)),
        )
        seq = files.append_line(
            self._path, lambda place: _line(intent._replace(seq=place)), remaining=self._remaining
        )
        made = [profile]
        try:
            yield made.append
        except WacbError as error:
            self.settle(intent._replace(seq=seq), outcome_of(error))
            raise
        self.settle(intent._replace(seq=seq, profile=made[-1]), "done")

    def settle(self, entry: ProfileEntry, outcome: Outcome) -> None:
        """Record the outcome of a change; if that fails, the entry stays as it was."""
        now = self._now()
        settled = entry._replace(outcome=outcome, boot=now.boot, seconds=now.seconds)
        with suppress(*files.WRITE_ERRORS):
            files.append_line(
                self._path, _line(settled), remaining=files.after_the_fact(), sync=False
            )

    def settle_last(
        self,
        action: Action,
        outcome: Outcome,
        *,
        title: str | None = None,
        profile: str | None = None,
        made: str | None = None,
        was: Outcome = "unknown",
    ) -> bool:
        """Settle the last change if its outcome was unknown; return whether it was.

        `made` is the ID of the profile that was created. A file that cannot be read is left alone.
        """
        with suppress(ConfigError):
            entry = self.last(action, title=title, profile=profile)
            if entry and entry.outcome == was:
                self.settle(entry._replace(profile=made or entry.profile), outcome)
                return True
        return False

    def last(
        self, action: Action, *, title: str | None = None, profile: str | None = None
    ) -> ProfileEntry | None:
        """Return the last change of a profile, named by its title or its ID, as it is recorded now.

        One that was refused changed nothing, and does not count.
        """
        name, value = ("title", title) if profile is None else ("profile", profile)
        content = files.read_bytes(self._path) or b""
        wanted = f'"{name}": {ascii_json(value)}'.encode()
        found: dict[int, ProfileEntry] = {}
        for line in content.split(b"\n") if wanted in content else ():
            entry = _parse(line) if wanted in line else None
            if entry and self._is_own(entry, action) and getattr(entry, name) == value:
                found[entry.seq] = entry
        changes = [entry for entry in found.values() if entry.outcome != "refused"]
        return changes[-1] if changes else None

    def _is_own(self, entry: ProfileEntry, action: Action) -> bool:
        return (entry.account, entry.host, entry.action) == (self._account, self._host, action)


def _line(entry: ProfileEntry) -> str:
    return ascii_json({"kind": _KIND, **entry._asdict(), "before": list(entry.before)})


def _parse(line: bytes) -> ProfileEntry | None:
    """Read one line, None if it is not the change of a profile."""
    data: Any = read_json_or(line, None)
    if not isinstance(data, dict) or data.get("kind") != _KIND:
        return None
    values: dict[str, Any] = {name: data.get(name) for name in ProfileEntry._fields}
    if not all(isinstance(value, _KINDS[name]) for name, value in values.items()):
        return None
    values["before"] = tuple(map(str, values["before"]))
    values["outcome"] = "unknown" if values["outcome"] == INTENT else values["outcome"]
    return ProfileEntry(**values)

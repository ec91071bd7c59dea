"""The journal: every change of a number's profile, append-only, one JSON line each.

A change is written before its request leaves, as an intent, and again with its outcome. The file
has account SIDs, numbers and profile IDs, but no secrets. Lines with a `kind` are other changes.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from time import gmtime, strftime
from typing import Any, Literal, NamedTuple

from wacb.errors import ConfigError, Interrupted, Skipped, WacbError
from wacb.jsontext import ascii_json, read_json_or
from wacb.models import UNKNOWN, AttachedId, id_from_json, id_to_json, same_id
from wacb.storage import files

Action = Literal["attach", "detach", "rollback"]
Outcome = Literal["done", "refused", "unknown"]
INTENT = "intent"
_SECONDS_TO_READ = 1.0  # at most to wait for a writer


class Entry(NamedTuple):
    """One change of the profile of `number` (E.164) in the account with the SID `account`.

    `time` is ISO 8601 UTC in whole seconds. `old` and `new` are profile IDs, None for none; `old`
    is UNKNOWN where neither the API nor the journal showed it. `action` is an Action, or a word of
    a later version. `outcome` is "unknown" until the API's answer is. Version 0.1 wrote what was
    done, without `host`, `waba_id` and `seq`, which is the place of the intent in the file.
    """

    time: str
    account: str
    number: str
    old: AttachedId
    new: str | None
    action: str
    outcome: str = "done"
    host: str | None = None
    waba_id: str | None = None
    seq: int | None = None

    def as_json(self) -> dict[str, Any]:
        """Return the members as the file and JSON output have them."""
        return self._asdict() | {"old": id_to_json(self.old), "new": id_to_json(self.new)}


_KINDS: dict[str, type | tuple[type, ...]] = {
    **dict.fromkeys(("time", "account", "number", "new", "action", "outcome"), str),
    **dict.fromkeys(("old", "host", "waba_id"), (str, type(None))),
    "seq": (int, type(None)),
}


_REQUIRED = frozenset(Entry._fields) - Entry._field_defaults.keys()


class Journal:
    """The entries of one account in the journal at `path`, which need not exist.

    The account is known by `host`, SID and `waba_id`; entries without a host or a WABA ID belong to
    each of its. `clock` returns seconds since 1970, `warn` gets a sentence for each line that is
    skipped; the file's lock is waited for as long as time is `remaining`. The file is read once, on
    first use; threads and processes may append to it at the same time. Every method raises
    ConfigError if it cannot read or write the file, and those that write DeadlineExceeded where
    it stays locked.
    """

    def __init__(
        self,
        path: Path,
        *,
        account: str,
        host: str,
        waba_id: str | None,
        clock: Callable[[], float],
        warn: Callable[[str], None],
        remaining: files.Remaining,
    ) -> None:
        self._path = path
        self._account = account
        self._host = host
        self._waba_id = waba_id
        self._clock = clock
        self._warn = warn
        self._remaining = remaining
        self._writing = threading.Lock()  # quicker among threads than the file's lock

    def check_writable(self) -> None:
        """Raise ConfigError if no change could be recorded; a full disk is not noticed."""
        files.check_appendable(self._path, remaining=self._remaining)

    def begin(
        self,
        *,
        number: str,
        old: AttachedId,
        new: str | None,
        action: Action,
        remaining: files.Remaining | None = None,
    ) -> Entry:
        """Record a change whose request is about to leave; return once it is safe on the disk."""
        intent = Entry(
            time=timestamp(self._clock()),
            account=self._account,
            number=number,
            old=old,
            new=new,
            action=action,
            outcome=INTENT,
            host=self._host,
            waba_id=self._waba_id,
        )
        with self._writing:
            seq = files.append_line(
                self._path,
                lambda place: _line(intent._replace(seq=place)),
                remaining=remaining or self._remaining,
            )
        return intent._replace(seq=seq)

    def settle(self, entry: Entry, outcome: Outcome) -> None:
        """Record the outcome of a change that was begun.

        Where that fails the outcome stays unknown, which the next look at the number settles.
        """
        text = _line(entry._replace(outcome=outcome))
        with suppress(*files.WRITE_ERRORS), self._writing:
            files.append_line(
                self._path, lambda _: text, remaining=files.after_the_fact(), sync=False
            )

    def settle_by_look(self, number: str, shown: AttachedId) -> None:
        """Record that the last change of a number was made, where the API shows that now.

        Where it does not, the request may still be under way. A file that cannot be read is left
        alone.
        """
        entries: list[Entry] = []
        with suppress(ConfigError):
            entries = self.history(number)
        if entries and entries[-1].outcome == "unknown" and same_id(shown, entries[-1].new):
            self.settle(entries[-1], "done")

    def history(self, number: str | None = None) -> list[Entry]:
        """Return the changes of one number (E.164), or of all, oldest first."""
        return [entry for entry in self._replayed.entries if number in (None, entry.number)]

    @cached_property
    def believed(self) -> dict[str, str | None]:
        """Map numbers to the profile ID that their last change left on them, where that is certain.

        It is not after a change of unknown outcome, and where two changes were under way at a time.
        """
        return {
            number: value
            for number, values in self.possible.items()
            for value in values
            if len(values) == 1 and value is not UNKNOWN
        }

    @property
    def possible(self) -> dict[str, frozenset[AttachedId]]:
        """Map numbers to the profile IDs that their changes may have left on them."""
        return self._replayed.possible

    def last_change(self, number: str) -> Entry | None:
        """Return the last change of a number that may have been made, a rollback included.

        An entry that changed nothing is not a change.
        """
        for entry in reversed(self.history(number)):
            if entry.outcome != "refused" and entry.old != entry.new:
                return entry
        return None

    @cached_property
    def _replayed(self) -> _Replay:
        return _Replay(entry for entry in self._read() if self._is_own(entry))

    def _is_own(self, entry: Entry) -> bool:
        return (
            entry.account == self._account
            and entry.host in (None, self._host)
            and (None in (entry.waba_id, self._waba_id) or entry.waba_id == self._waba_id)
        )

    def _read(self) -> Iterator[Entry]:
        lines = self._lines()
        for place, line in enumerate(lines, start=1):
            entry = _parse(line)
            if entry:
                yield entry
            elif line.strip() and not _has_kind(line):
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


class _Replay:
    """The changes recorded in the lines of the file, in the order of their intents."""

    def __init__(self, lines: Iterable[Entry]) -> None:
        self.entries: list[Entry] = []
        self.possible: dict[str, frozenset[AttachedId]] = {}
        self._begun: dict[tuple[str, int | None], int] = {}
        self._before: list[frozenset[AttachedId]] = []
        self._last: dict[str, int] = {}
        self._overlap: dict[int, frozenset[AttachedId]] = {}
        for line in lines:
            place = self._begun.get((line.number, line.seq))
            if line.outcome == INTENT or place is None:
                self._add(line)
            else:
                self._settle(place, line.outcome)

    def _add(self, line: Entry) -> None:
        place = self._last[line.number] = len(self.entries)
        self._before.append(self.possible.get(line.number, frozenset()))
        if line.seq is not None:
            self._begun[line.number, line.seq] = place
        self.entries.append(line._replace(outcome="unknown"))
        self._settle(place, "unknown" if line.outcome == INTENT else line.outcome)

    def _settle(self, place: int, outcome: str) -> None:
        entry = self.entries[place] = self.entries[place]._replace(outcome=outcome)
        number, before, last = entry.number, self._before[place], self._last[entry.number]
        if place != last:
            if outcome != "refused":  # both were under way at a time: either may have come last
                self._overlap[last] = self._overlap.get(last, frozenset()) | {entry.new}
                self.possible[number] |= {entry.new}
            return
        after = {"done": frozenset([entry.new]), "refused": before}
        maybe = before | {entry.old, entry.new}
        self.possible[number] = after.get(outcome, maybe) | self._overlap.get(place, frozenset())


def outcome_of(error: WacbError) -> Outcome:
    """Return the outcome of a request that ended with an error: may the API have processed it?"""
    maybe = error.sent or (isinstance(error, Interrupted) and not isinstance(error, Skipped))
    return "unknown" if maybe else "refused"


def timestamp(seconds: float) -> str:
    """Return a Unix time as ISO 8601 UTC in whole seconds."""
    return strftime("%Y-%m-%dT%H:%M:%SZ", gmtime(seconds))


def _line(entry: Entry) -> str:
    # ASCII only: then no value holds a line separator, and a tear never splits a character.
    return ascii_json(entry.as_json())


def _has_kind(line: bytes) -> bool:
    """Return whether a line is the change of something else than a number."""
    data = read_json_or(line, None)
    return isinstance(data, dict) and "kind" in data


def _parse(line: bytes) -> Entry | None:
    """Read one line, None if it is not an entry. Members of a later version are ignored."""
    data = read_json_or(line, None)
    if not isinstance(data, dict):
        return None
    values = Entry._field_defaults | {
        name: data.get(name) for name in Entry._fields if name in data or name in _REQUIRED
    }
    if not all(isinstance(value, _KINDS[name]) for name, value in values.items()):
        return None
    return Entry(**values | {"old": id_from_json(values["old"]), "new": values["new"] or None})

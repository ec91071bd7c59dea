"""The record of each callback, as the NDJSON object of cli.md 11: made once, shown, saved.

Receiving is receiver.py's, what a callback says received.py's.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from wacb.callbacks.classify import MESSAGE, is_unfilled
from wacb.callbacks.decode import Received, Request, read
from wacb.errors import InvalidInput, WacbError
from wacb.jsontext import json_text
from wacb.redaction import mask_headers
from wacb.storage import files
from wacb.template.placeholders import INCOMING, KNOWN
from wacb.validation import nearest


def parse_names(text: str) -> tuple[str, ...]:
    """Read `all`, which is the 14, or names with commas between. Raises InvalidInput."""
    if text == "all":
        return INCOMING
    names = tuple(dict.fromkeys(name.strip() for name in text.split(",")))
    for name in names:
        if name not in KNOWN:
            near = nearest(name.lower(), KNOWN)
            raise InvalidInput(
                f"{name!r} is not a field of a callback",
                hint=f"did you mean {near}?" if near else f"fields: {', '.join(INCOMING)}",
            )
    return names


class Expectation:
    """Counts messages and judges them. `wanted` is how many shall come; None is any number.

    `remedy` says what to do where it is not met.
    """

    def __init__(self, names: tuple[str, ...] = (), wanted: int | None = None) -> None:
        self._names = names
        self.wanted = wanted
        self.count = 0
        self._others = 0
        self._failed = 0
        self._first = ""
        self.remedy = (
            "look at the template with `wacb profile check`, and whether callbacks are sent"
        )

    @property
    def complete(self) -> bool:
        """Whether as many messages came as shall come."""
        return self.wanted is not None and self.count >= self.wanted

    @property
    def met(self) -> bool:
        """Whether enough messages came, and nothing was wrong with any of them."""
        return not self._failed and (self.wanted is None or self.complete)

    def add(self, received: Received, fault: str | None = None) -> None:
        """Count a message; another callback changes nothing. `fault` says why it is unreadable."""
        if received.kind != MESSAGE:
            self._others += 1
            return
        self.count += 1
        lacks = [name for name in self._names if not _arrived(name, received)]
        if lacks and not fault:
            fault = f"lacks {', '.join(lacks)}"
        if fault:
            self._failed += 1
            if not self._first and not lacks:
                self.remedy = "compare key and IV with those of the profile"
            self._first = self._first or f"message {self.count} {fault}"

    def complaint(self) -> str:
        """Say what was not met."""
        if not self._failed:
            others = f"; {self._others} other callbacks did" if self._others else ""
            return f"{self.count} of {self.wanted} messages came{others}"
        others = f", and {self._failed - 1} more failed" if self._failed > 1 else ""
        return self._first + others


def _arrived(name: str, received: Received) -> bool:
    """Say whether a field came, be it empty; a literal `<name>` did not."""
    if name in INCOMING:
        return name in received.present
    return name in received.fields and not is_unfilled(name, received.fields[name])


Record = dict[str, Any]
_MOST_BYTES = 16 * 1024 * 1024  # of the requests behind the remembered records


class Newest:
    """Remembers the newest records: at most `most` of them, and no more than 16 MiB."""

    def __init__(self, most: int) -> None:
        self._records: deque[tuple[int, Record]] = deque()
        self._most = most
        self._bytes = 0

    def add(self, record: Record, size: int) -> None:
        """Remember a record that was made of a request of `size` bytes."""
        self._records.append((size, record))
        self._bytes += size
        while len(self._records) > self._most or self._bytes > _MOST_BYTES:
            self._bytes -= self._records.popleft()[0]

    def after(self, n: int) -> list[Record]:
        """Return the remembered records whose number is higher than `n`, in order."""
        return [record for _, record in self._records if record["n"] > n]


class Recorder:
    """Number the callbacks, judge each one, save it in the folder `save`, then `show` it.

    None is kept but in `newest`, however many come. A value that `decrypt` refuses is recorded as
    it came, with a note, and its message fails the expectation.
    """

    def __init__(
        self,
        show: Callable[[Record], None],
        expectation: Expectation,
        *,
        save: Path | None = None,
        decrypt: Callable[[str], str] | None = None,
        clock: Callable[[], float] = time.time,
        newest: Newest | None = None,
    ) -> None:
        self._show = show
        self._expectation = expectation
        self._save = save
        self._decrypt = decrypt
        self._clock = clock
        self._newest = newest
        self._count = 0

    def __call__(self, request: Request) -> None:
        """Record one callback. Raises ConfigError where it cannot be saved."""
        now = datetime.fromtimestamp(self._clock(), UTC)
        received, fault = self._read(request)
        self._count += 1
        record = _record(self._count, now, request, received)
        if self._save:
            name = f"{self._count:06}-{now:%Y%m%dT%H%M%S}{now.microsecond // 1000:03}.json"
            files.create(self._save / name, json_text(record) + "\n")
        if self._newest:
            texts = (request.query, request.body, *request.headers.values())
            self._newest.add(record, sum(map(len, texts)))
        self._expectation.add(received, fault)
        self._show(record)

    def _read(self, request: Request) -> tuple[Received, str | None]:
        """Read a callback, without the key where that does not fit; then say so."""
        try:
            return read(request, decrypt=self._decrypt), None
        except WacbError as error:
            fault = f"cannot be decrypted: {error.message}"
            received = read(request)
            return received._replace(notes=(*received.notes, fault)), fault


def _record(n: int, now: datetime, request: Request, received: Received) -> Record:
    return {
        "event": "callback",
        "n": n,
        "time": now.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "method": request.method,
        "path": request.path,
        "kind": received.kind,
        "fields": received.fields,
        "present": received.present,
        "empty": received.empty,
        "literal": received.literal,
        "missing": received.missing,
        "notes": received.notes,
        "headers": mask_headers(request.headers),
        "query": request.query,
        "body": request.body.decode("utf-8", "backslashreplace") or None,
    }

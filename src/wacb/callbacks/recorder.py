"""Record received callbacks as JSON objects, and check them against what is expected."""

from __future__ import annotations

import time
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from wacb.callbacks.classify import MESSAGE, is_unfilled
from wacb.callbacks.decode import Received, Request, read
from wacb.errors import Command, InvalidInput, Prose, WacbError
from wacb.jsontext import ascii_json, json_text
from wacb.redaction import mask_headers
from wacb.storage import files
from wacb.template.placeholders import INCOMING, KNOWN
from wacb.validation import nearest


def parse_names(text: str) -> tuple[str, ...]:
    """Parse `all` (the 14 fields) or comma-separated names. Raises InvalidInput."""
    if text == "all":
        return INCOMING
    names = tuple(dict.fromkeys(name.strip() for name in text.split(",")))
    for name in names:
        if name not in KNOWN:
            near = nearest(name.lower(), KNOWN)
            raise InvalidInput(
                f"{name!r} is not a valid field name",
                hint=f"did you mean {near}?" if near else f"fields: {', '.join(INCOMING)}",
            )
    return names


class Expectation:
    """Count and check messages. `wanted` is how many are expected, None any number.

    `remedy` is the hint if the expectation is not met.
    """

    def __init__(self, names: tuple[str, ...] = (), wanted: int | None = None) -> None:
        self._names = names
        self.wanted = wanted
        self.count = 0
        self._others = 0
        self._failed = 0
        self._first = ""
        self.remedy: str = Prose(
            "check the template with `",
            Command("profile check"),
            "`, and that callbacks are being sent",
        )

    @property
    def complete(self) -> bool:
        """Whether as many messages as expected were received."""
        return self.wanted is not None and self.count >= self.wanted

    @property
    def met(self) -> bool:
        """Whether enough messages were received and all were right."""
        return not self._failed and (self.wanted is None or self.complete)

    def add(self, received: Received, fault: str | None = None) -> None:
        """Count a message and check its fields. `fault` says why it could not be decrypted."""
        if received.kind != MESSAGE:
            self._others += 1
            return
        self.count += 1
        lacks = [name for name in self._names if not _has_arrived(name, received)]
        if lacks and not fault:
            fault = f"is missing {', '.join(lacks)}"
        if fault:
            self._failed += 1
            if not self._first and not lacks:
                self.remedy = "compare key and IV with the profile's"
            self._first = self._first or f"message {self.count} {fault}"

    def complaint(self) -> str:
        """Describe how the expectation was not met."""
        if not self._failed:
            others = f" (and {self._others} other callbacks)" if self._others else ""
            return f"{self.count} of {self.wanted} messages received{others}"
        others = f", and {self._failed - 1} more failed" if self._failed > 1 else ""
        return self._first + others


def _has_arrived(name: str, received: Received) -> bool:
    """Whether a field was received, even if empty; a literal `<name>` does not count."""
    if name in INCOMING:
        return name in received.present
    return name in received.fields and not is_unfilled(name, received.fields[name])


Record = dict[str, Any]
_MOST_CHARACTERS = 16 * 1024 * 1024


class RecentCallbacks:
    """Keep the newest records as ASCII JSON: at most `most`, and at most 16 MiB."""

    def __init__(self, most: int) -> None:
        self._records: dict[int, tuple[int, str]] = {}  # by number; the oldest is the first
        self._most = most
        self._size = 0
        self._added = 0

    def add(self, record: Record) -> None:
        """Add a record, or replace the one of its number; of more than 16 MiB none is kept."""
        text = ascii_json(record)
        self._remove(record["n"])
        self._added += 1
        self._records[record["n"]] = self._added, text
        self._size += len(text)
        while len(self._records) > self._most or self._size > _MOST_CHARACTERS:
            self._remove(next(iter(self._records)))

    def after(self, added: int) -> list[tuple[int, str]]:
        """Return the records added after the first `after`, each with its place."""
        return [each for each in self._records.values() if each[0] > added]

    def find(self, n: int) -> str | None:
        """Return the record of a number, None if it is not kept."""
        return self._records[n][1] if n in self._records else None

    def clear(self) -> None:
        """Forget all records."""
        self._records.clear()
        self._size = 0

    def _remove(self, n: int) -> None:
        self._size -= len(self._records.pop(n, (0, ""))[1])


@dataclass
class Recorder:
    """Number the callbacks, check each one, save it in the folder `save`, then `show` it.

    Only `recent` keeps any in memory. If `decrypt` rejects a value, the callback is recorded
    undecrypted with a note, and its message fails the expectation.
    """

    show: Callable[[Record], None]
    expectation: Expectation
    save: Path | None = None
    decrypt: Callable[[str], str] | None = None
    clock: Callable[[], float] = time.time
    recent: RecentCallbacks | None = None
    _count: int = field(default=0, init=False)

    def __call__(self, request: Request) -> Record:
        """Record one callback, and return the record. Raises ConfigError if it cannot be saved."""
        now = datetime.fromtimestamp(self.clock(), UTC)
        received, fault = self._read(request)
        self._count += 1
        record = _build_record(self._count, now, request, received)
        if self.save:
            name = f"{self._count:06}-{now:%Y%m%dT%H%M%S}{now.microsecond // 1000:03}.json"
            files.create(self.save / name, json_text(record) + "\n")
        if self.recent:
            self.recent.add(record)
        self.expectation.add(received, fault)
        self.show(record)
        return record

    def _read(self, request: Request) -> tuple[Received, str | None]:
        """Decode a callback, without decrypting if the key is wrong; return the problem too."""
        try:
            return read(request, decrypt=self.decrypt), None
        except WacbError as error:
            fault = f"cannot be decrypted: {error.message}"
            received = read(request)
            return received._replace(notes=(*received.notes, fault)), fault


def _build_record(n: int, now: datetime, request: Request, received: Received) -> Record:
    body = request.body.decode("utf-8", "backslashreplace")
    record = {
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
        "body": body or None,
    }
    if body.encode() != request.body:  # it was not UTF-8
        record["body_base64"] = b64encode(request.body).decode()
    return record

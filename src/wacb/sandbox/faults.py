"""Faults of the emulator: how they are written, which one applies, and its effect on a reply.

Faults of the connection (reset, truncate, drip, slow) are only marked on the reply.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from random import Random

from wacb.sandbox.routing import Refusal, Reply, Request, failure, success, text_reply

KINDS = (
    *("401", "403", "404", "409", "422", "429", "500", "503"),
    *("html", "reset", "truncate", "drip", "slow"),
)
FORM = "KIND[:COUNT|:RATE%][,before|,after][,METHOD][,from=N] or late:Ns"
_WHAT = re.compile(r"(?P<kind>[a-z0-9]+)(?::(?:(?P<count>[1-9]\d{0,8})|(?P<rate>\d{1,3})%))?", re.A)
_WHEN = re.compile(
    r"(?P<point>before|after)|(?P<method>POST|GET|PUT|PATCH|DELETE)|from=(?P<first>[1-9]\d{0,8})",
    re.A,
)
_LATE = re.compile(r"late:(\d{1,9}(?:\.\d{1,20})?)s", re.A)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What happens to which requests.

    Applies to requests with `method` (None: any) from the `first` one on, with a chance of `rate`
    in 100, `count` times (None: always). With `after`, the request is executed first.
    """

    kind: str
    rate: int
    count: int | None
    after: bool
    method: str | None
    first: int


def parse(spec: str) -> Fault:
    """Parse a fault other than a late listing. Raises ValueError, which explains the form.

    `503:2` applies to the next 2 requests, `404,GET,from=3` to the third GET from now, `429:10%` to
    1 request in 10. `reset,after,POST` applies to the next POST after it was executed.
    """
    head, *words = spec.split(",")
    what = _WHAT.fullmatch(head)
    if what is None or what["kind"] not in KINDS:
        raise _refusal(spec)
    when = _read_words(spec, words)
    rate = int(what["rate"] or 100)
    if not 1 <= rate <= 100:
        raise _refusal(spec)
    return Fault(
        kind=what["kind"],
        rate=rate,
        count=None if what["rate"] else int(what["count"] or 1),
        after=when.get("point") == "after",
        method=when.get("method"),
        first=int(when.get("first", "1")),
    )


def parse_late(spec: str) -> float | None:
    """Parse a late listing, None for any other fault.

    With `late:20s`, new profiles are not listed for 20 seconds; `late:0s` ends it.
    """
    late = _LATE.fullmatch(spec)
    return float(late[1]) if late else None


def _read_words(spec: str, words: list[str]) -> dict[str, str]:
    """Parse the words after the kind, in any order, without duplicates."""
    read: dict[str, str] = {}
    for word in words:
        found = _WHEN.fullmatch(word)
        if found is None or found.lastgroup is None or found.lastgroup in read:
            raise _refusal(spec)
        read[found.lastgroup] = found[found.lastgroup]
    return read


def _refusal(spec: str) -> ValueError:
    return ValueError(
        f"{spec!r} is not a valid fault; use {FORM}, for example reset,after,POST or 429:10% or "
        f"late:20s, where KIND is one of {' '.join(KINDS)}"
    )


@dataclass(slots=True)
class _Pending:
    """A fault that may still apply."""

    fault: Fault
    met: int = 0  # requests of its method since it was added
    applied: int = 0

    def meets(self, method: str) -> bool:
        """Count a request, and return whether the fault may apply to it."""
        if self.fault.method not in (None, method):
            return False
        self.met += 1
        return self.met >= self.fault.first


class Faults:
    """Faults in the order they were added: the first one that is due applies.

    `random` decides about those with a rate.
    """

    def __init__(self, random: Random) -> None:
        self._random = random
        self._lock = threading.Lock()
        self._pending: list[_Pending] = []
        self._listing_delay = 0.0

    def add(self, spec: str) -> None:
        """Add a fault. Raises ValueError if `spec` is malformed."""
        seconds = parse_late(spec)
        if seconds is not None:
            self._listing_delay = seconds
            return
        pending = _Pending(parse(spec))
        with self._lock:
            self._pending.append(pending)

    def take(self, method: str) -> Fault | None:
        """Return the fault that applies to this request, if any."""
        with self._lock:
            due = [pending for pending in self._pending if pending.meets(method)]
            for pending in due:
                if pending.fault.rate == 100 or self._random.random() * 100 < pending.fault.rate:
                    self._apply(pending)
                    return pending.fault
            return None

    def listing_delay(self) -> float:
        """Return for how many seconds a profile created now is not listed."""
        return self._listing_delay

    def clear(self) -> None:
        """Remove all faults."""
        with self._lock:
            self._pending.clear()
        self._listing_delay = 0.0

    def _apply(self, pending: _Pending) -> None:
        pending.applied += 1
        if pending.applied == pending.fault.count:
            # By identity: two equal faults may have met different requests.
            self._pending = [other for other in self._pending if other is not pending]


def spoil(fault: Fault, request: Request, answer: Callable[[], Reply]) -> Reply:
    """Apply a fault to a reply; `answer` is only called if part of its reply is needed."""
    if fault.kind.isdigit():
        again = (("retry-after", "1"),) if fault.kind in ("429", "503") else ()
        message = f"The emulator was asked to return {fault.kind}"
        return failure(request, Refusal(int(fault.kind), message, headers=again))
    if fault.kind == "html":
        page = "<!doctype html><html><body><h1>Please wait</h1></body></html>"
        return text_reply(200, "text/html; charset=utf-8", page)
    if fault.kind == "reset":
        return Reply(status=0, fault=fault.kind)
    if fault.kind == "truncate" and not fault.after:
        return replace(success(request, {}), fault=fault.kind)
    return replace(answer(), fault=fault.kind)

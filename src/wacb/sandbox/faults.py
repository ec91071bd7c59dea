"""Faults the emulator was told to have: whose turn it is, and what each does to an answer.

How one is spelt is in fault_spec.py. Acting one out on the way (reset, truncate, drip, slow) is
the work of transport.py and server.py.
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
FORM = "KIND[:COUNT|:RATE%][,before|,after][,METHOD][,from=N] or late:SECONDSs"
_WHAT = re.compile(r"(?P<kind>[a-z0-9]+)(?::(?:(?P<count>[1-9]\d{0,8})|(?P<rate>\d{1,3})%))?", re.A)
_WHEN = re.compile(
    r"(?P<point>before|after)|(?P<method>POST|GET|PUT|PATCH|DELETE)|from=(?P<first>[1-9]\d{0,8})",
    re.A,
)
_LATE = re.compile(r"late:(\d{1,9}(?:\.\d{1,20})?)s", re.A)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What happens to which requests.

    Of those with `method` (None: any) the `first` and later ones are struck with a chance of
    `rate` in 100, `count` of them in all (None: no end). With `after` the request has done its
    work by then.
    """

    kind: str
    rate: int
    count: int | None
    after: bool
    method: str | None
    first: int


def parse(spec: str) -> Fault:
    """Read any fault but a late listing; ValueError tells the form.

    `503:2` is for the next 2 requests, `404,GET,from=3` for the third GET from now, `429:10%` for
    1 request in 10 to the end. `reset,after,POST` strikes the next POST once it has done its work.
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
    """Read a late listing, None if it is about something else.

    With `late:20s` profiles created from now on are not listed for 20 seconds; `late:0s` ends it.
    """
    late = _LATE.fullmatch(spec)
    return float(late[1]) if late else None


def _read_words(spec: str, words: list[str]) -> dict[str, str]:
    """Name each word by what it tells, in any order, nothing twice."""
    read: dict[str, str] = {}
    for word in words:
        found = _WHEN.fullmatch(word)
        if found is None or found.lastgroup is None or found.lastgroup in read:
            raise _refusal(spec)
        read[found.lastgroup] = found[found.lastgroup]
    return read


def _refusal(spec: str) -> ValueError:
    return ValueError(
        f"{spec!r} is no fault: give {FORM}, for example reset,after,POST or 429:10% or late:20s, "
        f"with a KIND out of {' '.join(KINDS)}"
    )


@dataclass(slots=True)
class _Pending:
    """A fault that may still strike."""

    fault: Fault
    met: int = 0  # requests of its method since it was added, struck or not
    struck: int = 0

    def meets(self, method: str) -> bool:
        """Count a request, and say whether it is one that may be struck."""
        if self.fault.method not in (None, method):
            return False
        self.met += 1
        return self.met >= self.fault.first


class Faults:
    """Faults in the order they were added: of those that are due, the first one strikes.

    `random` decides for those with a rate.
    """

    def __init__(self, random: Random) -> None:
        self._random = random
        self._lock = threading.Lock()
        self._pending: list[_Pending] = []
        self._listing_delay = 0.0

    def add(self, spec: str) -> None:
        """Add what fault_spec.py can read; ValueError tells the form."""
        seconds = parse_late(spec)
        if seconds is not None:
            self._listing_delay = seconds
            return
        pending = _Pending(parse(spec))
        with self._lock:
            self._pending.append(pending)

    def take(self, method: str) -> Fault | None:
        """Return what strikes the request at hand, if anything."""
        with self._lock:
            due = [pending for pending in self._pending if pending.meets(method)]
            for pending in due:
                if pending.fault.rate == 100 or self._random.random() * 100 < pending.fault.rate:
                    self._strike(pending)
                    return pending.fault
            return None

    def listing_delay(self) -> float:
        """Return how many seconds a profile created now stays out of listings."""
        return self._listing_delay

    def clear(self) -> None:
        """Forget what is left."""
        with self._lock:
            self._pending.clear()
        self._listing_delay = 0.0

    def _strike(self, pending: _Pending) -> None:
        pending.struck += 1
        if pending.struck == pending.fault.count:
            # By identity: two faults of one spelling are equal and may have met other requests.
            self._pending = [other for other in self._pending if other is not pending]


def spoil(fault: Fault, request: Request, answer: Callable[[], Reply]) -> Reply:
    """Return what the fault makes of `answer`, which is called only if anything is left of it."""
    if fault.kind.isdigit():
        again = (("retry-after", "1"),) if fault.kind in ("429", "503") else ()
        message = f"The emulator was told to answer {fault.kind}"
        return failure(request, Refusal(int(fault.kind), message, headers=again))
    if fault.kind == "html":
        page = "<!doctype html><html><body><h1>Please wait</h1></body></html>"
        return text_reply(200, "text/html; charset=utf-8", page)
    if fault.kind == "reset":
        return Reply(status=0, fault=fault.kind)
    if fault.kind == "truncate" and not fault.after:
        return replace(success(request, {}), fault=fault.kind)
    return replace(answer(), fault=fault.kind)

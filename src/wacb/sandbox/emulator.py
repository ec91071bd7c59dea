"""The emulator: one request in, one reply out, checked in the order auth, route, method, content
type, fields, state. What the routes do is in profiles.py and numbers.py; sockets are in server.py.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache, partial
from random import Random
from uuid import uuid4

from wacb.sandbox.account import API_KEY, SID
from wacb.sandbox.faults import Faults, spoil
from wacb.sandbox.numbers import Numbers
from wacb.sandbox.profiles import Profiles
from wacb.sandbox.routing import Refusal, Reply, Request, dispatch, failure, success
from wacb.sandbox.store import Store

MAX_BODY = 1024 * 1024  # bytes; a longer body is refused with 413
_LOG_LENGTH = 10_000
_LOG_BODY = 64 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedRequest:
    """A request that reached the API. `time` is Unix seconds, `status` 0 while not answered.

    `body` is its first 64 KiB.
    """

    method: str
    path: str
    query: str
    body: bytes
    status: int
    time: float


def new_profile_id() -> str:
    """Make an ID as the Singapore pod does."""
    return f"SG_{uuid4()}"


class Sandbox:
    """Answer as the Kaleyra API would, for the one account of cli.md 11.

    Safe to share between threads; the state is in `store`. Without `shows_attachment` the number
    list does not tell which profile a number has. `random` decides about faults with a rate, by
    default the same way at every start. Raises sqlite3.DatabaseError where the store's file fails.
    """

    def __init__(
        self,
        store: Store,
        *,
        clock: Callable[[], float] = time.time,
        new_id: Callable[[], str] = new_profile_id,
        shows_attachment: bool = True,
        random: Random | None = None,
    ) -> None:
        self.store = store
        self._clock = clock
        self._faults = Faults(random or Random(0))
        profiles = Profiles(
            store, clock=clock, new_id=new_id, listing_delay=self._faults.listing_delay
        )
        numbers = Numbers(store, shows_attachment=shows_attachment)
        self._routes = (*profiles.routes(), *numbers.routes())
        self._lock = threading.Lock()
        self._log: dict[int, LoggedRequest] = {}
        self._arrivals = 0

    def handle(self, request: Request) -> Reply:
        """Answer one request, or fail it if a fault is due.

        A fault that refuses or loses the answer strikes before anything changes, or, told so,
        after. "slow" holds the request back before it is looked at, or its answer; "drip" only
        delays the genuine answer.
        """
        arrival = self._arrived(request)
        fault = self._faults.take(request.method)
        if fault is None:
            return self._answered(arrival, self._answer(request))
        answer = cache(partial(self._answer, request))  # so that the request is carried out once
        if fault.after:
            answer()
        if fault.kind == "slow":
            return Reply(
                status=0, fault=fault.kind, resume=lambda: self._answered(arrival, answer())
            )
        return self._answered(arrival, spoil(fault, request, answer))

    def add_fault(self, spec: str) -> None:
        """Let coming requests fail, or listings lag, as fault_spec.py has it.

        Every process has faults of its own; what they did to the state is in the store. ValueError
        tells the form.
        """
        self._faults.add(spec)

    def requests(self) -> list[LoggedRequest]:
        """Return the newest requests (10 000 at most), oldest first; never a header."""
        with self._lock:
            return list(self._log.values())

    def reset(self) -> None:
        """Go back to the first state: seed numbers, no profile, no fault, an empty log."""
        self.store.reset()
        self._faults.clear()
        with self._lock:
            self._log.clear()

    def _answer(self, request: Request) -> Reply:
        try:
            _authenticate(request)
            if len(request.body) > MAX_BODY:
                raise Refusal(413, "The body is too large")
            return success(request, dispatch(self._routes, request))
        except Refusal as refusal:
            return failure(request, refusal)

    def _arrived(self, request: Request) -> int:
        with self._lock:
            self._arrivals += 1
            self._log[self._arrivals] = LoggedRequest(
                method=request.method,
                path=request.path,
                query=request.query,
                body=request.body[:_LOG_BODY],
                status=0,
                time=self._clock(),
            )
            self._log.pop(self._arrivals - _LOG_LENGTH, None)
            return self._arrivals

    def _answered(self, arrival: int, reply: Reply) -> Reply:
        with self._lock:
            if arrival in self._log:
                self._log[arrival] = replace(self._log[arrival], status=reply.status)
        return reply


def _authenticate(request: Request) -> None:
    """Check SID and key as the pair they are; a path too short for a SID is left to the router."""
    sid = request.segments[1:2] or (SID,)
    if (*sid, request.headers.get("api-key")) != (SID, API_KEY):
        raise Refusal(401, "The SID or the API key is wrong")

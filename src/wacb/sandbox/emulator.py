"""The emulator: one request in, one reply out, checked in the order auth, route, method, content
type, fields, state.
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
from wacb.sandbox.contract import AS_ASSUMED, Contract
from wacb.sandbox.faults import Fault, Faults, spoil
from wacb.sandbox.numbers import Numbers
from wacb.sandbox.profiles import Profiles
from wacb.sandbox.routing import Refusal, Reply, Request, dispatch, failure, success
from wacb.sandbox.store import Store

MAX_BODY = 1024 * 1024  # bytes; a longer body is rejected with 413
_LOG_LENGTH = 10_000
_LOG_BODY = 64 * 1024
_LOG_SIZE = 32 * 1024 * 1024  # bytes of all logged requests


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedRequest:
    """A received request. `time` is Unix seconds, `status` is 0 until it is answered.

    `body` is its first 64 KiB, and nothing of a request without the right SID and key.
    """

    method: str
    path: str
    query: str
    body: bytes
    status: int
    time: float

    @property
    def size(self) -> int:
        """How many bytes are kept."""
        return len(self.method) + len(self.path) + len(self.query) + len(self.body)


def new_profile_id() -> str:
    """Make an ID like those of the Singapore region."""
    return f"SG_{uuid4()}"


class Sandbox:
    """Answer requests as the Kaleyra API would, for its only account.

    Thread-safe; the state is in `store`, which can be shared by emulators of another `contract`.
    `random` decides about faults with a rate, by default the same way at every start. Raises
    sqlite3.DatabaseError if the file of the store is broken.
    """

    def __init__(
        self,
        store: Store,
        *,
        clock: Callable[[], float] = time.time,
        new_id: Callable[[], str] = new_profile_id,
        contract: Contract = AS_ASSUMED,
        random: Random | None = None,
    ) -> None:
        self.store = store
        self.contract = contract
        self._clock = clock
        self._faults = Faults(random or Random(0))
        profiles = Profiles(
            store,
            contract,
            clock=clock,
            new_id=new_id,
            listing_delay=lambda: max(contract.listed_within, self._faults.listing_delay()),
        )
        numbers = Numbers(store, contract)
        self._routes = (*profiles.routes(), *numbers.routes())
        self._lock = threading.Lock()
        self._log: dict[int, LoggedRequest] = {}
        self._arrivals = 0
        self._logged = 0  # bytes

    def handle(self, request: Request) -> Reply:
        """Answer one request, or apply a fault that is due.

        A fault that rejects the request or loses the reply is applied before anything changes, or
        with `after` afterwards. "slow" delays the request or its reply; "drip" only slows down the
        real reply.
        """
        return self.accept(request)()

    def accept(self, request: Request) -> Callable[[], Reply]:
        """Log a request and decide about its fault; return what answers it.

        That can be called again after a sqlite3.OperationalError, as of a locked file.
        """
        arrival = self._log_arrival(request)
        fault = self._faults.take(request.method)
        return partial(self._handle, request, arrival, fault)

    def _handle(self, request: Request, arrival: int, fault: Fault | None) -> Reply:
        if fault is None:
            return self._log_status(arrival, self._answer(request))
        answer = cache(partial(self._answer, request))  # executes the request only once
        if fault.after:
            answer()
        if fault.kind == "slow":
            return Reply(
                status=0, fault=fault.kind, resume=lambda: self._log_status(arrival, answer())
            )
        return self._log_status(arrival, spoil(fault, request, answer))

    def add_fault(self, spec: str) -> None:
        """Make coming requests fail, or listings lag. Raises ValueError for a malformed `spec`.

        Every process has its own faults; their effects on the state are in the store.
        """
        self._faults.add(spec)

    def requests(self) -> list[LoggedRequest]:
        """Return the newest requests (10 000 or 32 MiB at most), oldest first, without headers."""
        with self._lock:
            return list(self._log.values())

    def reset(self) -> None:
        """Return to the initial state: the four numbers, no profiles, no faults, an empty log."""
        self.store.reset()
        self._faults.clear()
        with self._lock:
            self._log.clear()
            self._logged = 0

    def _answer(self, request: Request) -> Reply:
        try:
            if not is_authenticated(request):
                raise Refusal(self.contract.refused_key, "The SID or the API key is wrong")
            if len(request.body) > MAX_BODY:
                raise Refusal(413, "The body is too large")
            return success(request, dispatch(self._routes, request))
        except Refusal as refusal:
            return failure(request, refusal)

    def _log_arrival(self, request: Request) -> int:
        entry = LoggedRequest(
            method=request.method,
            path=request.path,
            query=request.query,
            body=request.body[:_LOG_BODY] if is_authenticated(request) else b"",
            status=0,
            time=self._clock(),
        )
        with self._lock:
            self._arrivals += 1
            self._log[self._arrivals] = entry
            self._logged += entry.size
            while len(self._log) > _LOG_LENGTH or self._logged > _LOG_SIZE:
                self._logged -= self._log.pop(next(iter(self._log))).size
            return self._arrivals

    def _log_status(self, arrival: int, reply: Reply) -> Reply:
        with self._lock:
            if arrival in self._log:
                self._log[arrival] = replace(self._log[arrival], status=reply.status)
        return reply


def is_authenticated(request: Request) -> bool:
    """Check the pair of SID and key; a path without a SID is left to the router."""
    sid = request.segments[1:2] or (SID,)
    return (*sid, request.headers.get("api-key")) == (SID, API_KEY)

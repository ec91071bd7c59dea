"""Requests to the API: sent, and repeated where that can do no harm."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from typing import Any, NamedTuple, TypeVar

from wacb.api.backoff import NEVER, THROTTLED, Backoff, Wait
from wacb.api.requests import ApiRequest, encode
from wacb.api.status import read_response
from wacb.errors import DeadlineExceeded, Skipped, Unavailable, WacbError
from wacb.net.message import Response
from wacb.net.session import Session
from wacb.storage.uptime import seconds_up

T = TypeVar("T")
MAX_ATTEMPTS = 4
STALE_AFTER = 1.0  # seconds of waiting after which a look at the account is out of date
IDEMPOTENT = frozenset(("GET", "PUT", "DELETE"))
BRIEF_OUTAGES = frozenset((502, 503, 504))
LEAST_RESERVE = 1.0  # seconds
MOST_BYTES = 8 * 2**20  # of a response: the numbers of a WABA are listed at once (api.md §5)


class RequestTrace(NamedTuple):
    """One attempt of a request, for `-v`. `response` is None if none came."""

    request: ApiRequest
    headers: Mapping[str, str]
    attempt: int
    ms: float
    response: Response | None = None

    def __repr__(self) -> str:  # without the headers, which hold the key
        return f"RequestTrace({self.request!r}, attempt={self.attempt}, response={self.response!r})"


class RetryingClient:
    """Send requests with an account's key, from as many threads as needed.

    When the API throttles one of them, all wait. `sleep`, `uniform`, `clock` and `waiting` are for
    the waits between attempts (see Backoff), `now` is Unix time; `trace` gets every attempt, and
    `working` is entered for each. They and `waiting` are called in the thread that sends.
    """

    def __init__(
        self,
        *,
        key: str,
        session: Session,
        sleep: Callable[[float], object] | None = None,
        uniform: Callable[[float, float], float] = random.uniform,
        clock: Callable[[], float] = seconds_up,
        now: Callable[[], float] = time.time,
        trace: Callable[[RequestTrace], None] | None = None,
        waiting: Callable[[float, Unavailable], None] | None = None,
        working: Callable[[ApiRequest], AbstractContextManager[None]] = lambda _: nullcontext(),
    ) -> None:
        self._key = key
        self._session = session
        self._backoff = Backoff(uniform=uniform, clock=clock, sleep=sleep, waiting=waiting)
        self._clock = clock
        self._now = now
        self._trace = trace
        self._working = working
        self._passed_at = NEVER  # when the API last answered a request, not throttling it
        self._slowest = 0.0  # seconds of a request
        self._answered: list[float] = []  # seconds of each that was answered

    def remaining(self) -> float:
        """Seconds left of the command's time limit."""
        return self._session.deadline.remaining()

    @property
    def round_trip(self) -> float:
        """Seconds that a request took, on average; 0 before the first response."""
        return sum(self._answered) / len(self._answered) if self._answered else 0.0

    def reserve_time(self) -> AbstractContextManager[None]:
        """Keep enough of the time limit to read once more, but at most half of what is left."""
        left = self.remaining()
        least = max(LEAST_RESERVE, left / 20)
        return self._session.deadline.reserved(lambda: min(max(least, 2 * self._slowest), left / 2))

    def stop_sending(self) -> None:
        """Start no further attempt, in any thread; those in progress end normally."""
        self._backoff.stop()

    def close(self) -> None:
        """Close all connections; requests in progress end as Interrupted."""
        self._session.close()

    def send(
        self,
        request: ApiRequest,
        *,
        until_deadline: bool = False,
        look_again: Callable[[], None] = lambda: None,
    ) -> Any:
        """Send a request and return the `data` of the response.

        Sent up to four times, but only where that can do no harm: nothing was sent, the API
        throttled it with 429, or the method may be repeated and the outage is brief. A POST that
        may have arrived is never sent again. With `until_deadline` attempts that get 429 or 503
        are repeated as long as there is time; those of a read don't count while others get through:
        one of hundreds that are sent at once may be throttled more than four times. `look_again` is
        called before an attempt if a second has passed since the first, or since the last call, in
        waits, attempts or a suspended machine; it raises if the request must no longer be sent.
        After `stop_sending` the last failure is raised, or Skipped if nothing was sent.
        """
        attempt, tries, wait = 1, 0, self._backoff.current_wait()
        failure: Unavailable | None = None
        looked_at = self._clock()
        while True:
            began = self._clock()
            waited = self._wait_for_turn(request, wait, failure)
            # the wait counts too, because the clock of a test may stand still
            if max(waited, self._clock() - looked_at) >= STALE_AFTER:
                _do_after(failure, look_again)
                looked_at = self._clock()
            try:
                return _do_after(failure, partial(self._exchange, request, attempt))
            except Unavailable as error:
                busy = error.status in THROTTLED
                crowded = busy and request.method == "GET" and self._passed_at > began
                tries = 1 if crowded else tries + 1
                more = tries < MAX_ATTEMPTS or (busy and until_deadline)
                again = more and _may_repeat(request, error)
                error.sent = error.sent or (failure is not None and failure.sent)
                if again or error.retry_after is not None:  # all threads wait then
                    wait = self._backoff.next_wait(error, tries)
                if not again:
                    raise
                failure = error
            attempt += 1

    def _wait_for_turn(
        self, request: ApiRequest, wait: Wait | None, failure: Unavailable | None
    ) -> float:
        """Wait until an attempt may start; return the seconds of waiting.

        `failure` is how the attempt before ended.
        """
        waited = 0.0
        while wait and not self._backoff.stopped:
            if wait.seconds >= self.remaining():
                unsent = f"{request.action} was not tried: the API is busy"
                raise self._deadline_error(
                    wait, failure or Unavailable(unsent, sent=False)
                ) from failure
            self._backoff.wait(wait)
            waited += wait.seconds
            wait = self._backoff.current_wait()
        if self._backoff.stopped:
            raise failure or Skipped(f"{request.action} was not tried: the run was stopped")
        return waited

    def _deadline_error(self, wait: Wait, failure: Unavailable) -> DeadlineExceeded:
        return DeadlineExceeded(
            f"{failure.message}; retrying in {wait.seconds:.1f} s would exceed the time limit "
            f"of {self._session.deadline.seconds:g} s",
            hint="try again later, or pass a longer --deadline",
            status=failure.status,
            sent=failure.sent,
        )

    def _exchange(self, request: ApiRequest, attempt: int) -> Any:
        response = self._send_once(request, attempt)
        if response.status not in THROTTLED:
            self._passed_at = self._clock()
        return read_response(request, response, now=self._now())

    def _send_once(self, request: ApiRequest, attempt: int) -> Response:
        headers = request.headers(self._key)
        response, began = None, self._clock()
        try:
            with self._working(request):
                response = self._session.send(
                    request.method,
                    request.url,
                    headers=headers,
                    body=None if request.body is None else encode(request.body),
                    limit=MOST_BYTES,
                    fresh=request.method == "POST",  # it can't be repeated if the connection breaks
                )
            return response
        finally:
            seconds = self._clock() - began
            self._slowest = max(self._slowest, seconds)
            if response:
                self._answered.append(seconds)
            if self._trace:
                self._trace(
                    RequestTrace(
                        request=request,
                        headers=headers,
                        attempt=attempt,
                        ms=seconds * 1000,
                        response=response,
                    )
                )


def _do_after(failure: Unavailable | None, work: Callable[[], T]) -> T:
    """Do `work`; if it is refused, the attempt that ended with `failure` may have worked."""
    try:
        return work()
    except Unavailable:
        raise
    except WacbError as error:
        error.sent = failure is not None and failure.sent
        raise


def _may_repeat(request: ApiRequest, error: Unavailable) -> bool:
    if isinstance(error, DeadlineExceeded):
        return False
    brief = error.status is None or error.status in BRIEF_OUTAGES
    return not error.sent or (request.method in IDEMPOTENT and brief)

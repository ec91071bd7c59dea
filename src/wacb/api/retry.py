"""One request to the API: sent, repeated where that can do no harm, answered by data or an error.

The endpoints themselves are in client.py, wire names in contract/, waits in limiter.py.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from wacb.api import responses
from wacb.api.backoff import TOO_BUSY, Limiter, Wait, parse_retry_after
from wacb.api.requests import ApiRequest, encode
from wacb.errors import (
    ApiRejected,
    AuthenticationFailed,
    DeadlineExceeded,
    NotFound,
    Redirected,
    Skipped,
    Unavailable,
    WacbError,
)
from wacb.jsontext import NotJson, read_json
from wacb.net.message import Response
from wacb.net.session import Session
from wacb.urls import host_of

ATTEMPTS = 4
IDEMPOTENT = frozenset(("GET", "PUT", "DELETE"))
BRIEF_OUTAGES = frozenset((502, 503, 504))
MOST_WORDS = 500  # characters of the API's own that an error repeats


class Exchange(NamedTuple):
    """One attempt of a request, for `-v`. `response` is None when no answer came."""

    request: ApiRequest
    headers: Mapping[str, str]
    attempt: int
    ms: float
    response: Response | None = None

    def __repr__(self) -> str:  # without the headers, which hold the key
        return f"Exchange({self.request!r}, attempt={self.attempt}, response={self.response!r})"


class Exchanger:
    """Send requests with an account's key, from as many threads as needed.

    All of them wait when the API is too busy for one. `sleep`, `uniform`, `clock` and `waiting`
    serve the waits between attempts (limiter.py), `now` is Unix time, `trace` is told of every
    attempt. `waiting` and `trace` are called in the thread that sends.
    """

    def __init__(
        self,
        *,
        key: str,
        session: Session,
        sleep: Callable[[float], object] | None = None,
        uniform: Callable[[float, float], float] = random.uniform,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], float] = time.time,
        trace: Callable[[Exchange], None] | None = None,
        waiting: Callable[[float, Unavailable], None] | None = None,
    ) -> None:
        self._key = key
        self._session = session
        self._limiter = Limiter(uniform=uniform, clock=clock, sleep=sleep, waiting=waiting)
        self._clock = clock
        self._now = now
        self._trace = trace

    def remaining(self) -> float:
        """Seconds of the command's deadline that are left."""
        return self._session.deadline.remaining()

    def halt(self) -> None:
        """Let no attempt start any more, in any thread. One that is under way ends normally."""
        self._limiter.halt()

    def close(self) -> None:
        """Close all connections; requests under way end as Interrupted."""
        self._session.close()

    def send(self, request: ApiRequest, *, patient: bool = False) -> Any:
        """Send a request and return the `data` of the answer.

        Repeated up to four times, but only where that can do no harm (quality.md 1.8): nothing was
        sent, the API turned it away with 429, or the method may be repeated and the outage is
        brief. A POST that may have arrived is never sent again. Of a `patient` request only the
        deadline ends the attempts that meet 429 or 503: one of hundreds that are sent at once may
        be turned away more than four times. After `halt` the last failure is
        raised, or Skipped where nothing was sent.
        """
        attempt, wait = 1, self._limiter.gate()
        failure: Unavailable | None = None
        while True:
            self._await_turn(request, wait, failure)
            try:
                return self._read(request, self._exchange(request, attempt))
            except Unavailable as error:
                more = attempt < ATTEMPTS or (patient and error.status in TOO_BUSY)
                again = more and _may_repeat(request, error)
                error.sent = error.sent or (failure is not None and failure.sent)
                if again or error.retry_after is not None:  # others are to heed that, too
                    wait = self._limiter.after(error, attempt)
                if not again:
                    raise
                failure = error
            attempt += 1

    def _await_turn(
        self, request: ApiRequest, wait: Wait | None, failure: Unavailable | None
    ) -> None:
        """Wait until an attempt may start. `failure` is that of the one before."""
        while wait and not self._limiter.halted:
            if wait.seconds >= self.remaining():
                unsent = f"{request.subject}: not sent, as the API is too busy"
                raise self._too_late(wait, failure or Unavailable(unsent, sent=False)) from failure
            self._limiter.spend(wait)
            wait = self._limiter.gate()
        if self._limiter.halted:
            raise failure or Skipped(f"{request.subject}: not sent: the run was stopped")

    def _too_late(self, wait: Wait, failure: Unavailable) -> DeadlineExceeded:
        return DeadlineExceeded(
            f"{failure.message}; waiting {wait.seconds:.1f} s to try again would pass the deadline "
            f"of {self._session.deadline.seconds:g} s",
            hint="try again later, or give more time with --deadline",
            status=failure.status,
            sent=failure.sent,
        )

    def _exchange(self, request: ApiRequest, attempt: int) -> Response:
        headers = request.headers(self._key)
        response, began = None, self._clock()
        try:
            response = self._session.send(
                request.method,
                request.url,
                headers=headers,
                body=None if request.body is None else encode(request.body),
            )
            return response
        finally:
            if self._trace:
                self._trace(
                    Exchange(
                        request=request,
                        headers=headers,
                        attempt=attempt,
                        ms=(self._clock() - began) * 1000,
                        response=response,
                    )
                )

    def _read(self, request: ApiRequest, response: Response) -> Any:
        """Decide on the HTTP status first, then on an error envelope (api-contract.md 3)."""
        if 300 <= response.status < 400:
            raise _redirect(request, response)
        answer, readable = _json(response.body)
        envelope = responses.parse_envelope(answer)
        if not 200 <= response.status < 300:
            raise self._failure(request, response, envelope)
        if response.status == 204:
            return None
        if not readable:
            raise Unavailable(
                f"{request.subject}: {host_of(request.url)} answered {response.status} with "
                f"{'nothing' if not response.body.strip() else 'something that is no JSON'}",
                hint="is this the host of the API? `wacb config show` says where it comes from",
                status=response.status,
            )
        if envelope.failed:
            raise ApiRejected(
                f"{request.subject}: the API refused in an answer with status {response.status}: "
                f"{envelope.message[:MOST_WORDS] or 'no reason given'}",
                status=response.status,
                api_code=envelope.code,
            )
        return envelope.data

    def _failure(
        self, request: ApiRequest, response: Response, envelope: responses.Envelope
    ) -> WacbError:
        status, words = response.status, envelope.message[:MOST_WORDS]
        said = f" ({status}{': ' + words if words else ''})"
        if status in (401, 403):
            return AuthenticationFailed(
                f"the API refused the SID and key{said}",
                hint="they are checked together: see `wacb config show`. A key may be limited to "
                "certain IP addresses, be deactivated, or be gone with the member who made it",
                status=status,
                api_code=envelope.code,
            )
        if status == 404 and request.existing:
            return NotFound(
                f"{request.subject} does not exist{said}", status=status, api_code=envelope.code
            )
        if status == 404:
            return NotFound(
                f"{host_of(request.url)} has no such path for {request.subject}{said}",
                hint="the SID, --waba-id or --base-url is wrong: `wacb config show` says where "
                "each comes from",
                status=status,
                api_code=envelope.code,
            )
        if status == 429 or not 400 <= status < 500:
            return Unavailable(
                f"{request.subject}: the API is unavailable{said}",
                hint="try again later",
                status=status,
                api_code=envelope.code,
                sent=status != 429,
                retry_after=parse_retry_after(response.headers.get("retry-after"), self._now()),
            )
        return ApiRejected(
            f"{request.subject}: the API said no{said}", status=status, api_code=envelope.code
        )


def _may_repeat(request: ApiRequest, error: Unavailable) -> bool:
    if isinstance(error, DeadlineExceeded):
        return False
    brief = error.status is None or error.status in BRIEF_OUTAGES
    return not error.sent or (request.method in IDEMPOTENT and brief)


def _redirect(request: ApiRequest, response: Response) -> Redirected:
    target = host_of(response.headers.get("location", "")) or "no host"
    return Redirected(
        f"{host_of(request.url)} redirects to {target} ({response.status}), which is not followed",
        hint="take the host from the console (API Domain) and give it with --base-url or --region",
        status=response.status,
    )


def _json(body: bytes) -> tuple[Any, bool]:
    """Parse a body; the second value says whether it was JSON. NaN and Infinity are not."""
    try:
        return read_json(body), True
    except NotJson:
        return None, False

"""Deliver an incoming message as the platform would (api.md §7).

assumed: delivery_tries, and not within how long.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

from wacb.errors import CheckFailed, DeadlineExceeded, Unavailable
from wacb.net.session import Session
from wacb.sandbox.outgoing import DISABLED, Incoming, Outgoing
from wacb.sandbox.store import Row, Store

_PAUSES = (0.5, 1.0)  # seconds between attempts
_MAX_FAILURES = 10
_MAX_RESPONSE = 64 * 1024  # bytes of a response to read: only its status matters


class Attempt(NamedTuple):
    """One attempt: the status of the response, None for no response, and its milliseconds."""

    status: int | None
    ms: float

    @property
    def ok(self) -> bool:
        """Whether the message counts as delivered."""
        return self.status is not None and 200 <= self.status < 300


class Delivery(NamedTuple):
    """The result of a message; `error` says why it was not delivered."""

    id: str
    number: str
    type: str
    delivered: bool
    attempts: tuple[Attempt, ...]
    error: CheckFailed | None = None
    outgoing: Outgoing | None = None


def deliver(
    store: Store,
    message: Incoming,
    prepare: Callable[[Incoming], Outgoing],
    *,
    session: Session,
    sleep: Callable[[float], None] = time.sleep,
    timer: Callable[[], float] = time.perf_counter,
) -> Delivery:
    """Store a message, try to deliver it, and record the result.

    A CheckFailed of `prepare` becomes the result, other errors are raised before the message is
    stored.
    """
    try:
        outgoing = prepare(message)
    except CheckFailed as error:
        return _build_delivery(store.add_message(_message_row(message, ())), message, (), error)
    serial = store.add_message(_message_row(message, ()))
    attempts, reason = _send_with_retries(outgoing, session, sleep, timer)
    with store.transaction():
        store.save_message(serial, _message_row(message, attempts))
        disabled = _count_failure(store, outgoing.profile_id, failed=bool(reason))
    failure = _delivery_error(outgoing, attempts, reason, disabled=disabled) if reason else None
    return _build_delivery(serial, message, attempts, failure, outgoing)


def _send_with_retries(
    outgoing: Outgoing, session: Session, sleep: Callable[[float], None], timer: Callable[[], float]
) -> tuple[tuple[Attempt, ...], str]:
    """Send until the response is a 2xx, up to three times; return why the last attempt failed."""
    attempts: list[Attempt] = []
    while True:
        start, final = timer(), len(attempts) == len(_PAUSES)
        try:
            status: int | None = _send(outgoing, session)
            reason = f"the endpoint returned {status}"
        except Unavailable as error:
            status, reason = None, error.message
            final = final or isinstance(error, DeadlineExceeded)
        attempts.append(Attempt(status=status, ms=round((timer() - start) * 1000, 1)))
        if attempts[-1].ok:
            return tuple(attempts), ""
        if final:
            return tuple(attempts), reason
        sleep(_PAUSES[len(attempts) - 1])


def _send(outgoing: Outgoing, session: Session) -> int:
    response = session.send(
        outgoing.method,
        outgoing.url,
        headers=outgoing.headers,
        body=outgoing.body,
        limit=_MAX_RESPONSE,
        truncate=True,
    )
    return response.status


def _count_failure(store: Store, profile_id: str, *, failed: bool) -> bool:
    """Count failures in a row; return whether the profile is disabled now."""
    if not failed:
        store.forget_failures(profile_id)
        return False
    profile = store.profile(
        profile_id
    )  # None: the number's own URL, or a profile deleted meanwhile
    if profile is None or store.count_failure(profile_id) < _MAX_FAILURES:
        return False
    store.save_profile({**profile, "status": DISABLED})
    return True


def _delivery_error(
    outgoing: Outgoing, attempts: Sequence[Attempt], reason: str, *, disabled: bool
) -> CheckFailed:
    tries = "1 attempt" if len(attempts) == 1 else f"{len(attempts)} attempts"
    message = f"the message was not delivered after {tries}: {reason}"
    if disabled:
        message += f"; profile {outgoing.profile_id} is now auto-disabled after "
        message += f"{_MAX_FAILURES} failures in a row"
    return CheckFailed(message, hint="make sure the endpoint is running and returns a 2xx")


def _message_row(message: Incoming, attempts: Sequence[Attempt]) -> Row:
    return {
        **message._asdict(),
        "delivered": any(attempt.ok for attempt in attempts),
        "attempts": [attempt._asdict() for attempt in attempts],
    }


def _build_delivery(
    serial: int,
    message: Incoming,
    attempts: tuple[Attempt, ...],
    error: CheckFailed | None,
    outgoing: Outgoing | None = None,
) -> Delivery:
    return Delivery(
        id=f"wm-{serial}",
        number=message.number,
        type=message.type,
        delivered=error is None,
        attempts=attempts,
        error=error,
        outgoing=outgoing,
    )

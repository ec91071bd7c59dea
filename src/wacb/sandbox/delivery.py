"""Deliver an incoming message as the platform would (api-contract.md 7): three tries, the outcome
kept, a profile disabled after ten failures in a row.

What is sent, and where to, is decided in outgoing.py.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

from wacb.errors import CheckFailed, DeadlineExceeded, Unavailable
from wacb.net.session import Session
from wacb.sandbox.outgoing import DISABLED, Incoming, Outgoing
from wacb.sandbox.store import Row, Store

_PAUSES = (0.5, 1.0)  # seconds between the tries
_MOST_FAILURES = 10
_ANSWER = 64 * 1024  # bytes of an answer that are waited for: only its status matters


class Attempt(NamedTuple):
    """One try: the status that came back, None for no answer, after so many milliseconds."""

    status: int | None
    ms: float

    @property
    def ok(self) -> bool:
        """Whether the message counts as delivered."""
        return self.status is not None and 200 <= self.status < 300


class Delivery(NamedTuple):
    """What became of a message; `error` says why it was not delivered."""

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
    """Keep a message, try to deliver it, and record what came of it.

    `prepare` is that of outgoing.py. Its CheckFailed becomes the outcome, all else is raised
    before the message is kept.
    """
    try:
        outgoing = prepare(message)
    except CheckFailed as error:
        return _delivery(store.add_message(_row(message, ())), message, (), error)
    serial = store.add_message(_row(message, ()))
    attempts, reason = _try(outgoing, session, sleep, timer)
    with store.transaction():
        store.save_message(serial, _row(message, attempts))
        disabled = _count(store, outgoing.profile_id, failed=bool(reason))
    failure = _failure(outgoing, attempts, reason, disabled=disabled) if reason else None
    return _delivery(serial, message, attempts, failure, outgoing)


def _try(
    outgoing: Outgoing,
    session: Session,
    sleep: Callable[[float], None],
    timer: Callable[[], float],
) -> tuple[tuple[Attempt, ...], str]:
    """Send until a 2xx comes, three times at most; the reason is that of the last failure."""
    attempts: list[Attempt] = []
    while True:
        start, final = timer(), len(attempts) == len(_PAUSES)
        try:
            status: int | None = _send(outgoing, session)
            reason = f"the endpoint answered {status}"
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
    answer = session.send(
        outgoing.method,
        outgoing.url,
        headers=outgoing.headers,
        body=outgoing.body,
        limit=_ANSWER,
        truncate=True,
    )
    return answer.status


def _count(store: Store, profile_id: str, *, failed: bool) -> bool:
    """Count failures in a row, and say whether the profile is disabled now."""
    if not failed:
        store.forget_failures(profile_id)
        return False
    profile = store.profile(profile_id)  # None: the number's own URL, or deleted meanwhile
    if profile is None or store.count_failure(profile_id) < _MOST_FAILURES:
        return False
    store.save_profile({**profile, "status": DISABLED})
    return True


def _failure(
    outgoing: Outgoing, attempts: Sequence[Attempt], reason: str, *, disabled: bool
) -> CheckFailed:
    tries = "1 try" if len(attempts) == 1 else f"{len(attempts)} tries"
    message = f"the message was not delivered in {tries}: {reason}"
    if disabled:
        message += f"; that was failure {_MOST_FAILURES} in a row, so profile "
        message += f"{outgoing.profile_id} is auto-disabled now"
    return CheckFailed(message, hint="does the endpoint run, and answer with a 2xx?")


def _row(message: Incoming, attempts: Sequence[Attempt]) -> Row:
    return {
        **message._asdict(),
        "delivered": any(attempt.ok for attempt in attempts),
        "attempts": [attempt._asdict() for attempt in attempts],
    }


def _delivery(
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

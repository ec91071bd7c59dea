"""When a request may be sent: waits after a failure, and one gate that holds back all threads.

What counts as a failure, and which request may be repeated, is decided in exchange.py.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from typing import NamedTuple

from wacb.errors import Unavailable

BACKOFF_BASE, BACKOFF_CAP, RETRY_AFTER_CAP = 0.5, 8.0, 60.0  # seconds, quality.md 1.8
TOO_BUSY = frozenset((429, 503))  # about the API as a whole, not about the one request
WORTH_TELLING = 1.0  # seconds
LONG_AGO = float("-inf")


class Wait(NamedTuple):
    """What stands between a request and its next attempt.

    `until` is a time of the limiter's clock, `failure` what it comes from, which is another
    request's where the wait is `shared` by all threads.
    """

    seconds: float
    until: float
    failure: Unavailable
    shared: bool


class Limiter:
    """Tell how long to wait before an attempt, and wait. One serves all threads of a run.

    429 and 503 close a gate for all of them, and closings that overlap are one, which ends with
    the last. `uniform` draws the jitter, `clock` returns seconds that only grow. `sleep` stands for
    a wait that `halt` cuts short. `waiting` is told of waits of a second and more, of one at the
    gate once and not by every thread; it is called in the thread that waits.
    """

    def __init__(
        self,
        *,
        uniform: Callable[[float, float], float] = random.uniform,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], object] | None = None,
        waiting: Callable[[float, Unavailable], None] | None = None,
    ) -> None:
        self._halted = threading.Event()
        self._uniform = uniform
        self._clock = clock
        self._sleep = sleep or self._halted.wait
        self._waiting = waiting
        self._lock = threading.Lock()
        self._closing: Wait | None = None
        self._told = LONG_AGO  # until when `waiting` knows the gate to be closed

    @property
    def halted(self) -> bool:
        """Whether no attempt may start any more."""
        return self._halted.is_set()

    def halt(self) -> None:
        """Let no attempt start any more, and wake every thread that waits for one."""
        self._halted.set()

    def gate(self) -> Wait | None:
        """Return the wait before any attempt, or None where the gate is open."""
        with self._lock:
            return self._closed(self._clock())

    def after(self, failure: Unavailable, attempt: int) -> Wait:
        """Return the wait before a request whose n-th attempt failed may be repeated.

        It is as long as the API asked for, up to a minute, else drawn from a range that doubles,
        and never shorter than the gate is closed. After 429 and 503 the gate is closed as long.
        """
        pause = self._pause(failure, attempt)
        with self._lock:
            now = self._clock()
            wait = Wait(pause, now + pause, failure, failure.status in TOO_BUSY)
            closed = self._closed(now)
            if closed and closed.until > wait.until:
                return closed
            if wait.shared:
                self._closing = wait
            return wait

    def spend(self, wait: Wait) -> None:
        """Wait. The gate may have been closed for longer meanwhile, or the run been halted."""
        if self._waiting and self._is_news(wait):
            self._waiting(wait.seconds, wait.failure)
        self._sleep(wait.seconds)
        with self._lock:
            # not left to the clock alone, which may stand still (a test's) or lag behind the sleep
            if self._closing and self._closing.until == wait.until:
                self._closing, self._told = None, LONG_AGO

    def _pause(self, failure: Unavailable, attempt: int) -> float:
        if failure.retry_after is not None:
            return min(failure.retry_after, RETRY_AFTER_CAP)
        return self._uniform(0, min(BACKOFF_CAP, BACKOFF_BASE * 2 ** (attempt - 1)))

    def _closed(self, now: float) -> Wait | None:
        closing = self._closing
        if closing is None or closing.until <= now:
            return None
        return closing._replace(seconds=closing.until - now)

    def _is_news(self, wait: Wait) -> bool:
        if wait.seconds < WORTH_TELLING:
            return False
        if not wait.shared:
            return True
        with self._lock:
            if self._closing is None or wait.until < self._told + WORTH_TELLING:
                return False
            self._told = wait.until
            return True


def parse_retry_after(text: str | None, now: float) -> float | None:
    """Read Retry-After, seconds or an HTTP date (RFC 9110 10.2.3), as seconds from Unix time `now`.

    None where it says nothing that can be understood, and where no wait is left: the usual one is
    due then.
    """
    if text is None:
        return None
    seconds = text.strip()
    if seconds.isdecimal():
        return float(seconds) or None

    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - now) or None
    except (ValueError, OverflowError):
        return None

"""How long to wait before a request is sent again; all threads of a run share a wait."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from typing import NamedTuple

from wacb.errors import Unavailable

BACKOFF_BASE, BACKOFF_CAP, RETRY_AFTER_CAP = 0.5, 8.0, 60.0  # seconds
THROTTLED = frozenset((429, 503))  # about the API as a whole, not about the one request
MIN_ANNOUNCED = 1.0  # seconds
NEVER = float("-inf")


class Wait(NamedTuple):
    """The wait before a request's next attempt.

    `until` is a time of the Backoff's clock; `failure` is the cause, which is another request's
    where the wait is `shared` by all threads.
    """

    seconds: float
    until: float
    failure: Unavailable
    shared: bool


class Backoff:
    """Decide how long to wait before an attempt, and wait. All threads of a run share one.

    After 429 and 503 all of them wait; waits that overlap are one, which ends with the last.
    `uniform` draws the jitter, `clock` returns seconds that only grow. `sleep` replaces a wait that
    `stop` cuts short. `waiting` is called for waits of a second and more, once for a shared wait,
    in the thread that waits.
    """

    def __init__(
        self,
        *,
        uniform: Callable[[float, float], float] = random.uniform,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], object] | None = None,
        waiting: Callable[[float, Unavailable], None] | None = None,
    ) -> None:
        self._stopped = threading.Event()
        self._uniform = uniform
        self._clock = clock
        self._sleep = sleep or self._stopped.wait
        self._waiting = waiting
        self._lock = threading.Lock()
        self._shared_wait: Wait | None = None
        self._announced_until = NEVER

    @property
    def stopped(self) -> bool:
        """Whether no further attempt may start."""
        return self._stopped.is_set()

    def stop(self) -> None:
        """Let no further attempt start, and wake every thread that waits for one."""
        self._stopped.set()

    def current_wait(self) -> Wait | None:
        """Return the shared wait that is left before any attempt, None if there is none."""
        with self._lock:
            return self._remaining_wait(self._clock())

    def next_wait(self, failure: Unavailable, attempt: int) -> Wait:
        """Return the wait before a request whose n-th attempt failed may be repeated.

        It is as long as the API asked for, up to a minute, else drawn from a range that doubles,
        and never shorter than the shared wait. After 429 and 503 it is shared.
        """
        pause = self._pause(failure, attempt)
        with self._lock:
            now = self._clock()
            wait = Wait(pause, now + pause, failure, failure.status in THROTTLED)
            current = self._remaining_wait(now)
            if current and current.until > wait.until:
                return current
            if wait.shared:
                self._shared_wait = wait
            return wait

    def wait(self, wait: Wait) -> None:
        """Wait. Meanwhile the shared wait may have become longer, or the run been stopped."""
        if self._waiting and self._should_announce(wait):
            self._waiting(wait.seconds, wait.failure)
        self._sleep(wait.seconds)
        with self._lock:
            # ended here too: the clock may stand still (in tests) or lag behind the sleep
            if self._shared_wait and self._shared_wait.until == wait.until:
                self._shared_wait, self._announced_until = None, NEVER

    def _pause(self, failure: Unavailable, attempt: int) -> float:
        if failure.retry_after is not None:
            return min(failure.retry_after, RETRY_AFTER_CAP)
        return self._uniform(0, min(BACKOFF_CAP, BACKOFF_BASE * 2 ** (attempt - 1)))

    def _remaining_wait(self, now: float) -> Wait | None:
        shared = self._shared_wait
        if shared is None or shared.until <= now:
            return None
        return shared._replace(seconds=shared.until - now)

    def _should_announce(self, wait: Wait) -> bool:
        if wait.seconds < MIN_ANNOUNCED:
            return False
        if not wait.shared:
            return True
        with self._lock:
            if self._shared_wait is None or wait.until < self._announced_until + MIN_ANNOUNCED:
                return False
            self._announced_until = wait.until
            return True

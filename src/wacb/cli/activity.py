"""What a terminal shows while requests are in progress: nothing at first, then what they do."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Protocol

DELAY = 0.5  # seconds of work before something is shown
AT_LEAST = 0.1  # seconds that a request takes to be worth showing


class Spinner(Protocol):
    """A spinner with a line of text."""

    def update(self, words: str) -> None: ...

    def stop(self) -> None: ...


class Cancel(Protocol):
    """A handle to cancel a scheduled call."""

    def cancel(self) -> None: ...


def call_later(seconds: float, call: Callable[[], None]) -> Cancel:
    """Call a function in a thread of its own, after some seconds."""
    timer = threading.Timer(seconds, call)
    timer.daemon = True
    with suppress(RuntimeError):  # no more threads are allowed
        timer.start()
    return timer


class Activity:
    """Show what is in progress once work has taken half a second, until `clear`.

    `show` starts a spinner with these words. Requests of several threads may be in progress.
    """

    def __init__(
        self,
        show: Callable[[str], Spinner],
        *,
        later: Callable[[float, Callable[[], None]], Cancel] = call_later,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._show = show
        self._later = later
        self._clock = clock
        self._lock = threading.RLock()  # a signal may come while it is held, and print a line
        self._running = 0
        self._words = ""
        self._began: float | None = None
        self._timer: Cancel | None = None
        self._spinner: Spinner | None = None

    @contextmanager
    def work(self, words: str) -> Iterator[None]:
        """Show what is in progress while the block runs."""
        with self._lock:
            self._running += 1
            self._words = words
            if self._spinner:
                self._spinner.update(words)
            elif self._timer is None:
                now = self._clock()
                self._began = now if self._began is None else self._began
                left = self._began + DELAY - now
                self._timer = self._later(max(left, AT_LEAST), self._start)
        try:
            yield
        finally:
            with self._lock:
                self._running -= 1

    def clear(self) -> None:
        """Remove the spinner before anything else is printed, and start over."""
        with self._lock:
            if self._timer:
                self._timer.cancel()
            if self._spinner:
                self._spinner.stop()
            self._timer = self._spinner = self._began = None

    def _start(self) -> None:
        with self._lock:
            if self._timer is not None:  # else it was cleared meanwhile
                self._timer = None
                if self._running:
                    self._spinner = self._show(self._words)

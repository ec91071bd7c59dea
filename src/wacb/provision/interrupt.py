"""Ending a run of many changes between two requests, so that what was done can be told."""

from __future__ import annotations

import signal
from collections.abc import Callable
from threading import Event, Thread
from types import FrameType, TracebackType
from typing import Any

from wacb.api.client import Client

_ENDS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stop:
    """While it is entered, Ctrl-C ends no run in the middle: no new request starts after it.

    Nor does a CI job that is cancelled (SIGTERM) or a terminal that is closed (SIGHUP). A second
    signal gives up the requests under way. `tell` is called at the first; `interrupted` is known
    ever after. It may be entered again inside itself.
    """

    def __init__(self, client: Client, tell: Callable[[], None] = lambda: None) -> None:
        self._client = client
        self._tell = tell
        self._before: list[dict[signal.Signals, Any]] = []
        self._over = Event()
        self.interrupted = False

    def __enter__(self) -> Stop:
        before = {number: signal.getsignal(number) for number in _ENDS}
        self._before.append(before)
        for number, handler in before.items():
            if handler is not signal.SIG_IGN:  # as in a shell's background job, or under nohup
                signal.signal(number, self._heed)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for number, handler in self._before.pop().items():
            signal.signal(number, handler)

    def now(self) -> None:
        """Let nothing new be tried, for another reason than a signal."""
        self._over.set()

    @property
    def over(self) -> bool:
        """Whether nothing new is to be tried."""
        return self._over.is_set()

    def _heed(self, number: int, frame: FrameType | None) -> None:
        if self.interrupted:
            # not in this thread, which may hold the session's lock
            Thread(target=self._client.close, daemon=True).start()
            return
        self.interrupted = True
        self.now()
        self._client.halt()
        self._tell()

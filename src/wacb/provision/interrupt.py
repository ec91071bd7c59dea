"""End a run between two requests, and report what a request in progress may have done."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread
from types import FrameType, TracebackType
from typing import TYPE_CHECKING, Any

from wacb.errors import Interrupted, Skipped

if TYPE_CHECKING:
    from wacb.api.client import Client


_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextmanager
def report_interrupt(message: str, *, hint: str) -> Iterator[None]:
    """Report a signal, and connections that one has closed, as what is known then."""
    try:
        yield
    except Skipped:
        raise
    except (KeyboardInterrupt, Interrupted) as error:
        raise Interrupted(f"interrupted; {message}", hint=hint) from error


class GracefulInterrupt:
    """While entered, turn Ctrl-C, SIGTERM and SIGHUP into a request to start nothing new.

    A second signal aborts the requests in progress. `notify` is called at the first; `interrupted`
    is true ever after. It may be entered again inside itself.
    """

    def __init__(self, client: Client, notify: Callable[[], None] = lambda: None) -> None:
        self._client = client
        self._notify = notify
        self._handlers: list[dict[signal.Signals, Any]] = []
        self._requested = Event()
        self.interrupted = False

    def __enter__(self) -> GracefulInterrupt:
        handlers = {number: signal.getsignal(number) for number in _SIGNALS}
        self._handlers.append(handlers)
        for number, handler in handlers.items():
            if handler is not signal.SIG_IGN:  # as in a shell's background job, or under nohup
                signal.signal(number, self._on_signal)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for number, handler in self._handlers.pop().items():
            signal.signal(number, handler)

    def request(self) -> None:
        """Request an end without a signal: start nothing new."""
        self._requested.set()

    @property
    def requested(self) -> bool:
        """Whether to start nothing new."""
        return self._requested.is_set()

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        if self.interrupted:
            # not in this thread, which may hold the session's lock
            Thread(target=self._client.close, daemon=True).start()
            return
        self.interrupted = True
        self.request()
        self._client.stop_sending()
        self._notify()

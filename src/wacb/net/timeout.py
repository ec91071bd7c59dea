"""Deadlines, and requests that can be given up at any time."""

from __future__ import annotations

import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from enum import Enum, auto
from typing import Any, TypeVar, cast

from wacb.errors import Unavailable


class Deadline:
    """Count down the `seconds` of a command's API work (`--deadline`), from now on.

    `clock` returns seconds that only grow.
    """

    def __init__(self, seconds: float, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.seconds = seconds
        self._clock = clock
        self._end = clock() + seconds
        self._stopped_at: float | None = None
        self._reserve: Callable[[], float] = lambda: 0.0

    def remaining(self) -> float:
        """Seconds that are left, never below 0."""
        now = self._clock() if self._stopped_at is None else self._stopped_at
        return max(0.0, self._end - now - self._reserve())

    def extend(self, seconds: float) -> None:
        """Set the limit to this many `seconds` in all."""
        self._end += seconds - self.seconds
        self.seconds = seconds

    @contextmanager
    def reserved(self, seconds: Callable[[], float]) -> Iterator[None]:
        """Keep the last `seconds`, which may grow, for what comes afterwards."""
        self._reserve = seconds
        try:
            yield
        finally:
            self._reserve = lambda: 0.0

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Stop the clock: a person is thinking, or a server is waiting to be called."""
        if self._stopped_at is not None:
            yield  # an outer pause covers this one
            return
        self._stopped_at = self._clock()
        try:
            yield
        finally:
            self._end += self._clock() - self._stopped_at
            self._stopped_at = None


T = TypeVar("T")


class Stage(Enum):
    """How far a request has come."""

    PREPARING = auto()
    CONNECTING = auto()
    SENT = auto()


class Connection(ABC):
    """A connection that carries one request at a time.

    It is dropped with a request that is given up, so no other request gets what that one left.
    `socket` is None until it is connected.
    """

    def __init__(self, proxy: str | None = None) -> None:
        self.proxy = proxy
        self.socket: Any = None

    @abstractmethod
    def close(self) -> None:
        """Close the connection, which no thread is using."""

    @abstractmethod
    def shutdown(self) -> None:
        """Shut the connection down under a thread that reads from it or writes to it."""


class TimedRequest:
    """A request to `host` that may take `timeout` seconds, or what is left of `deadline`.

    `seconds` is the shorter of the two. `deadline` is None unless the deadline is the shorter one.
    """

    def __init__(self, host: str, *, timeout: float, deadline: Deadline) -> None:
        left = deadline.remaining()
        self.host = host
        self.seconds = min(timeout, left)
        self.deadline = deadline.seconds if left <= timeout else None
        self.stage = Stage.PREPARING
        self._connection: Connection | None = None
        self._lock = threading.Lock()
        self._is_settled = False
        # a plain lock: a signal during Event.wait may leave an Event's own locks inconsistent
        self._open = threading.Lock()
        self._open.acquire()
        self._result: Any = None
        self._failure: BaseException | None = None

    @property
    def proxy(self) -> str | None:
        """The proxy on the way to the host."""
        return self._connection.proxy if self._connection else None

    @property
    def peer(self) -> str:
        """The host, and the proxy on the way to it."""
        return f"{self.host} through the proxy {self.proxy}" if self.proxy else self.host

    @property
    def sent(self) -> bool:
        """Whether the other side may have received the request or a part of it."""
        return self.stage is Stage.SENT

    def run(self, work: Callable[[], T], connection: Connection) -> T:
        """Run `work` and return its result, or raise TimeoutError when the time is up.

        It runs in a daemon thread that can be left behind: nothing less ends slow DNS, dripped
        headers and endless 1xx answers in time. Then, and on Ctrl-C, the connection is shut down.
        """
        self.stage, self._connection = Stage.CONNECTING, connection
        try:
            name = f"request to {self.host}"
            arguments = (work, connection)
            threading.Thread(target=self._work, args=arguments, name=name, daemon=True).start()
            self._open.acquire(timeout=self.seconds)
        except RuntimeError:
            raise Unavailable(
                "this machine or container allows no more threads",
                hint="end other processes, or raise the limit: ulimit -u, or the container's",
                sent=False,
            ) from None
        finally:
            self.give_up(TimeoutError())
        if self._failure is not None:
            raise self._failure
        return cast(T, self._result)

    def give_up(self, reason: BaseException) -> None:
        """End the request with `reason`, unless it has ended."""
        if self._settle(None, reason) and self._connection:
            self._connection.shutdown()

    def on_trace(self, event: str, info: Mapping[str, Any]) -> None:
        """Note the socket, and the moment from which bytes may leave.

        For the events of httpcore's `trace` extension, in their order.
        """
        with self._lock:
            connection = cast(Connection, self._connection)
            if event.endswith((".connect_tcp.complete", ".start_tls.complete")):
                connection.socket = info["return_value"].get_extra_info("socket")
            if self._is_settled:
                connection.shutdown()  # when the request was given up there was no socket yet
            if event.endswith(".send_request_headers.started"):
                if self._is_settled:
                    raise ConnectionAbortedError  # it was reported that nothing was sent
                if info["request"].method != b"CONNECT":
                    self.stage = Stage.SENT

    def _settle(self, result: Any, failure: BaseException | None) -> bool:
        """Fix how the request ends, and say whether that was still open."""
        with self._lock:
            first = not self._is_settled
            if first:
                self._result, self._failure = result, failure
                self._is_settled = True
                self._open.release()
        return first

    def _work(self, work: Callable[[], object], connection: Connection) -> None:
        result, failure = None, None
        try:
            result = work()
        except BaseException as error:  # raised again by `run`, in the caller's thread
            failure = error
        if not self._settle(result, failure) or failure:
            connection.close()

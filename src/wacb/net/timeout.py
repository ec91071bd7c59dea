"""One request on its way: the time it has, how far it has come, the thread it is carried out in.

Knows sockets, but not the library that uses them (http.py). What its failures mean to a user is
said in failures.py.
"""

from __future__ import annotations

import socket
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from enum import Enum, auto
from typing import Any, TypeVar, cast


class Deadline:
    """Count down the `seconds` of a command's API work (`--deadline`), from now on.

    `clock` returns seconds that only grow.
    """

    def __init__(self, seconds: float, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.seconds = seconds
        self._clock = clock
        self._end = clock() + seconds
        self._stopped_at: float | None = None

    def remaining(self) -> float:
        """Seconds that are left, never below 0."""
        now = self._clock() if self._stopped_at is None else self._stopped_at
        return max(0.0, self._end - now)

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


class Lane(ABC):
    """What carries one request at a time, and so holds one connection at most.

    A request that is given up takes its lane along: no other can meet what it left behind.
    """

    def __init__(self, proxy: str | None = None) -> None:
        self.proxy = proxy
        self.socket: socket.socket | None = None

    @abstractmethod
    def close(self) -> None:
        """Close the connection, which no thread is using."""

    def cut(self) -> None:
        """Shut the connection down under a thread that reads from it or writes to it."""
        if self.socket is not None:
            with suppress(OSError):  # it is closed already
                # SSLSocket.shutdown would take the TLS state from under that thread
                socket.socket.shutdown(self.socket, socket.SHUT_RDWR)


class Attempt:
    """A request to `host` that may take `timeout` seconds, or what is left of `deadline`.

    `seconds` is the shorter of the two; `deadline` the whole of the latter where that one is it.
    """

    def __init__(self, host: str, *, timeout: float, deadline: Deadline) -> None:
        left = deadline.remaining()
        self.host = host
        self.seconds = min(timeout, left)
        self.deadline = deadline.seconds if left <= timeout else None
        self.stage = Stage.PREPARING
        self._lane: Lane | None = None
        self._lock = threading.Lock()
        self._settled = threading.Event()
        self._result: Any = None
        self._failure: BaseException | None = None

    @property
    def proxy(self) -> str | None:
        """The proxy on the way to the host."""
        return self._lane.proxy if self._lane else None

    @property
    def peer(self) -> str:
        """The host, and the proxy on the way to it."""
        return f"{self.host} through the proxy {self.proxy}" if self.proxy else self.host

    @property
    def sent(self) -> bool:
        """Whether the other side may have got the request, or a part of it."""
        return self.stage is Stage.SENT

    def run(self, work: Callable[[], T], lane: Lane) -> T:
        """Do the work, and wait for it no longer than there is time; raise what it raises.

        It is done in a daemon thread that can be left behind: nothing less ends slow DNS, dripped
        headers and endless 1xx answers in time. Then, and on Ctrl-C, the connection is shut down.
        Raises TimeoutError.
        """
        self.stage, self._lane = Stage.CONNECTING, lane
        try:
            name = f"request to {self.host}"
            threading.Thread(target=self._work, args=(work, lane), name=name, daemon=True).start()
            self._settled.wait(self.seconds)
        finally:
            self.abandon(TimeoutError())
        if self._failure is not None:
            raise self._failure
        return cast(T, self._result)

    def abandon(self, reason: BaseException) -> None:
        """End the attempt with `reason`, unless it has ended."""
        if self._settle(None, reason) and self._lane:
            self._lane.cut()

    def follow(self, event: str, info: Mapping[str, Any]) -> None:
        """Learn the socket, and the moment from which on bytes may leave.

        To be called with the events of httpcore's `trace` extension, in the order of things.
        """
        with self._lock:
            lane = cast(Lane, self._lane)
            if event.endswith((".connect_tcp.complete", ".start_tls.complete")):
                lane.socket = info["return_value"].get_extra_info("socket")
            if self._settled.is_set():
                lane.cut()  # there was no socket to shut down when the attempt was given up
            if event.endswith(".send_request_headers.started"):
                if self._settled.is_set():
                    raise ConnectionAbortedError  # the caller was told that nothing was sent
                if info["request"].method != b"CONNECT":
                    self.stage = Stage.SENT

    def _settle(self, result: Any, failure: BaseException | None) -> bool:
        """Fix how the attempt ends, and say whether that was still open."""
        with self._lock:
            first = not self._settled.is_set()
            if first:
                self._result, self._failure = result, failure
                self._settled.set()
        return first

    def _work(self, work: Callable[[], object], lane: Lane) -> None:
        result, failure = None, None
        try:
            result = work()
        except BaseException as error:  # raised again by `run`, in the caller's thread
            failure = error
        if not self._settle(result, failure) or failure:
            lane.close()

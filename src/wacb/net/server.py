"""An HTTP server: uvicorn without its extras, its port, its signals, how a request is read."""

from __future__ import annotations

import asyncio
import errno
import re
import resource
import signal
import socket
import threading
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterator, MutableMapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import partial
from typing import Any, cast

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from wacb.errors import InvalidInput, Unavailable
from wacb.urls import is_loopback

LOOPBACK = "127.0.0.1"


@contextmanager
def listen(host: str, port: int) -> Iterator[socket.socket]:
    """Listen on an address; port 0 means any free one.

    Raises InvalidInput for a host that is not one of this machine, and Unavailable for a port that
    is in use.
    """
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        # Only for a socket that says it is TCP does asyncio turn Nagle's algorithm (40 ms) off.
        listener = socket.socket(family, proto=socket.IPPROTO_TCP)
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", "not a valid host name")
        raise InvalidInput(
            f"--host: cannot listen on {host!r}: {reason}",
            hint="use an address of this machine, like 127.0.0.1",
        ) from error
    with listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(address)
            listener.listen()
        except OSError as error:
            if error.errno == errno.EADDRNOTAVAIL:
                raise InvalidInput(
                    f"--host: {host} is not an address of this machine",
                    hint="use one, like 127.0.0.1",
                ) from error
            kind = Unavailable if error.errno == errno.EADDRINUSE else InvalidInput
            raise kind(
                f"cannot listen on port {port} of {host}: {error.strerror}",
                hint="choose another port, or 0 for any free one",
            ) from error
        yield listener


def url_of(listener: socket.socket) -> str:
    """Return the `http://HOST:PORT` of a bound socket."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


@contextmanager
def signals_call(stop: Callable[[], None]) -> Iterator[None]:
    """Call `stop` on SIGINT, SIGTERM and SIGHUP. Only the main thread gets signals."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    previous = {
        number: signal.signal(number, lambda *_: stop())
        for number in numbers
        if signal.getsignal(number) is not signal.SIG_IGN  # as under nohup
    }
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


_STUCK = 1  # seconds that an unfinished request may delay the end
_MOST_CONNECTIONS = 100
_QUEUE = 1024  # connections that the system keeps until they are accepted
_MOST_HELD = 32 * 1024 * 1024  # bytes of unfinished requests and unread responses
_NOTE_EVERY = 60.0  # seconds
_CROWDED = "too many connections or unfinished requests: closing those that wait longest"
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Coroutine[Any, Any, None]]


class HttpServer(uvicorn.Server):
    """Serves an ASGI 3 application. `on_started` is called once it accepts connections.

    `max_head` limits the bytes before a body, `max_body` is what the application keeps of one. A
    connection whose request is not complete after `patience` seconds, or whose response is not
    read, is dropped; so are those that wait longest when there are too many, of which `on_crowded`
    gets a sentence once a minute. `on_garbage` is called for a request that is not HTTP. The
    application finds the connection's transport in `scope["state"]["transport"]`.
    """

    on_started: Callable[[], None]

    def __init__(
        self,
        app: App,
        *,
        max_head: int,
        max_body: int,
        patience: float,
        on_crowded: Callable[[str], None],
        on_garbage: Callable[[], None] = lambda: None,
    ) -> None:
        files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        few = max(files, 0) or _MOST_CONNECTIONS * 16  # below 0: no limit
        config = uvicorn.Config(
            app,
            interface="asgi3",
            http=cast("type[asyncio.Protocol]", partial(_Protocol, self)),
            loop="asyncio",
            ws="none",
            lifespan="off",
            log_config=None,
            log_level="critical",
            access_log=False,
            proxy_headers=False,
            server_header=False,
            workers=1,
            # so many are accepted at a time, before any of them can be dropped
            backlog=max(1, min(64, few // 16)),
            timeout_graceful_shutdown=_STUCK,
            h11_max_incomplete_event_size=max_head,
        )
        super().__init__(config)
        self.most_of_one = max_head + max_body
        self.on_garbage = on_garbage
        self._on_crowded = on_crowded
        self._noted = -_NOTE_EVERY
        self._most = min(_MOST_CONNECTIONS, few // 4)
        self._patience = patience

    def capture_signals(self) -> AbstractContextManager[None]:  # type: ignore[override]
        """Leave signals to `signals_call`."""
        return nullcontext()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        for listener in sockets or ():
            listener.listen(_QUEUE)  # again: asyncio made it as short as what it accepts at a time

    async def main_loop(self) -> None:
        asyncio.get_running_loop().set_exception_handler(self._handle_loop_error)
        self.on_started()
        await super().main_loop()

    async def on_tick(self, counter: int) -> bool:
        oldest = asyncio.get_running_loop().time() - self._patience
        for connection in self._connections():
            if connection.waits and connection.since < oldest:
                connection.transport.abort()
        self.make_room()
        return await super().on_tick(counter)

    def make_room(self) -> None:
        """Drop those that wait longest while connections are too many or hold too much."""
        connections = self._connections()
        while len(connections) > self._most or sum(each.held for each in connections) > _MOST_HELD:
            longest = min(connections, key=lambda each: (not each.waits, each.since))
            connections.discard(longest)
            longest.transport.abort()
            self._note_crowd()

    def _connections(self) -> set[_Protocol]:
        return cast("set[_Protocol]", self.server_state.connections)

    def _note_crowd(self) -> None:
        now = time.monotonic()
        if now - self._noted >= _NOTE_EVERY:
            self._noted = now
            self._on_crowded(_CROWDED)

    def _handle_loop_error(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """Report a connection that could not be accepted; asyncio tries again after a second."""
        if isinstance(context.get("exception"), OSError):
            self._note_crowd()
        else:
            loop.default_exception_handler(context)


class _Protocol(H11Protocol):
    """Notes since when it waits and what it holds, reports garbage, hands out its transport."""

    def __init__(self, server: HttpServer, **given: Any) -> None:
        super().__init__(**given)
        self._server = server
        self._received = 0
        self.since = self.loop.time()

    @property
    def waits(self) -> bool:
        """Whether the client keeps it waiting: for the rest of a request, or to read."""
        answering = self.cycle is not None and not self.cycle.response_complete
        unread = self.transport.get_write_buffer_size() > 0
        return unread or not answering or self.cycle.more_body

    @property
    def held(self) -> int:
        """How many bytes are kept for it."""
        return self._received + self.transport.get_write_buffer_size()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        super().connection_made(transport)
        self.app_state = {**self.app_state, "transport": transport}
        self._server.make_room()

    def data_received(self, data: bytes) -> None:
        self._received = min(self._received + len(data), self._server.most_of_one)
        super().data_received(data)
        self._server.make_room()

    def on_response_complete(self) -> None:
        self.since = self.loop.time()
        self._received = 0
        super().on_response_complete()

    def send_400_response(self, msg: str) -> None:
        self._server.on_garbage()
        super().send_400_response(msg)


_HOST = re.compile(r"(?:\[([^\]]*)\]|([^:\[\]]*))(?::[0-9]{1,5})?")


def is_for_this_machine(scope: Message) -> bool:
    """Return whether the Host header names loopback: a web page may rebind any other name."""
    hosts = [value.decode("latin-1") for name, value in scope["headers"] if name == b"host"]
    host = _HOST.fullmatch(hosts[0]) if len(hosts) == 1 else None
    return host is not None and is_loopback(host[1] or host[2] or "")


async def read_body(receive: Receive, *, most: int, drain: int) -> bytes | None:
    """Return the body, None if the client disconnected.

    Of a body that is longer than `most`, one byte more is returned. The rest is read and dropped,
    up to `drain` bytes in all: a client that is still sending would see a reset instead of a 413.
    """
    body: bytes = b""
    seen = 0
    while (message := await receive())["type"] != "http.disconnect":
        seen += len(message["body"])
        body += message["body"][: most + 1 - len(body)]
        if not message["more_body"] or seen > drain:
            return body
    return None


def request_parts(scope: Message) -> dict[str, Any]:
    """Return the members of a Request before its body; path and query as they were received."""
    return {
        "method": scope["method"],
        "path": scope["raw_path"].decode("latin-1"),
        "query": scope["query_string"].decode("latin-1"),
        "headers": _headers(scope),
    }


def _headers(scope: Message) -> dict[str, str]:
    """Return the headers by lower-case name, values of a repeated one joined by a comma."""
    several: dict[str, list[str]] = {}
    for name, value in scope["headers"]:
        several.setdefault(name.decode("latin-1"), []).append(value.decode("latin-1"))
    return {name: ", ".join(values) for name, values in several.items()}

"""An HTTP server: uvicorn without its extras, its port, its signals, how a request is read."""

from __future__ import annotations

import asyncio
import errno
import signal
import socket
import threading
from collections.abc import Awaitable, Callable, Coroutine, Iterator, MutableMapping
from contextlib import contextmanager
from functools import partial
from typing import Any, cast

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from wacb.errors import InvalidInput, Unavailable

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
    """Call `stop` on SIGINT, SIGTERM and SIGHUP. Only the main thread gets signals.

    At its end uvicorn raises the signal again, for the handler that it found at its start.
    """
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
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Coroutine[Any, Any, None]]


class HttpServer(uvicorn.Server):
    """Serves an ASGI 3 application. `on_started` is called once it accepts connections.

    `max_head` limits the bytes before a body. A connection whose request is not complete after
    `patience` seconds is dropped. `on_garbage` is called for a request that is not HTTP. The
    application finds the connection's transport in `scope["state"]["transport"]`.
    """

    on_started: Callable[[], None]

    def __init__(
        self,
        app: App,
        *,
        max_head: int | None = None,
        patience: float = float("inf"),
        on_garbage: Callable[[], None] = lambda: None,
    ) -> None:
        config = uvicorn.Config(
            app,
            interface="asgi3",
            http=cast("type[asyncio.Protocol]", partial(_Protocol, on_garbage)),
            loop="asyncio",
            ws="none",
            lifespan="off",
            log_config=None,
            log_level="critical",
            access_log=False,
            proxy_headers=False,
            server_header=False,
            workers=1,
            timeout_graceful_shutdown=_STUCK,
            h11_max_incomplete_event_size=max_head,
        )
        super().__init__(config)
        self._patience = patience

    async def main_loop(self) -> None:
        self.on_started()
        await super().main_loop()

    async def on_tick(self, counter: int) -> bool:
        oldest = asyncio.get_running_loop().time() - self._patience
        for connection in cast("set[_Protocol]", self.server_state.connections):
            if connection.since < oldest:
                connection.transport.abort()
        return await super().on_tick(counter)


class _Protocol(H11Protocol):
    """Notes since when a request is awaited, reports garbage, and hands out its transport."""

    def __init__(self, on_garbage: Callable[[], None], **given: Any) -> None:
        super().__init__(**given)
        self._on_garbage = on_garbage
        self.since = self.loop.time()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        super().connection_made(transport)
        self.app_state = {**self.app_state, "transport": transport}

    def on_response_complete(self) -> None:
        self.since = self.loop.time()
        super().on_response_complete()

    def send_400_response(self, msg: str) -> None:
        self._on_garbage()
        super().send_400_response(msg)


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


def request_parts(scope: Message, body: bytes) -> dict[str, Any]:
    """Return the members of a Request: method, path and query as they were received."""
    return {
        "method": scope["method"],
        "path": scope["raw_path"].decode("latin-1"),
        "query": scope["query_string"].decode("latin-1"),
        "headers": _headers(scope),
        "body": body,
    }


def _headers(scope: Message) -> dict[str, str]:
    """Return the headers by lower-case name, values of a repeated one joined by a comma."""
    pairs = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]]
    headers = dict(pairs)
    if len(headers) < len(pairs):
        several: dict[str, list[str]] = {}
        for name, value in pairs:
            several.setdefault(name, []).append(value)
        headers = {name: ", ".join(values) for name, values in several.items()}
    return headers

"""What both HTTP servers here are made of: uvicorn without its extras, how a request is read.

Ports and signals are listening.py's. Importing this module imports uvicorn.
"""

from __future__ import annotations

import asyncio
import errno
import signal
import socket
import threading
from collections.abc import Awaitable, Callable, Coroutine, Iterator, MutableMapping
from contextlib import contextmanager
from typing import Any, cast

import uvicorn

from wacb.errors import WacbError

LOOPBACK = "127.0.0.1"


@contextmanager
def listen(host: str, port: int) -> Iterator[socket.socket]:
    """Hold a socket that is bound to an address; port 0 is a free one. Raises WacbError."""
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        # Only for a socket that says it is TCP does asyncio turn Nagle's algorithm (40 ms) off.
        listener = socket.socket(family, proto=socket.IPPROTO_TCP)
    except (OSError, UnicodeError) as error:
        raise WacbError(
            f"the host {host!r} cannot be listened on: {getattr(error, 'strerror', 'not a name')}",
            hint="give an address of this machine, like 127.0.0.1",
        ) from error
    with listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(address)
            listener.listen()
        except OSError as error:
            if error.errno == errno.EADDRNOTAVAIL:
                raise WacbError(
                    f"{host} is not an address of this machine", hint="give one, like 127.0.0.1"
                ) from error
            raise WacbError(
                f"port {port} of {host} cannot be used: {error.strerror}",
                hint="give another port, or 0 for any free one",
            ) from error
        yield listener


def url_of(listener: socket.socket) -> str:
    """Return the `http://HOST:PORT` of a bound socket."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


@contextmanager
def signals_call(stop: Callable[[], None]) -> Iterator[None]:
    """Have SIGINT and SIGTERM call `stop`, in the main thread: elsewhere none arrives.

    uvicorn ends by raising the signal it got once more, for the handler it found at its start.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    numbers = (signal.SIGINT, signal.SIGTERM)
    previous = {number: signal.signal(number, lambda *_: stop()) for number in numbers}
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


_STUCK = 1  # seconds an unfinished request may delay the end
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Coroutine[Any, Any, None]]


class Uvicorn(uvicorn.Server):
    """Serves an ASGI 3 application, and tells when it accepts connections.

    `protocol` makes what reads one connection, with at most `longest_head` bytes before a body.
    """

    on_started: Callable[[], None]

    def __init__(
        self, app: App, protocol: Callable[..., asyncio.Protocol], longest_head: int | None = None
    ) -> None:
        config = uvicorn.Config(
            app,
            interface="asgi3",
            http=cast("type[asyncio.Protocol]", protocol),
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
            h11_max_incomplete_event_size=longest_head,
        )
        super().__init__(config)

    async def main_loop(self) -> None:
        self.on_started()
        await super().main_loop()


async def read_body(receive: Receive, *, most: int, drain: int) -> bytes | None:
    """Return the body, one byte more than `most` of a longer one, None if the client left.

    The rest of a long one is read and dropped, up to `drain` bytes in all: a client that is still
    sending would see a reset instead of the 413.
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
    """Name what a server's Request is made of: method, path and query as they came."""
    return {
        "method": scope["method"],
        "path": scope["raw_path"].decode("latin-1"),
        "query": scope["query_string"].decode("latin-1"),
        "headers": _headers(scope),
        "body": body,
    }


def _headers(scope: Message) -> dict[str, str]:
    """Return the headers by their lower-case names, values of a repeated one joined by a comma."""
    pairs = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]]
    headers = dict(pairs)
    if len(headers) < len(pairs):
        several: dict[str, list[str]] = {}
        for name, value in pairs:
            several.setdefault(name, []).append(value)
        headers = {name: ", ".join(values) for name, values in several.items()}
    return headers

"""What both HTTP servers here are made of: uvicorn without its extras, how a request is read.

Ports and signals are listening.py's. Importing this module imports uvicorn.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, MutableMapping
from typing import Any, cast

import uvicorn

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

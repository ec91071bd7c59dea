"""Send requests to the emulator within this process, without a network."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from urllib.parse import urlsplit

from wacb.sandbox.emulator import Sandbox
from wacb.sandbox.routing import Request

SLOW_SECONDS = 10.0
DRIP_SECONDS = 0.1
Answer = tuple[int, list[tuple[str, str]], Iterator[bytes]]


def exchange(
    sandbox: Sandbox,
    method: str,
    url: str,
    headers: Mapping[str, str],
    body: bytes,
    *,
    sleep: Callable[[float], object] = time.sleep,
) -> Answer:
    """Send one request and return status, headers and the body as a stream.

    Raises ConnectionResetError for a connection that breaks, before the response or in its body.
    `sleep` takes seconds; pass the `wait` of an Event if waiting must be interruptible.
    """
    target = urlsplit(url)
    names = {name.lower(): value for name, value in headers.items()}
    reply = sandbox.handle(
        Request(method=method, path=target.path, query=target.query, headers=names, body=body)
    )
    if reply.resume is not None:
        sleep(SLOW_SECONDS)
        reply = reply.resume()
    if reply.fault == "reset":
        raise ConnectionResetError("the connection was reset before the response")
    return reply.status, list(reply.headers), _stream(reply.body, reply.fault, sleep)


def _stream(body: bytes, fault: str | None, sleep: Callable[[float], object]) -> Iterator[bytes]:
    if fault == "drip":
        for position in range(len(body)):
            yield body[position : position + 1]
            sleep(DRIP_SECONDS)
    elif fault == "truncate":
        yield body[: len(body) // 2]
        raise ConnectionResetError("the connection was reset in the middle of the body")
    else:
        yield body

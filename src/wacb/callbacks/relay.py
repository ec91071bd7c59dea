"""Forward received callbacks to another receiver, byte for byte."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import NamedTuple, TypeVar

from wacb.callbacks.decode import Request
from wacb.callbacks.sender import Outgoing, exchange
from wacb.errors import ConsentRequired, Unavailable, WacbError
from wacb.net.message import Remedies, Response
from wacb.net.session import Session
from wacb.net.timeout import Deadline
from wacb.urls import check_endpoint, is_loopback, parse_endpoint, split_origin, split_query

MAX_IN_PROGRESS = 50
_MAX_RESPONSE = 64 * 1024  # bytes of a response that are returned
_OF_ONE_CONNECTION = frozenset(
    (
        *("connection", "keep-alive", "proxy-authenticate", "proxy-authorization"),
        *("proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"),
        *("expect", "host", "content-length"),
    )
)
_PASSED_BACK = ("content-type", "content-encoding")
_NO_ANSWER = b"wacb: the receiver that callbacks are forwarded to did not answer\n"
_REMEDIES = Remedies(
    unknown="check the host in the URL, and the network",
    unreachable="is your receiver running there? One on ::1 alone is at http://localhost:PORT",
    interrupted="check the log of your receiver, and that it speaks HTTP",
)
T = TypeVar("T")


class Target(NamedTuple):
    """Where callbacks are forwarded; `is_local` for this machine."""

    url: str
    is_local: bool


def parse_target(url: str, *, allow_remote: bool = False) -> Target:
    """Parse a URL to forward callbacks to, in which `http://` may be left out.

    Raises InvalidInput, and ConsentRequired for another machine unless `allow_remote`.
    """
    whole = url if "://" in url else f"http://{url}"
    host = parse_endpoint(check_endpoint(whole, allow_http=True, allow_local=True)).host
    is_local = is_loopback(host)
    if not (is_local or allow_remote):
        raise ConsentRequired(
            f"{host} is not this machine",
            hint="pass --allow-remote to send callbacks to other machines",
        )
    return Target(whole, is_local)


def readdress(target: Target, path: str, query: str) -> tuple[str, str]:
    """Return the URL to send to, and its path and query.

    A path of the target replaces the received one; the received query follows the target's.
    """
    endpoint, own_query = split_query(target.url)
    origin, own_path = split_origin(endpoint)
    received = split_origin(path)[1]
    place = own_path or (received if received.startswith("/") else f"/{received}")
    place = "?".join(filter(None, (place, "&".join(filter(None, (own_query, query))))))
    return origin + place, place


def build_replay(target: Target, request: Request) -> Outgoing:
    """Build the request that repeats a callback, with all its headers."""
    url, place = readdress(target, request.path, request.query)
    return Outgoing(request.method, url, request.headers, request.body or None, target=place)


def _headers_for(target: Target, request: Request) -> dict[bytes, bytes]:
    """Return the headers to forward: to another machine only the content type."""
    named = request.headers.get("connection", "").lower().split(",")
    own = _OF_ONE_CONNECTION.union(name.strip() for name in named)
    headers = {
        name.encode("latin-1"): value.encode("latin-1")
        for name, value in request.headers.items()
        if (name not in own if target.is_local else name == "content-type")
    }
    return headers | {b"connection": b"close"}  # a kept one may be closed as it is used again


class Background:
    """Send requests in threads, so that an event loop is not blocked, up to `most` at a time.

    Each may take `timeout` seconds.
    """

    def __init__(self, *, timeout: float, most: int = MAX_IN_PROGRESS) -> None:
        self._session = Session(timeout=timeout, deadline=Deadline(math.inf), remedies=_REMEDIES)
        self._pool = ThreadPoolExecutor(most)
        self._free = most

    async def run(self, work: Callable[[Session], T]) -> T:
        """Call `work` in a thread. Raises its errors, and Unavailable if all threads are busy."""
        if not self._free:
            raise Unavailable("too many callbacks are waiting for a response", sent=False)
        self._free -= 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, work, self._session)
        finally:
            self._free += 1

    def close(self) -> None:
        """Abort the requests in progress, and send no others. Safe in signal handlers."""
        self._session.close()


class Forwarded(NamedTuple):
    """How a callback was forwarded: `status` and `ms` of the response, None for none.

    `ok` is for a 2xx, `error` says why it is not.
    """

    url: str
    status: int | None
    ms: float | None
    ok: bool
    error: WacbError | None = None


async def forward(
    background: Background, target: Target, request: Request
) -> tuple[Forwarded, Response]:
    """Forward a callback; return the outcome, and the response for its sender.

    Without a response, the sender gets a 502.
    """
    url, place = readdress(target, request.path, request.query)
    shown = split_query(url)[0]
    work = partial(
        exchange,
        method=request.method,
        url=url,
        headers=_headers_for(target, request),
        body=request.body or None,
        target=place,
        limit=_MAX_RESPONSE,
    )
    try:
        response, error, ms = await background.run(work)
    except WacbError as failure:
        return Forwarded(shown, None, None, False, failure), _bad_gateway()
    status = response.status if response else None
    forwarded = Forwarded(shown, status, ms, error is None, error)
    valid = response is not None and response.status < 600  # the most that a server can send
    return forwarded, _pass_back(response) if response and valid else _bad_gateway()


def _pass_back(response: Response) -> Response:
    headers = {
        name: value
        for name in _PASSED_BACK
        if (value := response.headers.get(name)) and value.isascii()
    }
    return response._replace(headers=headers)


def _bad_gateway() -> Response:
    return Response(502, {"content-type": "text/plain"}, _NO_ANSWER)

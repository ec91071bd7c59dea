"""Sessions: requests over connections that are kept, within their time limits."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

from wacb.errors import Interrupted
from wacb.net.message import BODY_LIMIT, Handler, Headers, Remedies, Response
from wacb.net.timeout import Deadline, TimedRequest
from wacb.urls import Address, parse_address

if TYPE_CHECKING:
    from wacb.net.httpx_transport import HttpxConnection, HttpxTransport

_CHECK_HOST = "check the network, and the host set by --region or --base-url"
API_REMEDIES = Remedies(
    unknown=_CHECK_HOST,
    unreachable=_CHECK_HOST,
    interrupted="try again later; a proxy or firewall may be interfering",
)


class Session:
    """Send requests over connections that are kept, from any number of threads.

    `timeout` is seconds for one request, from DNS to the last byte; `deadline` bounds them all.
    A `handler` answers in place of the network: no socket, proxy or CA file is touched then.
    `remedies` are hints that depend on what the server is.
    """

    def __init__(
        self,
        *,
        timeout: float,
        deadline: Deadline,
        handler: Handler | None = None,
        remedies: Remedies = API_REMEDIES,
    ) -> None:
        self.deadline = deadline
        self.in_process = handler is not None
        self._remedies = remedies
        self._timeout = timeout
        self._handler = handler
        self._lock = threading.Lock()
        self._idle: dict[str, list[HttpxConnection]] = {}
        self._running: set[TimedRequest] = set()
        self._opened: HttpxTransport | None = None
        self._closed = False

    def send(
        self,
        method: str,
        url: str,
        *,
        headers: Headers,
        body: bytes | None = None,
        target: str | None = None,
        limit: int = BODY_LIMIT,
        truncate: bool = False,
        fresh: bool = False,
    ) -> Response:
        """Send one request, once, and return the response, with any status (redirects too).

        Path and query of `url`, or `target` in their place, go out byte for byte. An answer of
        more than `limit` bytes, or with a Content-Encoding, is refused, unless `truncate` keeps
        the first `limit` bytes of any.
        A `fresh` connection is one that the other side cannot have closed while it was idle.
        Raises Unavailable (`sent` says whether the request may have arrived),
        DeadlineExceeded, ConfigError (URL, header, proxy, CA file), and Interrupted when the
        session is closed.
        """
        address = parse_address(url)
        if target is not None:
            address = address._replace(target=target)
        timed = TimedRequest(address.netloc, timeout=self._timeout, deadline=self.deadline)
        transport = self._transport()
        with transport.translated(timed):
            request = transport.build(timed, method, url, address, headers, body)
            with self._borrow(timed, address, transport, fresh=fresh) as connection:
                work = partial(transport.exchange, timed, connection, request, limit, truncate)
                return timed.run(work, connection)

    def close(self) -> None:
        """Close all connections. Requests in progress in other threads end as Interrupted."""
        with self._lock:
            self._closed = True
            connections = [connection for idle in self._idle.values() for connection in idle]
            running = list(self._running)
        for timed in running:
            timed.give_up(_interrupted())
        for connection in connections:
            connection.close()

    @contextmanager
    def _borrow(
        self,
        timed: TimedRequest,
        address: Address,
        transport: HttpxTransport,
        *,
        fresh: bool,
    ) -> Iterator[HttpxConnection]:
        """Yield a connection to the host, new or used. It is kept only after a success.

        A fresh one takes the place of an idle one.
        """
        with self._lock:
            if self._closed:
                raise _interrupted()
            idle = self._idle.setdefault(address.origin, [])
            kept = idle.pop() if idle else None
            if kept and fresh:
                kept.close()
            connection = kept if kept and not fresh else transport.open(address)
            self._running.add(timed)
        try:
            yield connection
            with self._lock:
                idle.append(connection)
        finally:
            with self._lock:
                self._running.discard(timed)

    def _transport(self) -> HttpxTransport:
        """Load the HTTP library for the first request."""
        from wacb.net.httpx_transport import HttpxTransport

        with self._lock:
            self._opened = self._opened or HttpxTransport(
                handler=self._handler, remedies=self._remedies
            )
        return self._opened


def _interrupted() -> Interrupted:
    return Interrupted("interrupted before a response came")

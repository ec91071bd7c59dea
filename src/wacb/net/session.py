"""HTTP at the edge: connections that are kept, limits, and one address for every request.

What to send, whether to send it again and what an answer means is decided by the callers.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from wacb.net import failures
from wacb.net.failures import Remedies
from wacb.net.message import BODY_LIMIT, Handler, Response
from wacb.net.timeout import Attempt, Deadline
from wacb.urls import Address, parse_address

if TYPE_CHECKING:
    from wacb.net.httpx_transport import HttpxLane, HttpxTransport


class Session:
    """Send requests over connections that are kept, from as many threads as needed.

    `timeout` is seconds for one request, from DNS to the last byte; `deadline` bounds them all.
    A `handler` answers in place of the network: no socket, proxy or CA file is touched then.
    `remedies` are the hints of failures that mean another thing to each server.
    """

    def __init__(
        self,
        *,
        timeout: float,
        deadline: Deadline,
        handler: Handler | None = None,
        remedies: Remedies = failures.API,
    ) -> None:
        self.deadline = deadline
        self._remedies = remedies
        self._timeout = timeout
        self._handler = handler
        self._lock = threading.Lock()
        self._idle: dict[str, list[HttpxLane]] = {}
        self._running: set[Attempt] = set()
        self._opened: HttpxTransport | None = None
        self._closed = False

    def send(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        body: bytes | None = None,
        limit: int = BODY_LIMIT,
        cut: bool = False,
    ) -> Response:
        """Send one request, once, and return the answer whatever its status (redirects too).

        Path and query of `url` go out byte for byte. An answer of more than `limit` bytes, or with
        a Content-Encoding, is refused; with `cut` any will do, and no more than `limit` bytes of
        it are kept. Raises Unavailable (`sent` tells whether the request may have arrived),
        DeadlineExceeded, ConfigError (URL, header, proxy, CA file), and Interrupted when the
        session is closed.
        """
        address = parse_address(url)
        attempt = Attempt(address.netloc, timeout=self._timeout, deadline=self.deadline)
        transport = self._transport()
        with transport.translated(attempt):
            request = transport.build(attempt, method, url, address, headers, body)
            with self._borrow(attempt, address, transport) as lane:
                return attempt.run(
                    lambda: transport.exchange(attempt, lane, request, limit, cut), lane
                )

    def close(self) -> None:
        """Close all connections. Requests still under way in other threads end as Interrupted."""
        with self._lock:
            self._closed = True
            lanes = [lane for idle in self._idle.values() for lane in idle]
            running = list(self._running)
        for attempt in running:
            attempt.abandon(failures.interrupted())
        for lane in lanes:
            lane.close()

    @contextmanager
    def _borrow(
        self, attempt: Attempt, address: Address, transport: HttpxTransport
    ) -> Iterator[HttpxLane]:
        """Lend a lane to the host, new or used. It comes back from a success only."""
        with self._lock:
            if self._closed:
                raise failures.interrupted()
            idle = self._idle.setdefault(address.origin, [])
            lane = idle.pop() if idle else transport.open(address)
            self._running.add(attempt)
        try:
            yield lane
            with self._lock:
                idle.append(lane)
        finally:
            with self._lock:
                self._running.discard(attempt)

    def _transport(self) -> HttpxTransport:
        """Load the HTTP library for the first request."""
        from wacb.net.httpx_transport import HttpxTransport

        with self._lock:
            self._opened = self._opened or HttpxTransport(
                handler=self._handler, remedies=self._remedies
            )
        return self._opened

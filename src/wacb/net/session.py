"""HTTP at the edge: connections, TLS, limits, and the failures of a library made ours.

The only module that imports httpx. What to send, whether to send it again and what an answer means
is decided by the callers.
"""

from __future__ import annotations

import socket
import ssl
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from types import ModuleType
from typing import NamedTuple, cast

from wacb import __version__
from wacb.net import failures
from wacb.net.failures import Remedies
from wacb.net.timeout import Attempt, Deadline, Lane, Stage
from wacb.urls import Address, parse_address, proxy_for

# httpx loads click and rich for a command line of its own (encode/httpx#3547), and does without
# where that module cannot be imported: None in sys.modules is Python's way to say so.
_modules = cast("dict[str, ModuleType | None]", sys.modules)
_modules["httpx._main"] = None
try:
    import httpx
finally:
    del _modules["httpx._main"]

# A stand-in for the network: (method, URL, lower-case headers, body) -> (status, headers, chunks).
# It may raise OSError; a ConnectionRefusedError or gaierror means that nothing was sent.
Handler = Callable[
    [str, str, Mapping[str, str], bytes], tuple[int, Sequence[tuple[str, str]], Iterator[bytes]]
]

BODY_LIMIT = 2 * 1024 * 1024


class Response(NamedTuple):
    """An answer. Names of headers are lower-case, values of a repeated one joined by a comma."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def __repr__(self) -> str:  # without what may hold secrets
        return f"Response(status={self.status})"


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
        self._idle: dict[str, list[_HttpxLane]] = {}
        self._running: set[Attempt] = set()
        self._trust: ssl.SSLContext | None = None
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
        with _translated(attempt, self._remedies):
            request = _build(attempt, method, url, address, headers, body)
            with self._borrow(attempt, address) as lane:
                return attempt.run(lambda: _exchange(attempt, lane, request, limit, cut), lane)

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
    def _borrow(self, attempt: Attempt, address: Address) -> Iterator[_HttpxLane]:
        """Lend a lane to the host, new or used. It comes back from a success only."""
        with self._lock:
            if self._closed:
                raise failures.interrupted()
            idle = self._idle.setdefault(address.origin, [])
            lane = idle.pop() if idle else self._open(address)
            self._running.add(attempt)
        try:
            yield lane
            with self._lock:
                idle.append(lane)
        finally:
            with self._lock:
                self._running.discard(attempt)

    def _open(self, address: Address) -> _HttpxLane:
        if self._handler is not None:
            return _HttpxLane(_InProcess(self._handler))
        proxy = proxy_for(address)
        if address.scheme == "http":
            trust = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # trusts nobody, loads nothing
        else:
            trust = self._trust = self._trust or httpx.create_ssl_context()  # 45 to 70 ms
        transport = httpx.HTTPTransport(verify=trust, trust_env=False, proxy=proxy)
        return _HttpxLane(transport, parse_address(proxy).netloc if proxy else None)


class _HttpxLane(Lane):
    def __init__(self, transport: httpx.BaseTransport, proxy: str | None = None) -> None:
        super().__init__(proxy)
        self.transport = transport

    def close(self) -> None:
        self.transport.close()


class _InProcess(httpx.BaseTransport):
    """Hand requests to a function, and stream its answers as a network would."""

    def __init__(self, handler: Handler) -> None:
        self._handler = handler

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        extensions, headers = request.extensions, dict(request.headers.items())
        extensions["trace"]("handler.send_request_headers.started", {"request": request})
        status, fields, chunks = self._handler(
            request.method, extensions["url"], headers, request.content
        )
        return httpx.Response(status, headers=httpx.Headers(fields, "utf-8"), content=chunks)


class _ExactURL(httpx.URL):
    """A URL whose path and query reach the wire byte for byte.

    httpx's `target` extension does that too, but breaks proxies: it takes the place of the absolute
    URL that a forward proxy needs, and of the host and port after CONNECT.
    """

    def __init__(self, address: Address) -> None:
        super().__init__(address.origin)
        self._target = address.target.encode()

    @property
    def raw_path(self) -> bytes:
        return self._target


def _build(
    attempt: Attempt,
    method: str,
    url: str,
    address: Address,
    headers: Mapping[str, str],
    body: bytes | None,
) -> httpx.Request:
    if attempt.seconds <= 0:
        raise TimeoutError
    fields = httpx.Headers({"user-agent": f"wacb/{__version__}"})
    fields.update(headers)
    fields.update({"accept-encoding": "identity"})
    fields.pop("content-length", None)  # httpx counts, and h11 fails on any other number
    request = httpx.Request(
        method,
        address.origin,
        headers=fields,
        content=body,
        extensions={
            "timeout": dict.fromkeys(("connect", "read", "write", "pool"), attempt.seconds),
            "trace": attempt.follow,
            "url": url,
        },
    )
    request.url = _ExactURL(address)
    return request


def _exchange(
    attempt: Attempt, lane: _HttpxLane, request: httpx.Request, limit: int, cut: bool
) -> Response:
    with closing(lane.transport.handle_request(request)) as answer:
        status, body = answer.status_code, bytearray()
        encoding = answer.headers.get("content-encoding", "").strip().lower()
        for chunk in answer.iter_raw():
            if encoding not in ("", "identity") and not cut:
                raise failures.unusable_answer(
                    attempt, "compressed data, which was not asked for", status
                )
            body += chunk
            if len(body) > limit:
                if cut:
                    break
                large = f"an answer larger than {limit / 2**20:g} MiB"
                raise failures.unusable_answer(attempt, large, status)
    return Response(status=status, headers=dict(answer.headers.items()), body=bytes(body[:limit]))


@contextmanager
def _translated(attempt: Attempt, remedies: Remedies) -> Iterator[None]:
    """Turn whatever the libraries raise into errors of ours; their words may quote a header."""
    try:
        yield
    except (UnicodeError, httpx.LocalProtocolError):
        raise failures.unusable_header(attempt) from None
    except httpx.InvalidURL:
        raise failures.unusable_host(attempt) from None
    except (TimeoutError, httpx.TimeoutException):
        raise failures.late(attempt) from None
    except (ConnectionRefusedError, socket.gaierror, httpx.ConnectError) as failure:
        raise failures.unreachable(attempt, _os_error(failure), remedies) from None
    except httpx.ProxyError as failure:
        raise failures.refused_by_proxy(attempt, str(failure)[:3]) from None
    except httpx.RemoteProtocolError:
        words = "broke off, or answered in something that is not HTTP"
        raise failures.broken(attempt, words, remedies) from None
    except (OSError, httpx.HTTPError):
        if attempt.stage is Stage.PREPARING:
            raise failures.unusable_certificates() from None
        raise failures.broken(attempt, "broke the connection", remedies) from None


def _os_error(failure: BaseException | None) -> OSError | None:
    """Find the operating system's (or TLS') error below a library's."""
    while failure is not None and not isinstance(failure, OSError):
        failure = failure.__cause__ or failure.__context__
    return failure

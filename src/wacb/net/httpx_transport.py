"""The HTTP library: the only module that imports httpx, and where its failures become ours."""

from __future__ import annotations

import socket
import ssl
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from types import ModuleType
from typing import cast
from urllib.request import getproxies, proxy_bypass

from wacb import __version__
from wacb.errors import ConfigError
from wacb.net import failures
from wacb.net.message import Handler, Headers, Remedies, Response
from wacb.net.timeout import Connection, Stage, TimedRequest
from wacb.urls import Address, is_loopback, parse_address

# httpx loads click and rich for a command line of its own (encode/httpx#3547), and does without
# where that module cannot be imported: None in sys.modules is Python's way to say so.
_modules = cast("dict[str, ModuleType | None]", sys.modules)
_modules["httpx._main"] = None
try:
    import httpx
finally:
    del _modules["httpx._main"]


class HttpxTransport:
    """Open connections, send requests over them, and turn the library's failures into ours.

    A `handler` answers in place of the network. `remedies` are the hints of failures.
    """

    def __init__(self, *, handler: Handler | None, remedies: Remedies) -> None:
        self._handler = handler
        self._remedies = remedies
        self._trust: ssl.SSLContext | None = None

    def open(self, address: Address) -> HttpxConnection:
        """Make a connection to a host; CA certificates are loaded once, for https only."""
        if self._handler is not None:
            return HttpxConnection(_InProcess(self._handler))
        proxy = proxy_for(address)
        if address.scheme == "http":
            trust = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # trusts nobody, loads nothing
        else:
            trust = self._trust = self._trust or httpx.create_ssl_context()  # 45 to 70 ms
        transport = httpx.HTTPTransport(verify=trust, trust_env=False, proxy=proxy)
        return HttpxConnection(transport, parse_address(proxy).netloc if proxy else None)

    def build(
        self,
        timed: TimedRequest,
        method: str,
        url: str,
        address: Address,
        headers: Headers,
        body: bytes | None,
    ) -> httpx.Request:
        """Make a request whose path and query go out byte for byte."""
        if timed.seconds <= 0:
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
                "timeout": dict.fromkeys(("connect", "read", "write", "pool"), timed.seconds),
                "trace": timed.on_trace,
                "url": url,
            },
        )
        request.url = _ExactURL(address)
        return request

    def exchange(
        self,
        timed: TimedRequest,
        connection: HttpxConnection,
        request: httpx.Request,
        limit: int,
        truncate: bool,
    ) -> Response:
        """Send a request and read its response, at most `limit` bytes of it."""
        with closing(connection.transport.handle_request(request)) as answer:
            status, body = answer.status_code, bytearray()
            encoding = answer.headers.get("content-encoding", "").strip().lower()
            for chunk in answer.iter_raw():
                if encoding not in ("", "identity") and not truncate:
                    raise failures.unusable_answer(
                        timed, "compressed data, which was not requested", status
                    )
                body += chunk
                if len(body) > limit:
                    if truncate:
                        break
                    large = f"a response larger than {limit / 2**20:g} MiB"
                    raise failures.unusable_answer(timed, large, status)
        return Response(
            status=status, headers=dict(answer.headers.items()), body=bytes(body[:limit])
        )

    @contextmanager
    def translated(self, timed: TimedRequest) -> Iterator[None]:
        """Turn whatever the libraries raise into errors of ours; their words may quote a header."""
        try:
            yield
        except (UnicodeError, httpx.LocalProtocolError):
            raise failures.unusable_header(timed) from None
        except httpx.InvalidURL:
            raise failures.unusable_host(timed) from None
        except (TimeoutError, httpx.TimeoutException):
            raise failures.timed_out(timed) from None
        except (ConnectionRefusedError, socket.gaierror, httpx.ConnectError) as failure:
            raise failures.unreachable(timed, _os_error(failure), self._remedies) from None
        except httpx.ProxyError as failure:
            raise failures.refused_by_proxy(timed, str(failure)[:3]) from None
        except httpx.RemoteProtocolError:
            words = "closed the connection, or did not answer with HTTP"
            raise failures.interrupted_exchange(timed, words, self._remedies) from None
        except (OSError, httpx.HTTPError):
            if timed.stage is Stage.PREPARING:
                raise failures.unusable_certificates() from None
            raise failures.interrupted_exchange(
                timed, "closed the connection", self._remedies
            ) from None


class HttpxConnection(Connection):
    """One httpx transport, which holds at most one connection."""

    def __init__(self, transport: httpx.BaseTransport, proxy: str | None = None) -> None:
        super().__init__(proxy)
        self.transport = transport

    def close(self) -> None:
        self.transport.close()

    def shutdown(self) -> None:
        if self.socket is not None:
            with suppress(OSError):  # it is closed already
                # SSLSocket.shutdown would take the TLS state from under that thread
                socket.socket.shutdown(self.socket, socket.SHUT_RDWR)


class _InProcess(httpx.BaseTransport):
    """Hand requests to a function, and stream its responses as a network would."""

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


def _os_error(failure: BaseException | None) -> OSError | None:
    """Find the operating system's (or TLS') error below a library's."""
    while failure is not None and not isinstance(failure, OSError):
        failure = failure.__cause__ or failure.__context__
    return failure


def proxy_for(address: Address) -> str | None:
    """Return the URL of the proxy that the environment names; loopback hosts have none.

    Read are HTTPS_PROXY (or HTTP_PROXY), ALL_PROXY and NO_PROXY, in either case. Raises ConfigError
    for a proxy that is not http:// or https://.
    """
    named = getproxies()
    proxy = named.get(address.scheme) or named.get("all")
    if not proxy or is_loopback(address.host) or proxy_bypass(address.netloc):
        return None
    proxy = proxy if "://" in proxy else f"http://{proxy}"
    try:
        parse_address(proxy)
    except ConfigError as error:
        name = f"{address.scheme.upper()}_PROXY (or ALL_PROXY)"
        raise ConfigError(
            f"{name} is not a valid proxy URL",
            hint="set it to http://HOST:PORT or unset it; SOCKS is not supported",
        ) from error
    return proxy

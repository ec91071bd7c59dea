"""What a server can do wrong, by name: the table that FaultServer plays from.

Faults are grouped by what goes wrong. Those under "complete answers" are sound HTTP.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.fault_server import Peer

LIFETIME = 10.0  # seconds a connection may last
PAUSE = 0.02  # between two dripped bytes
MEGABYTE = 1024 * 1024

Act = Callable[["Peer"], object]  # what is done with one request; True keeps the connection


@dataclass(frozen=True)
class Fault:
    """`scheme` is the one a client is to use, `tls` whether the server speaks TLS itself."""

    act: Act
    scheme: str = "http"
    tls: bool = False
    backlog: str = "open"  # "refused": nobody listens; "full": nobody accepts


def answer(status: int, body: bytes = b"", *headers: str, reason: str = "Whatever") -> bytes:
    """Write a correct answer."""
    lines = [f"HTTP/1.1 {status} {reason}", *headers]
    if status != 204:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode() + body


def _reply(data: bytes | Callable[[], bytes], peer: Peer, *, keep: bool = False) -> bool:
    peer.read()
    peer.send(data if isinstance(data, bytes) else data())
    return keep


def broken(data: bytes | Callable[[], bytes]) -> Fault:
    """Answer with these bytes, then close."""
    return Fault(partial(_reply, data))


def complete(data: bytes) -> Fault:
    """Answer with these bytes, and wait for the next request."""
    return Fault(partial(_reply, data, keep=True))


def _reset_after_reading(peer: Peer) -> None:
    peer.read()
    peer.reset()


def _drip(head: bytes, tail: bytes, peer: Peer) -> None:
    peer.read()
    peer.send(head)
    peer.drip(tail)


def _endless_continue(peer: Peer) -> None:
    peer.read()
    for _ in range(int(LIFETIME / PAUSE)):
        peer.send(b"HTTP/1.1 100 Continue\r\n\r\n")
        peer.wait(PAUSE)


def _silent(peer: Peer) -> None:
    peer.read()
    peer.wait(LIFETIME)


def _stall(peer: Peer) -> None:
    peer.read()
    peer.send(answer(200, b"x" * 100)[:-50])
    peer.wait(LIFETIME)


def _huge_body(peer: Peer) -> None:
    peer.read()
    peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (50 * MEGABYTE))
    for _ in range(50):
        peer.send(bytes(MEGABYTE))


def _huge_stream(peer: Peer) -> None:
    peer.read()
    peer.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    for _ in range(50):
        peer.send(b"100000\r\n" + bytes(MEGABYTE) + b"\r\n")


def _plain_on_tls_port(peer: Peer) -> None:
    peer.expect_more()
    peer.send(answer(400, b"this is no TLS"))


def _slow_accept(peer: Peer) -> bool:
    peer.wait(0.1)
    return _reply(OK, peer, keep=True)


def _headers(count: int) -> bytes:
    lines = (b"X-%05d: %s\r\n" % (n, b"x" * 20) for n in range(count))
    return START + b"".join(lines) + b"Content-Length: 0\r\n\r\n"


def _encoded(encoding: str, body: bytes) -> bytes:
    return answer(200, body, f"Content-Encoding: {encoding}")


@cache
def _bomb() -> bytes:
    return _encoded("gzip", gzip.compress(bytes(50 * MEGABYTE), 1))


OK = answer(
    200, b'{"code": "RBC024", "message": "", "data": {"odd": [1]}, "error": {}, "status": 200}'
)
JSON = "Content-Type: application/json"
START = b"HTTP/1.1 200 OK\r\n"
CHUNKED = START + b"Transfer-Encoding: chunked\r\n\r\n"

FAULTS: dict[str, Fault] = {
    "ok": complete(OK),
    # connections
    "refused": Fault(lambda peer: None, backlog="refused"),
    "backlog full": Fault(lambda peer: None, backlog="full"),
    "slow accept": Fault(_slow_accept),
    "close before reading": Fault(lambda peer: None),
    "reset before reading": Fault(lambda peer: peer.reset()),
    "close after reading": Fault(lambda peer: peer.read()),
    "reset after reading": Fault(_reset_after_reading),
    "silent": Fault(_silent),
    "deaf": Fault(lambda peer: peer.wait(LIFETIME)),
    # TLS
    "self-signed": Fault(partial(_reply, OK, keep=True), scheme="https", tls=True),
    "plain on TLS port": Fault(_plain_on_tls_port, scheme="https"),
    "TLS on plain port": Fault(partial(_reply, OK), tls=True),
    "silent TLS": Fault(lambda peer: peer.wait(LIFETIME), scheme="https"),
    # time
    "drip status line": Fault(partial(_drip, b"", b"HTTP/1.1 200 " + b"O" * 999)),
    "drip headers": Fault(partial(_drip, START, b"X-Slow: " + b"y" * 999)),
    "drip body": Fault(partial(_drip, START + b"Content-Length: 999\r\n\r\n", b"x" * 999)),
    "endless 1xx": Fault(_endless_continue),
    "stall in body": Fault(_stall),
    # framing
    "truncated body": broken(answer(200, b"x" * 100)[:-50]),
    "truncated headers": broken(START + b"Content-Le"),
    "short content-length": broken(START + b"Content-Length: 2\r\n\r\n" + b'{"data": {}}'),
    "torn chunk": broken(CHUNKED + b"64\r\nabc"),
    "bad chunk size": broken(CHUNKED + b"xyz\r\nabc\r\n0\r\n\r\n"),
    "negative content-length": broken(START + b"Content-Length: -5\r\n\r\nhello"),
    "two content-lengths": broken(START + b"Content-Length: 2\r\nContent-Length: 5\r\n\r\nhello"),
    "garbage": broken(bytes(range(256)) * 4),
    "HTTP/0.9": broken(b"<html>hello</html>"),
    "no colon in header": broken(START + b"nonsense\r\n\r\n"),
    "NUL in header": broken(START + b"X-Nul: a\0b\r\nContent-Length: 0\r\n\r\n"),
    "huge header": broken(START + b"X-Huge: " + b"x" * 200_000 + b"\r\n\r\n"),
    "1000 headers": broken(_headers(1000)),
    "10000 headers": broken(_headers(10_000)),  # 300 KB
    "status 999": broken(answer(999)),
    "status 99": broken(answer(99)),
    "status 101": broken(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: chat\r\n\r\nhello"),
    # encodings and sizes
    "gzip": broken(_encoded("gzip", gzip.compress(b'{"data": {}}'))),
    "bad gzip": broken(_encoded("gzip", b"\x1f\x8bnonsense")),
    "gzip bomb": broken(_bomb),
    "deflate": broken(_encoded("deflate", zlib.compress(b'{"data": {}}'))),
    "unknown encoding": broken(_encoded("rot13", b'{"qngn": {}}')),
    "huge body": Fault(_huge_body),
    "huge stream": Fault(_huge_stream),
    # complete answers that are of no use
    "HTML": complete(
        answer(200, b"<!doctype html><title>Hello</title>", "Content-Type: text/html")
    ),
    "empty": complete(answer(200)),
    "204": complete(answer(204)),
    "bad UTF-8": complete(answer(200, b'{"data": {"title": "\xff\xfe"}}', JSON)),
    "deep JSON": complete(answer(200, b"[" * 100_000 + b"]" * 100_000, JSON)),
    "NaN": complete(answer(200, b'{"data": NaN, "status": Infinity}', JSON)),
    "JSON of another shape": complete(answer(200, b"[[1], null, true]", JSON)),
    "redirect loop": complete(answer(302, b"", "Location: /")),
    "redirect to another host": complete(answer(307, b"", "Location: https://example.invalid/")),
    "redirect to nonsense": complete(answer(301, b"", "Location: http://[:::/\x01")),
    "429 date": complete(answer(429, b"", "Retry-After: Wed, 21 Oct 2015 07:28:00 GMT")),
    "429 seconds": complete(answer(429, b"", "Retry-After: 1")),
    "429 nonsense": complete(answer(429, b"", "Retry-After: soon")),
    "500": complete(answer(500, b"oops")),
    "502": complete(answer(502, b"<html>bad gateway</html>", "Content-Type: text/html")),
    "503": complete(answer(503)),
    "cookies": complete(answer(200, b"{}", "Set-Cookie: a=b; Path=/", "Set-Cookie: c=d")),
}
# what only a client's own clock brings to an end
SLOW = {"backlog full", "silent", "deaf", "silent TLS", "endless 1xx", "stall in body"} | {
    name for name in FAULTS if name.startswith("drip ")
}

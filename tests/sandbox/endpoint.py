"""An endpoint of a user's, which keeps every request as the bytes it came in."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import cast


@dataclass(frozen=True, slots=True)
class Arrived:
    """One request; names of headers in lower case."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Endpoint:
    """Where the requests are kept. `statuses` are answered in turn, then 200; 0 is no answer."""

    port: int = 0
    arrived: list[Arrived] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"


class _Handler(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        endpoint = cast(_Server, self.server).endpoint
        method, target, _ = self.rfile.readline().decode("ascii").split(" ")
        lines = iter(lambda: self.rfile.readline().decode("latin-1").rstrip("\r\n"), "")
        pairs = (line.split(": ", 1) for line in lines)
        headers = {name.lower(): value for name, value in pairs}
        body = self.rfile.read(int(headers.get("content-length", "0")))
        endpoint.arrived.append(Arrived(method, target, headers, body))
        status = endpoint.statuses.pop(0) if endpoint.statuses else 200
        if status:
            head = f"HTTP/1.1 {status} Said\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
            self.wfile.write(head.encode())


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    endpoint: Endpoint


@contextmanager
def listening() -> Iterator[Endpoint]:
    """Serve an endpoint on a free port of 127.0.0.1."""
    endpoint = Endpoint()
    with _Server(("127.0.0.1", 0), _Handler) as server:
        server.endpoint = endpoint
        endpoint.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield endpoint
        finally:
            server.shutdown()
            thread.join()

"""A server on 127.0.0.1 that misbehaves by name, on raw sockets, and remembers what it was sent.

    with FaultServer("503", "torn chunk", answer(200, b"{}")) as server:
        ...  # server.url, server.requests, server.connections

Each request takes the next entry of the script, the last one for ever. Whatever a server does ends
within LIFETIME, and at once when the `with` block is left. The names are in faults.py.
"""

from __future__ import annotations

import shutil
import socket
import ssl
import struct
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import chain, repeat
from pathlib import Path

import pytest

from tests.faults import FAULTS, LIFETIME, PAUSE, Act, Fault, answer, complete

__all__ = ["FAULTS", "Act", "FaultServer", "Peer", "answer", "make_certificate"]


class Peer:
    """The server's side of one connection."""

    def __init__(self, server: FaultServer, connection: socket.socket) -> None:
        self.server = server
        self.socket = connection
        self._ahead = b""
        connection.settimeout(LIFETIME)

    def read(self) -> bytes:
        """Receive and record one request: head, and body as long as Content-Length says."""
        raw, self._ahead = self._ahead, b""
        while b"\r\n\r\n" not in raw:
            raw += self._receive()
        head, _, body = raw.partition(b"\r\n\r\n")
        length = 0
        for line in head.lower().split(b"\r\n"):
            if line.startswith(b"content-length:"):
                length = int(line.partition(b":")[2])
        while len(body) < length:
            chunk = self._receive()
            raw, body = raw + chunk, body + chunk
        self.server.requests.append(raw)
        return raw

    def _receive(self) -> bytes:
        chunk = self.socket.recv(65536)
        if not chunk:
            raise ConnectionError("the client has gone")
        return chunk

    def expect_more(self) -> None:
        """Wait for the begin of another request."""
        self._ahead = self._receive()

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def drip(self, data: bytes) -> None:
        """Send byte by byte, for as long as a connection may last."""
        for byte in data[: int(LIFETIME / PAUSE)]:
            self.send(bytes((byte,)))
            self.wait(PAUSE)

    def wait(self, seconds: float) -> None:
        """Wait, but no longer than there is a server."""
        if self.server.stopped.wait(seconds):
            raise ConnectionError("the server stops")

    def reset(self) -> None:
        """Close with a RST."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    def start_tls(self) -> None:
        assert self.server.tls is not None, "this needs a certificate"
        self.socket = self.server.tls.wrap_socket(self.socket, server_side=True)


class FaultServer:
    """Serve a script of names out of FAULTS, complete answers (bytes) and functions.

    `requests` are the raw requests in the order of their arrival, `connections` counts those
    accepted. The first entry decides on the scheme, TLS and whether anyone listens; what speaks TLS
    needs a `certificate`, a file from `make_certificate`.
    """

    def __init__(self, *script: str | bytes | Act, certificate: Path | None = None) -> None:
        self.requests: list[bytes] = []
        self.connections = 0
        self.stopped = threading.Event()
        self.tls: ssl.SSLContext | None = None
        if certificate is not None:
            self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.tls.load_cert_chain(certificate)
        self._script = [_fault(entry) for entry in script or ("ok",)]
        self._first = self._script[0]
        self._turns: Iterator[Fault] = chain(self._script, repeat(self._script[-1]))
        self._lock = threading.Lock()
        self._peers: list[Peer] = []
        self._threads: list[threading.Thread] = []
        self._crowd: list[socket.socket] = []
        self._listener = socket.socket()
        self._listener.bind(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.url = f"{self._first.scheme}://127.0.0.1:{self.port}"

    def __enter__(self) -> FaultServer:
        if self._first.backlog == "full":
            self._listener.listen(0)
            for _ in range(4):
                self._crowd.append(socket.socket())
                self._crowd[-1].setblocking(False)
                self._crowd[-1].connect_ex(("127.0.0.1", self.port))
        elif self._first.backlog == "open":
            self._listener.listen(64)
            self._start(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        self.stopped.set()
        if self._first.backlog == "open":
            with suppress(OSError):
                socket.create_connection(("127.0.0.1", self.port), LIFETIME).close()
        with self._lock:
            peers = list(self._peers)
        for peer in peers:
            with suppress(OSError):
                socket.socket.shutdown(peer.socket, socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(LIFETIME)
        for open_socket in (*self._crowd, self._listener):
            open_socket.close()

    def _start(self, target: Callable[..., None], *args: object) -> None:
        thread = threading.Thread(target=target, args=args, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            connection, _ = self._listener.accept()
            if self.stopped.is_set():
                connection.close()
                return
            peer = Peer(self, connection)
            with self._lock:
                self.connections += 1
                self._peers.append(peer)
            self._start(self._serve, peer)

    def _serve(self, peer: Peer) -> None:
        with suppress(OSError):
            if self._first.tls:
                peer.start_tls()
            while self._next().act(peer) is True:
                peer.expect_more()
        peer.socket.close()

    def _next(self) -> Fault:
        with self._lock:
            return next(self._turns)


def _fault(entry: str | bytes | Act) -> Fault:
    if isinstance(entry, str):
        return FAULTS[entry]
    return complete(entry) if isinstance(entry, bytes) else Fault(entry)


def make_certificate(folder: Path) -> Path:
    """Write a key and its self-signed certificate for 127.0.0.1 and api.example.test.

    Skips the test where the openssl program is missing.
    """
    if not shutil.which("openssl"):
        pytest.skip("openssl, which makes the certificate, is not installed")
    path = folder / "self-signed.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-nodes", "-days", "2", "-subj", "/CN=wacb test"),
            *("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"),
            *("-addext", "subjectAltName=IP:127.0.0.1,DNS:api.example.test"),
            *("-keyout", str(path), "-out", str(path.with_suffix(".crt"))),
        ],
        check=True,
        capture_output=True,
    )
    with path.open("a") as file:
        file.write(path.with_suffix(".crt").read_text())
    return path

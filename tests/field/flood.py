"""The two servers as processes, what they take of the machine, and floods against them."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

WACB = (sys.executable, "-m", "wacb")
LISTEN = ("callback", "listen", "--port", "0")
SERVE = ("sandbox", "serve")
LIMIT = "ulimit -n {}; exec "  # descriptors, for one process


@dataclass
class Door:
    """A server that runs: what it printed first, and how much it takes."""

    process: subprocess.Popen[bytes]
    ready: dict[str, str]
    log: Path

    @property
    def address(self) -> tuple[str, int]:
        url = urlsplit(self.ready["url"])
        assert url.hostname and url.port
        return url.hostname, url.port

    @property
    def peak(self) -> float:
        """The most memory that it had at any time, in MiB."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        [line] = [line for line in status.splitlines() if line.startswith("VmHWM")]
        return int(line.split()[1]) / 1024

    @property
    def open_files(self) -> int:
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))  # noqa: PTH208

    @property
    def notes(self) -> list[str]:
        """What it printed on stderr."""
        return self.log.read_text().splitlines()

    def connect(self) -> socket.socket:
        return socket.create_connection(self.address, timeout=20)

    def send(self, request: bytes) -> int:
        """Send one request and return the status of its answer."""
        return send_to(self.address, request)


def send_to(address: tuple[str, int], request: bytes) -> int:
    with socket.create_connection(address, timeout=20) as connection:
        connection.sendall(request)
        return int(connection.recv(65536).split(b" ", 2)[1])


def request(target: str = "/?body=hi", *head: str, body: bytes = b"", method: str = "") -> bytes:
    """One request, whole and by itself."""
    lines = [f"{method or ('POST' if body else 'GET')} {target} HTTP/1.1", *head]
    if not any(line.lower().startswith("host:") for line in head):
        lines.append("Host: localhost")
    if body:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join((*lines, "Connection: close", "", "")).encode() + body


@contextmanager
def opened(
    folder: Path, line: Sequence[str], *, files: int = 1024, out: int = subprocess.PIPE
) -> Iterator[Door]:
    """Run a server with as many descriptors as a shell usually has."""
    log = folder / "stderr"
    env = {"HOME": str(folder), "PATH": os.environ["PATH"]}
    script = LIMIT.format(files) + '"$@"'
    with log.open("wb") as errors:
        process = subprocess.Popen(
            ["sh", "-c", script, "sh", *WACB, *line], env=env, stdout=out, stderr=errors
        )
    assert process.stdout
    try:
        yield Door(process, json.loads(process.stdout.readline()), log)
    finally:
        process.kill()
        process.communicate()


def half_open(door: Door, count: int, halves: Sequence[bytes], stack: ExitStack) -> None:
    """Open connections that send a part of a request and then nothing."""
    for number in range(count):
        connection = stack.enter_context(door.connect())
        with suppress(ConnectionError):  # dropped already
            connection.sendall(halves[number % len(halves)])


def wait_for_end(process: subprocess.Popen[bytes], seconds: float) -> int:
    began = time.monotonic()
    code = process.wait(seconds)
    assert time.monotonic() - began < seconds
    return code

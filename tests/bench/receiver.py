"""Deliver 100 000 callbacks to `wacb callback listen`: is each one recorded once, how fast, memory.

Run by hand: `python tests/bench/receiver.py [COUNT]`. What to look for: every id exactly once, as
much memory at the end as after the first tenth, and at least 0.4 of the rate of an application
that only answers `ok`, on the same server and in the same run.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from wacb.callbacks.samples import TYPES, sample

LISTEN = [sys.executable, "-m", "wacb", "callback", "listen", "--port", "0"]
BARE = """
import socket, uvicorn

async def app(scope, receive, send):
    while (await receive())["more_body"]:
        pass
    headers = [(b"content-type", b"text/plain"), (b"content-length", b"2")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"ok"})

with socket.socket(proto=socket.IPPROTO_TCP) as listener:
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    print('{"url": "http://127.0.0.1:%d"}' % listener.getsockname()[1], flush=True)
    config = uvicorn.Config(
        app, http="h11", loop="asyncio", ws="none", lifespan="off", log_level="critical",
        access_log=False, proxy_headers=False, server_header=False,
        h11_max_incomplete_event_size=1024 * 1024,
    )
    uvicorn.Server(config).run(sockets=[listener])
"""
LANES = 4
BLOCKS = 10
ID = b"id-000000"  # as long as every id, so that each request is made by one replacement


def requests() -> list[bytes]:
    """A POST and a GET of every type of message, with ID as text; the hostile one in ten rounds."""
    made = []
    for kind in [kind for kind in TYPES if kind != "hostile"] * 10 + ["hostile"]:
        fields = sample(kind, number="+15550100001", sender="+15550123456", now=1.8e9, seed=1)
        fields["body"] = ID.decode()
        body, query = json.dumps(fields).encode(), urlencode(fields)
        head = f"Host: x\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        made.append(b"POST /hook HTTP/1.1\r\n" + head.encode() + body)
        made.append(f"GET /hook?{query} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    return made


REQUESTS = requests()


def deliver(port: int, lane: int, first: int, end: int) -> None:
    """Send every LANES-th callback of a range over one connection; each must be answered 200."""
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for n in range(first + lane, end, LANES):
            connection.sendall(REQUESTS[n // LANES % len(REQUESTS)].replace(ID, b"id-%06d" % n))
            answer = b""
            while not answer.endswith(b"ok" if b"length: 2" in answer else b"\r\n\r\n"):
                answer += connection.recv(4096) or sys.exit("the connection was closed")
            assert answer.startswith(b"HTTP/1.1 200 ")


def seconds_for(port: int, first: int, end: int) -> float:
    """Send a range of callbacks in all lanes at once; return how long that took."""
    began = time.monotonic()
    with ThreadPoolExecutor(LANES) as pool:
        sent = [pool.submit(deliver, port, lane, first, end) for lane in range(LANES)]
    for each in sent:
        each.result()
    return time.monotonic() - began


def mebibytes(pid: int) -> float:
    """Return the memory that a process occupies now."""
    shown = subprocess.run(["ps", "-o", "rss=", "-p", str(pid)], capture_output=True, check=True)
    return int(shown.stdout) / 1024


class Server:
    """A server in a process of its own, the time it took, and its memory by and by."""

    def __init__(self, command: list[str], out: Path) -> None:
        self.out, self.seconds, self.memory = out, 0.0, list[float]()
        env = {"HOME": str(out.parent), "PATH": os.environ["PATH"]}
        with out.open("wb") as stdout:
            self.process = subprocess.Popen(command, stdout=stdout, env=env)
        while not (line := out.read_text().partition("\n")[0]):
            time.sleep(0.05)
        self.port = urlsplit(json.loads(line)["url"]).port or 0

    def take(self, first: int, end: int) -> None:
        """Deliver a range of callbacks to it."""
        self.seconds += seconds_for(self.port, first, end)
        self.memory.append(mebibytes(self.process.pid))

    def end(self) -> None:
        """Let it write its last line."""
        self.process.terminate()
        self.process.wait()


def check(out: Path, count: int) -> None:
    """Check that every callback stands in the output once, whole, in the order of n."""
    ids: Counter[str] = Counter()
    with out.open(encoding="utf-8") as lines:
        next(lines)
        for expected, line in enumerate(lines, 1):
            record = json.loads(line)
            if record["event"] == "done":
                assert record == {"event": "done", "count": count, "ok": True}
                break
            assert (record["n"], record["kind"], len(record["present"])) == (
                expected,
                "message",
                14,
            )
            ids[record["fields"]["body"]] += 1
    assert ids == Counter(f"id-{n:06}" for n in range(count))


def main() -> None:
    """Deliver to all servers in turns, so that a slow moment meets them all; print the figures."""
    count = int(sys.argv[1]) if sys.argv[1:] else 100_000
    with tempfile.TemporaryDirectory() as folder:
        servers = {
            name: Server(command, Path(folder, name))
            for name, command in (
                ("bare", [sys.executable, "-c", BARE]),
                ("listen", LISTEN),
                ("listen --inspect", [*LISTEN, "--inspect"]),
            )
        }
        for block in range(BLOCKS):
            for server in servers.values():
                server.take(block * count // BLOCKS, (block + 1) * count // BLOCKS)
        print("server            per second  of bare  MiB after a tenth  MiB at the end")
        for name, server in servers.items():
            server.end()
            if name != "bare":
                check(server.out, count)
            print(
                f"{name:16}  {count / server.seconds:10.0f}"
                f"  {servers['bare'].seconds / server.seconds:7.2f}"
                f"  {server.memory[0]:17.1f}  {server.memory[-1]:14.1f}"
            )
        print(f"each of {count} callbacks was recorded once")


if __name__ == "__main__":
    main()

"""Callbacks over real sockets: what is taken in, what is turned away, how it ends."""

from __future__ import annotations

import http.client
import json
import signal
import socket
import subprocess
import sys
import threading
import time
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import pytest

from wacb.callbacks.decode import Request
from wacb.callbacks.inspector import app as page_of
from wacb.callbacks.receiver import MAX_BODY, End, Receiver
from wacb.callbacks.recorder import RecentCallbacks
from wacb.callbacks.relay import Background
from wacb.errors import WacbError

OK = (200, b"")
NO_HTTP = "rejected a malformed request, such as one with a space in its URL (400)"


@dataclass
class Running:
    """A receiver in a thread: its addresses, and what it took in or refused."""

    taken: list[Request] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    ended: list[End | BaseException] = field(default_factory=list)
    url: str = ""
    page: str | None = None
    receiver: Receiver | None = None

    def stop(self) -> None:
        assert self.receiver
        self.receiver.stop()

    def connect(self) -> socket.socket:
        address = urlsplit(self.url)
        assert address.hostname and address.port
        return socket.create_connection((address.hostname, address.port), timeout=10)

    def send(self, method: str, target: str, body: Any = None, **headers: str) -> tuple[int, bytes]:
        with closing(http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=10)) as client:
            client.request(method, target, body, headers)
            answer = client.getresponse()
            return answer.status, answer.read()


@contextmanager
def receiving(
    take: Callable[[Request], None] | None = None, *, wait: float | None = None, **how: Any
) -> Iterator[Running]:
    running, ready = Running(), threading.Event()
    running.receiver = Receiver(
        take or running.taken.append, on_refused=running.refused.append, **how
    )

    def on_ready(url: str, page: str | None) -> None:
        running.url, running.page = url, page
        ready.set()

    def run() -> None:
        assert running.receiver
        try:
            running.ended.append(running.receiver.run(on_ready, wait=wait))
        except (WacbError, ZeroDivisionError) as error:
            running.ended.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        assert ready.wait(10)
        yield running
    finally:
        running.receiver.stop()
        thread.join(10)
        assert not thread.is_alive()


@pytest.fixture(scope="module")
def shared() -> Iterator[Running]:
    with receiving(drain=4 * MAX_BODY) as running:
        yield running


@pytest.fixture
def running(shared: Running) -> Running:
    shared.taken.clear()
    shared.refused.clear()
    return shared


def receive_all(connection: socket.socket) -> bytes:
    received = b""
    while chunk := connection.recv(65536):
        received += chunk
    return received


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "HEAD"])
def test_a_callback_is_taken_as_it_came(running: Running, method: str) -> None:
    body = b"" if method in ("GET", "HEAD") else b'{"body": "hi"}'
    assert running.send(method, "/a%20b?body=%3C&x", body, **{"X-Team": "7"}) == OK
    (request,) = running.taken
    assert request[:3] == (method, "/a%20b", "body=%3C&x")
    assert (request.headers["x-team"], request.body) == ("7", body)
    assert running.refused == []


def test_a_header_that_comes_twice_is_joined(running: Running) -> None:
    with running.connect() as connection:
        connection.sendall(
            b"GET / HTTP/1.1\r\nHost: x\r\nX-A: 1\r\nX-A: 2\r\nConnection: close\r\n\r\n"
        )
        assert receive_all(connection).startswith(b"HTTP/1.1 200 ")
    assert running.taken[0].headers["x-a"] == "1, 2"


def test_a_chunked_body_is_whole(running: Running) -> None:
    def chunks() -> Iterator[bytes]:
        yield b'{"body":'
        yield b' "hi"}'

    assert running.send("POST", "/", chunks()) == OK
    assert running.taken[0].body == b'{"body": "hi"}'


def test_a_long_message_fits_into_a_url(running: Running) -> None:
    query = "body=" + "%F0%9F%91%8D" * 2 * 4096
    assert running.send("GET", f"/?{query}") == OK
    assert running.taken[0].query == query


@pytest.mark.parametrize(
    "size", [MAX_BODY + 1, 3 * MAX_BODY, 100_000_000], ids=["a byte too long", "drained", "100 MB"]
)
def test_a_long_body_is_refused_and_the_next_callback_served(size: int) -> None:
    with receiving() as running:
        with running.connect() as connection:
            connection.sendall(f"POST /x?y HTTP/1.1\r\nHost: x\r\nContent-Length: {size}".encode())
            connection.sendall(b"\r\n\r\n" + bytes(size))
            answer = receive_all(connection)
        assert answer.startswith(b"HTTP/1.1 413 ")
        assert running.send("POST", "/", b"{}") == OK
    assert [request.body for request in running.taken] == [b"{}"]
    assert running.refused == ["rejected POST /x: body larger than 1 MiB (413)"]


def test_a_body_without_end_is_given_up(running: Running) -> None:
    with running.connect() as connection:
        connection.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 900000000\r\n\r\n")
        connection.sendall(bytes(4 * MAX_BODY + 1))
        assert connection.recv(65536).startswith(b"HTTP/1.1 413 ")
    assert running.send("GET", "/") == OK


def test_the_longest_body_is_taken(running: Running) -> None:
    assert running.send("POST", "/", bytes(MAX_BODY)) == OK
    assert len(running.taken[0].body) == MAX_BODY


def test_a_client_that_leaves_in_the_middle_sent_nothing(running: Running) -> None:
    with running.connect() as connection:
        connection.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
    assert running.send("GET", "/last") == OK
    assert [request.path for request in running.taken] == ["/last"]


@pytest.mark.parametrize(
    "data",
    [
        b"GET /?body=Hello there HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET /?body=für HTTP/1.1\r\nHost: x\r\n\r\n".encode(),
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: many\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nno\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
    ],
    ids=["space", "not ASCII", "length", "chunk", "TLS"],
)
def test_what_is_no_http_is_refused_in_words(running: Running, data: bytes) -> None:
    with running.connect() as connection:
        connection.sendall(data)
        assert receive_all(connection).startswith(b"HTTP/1.1 400 ")
    assert running.send("GET", "/") == OK
    assert running.refused == [NO_HTTP]


def test_a_flood_of_headers_is_cut_off(running: Running) -> None:
    with running.connect() as connection, suppress(ConnectionError):  # some of it is not read
        connection.sendall(b"GET / HTTP/1.1\r\n" + b"X-Flood: 1\r\n" * 100_000)
        receive_all(connection)
    assert running.send("GET", "/") == OK
    assert running.refused == [NO_HTTP]


def test_many_headers_of_one_name_take_no_time(running: Running) -> None:
    began = time.monotonic()
    with running.connect() as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n")
        connection.sendall(b"X-Flood: 1\r\n" * 20_000 + b"\r\n")
        assert receive_all(connection).startswith(b"HTTP/1.1 200 ")
    assert time.monotonic() - began < 5


@pytest.mark.parametrize("method", ["PATCH", "OPTIONS", "TRACE"])
def test_another_method_is_refused(running: Running, method: str) -> None:
    assert running.send(method, "/hook?a") == (405, b"not allowed")
    assert running.taken == []
    assert running.refused == [f"rejected {method} /hook: method not allowed (405)"]


def basic(pair: str, scheme: str = "Basic") -> str:
    return f"{scheme} {b64encode(pair.encode()).decode()}"


@pytest.mark.parametrize(
    ("header", "status"),
    [
        ({"Authorization": basic("me:päss")}, 200),
        ({"Authorization": basic("me:päss", "bASIC") + " "}, 200),
        ({"Authorization": basic("me:wrong")}, 401),
        ({"Authorization": basic("me:päss", "Bearer")}, 401),
        ({"Authorization": "é"}, 401),
        ({}, 401),
    ],
    ids=["right", "in other letters", "wrong", "another scheme", "not ASCII", "none"],
)
def test_basic_auth(header: dict[str, str], status: int) -> None:
    with receiving(authorization=basic("me:päss")) as running:
        assert running.send("POST", "/hook?k=v", b"{}", **header)[0] == status
        assert running.send("GET", "/last", Authorization=basic("me:päss")) == OK
    refusal = "rejected POST /hook: user or password missing or wrong (401)"
    refused = status != 200
    assert [request.path for request in running.taken] == ["/hook"] * (not refused) + ["/last"]
    assert running.refused == [refusal] * refused


def test_an_answer_waits_for_no_acknowledgement(running: Running) -> None:
    """With Nagle's algorithm on, all of these but the first few take 40 ms."""
    took = []
    with closing(http.client.HTTPConnection(urlsplit(running.url).netloc, timeout=10)) as client:
        for _ in range(100):
            began = time.monotonic()
            client.request("POST", "/", b"{}")
            assert client.getresponse().read() == b""
            took.append(time.monotonic() - began)
    assert len(running.taken) == 100
    assert min(took[50:]) < 0.03  # of the others, a busy machine may keep any


HALVES = (b"", b"GET / HT", b"POST / HTTP/1.1\r\nContent-Le")


def test_half_open_connections_stop_nobody() -> None:
    with receiving() as running, ExitStack() as stack:
        for half in HALVES * 130:
            stack.enter_context(running.connect()).sendall(half)
        assert running.send("GET", "/") == OK
    assert len(running.taken) == 1


def test_half_open_connections_are_dropped() -> None:
    with receiving(patience=0.1) as running, ExitStack() as stack:
        connections = [stack.enter_context(running.connect()) for _ in HALVES]
        for half, connection in zip(HALVES, connections, strict=True):
            with suppress(ConnectionError):  # a slow sender's is gone already
                connection.sendall(half)
        for connection in connections:
            with suppress(ConnectionError):  # what it sent was not read
                assert connection.recv(1) == b""


def test_what_the_callback_raises_ends_the_receiver_and_is_no_200() -> None:
    def take(request: Request) -> None:
        raise ZeroDivisionError(request.path)

    with receiving(take) as running:
        assert running.send("POST", "/", b"{}")[0] == 500
    assert [repr(error) for error in running.ended] == ["ZeroDivisionError('/')"]


def test_it_ends_after_a_time() -> None:
    with receiving(wait=0.01) as running:
        for _ in range(500):
            if running.ended:
                break
            time.sleep(0.01)
    assert running.ended == ["late"]


def test_what_comes_after_the_end_is_turned_away() -> None:
    def take(request: Request) -> None:
        taken.append(request.path)
        only.stop()

    taken: list[str] = []
    with receiving(take) as only, only.connect() as first, only.connect() as second:
        second.sendall(b"POST /2 HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n")
        first.sendall(b"POST /1 HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}")
        assert first.recv(65536).startswith(b"HTTP/1.1 200 ")
        second.sendall(b"{}")
        assert receive_all(second).startswith(b"HTTP/1.1 503 ")
    assert (taken, only.ended) == (["/1"], ["stopped"])


def test_the_page_has_a_port_of_its_own() -> None:
    recent = RecentCallbacks(10)
    recent.add({"n": 5})
    with receiving(page=page_of(recent, Background(timeout=1))) as running:
        assert running.page and running.page != running.url
        assert running.send("GET", "/callbacks?after=0") == OK
        page = Running(url=running.page)
        assert page.send("GET", "/callbacks?after=0") == (200, b'[{"n": 5}]')
    assert [request.path for request in running.taken] == ["/callbacks"]


RUN = """
import json
from wacb.callbacks.receiver import Receiver

receiver = Receiver(lambda request: None)
print(receiver.run(lambda url, page: print(json.dumps(url), flush=True)))
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda n: n.name)
def test_a_signal_interrupts_it(number: signal.Signals) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", RUN], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout
    assert json.loads(process.stdout.readline()).startswith("http://127.0.0.1:")
    process.send_signal(number)
    assert process.communicate(timeout=10) == (b"interrupted\n", b"")
    assert process.returncode == 0


def test_signal_handlers_are_put_back() -> None:
    handlers = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    receiver = Receiver(lambda request: None)
    assert receiver.run(lambda url, page: receiver.stop()) == "stopped"
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == handlers

"""What only the HTTP shell does: ports, signals, connections that break or wait."""

from __future__ import annotations

import http.client
import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass

import pytest

from tests.sandbox.shells import (
    NUMBERS,
    ONE,
    PROFILES,
    make_profile,
    make_sandbox,
    sends_over_http,
    serving,
)
from wacb.errors import WacbError
from wacb.sandbox.account import API_KEY
from wacb.sandbox.emulator import MAX_BODY, Sandbox
from wacb.sandbox.server import Server

ENOUGH = 8 * MAX_BODY + 1  # of a refused body; more is not read
SERVE = """
from wacb.sandbox.emulator import (Sandbox, Store)
from wacb.sandbox.server import Server

store = Store(":memory:")
Server(Sandbox(store)).run(lambda url: print(url, flush=True))
store.close()
print("ended")
"""


@contextmanager
def connected(address: str) -> Iterator[socket.socket]:
    host, port = address.split(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        yield connection


def head(method: str = "GET", *more: str) -> bytes:
    lines = (f"{method} {PROFILES} HTTP/1.1", "Host: localhost", f"api-key: {API_KEY}", *more)
    return "\r\n".join((*lines, "", "")).encode()


def receive_all(connection: socket.socket) -> bytes:
    received = b""
    while chunk := connection.recv(65536):
        received += chunk
    return received


@dataclass
class Served:
    """An emulator and where it listens."""

    sandbox: Sandbox
    address: str

    @property
    def statuses(self) -> list[int]:
        return [entry.status for entry in self.sandbox.requests()]


@pytest.fixture(scope="module")
def shared() -> Iterator[Served]:
    sandbox = make_sandbox()
    with serving(sandbox, slow=60, drip=0.003) as address:
        yield Served(sandbox, address)


@pytest.fixture
def served(shared: Served) -> Served:
    shared.sandbox.reset()
    return shared


def wait_until(holds: Callable[[], bool]) -> None:
    for _ in range(2000):
        if holds():
            return
        time.sleep(0.01)
    raise AssertionError("it never came true")


def test_port_0_takes_a_free_loopback_port_and_tells_it_once_it_accepts() -> None:
    server = Server(make_sandbox())
    urls: list[str] = []

    def ready(url: str) -> None:
        urls.append(url)
        with connected(url.removeprefix("http://")):
            server.stop()

    server.run(ready)
    assert [url.rpartition(":")[0] for url in urls] == ["http://127.0.0.1"]
    with pytest.raises(ConnectionRefusedError), connected(urls[0].removeprefix("http://")):
        pass


def test_a_port_in_use_is_the_callers_error() -> None:
    with serving(make_sandbox()) as address:
        port = int(address.partition(":")[2])
        with pytest.raises(WacbError, match="in use"):
            Server(make_sandbox(), port=port).run(print)
        assert sends_over_http(address)("GET", PROFILES, {}, b"").status == 401


def test_a_port_is_free_again_at_once() -> None:
    with serving(make_sandbox()) as address:
        assert sends_over_http(address)("GET", PROFILES, {}, b"").status == 401
    with serving(make_sandbox(), port=int(address.partition(":")[2])) as again:
        assert again == address


def test_an_error_of_the_caller_ends_the_server() -> None:
    def broken_pipe(url: str) -> None:
        raise BrokenPipeError(url)

    with pytest.raises(BrokenPipeError):
        Server(make_sandbox()).run(broken_pipe)


def test_a_server_that_was_stopped_before_it_ran_ends() -> None:
    server = Server(make_sandbox())
    server.stop()
    server.run(pytest.fail)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_server_and_the_handlers_come_back(number: int) -> None:
    before = signal.getsignal(number)
    Server(make_sandbox()).run(lambda url: signal.raise_signal(number))
    assert signal.getsignal(number) is before


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_process_that_serves_ends_cleanly_by_a_signal(number: int) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", SERVE], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        with connected(url.removeprefix("http://")) as connection:
            connection.sendall(head())
            assert connection.recv(100).startswith(b"HTTP/1.1 200 OK")
            process.send_signal(number)
            out, err = process.communicate(timeout=10)
    assert (process.returncode, out, err) == (0, "ended\n", "")


def test_a_reset_is_one_on_the_wire(served: Served) -> None:
    served.sandbox.add_fault("reset")
    with connected(served.address) as connection:
        connection.sendall(head())
        with pytest.raises(ConnectionResetError):
            connection.recv(1)


def test_a_truncated_body_is_shorter_than_announced(served: Served) -> None:
    served.sandbox.add_fault("truncate")
    with connected(served.address) as connection:
        connection.sendall(head())
        names, _, body = receive_all(connection).partition(b"\r\n\r\n")
    [length] = [
        int(line.partition(b":")[2])
        for line in names.split(b"\r\n")
        if line.lower().startswith(b"content-length")
    ]
    assert len(body) == length // 2


def test_a_dripped_body_arrives_in_pieces_and_the_connection_lives_on(served: Served) -> None:
    served.sandbox.add_fault("drip")
    with connected(served.address) as connection:
        connection.sendall(head())
        pieces = [connection.recv(65536)]
        while not pieces[-1].endswith(b"}") or b'"status": 200}' not in b"".join(pieces):
            pieces.append(connection.recv(65536))
        connection.sendall(head())
        assert connection.recv(65536).startswith(b"HTTP/1.1 200 OK")
    assert len(pieces) > 3


@pytest.mark.parametrize(
    ("fault", "made"), [("slow", 0), ("slow,after", 1)], ids=["before it", "after it"]
)
def test_a_client_that_gives_up_undoes_nothing_that_was_done(
    served: Served, fault: str, made: int
) -> None:
    served.sandbox.add_fault(fault)
    body = json.dumps(make_profile()).encode()
    kind = "Content-Type: application/json"
    with connected(served.address) as connection:
        connection.sendall(head("POST", kind, f"Content-Length: {len(body)}") + body)
        wait_until(lambda: served.statuses == [0])
    answer = sends_over_http(served.address)("GET", PROFILES, {"api-key": API_KEY}, b"")
    assert answer.data["total"] == made
    assert served.statuses == [0, 200]


def test_a_client_that_leaves_in_the_middle_of_its_body_asked_nothing(served: Served) -> None:
    with connected(served.address) as connection:
        connection.sendall(head("POST", "Content-Length: 100") + b"{")
    assert sends_over_http(served.address)("GET", PROFILES, {}, b"").status == 401
    assert served.statuses == [401]


@pytest.mark.parametrize(
    ("announced", "sent"),
    [(MAX_BODY + 1, MAX_BODY + 1), (3 * MAX_BODY, 3 * MAX_BODY), (40 * MAX_BODY, ENOUGH)],
    ids=["a byte too long", "drained", "given up"],
)
def test_a_long_body_is_refused_in_words(served: Served, announced: int, sent: int) -> None:
    with connected(served.address) as connection:
        connection.sendall(head("POST", f"Content-Length: {announced}"))
        connection.sendall(b"x" * sent)
        answer = connection.recv(65536)
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"connection: close\r\n" in answer
    assert served.statuses == [413]


def test_a_fault_meets_a_body_that_is_still_on_its_way(served: Served) -> None:
    served.sandbox.add_fault("slow")
    with connected(served.address) as connection:
        connection.sendall(head("POST", f"Content-Length: {40 * MAX_BODY}"))
        connection.sendall(b"x" * ENOUGH)
        wait_until(lambda: served.statuses == [0])
        connection.sendall(b"x" * MAX_BODY)
    assert sends_over_http(served.address)("GET", PROFILES, {}, b"").status == 401
    assert served.statuses == [0, 401]


def test_two_keys_are_none(served: Served) -> None:
    with connected(served.address) as connection:
        connection.sendall(head("GET", f"api-key: {API_KEY}", "Connection: close"))
        assert receive_all(connection).startswith(b"HTTP/1.1 401 ")


def test_an_answer_waits_for_no_acknowledgement(served: Served) -> None:
    """With Nagle's algorithm on, all of these but the first few take 40 ms."""
    body = json.dumps({"phone_number": ONE, "callback_profile_id": ""})
    headers = {"api-key": API_KEY, "Content-Type": "application/json"}
    took = []
    with closing(http.client.HTTPConnection(served.address, timeout=10)) as connection:
        for _ in range(100):
            began = time.monotonic()
            connection.request("PUT", f"{NUMBERS}/update", body, headers)
            assert connection.getresponse().read()
            took.append(time.monotonic() - began)
    assert served.statuses == [200] * 100
    assert min(took[50:]) < 0.03  # of the others, a busy machine may keep any


@pytest.mark.parametrize(("kind", "received"), [("drip", b"HTTP/1.1 200 OK"), ("slow", b"")])
def test_a_delay_ends_with_the_server(kind: str, received: bytes) -> None:
    sandbox = make_sandbox()
    sandbox.add_fault(kind)
    with ExitStack() as later:
        with serving(sandbox, slow=60, drip=60) as address:
            connection = later.enter_context(connected(address))
            connection.sendall(head())
            wait_until(lambda: len(sandbox.requests()) == 1)
        assert receive_all(connection)[:15] == received


def test_an_unfinished_request_does_not_keep_the_server() -> None:
    with ExitStack() as later, serving(make_sandbox()) as address:
        connection = later.enter_context(connected(address))
        connection.sendall(head("POST", "Content-Length: 100", "Expect: 100-continue"))
        assert connection.recv(100).startswith(b"HTTP/1.1 100")

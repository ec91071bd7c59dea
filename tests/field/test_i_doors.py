"""Floods and strangers at the servers: bounded memory and files, and the next one is served."""

from __future__ import annotations

import asyncio
import errno
import json
import signal
import socket
import sqlite3
import subprocess
import time
import tracemalloc
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from queue import Queue
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.field.flood import (
    LISTEN,
    SERVE,
    half_open,
    opened,
    request,
    send_to,
    wait_for_end,
)
from tests.sandbox.shells import make_profile, make_sandbox, sends_in_process, serving
from wacb.callbacks.decode import Request
from wacb.callbacks.receiver import Receiver
from wacb.callbacks.recorder import Expectation, RecentCallbacks, Recorder
from wacb.cli.callback.listen import LineLimit
from wacb.net.server import is_for_this_machine
from wacb.sandbox.account import API_KEY, SID
from wacb.sandbox.emulator import Sandbox
from wacb.sandbox.routing import Request as ApiRequest
from wacb.sandbox.store import Store

PROFILES = f"/v1/{SID}/callback/profiles"
KEY = f"api-key: {API_KEY}"
HALVES = (b"", b"GET / HT", b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n\r\n{")
CROWDED = "too many connections or unfinished requests: closing those that wait longest"
MIB = 1024 * 1024
LONG = pytest.mark.thorough


@dataclass
class Served:
    """An emulator and where it listens."""

    sandbox: Sandbox
    address: str

    def send(self, data: bytes) -> int:
        host, port = self.address.split(":")
        return send_to((host, int(port)), data)


@pytest.fixture(scope="module")
def running() -> Iterator[Served]:
    sandbox = make_sandbox()
    with serving(sandbox) as address:
        yield Served(sandbox, address)


@pytest.fixture
def shared(running: Served) -> Served:
    running.sandbox.reset()
    return running


# -- crowds


@pytest.mark.parametrize(
    ("line", "good", "count", "files"),
    [
        pytest.param(LISTEN, request(), 120, 1024, id="listen"),
        pytest.param(SERVE, request(PROFILES, KEY), 120, 1024, id="serve"),
        pytest.param(LISTEN, request(), 300, 64, id="few files", marks=LONG),
        pytest.param(LISTEN, request(), 2000, 1024, id="listen, 2000", marks=LONG),
        pytest.param((*LISTEN, "--save", "saved"), request(), 2000, 1024, id="save", marks=LONG),
        pytest.param(SERVE, request(PROFILES, KEY), 2000, 1024, id="serve, 2000", marks=LONG),
    ],
)
def test_after_a_crowd_of_connections_the_next_request_is_served(
    tmp_path: Path, line: tuple[str, ...], good: bytes, count: int, files: int
):
    line = tuple(str(tmp_path / word) if word == "saved" else word for word in line)
    with opened(tmp_path, line, files=files) as door, ExitStack() as stack:
        half_open(door, count, HALVES, stack)
        assert door.open_files < 320
        assert door.send(good) == 200
        assert door.notes == [f"warning: {CROWDED}"]
        assert door.peak < 100
        door.process.send_signal(signal.SIGTERM)
        assert door.process.wait(10) == 0
    if "--save" in line:
        assert len(list((tmp_path / "saved").iterdir())) == 1


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("line", "head"),
    [
        (LISTEN, ()),
        ((*LISTEN, "--inspect"), ()),
        (SERVE, ()),
        (SERVE, (KEY,)),
    ],
    ids=["listen", "inspect", "serve", "serve, with the key"],
)
def test_two_thousand_connections_and_200_mib_are_bounded(
    tmp_path: Path, line: tuple[str, ...], head: tuple[str, ...], record_property
):
    """Each sends 100 KiB of a body that it never ends."""
    target = PROFILES if line == SERVE else "/hook"
    start = f"POST {target} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 200000\r\n"
    half = "\r\n".join((start + head[0] if head else start.rstrip(), "", "")).encode()
    with opened(tmp_path, line) as door, ExitStack() as stack:
        reader = Thread(target=door.process.stdout.read)  # type: ignore[union-attr]
        reader.start()
        before, most = door.peak, 0
        for _ in range(20):
            half_open(door, 100, [half + b"x" * 100 * 1024], stack)
            most = max(most, door.open_files)
        assert door.send(request(target, *head)) in (200, 401)
        print(f"{line} {head}: {before:.0f} -> {door.peak:.0f} MiB, {most} files")
        assert most < 320
        assert door.peak < 150
        assert len(door.notes) == 1
        door.process.kill()
        reader.join()


@pytest.mark.thorough
@pytest.mark.parametrize("line", [LISTEN, (*LISTEN, "--inspect")], ids=["listen", "inspect"])
def test_200_mib_of_whole_requests_are_bounded(tmp_path: Path, line: tuple[str, ...]):
    with opened(tmp_path, line, out=subprocess.PIPE) as door:
        drain = subprocess.Popen(["cat"], stdin=door.process.stdout, stdout=subprocess.DEVNULL)
        for number in range(200):
            assert door.send(request("/", body=b"x" * (MIB - number))) == 200
        print(f"{line}: {door.peak:.0f} MiB, {door.open_files} files")
        assert door.peak < 200
        door.process.kill()
        drain.wait(10)


def test_bytes_count_as_connections_do(tmp_path: Path):
    """Forty that are a MiB each are more than is kept of unfinished requests."""
    half = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1048576\r\n\r\n" + b"x" * (MIB - 1)
    with opened(tmp_path, LISTEN) as door, ExitStack() as stack:
        half_open(door, 40, [half], stack)
        for _ in range(1000):
            if door.notes:
                break
            time.sleep(0.01)
        assert door.send(request()) == 200
        assert door.notes == [f"warning: {CROWDED}"]


def test_what_cannot_be_accepted_is_noted_without_a_traceback(tmp_path: Path):
    with opened(tmp_path, LISTEN, files=10) as door, ExitStack() as stack:
        half_open(door, 5, [b""], stack)
        stack.close()
        assert door.send(request()) == 200
        assert door.notes == [f"warning: {CROWDED}"]


def test_a_connection_that_cannot_be_accepted_is_noted_like_a_crowd(
    caplog: pytest.LogCaptureFixture,
):
    """As asyncio reports it; anything else is a bug and keeps its traceback."""
    noted: list[str] = []
    error: Exception = OSError(errno.EMFILE, "Too many open files")

    def fail(callback: Request) -> None:
        asyncio.get_running_loop().call_exception_handler({"message": "x", "exception": error})

    receiver = Receiver(fail, on_crowded=noted.append)
    urls: Queue[str] = Queue()
    thread = Thread(target=receiver.run, args=(lambda url, page: urls.put(url),))
    thread.start()
    address = urlsplit(urls.get(timeout=10))
    for _ in range(3):
        assert send_to((address.hostname or "", address.port or 0), request()) == 200
    assert (noted, caplog.messages) == ([CROWDED], [])
    error = ZeroDivisionError()
    assert send_to((address.hostname or "", address.port or 0), request()) == 200
    receiver.stop()
    thread.join(10)
    assert (noted, caplog.messages) == ([CROWDED], ["x"])


def test_rejected_requests_are_shown_at_a_bounded_rate():
    now = [0.0]
    shown: list[str] = []
    limit = LineLimit(shown.append, clock=lambda: now[0])
    for _ in range(1000):
        limit("rejected")
    assert shown == [*["rejected"] * 20, "more rejected requests are not shown for a minute"]
    now[0] = 60.0
    limit("again")
    assert shown[21:] == ["again"]


def test_a_rejected_request_is_not_shown_at_full_length(tmp_path: Path):
    with opened(tmp_path, LISTEN) as door:
        assert door.send(request("/" + "x" * 200_000, method="PATCH")) == 405
        [line] = door.notes
        assert len(line) < 300


# -- strangers


def test_the_emulator_answers_only_to_names_of_this_machine(shared: Served):
    assert shared.send(request(PROFILES, KEY, "Host: evil.example")) == 403
    assert shared.send(request(PROFILES, KEY, "Host: LOCALHOST:80")) == 200
    assert [entry.status for entry in shared.sandbox.requests()] == [200]


@pytest.mark.parametrize(
    ("host", "ours"),
    [
        ("localhost", True),
        ("localhost.:8080", True),
        ("127.0.0.1:8080", True),
        ("127.9.9.9", True),
        ("[::1]:8080", True),
        ("evil.example", False),
        ("127.0.0.1.evil.example", False),
        ("localhost:8080:80", False),
        ("localhost:", False),
        ("[::1", False),
        ("me@localhost", False),
        ("10.0.0.1", False),
        ("", False),
    ],
)
def test_which_hosts_are_this_machine(host: str, ours: bool):
    assert is_for_this_machine({"headers": [(b"host", host.encode())]}) is ours


@pytest.mark.parametrize(("head", "kept"), [((KEY,), b"{}"), ((), b""), (("api-key: wrong",), b"")])
def test_nothing_is_kept_of_a_body_without_the_key(
    shared: Served, head: tuple[str, ...], kept: bytes
):
    assert shared.send(request(PROFILES, *head, body=b"{}")) == (415 if kept else 401)
    assert [entry.body for entry in shared.sandbox.requests()] == [kept]


def test_the_log_of_the_emulator_is_bounded_in_bytes():
    sandbox = Sandbox(Store(":memory:"))
    headers = {"api-key": API_KEY}
    for number in range(600):
        path = f"/v1/{SID}/x/{number}" + "y" * 40_000
        sandbox.handle(ApiRequest(method="POST", path=path, headers=headers, body=bytes(70_000)))
    logged = sandbox.requests()
    assert sum(entry.size for entry in logged) <= 32 * MIB
    assert logged[-1].path.startswith(f"/v1/{SID}/x/599")
    assert len(logged) > 300


def test_a_half_request_is_dropped_after_a_time():
    with serving(make_sandbox(), patience=0.1) as address, ExitStack() as stack:
        host, port = address.split(":")
        for half in HALVES:
            connection = socket.create_connection((host, int(port)), timeout=10)
            stack.enter_context(connection).sendall(half)
            with suppress(ConnectionError):
                assert connection.recv(1) == b""


def test_a_response_that_nobody_reads_is_dropped_after_a_time():
    """As one that is larger than all buffers."""
    sandbox = make_sandbox()
    send = sends_in_process(sandbox, time.sleep)
    head = {"api-key": API_KEY, "content-type": "application/json"}
    text = json.dumps({"text": "<body>" + "x" * 100_000})
    for _ in range(100):
        send("POST", PROFILES, head, json.dumps(make_profile(body=text)).encode())
    with serving(sandbox, patience=0.1) as address:
        host, port = address.split(":")
        with socket.socket() as connection:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            connection.connect((host, int(port)))
            connection.sendall(request(f"{PROFILES}?limit=100", KEY))
            time.sleep(1)
            received = 0
            with suppress(ConnectionError):
                while chunk := connection.recv(65536):
                    received += len(chunk)
    assert 0 < received < 100 * 100_000


@contextmanager
def locked(path: Path) -> Iterator[sqlite3.Connection]:
    """Hold the write lock of a state file, as a process that was stopped would."""
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield other


def test_a_locked_state_file_keeps_nobody_else_waiting(tmp_path: Path):
    path = tmp_path / "state"
    body = json.dumps(make_profile()).encode()
    post = request(PROFILES, KEY, "Content-Type: application/json", body=body)
    with closing(Store(path)) as store, serving(Sandbox(store), busy=20) as address:
        served = Served(Sandbox(store), address)
        statuses: list[int] = []
        waiting = Thread(target=lambda: statuses.append(served.send(post)))
        with locked(path):
            waiting.start()
            began = time.monotonic()
            for status, good in ((401, request(PROFILES)), (200, request(PROFILES, KEY))) * 5:
                assert served.send(good) == status
            assert time.monotonic() - began < 5
            assert statuses == []
        waiting.join(10)
        assert statuses == [200]


def test_a_state_file_that_stays_locked_is_an_answer(tmp_path: Path):
    body = json.dumps(make_profile()).encode()
    post = request(PROFILES, KEY, "Content-Type: application/json", body=body)
    path = tmp_path / "state"
    with (
        closing(Store(path)) as store,
        serving(Sandbox(store), busy=0.1) as address,
        locked(path),
    ):
        assert Served(Sandbox(store), address).send(post) == 503


# -- the inspector


FLOODS: dict[str, dict[str, Any]] = {
    "deep": {"body": b"[" * 90 + b"[]," * 80_000 + b"[]" + b"]" * 90},
    "header names": {"headers": {f"x-{number}-{'y' * 90}": "" for number in range(2000)}},
    "path": {"path": "/" + "x" * 250_000},
    "members": {"body": b'{"body": [' + b"{}," * 300_000 + b"{}]}"},
    "bytes": {"body": b"\xff" * (MIB // 16)},
    "query names": {"query": "&".join(f"name{number}=" for number in range(20_000))},
}


@pytest.mark.parametrize("name", ["deep", *(pytest.param(n, marks=LONG) for n in [*FLOODS][1:])])
def test_all_that_the_inspector_keeps_is_counted(name: str):
    whole: dict[str, Any] = {
        "method": "POST",
        "path": "/",
        "query": "",
        "headers": {},
        "body": b"{}",
    }
    recent = RecentCallbacks(1000)
    recorder = Recorder(lambda record: None, Expectation(), recent=recent)
    recorder(Request(**whole | FLOODS[name]))  # what is loaded once is not kept for a callback
    before = sum(len(text) for _, text in recent.after(0))
    tracemalloc.start()
    try:
        for _ in range(1 if name == "deep" else 4):
            recorder(Request(**whole | FLOODS[name]))
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert kept < 1.01 * (sum(len(text) for _, text in recent.after(0)) - before) + 100_000
    assert kept < 17 * MIB


def test_a_record_that_is_too_large_is_not_kept():
    recent = RecentCallbacks(1000)
    recent.add({"n": 1, "body": "x" * 17 * MIB})
    recent.add({"n": 2})
    assert recent.after(0) == [(2, '{"n": 2}')]


# -- a reader that doesn't read


@pytest.mark.parametrize(
    ("number", "line", "code"),
    [
        (signal.SIGTERM, LISTEN, 0),
        pytest.param(signal.SIGINT, LISTEN, 0, marks=LONG),
        pytest.param(signal.SIGHUP, LISTEN, 0, marks=LONG),
        pytest.param(signal.SIGTERM, (*LISTEN, "--count", "1000"), 130, marks=LONG),
    ],
)
def test_a_receiver_whose_output_nobody_reads_ends(
    tmp_path: Path, number: int, line: tuple[str, ...], code: int
):
    with opened(tmp_path, line) as door, ExitStack() as stack:
        for _ in range(20):  # more than a pipe takes
            connection = stack.enter_context(door.connect())
            connection.sendall(request("/?body=" + "x" * 60_000))
        door.process.send_signal(number)
        assert wait_for_end(door.process, 10) == code


def test_a_broken_state_file_is_a_500_at_once(tmp_path: Path):
    path = tmp_path / "state"
    with closing(Store(path)) as store, serving(Sandbox(store)) as address:
        with closing(sqlite3.connect(path)) as other:
            other.execute("DROP TABLE hidden")
        assert Served(Sandbox(store), address).send(request(PROFILES, KEY)) == 500

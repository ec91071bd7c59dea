"""The connections of a command: kept, few, and new for the request that can't be repeated."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from tests.cli.conftest import writes
from tests.cli.expect import CREATE, TITLE, done, failed
from tests.conftest import LIVE, Outcome, invoke, profile_id
from tests.fault_server import FaultServer, Peer, answer
from wacb.cli.app import App
from wacb.sandbox.emulator import Sandbox
from wacb.sandbox.in_process import exchange


class Gateway:
    """The emulator behind a server that closes a connection at its request number `closes`."""

    def __init__(self, sandbox: Sandbox, *, closes: int | None = None) -> None:
        self.sandbox = sandbox
        self.closes = closes
        self.used: dict[Peer, int] = {}

    def __call__(self, peer: Peer) -> bool:
        head, _, body = peer.read().partition(b"\r\n\r\n")
        self.used[peer] = self.used.get(peer, 0) + 1
        if self.used[peer] == self.closes:
            return False
        first, *lines = head.decode().split("\r\n")
        method, target, _ = first.split(" ")
        headers = dict(line.split(": ", 1) for line in lines)
        status, names, chunks = exchange(self.sandbox, method, target, headers, body)
        peer.send(answer(status, b"".join(chunks), *map(": ".join, names)))
        return True


def run(server: FaultServer, home: Path, *line: str, input: str = "") -> Outcome:
    app = App(
        environ={**LIVE, "HOME": str(home), "WACB_BASE_URL": server.url},
        interactive=False,
        sleep=lambda seconds: None,
    )
    try:
        return invoke(app, *line, input=input)
    finally:
        app.session.close()


def test_a_gateway_that_closes_kept_connections_makes_no_create_ambiguous(
    sandbox: Sandbox, home: Path
):
    with FaultServer(Gateway(sandbox, closes=2)) as server:
        outcome = run(server, home, *CREATE, "-o", "json")
    assert (outcome.code, '"result": "created"' in outcome.out) == (0, True), outcome
    assert [request.method for request in writes(sandbox)] == ["POST"]
    sent = [raw.split(b" ")[0] for raw in server.requests]
    assert sent == [b"GET", b"POST", b"GET", b"GET"]  # the last one as its connection was closed


@pytest.mark.parametrize("jobs", [1, 3])
def test_a_bulk_run_has_as_many_connections_as_jobs(sandbox: Sandbox, home: Path, jobs: int):
    numbers = [f"+1556{number:07}" for number in range(20)]
    sandbox.store.add_numbers((number, "Shop", "approved") for number in numbers)
    with FaultServer(Gateway(sandbox)) as server:
        run(server, home, *CREATE)
        before = server.connections
        attach = ("number", "attach", "--from", "-", "--jobs", str(jobs), "--profile", TITLE)
        outcome = run(server, home, *attach, input="\n".join(numbers))
        assert (outcome.code, outcome.out.count("attached")) == (0, 20), outcome
        assert server.connections - before <= jobs


@pytest.mark.parametrize("allowed", [True, False])
def test_a_limit_of_threads_is_named_and_what_was_not_sent_is_tried_again(
    sandbox: Sandbox, home: Path, monkeypatch: pytest.MonkeyPatch, allowed: bool
):
    start, refused = threading.Thread.start, [0]

    def limited(thread: threading.Thread) -> None:
        if thread.name.startswith("request to") and not (allowed and refused[0]):
            refused[0] += 1
            raise RuntimeError("can't start new thread")
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", limited)
    with FaultServer(Gateway(sandbox)) as server:
        outcome = run(server, home, *CREATE, "-q")
    message = "this machine or container allows no more threads"
    hint = "end other processes, or raise the limit: ulimit -u, or the container's"
    assert outcome == (done(profile_id(1)) if allowed else failed(7, message, hint))
    assert refused == [1 if allowed else 4]

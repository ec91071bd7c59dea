"""Ctrl-C in a bulk run: nothing new starts, what runs ends, and the summary says what was done."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest

from tests.cli.conftest import Answer, ask, journaled, writes
from tests.cli.expect import BODY, HOOK, ONE, TWO
from tests.conftest import LIVE, Outcome, Wacb, profile_id
from tests.fault_server import FaultServer, Peer, answer
from wacb.sandbox.emulator import Sandbox
from wacb.sandbox.in_process import exchange
from wacb.sandbox.store import Store

NUMBERS = [f"+1555020{n:04}" for n in range(20)]
SECONDS = 20
STOPPING = "finishing requests in progress; press Ctrl-C again to abort\n"


class Holding:
    """The emulator on a socket, which holds the first three updates back until `release`."""

    def __init__(self) -> None:
        store = Store(":memory:")
        store.add_numbers((number, "Shop", "approved") for number in NUMBERS)
        self.sandbox = Sandbox(store, new_id=lambda: profile_id(1))
        self.sandbox.add_fault("slow:3,PUT")
        self.arrived, self.release = threading.Semaphore(0), threading.Event()

    def __call__(self, peer: Peer) -> bool:
        head, _, body = peer.read().partition(b"\r\n\r\n")
        first, *lines = head.decode().split("\r\n")
        method, target, _ = first.split(" ")
        headers = dict(line.split(": ", 1) for line in lines)
        reply = exchange(self.sandbox, method, target, headers, body, sleep=self._hold)
        status, fields, chunks = reply
        peer.send(answer(status, b"".join(chunks), *map(": ".join, fields)))
        return True

    def _hold(self, seconds: float) -> None:
        self.arrived.release()
        self.release.wait(SECONDS)


@pytest.fixture
def holding() -> Holding:
    holding = Holding()
    profile = {"title": "Hook", "http_method": "POST", "url": HOOK, "body": BODY}
    ask(holding.sandbox, "POST", "/v1/SID/callback/profiles", profile)
    return holding


@contextmanager
def attaching(holding: Holding, home: Path) -> Iterator[subprocess.Popen[str]]:
    """Run a bulk attach of its own process until three updates are under way."""
    with FaultServer(holding) as server:
        env = {**LIVE, "HOME": str(home), "WACB_BASE_URL": server.url}
        line = ["number", "attach", *NUMBERS, "--profile", profile_id(1), "--jobs", "3"]
        process = subprocess.Popen(
            [sys.executable, "-m", "wacb", *line],
            env=env,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            for _ in range(3):
                assert holding.arrived.acquire(timeout=SECONDS)
            yield process
        finally:
            holding.release.set()
            process.kill()
            process.communicate()


def results(out: str) -> Counter[str]:
    rows = [line.split("\t") for line in out.splitlines()]
    assert [row[0] for row in rows] == NUMBERS
    return Counter(row[1] for row in rows)


@pytest.mark.parametrize(
    "end", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.thorough)]
)
def test_ctrl_c_starts_nothing_new_and_says_what_was_done(
    holding: Holding, tmp_path: Path, end: signal.Signals
):
    """The same where a CI job is cancelled."""
    with attaching(holding, tmp_path) as process:
        process.send_signal(end)
        assert process.stderr and process.stderr.readline() == STOPPING
        holding.release.set()
        out, err = process.communicate(timeout=SECONDS)
    assert (process.returncode, results(out)) == (130, {"attached": 3, "not tried": 17})
    assert err == (
        "to undo: wacb number rollback NUMBER (once per number)\n"
        "note: it was not checked whether the changes took effect\n"
        "error: interrupted: 3 attached, 17 not tried\nhint: run the same command again to finish\n"
    )
    assert len(writes(holding.sandbox)) == 1 + 3
    assert len(journaled(tmp_path)) == 3


def test_another_ctrl_c_gives_up_what_is_under_way(holding: Holding, tmp_path: Path):
    with attaching(holding, tmp_path) as process:
        process.send_signal(signal.SIGINT)
        assert process.stderr and process.stderr.readline() == STOPPING
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=SECONDS)
    assert (process.returncode, results(out)) == (130, {"not known": 3, "not tried": 17})
    assert "error: interrupted: 3 not known, 17 not tried\n" in err
    given_up = [line for line in out.splitlines() if "not tried" not in line]
    assert len(given_up) == 3
    assert all("interrupted before a response came" in line for line in given_up)


class Impatient:
    """The emulator, whose user presses Ctrl-C at the first request after `puts` updates."""

    def __init__(self, sandbox: Sandbox, *, puts: int = 2, method: str = "") -> None:
        self.api = partial(exchange, sandbox)
        self.left = puts
        self.method = method

    def __call__(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        if not self.left and self.method in ("", method):
            signal.raise_signal(signal.SIGINT)
        self.left -= method == "PUT"
        return self.api(method, url, headers, body)


def test_ctrl_c_while_comparing_is_said_after_what_was_done(
    over: Wacb, two_profiles: None, sandbox: Sandbox
):
    before = signal.getsignal(signal.SIGINT)
    line = ("number", "attach", ONE, TWO, "--profile", profile_id(1), "-q")
    outcome = over(Impatient(sandbox), *line)
    assert outcome == Outcome(
        code=130,
        out=f"{ONE}\n{TWO}\n",
        err=f"{STOPPING}to undo: wacb number rollback NUMBER (once per number)\n"
        "error: interrupted: 2 attached\nhint: run the same command again to finish\n",
    )
    assert signal.getsignal(signal.SIGINT) is before


def test_what_was_not_read_back_is_said(over: Wacb, two_profiles: None, sandbox: Sandbox):
    line = ("number", "attach", ONE, TWO, "--profile", profile_id(1), "-q", "--jobs", "1")
    outcome = over(Impatient(sandbox, puts=1), *line, "--waba-id", "")
    assert (outcome.code, outcome.out) == (130, f"{ONE}\n{TWO}\n")
    assert "note: it was not checked whether the changes took effect\n" in outcome.err


@pytest.mark.parametrize(
    ("puts", "waba", "seen"), [(1, (), ""), (0, ("--waba-id", ""), ", and not read back")]
)
def test_ctrl_c_at_a_single_change_lets_it_end_and_says_so(
    over: Wacb, two_profiles: None, sandbox: Sandbox, puts: int, waba: tuple[str, ...], seen: str
):
    user = Impatient(sandbox, puts=puts, method="PUT" if waba else "GET")
    outcome = over(user, "number", "attach", ONE, "--profile", profile_id(1), *waba)
    assert (outcome.code, outcome.out) == (130, "")
    assert STOPPING in outcome.err
    assert outcome.err.endswith(f"error: interrupted: number {ONE} is attached{seen}\n")


def test_a_background_job_that_ignores_ctrl_c_goes_on_ignoring_it(
    over: Wacb, two_profiles: None, sandbox: Sandbox
):
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        line = ("number", "attach", ONE, TWO, "--profile", profile_id(1), "-q")
        assert over(Impatient(sandbox), *line).code == 0
    finally:
        signal.signal(signal.SIGINT, before)

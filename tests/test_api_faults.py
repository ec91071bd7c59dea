"""Every fault of faults.py against every command that uses the API: a sentence, a code, in time."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import cycle
from pathlib import Path

import pytest

from tests.conftest import LIVE, invoke
from tests.examples import sampled
from tests.fake_api import make_row
from tests.fault_server import FAULTS, FaultServer, answer
from tests.faults import SLOW
from wacb.cli.app import App
from wacb.sandbox.account import API_KEY

ID = "SG_00000000-0000-4000-8000-000000000001"
ONE = "+15550100001"
CREATE = ("profile", "create", "--method", "post", "--url", "https://example.com/hook")
ATTACH = ("number", "attach", ONE, "--profile", ID, "--jobs", "1")  # one read after the other
COMMANDS = {
    "profile list": ("profile", "list"),
    "profile show": ("profile", "show", ID),
    "profile show by title": ("profile", "show", "Incoming messages"),
    "profile create": CREATE,
    "profile create once": (*CREATE, "--if-not-exists"),
    "profile update": ("profile", "update", ID, "--title", "Another"),
    "profile delete": ("profile", "delete", ID, "--yes"),
    "profile check": ("profile", "check"),
    "profile check --fix": ("profile", "check", ID, "--fix", "--yes"),
    "number list": ("number", "list"),
    "number show": ("number", "show", ONE),
    "number attach": ATTACH,
    "number attach --from": ("number", "attach", "--from", "numbers.csv", "--profile", ID),
    "number detach": ("number", "detach", ONE, "--yes"),
    "number rollback": ("number", "rollback", ONE, "--yes"),
    "number add": ("number", "add", "+15550100044", "--name", "Shop", "--country-code", "1"),
    "number confirm": ("number", "confirm", "+15550100044", "--otp", "123456", "--id", "1"),
    "callback send": ("callback", "send", "--profile", ID),
    "verify": ("verify", ONE),
    "plan": ("plan",),
    "apply": ("apply", "--yes"),
    "export": ("export",),
    "config init": ("config", "init"),
}
# What these print is data whatever it says.
REPORTS = ("number attach --from", "verify")
WRITES = ("number add", "number confirm")  # their first request is one already
# A success is all that a confirmation has to hear.
SUCCESSES = ("ok", "slow accept", "204", "cookies", "JSON of another shape")
NUMBERS_FILE = f"{ONE}\n+15550100002\n"
MANIFEST = f"""
[profiles.incoming]
title = "Incoming messages"
method = "post"
url = "https://example.com/hook"
[numbers]
"{ONE}" = "incoming"
"""
JOURNAL = {
    "time": "2026-09-21T14:13:20Z",
    "account": LIVE["WACB_SID"],
    "number": ONE,
    "old": "",
    "new": ID,
    "action": "attach",
}


def pairs(turns: int) -> list[tuple[str, str]]:
    """Let each fault meet that many commands in turn, and each command many faults."""
    commands = cycle(COMMANDS)
    return [(name, next(commands)) for name in FAULTS for _ in range(turns)]


SOME = pairs(1)
SOUND = [(name, "number confirm") for name in SUCCESSES]
REST = [
    (name, command)
    for name in FAULTS
    for command in COMMANDS
    if (name, command) not in (*SOME, *SOUND)
]
# Whether anyone listens, and TLS, is settled before a second request.
LATER = [
    name
    for name, fault in FAULTS.items()
    if (fault.backlog, fault.scheme, fault.tls) == ("open", "http", False)
]


def ok(data: object) -> bytes:
    return answer(200, json.dumps({"data": data}).encode(), "Content-Type: application/json")


PROFILE = ok(make_row(profile_id=ID))
NO_PROFILES = ok({"profiles": [], "total": 0})
NUMBERS = ok([{"phone_number": ONE, "status": "approved", "callback_profile_id": ""}])


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with the files that the commands name."""
    monkeypatch.chdir(tmp_path)
    Path("numbers.csv").write_text(NUMBERS_FILE)
    Path("wacb.toml").write_text(MANIFEST)
    state = tmp_path / ".local" / "state" / "wacb"
    state.mkdir(parents=True)
    (state / "journal.jsonl").write_text(json.dumps(JOURNAL) + "\n")
    return tmp_path


def limits(name: str) -> tuple[float, float]:
    """Return seconds for a request that meets the fault, and for all: where a busy machine may take
    them too, what comes of it has to be the same."""
    if exit_code(name) == 3:
        return 10, 20
    return (0.15, 0.3) if name in SLOW else (0.3, 0.6)


@contextmanager
def running_time() -> Iterator[Callable[[], float]]:
    """Count the seconds in which this process gets to run: a busy machine's pauses are not ours."""
    counted, over = 0.0, threading.Event()

    def count() -> None:
        nonlocal counted
        before = time.monotonic()
        while not over.wait(0.01):
            now = time.monotonic()
            counted += min(now - before, 0.02)
            before = now

    counting = threading.Thread(target=count)
    counting.start()
    try:
        yield lambda: counted
    finally:
        over.set()
        counting.join()


def check_failure(server: FaultServer, name: str, command: str, home: Path) -> None:
    """Run a command line against the server: it fails with one error and a documented exit code."""
    app = App(
        environ={**LIVE, "WACB_BASE_URL": server.url, "HOME": str(home)},
        interactive=False,
        sleep=lambda seconds: None,
    )
    timeout, deadline = limits(name)
    line = (*COMMANDS[command], "--timeout", str(timeout), "--deadline", str(deadline))
    with running_time() as seconds:
        outcome = invoke(app, *line)
    assert seconds() < min(deadline + 1, 8)  # the server gives up after 10
    if "session" in app.__dict__:  # `config init` tries the account by another App
        app.session.close()
    assert outcome.code == exit_code(name), outcome.err
    assert command in REPORTS or outcome.out == ""
    said = outcome.err.removeprefix(f"to undo: wacb number rollback {ONE}\n").splitlines()
    errors = [line for line in said if not line.startswith(("hint: ", "note: ", "  +1555"))]
    assert len(errors) == 1, outcome.err
    assert errors[0].startswith("error: ")
    assert API_KEY not in outcome.err + outcome.out


def exit_code(name: str) -> int:
    return 3 if name.startswith("redirect") else 7


def meet(name: str, command: str, home: Path, request: pytest.FixtureRequest) -> None:
    pem = request.getfixturevalue("certificate") if FAULTS[name].tls else None
    with FaultServer(name, certificate=pem) as server:
        check_failure(server, name, command, home)
        written = any(raw.startswith((b"POST", b"PUT")) for raw in server.requests)
        assert command in WRITES or not written


@pytest.mark.parametrize(("name", "command"), SOME)
def test_a_fault_is_a_sentence_and_an_exit_code(
    name: str, command: str, folder: Path, request: pytest.FixtureRequest
) -> None:
    meet(name, command, folder, request)


@pytest.mark.thorough
@pytest.mark.parametrize(("name", "command"), REST)
def test_every_fault_meets_every_command(
    name: str, command: str, folder: Path, request: pytest.FixtureRequest
) -> None:
    meet(name, command, folder, request)


@pytest.mark.parametrize("name", sampled(LATER, every=3))
def test_a_create_that_meets_a_fault_is_sent_once(name: str, tmp_path: Path) -> None:
    with FaultServer(NO_PROFILES, name) as server:
        check_failure(server, name, "profile create", tmp_path)
        posts = [raw for raw in server.requests if raw.startswith(b"POST")]
        assert len(posts) <= (4 if name.startswith("429") else 1)


@pytest.mark.parametrize("name", sampled([name for name in LATER if name not in SLOW], every=4))
def test_an_attachment_that_meets_a_fault_fails(name: str, tmp_path: Path) -> None:
    with FaultServer(PROFILE, NUMBERS, name) as server:
        check_failure(server, name, "number attach", tmp_path)

"""Every fault of faults.py against the commands that use the API: a sentence, a code, in time."""

from __future__ import annotations

import json
import time
from itertools import cycle
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.api import make_row
from tests.conftest import LIVE
from tests.fault_server import FAULTS, FaultServer, answer, make_certificate
from tests.net.test_http_faults import SLOW
from wacb.cli import root
from wacb.cli.app import App
from wacb.sandbox.account import API_KEY

TIMEOUT, DEADLINE = 0.3, 0.6
ID = "SG_00000000-0000-4000-8000-000000000001"
ONE = "+15550100001"
CREATE = ("profile", "create", "--method", "post", "--url", "https://example.com/hook")
ATTACH = ("number", "attach", ONE, "--profile", ID)
COMMANDS = {
    "profile list": ("profile", "list"),
    "profile show": ("profile", "show", ID),
    "profile show by title": ("profile", "show", "Incoming messages"),
    "profile create": CREATE,
    "number list": ("number", "list"),
    "number show": ("number", "show", ONE),
    "number attach": ATTACH,
}
# A fault that waits costs its time with each command: it meets one of them, in turn.
CASES = [
    (name, command)
    for (name, turn) in zip(FAULTS, cycle(COMMANDS), strict=False)
    for command in COMMANDS
    if name not in SLOW or command == turn
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


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture(autouse=True)
def _default_certificates(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    monkeypatch.delenv("SSL_CERT_DIR", raising=False)


def check_failure(server: FaultServer, command: tuple[str, ...], home: Path, code: int) -> None:
    """Run a command line against the server: it fails with `code`, as cli.md 4 has it."""
    app = App(
        environ={**LIVE, "WACB_BASE_URL": server.url, "HOME": str(home)},
        interactive=False,
        sleep=lambda seconds: None,
    )
    line = (*command, "--timeout", str(TIMEOUT), "--deadline", str(DEADLINE))
    began = time.monotonic()
    result = CliRunner().invoke(root, line, obj=app)
    assert time.monotonic() - began < DEADLINE + 1
    app.session.close()
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
    assert (result.exit_code, result.stdout) == (code, ""), result.stderr
    said = result.stderr.removeprefix(f"undo: wacb number rollback {ONE}\n")
    first, *others = said.splitlines()
    assert first.startswith("error: ")
    assert all(line.startswith("hint: ") for line in others)
    assert API_KEY not in result.stderr


def exit_code(name: str) -> int:
    return 3 if name.startswith("redirect") else 7


@pytest.mark.parametrize(("name", "command"), CASES)
def test_a_fault_is_a_sentence_and_an_exit_code(
    name: str, command: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    pem = request.getfixturevalue("certificate") if FAULTS[name].tls else None
    with FaultServer(name, certificate=pem) as server:
        check_failure(server, COMMANDS[command], tmp_path, exit_code(name))
        assert not any(raw.startswith((b"POST", b"PUT")) for raw in server.requests)


@pytest.mark.parametrize("name", LATER)
def test_a_create_that_meets_a_fault_is_sent_once(name: str, tmp_path: Path) -> None:
    with FaultServer(NO_PROFILES, name) as server:
        check_failure(server, CREATE, tmp_path, exit_code(name))
        posts = [raw for raw in server.requests if raw.startswith(b"POST")]
        assert len(posts) <= (4 if name.startswith("429") else 1)


@pytest.mark.parametrize("name", [name for name in LATER if name not in SLOW])
def test_an_attachment_that_meets_a_fault_fails(name: str, tmp_path: Path) -> None:
    with FaultServer(PROFILE, NUMBERS, name) as server:
        check_failure(server, ATTACH, tmp_path, exit_code(name))

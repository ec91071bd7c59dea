"""No home, a plain terminal, a busy port, lost comments, no time left: the last step can fail."""

from __future__ import annotations

import os
import pwd
import signal
import socket
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.cli.expect import CREATE, ONE, QUERY
from tests.cli.interactive import Terminal
from tests.conftest import LIVE, Wacb
from tests.field.accounts import CONFIG, write
from tests.field.altered import FIRST, count, make_attached, make_profile
from tests.field.world import BULK, WACB, make_world
from wacb.sandbox.emulator import Sandbox

# -- no home


@pytest.fixture
def homeless(live: Wacb, monkeypatch: pytest.MonkeyPatch) -> Wacb:
    """Run a command as a user whom no passwd entry knows, and who has no HOME."""

    def unknown(uid: int) -> object:
        raise KeyError(f"getpwuid(): uid not found: {uid}")

    monkeypatch.delenv("HOME", raising=False)
    monkeypatch.setattr(pwd, "getpwuid", unknown)

    def run(*line: str, env: dict[str, str] | None = None, **how: object) -> object:
        return live(*line, env={"HOME": "", **(env or {})}, **how)

    return run  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("line", "code"),
    [
        pytest.param(("template", "--method", "get"), 0, id="template"),
        pytest.param(("profile", "list"), 0, id="profile list"),
        pytest.param(("profile", "show", FIRST), 0, id="profile show"),
        pytest.param(("profile", "check"), 0, id="profile check"),
        pytest.param(("profile", "delete", FIRST, "--yes"), 9, id="delete a profile in use"),
        pytest.param(("number", "list"), 0, id="number list"),
        pytest.param(("number", "show", ONE), 0, id="number show"),
        pytest.param(("number", "history"), 0, id="an empty history"),
        pytest.param(("number", "attach", ONE, "--profile", FIRST), 0, id="nothing to attach"),
        pytest.param(("verify", ONE, "--profile", FIRST), 7, id="verify"),
        pytest.param(("export",), 0, id="export"),
        pytest.param(("config", "show"), 0, id="config show"),
        pytest.param(("help", "quickstart"), 0, id="help"),
        pytest.param(("completion", "bash"), 0, id="completion"),
        # a file must be written
        pytest.param(("number", "detach", ONE, "--yes"), 3, id="a change to be journaled"),
        pytest.param(("number", "attach", "+15550100002", "--profile", FIRST), 3, id="attach"),
        pytest.param((*CREATE, "--if-not-exists"), 3, id="a create to be remembered"),
        pytest.param((*CREATE, "--encrypt", "AES-128-CFB"), 3, id="a key"),
        pytest.param(("profile", "update", FIRST, "--title", "New"), 3, id="profile update"),
        pytest.param(("config", "set", "region", "eu"), 3, id="config set"),
        pytest.param(("config", "init", "--no-check"), 3, id="config init"),
        pytest.param(("config", "path"), 3, id="config path"),
    ],
)
def test_without_a_home_all_works_that_writes_no_file(
    homeless: Wacb, sandbox: Sandbox, line: tuple[str, ...], code: int
):
    make_attached(sandbox, ONE)
    before = [request.method for request in sandbox.requests()]
    outcome = homeless(*line)
    assert outcome.code == code, outcome
    if code == 3:
        assert "HOME" in outcome.err
        after = [request.method for request in sandbox.requests()]
        assert [m for m in after[len(before) :] if m != "GET"] == []


@pytest.mark.parametrize(
    ("variable", "line"),
    [
        pytest.param("XDG_STATE_HOME", ("number", "detach", ONE, "--yes"), id="state"),
        pytest.param(
            "XDG_CONFIG_HOME", ("--account", "prod", "config", "set", "region", "eu"), id="config"
        ),
    ],
)
def test_a_folder_that_is_named_needs_no_home(
    homeless: Wacb, sandbox: Sandbox, tmp_path: Path, variable: str, line: tuple[str, ...]
):
    make_attached(sandbox, ONE)
    assert homeless(*line, env={variable: str(tmp_path / "named")}).code == 0
    assert (tmp_path / "named").is_dir()


# -- a plain terminal


@pytest.mark.parametrize(
    "line",
    [
        pytest.param(("number", "list"), id="a table"),
        pytest.param(("profile", "show", FIRST), id="a record", marks=pytest.mark.thorough),
        pytest.param(("verify", ONE), id="a report", marks=pytest.mark.thorough),
        pytest.param(("help", "quickstart"), id="a page", marks=pytest.mark.thorough),
        pytest.param((*BULK, "Second"), id="a bar"),
        pytest.param(("profile", "show", "nowhere"), id="an error", marks=pytest.mark.thorough),
    ],
)
def test_a_dumb_terminal_gets_no_escapes(tmp_path: Path, line: tuple[str, ...]):
    seen = {}
    for term in ("dumb", "xterm-256color"):
        with make_world(tmp_path / term) as world:
            terminal = Terminal([*WACB, *line], world.env | {"TERM": term}, folder=world.folder)
            seen[term] = terminal.end()[1]
            terminal.close()
    assert "\x1b" not in seen["dumb"]
    assert "\x1b" in seen["xterm-256color"] or line[-1] == "nowhere"


# -- a port


@pytest.fixture
def busy() -> Iterator[int]:
    with closing(socket.socket()) as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield other.getsockname()[1]


@pytest.mark.parametrize(
    "line",
    [
        pytest.param(("callback", "listen", "--wait", "1", "--port"), id="listen"),
        pytest.param(("callback", "listen", "--wait", "1", "--port", "0", "--inspect"), id="page"),
        pytest.param(("sandbox", "serve", "--port"), id="serve"),
    ],
)
def test_a_busy_port_can_be_tried_again(wacb: Wacb, busy: int, line: tuple[str, ...]):
    outcome = wacb(*line, str(busy))
    assert (outcome.code, outcome.out) == (7, "")
    assert str(busy) in outcome.err


@pytest.mark.parametrize("host", ["203.0.113.7", "no host", "", "1.2.3.4.5", "::zz", "-x"])
def test_a_host_that_is_not_of_this_machine_is_wrong_usage(wacb: Wacb, host: str):
    outcome = wacb("callback", "listen", "--port", "0", "--wait", "1", "--host", host)
    assert (outcome.code, outcome.out) == (2, "")
    assert "--host" in outcome.err


# -- comments


@pytest.mark.parametrize(
    "line",
    [
        pytest.param(("config", "set", "region", "eu"), id="set"),
        pytest.param(("config", "unset", "region"), id="unset"),
        pytest.param(("config", "init", "--account", "prod", "--no-check"), id="init"),
    ],
)
def test_comments_that_get_lost_are_said(wacb: Wacb, home: Path, line: tuple[str, ...]):
    file = write(home, CONFIG)
    plain = wacb(*line, env=LIVE)
    assert (plain.code, "the comments" in plain.err) == (0, False)
    file.write_text(f"# of the ops team\n{CONFIG}")
    outcome = wacb(*line, env=LIVE)
    kept = "# of the ops team" in file.read_text()
    assert (outcome.code, kept or "the comments" in outcome.err) == (0, True)


# -- no end


@pytest.mark.thorough
def test_what_has_no_end_of_its_own_ends_by_a_signal(tmp_path: Path):
    for line in (("callback", "listen", "--port", "0"), ("sandbox", "serve", "--port", "0")):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            with make_world(tmp_path / f"{line[1]} {number}") as world:
                process = world.start(line)
                assert process.stdout
                assert b"ready" in process.stdout.readline()
                process.send_signal(number)
                assert world.end(process).code == 0


def test_a_template_is_the_same_everywhere(homeless: Wacb, sandbox: Sandbox):
    assert homeless("template", "--method", "get").out == f"{QUERY}\n"
    assert (count(sandbox, "GET"), os.environ.get("HOME")) == (0, None)
    assert make_profile(sandbox) == FIRST

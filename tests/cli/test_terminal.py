"""The program as a process on a pseudo-terminal: prompts, hidden input, Ctrl-C, pipes."""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest

from tests.cli.expect import HOOK, ONE, TITLE, TWO, done, failed, missing, undo
from tests.cli.interactive import SECONDS, WACB, Terminal
from tests.conftest import LIVE, Outcome
from tests.examples import sampled
from tests.sandbox.shells import serving
from wacb.sandbox.account import API_KEY, SID
from wacb.sandbox.emulator import Sandbox
from wacb.sandbox.store import Store

CREATE = f"wacb profile create --method post --url {HOOK}"
ID = re.compile(r"SG_[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    return {
        "HOME": str(tmp_path / "home"),
        "XDG_CONFIG_HOME": str(tmp_path / "config"),
        "XDG_STATE_HOME": str(tmp_path / "state"),
        "WACB_SANDBOX": "1",
        "LC_ALL": "C.UTF-8",
        "TERM": "xterm",
        "NO_COLOR": "1",
        "COLUMNS": "100",
        "PATH": os.environ["PATH"],
    }


def shell(script: str, env: Mapping[str, str]) -> Outcome:
    """Run a script in bash, in which `wacb` is this program, away from any terminal."""
    wacb = f'wacb() {{ {shlex.join(WACB)} "$@"; }}; set -o pipefail; '
    process = subprocess.run(
        ["bash", "-c", wacb + script],
        env=env,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )
    return Outcome(code=process.returncode, out=process.stdout, err=process.stderr)


@pytest.fixture
def on_terminal(env: dict[str, str]) -> Iterator[object]:
    """Start a command on a terminal; with `piped`, its stdout is a pipe."""
    with ExitStack() as started:

        def start(*line: str, **how: Any) -> Terminal:
            return started.enter_context(closing(Terminal([*WACB, *line], env, **how)))

        yield start


def test_prompts_stay_out_of_a_pipe(on_terminal):
    terminal = on_terminal("profile", "create", "-q", piped=True)
    terminal.wait_for("Method (get, post, put, delete): ")
    terminal.type("post\n")
    terminal.wait_for("Endpoint URL: ")
    terminal.type(f"{HOOK}\n")
    code, screen, out = terminal.end()
    assert (code, ID.sub("ID", out)) == (0, "ID\n")
    assert screen == f"Method (get, post, put, delete): post\nEndpoint URL: {HOOK}\n"


def test_a_key_is_not_echoed(on_terminal, tmp_path: Path):
    terminal = on_terminal("config", "init")
    asked = (
        ("SID (Developer > API Key): ", SID),
        ("API key (same page; input hidden): ", API_KEY),
        ("Region (the API Domain of the console) (in, sg, eu, na) [sg]: ", ""),
        ("WABA ID (shown next to the number; Enter to skip): ", ""),
        ("Default webhook URL (Enter to skip): ", HOOK),
    )
    for question, answer in asked:
        terminal.wait_for(question)
        terminal.type(f"{answer}\n")
    code, screen, _ = terminal.end()
    file = tmp_path / "config" / "wacb" / "config.toml"
    assert (code, " ".join(screen.split("\n"))) == (
        0,
        "You'll find these values in the Kaleyra console. "
        "Credentials are saved only after they have been verified. "
        + "".join(f"{question}{answer.replace(API_KEY, '')} " for question, answer in asked)
        + "Credentials verified "
        f"Saved account 'default' to {file} (plain text, readable only by you) "
        "next: wacb setup ",
    )
    assert f'api_key = "{API_KEY}"' in file.read_text()


def test_number_and_profile_are_chosen(on_terminal, env: dict[str, str]):
    made = shell(f"{CREATE} -q", env).out.strip()
    terminal = on_terminal("number", "attach")
    terminal.wait_for("Number: ")
    assert f"\r\n2  {TWO}  Sandbox Two    approved  none\r\n" in terminal.seen
    terminal.type("1\n")
    terminal.wait_for("Profile: ")
    assert f"\r\n1  {TITLE}  active  {made}\r\n" in terminal.seen
    terminal.type("1\n")
    code, screen, _ = terminal.end()
    assert (code, screen.partition("Profile: 1\n")[2]) == (
        0,
        f"✓ Attached profile {TITLE} ({made}) to\nnumber {ONE}\nverified:  ✓ true\n{undo()}\n",
    )


@pytest.mark.parametrize(
    ("line", "question"),
    [(("template",), "delete): "), (("config", "set", "api_key"), "API key: ")],
    ids=["prompt", "hidden prompt"],
)
def test_ctrl_c_at_a_prompt(on_terminal, line: tuple[str, ...], question: str):
    terminal = on_terminal(*line)
    terminal.wait_for(question)
    time.sleep(0.02)  # the question may show a moment before input is read
    terminal.type("\x03")
    code, screen, _ = terminal.end()
    assert code == 130
    assert re.search(r": (\^C)?\nerror: interrupted\n\Z", screen)


def test_a_terminal_gets_a_table(on_terminal):
    code, screen, _ = on_terminal("number", "list").end()
    assert (code, screen.splitlines()[:2]) == (
        0,
        [
            "NUMBER        NAME           STATUS      PROFILE  ENDPOINT",
            f"{ONE}  Sandbox One    ✓ approved",
        ],
    )


@pytest.mark.parametrize("width", sampled([40, 80, 200], every=3))
def test_a_table_fits_the_terminal(env: dict[str, str], on_terminal, width: int):
    del env["COLUMNS"]
    shell(f"{CREATE}; {CREATE} --title 'Another one of a longer title, not too long'", env)
    code, screen, _ = on_terminal("profile", "list", size=(24, width)).end()
    lines = screen.splitlines()
    assert code == 0
    assert max(map(len, lines)) <= max(width, len("SG_") + 36)  # an ID is never cut
    assert len(ID.findall(screen)) == 1


@pytest.mark.parametrize(
    ("changes", "colored"),
    [
        ({}, True),
        pytest.param({"NO_COLOR": "1"}, False, marks=pytest.mark.thorough),
        pytest.param({"NO_COLOR": "1", "FORCE_COLOR": "1"}, False, marks=pytest.mark.thorough),
    ],
    ids=["plain", "NO_COLOR", "both"],
)
def test_color_is_for_a_terminal_that_wants_it(
    env: dict[str, str], on_terminal, changes: dict[str, str], colored: bool
):
    del env["NO_COLOR"]
    env |= changes
    assert shell(CREATE, env).code == 0
    code, screen, _ = on_terminal("profile", "list").end()
    assert (code, "\x1b[1mID" in screen, "\x1b[" in screen) == (0, colored, colored)
    assert "\x1b[" not in shell("wacb profile list", env).out
    forced = shell("wacb profile list -o table --color always", env).out
    assert "\x1b[1mID" in forced


@pytest.fixture
def busy(env: dict[str, str]) -> Iterator[list[str]]:
    """Ten numbers of a slow emulator, and a profile for them on the environment's account."""
    store = Store(":memory:")
    numbers = [f"+1555020{n:04}" for n in range(10)]
    store.add_numbers((number, "Shop", "approved") for number in numbers)
    sandbox = Sandbox(store)
    sandbox.add_fault("slow:100%,PUT")
    with serving(sandbox, slow=0.15) as address:
        del env["WACB_SANDBOX"], env["COLUMNS"]
        env |= {**LIVE, "WACB_BASE_URL": f"http://{address}"}
        assert shell(CREATE, env).code == 0
        yield numbers


def test_a_progress_bar_follows_the_terminal_and_is_gone_at_the_end(on_terminal, busy: list[str]):
    line = ("number", "attach", *busy, "--profile", TITLE, "--jobs", "1")
    terminal = on_terminal(*line, size=(24, 120))
    terminal.wait_for("2/10")
    terminal.resize(60)
    code, screen, _ = terminal.end()
    assert code == 0
    bar, _, rest = screen.rpartition("\x1b[2K")  # the bar's line is wiped
    assert "/10" in bar
    assert "/10" not in rest
    assert [rest.count(number) for number in busy] == [1] * 10
    assert max(map(len, rest.splitlines())) <= 60


def test_ctrl_c_under_a_progress_bar_reports_what_was_done(on_terminal, busy: list[str]):
    line = ("number", "attach", *busy, "--profile", TITLE, "--jobs", "1")
    terminal = on_terminal(*line, size=(24, 120))
    terminal.wait_for("2/10")
    terminal.type("\x03")
    code, screen, _ = terminal.end()
    assert code == 130
    assert "finishing requests in progress; press Ctrl-C again to abort\n" in screen
    assert re.search(r"\nerror: interrupted: \d attached, \d not tried\nhint: run the same", screen)


def test_a_closed_pipe_is_quiet(env: dict[str, str]):
    outcome = shell(
        f"{CREATE} -q; wacb profile list | head -1; wacb template --method post | true", env
    )
    made, listed = outcome.out.splitlines()
    assert listed == f"{made}\t{TITLE}\tPOST\t{HOOK}\tactive\t14/14"
    assert (outcome.code, outcome.err) == (0, "")


@pytest.mark.parametrize(
    ("script", "outcome"),
    [
        ("wacb template <&-", missing("--method")),
        (
            "wacb --sandbox profile list -o table >&-",
            done(
                err="no callback profiles; create one with "
                "`wacb --sandbox profile create --method post`"
            ),
        ),
        ("wacb config show >&-", done()),
        ("wacb template 2>&-", Outcome(code=2, out="", err="")),
        ("wacb nosuch 2>/dev/full", Outcome(code=2, out="", err="")),
        ("wacb profile 2>/dev/full", Outcome(code=2, out="", err="")),
        ("wacb --help >/dev/full", failed(1, "cannot write to stdout: No space left on device")),
        (
            "wacb template --method get >/dev/full",
            failed(1, "cannot write to stdout: No space left on device"),
        ),
        (f"{CREATE} -q 2>&-", done("ID")),
    ],
)
def test_a_stream_that_is_closed_is_no_terminal(env: dict[str, str], script: str, outcome: Outcome):
    found = shell(script, env)
    assert Outcome(code=found.code, out=ID.sub("ID", found.out), err=found.err) == outcome


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda n: n.name)
def test_serve_ends_well_on_a_signal(env: dict[str, str], number: signal.Signals):
    process = subprocess.Popen(
        [*WACB, "sandbox", "serve"], env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout is not None
    assert process.stdout.readline().startswith(b'{"event": "ready", "url": "http://127.0.0.1:')
    process.send_signal(number)
    assert process.communicate(timeout=SECONDS) == (b"", b"")
    assert process.returncode == 0

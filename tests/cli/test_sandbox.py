"""`wacb --sandbox`, and `wacb sandbox serve | reset | demo`."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import threading
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import replace
from io import StringIO
from pathlib import Path
from urllib.request import Request, urlopen

import pytest

from tests.cli.conftest import ReadyLine, Screen, writes
from tests.cli.expect import (
    CREATE,
    MEMBERS,
    NINE,
    ONE,
    TITLE,
    as_json,
    attachment_row,
    done,
    failed,
    row,
    table,
)
from tests.conftest import Outcome, Wacb, invoke, profile_id
from tests.sandbox.shells import serving
from wacb.cli import root
from wacb.cli.app import App
from wacb.sandbox.account import API_KEY, SID, WABA_ID
from wacb.sandbox.contract import KNOWN
from wacb.sandbox.emulator import Sandbox
from wacb.sandbox.store import Store

UNDO = f"to undo: wacb --sandbox number rollback {ONE}"


def test_the_main_job_runs_without_an_account(wacb: Wacb):
    assert wacb("--sandbox", *CREATE, "-q") == done(profile_id(1))
    outcome = wacb("--sandbox", "number", "attach", ONE, "--profile", profile_id(1))
    assert outcome == done(attachment_row(ONE, "attached", "", profile_id(1)), UNDO)
    assert wacb("--sandbox", "profile", "list") == done(row())


@pytest.mark.parametrize("value", ["1", "true", "yes", "on"])
def test_a_variable_selects_it_as_well(wacb: Wacb, sandbox: Sandbox, value: str):
    # whatever account there is besides
    env = {"WACB_SANDBOX": value, "WACB_SID": "HX1", "WACB_BASE_URL": "https://other.example"}
    assert wacb(*CREATE, "-q", env=env) == done(profile_id(1))
    assert wacb("profile", "list", env=env | {"WACB_SANDBOX": "0"}).code == 3


def test_its_waba_id_is_the_sandbox_own_unless_given(wacb: Wacb, home: Path):
    assert wacb("config", "set", "waba_id", "77", "--account", "a").code == 0
    show = ("--sandbox", "number", "show", NINE)
    assert wacb(*show) == done(
        table(NINE, "Sandbox Nine", "pending", "", "v2", WABA_ID, "", "", "")
    )
    note = f"note: the API does not show which profile number {NINE} has attached"
    assert wacb(*show, "--waba-id", "") == done(
        table(NINE, "Sandbox Nine", "pending", "", "v1", "", "", "", ""), note
    )
    assert wacb(*show, env={"WACB_WABA_ID": "78"}) == wacb(*show)
    assert wacb(*show, env={"WACB_WABA_ID": "none"}) == wacb(*show, "--waba-id", "none")
    assert wacb(*show, "--waba-id", "78").code == 5


def test_the_sandbox_and_another_host_exclude_each_other(wacb: Wacb):
    line = ("--sandbox", "profile", "list", "--base-url", "https://api.example")
    assert wacb(*line) == failed(2, "--sandbox and --base-url cannot be used together")


def stored(home: Path, *line: str) -> Outcome:
    """Run a command on the sandbox in the state folder of this home."""
    out, err = StringIO(), StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        code = root.run(list(line), App(environ={"HOME": str(home)}))
    return Outcome(code=code, out=out.getvalue(), err=err.getvalue())


def test_its_state_is_kept_between_commands(home: Path):
    created = stored(home, "--sandbox", *CREATE, "-q")
    assert re.fullmatch(r"SG_[0-9a-f-]{36}\n", created.out)
    assert stored(home, "--sandbox", "profile", "list", "-q") == created
    file = home / ".local" / "state" / "wacb" / "sandbox.sqlite3"
    assert (file.stat().st_mode & 0o777, file.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert stored(home, "sandbox", "reset") == done(err="Sandbox reset")
    assert stored(home, "--sandbox", "profile", "list", "-q") == done()


def test_a_state_file_that_is_damaged_is_named(home: Path):
    file = home / ".local" / "state" / "wacb" / "sandbox.sqlite3"
    file.parent.mkdir(parents=True)
    file.write_text("no database at all")
    for line in (("--sandbox", "profile", "list"), ("sandbox", "reset")):
        outcome = stored(home, *line)
        message = f"the sandbox cannot use its state file {file}: file is not a database"
        assert outcome == failed(3, message, f"delete it to start over: rm {file}")
    assert file.read_text() == "no database at all"


ON_STATE = (
    ("--sandbox", "profile", "list"),
    ("sandbox", "reset"),
    ("sandbox", "message", "--to", ONE),
)


@pytest.mark.parametrize("line", ON_STATE, ids=" ".join)
def test_pages_that_are_damaged_are_named(home: Path, line: tuple[str, ...]):
    file = home / ".local" / "state" / "wacb" / "sandbox.sqlite3"
    assert stored(home, "--sandbox", *CREATE).code == 0
    pages = file.read_bytes()
    file.write_bytes(pages[:8192] + b"\xff" * (len(pages) - 8192))
    message = f"the sandbox cannot use its state file {file}: database disk image is malformed"
    assert stored(home, *line) == failed(3, message, f"delete it to start over: rm {file}")


@pytest.mark.parametrize("line", [("--sandbox", *CREATE), ("sandbox", "reset")])
@pytest.mark.parametrize("open", [False, True], ids=["opening", "open"])
def test_a_state_that_another_program_uses_is_not_to_be_removed(
    home: Path, monkeypatch: pytest.MonkeyPatch, line: tuple[str, ...], open: bool
):
    monkeypatch.setattr("wacb.sandbox.store._BUSY_SECONDS", 0.01)
    file = home / ".local" / "state" / "wacb" / "sandbox.sqlite3"
    app = App(environ={"HOME": str(home)})
    if open:
        assert app.sandbox
    with Store(file) as other, other.transaction():
        outcome = invoke(app, *line)
    assert outcome == failed(
        7,
        f"{file} is locked by another process",
        f"end or resume that process: `fuser {file}` shows its ID",
    )


def test_a_state_folder_that_is_none_is_named(home: Path):
    home.mkdir()
    (home / ".local").write_text("")
    file = home / ".local" / "state" / "wacb" / "sandbox.sqlite3"
    assert stored(home, "--sandbox", "profile", "list") == failed(
        3,
        f"the sandbox cannot use its state file {file}: Not a directory",
        "check this path, or set XDG_STATE_HOME to another folder",
    )


def test_reset_empties_it(wacb: Wacb, sandbox: Sandbox):
    assert wacb("--sandbox", *CREATE).code == 0
    assert wacb("sandbox", "reset") == done(err="Sandbox reset")
    assert sandbox.requests() == []
    assert wacb("--sandbox", "profile", "list", "-q") == done()


STEPS = f"""\
# Receive callbacks on this machine, like `wacb callback listen`
Listening on URL

# The request body to configure in Kaleyra, with all 14 placeholders
$ wacb template --method post
{as_json(MEMBERS)}

# Create a callback profile with this body, and attach it to a WhatsApp number
$ wacb --sandbox setup --url URL/hook --title demo --number +15550100001 \
--no-verify --allow-http --allow-local
{table("profile", "created", f"'demo' ({profile_id(1)})")}
{table(ONE, "attached", "")}

# A customer sends a WhatsApp message to the number
$ wacb sandbox message --to +15550100001 --text 'Hello, do you open on Sunday?'
{table("wm-1", ONE, "text", "true", "200 in N ms")}

# The message arrived with 14 of 14 fields
1  TIME  POST /hook  text from 15550123456  14/14 fields, 5 empty (normal for text)
   body: Hello, do you open on Sunday?

# Nothing of the demo is kept. To do the same with your account
$ wacb setup
"""
URL = re.compile(r"http://127\.0\.0\.1:[1-9][0-9]*")


def steady(out: str) -> str:
    """The demo's output without what differs between two runs."""
    out = re.sub(r"SG_[0-9a-f-]{36}", profile_id(1), URL.sub("URL", out))
    out = re.sub(r"200 in [0-9.]+ ms", "200 in N ms", out)
    return re.sub(r"(?m)^1  \d\d:\d\d:\d\d  ", "1  TIME  ", out)


def test_the_demo_shows_the_main_job_and_leaves_nothing_behind(
    wacb: Wacb, sandbox: Sandbox, tmp_path: Path
):
    # nor does it look at an account or settings of the user's
    env = {"WACB_SANDBOX": "0", "WACB_CONFIG": "/absent", "WACB_REGION": "nowhere"}
    threads = threading.active_count()
    outcome = wacb("sandbox", "demo", env=env)
    assert replace(outcome, out=steady(outcome.out)) == done(STEPS.removesuffix("\n"), UNDO)
    assert len(set(re.findall(r"SG_[0-9a-f-]{36}", outcome.out))) == 1
    assert sandbox.requests() == []
    assert list(tmp_path.iterdir()) == []
    assert threading.active_count() == threads


class Impatient(Screen):
    """A terminal whose user presses Ctrl-C as soon as a profile is created."""

    def write(self, text: str) -> int:
        if "attached" in text:
            raise KeyboardInterrupt
        return super().write(text)


def test_a_demo_that_is_interrupted_stops(on_screen: Wacb):
    threads = threading.active_count()
    outcome = on_screen("sandbox", "demo", out=Impatient())
    assert (outcome.code, outcome.err) == (130, f"{UNDO}\n\n\x1b[1;31merror:\x1b[0m interrupted\n")
    assert outcome.out.endswith("--no-verify --allow-http --allow-local\n")
    assert threading.active_count() == threads


class Ended(Screen):
    """A terminal, or a pipe, whose user presses Ctrl-C as soon as the emulator is ready."""

    def __init__(self, *, terminal: bool) -> None:
        super().__init__()
        self.terminal = terminal

    def isatty(self) -> bool:
        return self.terminal

    def write(self, text: str) -> int:
        os.kill(os.getpid(), signal.SIGINT)
        return super().write(text)


def served(outcome: Outcome) -> Outcome:
    """The outcome of a serve without its port."""
    return replace(outcome, out=URL.sub("URL", outcome.out), err=URL.sub("URL", outcome.err))


@pytest.mark.parametrize(
    ("form", "terminal"),
    [((), False), (("-o", "json"), False), (("-o", "json"), True)],
    ids=["pipe", "json in a pipe", "json on a terminal"],
)
def test_serve_says_in_json_that_it_is_ready(
    on_screen: Wacb, form: tuple[str, ...], terminal: bool
):
    outcome = on_screen("sandbox", "serve", *form, out=Ended(terminal=terminal))
    account = {"sid": SID, "api_key": API_KEY, "waba_id": WABA_ID}
    assert served(outcome) == done(json.dumps({"event": "ready", "url": "URL", **account}))


def test_serve_tells_a_person_what_to_do_next(on_screen: Wacb):
    outcome = on_screen("sandbox", "serve", out=Ended(terminal=True))
    assert served(outcome) == done(
        "Sandbox listening on URL (Ctrl-C to stop)",
        f"try:\nWACB_SID={SID} WACB_API_KEY={API_KEY} wacb --waba-id {WABA_ID} --base-url URL "
        "number list",
    )


def test_serve_takes_faults(on_screen: Wacb, live: Wacb):
    line = ("sandbox", "serve", "--fault", "401", "--fault", "500:2")
    assert on_screen(*line, out=Ended(terminal=False)).code == 0
    codes = [live("profile", "list").code for _ in range(4)]
    assert codes == [4, 7, 7, 0]


def test_a_fault_that_is_none_is_refused(wacb: Wacb):
    outcome = wacb("sandbox", "serve", "--fault", "418")
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err.startswith("error: --fault 418: '418' is not a valid fault")


def serve_as(contract: str, tmp_path: Path) -> tuple[str, ...]:
    """The command line of an emulator that behaves as this text says."""
    file = tmp_path / "other.toml"
    file.write_text(contract)
    return ("sandbox", "serve", "--contract", str(file))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_serve_behaves_as_a_contract_says(on_screen: Wacb, home: Path, tmp_path: Path):
    shown: list[dict[str, str]] = []
    marks = home / ".local/state/wacb/observed"

    def look(url: str) -> None:
        numbers = f"{url}/v2/{SID}/whatsapp/{WABA_ID}/number"
        with urlopen(Request(numbers, headers={"api-key": API_KEY})) as answer:
            shown.append(json.load(answer)["data"][0])

    port = ("--port", str(free_port()))
    assert on_screen("sandbox", "serve", *port, out=ReadyLine(look)).code == 0
    assert len(list(marks.glob("*.shown"))) == 1
    line = serve_as('number_profile_member = "none"\nnumber_status = "live"', tmp_path)
    assert on_screen(*line, *port, out=ReadyLine(look)).code == 0
    assert list(marks.glob("*.shown")) == []  # now no profile may be taken for unused
    one = {"phone_number": ONE, "name": "Sandbox One"}
    assert shown == [
        {**one, "status": "approved", "callback_profile_id": ""},
        {**one, "status": "live"},
    ]


@pytest.mark.parametrize(
    ("contract", "message", "hint"),
    [
        (
            'attach = "x"',
            "'attach' is not an assumption that the sandbox can change",
            f"choose from: {', '.join(KNOWN)}",
        ),
        (
            'offset_counts = "row"',
            '"row" is not a known value of offset_counts',
            'known values: "rows", "pages"',
        ),
        (
            "titles_repeat = 1",
            "1 is not a known value of titles_repeat",
            "known values: true, false",
        ),
        ("page_cap = 0", "0 is not a known value of page_cap", "known values: 1 to 1000"),
        ("page_cap = true", "true is not a known value of page_cap", "known values: 1 to 1000"),
        (
            'attach_path = "/v3"',
            '"/v3" is not a known value of attach_path',
            "known values: a path like /v1/{sid}/whatsapp/number or "
            "/v2/{sid}/whatsapp/{waba_id}/number/profile",
        ),
        (
            "offset_counts\n",
            "FILE is not valid TOML (line 1)",
            "a key needs = and a value; fix it in an editor",
        ),
    ],
    ids=["key", "word", "type", "number", "yes", "path", "TOML"],
)
def test_a_contract_with_something_unknown_is_refused(
    wacb: Wacb, tmp_path: Path, contract: str, message: str, hint: str
):
    line = serve_as(contract, tmp_path)
    assert wacb(*line) == failed(2, message.replace("FILE", line[-1]), hint)


def test_a_port_that_is_taken_is_refused(wacb: Wacb):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert wacb("sandbox", "serve", "--port", str(port)) == failed(
            7,
            f"cannot listen on port {port} of 127.0.0.1: Address already in use",
            "choose another port, or 0 for any free one",
        )


def test_the_main_job_runs_against_the_served_emulator(sandbox: Sandbox, tmp_path: Path):
    """Over HTTP, with nothing injected: client, server and command line as they are."""
    env = {"HOME": str(tmp_path), "WACB_SID": SID, "WACB_API_KEY": API_KEY}
    with serving(sandbox) as address:
        url = ("--base-url", f"http://{address}", "--waba-id", WABA_ID)
        for line, expected in (
            ((*CREATE, "-q"), done(profile_id(1))),
            (("number", "attach", ONE, "--profile", TITLE, "-q"), done(ONE)),
            (("profile", "list"), done(row())),
        ):
            out, app = StringIO(), App(environ=env)
            with redirect_stdout(out):
                code = root.run([*line, *url], app)
            app.session.close()
            assert Outcome(code=code, out=out.getvalue(), err="") == expected
    assert [request.method for request in writes(sandbox)] == ["POST", "PUT"]

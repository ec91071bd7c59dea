"""The values that TAB offers: what listings and the config file left on this machine."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from tests.cli.expect import CREATE, NINE, ONE, THREE, TITLE, TWO
from tests.conftest import Outcome, Wacb, profile_id
from wacb.cli import root
from wacb.cli.app import App
from wacb.sandbox.account import SID, WABA_ID
from wacb.sandbox.emulator import Sandbox
from wacb.storage.completion_cache import CompletionCache
from wacb.storage.identity import Identity

Tab = Callable[..., list[str]]
NOTHING = Outcome(code=0, out="\n", err="")
CONFIG = """\
default_account = "prod"
[accounts.prod]
sid = "HXPROD01IN"
[accounts.staging]
sid = "HXSTAGING01IN"
"""


def at(monkeypatch: pytest.MonkeyPatch, typed: str, shell: str = "fish") -> None:
    """Set what click's script for a shell sets at the end of a line."""
    line = f"wacb {typed}"
    *before, last = line.split(" ")
    values = {
        "bash": ("\n".join((*before, last)), str(len(before))),
        "zsh": (line, str(len(before))),
        "fish": (line, last),
    }
    monkeypatch.setenv("_WACB_COMPLETE", f"{shell}_complete")
    for name, value in zip(("COMP_WORDS", "COMP_CWORD"), values[shell], strict=True):
        monkeypatch.setenv(name, value)


@pytest.fixture
def pressed(live: Wacb, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Outcome]:
    """Press TAB at the end of what is typed."""

    def press(typed: str, shell: str = "fish", env: Mapping[str, str] | None = None) -> Outcome:
        with monkeypatch.context() as patch:
            at(patch, typed, shell)
            return live(env=env)

    return press


@pytest.fixture
def tab(pressed: Callable[..., Outcome]) -> Tab:
    """What TAB offers, each with its help after a tabulator."""

    def offered(typed: str, **how: Any) -> list[str]:
        outcome = pressed(typed, **how)
        assert (outcome.code, outcome.err) == (0, "")
        return [line.removeprefix("plain,") for line in outcome.out.splitlines() if line]

    return offered


def config(home: Path, text: str = CONFIG) -> Path:
    path = home / ".config" / "wacb" / "config.toml"
    path.parent.mkdir(parents=True)
    path.write_text(text)
    return path


def listed(home: Path, sid: str = SID, **other: Any) -> CompletionCache:
    account = Identity(host="api.ap.kaleyra.io", sid=sid, waba_id=WABA_ID)._replace(**other)
    return CompletionCache(home / ".local" / "state" / "wacb", account=account)


# -- profiles

REFERENCES = [
    "profile show ",
    "profile update ",
    "profile delete ",
    "profile check ",
    "number attach --profile ",
    "number attach --if-current ",
    "number add --profile ",
    "verify --profile ",
    "callback send --profile ",
    "config set profile ",
]


@pytest.mark.parametrize("typed", REFERENCES)
def test_titles_and_ids_of_the_last_listing_are_offered(live: Wacb, tab: Tab, typed: str):
    assert live(*CREATE).code == 0
    assert live(*CREATE, "--title", "Second one").code == 0
    assert tab(typed) == []
    assert live("profile", "list").code == 0
    first, second = f"{TITLE}\t{profile_id(1)}", f"Second one\t{profile_id(2)}"
    ids = [f"{profile_id(1)}\t{TITLE}", f"{profile_id(2)}\tSecond one"]
    assert sorted(tab(typed)) == sorted([first, second, *ids])
    assert tab(f"{typed}Sec") == [second]
    assert sorted(tab(f"{typed}SG_")) == ids


@pytest.mark.parametrize("part", [("--title", "in"), ("--status", "active"), ("--limit", "9")])
def test_a_partial_listing_is_not_cached(live: Wacb, tab: Tab, part: tuple[str, str]):
    assert live(*CREATE).code == 0
    assert live("profile", "list", *part).code == 0
    assert tab("profile show ") == []


def test_a_title_of_two_profiles_is_not_offered(home: Path, tab: Tab):
    listed(home).store("profiles", {"IN_1": "Twin", "IN_2": "Twin", "IN_3": "Single"})
    assert tab("profile show ") == ["Single\tIN_3", "IN_1\tTwin", "IN_2\tTwin", "IN_3\tSingle"]


STRANGE = ["-x", " x", "a,b", "a\nb", "a\x1b[31mb", "a\ud800b", "a$(b)", "a'b", "a\\b", "***", ""]


@pytest.mark.parametrize("title", STRANGE)
def test_values_that_a_shell_would_interpret_are_not_offered(home: Path, tab: Tab, title: str):
    listed(home).store("profiles", {"IN_1": title, "IN_2;id": "Other"})
    (shown,) = tab("profile show I")
    assert shown.partition("\t")[0] == "IN_1"
    assert tab("profile show ") == ["Other\tIN_2;id", shown]


def test_unprintable_help_is_left_out(home: Path, tab: Tab):
    listed(home).store("profiles", {"IN_1": "red\x1b[31m", "IN_2": "a, b"})
    assert tab("profile show IN") == ["IN_1", "IN_2\ta; b"]  # fish's script cuts at a comma


def test_values_already_on_the_line_are_not_offered_again(home: Path, tab: Tab):
    listed(home).store("profiles", {"IN_1": "First", "IN_2": "Second"})
    offered = ["Second\tIN_2", "IN_1\tFirst", "IN_2\tSecond"]
    assert tab("profile check First ") == offered
    assert tab("profile check First ", shell="bash") == ["Second", "IN_1", "IN_2"]


# -- numbers

NUMBERS = [
    "number show ",
    "number attach ",
    "number detach ",
    "number history ",
    "number rollback ",
    "number confirm ",
    "verify ",
    "sandbox message --to ",
    "config set number ",
]


@pytest.mark.parametrize("typed", NUMBERS)
def test_numbers_of_the_last_listing_are_offered(live: Wacb, tab: Tab, typed: str):
    assert tab(typed) == []
    sandbox = ["--sandbox"] * typed.startswith("sandbox")
    assert live(*sandbox, "number", "list").code == 0
    assert [line.partition("\t")[0] for line in tab(typed)] == [ONE, TWO, THREE, NINE]
    assert tab(f"{typed}{NINE}") == tab(f"{typed}{NINE[1:]}") == [f"{NINE}\tSandbox Nine"]


def test_a_number_has_a_name_or_no_help(home: Path, tab: Tab):
    listed(home).store("numbers", {ONE: "Shop", TWO: ""})
    assert tab("number show ") == [f"{ONE}\tShop", TWO]


def test_messages_go_to_numbers_of_the_sandbox(home: Path, tab: Tab):
    listed(home, host="sandbox.localhost").store("numbers", {ONE: ""})
    listed(home, "HXOTHER01IN").store("numbers", {TWO: ""})
    env = {"WACB_SID": "HXOTHER01IN"}
    assert tab("sandbox message --to ", env=env) == tab("--sandbox number show ", env=env) == [ONE]
    assert tab("number show ", env=env) == [TWO]


def test_a_sandbox_reset_clears_its_cache(live: Wacb, home: Path, tab: Tab):
    listed(home, "HXOTHER01IN").store("numbers", {TWO: ""})
    assert live("--sandbox", "number", "list").code == 0
    assert live("sandbox", "reset").code == 0
    assert tab("--sandbox number show ") == []
    assert tab("number show ", env={"WACB_SID": "HXOTHER01IN"}) == [TWO]


# -- accounts and the config file


@pytest.mark.parametrize("typed", ["--account ", "number list --account "])
def test_accounts_of_the_config_file_are_offered(home: Path, tab: Tab, typed: str):
    config(home)
    assert tab(typed) == ["prod\tthe default account", "staging"]
    assert tab(f"{typed}st") == ["staging"]


def test_the_values_of_a_key_are_offered(home: Path, tab: Tab):
    config(home)
    assert tab("config set default_account p") == ["prod\tthe default account"]
    assert tab("config set region ") == ["in", "sg", "eu", "na"]
    assert tab("profile create --encrypt AES-1") == [
        "AES-128-CFB",
        "AES-128-GCM",
        "AES-192-CFB",
        "AES-192-GCM",
    ]
    assert tab("config set endpoint ") == []


def test_another_config_file_is_read(home: Path, tab: Tab, tmp_path: Path):
    config(home)
    other = tmp_path / "other.toml"
    other.write_text("[accounts.other]\n")
    assert tab(f"--config {other} --account ") == ["other"]


@pytest.mark.parametrize(
    ("typed", "env", "number"),
    [
        ("number show ", {}, ONE),
        ("--account staging number show ", {}, TWO),
        ("number show --account staging ", {}, TWO),
        ("number show ", {"WACB_ACCOUNT": "staging"}, TWO),
        ("number show ", {"WACB_SID": "HXSTAGING01IN"}, TWO),
        ("number show ", {"WACB_SANDBOX": "1"}, THREE),
        ("--sandbox number show ", {}, THREE),
        ("--base-url http://localhost:1 number show ", {}, NINE),
    ],
)
def test_values_are_those_of_the_account_in_use(
    home: Path, tab: Tab, typed: str, env: dict[str, str], number: str
):
    config(home)
    for sid, one in (("HXPROD01IN", ONE), ("HXSTAGING01IN", TWO)):
        for waba_id in (None, WABA_ID):
            listed(home, sid, waba_id=waba_id).store("numbers", {one: ""})
    listed(home, host="sandbox.localhost").store("numbers", {THREE: ""})
    listed(home, "HXPROD01IN", host="localhost:1").store("numbers", {NINE: ""})
    assert tab(typed, env={"WACB_SID": "", **env}) == [number]


# -- files

FILES = [
    "plan -f ",
    "apply --file ",
    "number attach --from ",
    "profile create --body-file ",
    "profile update x --body-file ",
    "profile create --encrypt-key-file ",
    "callback send --body-file ",
    "callback send --encrypt-key-file ",
    "callback decode ",
    "callback decode --decrypt ",
    "callback listen --decrypt ",
    "config init --api-key-file ",
    "config set api_key --api-key-file ",
    "--config ",
]


@pytest.mark.parametrize("typed", FILES)
def test_the_shell_offers_its_files(tab: Tab, typed: str):
    assert tab(f"{typed}x") == ["file,x"]


def test_the_shell_offers_its_folders(tab: Tab):
    assert tab("callback listen --save x") == ["dir,x"]


# -- how each shell takes it


@pytest.mark.parametrize(
    ("shell", "typed", "offered"),
    [
        ("bash", "profile show Inc", r"plain,Incoming\\ messages"),
        ("bash", 'profile show "Inc', "plain,Incoming messages"),
        ("bash", "profile show 'Inc", "plain,Incoming messages"),
        ("bash", "verify --profile =", "plain,support"),
        ("bash", "verify --profile = sup", "plain,support"),
        ("bash", "--base-url http : //127.0.0.1 : 1 profile show su", "plain,support"),
        ("zsh", "profile show Inc", "plain\nIncoming messages\nIN_0001"),
        ("zsh", "verify --profile=Inc", "plain\n--profile=Incoming messages\nIN_0001"),
        ("zsh", "profile show x=Inc", ""),
        ("fish", "profile show Inc", "plain,Incoming messages\tIN_0001"),
        ("fish", "verify --profile=Inc", "plain,--profile=Incoming messages\tIN_0001"),
    ],
)
def test_each_shell_gets_its_own_format(
    home: Path, pressed: Callable[..., Outcome], shell: str, typed: str, offered: str
):
    for host in ("api.ap.kaleyra.io", "127.0.0.1:1"):
        cache = listed(home, host=host)
        cache.store("profiles", {"IN_0001": "Incoming messages", "IN_0002": "support"})
    outcome = pressed(typed, shell=shell)
    assert (outcome.code, outcome.err) == (0, "")
    assert offered in outcome.out.rstrip("\n")
    assert offered or outcome.out == "\n"


# -- nothing that could disturb a line


def broken_config(home: Path) -> None:
    config(home, "[accounts\n")


def open_config(home: Path) -> None:
    config(home, '[accounts.a]\napi_key = "synthetic-key"\n').chmod(0o644)


def folder_as_config(home: Path) -> None:
    (home / ".config" / "wacb" / "config.toml").mkdir(parents=True)


def several_accounts(home: Path) -> None:
    config(home, '[accounts.a]\nsid = "HXA"\n[accounts.b]\nsid = "HXB"\n')


def file_as_state(home: Path) -> None:
    (home / ".local").mkdir(parents=True)
    (home / ".local" / "state").touch()


def folder_as_memory(home: Path) -> None:
    (home / ".local" / "state" / "wacb" / "listed.json").mkdir(parents=True)


def damaged_memory(home: Path) -> None:
    (home / ".local" / "state" / "wacb").mkdir(parents=True)
    (home / ".local" / "state" / "wacb" / "listed.json").write_bytes(b"\xff{")


def nothing(home: Path) -> None:
    pass


QUIET: list[tuple[Callable[[Path], None], str, dict[str, str]]] = [
    (broken_config, "--account ", {}),
    (broken_config, "config set default_account ", {}),
    (open_config, "--account ", {}),
    (folder_as_config, "--account ", {}),
    (several_accounts, "number show ", {"WACB_SID": ""}),
    (file_as_state, "number show ", {}),
    (folder_as_memory, "number show ", {}),
    (damaged_memory, "profile show ", {}),
    (nothing, "--account ", {}),
    (nothing, "--config /nowhere --account ", {}),
    (nothing, "--account nobody number show ", {}),
    (nothing, "number show ", {"WACB_ACCOUNT": "nobody"}),
    (nothing, "number show ", {"WACB_SID": "not a SID"}),
    (nothing, "number show ", {"WACB_SANDBOX": "perhaps"}),
    (nothing, "callback listen --wait forever --port many --hos=", {}),
]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
@pytest.mark.parametrize("case", range(len(QUIET)), ids=lambda n: f"{QUIET[n][0].__name__}-{n}")
def test_an_error_prints_nothing_at_a_tab(
    home: Path, pressed: Callable[..., Outcome], case: int, shell: str
):
    prepare, typed, env = QUIET[case]
    prepare(home)
    assert pressed(typed, shell=shell, env=env) == NOTHING


@pytest.mark.parametrize(
    "environ",
    [
        {"_WACB_COMPLETE": "bash_complete"},
        {"_WACB_COMPLETE": "ksh_complete", "COMP_WORDS": "wacb ", "COMP_CWORD": "1"},
        {"_WACB_COMPLETE": "zsh_complete", "COMP_WORDS": "wacb ", "COMP_CWORD": "one"},
        {"_WACB_COMPLETE": "zsh_complete", "COMP_WORDS": "wacb --config \udcff", "COMP_CWORD": "2"},
        {"_WACB_COMPLETE": "bash_complete", "COMP_WORDS": "wacb\n--account\n'", "COMP_CWORD": "2"},
    ],
)
def test_a_strange_line_is_not_an_error(
    wacb: Wacb, monkeypatch: pytest.MonkeyPatch, environ: dict[str, str]
):
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    assert wacb() == NOTHING


class Interrupted(dict[str, str]):
    """An environment in which somebody presses Ctrl-C."""

    def get(self, *_: object) -> str:
        raise KeyboardInterrupt


def test_ctrl_c_prints_nothing_at_a_tab(monkeypatch: pytest.MonkeyPatch):
    at(monkeypatch, "--account ")
    result = CliRunner().invoke(root, [], obj=App(environ=Interrupted()))
    assert (result.exit_code, result.output) == (0, "\n")


def test_a_tab_sends_no_request_and_runs_no_program(
    home: Path, tmp_path: Path, sandbox: Sandbox, tab: Tab
):
    config(home, f'[accounts.a]\napi_key_command = ["touch", "{tmp_path / "run"}"]\n')
    listed(home).store("profiles", {"IN_1": "One"})
    for typed in (*REFERENCES, *NUMBERS, "--account "):
        tab(typed, env={"WACB_API_KEY": ""})
    assert sandbox.requests() == []
    assert not (tmp_path / "run").exists()


HEAVY = {"httpx", "rich", "cryptography", "uvicorn", "sqlite3"}


@pytest.mark.parametrize("typed", ["number attach --profile ", "profile show ", "--account "])
def test_a_tab_loads_no_heavy_library(home: Path, monkeypatch: pytest.MonkeyPatch, typed: str):
    config(home)
    listed(home, "HXPROD01IN", waba_id=None).store("profiles", {"prod": "One"})
    at(monkeypatch, typed)
    code = (
        "import atexit, sys; from wacb.__main__ import main;"
        f"atexit.register(lambda: print(sorted({HEAVY} & sys.modules.keys()))); main()"
    )
    environ = {"HOME": str(home), **os.environ}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environ, capture_output=True, text=True, check=True
    )
    assert (done.stdout.splitlines()[-1], done.stderr) == ("[]", "")
    assert "prod" in done.stdout

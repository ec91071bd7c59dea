"""Text of files, stdin, commands, variables and prompts: one reading for every way in."""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.cli.conftest import attached, writes
from tests.cli.expect import BODY, CREATE, HOOK, ONE
from tests.conftest import LIVE, Outcome, Wacb
from tests.examples import pairs
from tests.field.seeding import check_names, seed, stored
from wacb.sandbox.account import API_KEY, SID, WABA_ID
from wacb.sandbox.emulator import Sandbox

KEYLESS = {"WACB_SID": SID, "WACB_WABA_ID": WABA_ID}
MANIFEST = f'[profiles.hook]\ntitle = "Hook"\nmethod = "post"\nurl = "{HOOK}"\n'
CONFIG = f'[accounts.shop]\nsid = "{SID}"\napi_key = "{API_KEY}"\n'
KEY = 'algorithm = "AES-128-CFB"\nkey = "0123456789abcdef"\niv = "fedcba9876543210"\n'
CALLBACK = '{"body": "Hi",\n"wanumber": "+15550100001"}\n'
ENCRYPT = ("--encrypt", "AES-128-CFB", "--encrypt-key-file")


class Way(NamedTuple):
    """A way in: what is written there, the command line, and the sign that it was understood."""

    text: str
    line: Callable[[str], Sequence[str]]
    understood: Callable[[Wacb, Sandbox, Outcome], bool]
    env: dict[str, str] = LIVE


def key_works(wacb: Wacb, sandbox: Sandbox, outcome: Outcome) -> bool:
    return wacb("profile", "list", env=KEYLESS).code == 0


def ok(wacb: Wacb, sandbox: Sandbox, outcome: Outcome) -> bool:
    return outcome.code == 0


FILES: dict[str, Way] = {
    "API key": Way(
        f"{API_KEY}\n",
        lambda file: ("config", "set", "api_key", "--account", "shop", "--api-key-file", file),
        key_works,
        {},
    ),
    "config": Way(CONFIG, lambda file: ("profile", "list", "--config", file), ok, {}),
    "encryption file": Way(
        KEY,
        lambda file: (*CREATE, *ENCRYPT, file),
        lambda wacb, sandbox, _: stored(sandbox)[0]["enc"]["key"] == "0123456789abcdef",
    ),
    "body": Way(
        BODY.replace(",", ",\n") + "\n",
        lambda file: (*CREATE, "--body-file", file),
        lambda wacb, sandbox, _: stored(sandbox)[0]["body"] == BODY,
    ),
    "list": Way(
        f"# ours\n{ONE}\n",
        lambda file: ("number", "attach", "--profile", "Seeded hook", "--from", file),
        lambda wacb, sandbox, _: attached(sandbox, ONE) != "",
    ),
    "wacb.toml": Way(
        MANIFEST,
        lambda file: ("apply", "--yes", "-f", file),
        lambda wacb, sandbox, _: stored(sandbox)[-1]["title"] == "Hook",
    ),
    "callback": Way(
        CALLBACK,
        lambda file: ("callback", "decode", "-q", file),
        lambda wacb, sandbox, outcome: outcome.out == "message\n",
    ),
}
STDIN = {"API key": "--api-key-stdin", "body": "-", "list": "-", "wacb.toml": "-", "callback": "-"}
SPELLED: dict[str, Callable[[str], bytes]] = {
    "a byte order mark": lambda text: text.encode("utf-8-sig"),
    "CR LF": lambda text: text.replace("\n", "\r\n").encode(),
    "a byte order mark and CR LF": lambda text: text.replace("\n", "\r\n").encode("utf-8-sig"),
    "UTF-16": lambda text: text.replace("\n", "\r\n").encode("utf-16"),
    "UTF-16, big-endian": lambda text: f"\ufeff{text}".encode("utf-16-be"),
    "no line end": lambda text: text.rstrip("\n").encode(),
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder, in which no folder named `~` may turn up."""
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def seed_if_listed(name: str, sandbox: Sandbox) -> None:
    if name == "list":
        seed(sandbox, url=HOOK, body=BODY, title="Seeded hook")


def write(path: Path, data: bytes) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(data)
    path.chmod(0o600)


@pairs(FILES, SPELLED)
def test_a_file_is_read_however_an_editor_saved_it(
    row: str, column: str, wacb: Wacb, sandbox: Sandbox, folder: Path
) -> None:
    way = FILES[row]
    seed_if_listed(row, sandbox)
    write(folder / "file", SPELLED[column](way.text))
    outcome = wacb(*way.line(str(folder / "file")), env=way.env)
    assert outcome.code == 0, outcome
    assert way.understood(wacb, sandbox, outcome)


@pairs(STDIN, SPELLED)
def test_stdin_is_read_like_a_file(row: str, column: str, wacb: Wacb, sandbox: Sandbox) -> None:
    way = FILES[row]
    seed_if_listed(row, sandbox)
    line = [word for word in way.line(STDIN[row]) if word != "--api-key-file"]
    outcome = wacb(*line, env=way.env, input=SPELLED[column](way.text))
    assert outcome.code == 0, outcome
    assert way.understood(wacb, sandbox, outcome)


@pytest.mark.parametrize("name", FILES)
def test_a_tilde_is_the_home_folder(
    name: str, wacb: Wacb, sandbox: Sandbox, folder: Path, home: Path
) -> None:
    way = FILES[name]
    seed_if_listed(name, sandbox)
    write(home / "file", way.text.encode())
    outcome = wacb(*way.line("~/file"), env=way.env)
    assert outcome.code == 0, outcome
    assert way.understood(wacb, sandbox, outcome)
    assert not list(folder.iterdir())


@pytest.mark.parametrize(
    ("env", "flags", "file"),
    [
        pytest.param({"WACB_CONFIG": "~/w.toml"}, (), "w.toml", id="WACB_CONFIG"),
        pytest.param({}, ("--config", "~/w.toml"), "w.toml", id="--config"),
        pytest.param({"XDG_CONFIG_HOME": "~/c"}, (), "c/wacb/config.toml", id="XDG_CONFIG_HOME"),
        pytest.param({"WACB_CONFIG": "{}/w.toml\r"}, (), "w.toml", id="WACB_CONFIG with a CR"),
    ],
)
def test_a_written_file_lands_in_the_home_folder(
    env: dict[str, str], flags: tuple[str, ...], file: str, wacb: Wacb, folder: Path, home: Path
) -> None:
    home.mkdir(exist_ok=True)
    env = {name: value.format(home) for name, value in env.items()}
    set_sid = ("config", "set", "sid", SID, "--account", "shop", *flags)
    assert wacb(*set_sid, env=env).code == 0
    assert SID in (home / file).read_text()
    assert not list(folder.iterdir())


@pytest.mark.parametrize(
    ("line", "env", "file"),
    [
        pytest.param((*CREATE, *ENCRYPT, "~/k.toml"), {}, "k.toml", id="new encryption file"),
        pytest.param(
            (*CREATE, *ENCRYPT[:2]), {"XDG_STATE_HOME": "~/s"}, "s/wacb/keys", id="XDG_STATE_HOME"
        ),
    ],
)
def test_a_new_key_lands_in_the_home_folder(
    line: Sequence[str], env: dict[str, str], file: str, live: Wacb, folder: Path, home: Path
) -> None:
    home.mkdir(exist_ok=True)
    assert live(*line, env=env).code == 0
    assert (home / file).exists()
    assert not list(folder.iterdir())


@pytest.mark.parametrize(
    ("line", "env"),
    [
        (("config", "set", "sid", SID, "--account", "shop"), {"WACB_CONFIG": "~nobody-here/w"}),
        (("number", "attach", "--profile", "Hook", "--from", "~nobody-here/w"), LIVE),
        (("profile", "list"), {"XDG_CONFIG_HOME": "~nobody-here"}),
        ((*CREATE, "--github"), {**LIVE, "GITHUB_OUTPUT": "~nobody-here/w"}),
    ],
    ids=["WACB_CONFIG", "--from", "XDG_CONFIG_HOME", "GITHUB_OUTPUT"],
)
def test_an_unknown_home_is_named(
    line: Sequence[str], env: dict[str, str], wacb: Wacb, folder: Path
) -> None:
    outcome = wacb(*line, env=env)
    assert outcome.code == 3
    check_names(outcome, "~nobody-here")
    assert not list(folder.iterdir())


def authorization(sandbox: Sandbox) -> str:
    scheme, _, pair = stored(sandbox)[0]["headers"]["Authorization"].partition(" ")
    assert scheme == "Basic"
    return b64decode(pair).decode()


BASIC = (*CREATE, "--basic-auth", "me")
FROM_ENV = (*CREATE, "--header-env", "X-Token=TOKEN")
ENDS = {"LF": "\n", "CR LF": "\r\n", "CR": "\r"}
ends = pytest.mark.parametrize("end", ENDS.values(), ids=ENDS)


def apply_headers(folder: Path) -> tuple[str, ...]:
    (folder / "wacb.toml").write_text(MANIFEST + 'headers = { X-Token = "${TOKEN}" }\n')
    return "apply", "--yes"


@ends
def test_one_line_end_of_a_secret_is_dropped(
    end: str, live: Wacb, sandbox: Sandbox, folder: Path
) -> None:
    assert live(*BASIC, env={"WACB_BASIC_AUTH_PASSWORD": f" p w {end}"}).code == 0
    assert authorization(sandbox) == "me: p w "
    sandbox.reset()
    assert live(*FROM_ENV, env={"TOKEN": f"t0ken{end}"}).code == 0
    assert stored(sandbox)[0]["headers"]["X-Token"] == "t0ken"
    sandbox.reset()
    assert live(*apply_headers(folder), env={"TOKEN": f"t0ken{end}"}).code == 0
    assert stored(sandbox)[0]["headers"]["X-Token"] == "t0ken"


BAD_SECRETS = {
    ascii(bad): bad
    for bad in ("pw\n\n", "p\nw", "\npw", "p\tw", "pw\x7f", "p\x1bw", "p\x85w", "p\rw\n", "\n")
}


@pairs(BAD_SECRETS, ["password", "header", "wacb.toml", "API key"])
def test_another_control_character_in_a_secret_is_refused(
    row: str, column: str, live: Wacb, sandbox: Sandbox, folder: Path
) -> None:
    line: Sequence[str]
    if column == "API key":
        line, name = ("profile", "list"), "WACB_API_KEY"
    elif column == "password":
        line, name = BASIC, "WACB_BASIC_AUTH_PASSWORD"
    else:
        line, name = FROM_ENV if column == "header" else apply_headers(folder), "TOKEN"
    outcome = live(*line, env={name: BAD_SECRETS[row]})
    assert (outcome.code, outcome.out) == (3 if column == "API key" else 2, "")
    if (row, column) != (ascii("\n"), "header"):  # then what names it may be its value
        check_names(outcome, name)
    assert "pw" not in outcome.err
    assert not writes(sandbox)


VARIABLES: dict[str, tuple[str, tuple[str, ...], Callable[[Sandbox, Outcome], Any]]] = {
    "WACB_API_KEY": (API_KEY, ("profile", "list"), lambda *_: True),
    "WACB_SID": (SID, ("profile", "list"), lambda *_: True),
    "WACB_WABA_ID": (WABA_ID, ("number", "list"), lambda _, outcome: ONE in outcome.out),
    "WACB_REGION": ("in", ("profile", "list", "-v"), lambda _, got: "api.in." in got.err),
    "WACB_BASE_URL": ("https://a.example", ("profile", "list"), lambda *_: True),
    "WACB_TIMEOUT": ("5", ("profile", "list"), lambda *_: True),
    "WACB_SANDBOX": ("1", ("profile", "list"), lambda *_: True),
    "WACB_ENDPOINT": (HOOK, CREATE[:4], lambda sandbox, _: stored(sandbox)[1]["url"] == HOOK),
    "WACB_PROFILE": ("Hook", ("number", "attach", ONE), lambda sandbox, _: attached(sandbox, ONE)),
    "WACB_NUMBER": (
        ONE,
        ("number", "attach", "--profile", "Hook"),
        lambda sandbox, _: attached(sandbox, ONE),
    ),
}


@pairs(VARIABLES, ENDS)
def test_a_variable_may_end_like_a_line(
    row: str, column: str, live: Wacb, sandbox: Sandbox
) -> None:
    seed(sandbox, url=HOOK, body=BODY, title="Hook")
    value, line, understood = VARIABLES[row]
    outcome = live(*line, env={row: value + ENDS[column]})
    assert outcome.code == 0, outcome
    assert understood(sandbox, outcome)


@pytest.mark.parametrize(
    "printed",
    ["{}\\r\\n", "{}\\r", "{}\\n", "\\357\\273\\277{}\\n", "{}"],
    ids=["CR LF", "CR", "LF", "byte order mark", "nothing"],
)
def test_what_api_key_command_prints_may_end_like_a_line(
    printed: str, wacb: Wacb, folder: Path
) -> None:
    command = json.dumps(["printf", printed.format(API_KEY)])
    write(folder / "w.toml", f'[accounts.a]\nsid = "{SID}"\napi_key_command = {command}\n'.encode())
    assert wacb("profile", "list", "--config", str(folder / "w.toml")).code == 0


def test_two_lines_are_no_api_key(wacb: Wacb, folder: Path, home: Path) -> None:
    write(folder / "key", b"s3cret-one\ns3cret-two\n")
    outcome = wacb("config", "set", "api_key", "--account", "a", "--api-key-file", "key")
    assert outcome.code == 2
    assert "s3cret" not in outcome.err
    assert not list(home.rglob("config.toml"))

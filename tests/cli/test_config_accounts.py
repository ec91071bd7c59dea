"""`wacb config list | use | remove`, and what is said about a config file."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.cli.expect import done, failed
from tests.conftest import Wacb
from tests.fake_api import Network, answer
from tests.field.accounts import CONFIG, TEST, reached, write


@pytest.fixture
def file(home: Path) -> Path:
    return write(home)


def stored(file: Path) -> dict[str, Any]:
    return tomllib.loads(file.read_text())


def test_list_names_the_accounts_without_their_keys(wacb: Wacb, file: Path):
    outcome = wacb("config", "list", "-o", "json")
    assert json.loads(outcome.out) == [
        {
            "name": "prod",
            "default": True,
            "sid": "HXPROD0000001IN",
            "host": "https://api.in.kaleyra.io",
            "waba_id": "100000000000077",
            "key": "stored",
        },
        {
            "name": "test",
            "default": False,
            "sid": "HXTEST0000001IN",
            "host": "https://test.kaleyra.example",
            "waba_id": None,
            "key": "stored",
        },
        {
            "name": "bare",
            "default": False,
            "sid": "HXBARE0000001IN",
            "host": "https://api.kaleyra.io",
            "waba_id": None,
            "key": "stored",
        },
    ]
    assert wacb("config", "list", "-q") == done("prod\ntest\nbare")


@pytest.mark.parametrize(
    ("text", "listed"),
    [
        ("[accounts.a]\napi_key_command = ['true']\n", [("a", True, "command")]),
        ("[accounts.a]\n[accounts.b]\n", [("a", False, None), ("b", False, None)]),
        ('default_account = "gone"\n[accounts.a]\n', [("a", False, None)]),
    ],
    ids=["the only account", "no default", "a default that is gone"],
)
def test_list_says_which_is_the_default(
    wacb: Wacb, file: Path, text: str, listed: list[tuple[str, bool, str | None]]
):
    file.write_text(text)
    shown = json.loads(wacb("config", "list", "-o", "json").out)
    assert [(each["name"], each["default"], each["key"]) for each in shown] == listed


def test_list_without_accounts(wacb: Wacb):
    assert wacb("config", "list") == done(err="No accounts. Run `wacb config init` to create one.")


def test_use_chooses_the_default(wacb: Wacb, file: Path):
    assert wacb("config", "use", "test") == done(err="'test' is now the default account")
    network = Network(answer([]))
    assert wacb("profile", "list", handler=network).code == 0
    assert reached(network) == [TEST]


def test_use_tells_what_it_does_not_change(wacb: Wacb, file: Path):
    file.write_text("# mine\n" + CONFIG)
    comments = "note: the comments in the config file were removed"
    outcome = wacb("config", "use", "test", env={"WACB_ACCOUNT": "bare"})
    variable = "note: the variable WACB_ACCOUNT still selects 'bare'"
    assert outcome == done(err=f"{comments}\n'test' is now the default account\n{variable}")
    assert wacb("config", "use", "test", env={"WACB_ACCOUNT": "test"}).err.count("\n") == 1


@pytest.mark.parametrize("line", [("use", "tset"), ("remove", "tset", "--yes")], ids=" ".join)
def test_an_account_that_does_not_exist_is_named(wacb: Wacb, file: Path, line: tuple[str, ...]):
    hint = "did you mean test? choose from: bare, prod, test"
    assert wacb("config", *line) == failed(3, f"NAME: account 'tset' not found in {file}", hint)
    assert file.read_text() == CONFIG


def test_remove_asks_and_says_what_stays(
    wacb: Wacb, home: Path, file: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("COLUMNS", "40")
    said = [
        "note: its API key is stored in this file only, and is removed with it",
        f"note: its encryption keys, journal and other records stay in {home}/.local/state/wacb",
    ]
    asked = f"Remove account 'prod' from\n{file}? [y/N] "
    refused = wacb("config", "remove", "prod", tty=True, input="n\n")
    assert (refused.code, file.read_text()) == (9, CONFIG)
    assert refused.err.startswith("\n".join((*said, asked)))
    assert wacb("config", "remove", "prod").code == 9
    removed = wacb("config", "remove", "prod", "--yes")
    said += [
        "Removed account 'prod'",
        "note: there is no default account now; choose one of test, bare",
    ]
    assert removed == done(err="\n".join(said))
    assert stored(file)["accounts"].keys() == {"test", "bare"}
    assert "default_account" not in stored(file)


def test_remove_of_another_account_keeps_the_default(wacb: Wacb, file: Path):
    file.write_text("# mine\n" + CONFIG.replace('api_key = "key-of-test-0001"\n', ""))
    outcome = wacb("config", "remove", "test", "--yes")
    assert (outcome.code, "API key" in outcome.err) == (0, False)
    assert "comments" in outcome.err
    assert outcome.err.endswith("Removed account 'test'\n")
    assert stored(file)["default_account"] == "prod"


@pytest.mark.parametrize("key", ["region", "contract.attach_field"])
def test_set_without_a_config_makes_an_account(wacb: Wacb, home: Path, key: str):
    assert wacb("config", "set", key, "in") == done()
    found = stored(home / ".config/wacb/config.toml")
    if key == "region":
        assert found == {"default_account": "default", "accounts": {"default": {"region": "in"}}}
    else:
        assert found == {"contract": {"attach_field": "in"}}


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("region =", "regoin =", "unknown key 'regoin' in [accounts.prod] is ignored; did you "
         "mean region?"),
        ("base_url =", "base-url =", "unknown key 'base-url' in [accounts.test] is ignored; did "
         "you mean base_url?"),
        ("default_account =", "default =", "unknown key 'default' is ignored; did you mean "
         "default_account?"),
        ("waba_id =", "color =", "unknown key 'color' in [accounts.prod] is ignored"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("line", [("profile", "list", "--account", "prod"), ("config", "list")])
def test_a_key_that_is_not_known_is_named(
    wacb: Wacb, file: Path, line: tuple[str, ...], old: str, new: str, said: str
):
    file.write_text(CONFIG.replace(old, new))
    outcome = wacb(*line, handler=Network(answer([])))
    assert outcome.code == 0
    warnings = [each for each in outcome.err.splitlines() if each.startswith("warning: ")]
    assert warnings == [f"warning: {file}: {said}"]


@pytest.mark.parametrize(
    ("words", "reached_by"),
    [
        pytest.param(("--account", "new", "--sid", "HXNEW00000001IN"), "--account new", id="new"),
        pytest.param(("--sid", "HXBARE0000001IN"), "--account bare", id="found by its SID"),
        pytest.param(("--sid", "HXPROD0000001IN"), "", id="the default"),
    ],
)
def test_the_next_command_reaches_the_account_that_was_stored(
    on_screen: Wacb, file: Path, words: tuple[str, ...], reached_by: str
):
    outcome = on_screen("config", "init", "--no-check", *words)
    assert outcome.code == 0
    assert f"next: wacb {reached_by} setup".replace("  ", " ") in outcome.err
    new = "new" in words
    assert ("wacb config use new" in outcome.err) is new
    assert stored(file)["default_account"] == "prod"

"""The account that is named is the account that is used, whatever else is set."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.cli.expect import CREATE, ONE
from tests.conftest import LIVE, Wacb
from tests.fake_api import Network, answer
from tests.field.accounts import BARE, CONFIG, PROD, TEST, reached, write
from tests.field.altered import FIRST
from wacb.sandbox.emulator import Sandbox

ENVIRON = {"WACB_SID": "HXENV00000001IN", "WACB_API_KEY": "key-of-environ-1"}
FROM_ENV = ("HXENV00000001IN", "key-of-environ-1")


@pytest.fixture
def config(home: Path) -> Path:
    return write(home)


def names(*words: str, env: Mapping[str, str] | None = None) -> dict[str, Any]:
    return {"words": words, "env": env or {}}


@pytest.mark.parametrize(
    ("given", "account"),
    [
        pytest.param(names(), PROD, id="the default account"),
        pytest.param(names("--account", "test"), TEST, id="a flag"),
        pytest.param(names(env={"WACB_ACCOUNT": "test"}), TEST, id="a variable"),
        pytest.param(names("--account", "prod", env={"WACB_ACCOUNT": "test"}), PROD, id="both"),
        pytest.param(names("--account", "prod", env=ENVIRON), PROD, id="over SID and key"),
        pytest.param(
            names("--account", "prod", env={"WACB_SID": "HXENV00000001IN"}), PROD, id="over a SID"
        ),
        pytest.param(
            names("--account", "prod", env={"WACB_API_KEY": "another-key-0001"}), PROD, id="a key"
        ),
        pytest.param(
            names("--account", "prod", env={"WACB_REGION": "eu"}), PROD, id="over a region"
        ),
        pytest.param(
            names("--account", "prod", env={**ENVIRON, "WACB_BASE_URL": "https://env.example"}),
            PROD,
            id="over a base URL",
        ),
        pytest.param(
            names("--account", "bare", env={**ENVIRON, "WACB_BASE_URL": "https://env.example"}),
            BARE,
            id="over a base URL where it has no host",
        ),
        pytest.param(
            names(env={**ENVIRON, "WACB_ACCOUNT": "prod"}),
            (*FROM_ENV, "api.in.kaleyra.io"),
            id="a variable beside variables",
        ),
        pytest.param(names(env=ENVIRON), (*FROM_ENV, "api.in.kaleyra.io"), id="variables alone"),
        pytest.param(names(env={"WACB_ACCOUNT": ""}), PROD, id="an empty variable"),
        # which host: E6
        pytest.param(
            names("--account", "test", "--region", "eu"),
            (*TEST[:2], "api.eu.kaleyra.io"),
            id="a region over the stored base URL",
        ),
        pytest.param(
            names(env={"WACB_ACCOUNT": "test", "WACB_REGION": "eu"}),
            (*TEST[:2], "api.eu.kaleyra.io"),
            id="a variable's region over the stored base URL",
        ),
        pytest.param(
            names("--region", "eu", env={**ENVIRON, "WACB_BASE_URL": "https://env.example"}),
            (*FROM_ENV, "api.eu.kaleyra.io"),
            id="a region over a variable's base URL",
        ),
        pytest.param(
            names(
                env={**ENVIRON, "WACB_BASE_URL": "https://env.example", "WACB_REGION": "eu"}
            ),
            (*FROM_ENV, "env.example"),
            id="a base URL over a region of its level",
        ),
        pytest.param(
            names("--base-url", "https://flag.example", env={**ENVIRON, "WACB_REGION": "eu"}),
            (*FROM_ENV, "flag.example"),
            id="a base URL over a variable's region",
        ),
    ],
)  # fmt: skip
@pytest.mark.parametrize("place", ["before", "after"])
def test_one_account_is_used_throughout(
    wacb: Wacb, config: Path, given: dict[str, Any], account: tuple[str, str, str], place: str
):
    network = Network(answer([]))
    line = ("profile", "list")
    line = (*given["words"], *line) if place == "before" else (*line, *given["words"])
    outcome = wacb(*line, env=given["env"], handler=network)
    assert outcome.code == 0, outcome
    assert reached(network) == [account]


@pytest.mark.parametrize(
    ("words", "env", "waba"),
    [
        pytest.param(("--account", "prod"), {"WACB_WABA_ID": "555"}, "100000000000077", id="flag"),
        pytest.param((), {"WACB_WABA_ID": "555"}, "555", id="variable"),
        pytest.param((), {"WACB_WABA_ID": ""}, "100000000000077", id="empty variable"),
        pytest.param(("--waba-id", "556"), {"WACB_WABA_ID": "555"}, "556", id="WABA flag"),
    ],
)
def test_the_waba_id_goes_with_the_account(
    wacb: Wacb, config: Path, words: tuple[str, ...], env: dict[str, str], waba: str
):
    network = Network(answer([]))
    assert wacb("number", "list", "-q", *words, env=env, handler=network).code == 0
    assert f"/whatsapp/{waba}/number" in network.sent[0].url


def test_no_waba_id_of_the_environment_joins_an_account_without_one(wacb: Wacb, config: Path):
    network = Network(answer({}))
    line = ("--account", "bare", "number", "show", ONE)
    wacb(*line, env={"WACB_WABA_ID": "555"}, handler=network)
    assert all("/v1/HXBARE0000001IN/" in sent.url for sent in network.sent)
    assert network.sent


COMMANDS = [
    pytest.param(
        line,
        id=" ".join(line[:2]),
        marks=() if line[0] == "config" or line[1:2] == ("attach",) else pytest.mark.thorough,
    )
    for line in (
        ("profile", "list"),
        ("profile", "show", FIRST),
        (*CREATE, "--if-not-exists"),
        ("profile", "update", FIRST, "--title", "New"),
        ("profile", "delete", FIRST, "--yes"),
        ("profile", "check"),
        ("number", "list"),
        ("number", "show", ONE),
        ("number", "attach", ONE, "--profile", FIRST),
        ("number", "detach", ONE, "--yes"),
        ("number", "history"),
        ("number", "rollback", ONE, "--yes"),
        ("number", "add", ONE, "--name", "Shop", "--country-code", "1"),
        ("number", "confirm", ONE, "--otp", "123456"),
        ("callback", "send", "--profile", FIRST),
        ("verify", ONE),
        ("export",),
        ("config", "show"),
        ("config", "unset", "region"),
    )
]


@pytest.mark.parametrize("line", COMMANDS)
@pytest.mark.parametrize(
    ("words", "env"),
    [
        pytest.param(("--account", "nowhere"), {}, id="a flag"),
        pytest.param(("--account", "nowhere"), LIVE, id="a flag beside credentials"),
        pytest.param((), {**LIVE, "WACB_ACCOUNT": "nowhere"}, id="a variable beside credentials"),
        pytest.param(("--account", "nowhere", "--sandbox"), {}, id="a flag beside --sandbox"),
        pytest.param(("--account", "nowhere", "--dry-run"), LIVE, id="a dry run"),
        pytest.param(("--account", "Prod"), LIVE, id="another case"),
    ],
)
def test_an_account_that_is_not_there_is_named_and_nothing_sent(
    wacb: Wacb, sandbox: Sandbox, config: Path, line: tuple[str, ...], words: tuple[str, ...],
    env: dict[str, str],
):  # fmt: skip
    writing = line[1:2] in (("update",), ("delete",), ("attach",), ("detach",), ("rollback",))
    if "--dry-run" in words and not writing:
        words = tuple(word for word in words if word != "--dry-run")
    before = config.read_text()
    outcome = wacb(*line, *words, env=env)
    assert (outcome.code, outcome.out if line[0] != "verify" else "") == (3, "")
    assert ("Prod" if "Prod" in words else "nowhere") in outcome.err
    assert "--base-url" not in words
    assert (sandbox.requests(), config.read_text()) == ([], before)


def test_two_hosts_in_one_line_are_refused(wacb: Wacb, sandbox: Sandbox):
    line = ("profile", "list", "--region", "eu", "--base-url", "https://flag.example")
    outcome = wacb(*line, env=ENVIRON)
    assert (outcome.code, sandbox.requests()) == (2, [])
    assert "--region" in outcome.err
    assert "--base-url" in outcome.err


@pytest.mark.parametrize("line", COMMANDS)
def test_of_two_accounts_none_is_guessed(
    wacb: Wacb, sandbox: Sandbox, config: Path, line: tuple[str, ...]
):
    config.write_text(CONFIG.replace('default_account = "prod"', ""))
    outcome = wacb(*line)
    if line[:2] == ("config", "show"):
        return
    assert (outcome.code, sandbox.requests()) == (3, [])
    assert "prod" in outcome.err + outcome.out
    assert "test" in outcome.err + outcome.out

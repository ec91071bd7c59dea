"""`config init` changes one account, keeps what is not given, and sends a key to its own host."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.cli.expect import failed
from tests.conftest import Wacb
from tests.fake_api import Network, answer
from tests.field.accounts import CONFIG, PROD, reached, write


@pytest.fixture
def config(home: Path) -> Path:
    return write(home)


KEY = ("--api-key-file", "key.txt")
CHOOSE = "pass --account NAME to choose one, or to name a new one"


@pytest.fixture
def init(wacb: Wacb, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Wacb:
    """Run `config init` with a file that holds a new key beside it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "key.txt").write_text("new-key-of-a-test\n")

    def run(*words: str, **how: Any) -> Any:
        return wacb("config", "init", *words, handler=Network(answer([])), **how)

    return run


def stored(config: Path) -> dict[str, Any]:
    found: dict[str, Any] = tomllib.loads(config.read_text())
    return found


def test_no_account_is_made_beside_others_without_a_name(init: Wacb, config: Path):
    outcome = init("--sid", "HXNEW00000001IN", *KEY)
    assert config.read_text() == CONFIG
    message = f"no account has this SID in {config}: prod, test, bare"
    assert outcome == failed(2, message, CHOOSE)


def test_one_of_several_accounts_of_a_sid_has_to_be_chosen(init: Wacb, config: Path):
    config.write_text(
        "".join(f'[accounts.{name}]\nsid = "HXNEW00000001IN"\n' for name in ("a", "b", "c"))
    )
    outcome = init("--sid", "HXNEW00000001IN", *KEY)
    message = f"several accounts have this SID in {config}: a, b, c"
    assert outcome == failed(2, message, CHOOSE)


def test_the_account_of_the_same_sid_is_the_one_that_is_meant(init: Wacb, config: Path):
    outcome = init("--sid", PROD[0], *KEY)
    assert outcome.code == 0
    assert "prod" in outcome.err
    assert stored(config)["accounts"].keys() == {"prod", "test", "bare"}
    assert stored(config)["accounts"]["prod"]["api_key"] == "new-key-of-a-test"


@pytest.mark.parametrize("default", ['default_account = "prod"\n', ""], ids=["one", "none"])
def test_a_new_account_does_not_become_the_default(
    init: Wacb, wacb: Wacb, config: Path, default: str
):
    only, _, _ = CONFIG.partition("[accounts.test]")
    config.write_text(default + only.partition("\n")[2])
    assert init("--account", "new", "--sid", "HXNEW00000001IN", *KEY).code == 0
    network = Network(answer([]))
    assert wacb("profile", "list", handler=network).code == 0
    assert reached(network) == [PROD]


MERGED = [
    pytest.param((), {}, id="nothing"),
    pytest.param(("--waba-id", "100000000000088"), {"waba_id": "100000000000088"}, id="WABA ID"),
    pytest.param(("--endpoint", "https://example.com/h"), {"endpoint": "https://example.com/h"},
                 id="endpoint"),
]  # fmt: skip


@pytest.mark.parametrize(("words", "changed"), MERGED)
def test_what_is_not_given_again_stays(
    init: Wacb, config: Path, words: tuple[str, ...], changed: dict[str, str]
):
    text = CONFIG.replace('region = "in"', 'region = "in"\nnumber = "+15550100001"\nnote = "x"')
    config.write_text(text)
    before = stored(config)["accounts"]["prod"]
    assert init("--account", "prod", *words).code == 0
    assert stored(config)["accounts"]["prod"] == {**before, **changed}


@pytest.mark.parametrize(
    ("account", "words"),
    [
        pytest.param("prod", ("--region", "eu"), id="another region"),
        pytest.param("test", ("--region", "eu"), id="a region for a base URL"),
        pytest.param("prod", ("--base-url", "https://other.example"), id="a base URL"),
    ],
)
def test_a_stored_key_goes_to_no_new_host(
    init: Wacb, config: Path, account: str, words: tuple[str, ...]
):
    outcome = init("--account", account, *words)
    assert (outcome.code, config.read_text()) == (2, CONFIG)
    assert "--api-key" in outcome.err
    assert init("--account", account, *words, *KEY).code == 0
    found = stored(config)["accounts"][account]
    assert found["api_key"] == "new-key-of-a-test"
    assert ("base_url" in found, found.get("region")) == (
        ("--base-url" in words), "eu" if "--region" in words else None
    )  # fmt: skip


def test_a_key_takes_the_place_of_a_command(init: Wacb, config: Path):
    config.write_text(CONFIG.replace('api_key = "key-of-prod-0001"', 'api_key_command = ["false"]'))
    assert init("--account", "prod", *KEY).code == 0
    assert "api_key_command" not in stored(config)["accounts"]["prod"]


# -- which account


def test_an_account_without_a_sid_gets_it(init: Wacb, config: Path):
    config.write_text('# mine\n[accounts.only]\nendpoint = "https://example.com/h"\n')
    outcome = init("--sid", "HXNEW00000001IN", *KEY)
    assert (outcome.code, "comments" in outcome.err) == (0, True)
    assert stored(config)["accounts"]["only"]["sid"] == "HXNEW00000001IN"


def test_two_accounts_of_one_sid_are_not_guessed_between(init: Wacb, config: Path):
    config.write_text(CONFIG.replace("HXBARE0000001IN", "HXTEST0000001IN"))
    outcome = init("--sid", "HXTEST0000001IN", *KEY)
    assert (outcome.code, "test, bare" in outcome.err) == (2, True)


def test_without_a_sid_the_default_account_is_meant(init: Wacb, config: Path):
    assert init(*KEY).code == 0
    assert stored(config)["accounts"]["prod"]["api_key"] == "new-key-of-a-test"
    without = CONFIG.replace('default_account = "prod"', "")
    config.write_text(without)
    outcome = init(*KEY)
    assert (outcome.code, config.read_text()) == (3, without)
    assert "--account" in outcome.err


def test_a_flag_keeps_its_account_free_of_the_environment(init: Wacb, config: Path):
    env = {"WACB_SID": "HXENV00000001IN", "WACB_API_KEY": "key-of-env-0001", "WACB_REGION": "eu"}
    before = stored(config)["accounts"]["prod"]
    assert init("--account", "prod", "--waba-id", "9", env=env).code == 0
    assert stored(config)["accounts"]["prod"] == {**before, "waba_id": "9"}


def test_the_v1_api_is_chosen_by_taking_the_waba_id_away(init: Wacb, config: Path):
    assert init("--account", "prod", "--waba-id", "none").code == 0
    assert "waba_id" not in stored(config)["accounts"]["prod"]


# -- on a terminal


def test_the_stored_values_are_the_defaults(init: Wacb, config: Path):
    outcome = init(tty=True, input="\n\n\n\nhttps://example.com/h\n")
    assert outcome.code == 0
    for default in (PROD[0], "in", "100000000000077"):
        assert f"[{default}]: " in outcome.err
    assert "key-of-prod" not in outcome.err
    before = tomllib.loads(CONFIG)["accounts"]["prod"]
    assert stored(config)["accounts"]["prod"] == {**before, "endpoint": "https://example.com/h"}


@pytest.mark.parametrize(
    ("answers", "changed"),
    [
        pytest.param("\n\neu\ntyped-key-0001\n\n\n", {"region": "eu"}, id="a host"),
        pytest.param("HXNEW00000001IN\ntyped-key-0001\n\n\n\n", {"sid": "HXNEW00000001IN"},
                     id="a SID"),
    ],
)  # fmt: skip
def test_another_host_or_sid_asks_for_a_key_of_its_own(
    init: Wacb, config: Path, answers: str, changed: dict[str, str]
):
    outcome = init("--account", "prod", tty=True, input=answers)
    assert outcome.code == 0
    assert f"note: the stored API key belongs to SID {PROD[0]} at https://{PROD[2]}" in outcome.err
    before = tomllib.loads(CONFIG)["accounts"]["prod"]
    new = {**before, **changed, "api_key": "typed-key-0001"}
    assert stored(config)["accounts"]["prod"] == new


class Door:
    """An API that accepts one key."""

    def __init__(self, key: str) -> None:
        self.key = key
        self.tried: list[str] = []

    def __call__(self, method: str, url: str, headers: Any, body: bytes) -> Any:
        self.tried.append(headers["api-key"])
        status = 200 if headers["api-key"] == self.key else 401
        return status, [], iter([b'{"data": []}'])


@pytest.mark.parametrize("wrong", [1, 3, 4])
def test_a_refused_key_is_asked_for_three_times_more(wacb: Wacb, home: Path, wrong: int):
    door = Door("right-key-0001")
    keys = [f"wrong-key-{n}" for n in range(wrong)] + ["right-key-0001"]
    first, *more = keys
    answers = "\n".join(("HXNEW00000001IN", first, "eu", "", "https://example.com/h", *more, ""))
    outcome = wacb("config", "init", tty=True, input=answers, handler=door)
    assert not any(key in outcome.err for key in keys)
    config = home / ".config/wacb/config.toml"
    if wrong > 3:
        assert (outcome.code, door.tried, config.exists()) == (4, keys[:4], False)
        return
    assert (outcome.code, door.tried) == (0, keys)
    assert outcome.err.count("Kaleyra rejected the SID and API key") == wrong
    account = {"sid": "HXNEW00000001IN", "api_key": "right-key-0001", "region": "eu"}
    account |= {"endpoint": "https://example.com/h"}
    assert stored(config)["accounts"] == {"default": account}


def test_a_refused_key_is_not_asked_for_again_off_a_terminal(wacb: Wacb, config: Path):
    door = Door("right-key-0001")
    outcome = wacb("config", "init", "--account", "prod", handler=door)
    assert (outcome.code, door.tried, config.read_text()) == (4, [PROD[1]], CONFIG)

"""Changing the config file: what is kept, what is refused, what is written at once."""

from __future__ import annotations

import stat
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from wacb.config.file import KEYS, has_comment, set_value, unset_value
from wacb.config.schema import CONTRACT_RULES
from wacb.errors import ConfigError, InvalidInput

CANARY = "canary-0123456789"
GOOD = {
    "sid": "HX1",
    "api_key": CANARY,
    "region": "eu",
    "base_url": "https://a.example",
    "waba_id": "1",
    "endpoint": "https://a.example/e",
    "number": "+15550100001",
    "profile": "Incoming",
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "wacb" / "config.toml"


def read(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8"))


def start(path: Path, text: str) -> str:
    path.parent.mkdir()
    path.write_text(text, encoding="utf-8")
    return text


@pytest.mark.parametrize("key", GOOD)
def test_set_and_unset_of_every_account_key(path, key):
    set_value(path, key, GOOD[key], account="a")
    assert read(path) == {"default_account": "a", "accounts": {"a": {key: GOOD[key]}}}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    unset_value(path, key, account=None)
    assert read(path) == {"default_account": "a", "accounts": {"a": {}}}


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("contract.attach_field", "f"),
        ("contract.attach_path", "/x"),
        ("contract.attach_method", "POST"),
        ("contract.detach_value", ""),
        ("contract.number_profile_member", "a.b"),
        ("contract.offset_counts", "pages"),
        ("contract.page_cap", "50"),
    ],
)
def test_set_and_unset_of_the_contract_need_no_account(path, key, value):
    set_value(path, key, value, account=None)
    assert read(path) == {"contract": {key.removeprefix("contract."): value}}
    unset_value(path, key, account=None)
    assert read(path) == {"contract": {}}


def test_every_key_can_be_set():
    contract = {f"contract.{key}" for key in CONTRACT_RULES}
    assert set(KEYS) == set(GOOD) | contract | {"api_key_command", "default_account"}


def test_values_are_written_in_their_normal_form(path):
    set_value(path, "base_url", "https://a.example/", account="a")
    set_value(path, "number", "0091 98123-45678", account="a")
    set_value(path, "region", "IN", account="a")
    set_value(path, "api_key_command", '["op", "read", "x"]', account="a")
    assert read(path)["accounts"]["a"] == {
        "base_url": "https://a.example",
        "number": "+919812345678",
        "region": "in",
        "api_key_command": ["op", "read", "x"],
    }


@pytest.mark.parametrize(
    "value", [CANARY, f'"{CANARY}"', "[]", "[1]", '[""]', r'["\ud800"]', r'["a\u0000"]', "[" * 9999]
)
def test_a_command_is_a_json_array_of_strings(path, value):
    with pytest.raises(InvalidInput) as caught:
        set_value(path, "api_key_command", value, account="a")
    assert (caught.value.message, caught.value.hint) == (
        "api_key_command is not a JSON array of strings that starts with a program",
        """write it like '["op", "read", "op://vault/kaleyra/key"]'""",
    )
    assert CANARY not in repr(caught.value)
    assert not path.parent.exists()


def test_a_bad_value_is_refused_before_anything_is_touched(path):
    with pytest.raises(InvalidInput) as caught:
        set_value(path, "region", "mars", account="a")
    assert caught.value.message == "region: 'mars' is not one of in, sg, eu, na"
    with pytest.raises(InvalidInput) as caught:
        set_value(path, "api_key", f"{CANARY} x", account="a")
    assert CANARY not in f"{caught.value.message}{caught.value.hint}"
    assert not path.parent.exists()


def test_unset_of_what_is_not_set_changes_nothing(path):
    text = start(path, '[accounts.a]\nsid = "A"  # mine\n')
    with pytest.raises(InvalidInput) as caught:
        unset_value(path, "region", account=None)
    assert caught.value.message == "region is not set"
    assert path.read_text() == text


# -- accounts


def test_the_first_account_becomes_the_default_and_stays_it(path):
    set_value(path, "sid", "A", account="a")
    set_value(path, "sid", "B", account="b")
    set_value(path, "region", "in", account=None)
    assert read(path) == {
        "default_account": "a",
        "accounts": {"a": {"sid": "A", "region": "in"}, "b": {"sid": "B"}},
    }


def test_an_only_account_stays_the_usual_one_when_a_second_comes(path):
    start(path, '[accounts.mine]\nsid = "A"\n')
    set_value(path, "sid", "B", account="b")
    assert read(path)["default_account"] == "mine"


@pytest.mark.parametrize(
    "text",
    ['default_account = "gone"\n[accounts.a]\n', "[accounts.a]\n[accounts.b]\n"],
    ids=["chosen", "open"],
)
def test_a_further_account_leaves_the_default_as_it_is(path, text):
    start(path, text)
    before = read(path).get("default_account")
    set_value(path, "sid", "C", account="c")
    assert read(path).get("default_account") == before


def test_a_key_is_unset_in_the_account_that_is_named(path):
    set_value(path, "sid", "A", account="a")
    set_value(path, "sid", "B", account="b")
    unset_value(path, "sid", account="b")
    assert read(path)["accounts"] == {"a": {"sid": "A"}, "b": {}}


@pytest.mark.parametrize("name", ["", "a b", "a.b", "é", "a\n"])
def test_a_new_account_has_a_plain_name(path, name):
    with pytest.raises(InvalidInput) as caught:
        set_value(path, "sid", "A", account=name)
    assert caught.value.message == f"{name!r} is not a valid account name: use A-Z a-z 0-9 _ -"
    assert not path.exists()
    set_value(path, "sid", "A", account="Az-0_9")
    assert list(read(path)["accounts"]) == ["Az-0_9"]


def test_an_account_that_stands_in_the_file_may_have_any_name(path):
    start(path, '[accounts."a b"]\n')
    set_value(path, "sid", "A", account="a b")
    assert read(path)["accounts"] == {"a b": {"sid": "A"}}


def test_without_an_account_in_use_nothing_is_set(path):
    text = start(path, "[accounts.a]\n[accounts.b]\n")
    with pytest.raises(ConfigError) as caught:
        set_value(path, "sid", "A", account=None)
    assert caught.value.message == f"{path} has several accounts and no default_account"
    assert path.read_text() == text


def test_the_default_account_must_exist(path):
    start(path, "[accounts.prod]\n[accounts.test]\n")
    with pytest.raises(InvalidInput) as caught:
        set_value(path, "default_account", "prd", account=None)
    assert caught.value.message == "account 'prd' not found"
    assert caught.value.hint == "did you mean prod? choose from: prod, test"
    set_value(path, "default_account", "test", account=None)
    assert read(path)["default_account"] == "test"
    unset_value(path, "default_account", account=None)
    assert "default_account" not in read(path)


# -- what is kept


def test_unknown_keys_survive_a_rewrite(path):
    start(
        path,
        "color = 1.5\nwhen = 2026-01-02T03:04:05Z\nlist = [[1], {a = 'é'}]\n"
        "[accounts.a]\nnick = ['x']\n[contract]\nfuture = true\n[more.tables]\nx = inf\n",
    )
    before = read(path)
    set_value(path, "sid", "A", account=None)
    before["accounts"]["a"]["sid"] = "A"
    assert read(path) == before


@pytest.mark.parametrize(
    "text",
    [f'api_key = "{CANARY}', "accounts = 1\n", "[accounts.a]\nregion = 5\n"],
    ids=["no TOML", "no table", "no string"],
)
def test_a_broken_file_is_left_alone(path, text):
    start(path, text)
    with pytest.raises(ConfigError) as caught:
        set_value(path, "sid", "A", account="a")
    assert CANARY not in caught.value.message
    assert path.read_text() == text


def test_a_value_that_cannot_be_written_back_is_a_sentence(path):
    text = start(path, f"x = 0x{'f' * 5000}\n")
    with pytest.raises(ConfigError) as caught:
        set_value(path, "sid", "A", account="a")
    assert caught.value.message == f"{path} contains a value that cannot be written back"
    assert path.read_text() == text


def test_a_link_stays_a_link(path, tmp_path):
    link = tmp_path / "link.toml"
    link.symlink_to(path)
    set_value(link, "sid", "A", account="a")
    assert link.is_symlink()
    assert read(path)["accounts"] == {"a": {"sid": "A"}}


WRITER = """
import sys
from pathlib import Path
from wacb.config.file import set_value
for n in range(5):
    set_value(Path(sys.argv[1]), "sid", f"S{n}", account=f"a{sys.argv[2]}-{n}")
"""


def test_parallel_commands_keep_all_accounts(path):
    runs = [
        subprocess.Popen([sys.executable, "-c", WRITER, path, str(n)], stderr=subprocess.PIPE)
        for n in range(8)
    ]
    assert [run.communicate()[1] for run in runs] == [b""] * 8
    expected = {f"a{process}-{n}": {"sid": f"S{n}"} for process in range(8) for n in range(5)}
    found = read(path)
    assert found["accounts"] == expected
    assert found["default_account"] in expected


@pytest.mark.parametrize(
    ("toml", "expected"),
    [
        ("", False),
        ("a = \"# none\"\nb = '# none'\n", False),
        ('a = """\n# none\n"""\n', False),
        ("a = '''\n# none\n'''\n", False),
        (r'a = "\"# none"', False),
        ("# one\na = 1\n", True),
        ('a = "x" # one\n', True),
    ],
)
def test_comments_are_found_outside_strings(toml: str, expected: bool):
    assert has_comment(toml) is expected

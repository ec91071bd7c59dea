"""Accounts of the config file: which key still counts, and changes to a file that is locked."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from wacb.config.accounts import host, keeps_key, merge_account, remove_account, use_account
from wacb.config.file import set_value, unset_value
from wacb.errors import ConfigError, DeadlineExceeded
from wacb.storage import files

TEXT = '[accounts.a]\nsid = "HX1"\nregion = "in"\n'


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "config.toml"
    path.write_text(TEXT)
    return path


@pytest.mark.parametrize(
    ("table", "values", "kept"),
    [
        ({}, {"sid": "HX1"}, True),
        ({"sid": "HX1"}, {"sid": "HX1"}, True),
        ({"sid": "HX1"}, {"waba_id": "1"}, True),
        ({"sid": "HX1"}, {"sid": "HX2"}, False),
        ({}, {"region": "in"}, False),
    ],
    ids=["first SID", "same SID", "same host", "other SID", "other host"],
)
def test_a_key_belongs_to_its_sid_and_host(
    table: dict[str, str], values: dict[str, str], kept: bool
) -> None:
    assert keeps_key({"api_key": "key-0001", **table}, values) is kept
    assert not keeps_key(table, values)


def test_the_host_of_a_region_that_does_not_exist_is_its_name() -> None:
    assert host({"region": "mars"}) == "mars"


@pytest.mark.parametrize(
    "change",
    [
        partial(set_value, key="sid", value="HX2", account="a"),
        partial(unset_value, key="sid", account="a"),
        partial(merge_account, values={"sid": "HX2"}, account="a"),
        partial(use_account, name="a"),
        partial(remove_account, name="a"),
    ],
    ids=["set", "unset", "merge", "use", "remove"],
)
def test_a_change_waits_for_the_lock_as_long_as_time_remains(
    path: Path, change: Callable[..., bool]
) -> None:
    left = [1.0, 0.0]
    with files.locked(path), pytest.raises(DeadlineExceeded):
        change(path, remaining=lambda: left.pop(0))
    assert (left, path.read_text()) == ([], TEXT)


@pytest.mark.parametrize(
    ("change", "source"),
    [
        (partial(unset_value, key="sid", account="b"), "--account or WACB_ACCOUNT"),
        (partial(remove_account, name="b"), "NAME"),
    ],
    ids=["unset", "remove"],
)
def test_an_account_that_is_gone_by_now_is_named(
    path: Path, change: Callable[..., bool], source: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        change(path)
    assert caught.value.message == f"{source}: account 'b' not found in {path}"
    assert path.read_text() == TEXT

"""What is remembered of the last listings: per account, bounded, and never in the way."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from wacb.storage.completion_cache import MAX_ENTRIES, CompletionCache
from wacb.storage.identity import Identity

PROFILES = {"IN_1": "Support", "IN_2": "Größe\ud800"}
NUMBERS = {"+15550100001": "Shop"}
ACCOUNT = Identity(host="api.example", sid="HXONE", waba_id="1")


@pytest.fixture
def listed(tmp_path: Path) -> CompletionCache:
    return CompletionCache(tmp_path / "state", account=ACCOUNT)


def test_a_listing_is_remembered_until_the_next(tmp_path: Path, listed: CompletionCache):
    assert listed.entries("profiles") == listed.entries("numbers") == {}
    listed.store("profiles", {"IN_0": "Gone"})
    listed.store("numbers", NUMBERS)
    listed.store("profiles", PROFILES)
    again = CompletionCache(tmp_path / "state", account=ACCOUNT)
    assert (again.entries("profiles"), again.entries("numbers")) == (PROFILES, NUMBERS)
    assert (tmp_path / "state" / "listed.json").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("other", [{"sid": "HXTWO"}, {"host": "mock.example"}, {"waba_id": None}])
def test_each_account_has_its_own(tmp_path: Path, listed: CompletionCache, other: dict[str, Any]):
    another = CompletionCache(tmp_path / "state", account=ACCOUNT._replace(**other))
    listed.store("profiles", PROFILES)
    another.store("profiles", {"IN_9": "Other"})
    assert (listed.entries("profiles"), another.entries("numbers")) == (PROFILES, {})
    another.clear()
    assert (listed.entries("profiles"), another.entries("profiles")) == (PROFILES, {})


def test_what_version_0_1_kept_by_sid_counts_until_the_next_listing(
    tmp_path: Path, listed: CompletionCache
):
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "listed.json").write_text('{"HXONE": {"profiles": {"IN_0": "Old"}}}')
    assert listed.entries("profiles") == {"IN_0": "Old"}
    listed.store("profiles", {})
    assert listed.entries("profiles") == {}
    listed.clear()
    assert listed.entries("profiles") == {}


def test_forgetting_nothing_writes_nothing(tmp_path: Path, listed: CompletionCache):
    listed.clear()
    assert not (tmp_path / "state").exists()


def test_a_long_listing_is_cut(listed: CompletionCache):
    listed.store("profiles", {f"IN_{n}": "" for n in range(MAX_ENTRIES)})
    assert list(listed.entries("profiles")) == [f"IN_{n}" for n in range(MAX_ENTRIES // 2)]


def test_the_account_listed_longest_ago_makes_room(tmp_path: Path):
    many = {f"IN_{n}": "" for n in range(MAX_ENTRIES // 2)}
    accounts = [CompletionCache(tmp_path, account=ACCOUNT._replace(sid=f"HX{n}")) for n in range(3)]
    for account in (accounts[0], accounts[1], accounts[0], accounts[2]):
        account.store("profiles", many)
    assert [len(account.entries("profiles")) for account in accounts] == [
        MAX_ENTRIES // 2,
        0,
        MAX_ENTRIES // 2,
    ]


DAMAGED = {
    "empty": b"",
    "torn": b'{"HXONE": {"profi',
    "not UTF-8": b"\xff",
    "not an object": b"[1]",
    "an account that is no object": b'{"HXONE": 1}',
    "entries that are no object": b'{"HXONE": {"profiles": ["IN_1"]}}',
    "a title that is no text": b'{"HXONE": {"profiles": {"IN_1": 1}}}',
    "deep": b"[" * 100_000,
    "a huge number": b"1" * 5_000,
}


@pytest.mark.parametrize("damage", DAMAGED)
def test_a_damaged_file_remembers_nothing_and_is_replaced(
    tmp_path: Path, listed: CompletionCache, damage: str
):
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "listed.json").write_bytes(DAMAGED[damage])
    assert listed.entries("profiles") == {}
    listed.clear()
    listed.store("profiles", PROFILES)
    assert listed.entries("profiles") == ({} if damage == "not UTF-8" else PROFILES)


@pytest.mark.parametrize("stands", ["a folder", "a file for the folder"])
def test_a_disk_that_refuses_is_no_failure(tmp_path: Path, listed: CompletionCache, stands: str):
    if stands == "a folder":
        (tmp_path / "state" / "listed.json").mkdir(parents=True)
    else:
        (tmp_path / "state").touch()
    listed.store("profiles", PROFILES)
    listed.clear()
    assert listed.entries("profiles") == {}

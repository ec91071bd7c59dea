"""What is remembered of the last listings: per account, bounded, and never in the way."""

from __future__ import annotations

from pathlib import Path

import pytest

from wacb.storage.completion_cache import MOST, Listed

PROFILES = {"IN_1": "Support", "IN_2": "Größe\ud800"}
NUMBERS = {"+15550100001": "Shop"}


@pytest.fixture
def listed(tmp_path: Path) -> Listed:
    return Listed(tmp_path / "state", account="HXONE")


def test_a_listing_is_remembered_until_the_next(tmp_path: Path, listed: Listed):
    assert listed.entries("profiles") == listed.entries("numbers") == {}
    listed.keep("profiles", {"IN_0": "Gone"})
    listed.keep("numbers", NUMBERS)
    listed.keep("profiles", PROFILES)
    again = Listed(tmp_path / "state", account="HXONE")
    assert (again.entries("profiles"), again.entries("numbers")) == (PROFILES, NUMBERS)
    assert (tmp_path / "state" / "listed.json").stat().st_mode & 0o777 == 0o600


def test_each_account_has_its_own(tmp_path: Path, listed: Listed):
    other = Listed(tmp_path / "state", account="HXTWO")
    listed.keep("profiles", PROFILES)
    other.keep("profiles", {"IN_9": "Other"})
    assert (listed.entries("profiles"), other.entries("numbers")) == (PROFILES, {})
    other.forget()
    assert (listed.entries("profiles"), other.entries("profiles")) == (PROFILES, {})


def test_forgetting_nothing_writes_nothing(tmp_path: Path, listed: Listed):
    listed.forget()
    assert not (tmp_path / "state").exists()


def test_a_long_listing_is_cut(listed: Listed):
    listed.keep("profiles", {f"IN_{n}": "" for n in range(MOST)})
    assert list(listed.entries("profiles")) == [f"IN_{n}" for n in range(MOST // 2)]


def test_the_account_listed_longest_ago_makes_room(tmp_path: Path):
    many = {f"IN_{n}": "" for n in range(MOST // 2)}
    accounts = [Listed(tmp_path, account=f"HX{n}") for n in range(3)]
    for account in (accounts[0], accounts[1], accounts[0], accounts[2]):
        account.keep("profiles", many)
    assert [len(account.entries("profiles")) for account in accounts] == [MOST // 2, 0, MOST // 2]


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
    tmp_path: Path, listed: Listed, damage: str
):
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "listed.json").write_bytes(DAMAGED[damage])
    assert listed.entries("profiles") == {}
    listed.forget()
    listed.keep("profiles", PROFILES)
    assert listed.entries("profiles") == ({} if damage == "not UTF-8" else PROFILES)


@pytest.mark.parametrize("stands", ["a folder", "a file for the folder"])
def test_a_disk_that_refuses_is_no_failure(tmp_path: Path, listed: Listed, stands: str):
    if stands == "a folder":
        (tmp_path / "state" / "listed.json").mkdir(parents=True)
    else:
        (tmp_path / "state").touch()
    listed.keep("profiles", PROFILES)
    listed.forget()
    assert listed.entries("profiles") == {}

"""Changes of profiles in the journal: begun, settled, found again, and none of another account."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.fake_api import Clock, make_journal
from tests.storage.journal_file import Opened
from wacb.errors import ConfigError, Interrupted, NotFound, Skipped, Unavailable, WacbError
from wacb.storage.profile_journal import ProfileJournal

ID, TITLE = "SG_00000000-0000-4000-8000-000000000001", "Incoming messages"


@pytest.fixture
def file(home: Path) -> Path:
    home.mkdir()
    return home / "journal.jsonl"


def lines(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text().splitlines()]


def create(journal: ProfileJournal, *, before: tuple[str, ...] = ()) -> None:
    with journal.record("create", title=TITLE, before=before) as made:
        made(ID)


def test_a_change_is_on_the_disk_before_its_request_leaves_and_settled_afterwards(file: Path):
    clock = Clock()
    with make_journal(clock).record("create", title=TITLE, before=("SG_0",)) as made:
        (intent,) = lines(file)
        clock.now += 7
        made(ID)
    assert intent == {
        "kind": "profile",
        "time": "2026-09-21T14:13:20Z",
        "account": "HXSANDBOX01IN",
        "host": "api.example",
        "action": "create",
        "title": TITLE,
        "profile": None,
        "outcome": "intent",
        "seq": 0,
        "boot": "boot",
        "seconds": 1_790_000_120.0,
        "before": ["SG_0"],
    }
    settled = {"profile": ID, "outcome": "done", "seconds": 1_790_000_007.0}
    assert lines(file)[1] == intent | settled


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (Unavailable("lost"), "unknown"),
        (Unavailable("no connection", sent=False), "refused"),
        (Interrupted("Ctrl-C"), "unknown"),
        (Skipped("stopped"), "refused"),
        (NotFound("gone"), "refused"),
    ],
)
def test_an_error_has_its_outcome(file: Path, error: WacbError, outcome: str):
    with pytest.raises(type(error)), make_journal().record("delete", title=TITLE, profile=ID):
        raise error
    assert [line["outcome"] for line in lines(file)] == ["intent", outcome]


def test_an_entry_without_an_outcome_is_unknown(file: Path):
    with pytest.raises(KeyboardInterrupt), make_journal().record("create", title=TITLE):
        raise KeyboardInterrupt
    found = make_journal().last("create", title=TITLE)
    assert found and (found.outcome, found.profile) == ("unknown", None)
    assert make_journal().settle_last("create", "done", title=TITLE, made=ID)
    found = make_journal().last("create", title=TITLE)
    assert found and (found.outcome, found.profile) == ("done", ID)
    assert not make_journal().settle_last("create", "refused", title=TITLE)


def test_the_last_change_that_was_not_refused_is_returned(file: Path):
    create(make_journal())
    with pytest.raises(NotFound), make_journal().record("create", title=TITLE):
        raise NotFound("no")
    found = make_journal().last("create", title=TITLE)
    assert found and (found.outcome, found.profile) == ("done", ID)
    assert make_journal().last("update", profile=ID) is None


@pytest.mark.parametrize("other", [{"account": "HX2"}, {"host": "mock.example"}])
def test_another_account_or_host_has_its_own(file: Path, other: dict[str, Any]):
    create(make_journal())
    assert make_journal(**other).last("create", title=TITLE) is None
    assert make_journal().last("create", title="Incoming") is None


@pytest.mark.parametrize("damage", ["{", '"title": "Incoming messages"', "[1]"])
def test_an_unreadable_line_is_skipped(file: Path, damage: str):
    create(make_journal())
    row = lines(file)[0]
    odd = [{**row, "seq": "x", "outcome": "done"}, {**row, "kind": "other"}]
    with file.open("a") as stream:
        stream.writelines(f"{json.dumps(line)}\n" for line in odd)
        stream.write(f"{damage} {json.dumps(row)[:70]}\n")
    found = make_journal().last("create", title=TITLE)
    assert found and found.outcome == "done"


def test_the_history_of_numbers_has_no_profiles_and_no_warning(file: Path):
    create(make_journal())
    assert Opened(file).read() == ([], [])


def test_a_file_that_cannot_be_read_stops_a_create_and_settles_nothing(file: Path):
    file.mkdir()
    with pytest.raises(ConfigError):
        make_journal().last("create", title=TITLE)
    assert not make_journal().settle_last("create", "done", title=TITLE)

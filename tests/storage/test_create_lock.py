"""One create of a title at a time, and the last one remembered: files, locks and waits."""

from __future__ import annotations

import fcntl
import json
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_OID, uuid5

import pytest

from tests.fake_api import Clock
from tests.provision.lossy import NOW, make_lock
from wacb.errors import ConfigError, DeadlineExceeded, OutcomeUnknown

NAME = uuid5(NAMESPACE_OID, "api.example\nHXSANDBOX01IN\nIncoming messages").hex
ID = "SG_00000000-0000-4000-8000-000000000001"
LOOKING = "an earlier create of 'Incoming messages' may not be listed yet: waiting up to"
BUSY = "another wacb is creating the profile 'Incoming messages'"


def no_time() -> float:
    return 0.0


def enough_time() -> float:
    return 120.0


@pytest.fixture
def folder(home: Path) -> Path:
    return home / "creates"


@pytest.fixture
def record(folder: Path) -> Path:
    folder.mkdir(parents=True)
    return folder / f"{NAME}.json"


# -- remembered


def test_nothing_is_remembered_at_first(home: Path) -> None:
    assert list(make_lock().poll_listing(no_time)) == [None]
    assert not home.exists()


def test_what_is_remembered_names_no_title_and_no_account(folder: Path) -> None:
    make_lock().record_result(ID)
    assert {file.name for file in folder.iterdir()} == {f"{NAME}.json", f"{NAME}.json.lock"}
    assert json.loads((folder / f"{NAME}.json").read_text()) == {"time": NOW, "id": ID}


@pytest.mark.parametrize("other", [{"sid": "HX2"}, {"title": "Incoming"}], ids=["SID", "title"])
def test_another_title_or_account_has_its_own(other: dict[str, Any]) -> None:
    make_lock().record_result(ID)
    assert list(make_lock(**other).poll_listing(no_time)) == [None]


@pytest.mark.parametrize(
    ("passed", "waits"),
    [(0, [3] * 10), (1.5, [3] * 9 + [1.5]), (29, [1]), (30, []), (1e6, []), (-1e6, [3] * 10)],
)
def test_it_is_looked_for_until_any_listing_shows_it(passed: float, waits: list[float]) -> None:
    clock, told = Clock(), list[str]()
    make_lock(clock).record_result(ID)
    clock.now += passed
    looks = list(make_lock(clock, tell=told.append).poll_listing(enough_time))
    assert (looks, clock.sleeps) == ([ID] * (1 + len(waits)), waits)
    assert told == [f"{LOOKING} {sum(waits):.0f} s for it to appear"] * bool(waits)


def test_a_create_under_way_may_be_sent_until_its_time_is_up(record: Path) -> None:
    clock = Clock()
    make_lock(clock).record_intent(lambda: 120)
    assert json.loads(record.read_text()) == {"time": NOW + 120, "id": None}
    assert len(list(make_lock(clock).poll_listing(enough_time))) == 11


def test_no_look_is_waited_for_as_long_as_there_is_time() -> None:
    clock = Clock()
    make_lock(clock).record_result(ID)
    looks = make_lock(clock).poll_listing(lambda: 6 - clock.now)
    assert [next(looks), next(looks)] == [ID, ID]
    with pytest.raises(OutcomeUnknown):
        next(looks)  # it would end at the very deadline
    assert clock.sleeps == [3]


def test_what_was_withdrawn_is_not_looked_for(record: Path) -> None:
    make_lock().record_intent(lambda: 120)
    make_lock().record_not_sent()
    assert list(make_lock().poll_listing(no_time)) == [None]


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "{}", '{"time": "x", "id": null}', f'{{"time": 1{"0" * 400}, "id": null}}'],
    ids=["empty", "torn", "a list", "no members", "no time", "huge"],
)
def test_a_file_of_other_content_is_named(record: Path, text: str) -> None:
    record.write_text(text)
    with pytest.raises(ConfigError) as caught:
        list(make_lock().poll_listing(enough_time))
    assert (caught.value.message, caught.value.hint) == (
        f"{record} was changed by another program",
        "remove this file",
    )


def test_what_cannot_be_written_is_an_error_before_the_create_only(folder: Path) -> None:
    folder.parent.mkdir()
    folder.write_text("not a folder")
    lock = make_lock()
    with pytest.raises(ConfigError, match=str(folder)):
        lock.record_intent(lambda: 120)
    lock.record_result(ID)
    lock.record_not_sent()


# -- one at a time


def taken(folder: Path) -> bool:
    """Say whether somebody holds the lock."""
    with (folder / f"{NAME}.lock").open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        return False


def test_the_claim_is_held_for_one_run_at_a_time(folder: Path) -> None:
    with make_lock().acquire(no_time):
        assert taken(folder)
        with make_lock(title="Another title").acquire(no_time):
            pass
    assert not taken(folder)


def test_an_error_ends_the_hold(folder: Path) -> None:
    with pytest.raises(ZeroDivisionError), make_lock().acquire(no_time):
        raise ZeroDivisionError
    assert not taken(folder)


def test_a_second_run_waits_for_the_first() -> None:
    clock, told = Clock(), list[str]()
    first = make_lock().acquire(no_time)
    first.__enter__()

    def sleep(seconds: float) -> None:
        clock.sleep(seconds)
        if len(clock.sleeps) == 3:
            first.__exit__(None, None, None)

    with make_lock(clock, tell=told.append, sleep=sleep).acquire(lambda: 120 - clock.now):
        assert clock.sleeps == [0.1] * 3
    assert told == [f"{BUSY}: waiting for it"]


def test_a_run_waits_no_longer_than_its_deadline() -> None:
    clock = Clock()
    with (
        make_lock().acquire(no_time),
        pytest.raises(DeadlineExceeded) as caught,
        make_lock(clock).acquire(lambda: 5 - clock.now),
    ):
        pass
    assert (caught.value.message, caught.value.sent) == (
        f"{BUSY}, and waiting for it would exceed the time limit",
        False,
    )
    assert caught.value.hint == "run the same command again, or pass a longer --deadline"
    assert 4.8 < clock.now < 5


def test_a_folder_that_cannot_be_used_is_named(folder: Path) -> None:
    folder.parent.mkdir()
    folder.write_text("not a folder")
    with pytest.raises(ConfigError) as caught, make_lock().acquire(no_time):
        pass
    assert (caught.value.message, caught.value.hint) == (
        f"cannot lock {folder / NAME}.lock: File exists",
        "remove the file or broken link in its folder's place",
    )

"""One create of a title at a time, and waits for the last one to be listed."""

from __future__ import annotations

import fcntl
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_OID, uuid5

import pytest

from tests.fake_api import Clock, up
from tests.provision.lossy import make_lock
from wacb.errors import ConfigError, DeadlineExceeded, OutcomeUnknown
from wacb.storage.uptime import uptime

NAME = uuid5(NAMESPACE_OID, "api.example\nHXSANDBOX01IN\nIncoming messages").hex
LOOKING = "an earlier create of 'Incoming messages' may not be listed yet: waiting up to"
BUSY = "another wacb is creating the profile 'Incoming messages'"


def no_time() -> float:
    return 0.0


def enough_time() -> float:
    return 120.0


@pytest.fixture
def folder(home: Path) -> Path:
    return home / "creates"


# -- as long as a listing may lag


def test_without_an_earlier_create_the_list_is_read_once(home: Path) -> None:
    assert list(make_lock().poll_listing(None, no_time)) == [None]
    assert not home.exists()


@pytest.mark.parametrize(
    ("passed", "waits"),
    [(0, [3] * 10), (1.5, [3] * 9 + [1.5]), (29, [1]), (30, []), (1e6, []), (-1e6, [3] * 10)],
)
def test_it_is_looked_for_until_any_listing_shows_it(passed: float, waits: list[float]) -> None:
    clock, told = Clock(), list[str]()
    created = up(clock)
    clock.now += passed
    looks = list(make_lock(clock, tell=told.append).poll_listing(created, enough_time))
    assert (len(looks), clock.sleeps) == (1 + len(waits), waits)
    assert told == [f"{LOOKING} {sum(waits):.0f} s for it to appear"] * bool(waits)


@pytest.mark.parametrize("boot", ["another", ""])
def test_after_a_restart_of_the_machine_the_whole_time_is_waited(boot: str) -> None:
    clock = Clock()
    created = up(clock)._replace(boot=boot)
    clock.now += 1e6
    now: dict[str, Any] = {"now": lambda: up(clock)._replace(boot=boot)} if not boot else {}
    assert len(list(make_lock(clock, **now).poll_listing(created, enough_time))) == 11


def test_no_look_is_waited_for_as_long_as_there_is_time() -> None:
    clock = Clock()
    looks = make_lock(clock).poll_listing(up(clock), lambda: 6 - clock.now)
    assert [next(looks), next(looks)] == [None, None]
    with pytest.raises(OutcomeUnknown):
        next(looks)  # it would end at the very deadline
    assert clock.sleeps == [3]


def test_the_time_since_the_start_of_this_machine_only_grows() -> None:
    first = uptime()
    second = uptime()
    assert 0 <= second.passed_since(first) <= second.seconds


# -- one at a time


def taken(folder: Path) -> bool:
    """Return whether somebody holds the lock."""
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

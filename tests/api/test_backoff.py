"""Waits before an attempt: how long they are, the gate for all threads, who is told, halting."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fake_api import Clock
from wacb.api.backoff import Backoff, Wait
from wacb.api.status import parse_retry_after
from wacb.errors import Unavailable

NOW = 1_790_000_000.0


def make_failure(status: int | None = 429, retry_after: float | None = None) -> Unavailable:
    return Unavailable("busy", status=status, retry_after=retry_after)


def make_backoff(clock: Clock, **changes: Any) -> Backoff:
    """A backoff whose waits cost no time and are as long as chance allows."""
    how = {"clock": clock, "sleep": clock.sleep, "uniform": lambda low, high: high, **changes}
    return Backoff(**how)


class Told:
    """What `waiting` was told, as (seconds, failure)."""

    def __init__(self) -> None:
        self.waits: list[tuple[float, Unavailable]] = []

    def __call__(self, seconds: float, failure: Unavailable) -> None:
        self.waits.append((seconds, failure))

    @property
    def seconds(self) -> list[float]:
        return [seconds for seconds, _ in self.waits]


# -- how long


@pytest.mark.parametrize("status", [None, 429, 502, 503, 504])
@pytest.mark.parametrize(
    ("asked", "attempt", "seconds"),
    [
        (None, 1, 0.5),
        (None, 2, 1),
        (None, 3, 2),
        (None, 5, 8),
        (None, 6, 8),
        (12, 3, 12),
        (60, 1, 60),
        (61, 1, 60),
        (float("inf"), 1, 60),
    ],
)
def test_a_wait_is_what_the_api_asked_for_or_drawn_from_a_range_that_doubles(
    asked: float | None, attempt: int, seconds: float, status: int | None
) -> None:
    clock = Clock()
    clock.now = 100.0
    failure = make_failure(status, asked)
    wait = make_backoff(clock).next_wait(failure, attempt)
    assert wait == Wait(seconds, 100 + seconds, failure, shared=status in (429, 503))


def test_jitter_is_drawn_from_the_whole_range_and_only_without_a_request_of_the_api() -> None:
    ranges: list[tuple[float, float]] = []

    def uniform(low: float, high: float) -> float:
        ranges.append((low, high))
        return 0.125

    backoff = make_backoff(Clock(), uniform=uniform)
    assert backoff.next_wait(make_failure(502), 2).seconds == 0.125
    assert backoff.next_wait(make_failure(502, 3), 2).seconds == 3
    assert ranges == [(0, 1)]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        (None, None),
        ("", None),
        ("soon", None),
        ("-1", None),
        ("1.5", None),
        ("0", None),
        ("000", None),
        (" 12\t", 12),
        (format_datetime(datetime.fromtimestamp(NOW + 90, UTC), usegmt=True), 90),
        (format_datetime(datetime.fromtimestamp(NOW - 90, UTC), usegmt=True), None),
        (format_datetime(datetime.fromtimestamp(NOW, UTC), usegmt=True), None),
        ("Wed, 99 Oct 2015 07:28:00 GMT", None),
        ("1 Jan 2024 00:00:00 +" + "9" * 30, None),
    ],
)
def test_retry_after_is_seconds_or_a_date(text: str | None, seconds: float | None) -> None:
    assert parse_retry_after(text, NOW) == seconds


# -- the gate


def test_the_gate_is_open_at_first() -> None:
    assert make_backoff(Clock()).current_wait() is None


@pytest.mark.parametrize("status", [429, 503])
def test_the_gate_is_closed_for_as_long_as_the_api_is_too_busy(status: int) -> None:
    clock, failure = Clock(), make_failure(status, 7)
    backoff = make_backoff(clock)
    backoff.next_wait(failure, 1)
    assert backoff.current_wait() == Wait(7, 7, failure, shared=True)
    clock.now = 6.5
    assert backoff.current_wait() == Wait(0.5, 7, failure, shared=True)
    clock.now = 7
    assert backoff.current_wait() is None


@pytest.mark.parametrize("status", [None, 500, 502, 504])
def test_another_failure_is_waited_for_by_its_own_request_only(status: int | None) -> None:
    backoff = make_backoff(Clock())
    backoff.next_wait(make_failure(status, 7), 1)
    assert backoff.current_wait() is None


@pytest.mark.parametrize("status", [429, 502])
def test_the_gate_is_not_closed_for_less_time_by_another_failure(status: int) -> None:
    clock, first = Clock(), make_failure(429, 9)
    backoff = make_backoff(clock)
    backoff.next_wait(first, 1)
    clock.now = 1
    assert backoff.next_wait(make_failure(status, 2), 1) == Wait(8, 9, first, shared=True)
    assert backoff.current_wait() == Wait(8, 9, first, shared=True)


def test_the_gate_may_be_closed_for_longer() -> None:
    clock, second = Clock(), make_failure(503, 9)
    backoff = make_backoff(clock)
    backoff.next_wait(make_failure(429, 2), 1)
    clock.now = 1
    assert backoff.next_wait(second, 1) == Wait(9, 10, second, shared=True)
    assert backoff.current_wait() == Wait(9, 10, second, shared=True)


def test_a_longer_wait_of_one_request_does_not_hold_the_others() -> None:
    backoff, busy, torn = make_backoff(Clock()), make_failure(429, 2), make_failure(502, 9)
    backoff.next_wait(busy, 1)
    assert backoff.next_wait(torn, 1) == Wait(9, 9, torn, shared=False)
    assert backoff.current_wait() == Wait(2, 2, busy, shared=True)


def test_closings_that_overlap_are_one() -> None:
    clock = Clock()
    backoff = make_backoff(clock)
    waits = []
    for worker in range(8):
        clock.now = worker / 8
        waits.append(backoff.next_wait(make_failure(429, 1), 1))
    assert [wait.until for wait in waits] == [1 + worker / 8 for worker in range(8)]
    backoff.wait(waits[-1])
    assert (clock.now, backoff.current_wait()) == (1.875, None)


@given(
    st.lists(
        st.tuples(
            st.integers(0, 40), st.sampled_from((429, 502, 503)), st.none() | st.integers(0, 90)
        ),
        min_size=1,
    )
)
def test_the_gate_is_closed_until_the_last_closing_ends(
    failures: list[tuple[int, int, int | None]],
) -> None:
    clock, end = Clock(), 0.0
    backoff = make_backoff(clock)
    for passed, status, asked in failures:
        clock.now += passed
        wait = backoff.next_wait(make_failure(status, asked), 1)
        own = clock.now + min(60, 0.5 if asked is None else asked)
        assert wait.until == clock.now + wait.seconds == max(own, end)
        if status != 502:
            end = max(own, end)
        gate = backoff.current_wait()
        assert (gate.seconds if gate else 0) == max(0, end - clock.now)


# -- waiting


def test_who_has_waited_opens_the_gate_even_if_the_clock_stands_still() -> None:
    slept: list[float] = []
    backoff = make_backoff(Clock(), sleep=slept.append)
    backoff.wait(backoff.next_wait(make_failure(429, 7), 1))
    assert (slept, backoff.current_wait()) == ([7], None)


def test_a_gate_that_was_closed_for_longer_meanwhile_stays_closed() -> None:
    clock, second = Clock(), make_failure(503, 5)

    def sleep(seconds: float) -> None:
        clock.now += seconds / 2
        backoff.next_wait(second, 1)
        clock.now += seconds / 2

    backoff = make_backoff(clock, sleep=sleep)
    backoff.wait(backoff.next_wait(make_failure(429, 2), 1))
    assert backoff.current_wait() == Wait(4, 6, second, shared=True)


def test_a_wait_of_one_request_leaves_the_gate_alone() -> None:
    slept: list[float] = []
    backoff = make_backoff(Clock(), sleep=slept.append)
    backoff.next_wait(make_failure(429, 2), 1)
    backoff.wait(backoff.next_wait(make_failure(502, 3), 1))
    assert backoff.current_wait() is not None


# -- who is told


def test_of_a_closed_gate_is_told_once_and_not_by_every_thread() -> None:
    told, clock, failure = Told(), Clock(), make_failure(429, 7)
    backoff = make_backoff(clock, sleep=lambda seconds: None, waiting=told)
    waits = [backoff.next_wait(failure, 1), backoff.current_wait(), backoff.current_wait()]
    for wait in waits:
        assert wait
        backoff.wait(wait)
    assert told.waits == [(7, failure)]


def test_nothing_is_told_until_somebody_waits() -> None:
    told, clock, failure = Told(), Clock(), make_failure(429, 7)
    backoff = make_backoff(clock, waiting=told)
    backoff.next_wait(failure, 1)
    assert told.waits == []
    clock.now = 3
    gate = backoff.current_wait()
    assert gate
    backoff.wait(gate)
    assert told.waits == [(4, failure)]


@pytest.mark.parametrize("moves", [True, False], ids=["clock moves", "clock stands still"])
def test_the_next_closing_is_told_again(moves: bool) -> None:
    told, clock = Told(), Clock()
    slept: list[float] = []
    backoff = make_backoff(clock, sleep=clock.sleep if moves else slept.append, waiting=told)
    for seconds in (1, 1, 3, 2):
        backoff.wait(backoff.next_wait(make_failure(503, seconds), 1))
    assert told.seconds == [1, 1, 3, 2]


@pytest.mark.parametrize(
    ("further", "seconds"), [(0.9, [2]), (1, [2, 3]), (30, [2, 32])], ids=["a bit", "1 s", "30 s"]
)
def test_a_gate_closed_for_a_second_more_is_told_again(
    further: float, seconds: list[float]
) -> None:
    told, clock = Told(), Clock()
    backoff = make_backoff(clock, sleep=lambda seconds: None, waiting=told)
    first = backoff.next_wait(make_failure(429, 2), 1)
    second = backoff.next_wait(make_failure(429, 2 + further), 1)
    for wait in (first, second):
        backoff.wait(wait)
    assert told.seconds == seconds


@pytest.mark.parametrize("status", [429, 502])
@pytest.mark.parametrize(("seconds", "told"), [(0.99, []), (1, [1]), (8, [8])])
def test_a_short_wait_is_not_told(seconds: float, told: list[float], status: int) -> None:
    ear = Told()
    backoff = make_backoff(Clock(), waiting=ear)
    backoff.wait(backoff.next_wait(make_failure(status, seconds), 1))
    assert ear.seconds == told


def test_every_wait_of_one_request_is_told() -> None:
    told, failures = Told(), [make_failure(502, 2), make_failure(None, 2)]
    backoff = make_backoff(Clock(), sleep=lambda seconds: None, waiting=told)
    for failure in failures:
        backoff.wait(backoff.next_wait(failure, 1))
    assert told.waits == [(2, failure) for failure in failures]


def test_who_is_told_may_ask_the_backoff() -> None:
    def waiting(seconds: float, failure: Unavailable) -> None:
        assert backoff.current_wait()
        backoff.stop()

    backoff = make_backoff(Clock(), waiting=waiting)
    backoff.wait(backoff.next_wait(make_failure(429, 2), 1))
    assert backoff.stopped


# -- halting


def in_threads(work: Callable[[], None], count: int) -> list[threading.Thread]:
    threads = [threading.Thread(target=work, daemon=True) for _ in range(count)]
    for thread in threads:
        thread.start()
    return threads


def test_halting_wakes_every_thread_that_waits() -> None:
    waiting = threading.Semaphore(0)
    backoff = Backoff(waiting=lambda seconds, failure: waiting.release())
    assert not backoff.stopped
    wait = backoff.next_wait(make_failure(502, 60), 1)
    threads = in_threads(lambda: backoff.wait(wait), 3)
    for _ in threads:
        assert waiting.acquire(timeout=5)
    backoff.stop()
    for thread in threads:
        thread.join(5)
    assert not any(thread.is_alive() for thread in threads)
    assert backoff.stopped


def test_a_real_wait_takes_its_time() -> None:
    backoff = Backoff(uniform=lambda low, high: 0.02)
    wait = backoff.next_wait(make_failure(), 1)
    assert backoff.current_wait()
    backoff.wait(wait)
    assert backoff.current_wait() is None

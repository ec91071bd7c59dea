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
from wacb.api.backoff import Limiter, Wait, parse_retry_after
from wacb.errors import Unavailable

NOW = 1_790_000_000.0


def make_failure(status: int | None = 429, retry_after: float | None = None) -> Unavailable:
    return Unavailable("busy", status=status, retry_after=retry_after)


def make_limiter(clock: Clock, **changes: Any) -> Limiter:
    """A limiter whose waits cost no time and are as long as chance allows."""
    how = {"clock": clock, "sleep": clock.sleep, "uniform": lambda low, high: high, **changes}
    return Limiter(**how)


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
    wait = make_limiter(clock).after(failure, attempt)
    assert wait == Wait(seconds, 100 + seconds, failure, shared=status in (429, 503))


def test_jitter_is_drawn_from_the_whole_range_and_only_without_a_request_of_the_api() -> None:
    ranges: list[tuple[float, float]] = []

    def uniform(low: float, high: float) -> float:
        ranges.append((low, high))
        return 0.125

    limiter = make_limiter(Clock(), uniform=uniform)
    assert limiter.after(make_failure(502), 2).seconds == 0.125
    assert limiter.after(make_failure(502, 3), 2).seconds == 3
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
    assert make_limiter(Clock()).gate() is None


@pytest.mark.parametrize("status", [429, 503])
def test_the_gate_is_closed_for_as_long_as_the_api_is_too_busy(status: int) -> None:
    clock, failure = Clock(), make_failure(status, 7)
    limiter = make_limiter(clock)
    limiter.after(failure, 1)
    assert limiter.gate() == Wait(7, 7, failure, shared=True)
    clock.now = 6.5
    assert limiter.gate() == Wait(0.5, 7, failure, shared=True)
    clock.now = 7
    assert limiter.gate() is None


@pytest.mark.parametrize("status", [None, 500, 502, 504])
def test_another_failure_is_waited_for_by_its_own_request_only(status: int | None) -> None:
    limiter = make_limiter(Clock())
    limiter.after(make_failure(status, 7), 1)
    assert limiter.gate() is None


@pytest.mark.parametrize("status", [429, 502])
def test_the_gate_is_not_closed_for_less_time_by_another_failure(status: int) -> None:
    clock, first = Clock(), make_failure(429, 9)
    limiter = make_limiter(clock)
    limiter.after(first, 1)
    clock.now = 1
    assert limiter.after(make_failure(status, 2), 1) == Wait(8, 9, first, shared=True)
    assert limiter.gate() == Wait(8, 9, first, shared=True)


def test_the_gate_may_be_closed_for_longer() -> None:
    clock, second = Clock(), make_failure(503, 9)
    limiter = make_limiter(clock)
    limiter.after(make_failure(429, 2), 1)
    clock.now = 1
    assert limiter.after(second, 1) == Wait(9, 10, second, shared=True)
    assert limiter.gate() == Wait(9, 10, second, shared=True)


def test_a_longer_wait_of_one_request_does_not_hold_the_others() -> None:
    limiter, busy, torn = make_limiter(Clock()), make_failure(429, 2), make_failure(502, 9)
    limiter.after(busy, 1)
    assert limiter.after(torn, 1) == Wait(9, 9, torn, shared=False)
    assert limiter.gate() == Wait(2, 2, busy, shared=True)


def test_closings_that_overlap_are_one() -> None:
    clock = Clock()
    limiter = make_limiter(clock)
    waits = []
    for worker in range(8):
        clock.now = worker / 8
        waits.append(limiter.after(make_failure(429, 1), 1))
    assert [wait.until for wait in waits] == [1 + worker / 8 for worker in range(8)]
    limiter.spend(waits[-1])
    assert (clock.now, limiter.gate()) == (1.875, None)


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
    limiter = make_limiter(clock)
    for passed, status, asked in failures:
        clock.now += passed
        wait = limiter.after(make_failure(status, asked), 1)
        own = clock.now + min(60, 0.5 if asked is None else asked)
        assert wait.until == clock.now + wait.seconds == max(own, end)
        if status != 502:
            end = max(own, end)
        gate = limiter.gate()
        assert (gate.seconds if gate else 0) == max(0, end - clock.now)


# -- waiting


def test_who_has_waited_opens_the_gate_even_if_the_clock_stands_still() -> None:
    slept: list[float] = []
    limiter = make_limiter(Clock(), sleep=slept.append)
    limiter.spend(limiter.after(make_failure(429, 7), 1))
    assert (slept, limiter.gate()) == ([7], None)


def test_a_gate_that_was_closed_for_longer_meanwhile_stays_closed() -> None:
    clock, second = Clock(), make_failure(503, 5)

    def sleep(seconds: float) -> None:
        clock.now += seconds / 2
        limiter.after(second, 1)
        clock.now += seconds / 2

    limiter = make_limiter(clock, sleep=sleep)
    limiter.spend(limiter.after(make_failure(429, 2), 1))
    assert limiter.gate() == Wait(4, 6, second, shared=True)


def test_a_wait_of_one_request_leaves_the_gate_alone() -> None:
    slept: list[float] = []
    limiter = make_limiter(Clock(), sleep=slept.append)
    limiter.after(make_failure(429, 2), 1)
    limiter.spend(limiter.after(make_failure(502, 3), 1))
    assert limiter.gate() is not None


# -- who is told


def test_of_a_closed_gate_is_told_once_and_not_by_every_thread() -> None:
    told, clock, failure = Told(), Clock(), make_failure(429, 7)
    limiter = make_limiter(clock, sleep=lambda seconds: None, waiting=told)
    waits = [limiter.after(failure, 1), limiter.gate(), limiter.gate()]
    for wait in waits:
        assert wait
        limiter.spend(wait)
    assert told.waits == [(7, failure)]


def test_nothing_is_told_until_somebody_waits() -> None:
    told, clock, failure = Told(), Clock(), make_failure(429, 7)
    limiter = make_limiter(clock, waiting=told)
    limiter.after(failure, 1)
    assert told.waits == []
    clock.now = 3
    gate = limiter.gate()
    assert gate
    limiter.spend(gate)
    assert told.waits == [(4, failure)]


@pytest.mark.parametrize("moves", [True, False], ids=["clock moves", "clock stands still"])
def test_the_next_closing_is_told_again(moves: bool) -> None:
    told, clock = Told(), Clock()
    slept: list[float] = []
    limiter = make_limiter(clock, sleep=clock.sleep if moves else slept.append, waiting=told)
    for seconds in (1, 1, 3, 2):
        limiter.spend(limiter.after(make_failure(503, seconds), 1))
    assert told.seconds == [1, 1, 3, 2]


@pytest.mark.parametrize(
    ("further", "seconds"), [(0.9, [2]), (1, [2, 3]), (30, [2, 32])], ids=["a bit", "1 s", "30 s"]
)
def test_a_gate_closed_for_a_second_more_is_told_again(
    further: float, seconds: list[float]
) -> None:
    told, clock = Told(), Clock()
    limiter = make_limiter(clock, sleep=lambda seconds: None, waiting=told)
    first = limiter.after(make_failure(429, 2), 1)
    second = limiter.after(make_failure(429, 2 + further), 1)
    for wait in (first, second):
        limiter.spend(wait)
    assert told.seconds == seconds


@pytest.mark.parametrize("status", [429, 502])
@pytest.mark.parametrize(("seconds", "told"), [(0.99, []), (1, [1]), (8, [8])])
def test_a_short_wait_is_not_told(seconds: float, told: list[float], status: int) -> None:
    ear = Told()
    limiter = make_limiter(Clock(), waiting=ear)
    limiter.spend(limiter.after(make_failure(status, seconds), 1))
    assert ear.seconds == told


def test_every_wait_of_one_request_is_told() -> None:
    told, failures = Told(), [make_failure(502, 2), make_failure(None, 2)]
    limiter = make_limiter(Clock(), sleep=lambda seconds: None, waiting=told)
    for failure in failures:
        limiter.spend(limiter.after(failure, 1))
    assert told.waits == [(2, failure) for failure in failures]


def test_who_is_told_may_ask_the_limiter() -> None:
    def waiting(seconds: float, failure: Unavailable) -> None:
        assert limiter.gate()
        limiter.halt()

    limiter = make_limiter(Clock(), waiting=waiting)
    limiter.spend(limiter.after(make_failure(429, 2), 1))
    assert limiter.halted


# -- halting


def in_threads(work: Callable[[], None], count: int) -> list[threading.Thread]:
    threads = [threading.Thread(target=work, daemon=True) for _ in range(count)]
    for thread in threads:
        thread.start()
    return threads


def test_halting_wakes_every_thread_that_waits() -> None:
    waiting = threading.Semaphore(0)
    limiter = Limiter(waiting=lambda seconds, failure: waiting.release())
    assert not limiter.halted
    wait = limiter.after(make_failure(502, 60), 1)
    threads = in_threads(lambda: limiter.spend(wait), 3)
    for _ in threads:
        assert waiting.acquire(timeout=5)
    limiter.halt()
    for thread in threads:
        thread.join(5)
    assert not any(thread.is_alive() for thread in threads)
    assert limiter.halted


def test_a_real_wait_takes_its_time() -> None:
    limiter = Limiter(uniform=lambda low, high: 0.02)
    wait = limiter.after(make_failure(), 1)
    assert limiter.gate()
    limiter.spend(wait)
    assert limiter.gate() is None

from __future__ import annotations

import pytest

from wacb.net.timeout import Deadline


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_counts_down_from_its_making_and_stops_at_zero(clock: Clock) -> None:
    deadline = Deadline(120, clock=clock)
    seen = []
    for seconds in (0, 100, 19.5, 0.5, 1000):
        clock.now += seconds
        seen.append(deadline.remaining())
    assert (deadline.seconds, seen) == (120, [120, 20, 0.5, 0, 0])


def test_a_pause_does_not_count(clock: Clock) -> None:
    deadline = Deadline(10, clock=clock)
    clock.now += 4
    with deadline.paused():
        clock.now += 60
        assert deadline.remaining() == 6
    clock.now += 1
    assert deadline.remaining() == 5


def test_a_pause_within_a_pause_does_not_count_twice(clock: Clock) -> None:
    deadline = Deadline(10, clock=clock)
    with deadline.paused():
        clock.now += 3
        with deadline.paused():
            clock.now += 3
        clock.now += 3
        assert deadline.remaining() == 10
    clock.now += 1
    assert deadline.remaining() == 9


def test_an_interrupted_pause_ends(clock: Clock) -> None:
    deadline = Deadline(10, clock=clock)
    with pytest.raises(KeyboardInterrupt), deadline.paused():
        clock.now += 5
        raise KeyboardInterrupt
    clock.now += 1
    assert deadline.remaining() == 9


def test_a_deadline_can_be_extended(clock: Clock) -> None:
    deadline = Deadline(10, clock=clock)
    clock.now += 4
    deadline.extend(30)
    assert (deadline.seconds, deadline.remaining()) == (30, 26)


def test_runs_on_the_real_clock() -> None:
    assert 99 < Deadline(100).remaining() <= 100

"""Work in several threads: results in order, the first failure, and an end at any time."""

from __future__ import annotations

import signal
import threading
from types import FrameType

import pytest

from wacb.net.pool import run_all

SECONDS = 20  # that a test waits at most for what must happen at once
MAIN = threading.main_thread().ident or 0


def never() -> None:
    raise AssertionError("aborted")


def test_results_have_the_order_of_the_items_whatever_ends_first() -> None:
    ended = [threading.Event() for _ in range(5)]

    def work(item: int) -> int:
        if item < 3:  # each waits for the one after it
            assert ended[item + 1].wait(SECONDS)
        ended[item].set()
        return item * item

    assert run_all(work, range(5), jobs=4, abort=never) == [0, 1, 4, 9, 16]


@pytest.mark.parametrize(("jobs", "at_once"), [(1, 1), (3, 3), (9, 6)])
def test_as_many_are_in_progress_as_there_are_jobs_or_items(jobs: int, at_once: int) -> None:
    together, lock = threading.Barrier(at_once, timeout=SECONDS), threading.Lock()
    running = most = 0

    def work(item: int) -> None:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        together.wait()
        with lock:
            running -= 1
        together.wait()

    run_all(work, range(6), jobs=jobs, abort=never)
    assert most == at_once


def test_the_first_failure_in_order_is_raised_and_nothing_starts_after_one() -> None:
    failed, started = threading.Event(), set[int]()

    def work(item: int) -> None:
        started.add(item)
        if item == 0:
            assert failed.wait(SECONDS)
            raise ValueError("first")
        failed.set()
        raise ValueError("sooner")

    with pytest.raises(ValueError, match="first"):
        run_all(work, range(50), jobs=2, abort=never)
    assert 2 not in started


def test_ctrl_c_aborts_what_is_in_progress_and_starts_nothing_more() -> None:
    aborted, pressed, started = threading.Event(), threading.Event(), set[int]()

    def once(number: int, frame: FrameType | None) -> None:
        if not pressed.is_set():
            pressed.set()
            raise KeyboardInterrupt

    def work(item: int) -> None:
        started.add(item)
        while not aborted.wait(0.01):  # a signal right before the thread sleeps does not wake it
            signal.pthread_kill(MAIN, signal.SIGINT)

    before = signal.signal(signal.SIGINT, once)
    try:
        with pytest.raises(KeyboardInterrupt):
            run_all(work, range(9), jobs=2, abort=aborted.set)
    finally:
        signal.signal(signal.SIGINT, before)
    assert started <= {0, 1}


@pytest.mark.parametrize("allowed", [0, 1, 2])
def test_fewer_threads_do_the_work_where_no_more_are_allowed(
    monkeypatch: pytest.MonkeyPatch, allowed: int
) -> None:
    start, left = threading.Thread.start, [None] * allowed

    def limited(thread: threading.Thread) -> None:
        if not left:
            raise RuntimeError("can't start new thread")
        left.pop()
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", limited)
    assert run_all(lambda item: item * item, range(9), jobs=3, abort=never) == [
        item * item for item in range(9)
    ]

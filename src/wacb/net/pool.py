"""Run independent work in parallel, in a few threads."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import TypeVar

A = TypeVar("A")
T = TypeVar("T")
LEAVE_AFTER = 1.0  # seconds


def run_all(
    work: Callable[[A], T], items: Sequence[A], *, jobs: int, abort: Callable[[], None]
) -> list[T]:
    """Return `work(item)` for each item, in their order; up to `jobs` are in progress at a time.

    After a failure no other item is started; those in progress end, and the failure of the first
    item in their order is raised. On Ctrl-C `abort` must end them, and a second later at most the
    threads are left behind.
    """
    todo = deque(enumerate(items))
    results: dict[int, T] = {}
    failures: dict[int, BaseException] = {}
    taking = threading.Lock()

    def work_off() -> None:
        while True:
            with taking:
                if not todo:
                    return
                place, item = todo.popleft()
            try:
                results[place] = work(item)
            except BaseException as error:  # raised again in the caller's thread
                failures[place] = error
                todo.clear()

    lanes: list[threading.Thread] = []
    try:
        for _ in items[:jobs]:
            lane = threading.Thread(target=work_off, daemon=True)
            try:
                lane.start()
            except RuntimeError:  # no more threads are allowed: those there are do the work
                break
            lanes.append(lane)
        if not lanes:
            work_off()
        for lane in lanes:
            lane.join()
    except BaseException:
        todo.clear()
        abort()
        for lane in lanes:
            lane.join(LEAVE_AFTER / len(lanes))
        raise
    if failures:
        raise failures[min(failures)]
    return [results[place] for place in range(len(items))]

"""A run that is stopped, by Ctrl-C or by --fail-fast: nothing new starts, what runs ends."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.fake_api import Reply, make_client, refusal
from tests.provision.attaching import (
    FIRST,
    attached,
    execute,
    make_journal,
    make_numbers,
    make_prepared,
    make_step,
    outcome,
    recorded,
    stocked,
    told,
)
from tests.provision.lines import SECONDS, Held, Line, Spoiling, Turn, meanwhile, press_ctrl_c
from wacb.errors import (
    ApiRejected,
    AuthenticationFailed,
    ConfigError,
    Interrupted,
    OutcomeUnknown,
    Skipped,
    Unavailable,
    WacbError,
)
from wacb.provision.bulk import BulkRunner
from wacb.provision.interrupt import GracefulInterrupt
from wacb.provision.number_change import NumberResult
from wacb.storage import files
from wacb.storage.journal import Entry, Journal

NUMBERS = make_numbers(6)

pytestmark = pytest.mark.usefixtures("ticking")


def make_run(line: Line, folder: Path, **how: Any) -> BulkRunner:
    client = make_client(line)
    stop = GracefulInterrupt(client, how.pop("interrupted", lambda: None))
    options = {"sleep": lambda seconds: None, "interrupt": stop, **how}
    return BulkRunner(client, make_journal(folder), **options)


def kinds(results: Sequence[NumberResult]) -> list[type[WacbError] | str]:
    """What became of each number: its result, or the kind of its error."""
    assert [result.change.number for result in results] == NUMBERS
    return [type(result.error) if result.error else result.status or "" for result in results]


def journaled(folder: Path) -> list[str]:
    return [each.number for each in recorded(make_journal(folder))]


# -- fail fast


def test_fail_fast_starts_nothing_after_a_failure_and_compares_what_was_done(
    tmp_path: Path,
) -> None:
    line = Line(stocked(NUMBERS), before={NUMBERS[1]: [refusal(422, "no")]})
    ends: list[None] = []
    run = make_run(line, tmp_path, fail_fast=True, done=lambda: ends.append(None))
    results = execute(run, make_prepared(NUMBERS))
    assert kinds(results) == ["attached", ApiRejected] + [Skipped] * 4
    assert results[0] == attached(NUMBERS[0])
    assert told(results[2].error) == (
        Skipped,
        f"number {NUMBERS[2]} was skipped: the run was stopped",
        None,
    )
    assert results[2] == outcome(NUMBERS[2], None, None, FIRST, error=results[2].error)
    assert (line.puts, line.listings, len(ends)) == (NUMBERS[:2], 1, 6)
    assert not run.interrupt.interrupted
    assert journaled(tmp_path) == NUMBERS[:1]


def test_fail_fast_lets_end_what_is_running(tmp_path: Path) -> None:
    failed, both = threading.Event(), threading.Barrier(2, timeout=SECONDS)

    class Pair(Line):
        def put(self, number: str) -> Turn | None:
            both.wait()
            if number == NUMBERS[0]:
                return refusal(422)
            assert failed.wait(SECONDS)
            return None

    line = Pair(stocked(NUMBERS))
    run = make_run(line, tmp_path, jobs=2, fail_fast=True, done=failed.set)
    results = execute(run, make_prepared(NUMBERS))
    assert kinds(results) == [ApiRejected, "attached"] + [Skipped] * 4
    assert results[1] == attached(NUMBERS[1])
    assert sorted(line.puts) == NUMBERS[:2]
    assert journaled(tmp_path) == NUMBERS[1:2]


@pytest.mark.parametrize("carried_out", [True, False])
def test_fail_fast_lets_the_listing_decide_about_a_lost_answer(
    carried_out: bool, tmp_path: Path
) -> None:
    lost, sandbox = {NUMBERS[0]: [refusal(500)]}, stocked(NUMBERS)
    line = Line(sandbox, after=lost) if carried_out else Line(sandbox, before=lost)
    results = execute(make_run(line, tmp_path, fail_fast=True), make_prepared(NUMBERS))
    assert kinds(results) == ["attached" if carried_out else Unavailable] + [Skipped] * 5
    assert results[0].verified is carried_out
    assert line.puts == NUMBERS[:1]
    assert journaled(tmp_path) == NUMBERS[:carried_out]


def test_fail_fast_stops_where_the_journal_cannot_be_written(tmp_path: Path) -> None:
    line = Spoiling(stocked(NUMBERS), tmp_path)
    results = execute(make_run(line, tmp_path, fail_fast=True), make_prepared(NUMBERS))
    assert kinds(results) == ["attached", ConfigError] + [Skipped] * 4
    assert line.puts == NUMBERS[:1]


def test_fail_fast_leaves_unchanged_what_needs_no_change(tmp_path: Path) -> None:
    line = Line(stocked(NUMBERS), before={NUMBERS[0]: [refusal(422)]})
    prepared = make_prepared(NUMBERS)
    prepared[-1] = NumberResult(make_step(NUMBERS[-1], old=FIRST))
    results = execute(make_run(line, tmp_path, fail_fast=True), prepared)
    assert kinds(results) == [ApiRejected] + [Skipped] * 4 + ["unchanged"]


def test_a_key_that_is_rejected_ends_the_run(tmp_path: Path) -> None:
    answers = {NUMBERS[1]: [refusal(403)], NUMBERS[2]: [refusal(401)]}
    line = Line(stocked(NUMBERS), before=answers)
    results = execute(make_run(line, tmp_path), make_prepared(NUMBERS))
    assert kinds(results) == ["attached"] + [AuthenticationFailed] * 2 + [Skipped] * 3
    assert line.puts == NUMBERS[:3]


# -- Ctrl-C


class User:
    """Somebody who presses Ctrl-C once `jobs` updates are under way, and `again` afterwards."""

    def __init__(self, line: Held, jobs: int, *, again: bool = False) -> None:
        self._line, self._jobs, self._again = line, jobs, again
        self.noticed = threading.Event()

    def __call__(self) -> None:
        for _ in range(self._jobs):
            assert self._line.arrived.acquire(timeout=SECONDS)
        press_ctrl_c()
        assert self.noticed.wait(SECONDS)
        if self._again:
            press_ctrl_c()
        else:
            self._line.release.set()


@pytest.mark.parametrize("jobs", [1, 2, 4])
def test_ctrl_c_starts_nothing_new_and_lets_end_what_is_running(jobs: int, tmp_path: Path) -> None:
    line, ends = Held(stocked(NUMBERS)), list[None]()
    user = User(line, jobs)
    how = {"interrupted": user.noticed.set, "done": lambda: ends.append(None)}
    run = make_run(line, tmp_path, jobs=jobs, **how)
    with meanwhile(user):
        results = execute(run, make_prepared(NUMBERS))
    assert kinds(results) == ["attached"] * jobs + [Skipped] * (6 - jobs)
    assert results[0] == attached(NUMBERS[0], verified=None)
    assert (sorted(line.puts), line.listings, len(ends)) == (NUMBERS[:jobs], 0, 6)
    assert run.interrupt.interrupted
    assert sorted(journaled(tmp_path)) == NUMBERS[:jobs]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP], ids=lambda each: each.name)
def test_a_cancelled_job_and_a_closed_terminal_end_a_run_as_ctrl_c_does(
    number: signal.Signals, tmp_path: Path
) -> None:
    noticed = threading.Event()

    class Ended(Line):
        def put(self, each: str) -> Turn | None:
            signal.pthread_kill(threading.main_thread().ident or 0, number)
            assert noticed.wait(SECONDS)
            return None

    line = Ended(stocked(NUMBERS))
    usual = signal.signal(number, signal.default_int_handler)  # the usual one would end the tests
    try:
        run = make_run(line, tmp_path, interrupted=noticed.set)
        results = execute(run, make_prepared(NUMBERS))
        assert signal.getsignal(number) is signal.default_int_handler
    finally:
        signal.signal(number, usual)
    assert kinds(results) == ["attached"] + [Skipped] * 5
    assert (run.interrupt.interrupted, journaled(tmp_path)) == (True, NUMBERS[:1])


def test_another_ctrl_c_gives_up_what_is_running(tmp_path: Path) -> None:
    line = Held(stocked(NUMBERS))
    user = User(line, 2, again=True)
    run = make_run(line, tmp_path, jobs=2, interrupted=user.noticed.set)
    try:
        with meanwhile(user):
            results = execute(run, make_prepared(NUMBERS))
    finally:
        line.release.set()
    assert kinds(results) == [Interrupted] * 2 + [Skipped] * 4
    assert results[0].error is not None
    assert results[0].error.message == "interrupted before a response came"
    assert (run.interrupt.interrupted, line.listings, journaled(tmp_path)) == (True, 0, [])


def test_ctrl_c_twice_at_once_is_two_of_them(tmp_path: Path) -> None:
    line, seen = Held(stocked(NUMBERS)), list[None]()

    def user() -> None:
        assert line.arrived.acquire(timeout=SECONDS)
        assert line.arrived.acquire(timeout=SECONDS)
        press_ctrl_c()

    def interrupted() -> None:
        seen.append(None)
        if len(seen) == 1:
            signal.raise_signal(signal.SIGINT)  # before the first one is done with

    run = make_run(line, tmp_path, jobs=2, interrupted=interrupted)
    try:
        with meanwhile(user):
            results = execute(run, make_prepared(NUMBERS))
    finally:
        line.release.set()
    assert kinds(results) == [Interrupted] * 2 + [Skipped] * 4
    assert run.interrupt.interrupted


@pytest.mark.parametrize("pause", [0.0, 1.0], ids=["before", "after the first"])
def test_ctrl_c_while_the_numbers_are_listed_still_gives_a_report(
    pause: float, tmp_path: Path
) -> None:
    def sleep(seconds: float) -> None:
        if seconds == pause:
            signal.raise_signal(signal.SIGINT)

    line = Line(stocked(NUMBERS), hidden=1)
    run = make_run(line, tmp_path, sleep=sleep)
    results = execute(run, make_prepared(NUMBERS))
    assert [result.status for result in results] == ["attached"] * 6
    assert (run.interrupt.interrupted, line.listings) == (True, int(pause))


class Nap:
    """A wait between attempts that only ends when it is cut short."""

    def __init__(self) -> None:
        self._begun = threading.Semaphore(0)
        self.begun, self.over = threading.Event(), threading.Event()

    def __call__(self, seconds: float) -> None:
        self.begun.set()
        self._begun.release()
        assert self.over.wait(SECONDS)

    def cut_short(self, times: int) -> Callable[[], None]:
        """Press Ctrl-C once that many of them have begun."""

        def work() -> None:
            for _ in range(times):
                assert self._begun.acquire(timeout=SECONDS)
            press_ctrl_c()

        return work


def napping(line: Line, folder: Path, nap: Nap, jobs: int) -> BulkRunner:
    client = make_client(line, sleep=nap)
    return BulkRunner(
        client,
        make_journal(folder),
        sleep=lambda seconds: None,
        jobs=jobs,
        interrupt=GracefulInterrupt(client, nap.over.set),
    )


def test_ctrl_c_cuts_short_the_wait_before_another_attempt(tmp_path: Path) -> None:
    nap, busy = Nap(), Reply(status=503, headers={"Retry-After": "60"})
    line = Line(stocked(NUMBERS), after={NUMBERS[0]: [busy]})
    with meanwhile(nap.cut_short(1)):
        results = execute(napping(line, tmp_path, nap, 1), make_prepared(NUMBERS))
    assert kinds(results) == [OutcomeUnknown] + [Skipped] * 5
    assert (line.puts, line.listings, journaled(tmp_path)) == (NUMBERS[:1], 0, [])


def test_an_update_that_waited_for_its_turn_at_ctrl_c_was_not_tried(tmp_path: Path) -> None:
    nap, busy = Nap(), Reply(status=429, headers={"Retry-After": "60"})

    both = threading.Barrier(2, timeout=SECONDS)

    class Closing(Line):
        def put(self, number: str) -> Turn | None:
            both.wait()
            if number == NUMBERS[1]:  # ends only after the first one has closed the gate for all
                assert nap.begun.wait(SECONDS)
            return None

    line = Closing(stocked(NUMBERS), before={NUMBERS[0]: [busy]})
    with meanwhile(nap.cut_short(2)):
        results = execute(napping(line, tmp_path, nap, 2), make_prepared(NUMBERS))
    assert kinds(results) == [Unavailable, "attached"] + [Skipped] * 4
    assert sorted(line.puts) == NUMBERS[:2]
    assert journaled(tmp_path) == NUMBERS[1:2]


def test_a_stop_ends_the_wait_for_the_lock_of_the_journal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin = Journal.begin

    def wait(journal: Journal, **change: Any) -> Entry:
        with files.locked(tmp_path / "journal.jsonl"):  # as another process would
            run.interrupt.request()
            return begin(journal, **change)

    monkeypatch.setattr(Journal, "begin", wait)
    line = Line(stocked(NUMBERS))
    run = make_run(line, tmp_path)
    assert kinds(execute(run, make_prepared(NUMBERS))) == [Skipped] * 6
    assert line.puts == []

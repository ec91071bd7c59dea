"""Change many numbers: all prepared first, each updated once, in parallel, journaled."""

from __future__ import annotations

import threading
import time
from collections import Counter
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.fake_api import Network, answer, make_api, make_client, refusal
from tests.provision.attaching import (
    FIRST,
    ONE,
    PENDING,
    SECOND,
    attached,
    emulator,
    entry,
    execute,
    make_journal,
    make_look,
    make_numbers,
    make_prepared,
    make_step,
    outcome,
    recorded,
    stocked,
    told,
    update,
)
from tests.provision.lines import SECONDS, Line, Turn
from wacb.api.client import Client
from wacb.errors import ApiRejected, Skipped, Unavailable, Unsafe
from wacb.models import UNKNOWN
from wacb.provision import attach
from wacb.provision.bulk import BulkRunner
from wacb.provision.lookup import AccountLookup
from wacb.provision.number_change import NumberChange, NumberResult
from wacb.provision.prepare import failed_change, prepare_all
from wacb.sandbox.emulator import Sandbox


def make_run(client: Client, folder: Path, **how: Any) -> BulkRunner:
    return BulkRunner(client, make_journal(folder), sleep=lambda seconds: None, **how)


def prepare(look: AccountLookup, numbers: list[str]) -> list[NumberResult]:
    prepare_one = partial(attach.prepare_attach, look)
    return prepare_all(
        [(number, partial(prepare_one, number, FIRST)) for number in numbers],
        look.client,
        fail_fast=False,
    )


def requests(sandbox: Sandbox) -> Counter[tuple[str, str]]:
    sent = sandbox.requests()
    return Counter((each.method, each.path.rpartition("/")[2]) for each in sent)


# -- prepared before anything is written


@pytest.mark.parametrize(
    "error",
    [Unsafe("no"), Unavailable("down"), Unavailable("down", sent=False), Skipped("stopped")],
    ids=["refused", "unavailable", "unsent", "not tried"],
)
@pytest.mark.parametrize("waba_id", [None, "77"], ids=["V1", "V2"])
def test_a_number_that_could_not_be_prepared_fails_for_that_reason(
    error: Any, waba_id: str | None, tmp_path: Path
) -> None:
    network = Network(refusal(500))
    client = make_client(network, api=make_api(waba_id=waba_id))
    results = execute(make_run(client, tmp_path), [failed_change(ONE, error)])
    assert results == [outcome(ONE, None, UNKNOWN, UNKNOWN, error=error)]
    assert network.sent == []


# -- the job itself


@pytest.mark.parametrize("jobs", [1, 8, 64])
def test_many_numbers_are_updated_once_each_and_listed_twice(jobs: int, tmp_path: Path) -> None:
    numbers = make_numbers(60)
    sandbox = stocked(numbers)
    client = emulator(sandbox)
    made = requests(sandbox)
    prepared = prepare(make_look(client, tmp_path), numbers)
    run = make_run(client, tmp_path, jobs=jobs)
    assert execute(run, prepared) == [attached(number) for number in numbers]
    assert not run.interrupt.interrupted
    assert requests(sandbox) - made == {
        ("GET", FIRST): 2,
        ("GET", "number"): 2,
        ("PUT", "update"): 60,
    }
    journaled = recorded(make_journal(tmp_path))
    assert sorted(journaled) == [entry(number) for number in numbers]
    assert [each.number for each in client.list_numbers() if each.callback_profile_id] == numbers


def test_what_is_only_believed_to_be_there_is_sent_all_the_same(tmp_path: Path) -> None:
    line = Line(stocked())
    run = make_run(make_client(line, api=make_api(waba_id=None)), tmp_path)
    results = execute(run, make_prepared([ONE], old=FIRST, shown=False))
    assert (results, line.puts) == ([attached(old=FIRST, verified=None)], [ONE])


def test_no_number_is_nothing_to_do(tmp_path: Path) -> None:
    network = Network(refusal(500))
    assert execute(make_run(make_client(network), tmp_path), []) == []
    assert network.sent == []


def test_the_results_are_in_the_order_of_the_steps(tmp_path: Path) -> None:
    numbers = make_numbers(3)

    ended = [threading.Event() for _ in range(4)]
    ended[3].set()

    class Backwards(Line):
        def put(self, number: str) -> Turn | None:
            assert ended[numbers.index(number) + 1].wait(SECONDS)
            return None

    def done() -> None:
        ended[3 - sum(event.is_set() for event in ended)].set()

    line = Backwards(stocked(numbers))
    run = make_run(make_client(line), tmp_path, jobs=3, done=done)
    assert execute(run, make_prepared(numbers)) == [attached(number) for number in numbers]
    assert sorted(each.number for each in make_journal(tmp_path).history()) == numbers


class Counting(Line):
    """Let updates pass only when `jobs` of them are there, and keep the most there ever were."""

    def __init__(self, sandbox: Sandbox, jobs: int) -> None:
        super().__init__(sandbox)
        self._lock, self._full = threading.Lock(), threading.Barrier(jobs, timeout=SECONDS)
        self._there = self.most = 0

    def put(self, number: str) -> Turn | None:
        with self._lock:
            self._there += 1
            self.most = max(self.most, self._there)
        self._full.wait()
        time.sleep(0.005)
        with self._lock:
            self._there -= 1
        return None


@pytest.mark.parametrize("jobs", [1, 2, 4])
def test_as_many_jobs_as_wanted_and_never_more(jobs: int, tmp_path: Path) -> None:
    numbers = make_numbers(8)
    line = Counting(stocked(numbers), jobs)
    results = execute(make_run(make_client(line), tmp_path, jobs=jobs), make_prepared(numbers))
    assert results == [attached(number) for number in numbers]
    assert line.most == jobs


def test_a_number_that_fails_stops_no_other(tmp_path: Path) -> None:
    numbers = make_numbers(4)
    line = Line(stocked(numbers), before={numbers[1]: [refusal(422, "no")]})
    ends: list[int] = []
    run = make_run(make_client(line), tmp_path, done=lambda: ends.append(len(line.puts)))
    prepared = make_prepared(numbers)
    prepared[2] = NumberResult(make_step(numbers[2], old=FIRST, shown=True))
    pending = failed_change(PENDING, Unsafe("pending"))
    results = execute(run, [*prepared, pending])
    failed, refused = results[1], results[4]
    assert (type(failed.error), results) == (
        ApiRejected,
        [
            attached(numbers[0]),
            outcome(numbers[1], None, None, FIRST, error=failed.error),
            outcome(numbers[2], "unchanged", FIRST, FIRST, verified=True),
            attached(numbers[3]),
            outcome(PENDING, None, UNKNOWN, UNKNOWN, error=refused.error),
        ],
    )
    assert ends == [1, 2, 2, 3, 3]
    journaled = [(each.number, each.outcome) for each in make_journal(tmp_path).history()]
    assert journaled == [(numbers[0], "done"), (numbers[1], "refused"), (numbers[3], "done")]


def test_of_several_numbers_none_is_given_up_where_the_api_is_too_busy(tmp_path: Path) -> None:
    numbers = make_numbers(2)
    line = Line(stocked(numbers), before={numbers[1]: [refusal(429)] * 6})
    results = execute(make_run(make_client(line), tmp_path), make_prepared(numbers))
    assert results == [attached(number) for number in numbers]
    assert line.puts == [numbers[0], *[numbers[1]] * 7]


def test_a_single_number_is_given_up_after_four_attempts(tmp_path: Path) -> None:
    line = Line(stocked(), before={ONE: [refusal(429)] * 6})
    (result,) = execute(make_run(make_client(line), tmp_path), make_prepared([ONE]))
    assert result == outcome(ONE, None, None, FIRST, error=result.error)
    assert told(result.error) == (
        Unavailable,
        f"changing number {ONE} failed: rate-limited (429)",
        "try again later",
    )
    assert line.puts == [ONE] * 4


# -- other changes than attaching


@pytest.mark.parametrize(
    ("step", "result", "action"),
    [
        (make_step(old=FIRST, new=None, action="detach"), "detached", "detach"),
        (make_step(old=FIRST, new=None, action="rollback"), "detached", "rollback"),
        (make_step(old=FIRST, new=SECOND, action="rollback"), "attached", "rollback"),
        (make_step(old=UNKNOWN, new=SECOND, shown=False), "attached", "attach"),
    ],
    ids=["detach", "rollback to none", "rollback", "attach, not known before"],
)
def test_each_change_is_named_and_journaled_as_what_it_is(
    step: NumberChange, result: str, action: str, tmp_path: Path
) -> None:
    client = emulator(stocked(profiles=2))
    client.send(update())
    results = execute(make_run(client, tmp_path), [NumberResult(step)])
    assert results == [outcome(ONE, result, step.old, step.new, verified=True)]
    assert step.new is not UNKNOWN
    journaled = entry(ONE, step.old, step.new, action)
    assert recorded(make_journal(tmp_path)) == [journaled]


def test_without_a_waba_id_a_change_is_journaled_but_not_read_back(tmp_path: Path) -> None:
    sandbox = stocked()
    api = make_api(waba_id=None)
    client = emulator(sandbox, api=api)
    step = make_step(old=UNKNOWN, shown=False)
    made = requests(sandbox)
    run = make_run(client, tmp_path)
    assert execute(run, [NumberResult(step)]) == [attached(old=UNKNOWN, verified=None)]
    assert requests(sandbox) - made == {("PUT", "number"): 1, ("GET", FIRST): 1}
    assert recorded(make_journal(tmp_path)) == [entry(ONE, UNKNOWN)]


def test_an_incoming_url_is_neither_journaled_nor_read_back(tmp_path: Path) -> None:
    network = Network(answer({}))
    step = NumberChange(ONE, UNKNOWN, UNKNOWN, incoming_url="https://example.com/")
    run = make_run(make_client(network), tmp_path)
    assert execute(run, [NumberResult(step)]) == [outcome(ONE, "attached", UNKNOWN, UNKNOWN)]
    assert [sent.method for sent in network.sent] == ["PUT"]
    assert recorded(make_journal(tmp_path)) == []

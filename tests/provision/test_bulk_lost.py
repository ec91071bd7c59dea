"""Updates whose answer was lost: made, not made or not known, as the listing has it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import HIDDEN
from tests.fake_api import Network, Reply, make_api, refusal
from tests.provision.attaching import (
    FIRST,
    ONE,
    attached,
    entry,
    make_prepared,
    make_step,
    outcome,
    stocked,
    told,
)
from tests.provision.lines import Bench, Line, Turn
from wacb.errors import OutcomeUnknown, Unavailable
from wacb.models import UNKNOWN
from wacb.provision.number_change import NumberChange, NumberResult

TWO, THREE = "+15550100002", "+15550100003"
THREE_NUMBERS = [ONE, TWO, THREE]
AGAIN = "run the same command again; it changes only what still differs"
NOT_KNOWN = "the number may or may not have been changed"


LOST: dict[str, Turn] = {
    "500": refusal(500, "oops"),
    "503": refusal(503),
    "504": Reply(status=504),
    "reset": ConnectionResetError(),
    "timeout": TimeoutError(),
    "html": Reply(body=b"<!doctype html>"),
    "torn": Reply(body=b'{"data": {', torn=True),
    "empty": Reply(),
}


@pytest.mark.parametrize("turn", LOST.values(), ids=LOST)
def test_a_lost_answer_is_made_up_for_where_the_number_shows_the_update(
    turn: Turn, tmp_path: Path
) -> None:
    line = Line(stocked(), after={TWO: [turn] * 4})
    bench = Bench(line, tmp_path)
    assert bench(make_prepared(THREE_NUMBERS)) == [attached(number) for number in THREE_NUMBERS]
    assert sorted(bench.journaled) == [entry(number) for number in THREE_NUMBERS]


BRIEF = {name: turn for name, turn in LOST.items() if name != "503"}  # that is waited for


@pytest.mark.parametrize("turn", BRIEF.values(), ids=BRIEF)
def test_an_update_that_was_never_made_fails_and_is_not_journaled(
    turn: Turn, tmp_path: Path
) -> None:
    bench = Bench(Line(stocked(), before={TWO: [turn] * 4}), tmp_path)
    first, lost, last = bench(make_prepared(THREE_NUMBERS))
    assert (first, last) == (attached(ONE), attached(THREE))
    assert lost == outcome(TWO, None, None, FIRST, verified=False, error=lost.error)
    assert type(lost.error) is Unavailable
    assert bench.sleeps == [0, 1, 2]
    assert [each.number for each in bench.journaled] == [ONE, THREE]


def test_an_update_that_was_lost_may_become_visible_late(tmp_path: Path) -> None:
    bench = Bench(Line(stocked(), after={ONE: [refusal(500)]}, hidden=2), tmp_path)
    assert bench.one() == attached()
    assert (bench.sleeps, bench.journaled) == ([0, 1, 2], [entry()])


def test_an_update_that_went_through_at_the_second_attempt_is_not_lost(tmp_path: Path) -> None:
    line = Line(stocked(), before={ONE: [refusal(503)]}, after={ONE: [ConnectionResetError()]})
    bench = Bench(line, tmp_path)
    assert bench.one() == attached()
    assert (line.puts, bench.journaled) == ([ONE] * 3, [entry()])


@pytest.mark.parametrize(
    "later", [ConnectionRefusedError(), refusal(429)], ids=["no connection", "too busy"]
)
def test_an_update_is_lost_also_where_later_attempts_were_not_sent(
    later: Turn, tmp_path: Path
) -> None:
    turns = [None, later, later, later]
    line = Line(stocked(), before={ONE: turns}, after={ONE: [ConnectionResetError()]})
    bench = Bench(line, tmp_path)
    assert bench.one() == attached()
    assert (line.puts, bench.journaled) == ([ONE] * 4, [entry()])


def test_an_update_that_was_certainly_not_sent_is_just_unavailable(tmp_path: Path) -> None:
    line = Line(stocked(), before={ONE: [ConnectionRefusedError()] * 4})
    bench = Bench(line, tmp_path)
    result = bench.one()
    assert result == outcome(ONE, None, None, FIRST, error=result.error)
    assert (type(result.error), bench.journaled) == (Unavailable, [])


# -- lost, and nothing tells


def lost(
    result: NumberResult, words: str = f"changing number {ONE} failed: the API is unavailable (500)"
) -> None:
    assert result == outcome(ONE, None, result.change.old, result.change.new, error=result.error)
    assert told(result.error) == (OutcomeUnknown, f"{words}; {NOT_KNOWN}", AGAIN)
    assert result.error is not None
    assert result.error.status == 500


def test_with_v1_the_outcome_is_not_known(tmp_path: Path) -> None:
    api = make_api(waba_id=None)
    line = Line(stocked(), after={ONE: [refusal(500)]})
    bench = Bench(line, tmp_path, api=api)
    lost(bench.one(make_step(old=UNKNOWN, shown=False)))
    assert (line.puts, line.listings, bench.journaled) == ([ONE], 0, [])


def test_where_the_api_does_not_show_it_the_outcome_is_not_known(tmp_path: Path) -> None:
    sandbox = stocked(contract=HIDDEN)
    bench = Bench(Line(sandbox, after={ONE: [refusal(500)]}), tmp_path)
    lost(bench.one(make_step(old=UNKNOWN, shown=False)))
    assert bench.journaled == []


def test_where_the_numbers_cannot_be_listed_the_outcome_is_not_known(tmp_path: Path) -> None:
    bench = Bench(Line(stocked(), after={ONE: [refusal(500)]}, looks=[refusal(500)]), tmp_path)
    lost(bench.one())


def test_of_an_incoming_url_the_outcome_is_not_known(tmp_path: Path) -> None:
    network = Network(refusal(500))
    step = NumberChange(ONE, UNKNOWN, UNKNOWN, incoming_url="https://example.com/")
    lost(Bench(network, tmp_path).one(step))
    assert [sent.method for sent in network.sent] == ["PUT"]


def test_an_answer_that_the_deadline_cut_off_is_looked_up_in_the_time_kept_back(
    tmp_path: Path,
) -> None:
    bench = Bench(Line(stocked(), after={ONE: [refusal(503)] * 4}), tmp_path, deadline=1)
    assert bench.one() == attached(ONE)
    assert bench.journaled == [entry(ONE)]

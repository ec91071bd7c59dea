"""After the updates: one listing for all of them, and what it decides about lost answers."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.cli.expect import find_way
from tests.fake_api import Network, Reply, answer, make_row, refusal
from tests.provision.attaching import (
    FIRST,
    OLD,
    ONE,
    SECOND,
    attached,
    entry,
    make_numbers,
    make_prepared,
    make_step,
    outcome,
    stocked,
    told,
)
from tests.provision.lines import Bench, Line, Spoiling, Turn
from tests.provision.lossy import Answered, answered
from wacb.errors import (
    AuthenticationFailed,
    CheckFailed,
    ConfigError,
    DeadlineExceeded,
    NotReached,
    Skipped,
    Unavailable,
    WacbError,
)
from wacb.models import UNKNOWN
from wacb.provision.number_change import NumberChange

TWO, THREE = "+15550100002", "+15550100003"
THREE_NUMBERS = [ONE, TWO, THREE]
UNWRITABLE = "cannot write {}/journal.jsonl: it is not a regular file"
LOOK = f"check with `wacb number show {ONE}`"


class Numbers(Network):
    """A script of numbers alone: the profile that is attached is there all the time."""

    def __call__(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Answered:
        if "/profiles/" in url:
            return answered(answer(make_row(profile_id=FIRST)))
        return super().__call__(method, url, headers, body)


def showing(*profiles: str | None) -> Network:
    """Take an update, then show these profiles on number ONE in turn (None: no such member)."""
    rows = [
        {"phone_number": ONE, **({} if profile is None else {"callback_profile_id": profile})}
        for profile in profiles
    ]
    return Numbers(answer({}), *(answer([row]) for row in rows))


# -- looked at until it shows


@pytest.mark.parametrize("looks", [1, 2, 3])
def test_an_update_may_become_visible_late(looks: int, tmp_path: Path) -> None:
    network = showing(*[OLD, ""][: looks - 1], FIRST)
    bench = Bench(network, tmp_path)
    assert bench.one() == attached()
    assert bench.sleeps == [0, 1, 2][:looks]
    assert [sent.method for sent in network.sent] == ["PUT"] + ["GET"] * looks
    assert bench.journaled == [entry()]


@pytest.mark.parametrize(
    ("shown", "new", "words"),
    [
        (OLD, FIRST, f"shows profile {OLD} on it instead of {FIRST}"),
        ("", FIRST, f"shows no profile on it instead of {FIRST}"),
        (OLD, None, f"shows profile {OLD} on it instead of none"),
    ],
    ids=["another", "none", "not detached"],
)
def test_an_update_that_does_not_show_fails_the_check(
    shown: str, new: str | None, words: str, tmp_path: Path
) -> None:
    bench = Bench(showing(shown), tmp_path)
    result = bench.one(make_step(old=SECOND, new=new))
    made = "attached" if new else "detached"
    assert result == attached(status=made, old=SECOND, new=new, verified=False, error=result.error)
    message = f"the API accepted the update of number {ONE}, but {words}"
    hint = f"{LOOK}; {find_way(ONE, new, replace=True)}" if new else LOOK
    assert told(result.error) == (CheckFailed, message, hint)
    assert bench.sleeps == [0, 1, 2]
    assert bench.journaled == []  # it is not known what was done


def test_the_listing_is_repeated_for_all_numbers_together(tmp_path: Path) -> None:
    numbers = make_numbers(10)
    line = Line(stocked(numbers), hidden=2)
    bench = Bench(line, tmp_path)
    assert bench(make_prepared(numbers)) == [attached(number) for number in numbers]
    assert (bench.sleeps, line.listings) == ([0, 1, 2], 3)


def test_what_was_seen_once_is_not_looked_at_again(tmp_path: Path) -> None:
    rows = [[{"phone_number": n, "callback_profile_id": FIRST} for n in (ONE, TWO)], [], []]
    rows[0][1]["callback_profile_id"] = OLD
    rows[1] = [{"phone_number": TWO, "callback_profile_id": FIRST}]
    network = Numbers(answer({}), answer({}), *map(answer, rows))
    bench = Bench(network, tmp_path)
    assert bench(make_prepared([ONE, TWO])) == [attached(ONE), attached(TWO)]
    assert bench.sleeps == [0, 1]


def test_a_profile_that_the_api_does_not_show_is_not_waited_for(tmp_path: Path) -> None:
    network = showing(None)
    bench = Bench(network, tmp_path)
    assert bench.one(make_step(old=UNKNOWN, shown=False)) == attached(old=UNKNOWN, verified=None)
    assert (bench.sleeps, len(network.sent)) == ([0], 2)


# -- where that cannot be


@pytest.mark.parametrize(
    ("turn", "kind"), [(refusal(401), AuthenticationFailed), (refusal(500), Unavailable)], ids=str
)
def test_where_the_numbers_cannot_be_listed_nothing_is_verified(
    turn: Reply, kind: type[WacbError], tmp_path: Path
) -> None:
    line = Line(stocked(), looks=[turn])
    bench = Bench(line, tmp_path)
    results = bench(make_prepared(THREE_NUMBERS))
    for number, result in zip(THREE_NUMBERS, results, strict=True):
        assert result == attached(number, verified=None, error=result.error)
        said = f"number {number} was changed, but could not be read back: "
        error, message, hint = told(result.error)
        assert (error, message[: len(said)]) == (kind, said)
        assert hint == "run the same command again to compare"
        assert result.error is not None
        assert result.error.status == turn.status
    assert (line.listings, len(bench.journaled)) == (1, 3)


def test_a_listing_that_fails_later_leaves_what_was_seen(tmp_path: Path) -> None:
    network = showing(OLD)
    network.script = (*network.script, refusal(500))
    bench = Bench(network, tmp_path)
    result = bench.one()
    assert (result.verified, type(result.error)) == (False, CheckFailed)


def test_the_rest_is_not_tried_where_the_deadline_leaves_no_time_to_look(tmp_path: Path) -> None:
    numbers = make_numbers(3)

    class Slow(Line):
        def put(self, number: str) -> Turn | None:
            bench.clock.now += 10
            return None

    line = Slow(stocked(numbers))
    bench = Bench(line, tmp_path, deadline=15)
    first, *rest = bench(make_prepared(numbers))
    assert first == attached(numbers[0])
    for result, number in zip(rest, numbers[1:], strict=True):
        assert result == outcome(number, None, None, FIRST, error=result.error)
        assert result.error and result.error.sent is False
        assert told(result.error) == (
            NotReached,
            f"number {number} was not tried: the time limit was reached",
            "run the same command again to finish, or pass a longer --deadline",
        )
    assert (line.puts, line.listings) == (numbers[:1], 1)
    assert bench.journaled == [entry(numbers[0])]


def test_a_request_that_takes_all_the_time_leaves_its_number_unseen(tmp_path: Path) -> None:
    class Slow(Line):
        def put(self, number: str) -> Turn | None:
            bench.clock.now += 20
            return None

    line = Slow(stocked())
    bench = Bench(line, tmp_path, deadline=15)
    result = bench.one()
    assert result == attached(ONE, verified=None, error=result.error)
    assert (type(result.error), line.listings) == (DeadlineExceeded, 0)


@pytest.mark.parametrize(
    ("deadline", "sleeps"), [(2.5, [0, 1]), (1, [0])], ids=["shorter", "just as long"]
)
def test_no_look_waits_beyond_the_deadline(
    deadline: float, sleeps: list[float], tmp_path: Path
) -> None:
    bench = Bench(showing(OLD), tmp_path, deadline=deadline)
    result = bench.one()
    assert (result.verified, type(result.error)) == (False, CheckFailed)
    assert bench.sleeps == sleeps


def test_where_the_deadline_leaves_no_time_to_look_that_is_said(tmp_path: Path) -> None:
    class Slow(Line):
        def put(self, number: str) -> Turn | None:
            bench.clock.now += 10
            return None

    bench = Bench(Slow(stocked()), tmp_path, deadline=10)
    assert told(bench.one().error) == (
        DeadlineExceeded,
        f"number {ONE} was changed, but could not be read back: skipped: time limit reached",
        "run the same command again to compare",
    )


# -- a journal that cannot be written


def test_nothing_is_changed_that_could_not_be_journaled(tmp_path: Path) -> None:
    (tmp_path / "journal.jsonl").mkdir()
    network = Network(refusal(500))
    with pytest.raises(ConfigError) as caught:
        Bench(network, tmp_path).one()
    assert told(caught.value) == (ConfigError, UNWRITABLE.format(tmp_path), None)
    assert network.sent == []


@pytest.mark.parametrize(
    "step",
    [
        make_step(old=FIRST),
        make_step(new=UNKNOWN, incoming_url="https://example.com/"),
    ],
    ids=["unchanged", "incoming URL"],
)
def test_what_is_not_journaled_needs_no_journal(step: NumberChange, tmp_path: Path) -> None:
    (tmp_path / "journal.jsonl").mkdir()
    result = Bench(Network(answer({})), tmp_path).one(step)
    assert (result.status is None, result.error) == (False, None)


def test_an_outcome_that_cannot_be_journaled_stops_the_run_before_the_next(tmp_path: Path) -> None:
    numbers = make_numbers(3)
    line = Spoiling(stocked(numbers), tmp_path)
    first, second, third = Bench(line, tmp_path)(make_prepared(numbers))
    assert (first, line.puts) == (attached(numbers[0]), numbers[:1])
    assert told(second.error) == (ConfigError, UNWRITABLE.format(tmp_path), None)
    assert type(third.error) is Skipped

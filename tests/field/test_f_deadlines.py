"""A deadline in the middle: what was done is known, and the next run makes up for the rest."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Answer
from tests.cli.expect import CREATE, ONE, THREE, TWO
from tests.conftest import Wacb
from tests.examples import sampled
from tests.field.altered import FIRST
from tests.field.world import NEW, make_world
from wacb.sandbox.emulator import Sandbox
from wacb.sandbox.in_process import exchange

NUMBERS = [f"+1555020{n:04}" for n in range(60)]


@pytest.mark.parametrize("jobs", [pytest.param("1", marks=pytest.mark.thorough), "4"])
def test_a_bulk_run_that_runs_out_of_time_knows_what_it_did(tmp_path: Path, jobs: str):
    with make_world(tmp_path / "w", slow=0.08 * int(jobs), quick=12) as world:
        world.sandbox.store.add_numbers((number, "Shop", "approved") for number in NUMBERS)
        before = len(world.journal())
        line = ("number", "attach", *NUMBERS, "--profile", FIRST, "--jobs", jobs, "-o", "json")
        ended = world.run((*line, "--deadline", "2.5"))
        assert ended.code in (7, 1), ended
        rows = json.loads(ended.out)
        assert [row["number"] for row in rows] == NUMBERS
        has = {number for number, title in world.state()[1].items() if title == "Hook"} - {ONE}
        attached = {row["number"] for row in rows if row["result"] == "attached"}
        unknown = {
            row["number"] for row in rows
            if row["result"] is None and row["error"]["code"] in ("outcome_unknown", "unknown")
        }  # fmt: skip
        assert 0 < len(has) < len(NUMBERS)
        assert attached <= has <= attached | unknown
        assert len(unknown) <= int(jobs)
        assert all(row["verified"] for row in rows if row["number"] in attached)
        new = world.journal()[before:]
        assert {entry["number"] for entry in new} >= has
        for counted in (f"{len(attached)} attached", "not tried"):
            assert counted in ended.err
        world.slow = 0
        assert world.do(line).code == 0


@pytest.mark.parametrize(
    ("line", "posts"),
    [
        pytest.param(NEW, 1, id="create"),
        pytest.param(("apply", "-f", "FOLDER/wacb.toml", "--yes"), 1, id="apply"),
        pytest.param(("profile", "update", FIRST, "--url", "HOOK/new"), 0, id="update"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("deadline", sampled(["0.3", "0.5", "0.9"], every=3))
def test_a_deadline_in_the_middle_is_made_up_for(
    tmp_path: Path, line: tuple[str, ...], posts: int, deadline: str
):
    with make_world(tmp_path / "usual") as world:
        again = (*line, "--if-not-exists") if line[1] == "create" else line
        assert world.do(again).code == 0
        wanted = world.state()
    with make_world(tmp_path / "w", slow=0.15) as world:
        ended = world.run((*line, "--deadline", deadline))
        assert ended.code in (0, 7), ended
        assert (ended.out == b"") == (ended.code == 7) or line[0] == "apply"
        world.slow = 0
        assert world.do(again).code == 0
        assert world.state() == wanted
        assert sum(method == "POST" for method, _, _ in world.written()) == posts


def test_a_run_whose_time_is_up_counts_what_was_not_tried(live: Wacb, sandbox: Sandbox):
    assert live(*CREATE).code == 0

    def slow(method: str, *rest: Any) -> Answer:
        if method == "PUT":
            time.sleep(1.2)
        return exchange(sandbox, method, *rest)

    line = ("number", "attach", ONE, TWO, THREE, "--profile", FIRST, "--jobs", "1")
    ended = live(*line, "--deadline", "2.5", handler=slow)
    assert ended.code == 7
    assert "error: time limit reached: " in ended.err and "not tried" in ended.err

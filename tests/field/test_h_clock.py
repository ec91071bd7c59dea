"""A clock that is set back or forth between two commands decides nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from tests.cli.conftest import attached
from tests.cli.expect import CREATE, ONE
from tests.conftest import LIVE, Outcome, invoke, profile_id
from tests.field.altered import FIRST, count, make_profile, make_ticking
from wacb.cli.app import App
from wacb.sandbox.emulator import Sandbox
from wacb.sandbox.in_process import exchange

NOW, SECOND = 1_790_000_000.0, profile_id(2)
JUMPS = [-1e9, -60.0, 60.0, 1e9]
Run = Callable[..., Outcome]


@pytest.fixture
def sandbox(sleeps: list[float]) -> Sandbox:
    """An empty emulator, whose own clock is right."""
    return make_ticking(sleeps)


@pytest.fixture
def at(home: Path, sandbox: Sandbox, sleeps: list[float]) -> Run:
    """Run a command line on a machine whose clock shows `now`."""

    def run(now: float, *line: str) -> Outcome:
        app = App(
            environ={"HOME": str(home), **LIVE},
            handler=partial(exchange, sandbox, sleep=sleeps.append),
            sandbox=sandbox,
            interactive=False,
            sleep=sleeps.append,
            now=lambda: now,
            clock=lambda: sum(sleeps),
        )
        return invoke(app, *line)

    return run


@pytest.mark.parametrize("jump", JUMPS)
def test_a_lost_create_is_looked_for_as_long_whatever_the_clock_shows(
    at: Run, sandbox: Sandbox, jump: float
):
    sandbox.add_fault("late:12s")
    sandbox.add_fault("reset,after,POST")
    assert at(NOW, *CREATE).code == 7
    again = at(NOW + jump, *CREATE, "--if-not-exists", "-o", "json")
    assert (again.code, json.loads(again.out)["result"]) == (0, "adopted")
    assert count(sandbox, "POST") == 1


@pytest.mark.parametrize("jump", JUMPS)
def test_the_last_change_is_the_one_that_was_made_last(at: Run, sandbox: Sandbox, jump: float):
    for title in ("First", "Second", "Third"):
        make_profile(sandbox, title=title)
    third = profile_id(3)
    for place, profile in enumerate((FIRST, SECOND, third)):
        now = NOW + place % 2 * jump
        assert at(now, "number", "attach", ONE, "--profile", profile, "--replace").code == 0
    history = json.loads(at(NOW, "number", "history", ONE, "-o", "json").out)
    assert [entry["new"] for entry in history] == [FIRST, SECOND, third]
    assert at(NOW, "number", "rollback", ONE, "--yes").code == 0
    assert attached(sandbox, ONE) == SECOND

"""A signal at each step of every command: what was done is known, and the next run finishes it."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

import pytest

from tests.examples import examples, sampled
from tests.field.world import CHANGES, World, make_world

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
NAMES = (
    *("create", "create once", "update", "delete", "check", "fix", "attach", "detach", "rollback"),
    *("add", "send", "verify", "plan", "apply", "export", "list", "numbers"),
)
CASES = [
    pytest.param(
        name,
        number,
        id=f"{name} {number.name}",
        marks=() if (name, number) == ("attach", signal.SIGINT) else pytest.mark.thorough,
    )
    for name in NAMES
    for number in SIGNALS
]
MOST_STEPS = 40


def steps(folder: Path, name: str) -> int:
    """How many requests a command makes when nobody disturbs it."""
    with make_world(folder) as world:
        world.run(CHANGES[name])
        return world.served


def check_journal(world: World) -> None:
    """Every change that the API was asked for has an entry, and no entry was made up."""
    puts = sum(method == "PUT" for method, _, _ in world.written())
    outcomes = [entry.get("outcome") for entry in world.journal()]
    assert puts - 1 <= len(outcomes), outcomes
    assert all(outcome in ("done", "refused", "unknown", "intent", None) for outcome in outcomes)


@pytest.mark.parametrize(("name", "number"), CASES)
def test_a_signal_at_each_step_ends_the_run_and_the_next_finishes_it(
    tmp_path: Path, name: str, number: signal.Signals
):
    line = CHANGES[name]
    if name == "create":  # a script's way to run it again
        line = (*line, "--if-not-exists")
    with make_world(tmp_path / "undisturbed") as world:
        code = world.do(line).code
        wanted, posts = world.state(), _posts(world)
        count = world.served
    assert 0 < count < MOST_STEPS
    for step in range(1, count + 1, max(1, count // examples(12))):  # each with --thorough
        with make_world(tmp_path / f"step {step}", hold=step) as world:
            process = world.start(line)
            assert world.held.wait(20)
            process.send_signal(number)
            world.release.set()
            ended = world.end(process)
            assert ended.code == 130, (step, ended)
            assert "interrupted" in ended.err
            check_journal(world)
            again = world.do(line)
            assert again.code in (code, *_done_before(name)), (step, again)
            assert (world.state(), _posts(world)) == (wanted, posts), step


def _posts(world: World) -> int:
    return sum(method == "POST" for method, _, _ in world.written())


def _done_before(name: str) -> tuple[int, ...]:
    """Exit codes of a second run that finds its work done."""
    return {"delete": (5,), "add": (6, 9), "rollback": (0, 9), "update": (0, 5)}.get(name, ())


@pytest.mark.parametrize("number", sampled(SIGNALS, every=3))
def test_a_second_signal_gives_up_at_once(tmp_path: Path, number: signal.Signals):
    with make_world(tmp_path / "w", hold=4) as world:
        process = world.start(CHANGES["attach"])
        assert world.held.wait(20)
        process.send_signal(number)
        assert process.stderr
        process.stderr.readline()
        process.send_signal(number)
        ended = world.end(process, seconds=5)
        assert ended.code == 130
        world.release.set()
        assert world.do(CHANGES["attach"]).code == 0


@pytest.mark.parametrize("number", sampled(reversed(SIGNALS), every=3))
def test_a_lost_terminal_does_not_stop_what_ends_a_run(tmp_path: Path, number: signal.Signals):
    """The terminal that sends SIGHUP takes stdout and stderr with it."""
    with make_world(tmp_path / "w", hold=4) as world:
        reading, writing = os.pipe()
        process = subprocess.Popen(
            world.line(CHANGES["attach"]),
            env=world.env,
            stdout=writing,
            stderr=writing,
            cwd=world.folder,
        )
        os.close(writing)
        assert world.held.wait(20)
        os.close(reading)
        process.send_signal(number)
        world.release.set()
        assert process.wait(20) == 130
        check_journal(world)
        assert world.do(CHANGES["attach"]).code == 0

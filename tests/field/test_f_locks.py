"""A lock that another process holds for good: the deadline and a signal end the wait."""

from __future__ import annotations

import fcntl
import os
import signal
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pytest

from tests.examples import sampled
from tests.field.world import CHANGES, SECONDS, World, make_world

WAITING = ("attach", "detach", "rollback", "create once", "create", "add", "apply")
WRITING = ("config set", "config unset", "init")
FREE = ("list", "show", "numbers", "check", "verify", "history", "plan", "export", "config show")
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextmanager
def everything_locked(home: Path) -> Iterator[None]:
    """Hold each file of the home folder as a stopped process would."""
    files = [path for path in home.rglob("*") if path.is_file()]
    assert files
    descriptors = [os.open(path, os.O_RDWR) for path in files]
    try:
        for descriptor in descriptors:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        for descriptor in descriptors:
            os.close(descriptor)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A world in which every command was run once, so that all lock files are there."""
    with make_world(tmp_path / "world") as world:
        for name in ("create once", "config set"):
            world.do(CHANGES[name])
        other = ("number", "add", "+15550100055", *CHANGES["add"][3:])
        assert world.do(other).code == 0
        yield world


def wait_until_it_waits(process: subprocess.Popen[bytes]) -> None:
    """Wait until a process has opened a lock file for longer than it takes to lock it."""
    opened = Path(f"/proc/{process.pid}/fd")
    end, seen = time.monotonic() + SECONDS, 0
    while seen < 5 and time.monotonic() < end:
        assert process.poll() is None, "nothing was waited for"
        time.sleep(0.1)
        if opened.exists():
            with suppress(FileNotFoundError):  # closed meanwhile
                seen += any(each.readlink().suffix == ".lock" for each in opened.iterdir())
        else:  # not Linux
            seen += time.monotonic() > end - SECONDS + 3


def marked(*names: str, default: str) -> list[object]:
    return [
        pytest.param(name, marks=() if name == default else pytest.mark.thorough) for name in names
    ]


@pytest.mark.parametrize("name", marked(*WAITING, *WRITING, default="attach"))
def test_a_lock_is_waited_for_until_the_deadline(world: World, name: str):
    before = world.written()
    with everything_locked(world.home):
        began = time.monotonic()
        ended = world.run((*CHANGES[name], "--deadline", "2"))
        took = time.monotonic() - began
    assert ended.code == 7, ended
    assert took < 8
    assert ended.out == b""
    assert world.written() == before
    goes_on = world.do(CHANGES[name])
    assert goes_on.code == (9 if name == "create" else 0)  # its title is there since "create once"


@pytest.mark.parametrize("name", marked(*FREE, default="list"))
def test_a_cache_and_a_look_wait_for_no_lock(world: World, name: str):
    with everything_locked(world.home):
        ended = world.run((*CHANGES[name], "--deadline", "5"))
    assert ended.code == {"check": 8, "plan": 10}.get(name, 0)
    assert ended.out != b""


@pytest.mark.parametrize("number", sampled(SIGNALS, every=3))
@pytest.mark.parametrize("name", marked(*WAITING, *WRITING, default="attach"))
def test_a_signal_ends_the_wait_for_a_lock(world: World, name: str, number: signal.Signals):
    before = world.written()
    with everything_locked(world.home):
        process = world.start(CHANGES[name])
        wait_until_it_waits(process)
        process.send_signal(number)
        ended = world.end(process, seconds=5)
    assert ended.code == 130
    assert "interrupted" in ended.err
    assert world.written() == before


def test_a_tab_waits_for_no_lock(world: World):
    world.do(("profile", "list"))
    env = {"_WACB_COMPLETE": "bash_complete", "COMP_WORDS": "wacb profile show ", "COMP_CWORD": "3"}
    with everything_locked(world.home):
        began = time.monotonic()
        ended = world.run((), **env)
    assert (ended.code, time.monotonic() - began < 5) == (0, True)
    assert b"Hook" in ended.out


@pytest.mark.parametrize("number", [None, *sampled(SIGNALS, every=3)])
def test_a_locked_sandbox_is_waited_for_as_briefly(tmp_path: Path, number: signal.Signals | None):
    with make_world(tmp_path / "world") as world:
        assert world.do(("--sandbox", "profile", "list")).code == 0
        [file] = world.home.rglob("sandbox*.sqlite3")
        with closing(sqlite3.connect(file, isolation_level=None)) as other:
            other.execute("BEGIN EXCLUSIVE")
            line = ("--sandbox", "profile", "create", "--method", "post", "--url", "HOOK/a")
            process = world.start((*line, "--deadline", "3" if number is None else "60"))
            if number:
                time.sleep(1.5)
                process.send_signal(number)
            ended = world.end(process, seconds=10)
    assert ended.code == (7 if number is None else 130)

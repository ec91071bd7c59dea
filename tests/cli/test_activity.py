"""When a spinner comes and goes: a clock and a timer moved by hand, and a real terminal."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from contextlib import closing, redirect_stderr, redirect_stdout
from pathlib import Path

import pytest

from tests.cli.conftest import Screen
from tests.cli.expect import CREATE
from tests.cli.interactive import ESCAPES, SECONDS, WACB, Terminal
from tests.conftest import LIVE, Wacb
from tests.fault_server import FaultServer, Peer, answer
from wacb.cli import root
from wacb.cli.activity import Activity, call_later
from wacb.cli.app import App
from wacb.cli.console import Spinner

NONE = "no callback profiles; create one with `wacb --base-url {} profile create --method post`"


class Stage:
    """An Activity whose time passes by `wait`; `shown` is what its spinner says."""

    def __init__(self) -> None:
        self.now = 0.0
        self.shown: str | None = None
        self._due = 0.0
        self._call: Callable[[], None] | None = None
        self.activity = Activity(self._show, later=self._later, clock=lambda: self.now)

    def _later(self, seconds: float, call: Callable[[], None]) -> Stage:
        self._due, self._call = self.now + seconds, call
        return self

    def cancel(self) -> None:
        self._call = None

    def _show(self, words: str) -> Stage:
        self.shown = words
        return self

    def update(self, words: str) -> None:
        self.shown = words

    def stop(self) -> None:
        self.shown = None

    def wait(self, seconds: float) -> None:
        self.now += seconds
        if self._call and self.now >= self._due:
            call, self._call = self._call, None
            call()


@pytest.fixture
def stage() -> Stage:
    return Stage()


def test_a_quick_request_shows_nothing(stage: Stage):
    with stage.activity.work("listing"):
        stage.wait(0.4)
    stage.wait(5)
    assert stage.shown is None


def test_a_slow_request_is_shown_until_something_is_printed(stage: Stage):
    with stage.activity.work("listing"):
        stage.wait(0.4)
        assert stage.shown is None
        stage.wait(0.2)
        assert stage.shown == "listing"
    with stage.activity.work("reading"):
        assert stage.shown == "reading"
    stage.activity.clear()
    assert stage.shown is None


def test_many_short_requests_are_shown_if_one_takes_a_moment(stage: Stage):
    with stage.activity.work("reading"):
        stage.wait(0.4)
    stage.wait(0.2)
    with stage.activity.work("reading"):
        stage.wait(0.05)
    assert stage.shown is None
    with stage.activity.work("reading"):
        stage.wait(0.15)
        assert stage.shown == "reading"


def test_the_delay_starts_over_after_output(stage: Stage):
    with stage.activity.work("listing"):
        stage.wait(0.4)
        stage.activity.clear()
        stage.wait(5)
        assert stage.shown is None
        with stage.activity.work("reading"):
            stage.wait(0.4)
            assert stage.shown is None
            stage.wait(0.2)
            assert stage.shown == "reading"


def test_a_timer_that_fires_while_it_is_cancelled_shows_nothing(stage: Stage):
    with stage.activity.work("listing"):
        fire = stage._call
        assert fire is not None
        stage.activity.clear()
        fire()
    assert stage.shown is None


@pytest.mark.parametrize(
    ("options", "encoding"), [((), "utf-8"), (("-o", "json"), "ascii"), (("-q",), "utf-8")]
)
def test_a_terminal_shows_what_a_slow_request_does_until_the_output(
    options: tuple[str, ...], encoding: str, home: Path
):
    answered = threading.Event()

    def serve(peer: Peer) -> None:
        peer.read()
        answered.wait(SECONDS)
        peer.send(answer(200, b'{"data": []}'))

    env = {**LIVE, "HOME": str(home), "PATH": os.environ["PATH"], "TERM": "xterm", "NO_COLOR": "1"}
    env["PYTHONIOENCODING"] = encoding
    dots = "…" if encoding == "utf-8" else "..."
    with FaultServer(serve) as server:
        line = [*WACB, "--base-url", server.url, "profile", "list", *options]
        with closing(Terminal(line, env, piped=True)) as terminal:
            terminal.wait_for(f"listing callback profiles{dots}")
            answered.set()
            code, screen, out = terminal.end()
    last = ESCAPES.sub("", screen.rpartition("\x1b[2K")[2])
    assert (code, out) == (0, "[]\n" if "json" in options else "")
    assert " ".join(last.split()) == ("" if options else NONE.format(server.url)), screen


def test_many_requests_are_counted_on_a_terminal(on_screen: Wacb, live: Wacb):
    ids = [live(*CREATE, "--title", f"Profile {n}", "-q").out.strip() for n in range(20)]
    outcome = on_screen("profile", "check", *ids[:19])
    assert (outcome.code, "/19" in outcome.err) == (0, False)
    outcome = on_screen("profile", "check", *ids)
    assert (outcome.code, "20/20" in outcome.err) == (0, True)


def test_a_delayed_call_runs_in_its_own_thread():
    came = threading.Event()
    call_later(0, came.set)
    assert came.wait(SECONDS)
    call_later(SECONDS, pytest.fail).cancel()


def test_a_spinner_shows_its_text_and_disappears():
    with redirect_stderr(Screen()) as screen:
        spinner = Spinner("listing", color=False)
        spinner.update("reading")
        spinner.stop()
    assert "reading…" in screen.getvalue()
    assert screen.getvalue().endswith("\x1b[2K")


def test_output_on_a_terminal_follows_what_was_in_progress(home: Path):
    with FaultServer(answer(200, b'{"data": []}')) as server:
        environ = {**LIVE, "HOME": str(home), "WACB_BASE_URL": server.url}
        app = App(environ=environ, interactive=False)
        with redirect_stdout(Screen()), redirect_stderr(Screen()) as screen:
            assert root.run(["profile", "list"], app) == 0
        app.session.close()
    assert "no callback profiles" in screen.getvalue()

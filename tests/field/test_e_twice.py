"""Nothing is done twice because an answer, a process or a terminal was lost."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import attached, writes
from tests.cli.expect import CREATE, HOOK, ONE, TITLE
from tests.cli.registering import ADD
from tests.conftest import Outcome, Wacb, profile_id
from tests.examples import sampled
from tests.field.altered import FIRST, Altered, count, make_profile, make_ticking
from wacb.sandbox.emulator import Sandbox
from wacb.sandbox.in_process import exchange

# -- the same title again


@pytest.mark.parametrize(
    ("first", "second"),
    [
        pytest.param((), (), id="the same line"),
        pytest.param((), ("--method", "get"), id="another method"),
        pytest.param((), ("--title", TITLE, "--url", f"{HOOK}2"), id="another endpoint"),
        pytest.param(("--title", "My hook"), ("--title", "My hook"), id="a title"),
        pytest.param((), ("-o", "json"), id="as JSON"),
        pytest.param((), ("-q",), id="in a script"),
        pytest.param((), ("--dry-run",), id="a dry run"),
    ],
)
def test_a_title_that_exists_is_refused(
    live: Wacb, sandbox: Sandbox, first: tuple[str, ...], second: tuple[str, ...]
):
    assert live(*CREATE, *first).code == 0
    outcome = live(*CREATE, *second)
    assert (outcome.code, outcome.out) == (9, "")
    for word in (FIRST, "--if-not-exists", "--update-existing", "--allow-duplicate-title"):
        assert word in outcome.err
    assert count(sandbox, "POST") == 1


def test_a_title_that_the_filter_of_the_api_misses_is_refused(live: Wacb, sandbox: Sandbox):
    def words_only(
        method: str, url: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[int, Any, Any]:
        missed = re.sub(r"title=[^&]*", "title=nothing", url)
        return exchange(sandbox, method, missed, headers, body)

    line = (*CREATE, "--title", "Shop one")
    assert live(*line, handler=words_only).code == 0
    assert live(*line, handler=words_only).code == 9
    assert live(*line, "--if-not-exists", "-q", handler=words_only).out == f"{FIRST}\n"


def test_a_second_one_is_made_when_it_is_asked_for(live: Wacb, sandbox: Sandbox):
    assert live(*CREATE).code == 0
    outcome = live(*CREATE, "--allow-duplicate-title", "-q")
    assert (outcome.code, outcome.out) == (0, f"{profile_id(2)}\n")
    assert live(*CREATE, "--if-not-exists").code == 9  # two of them now


@pytest.mark.parametrize(("typed", "posts"), [("n\n", 1), ("\n", 1), ("y\n", 2)])
def test_a_terminal_is_asked(live: Wacb, sandbox: Sandbox, typed: str, posts: int):
    assert live(*CREATE).code == 0
    outcome = live(*CREATE, tty=True, input=typed)
    assert (outcome.code, count(sandbox, "POST")) == (9 if posts == 1 else 0, posts)
    assert FIRST in outcome.err


@pytest.mark.parametrize(
    "flag",
    ["--if-not-exists", "--update-existing"],
)
def test_one_cannot_want_both(live: Wacb, sandbox: Sandbox, flag: str):
    assert live(*CREATE, flag, "--allow-duplicate-title").code == 2
    assert sandbox.requests() == []


# -- a run that ended in the middle


class Killed(BaseException):
    """Stands for kill -9: nothing of the program runs after it."""


class Ending:
    """The emulator, where the run ends at a request of a method, done or not done yet."""

    def __init__(self, sandbox: Sandbox, end: BaseException, *, method: str, done: bool) -> None:
        self.api, self.end, self.method, self.done = Altered(sandbox), end, method, done

    def __call__(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Any:
        if method != self.method:
            return self.api(method, url, headers, body)
        if self.done:
            self.api(method, url, headers, body)
        raise self.end


def end_in(run: Wacb, *line: str, handler: Ending) -> Outcome | None:
    """Run a line that ends in the middle; None if nobody was left to say how."""
    try:
        return run(*line, handler=handler)
    except Killed:
        return None


# what SIGTERM and SIGHUP do in a process is Ctrl-C, too
ENDS: list[Any] = [
    pytest.param(KeyboardInterrupt(), id="Ctrl-C"),
    pytest.param(Killed(), id="kill -9"),
]


@pytest.fixture
def sandbox(sleeps: list[float]) -> Sandbox:
    """An empty emulator, whose clock runs while the program sleeps."""
    return make_ticking(sleeps)


AGAIN = [
    pytest.param(("--if-not-exists",), id="then once"),
    pytest.param(("--update-existing",), id="then update or create"),
    pytest.param((), id="then plainly"),
]


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("first", [(), ("--if-not-exists",)], ids=["plain", "once"])
@pytest.mark.parametrize("again", sampled(AGAIN, every=3))
@pytest.mark.parametrize("lag", ["", "late:5s"], ids=["listed", "late"])
def test_an_interrupted_create_is_found_by_the_next(
    live: Wacb, sandbox: Sandbox, end: Any, first: tuple[str, ...], again: tuple[str, ...], lag: str
):
    if lag:
        sandbox.add_fault(lag)
    ended = end_in(live, *CREATE, *first, handler=Ending(sandbox, end, method="POST", done=True))
    assert ended is None or ended.code == 130
    assert ended is None or "--if-not-exists" in ended.err or FIRST in ended.err
    second = live(*CREATE, *again)
    assert second.code in (0, 7), second
    assert count(sandbox, "POST") == 1


@pytest.mark.parametrize("end", [KeyboardInterrupt(), Killed()], ids=["Ctrl-C", "kill -9"])
def test_a_create_that_never_arrived_is_made_by_the_next(live: Wacb, sandbox: Sandbox, end: Any):
    end_in(live, *CREATE, handler=Ending(sandbox, end, method="POST", done=False))
    outcome = live(*CREATE, "--if-not-exists", "-o", "json", "--deadline", "100")
    assert json.loads(outcome.out)["result"] == "created"
    assert count(sandbox, "POST") == 1


def test_ctrl_c_before_anything_was_sent_leaves_nothing_to_wait_for(
    live: Wacb, sandbox: Sandbox, sleeps: list[float]
):
    ended = end_in(
        live, *CREATE, handler=Ending(sandbox, KeyboardInterrupt(), method="GET", done=False)
    )
    assert ended and ended.code == 130
    assert live(*CREATE, "--if-not-exists", "-q").out == f"{FIRST}\n"
    assert sum(sleeps) == 0


MANIFEST = f"""
[profiles.a]
title = "One hook"
method = "post"
url = "https://example.com/1"

[profiles.b]
title = "Two hook"
method = "post"
url = "https://example.com/2"

[numbers]
"{ONE}" = "a"
"""


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("lag", ["", "late:5s"], ids=["listed", "late"])
def test_an_interrupted_apply_is_finished_by_the_next(
    live: Wacb, sandbox: Sandbox, tmp_path: Path, end: Any, lag: str
):
    file = tmp_path / "wacb.toml"
    file.write_text(MANIFEST)
    if lag:
        sandbox.add_fault(lag)
    line = ("apply", "-f", str(file), "--yes")
    end_in(live, *line, handler=Ending(sandbox, end, method="POST", done=True))
    sandbox.add_fault("late:0s")
    finished = live(*line)
    assert finished.code in (0, 7), finished
    assert live(*line).code == 0
    assert count(sandbox, "POST") == 2
    assert attached(sandbox, ONE) in (profile_id(1), profile_id(2))


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize(
    ("line", "method"),
    [
        pytest.param(("number", "attach", ONE, "--profile", FIRST), "PUT", id="attach"),
        pytest.param(("profile", "update", FIRST, "--title", "New"), "PATCH", id="update"),
        pytest.param(("profile", "delete", FIRST, "--yes", "--force"), "DELETE", id="delete"),
    ],
)
def test_an_interrupted_change_can_be_repeated(
    live: Wacb, sandbox: Sandbox, end: Any, line: tuple[str, ...], method: str
):
    make_profile(sandbox)
    ended = end_in(live, *line, handler=Ending(sandbox, end, method=method, done=True))
    assert ended is None or ended.code in (0, 130)
    assert live(*line).code in ((5, 0) if method == "DELETE" else (0,))
    if method == "PUT":
        history = live("number", "history", ONE, "-o", "json")
        outcomes = [entry["outcome"] for entry in json.loads(history.out)]
        assert outcomes[-1] == "done"
        assert len(outcomes) <= 2


@pytest.mark.parametrize("end", ENDS)
def test_an_interrupted_registration_is_not_sent_again(live: Wacb, sandbox: Sandbox, end: Any):
    ended = end_in(live, *ADD, handler=Ending(sandbox, end, method="POST", done=True))
    assert ended is None or ended.code in (0, 130)
    second = live(*ADD)
    assert second.code in (0, 6, 7, 9), second
    assert len(writes(sandbox)) == 1
    assert "confirm" in second.err or second.code == 0


@pytest.mark.parametrize(
    "fault", ["reset,after,POST", "500,after,POST", "html,after,POST", "truncate,after,POST"]
)
@pytest.mark.parametrize("flags", [(), ("--if-not-exists",)], ids=["plain", "once"])
def test_a_lost_answer_makes_no_second_profile(
    live: Wacb, sandbox: Sandbox, fault: str, flags: tuple[str, ...]
):
    sandbox.add_fault("late:60s")
    sandbox.add_fault(fault)
    assert live(*CREATE, *flags).code == 7
    for again in ((), ("--if-not-exists",)):
        assert live(*CREATE, *again, "--deadline", "3").code in (7, 9)
    assert count(sandbox, "POST") == 1

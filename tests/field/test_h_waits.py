"""What somebody else changes while a write waits, or before it, is kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import click
import pytest

from tests.cli.conftest import Answer, ask, attached, put, writes
from tests.cli.expect import BODY, CREATE, HOOK, ONE, TITLE, TWO
from tests.conftest import Wacb, mark_shown, profile_id
from tests.field.altered import FIRST, make_attached, make_profile
from wacb.cli import state
from wacb.provision import bulk
from wacb.sandbox.emulator import Sandbox
from wacb.sandbox.in_process import exchange
from wacb.storage.journal import Journal

SECOND = profile_id(2)
SHORT = BODY.replace(',"location":"<location>"', "")
Change = Callable[[Sandbox], object]


class Waiting:
    """The emulator, which takes `seconds` for the first write of a `method`, and asks to repeat it.

    Meanwhile somebody else makes a change.
    """

    def __init__(
        self,
        sandbox: Sandbox,
        method: str,
        change: Change,
        sleeps: list[float],
        *,
        busy: bool = True,
    ) -> None:
        self.api, self.sandbox = partial(exchange, sandbox, sleep=sleeps.append), sandbox
        self.method, self.change, self.sleeps, self.busy = method, change, sleeps, busy
        self.is_first = True

    def __call__(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        if method != self.method or not self.is_first:
            return self.api(method, url, headers, body)
        self.is_first = False
        if self.busy:
            self.change(self.sandbox)
            return 429, [("Retry-After", "2")], iter([b"{}"])
        answer = self.api(method, url, headers, body)
        self.change(self.sandbox)
        self.sleeps.append(2.0)
        return answer


def nothing(sandbox: Sandbox) -> None:
    """Do nothing, as if nobody else were there."""


def edit(sandbox: Sandbox, profile: str = FIRST) -> None:
    ask(sandbox, "PATCH", f"/v1/SID/callback/profiles/{profile}", {"url": f"{HOOK}/theirs"})


def create(sandbox: Sandbox) -> None:
    make_profile(sandbox, title="Incoming", url=f"{HOOK}/theirs")


@pytest.fixture
def manifest(tmp_path: Path) -> Callable[[str], tuple[str, ...]]:
    """Return the line that applies a manifest."""

    def write(text: str) -> tuple[str, ...]:
        (tmp_path / "wacb.toml").write_text(text)
        prune = ["--prune"] * (text == PRUNED)
        return ("apply", "-f", str(tmp_path / "wacb.toml"), "--yes", *prune)

    return write


PRUNED = f'[profiles.a]\ntitle = "Broken"\nmethod = "post"\nurl = "{HOOK}/short"\n'
UPDATED = f'[profiles.a]\ntitle = "Hook"\nmethod = "post"\nurl = "{HOOK}/new"\n'
WRITES: Mapping[str, tuple[tuple[str, ...] | str, str, Change]] = {
    "update": (("profile", "update", FIRST, "--url", f"{HOOK}/new"), "PATCH", edit),
    "fix": (("profile", "check", SECOND, "--fix", "--yes"), "PATCH", partial(edit, profile=SECOND)),
    "delete": (("profile", "delete", FIRST, "--yes"), "DELETE", partial(put, profile=FIRST)),
    "create": ((*CREATE, "--title", "Incoming"), "POST", create),
    "create once": ((*CREATE, "--title", "Incoming", "--if-not-exists"), "POST", create),
    "apply an update": (UPDATED, "PATCH", edit),
    "apply a create": (UPDATED.replace("Hook", "Incoming"), "POST", create),
    "prune": (PRUNED, "DELETE", partial(put, profile=FIRST)),
}


@pytest.fixture
def profiles(sandbox: Sandbox, home: Path) -> None:
    """A complete profile, and one that has to be repaired, of an API that shows attachments."""
    make_profile(sandbox)
    make_profile(sandbox, title="Broken", url=f"{HOOK}/short", body=SHORT, channel="sms")
    mark_shown(home)


@pytest.mark.usefixtures("profiles")
@pytest.mark.parametrize("name", WRITES)
@pytest.mark.parametrize("theirs", [True, False], ids=["changed", "unchanged"])
def test_a_write_that_waited_reads_again_first(
    live: Wacb,
    sandbox: Sandbox,
    sleeps: list[float],
    manifest: Callable[[str], tuple[str, ...]],
    name: str,
    theirs: bool,
):
    given, method, change = WRITES[name]
    line = manifest(given) if isinstance(given, str) else given
    before, made = len(writes(sandbox)), list[str]()

    def meanwhile(sandbox: Sandbox) -> None:
        if theirs:
            change(sandbox)
        made.extend(request.method for request in writes(sandbox)[before:])

    outcome = live(*line, handler=Waiting(sandbox, method, meanwhile, sleeps))
    assert outcome.code == (9 if theirs else 0), outcome
    ours = [] if theirs else [method]
    assert [request.method for request in writes(sandbox)[before:]] == [*made, *ours]
    if theirs and name == "update":
        assert outcome.err.endswith(
            f"error: profile 'Hook' ({FIRST}) was changed by somebody else in the meantime\n"
            f"hint: check with `wacb profile show {FIRST}`\n"
        )


TWICE = """
[profiles.a]
title = "Hook"
method = "post"
url = "https://example.com/new"

[profiles.b]
title = "Second"
method = "post"
url = "https://example.com/new"

[numbers]
"+15550100001" = "a"
"""


@pytest.mark.parametrize("what", ["profile", "number", "nothing"])
def test_a_change_by_somebody_else_during_an_earlier_change_is_kept(
    live: Wacb,
    sandbox: Sandbox,
    sleeps: list[float],
    manifest: Callable[[str], tuple[str, ...]],
    what: str,
):
    make_attached(sandbox, TWO)
    make_attached(sandbox, ONE, title="Second", url=f"{HOOK}/second")
    third = make_profile(sandbox, title="Third")
    changes: Mapping[str, Change] = {
        "profile": partial(edit, profile=SECOND),
        "number": partial(put, profile=third),
        "nothing": nothing,
    }
    slow = Waiting(sandbox, "PATCH", changes[what], sleeps, busy=False)
    outcome = live(*manifest(TWICE), handler=slow)
    assert outcome.code == (0 if what == "nothing" else 9), outcome
    updated = [
        r.path.rpartition("/")[2] for r in sandbox.requests() if b"example.com/new" in r.body
    ]
    assert updated == ([FIRST] if what == "profile" else [FIRST, SECOND])
    assert attached(sandbox, ONE) == (third if what == "number" else FIRST)


def test_a_change_of_a_number_whose_journal_was_locked_looks_again(
    live: Wacb, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
):
    make_profile(sandbox)
    other = make_profile(sandbox, title="Other")
    monkeypatch.setattr(bulk, "STALE_AFTER", 0.0)  # any wait for the journal is a long one

    class Locked(Journal):
        def begin(self, **change: Any) -> Any:
            put(sandbox, other)
            return super().begin(**change)

    monkeypatch.setattr(state, "Journal", Locked)
    assert live("number", "attach", ONE, "--profile", "Hook").code == 9
    assert attached(sandbox, ONE) == other


def test_a_profile_of_the_title_that_appears_during_the_question_is_asked_about(
    live: Wacb, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
):
    make_profile(sandbox, title=TITLE)

    def answer(*_: object, **__: object) -> str:
        make_profile(sandbox, title=TITLE)
        return "y"

    monkeypatch.setattr(click, "prompt", answer)
    assert live(*CREATE, tty=True).code == 9
    assert len(writes(sandbox)) == 2

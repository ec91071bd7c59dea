"""What another terminal changes while a question stands open is never overwritten or deleted."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import click
import pytest

from tests.cli.conftest import ask, attached, put, writes
from tests.cli.expect import BODY, CREATE, HOOK, ONE
from tests.conftest import Wacb, mark_shown, profile_id
from tests.field.seeding import seed
from wacb.sandbox.emulator import Sandbox

FIRST, SECOND = profile_id(1), profile_id(2)
Change = Callable[[Sandbox], object]


@pytest.fixture
def profiles(live: Wacb, home: Path) -> None:
    """Two complete profiles, and an API that is known to show what a number has."""
    for title in ("First", "Second"):
        assert live(*CREATE, "--title", title).code == 0
    mark_shown(home)


def move(sandbox: Sandbox) -> None:
    """Attach the other profile to the number."""
    put(sandbox, SECOND)


def edit(sandbox: Sandbox) -> None:
    """Change the profile in question."""
    ask(sandbox, "PATCH", f"/v1/SID/callback/profiles/{FIRST}", {"response_message": "ok"})


@pytest.mark.usefixtures("profiles")
@pytest.mark.parametrize(
    ("command", "begin", "change"),
    [
        (("number", "detach", ONE), put, move),
        (("number", "rollback", ONE), put, move),
        (("profile", "delete", FIRST), None, put),
        (("profile", "delete", FIRST), None, edit),
    ],
    ids=["detach", "rollback", "delete an attached one", "delete an edited one"],
)
def test_a_change_of_another_terminal_during_the_question_is_kept(
    live: Wacb,
    sandbox: Sandbox,
    monkeypatch: pytest.MonkeyPatch,
    command: tuple[str, ...],
    begin: Callable[[Sandbox, str], object] | None,
    change: Callable[..., object],
):
    if begin:
        assert live("number", "attach", ONE, "--profile", FIRST).code == 0
    made: list[int] = []

    def answer(*_: object, **__: object) -> str:
        change(sandbox, FIRST) if change is put else change(sandbox)
        made.append(len(writes(sandbox)))
        return "y"

    monkeypatch.setattr(click, "prompt", answer)
    outcome = live(*command, tty=True)
    assert outcome.code == 9, outcome
    assert len(writes(sandbox)) == made[0]


def test_a_profile_that_is_edited_during_the_question_is_not_repaired(
    live: Wacb, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
):
    faulty = seed(sandbox, url=HOOK, body=BODY.replace("<from>", "<fron>"))
    made: list[int] = []

    def answer(*_: object, **__: object) -> str:
        ask(sandbox, "PATCH", f"/v1/SID/callback/profiles/{faulty}", {"response_message": "ok"})
        made.append(len(writes(sandbox)))
        return "y"

    monkeypatch.setattr(click, "prompt", answer)
    outcome = live("profile", "check", faulty, "--fix", tty=True)
    assert (outcome.code, len(writes(sandbox))) == (9, made[0])
    assert "the account changed in the meantime" in outcome.err


@pytest.mark.usefixtures("profiles")
def test_an_answer_after_which_nothing_has_changed_is_followed(
    live: Wacb, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
):
    assert live("number", "attach", ONE, "--profile", FIRST).code == 0
    monkeypatch.setattr(click, "prompt", lambda *_, **__: "y")
    assert live("number", "detach", ONE, tty=True).code == 0
    assert attached(sandbox, ONE) == ""

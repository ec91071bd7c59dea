"""What a command reports when Ctrl-C comes while the answer to one of its requests is due."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Interrupting
from tests.cli.expect import CREATE, TITLE, failed
from tests.cli.registering import ADD, CONFIRM, NEW
from tests.conftest import Wacb, mark_shown, profile_id
from wacb.sandbox.emulator import Sandbox

ID = profile_id(1)
DELETE = ("profile", "delete", ID, "--yes")
CONFIRM_BY_ID = f"`wacb number confirm {NEW} --id ID` with the ID from the Kaleyra console"


def test_a_create_without_an_answer_is_unknown(over: Wacb, sandbox: Sandbox):
    assert over(Interrupting(sandbox, "POST"), *CREATE) == failed(
        130,
        f"interrupted; profile '{TITLE}' may or may not have been created",
        "run the same command again with --if-not-exists: it finds the profile or creates it",
    )


def test_a_profile_that_was_created_is_named(over: Wacb, sandbox: Sandbox):
    assert over(Interrupting(sandbox, "GET", after="POST"), *CREATE) == failed(
        130,
        f"interrupted; profile {ID} was created",
        f"run `wacb profile show {ID}` to check it",
    )


@pytest.mark.parametrize("reference", [ID, TITLE], ids=["ID", "title"])
def test_a_deletion_without_an_answer_is_told_by_the_next_one(
    over: Wacb, live: Wacb, sandbox: Sandbox, home: Path, reference: str
):
    assert live(*CREATE).code == 0
    mark_shown(home)
    assert over(Interrupting(sandbox, "DELETE"), *DELETE) == failed(
        130,
        f"interrupted; profile {ID} may or may not have been deleted",
        f"check with `wacb profile show {ID}`",
    )
    again = live("profile", "delete", reference, "--yes", "-o", "json")
    error = json.loads(again.err)["error"]
    gone = f"callback profile {ID} does not exist (404: The profile does not exist)"
    message = gone if reference == ID else f"no profile with ID or title '{TITLE}'"
    assert (again.code, error["message"], error["status"]) == (5, message, 404)
    assert error["hint"] == "an earlier command deleted it; the response was lost"
    third = live("profile", "delete", reference, "--yes")
    assert third.code == 5
    assert "an earlier command" not in third.err


def test_an_added_number_is_found_by_the_next_command(over: Wacb, live: Wacb, sandbox: Sandbox):
    assert over(Interrupting(sandbox, "POST"), *ADD) == failed(
        130,
        f"interrupted; number {NEW} may or may not have been added",
        f"check with `wacb number show {NEW}`; if it exists, run {CONFIRM_BY_ID}",
    )
    assert live(*ADD) == failed(
        9,
        f"number {NEW} is listed as pending: an earlier command added it, and its registration "
        "ID was in the lost response",
        f"run {CONFIRM_BY_ID}",
    )


def test_a_confirmation_without_an_answer_is_unknown(over: Wacb, live: Wacb, sandbox: Sandbox):
    assert live(*ADD).code == 0
    assert over(Interrupting(sandbox, "POST"), *CONFIRM) == failed(
        130,
        f"interrupted; number {NEW} may or may not be confirmed",
        "it is safe to run the same command again",
    )


def test_an_update_without_an_answer_is_unknown(over: Wacb, live: Wacb, sandbox: Sandbox):
    assert live(*CREATE).code == 0
    line = ("profile", "update", ID, "--url", "https://example.com/new")
    outcome = over(Interrupting(sandbox, "PATCH"), *line)
    assert (outcome.code, outcome.out) == (130, "")
    assert outcome.err.splitlines()[-2:] == [
        f"error: interrupted; profile {ID} may or may not have been updated",
        "hint: run the same command again; it changes only what still differs",
    ]

"""Unknown outcomes stay unknown: lost responses, contradictions, requests that may come late."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import attached, journaled, put, writes
from tests.cli.expect import CREATE, ONE, TWO
from tests.conftest import Wacb, profile_id
from tests.field.altered import NUMBERS, PROFILE, UPDATE, Altered, Rule, data
from wacb.sandbox.emulator import Sandbox

FIRST, SECOND = profile_id(1), profile_id(2)
ATTACH = ("number", "attach", ONE, "--replace", "--profile")
ROLLBACK = ("number", "rollback", ONE, "--yes", "-o", "json")


@pytest.fixture(autouse=True)
def profiles(live: Wacb) -> None:
    for title in ("First", "Second"):
        assert live(*CREATE, "--title", title).code == 0


def refused_after_a_loss(method: str, path: str) -> Rule:
    """Carry out the first request and lose its response; refuse all others."""
    answers = iter([(503, b"")])
    return Rule(
        method=method,
        path=path,
        answer=lambda *_: next(answers, (422, b'{"status": 422, "message": "no"}')),
    )


def test_a_refusal_after_a_lost_response_leaves_the_outcome_unknown(
    live: Wacb, sandbox: Sandbox, home: Path
):
    network = Altered(sandbox, refused_after_a_loss("PUT", UPDATE))
    outcome = live(*ATTACH, FIRST, handler=network)
    assert (outcome.code, attached(sandbox, ONE)) == (0, FIRST)
    assert [entry["new"] for entry in journaled(home)] == [FIRST]


def test_a_deletion_that_is_refused_after_a_lost_response_is_looked_up(
    live: Wacb, sandbox: Sandbox
):
    network = Altered(sandbox, refused_after_a_loss("DELETE", PROFILE))
    assert live("profile", "delete", FIRST, "--force", "--yes", handler=network).code == 0


def test_an_update_that_is_accepted_and_not_done_is_not_journaled_as_done(
    live: Wacb, sandbox: Sandbox, home: Path
):
    ignored = Rule(method="PUT", path=UPDATE, answer=lambda *_: (200, b"{}"), arrives=False)
    assert live(*ATTACH, FIRST, handler=Altered(sandbox, ignored)).code == 8
    assert json.loads(live("number", "history", "-o", "json").out)[0]["outcome"] == "unknown"


def test_a_rollback_of_a_change_that_was_not_made_stops_there(live: Wacb, sandbox: Sandbox):
    assert live(*ATTACH, FIRST).code == 0
    lost = Rule(method="PUT", path=UPDATE, answer=lambda *_: (500, b""), arrives=False)
    assert live(*ATTACH, SECOND, handler=Altered(sandbox, lost)).code == 7
    for _ in range(2):
        outcome = live(*ROLLBACK)
        assert (outcome.code, json.loads(outcome.out)["result"]) == (0, "unchanged")
        assert attached(sandbox, ONE) == FIRST


def test_a_number_that_is_listed_with_two_profiles_is_one_that_is_not_known(
    live: Wacb, sandbox: Sandbox
):
    put(sandbox, FIRST)
    before = len(writes(sandbox))
    twice = data(NUMBERS, lambda rows: [*rows, rows[0] | {"callback_profile_id": ""}])
    network = Altered(sandbox, twice)
    outcome = live("number", "detach", ONE, "--yes", "-o", "json", handler=network)
    assert (outcome.code, len(writes(sandbox))) == (0, before + 1)
    assert f"the API does not show which profile number {ONE} has attached" in outcome.err
    assert live("number", "detach", TWO, "--yes", handler=network).code == 0

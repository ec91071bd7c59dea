"""The first line of output after a change of a number: one sentence that says what was done."""

from __future__ import annotations

import pytest

from tests.cli.conftest import put
from tests.cli.expect import HOOK, ONE, TITLE
from tests.conftest import Wacb, profile_id
from tests.fake_api import Network, Reply, Sent, answer, refusal
from wacb.sandbox.emulator import Sandbox

FIRST, SECOND = profile_id(1), profile_id(2)
TABLE = ("-o", "table")
V1 = ("--waba-id", "")


@pytest.fixture(autouse=True)
def existing(two_profiles: None) -> None:
    """Two profiles; no number has one."""


def said(text: str) -> str:
    return " ".join(text.split())


def test_another_profile_is_replaced(live: Wacb, sandbox: Sandbox):
    put(sandbox, SECOND)
    line = ("number", "attach", ONE, "--profile", TITLE, "--replace", *TABLE)
    assert said(live(*line).out) == (
        f"✓ Attached profile {TITLE} ({FIRST}) to number {ONE}, instead of Second ({SECOND}) "
        "verified: ✓ true"
    )


def test_a_profile_is_detached(live: Wacb, sandbox: Sandbox):
    put(sandbox, SECOND)
    line = ("number", "detach", ONE, "--yes", *TABLE)
    assert said(live(*line).out) == (
        f"✓ Detached the profile of number {ONE}: it had {SECOND} verified: ✓ true"
    )
    assert said(live(*line).out) == f"✓ No profile was attached to number {ONE} verified: ✓ true"


def test_nothing_more_is_said_where_the_api_shows_nothing(live: Wacb):
    line = ("number", "attach", ONE, "--profile", FIRST, *V1, *TABLE)
    assert said(live(*line).out) == f"✓ Attached profile {TITLE} ({FIRST}) to number {ONE}"


def test_an_incoming_url_is_stored(live: Wacb):
    line = ("number", "attach", ONE, "--incoming-url", HOOK, *TABLE)
    assert said(live(*line).out) == f"✓ Stored the incoming URL on number {ONE}"


def test_a_list_of_numbers_names_profiles_by_their_titles(live: Wacb, sandbox: Sandbox):
    put(sandbox, SECOND)
    line = ("number", "attach", "--from", "-", "--profile", TITLE, "--replace", *TABLE)
    row = live(*line, input=f"{ONE}\n").out.splitlines()[1]
    assert row.split() == [ONE, "✓", "attached", "Second", TITLE, "✓", "true"]


def test_the_prompt_shows_what_is_known_of_each_number(over: Wacb):
    def respond(request: Sent) -> Reply:
        if "/whatsapp/" not in request.url:
            return refusal(503)
        rows = [{"phone_number": ONE, "callback_profile_id": "SG_1"}, {"phone_number": f"{ONE}1"}]
        return answer(rows)

    err = over(Network(respond), "number", "attach", tty=True).err
    rows = [line.split() for line in err.splitlines() if line[:1].isdigit()]
    assert rows == [["1", ONE, "SG_1"], ["2", f"{ONE}1", "not", "shown"]]

"""`wacb number attach` on a terminal: what exists is offered to choose from."""

from __future__ import annotations

import pytest

from tests.cli.conftest import attached, put, writes
from tests.cli.expect import (
    CREATE,
    NINE,
    NO_V1_FIELD,
    ONE,
    THREE,
    TITLE,
    TWO,
    attachment_row,
    done,
    failed,
    missing,
    undo,
)
from tests.conftest import Wacb, profile_id
from tests.fake_api import Network, answer
from wacb.sandbox.emulator import Sandbox

ATTACH = ("number", "attach")
ARABIC_ONE = "\N{ARABIC-INDIC DIGIT ONE}"
NUMBERS = f"""\
note: numbers that are not approved are left out
#  NUMBER        NAME           STATUS    PROFILE
1  {ONE}  Sandbox One    approved  Second
2  {TWO}  Sandbox Two    approved  none
3  {THREE}  Sandbox Three  approved  none
"""
PROFILES = f"""\
#  TITLE                           STATUS  ID
1  {TITLE}  active  {profile_id(1)}
2  Second                          active  {profile_id(2)}
"""


@pytest.fixture(autouse=True)
def existing(two_profiles: None, sandbox: Sandbox) -> None:
    put(sandbox, profile_id(2))


def test_number_and_profile_are_chosen_by_their_place(live: Wacb, sandbox: Sandbox):
    assert live(*ATTACH, input="2\n1\n", tty=True) == done(
        attachment_row(TWO, "attached", "", profile_id(1)),
        f"{NUMBERS}Number: 2\n{PROFILES}Profile: 1\n{undo(TWO)}",
    )
    assert attached(sandbox, TWO) == profile_id(1)


def test_a_number_and_a_profile_are_chosen_by_number_and_title(live: Wacb, sandbox: Sandbox):
    answers = f"{TWO[1:]}\n{TITLE.upper()}\n"
    assert live(*ATTACH, "-q", input=answers, tty=True).out == f"{TWO}\n"
    assert attached(sandbox, TWO) == profile_id(1)
    assert live(*ATTACH, "-q", input=f"{THREE}\n{profile_id(2)}\n", tty=True).code == 0
    assert attached(sandbox, THREE) == profile_id(2)


def test_what_is_not_offered_is_asked_for_again(live: Wacb):
    huge = "3" * 5_000
    answers = f"9\nx\n\n0\n{ARABIC_ONE}\n{huge}\n{NINE}\n3\n2\n"
    err = (
        f"{NUMBERS}Number: 9\nError: '9' is not in the list\n"
        "Number: x\nError: 'x' is not in the list\n"
        "Number: \n"
        "Number: 0\nError: '0' is not in the list\n"
        f"Number: {ARABIC_ONE}\nError: '{ARABIC_ONE}' is not in the list\n"
        f"Number: {huge}\nError: '{huge}' is not in the list\n"
        f"Number: {NINE}\nError: '{NINE}' is not in the list\n"
        f"Number: 3\n{PROFILES}Profile: 2\n{undo(THREE)}"
    )
    assert live(*ATTACH, "-q", input=answers, tty=True) == done(THREE, err)


def test_a_title_that_two_profiles_have_is_asked_for_again(live: Wacb):
    assert live(*CREATE, "--title", "Second", "--allow-duplicate-title").code == 0
    outcome = live(*ATTACH, TWO, "-q", input="Second\n1\n", tty=True)
    assert "Error: 'Second' matches several rows; type the number of the row\n" in outcome.err
    assert outcome.code == 0


def test_only_what_was_not_given_is_asked_for(live: Wacb):
    assert live(*ATTACH, TWO, "-q", input="1\n", tty=True) == done(
        TWO, f"{PROFILES}Profile: 1\n{undo(TWO)}"
    )
    offered = f"""\
note: numbers that are not approved are left out
#  NUMBER        NAME           STATUS    PROFILE
1  {ONE}  Sandbox One    approved  Second
2  {TWO}  Sandbox Two    approved  {TITLE}
3  {THREE}  Sandbox Three  approved  none
"""
    line = (*ATTACH, "--profile", TITLE, "-q")
    assert live(*line, input="3\n", tty=True) == done(THREE, f"{offered}Number: 3\n{undo(THREE)}")


def test_the_number_is_typed_where_the_api_lists_none(live: Wacb, sandbox: Sandbox):
    line = (*ATTACH, "--waba-id", "", "-q")
    note = f"note: the API does not show which profile number {TWO} has attached"
    assert live(*line, input=f"{TWO}\n1\n", tty=True) == done(
        TWO, f"Number: {TWO}\n{PROFILES}Profile: 1\n{note}\n{NO_V1_FIELD}"
    )


def test_a_dry_run_asks_as_well(live: Wacb, sandbox: Sandbox):
    before = writes(sandbox)
    outcome = live(*ATTACH, "--dry-run", input="2\n1\n", tty=True)
    assert outcome.out.startswith("curl -X PUT ")
    assert outcome.err == f"{NUMBERS}Number: 2\n{PROFILES}Profile: 1\n"
    assert writes(sandbox) == before


@pytest.mark.parametrize("answers", ["", "2\n"], ids=["at the number", "at the profile"])
def test_the_end_of_input_is_an_interruption(live: Wacb, sandbox: Sandbox, answers: str):
    asked = f"Number: 2\n{PROFILES}Profile: " if answers else "Number: "
    before = writes(sandbox)
    outcome = live(*ATTACH, input=answers, tty=True)
    assert (outcome.code, outcome.out) == (130, "")
    assert outcome.err == f"{NUMBERS}{asked}\nerror: interrupted\n"
    assert writes(sandbox) == before


def test_nothing_to_choose_from(over: Wacb):
    network = Network(answer([]))
    assert over(network, *ATTACH, tty=True) == failed(
        5, "no number to choose from", "check with `wacb number list`"
    )
    line = (*ATTACH, ONE)
    assert over(network, *line, tty=True) == failed(
        5, "no profile to choose from", "create one with `wacb profile create --method post`"
    )


@pytest.mark.parametrize("line", [(), ("--no-input",)], ids=["no terminal", "--no-input"])
def test_nothing_is_offered_where_nobody_can_answer(
    live: Wacb, sandbox: Sandbox, line: tuple[str, ...]
):
    requests = len(sandbox.requests())
    tty = bool(line)
    assert live(*ATTACH, *line, tty=tty) == missing("NUMBER", "WACB_NUMBER")
    assert live(*ATTACH, ONE, *line, tty=tty) == missing("--profile", "WACB_PROFILE")
    assert len(sandbox.requests()) == requests


def test_titles_that_would_steer_the_terminal_are_neutralised(over: Wacb):
    row = {"profile_id": "X", "title": "a\x1b[2Jb", "http_method": "GET", "url": "u", "status": 1}
    network = Network(answer([row | {"body": None, "headers": "{}"}]))
    outcome = over(network, *ATTACH, ONE, input="", tty=True)
    assert outcome.err.splitlines()[1] == r"1  a\x1b[2Jb  active  X"


def test_create_is_what_the_choice_begins_with(live: Wacb):
    assert live(*CREATE, "-q", "--title", "Third") == done(profile_id(3))
    outcome = live(*ATTACH, TWO, "-q", input="3\n", tty=True)
    assert outcome.err.splitlines()[3].split() == ["3", "Third", "active", profile_id(3)]


@pytest.mark.parametrize(("word", "code"), [("y", 0), ("n", 9)])
def test_another_profile_is_replaced_after_a_question(
    live: Wacb, sandbox: Sandbox, word: str, code: int
):
    outcome = live(*ATTACH, ONE, "--profile", TITLE, "-q", input=f"{word}\n", tty=True)
    question = f"Replace profile Second ({profile_id(2)}) on number {ONE}? [y/N] {word}\n"
    assert outcome.err.startswith(question)
    assert outcome.code == code
    assert attached(sandbox, ONE) == profile_id(1 if code == 0 else 2)

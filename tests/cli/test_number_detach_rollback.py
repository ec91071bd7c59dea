"""`wacb number detach`, `history` and `rollback`: the way back, and when it is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import (
    Interrupting,
    Refused,
    Showing,
    Watch,
    ask,
    attached,
    fields,
    put,
    writes,
)
from tests.cli.expect import ONE, TITLE, TWO, attachment_row, done, failed, undo
from tests.conftest import Outcome, Wacb, profile_id
from wacb.sandbox.emulator import Sandbox

FIRST, SECOND = profile_id(1), profile_id(2)
ATTACH = ("number", "attach", ONE, "--profile")
DETACH = ("number", "detach", ONE)
ROLLBACK = ("number", "rollback", ONE)
NAMED = f"profile {TITLE} ({FIRST})"
YES = "pass --yes"
AGAIN = f"to undo: wacb number attach {ONE} --profile {FIRST}"


@pytest.fixture(autouse=True)
def existing(two_profiles: None) -> None:
    """Two profiles; no number carries one."""


# detach
SET_INSTEAD = f"use `wacb number attach {ONE} --profile ID` or `wacb number detach {ONE}` instead"


def test_detach_takes_the_profile_off(live: Wacb, sandbox: Sandbox):
    live(*ATTACH, FIRST)
    assert live(*DETACH, "--yes") == done(attachment_row(ONE, "detached", FIRST, ""), undo())
    assert attached(sandbox, ONE) == ""
    assert fields(writes(sandbox)[-1]) == {"phone_number": ONE, "callback_profile_id": ""}


def test_a_number_without_a_profile_needs_no_consent(live: Wacb, untouched: Watch):
    with untouched():
        assert live(*DETACH) == done(attachment_row(ONE, "unchanged", "", ""))


def test_detach_asks_on_a_terminal(live: Wacb, sandbox: Sandbox, untouched: Watch):
    put(sandbox, FIRST)
    question = f"Detach {NAMED} from {ONE}? [y/N] ".replace("from ", "from\n")  # 100 columns
    with untouched():
        for answer in ("n", "", "no"):
            declined = live(*DETACH, input=f"{answer}\n", tty=True)
            assert declined == Outcome(
                code=9, out="", err=f"{question}{answer}\nerror: cancelled; nothing was changed\n"
            )
        assert live(*DETACH, input="", tty=True).code == 130
    agreed = live(*DETACH, "-q", input="y\n", tty=True)
    assert agreed == done(ONE, f"{question}y\n{undo()}")


def test_detach_needs_yes_off_a_terminal(live: Wacb, sandbox: Sandbox, untouched: Watch):
    put(sandbox, FIRST)
    message = f"refusing to detach {NAMED} from {ONE} without confirmation"
    with untouched():
        assert live(*DETACH) == failed(9, message, YES)
        assert live(*DETACH, "--no-input", tty=True) == failed(9, message, YES)
        assert live(*DETACH, env={"WACB_NUMBER": TWO, "WACB_PROFILE": SECOND}).code == 9


def test_detach_where_the_api_shows_nothing(live: Wacb, sandbox: Sandbox):
    note = f"note: the API does not show which profile number {ONE} has attached"
    outcome = live(*DETACH, "--waba-id", "", "-o", "json")
    message = f"refusing to detach the profile from {ONE} without confirmation"
    assert (outcome.code, json.loads(outcome.err)["error"]["message"][: len(message)]) == (
        9,
        message,
    )
    outcome = live(*DETACH, "--waba-id", "", "--yes")
    assert outcome == done(attachment_row(ONE, "detached", "", "", ""), note)
    believed = f"{note}; according to the journal it is none"
    again = live(*DETACH, "--waba-id", "", "--yes")
    assert again == done(attachment_row(ONE, "detached", "", "", ""), believed)


@pytest.mark.parametrize("number", ["+15550199999", "+15550100009"])
def test_a_number_that_cannot_be_detached(refused: Refused, number: str):
    code, message = {
        "+15550199999": (5, "number +15550199999 not found in WABA 100000000000001"),
        "+15550100009": (
            9,
            "number +15550100009 is pending; only approved numbers can be changed",
        ),
    }[number]
    refused(("number", "detach", number, "--yes"), code, message)


def test_a_dry_detach(live: Wacb, wacb: Wacb, sandbox: Sandbox, untouched: Watch):
    put(sandbox, FIRST)
    with untouched():
        dry, offline = live(*DETACH, "--dry-run"), wacb(*DETACH, "--dry-run")
    body = '{"phone_number":"' + ONE + '","callback_profile_id":""}'
    assert f'"wa_number":"{ONE}"' in offline.out
    assert (dry.code, dry.err) == (0, "")
    assert f"--data-raw '{body}'" in dry.out
    assert offline.code == 0
    assert (
        offline.err == "note: checked offline: without credentials the number was not looked up\n"
    )


def test_the_value_that_detaches_can_be_corrected(
    live: Wacb, over: Wacb, sandbox: Sandbox, home: Path
):
    put(sandbox, FIRST)
    assert live("config", "set", "contract.detach_value", "none").code == 0
    assert '"callback_profile_id":"none"' in live(*DETACH, "--dry-run").out
    shown = Showing(
        sandbox, f'"callback_profile_id": "{FIRST}"'.encode(), b'"callback_profile_id": "none"'
    )
    assert over(shown, *DETACH, env={"XDG_CONFIG_HOME": str(home / ".config")}) == done(
        attachment_row(ONE, "unchanged", "", "")
    )


# rollback


def test_rollback_puts_back_what_was_there(live: Wacb, sandbox: Sandbox):
    live(*ATTACH, FIRST)
    live(*ATTACH, SECOND, "--replace")
    live("number", "attach", TWO, "--profile", SECOND)  # another number's change is not undone
    back = attachment_row(ONE, "attached", SECOND, FIRST)
    forward = f"to undo: wacb number attach {ONE} --profile {SECOND} --replace"
    assert live(*ROLLBACK, "--yes") == done(back, forward)
    assert attached(sandbox, ONE) == FIRST
    assert live(*ROLLBACK, "--yes") == done(attachment_row(ONE, "unchanged", FIRST, FIRST))
    assert attached(sandbox, ONE) == FIRST


def test_rollback_to_nothing(live: Wacb, sandbox: Sandbox):
    live(*ATTACH, FIRST)
    detached = attachment_row(ONE, "detached", FIRST, "")
    assert live(*ROLLBACK, "--yes") == done(detached, AGAIN)
    assert attached(sandbox, ONE) == ""


def test_a_rollback_of_a_detachment_is_undone_by_another(live: Wacb, sandbox: Sandbox):
    put(sandbox, FIRST)
    assert live(*DETACH, "--yes").code == 0
    back = attachment_row(ONE, "attached", "", FIRST)
    assert live(*ROLLBACK, "--yes") == done(back, f"to undo: wacb number detach {ONE}")


def test_rollback_asks_naming_both(live: Wacb, sandbox: Sandbox, untouched: Watch):
    live(*ATTACH, FIRST)
    message = f"restore {ONE} from {NAMED} to no profile"
    with untouched():
        assert live(*ROLLBACK) == failed(9, f"refusing to {message} without confirmation", YES)
        outcome = live(*ROLLBACK, "--dry-run")
    assert '"callback_profile_id":""' in outcome.out
    asked = live(*ROLLBACK, "-q", input="y\n", tty=True)
    question = f"{message[0].upper()}{message[1:]}? [y/N] y".replace(" (SG_", "\n(SG_")
    assert asked == done(ONE, f"{question}\n{AGAIN}")


@pytest.mark.parametrize(
    "before",
    [[(*ATTACH, FIRST)], [(*ATTACH, FIRST), (*ATTACH, SECOND, "--replace"), (*ROLLBACK, "--yes")]],
    ids=["an attachment", "a rollback"],
)
def test_rollback_is_refused_when_somebody_changed_the_number_since(
    live: Wacb, sandbox: Sandbox, refused: Refused, before: list[tuple[str, ...]]
):
    assert [live(*line).code for line in before] == [0] * len(before)
    put(sandbox, SECOND)
    refused(
        (*ROLLBACK, "--yes"),
        9,
        f"number {ONE} was changed since: it has profile {SECOND} attached, and the journal's last "
        f"value is profile {FIRST}",
        SET_INSTEAD,
    )


def test_rollback_is_refused_when_somebody_detached_the_profile_since(
    live: Wacb, sandbox: Sandbox, refused: Refused
):
    live(*ATTACH, SECOND)
    live(*ATTACH, FIRST, "--replace")
    put(sandbox, "")
    refused(
        (*ROLLBACK, "--yes"),
        9,
        f"number {ONE} was changed since: it has no profile attached, and the journal's last "
        f"value is profile {FIRST}",
        SET_INSTEAD,
    )


def test_a_rollback_whose_answer_was_lost_is_made_again(live: Wacb, over: Wacb, sandbox: Sandbox):
    live(*ATTACH, FIRST)
    live(*ATTACH, SECOND, "--replace")
    assert over(Interrupting(sandbox, "PUT"), *ROLLBACK, "--yes").code == 130
    put(sandbox, SECOND)  # as if it had not been done
    again = live(*ROLLBACK, "--yes")
    assert (again.code, again.out) == (0, attachment_row(ONE, "attached", SECOND, FIRST) + "\n")


def test_a_change_whose_answer_was_lost_is_undone_where_the_api_shows_nothing(
    live: Wacb, over: Wacb, sandbox: Sandbox
):
    v1 = ("--waba-id", "none")
    live(*ATTACH, FIRST, *v1)
    assert over(Interrupting(sandbox, "PUT"), *DETACH, "--yes", *v1).code == 130
    again = live(*ROLLBACK, "--yes", *v1)
    assert (again.code, again.out) == (0, attachment_row(ONE, "attached", "", FIRST, "") + "\n")


def test_rollback_is_refused_without_a_change_on_record(refused: Refused):
    refused(
        (*ROLLBACK, "--yes"),
        5,
        f"the journal has no change of number {ONE}",
        "run `wacb number history` to see the recorded changes",
    )


def test_rollback_is_refused_where_the_value_before_is_not_known(live: Wacb, refused: Refused):
    live(*ATTACH, FIRST, "--waba-id", "")
    refused(
        (*ROLLBACK, "--yes"),
        9,
        f"the profile that number {ONE} had before is not known: the API did not show it",
        SET_INSTEAD,
    )


def test_rollback_to_a_profile_that_is_gone(live: Wacb, sandbox: Sandbox, refused: Refused):
    live(*ATTACH, FIRST)
    live(*ATTACH, "Second", "--replace")
    ask(sandbox, "DELETE", f"/v1/SID/callback/profiles/{FIRST}")
    message = f"callback profile {FIRST} does not exist (404: The profile does not exist)"
    refused((*ROLLBACK, "--yes"), 5, message)


def test_rollback_to_an_incomplete_profile(live: Wacb, sandbox: Sandbox):
    live(*ATTACH, FIRST)
    live(*ATTACH, SECOND, "--replace")
    ask(sandbox, "PATCH", f"/v1/SID/callback/profiles/{FIRST}", {"body": '{"b": "<body>"}'})
    assert live(*ROLLBACK, "--yes").code == 0
    assert attached(sandbox, ONE) == FIRST


def test_a_number_that_is_back_already_is_left_alone(live: Wacb, sandbox: Sandbox):
    live(*ATTACH, FIRST)
    put(sandbox, "")
    assert live(*ROLLBACK) == done(attachment_row(ONE, "unchanged", "", ""))

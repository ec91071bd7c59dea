"""`wacb number confirm` once the code is sent: lost answers, the profile, the code as a secret."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.cli.conftest import Answer, Showing, ask, attached, journaled, put, writes
from tests.cli.expect import TITLE, attachment_row, done, failed, table, undo
from tests.cli.registering import ADD, CONFIRM, ID, LOST, NEW, Lossy, listed, remembered
from tests.conftest import Wacb, profile_id
from tests.fake_api import Reply, answer, emulated, refusal
from wacb.sandbox.account import OTP, WABA_ID
from wacb.sandbox.emulator import Sandbox

ROW = table(NEW, "Shop", "approved", "", "v2", WABA_ID, "", "", "")
ATTACHED = attachment_row(NEW, "attached", "", profile_id(1))
SURE = "but it is listed as approved, so it is confirmed"
AGAIN = (
    f"note: confirming number {NEW} failed: Kaleyra rejected the request (400: The number is not "
    f"waiting for a code); {SURE}"
)
FINISH = f"wacb number attach {NEW} --profile {profile_id(1)}"


@pytest.fixture
def added(live: Wacb) -> None:
    """A number that waits for its code."""
    assert live(*ADD).code == 0


@pytest.fixture
def to_attach(live: Wacb, two_profiles: None) -> None:
    """A number that waits for its code, and then for the first profile."""
    assert live(*ADD, "--profile", profile_id(1)).code == 0


# -- the profile


def test_the_profile_is_attached(live: Wacb, to_attach: None, sandbox: Sandbox, home: Path):
    assert live(*CONFIRM) == done(ATTACHED, undo(NEW))
    assert attached(sandbox, NEW) == profile_id(1)
    assert remembered(home) == {NEW: {"id": ID, "profile": None}}
    (entry,) = journaled(home)
    assert (entry["number"], entry["old"], entry["new"]) == (NEW, "", profile_id(1))


def test_the_attachment_is_undone_as_it_is_said(live: Wacb, to_attach: None, sandbox: Sandbox):
    said = live(*CONFIRM, "-q").err
    assert live(*said.removeprefix("to undo: wacb ").split(), "--yes").code == 0
    assert attached(sandbox, NEW) == ""


def test_a_second_confirm_changes_nothing(live: Wacb, to_attach: None, sandbox: Sandbox):
    assert live(*CONFIRM).code == 0
    before = writes(sandbox)
    row = table(NEW, "Shop", "approved", profile_id(1), "v2", WABA_ID, "", "", "")
    assert live(*CONFIRM) == done(row, AGAIN)
    assert [request.path[-7:] for request in writes(sandbox)[len(before) :]] == ["/verify"]


def test_the_profile_is_attached_where_the_number_was_confirmed_elsewhere(
    live: Wacb, to_attach: None, sandbox: Sandbox
):
    fields = {"id": ID, "phone_number": NEW, "otp": OTP}
    ask(sandbox, "POST", f"/v2/SID/whatsapp/{WABA_ID}/number/verify", fields)
    assert live(*CONFIRM) == done(ATTACHED, f"{AGAIN}\n{undo(NEW)}")


# -- the profile is not attached


class Unwilling:
    """The emulator, but requests of one method to paths that end so are answered by `turn`."""

    def __init__(self, sandbox: Sandbox, method: str, end: str, turn: Reply) -> None:
        self.api = emulated(sandbox)
        self.wanted = (method, end)
        self.turn = turn

    def __call__(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        wanted, end = self.wanted
        if method == wanted and url.endswith(end):
            return self.turn.status, [], self.turn.chunks()
        return self.api(method, url, headers, body)


def a_pending_number(sandbox: Sandbox) -> Showing:
    return Showing(sandbox, b'"approved"', b'"in_review"')


def another_profile(sandbox: Sandbox) -> Showing:
    text = '"callback_profile_id": "%s"'
    return Showing(sandbox, (text % "").encode(), (text % profile_id(2)).encode())


def a_disabled_profile(sandbox: Sandbox) -> Showing:
    return Showing(sandbox, b'"status": 1', b'"status": 3')


def no_profile(sandbox: Sandbox) -> Unwilling:
    return Unwilling(sandbox, "GET", profile_id(1), refusal(404, message="gone"))


def no_listing(sandbox: Sandbox) -> Unwilling:
    return Unwilling(sandbox, "GET", "/number", refusal(500, "oops"))


FAILURES = {
    "pending": (
        a_pending_number,
        9,
        f"number {NEW} is in_review; only approved numbers can be changed",
        "finish its registration in the Kaleyra console first; then run ",
    ),
    "other profile": (
        another_profile,
        9,
        f"number {NEW} already has profile Second ({profile_id(2)}) attached; this would replace "
        f"it with {TITLE} ({profile_id(1)})",
        "pass --replace to replace it; then run ",
    ),
    "disabled": (
        a_disabled_profile,
        9,
        f"profile '{TITLE}' ({profile_id(1)}) is disabled, so it delivers nothing",
        "enable it in the Kaleyra console; the API can't enable profiles; then run ",
    ),
    "gone": (no_profile, 5, f"callback profile {profile_id(1)} does not exist (404: gone)", "run "),
    "no listing": (
        no_listing,
        7,
        f"listing the numbers of WABA {WABA_ID} failed: the API is unavailable (500: oops)",
        "try again later; then run ",
    ),
}


@pytest.mark.parametrize("case", FAILURES)
def test_a_profile_that_cannot_be_attached_now_is_not_forgotten(
    over: Wacb, live: Wacb, to_attach: None, sandbox: Sandbox, home: Path, case: str
):
    network, code, said, remedy = FAILURES[case]
    message = f"number {NEW} is confirmed, but its profile was not attached: {said}"
    assert over(network(sandbox), *CONFIRM) == failed(code, message, f"{remedy}`{FINISH}`")
    row = listed(sandbox)
    assert row is not None and (row["status"], row["callback_profile_id"]) == ("approved", "")
    assert remembered(home) == {NEW: {"id": ID, "profile": profile_id(1)}}
    assert live(*CONFIRM) == done(ATTACHED, f"{AGAIN}\n{undo(NEW)}")


def test_the_command_that_finishes_the_job(over: Wacb, live: Wacb, to_attach: None, sandbox):
    outcome = over(no_listing(sandbox), *CONFIRM, "--region", "sg", "-o", "json")
    error = json.loads(outcome.err)["error"]
    assert (error["code"], error["status"]) == ("unavailable", 500)
    _, _, command = error["hint"].partition("; then run `wacb ")
    assert command == f"--region sg {FINISH.removeprefix('wacb ')}`"
    finished = live(*command.strip("`").split())
    assert (finished.code, finished.out) == (0, f"{ATTACHED}\n")


def test_an_update_that_the_api_refuses(
    over: Wacb, live: Wacb, to_attach: None, sandbox: Sandbox, home: Path
):
    network = Unwilling(sandbox, "PUT", "/update", refusal(422, message="no such field"))
    outcome = over(network, *CONFIRM)
    message = (
        f"number {NEW} is confirmed, but its profile was not attached: "
        f"changing number {NEW} failed: "
    )
    assert (outcome.code, outcome.out) == (6, "")
    assert outcome.err.startswith(f"error: {message}")
    assert outcome.err.endswith(f"`{FINISH}`\n")
    assert "no such field" in outcome.err
    assert remembered(home)[NEW]["profile"] == profile_id(1)
    assert live(*CONFIRM) == done(ATTACHED, f"{AGAIN}\n{undo(NEW)}")


def test_another_profile_that_was_attached_by_hand_stays(
    over: Wacb, live: Wacb, to_attach: None, sandbox: Sandbox
):
    assert over(no_listing(sandbox), *CONFIRM).code == 7
    put(sandbox, profile_id(2), NEW)
    assert live(*CONFIRM).code == 9
    assert attached(sandbox, NEW) == profile_id(2)


# -- answers that go lost


@pytest.mark.parametrize("case", LOST)
def test_a_lost_answer_to_a_code_that_was_right(
    over: Wacb, to_attach: None, sandbox: Sandbox, sleeps: list[float], case: str
):
    lost, said = LOST[case]
    said = said.replace("registering", "confirming")
    network = Lossy(sandbox, lost, committed=True)
    assert over(network, *CONFIRM) == done(ATTACHED, f"note: {said}; {SURE}\n{undo(NEW)}")
    assert network.posts == 1
    assert sleeps == [0, 0]  # before the look for the number, and for the attachment


@pytest.mark.parametrize("case", LOST)
def test_a_lost_answer_to_a_code_that_was_not_taken(
    over: Wacb, live: Wacb, added: None, sandbox: Sandbox, sleeps: list[float], case: str
):
    lost, said = LOST[case]
    said = said.replace("registering", "confirming")
    network = Lossy(sandbox, lost)
    assert over(network, *CONFIRM) == failed(
        7,
        f"{said}; number {NEW} may or may not be confirmed",
        f"check with `wacb number show {NEW}`; it is safe to run the same command again",
    )
    assert network.posts == 1
    assert sleeps == [0, 1, 2]
    assert live(*CONFIRM) == done(ROW)


def test_a_look_that_fails_is_not_the_last(
    over: Wacb, added: None, sandbox: Sandbox, sleeps: list[float]
):
    lost, said = LOST["reset"]
    looks = (refusal(400), answer([]))
    network = Lossy(sandbox, lost, committed=True, listings=looks)
    assert over(network, *CONFIRM) == done(ROW, f"note: {said}; {SURE}")
    assert sleeps == [0, 1, 2]


def test_the_deadline_ends_the_looking(
    over: Wacb, added: None, sandbox: Sandbox, sleeps: list[float]
):
    assert over(Lossy(sandbox, LOST["reset"][0]), *CONFIRM, "--deadline", "1.5").code == 7
    assert sleeps == [0, 1]


def test_a_code_that_was_turned_away_unread_is_not_looked_for(
    over: Wacb, added: None, sandbox: Sandbox
):
    before = len(sandbox.requests())
    message = f"confirming number {NEW} failed: rate-limited (429)"
    outcome = over(Lossy(sandbox, refusal(429)), *CONFIRM)
    assert outcome == failed(7, message, "try again later")
    assert len(sandbox.requests()) == before


@pytest.mark.parametrize("code", [401, 403])
def test_credentials_that_are_refused(over: Wacb, added: None, sandbox: Sandbox, code: int):
    assert over(Lossy(sandbox, refusal(code)), *CONFIRM).code == 4


def test_a_number_that_cannot_be_read_back_is_confirmed(over: Wacb, added: None, sandbox: Sandbox):
    note = (
        "note: it is confirmed, but could not be read back: listing the numbers of WABA "
        f"{WABA_ID} failed: the API is unavailable (500: oops)"
    )
    row = table(NEW, "", "", "", "v2", WABA_ID, "", "", "")
    assert over(no_listing(sandbox), *CONFIRM) == done(row, note)
    assert listed(sandbox) == {
        "phone_number": NEW,
        "name": "Shop",
        "status": "approved",
        "callback_profile_id": "",
    }


def test_a_disk_that_refuses_in_the_end_is_no_failure(
    over: Wacb, live: Wacb, to_attach: None, sandbox: Sandbox, home: Path
):
    file = home / ".local" / "state" / "wacb" / "registrations.json"
    good = file.read_text()
    network = Lossy(sandbox, before_post=lambda: file.write_text("[]"))
    assert over(network, *CONFIRM) == done(ATTACHED, undo(NEW))
    file.write_text(good)
    unchanged = attachment_row(NEW, "unchanged", profile_id(1), profile_id(1))
    assert live(*CONFIRM) == done(unchanged, AGAIN)


# -- the code is a secret


def test_vv_shows_no_code(live: Wacb, to_attach: None):
    outcome = live(*CONFIRM, "-vv")
    assert outcome.code == 0
    assert f'> {{"id": "{ID}", "phone_number": "{NEW}", "otp": "***"}}\n' in outcome.err
    assert OTP not in outcome.out + outcome.err


@pytest.mark.parametrize("code", [OTP, "AbC-42x9"])
@pytest.mark.parametrize("form", [(), ("-o", "json"), ("-vv",)], ids=" ".join)
def test_a_code_that_the_api_repeats_is_masked(
    over: Wacb, added: None, sandbox: Sandbox, code: str, form: tuple[str, ...]
):
    plain = code.replace("-", "")
    no = refusal(400, f"otp {plain} is wrong", message=f"{plain}?", otp=plain)
    outcome = over(Lossy(sandbox, no), *CONFIRM[:-1], code, *form)
    assert (outcome.code, outcome.out) == (6, "")
    assert "***?; otp *** is wrong" in outcome.err
    assert plain not in outcome.err


def test_a_short_code_is_masked_where_a_field_says_what_it_is(over: Wacb, added: None, sandbox):
    no = refusal(400, "wrong", otp="4711")
    outcome = over(Lossy(sandbox, no), *CONFIRM[:-1], "4711", "-vv")
    assert outcome.code == 6
    assert "4711" not in outcome.err


def test_a_number_that_holds_the_code_is_not_blotted_out(live: Wacb, two_profiles: None):
    number = "+919812345678"
    line = ("number", "add", number, "--name", "Shop", "--country-code", "91")
    assert live(*line, "--profile", TITLE) == done(table(number, "wn-919812345678", profile_id(1)))
    outcome = live("number", "confirm", number, "--otp", OTP)
    assert outcome == done(attachment_row(number, "attached", "", profile_id(1)), undo(number))

"""`wacb number confirm`: the code, the ID, another code, a number without a profile, dry runs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.cli.conftest import Answer, Refused, Watch, fields, writes
from tests.cli.expect import CREATE, NINE, as_json, done, failed, missing, table
from tests.cli.registering import (
    ADD,
    CONFIRM,
    ID,
    NEW,
    V1,
    V1_HINT,
    V1_REFUSAL,
    listed,
    remembered,
)
from tests.conftest import Wacb, profile_id
from wacb.sandbox.account import OTP, SID, WABA_ID
from wacb.sandbox.emulator import Sandbox
from wacb.sandbox.in_process import exchange

NUMBER = {
    "number": NEW,
    "name": "Shop",
    "status": "approved",
    "waba_id": WABA_ID,
    "callback_profile_id": "",
    "api": "v2",
    "profile": None,
    "last_change": None,
}
ROW = table(NEW, "Shop", "approved", "", "v2", WABA_ID, "", "", "")
V2 = f"https://api.ap.kaleyra.io/v2/{SID}/whatsapp/{WABA_ID}/number"
HEADERS = (
    "-H \"api-key: $WACB_API_KEY\" -H 'accept: application/json' "
    "-H 'content-type: application/json'"
)
BARE = ("number", "confirm", NEW)
SECRET = "note: replace *** with the secret before running this"
WRONG = "Kaleyra rejected the request (400: The code is wrong; otp is wrong)"
REMEDY = (
    f"check the code and the ID, or send another code with `wacb number confirm {NEW} --resend`"
)
UNKNOWN = f"the registration ID of number {NEW} is not known on this machine"
UNKNOWN_HINT = "pass --id ID: `wacb number add` printed it, and the Kaleyra console may show it"
NO_CODE = "the code must contain only letters and digits"
NO_CODE_HINT = "enter the code exactly as the number received it"


@pytest.fixture
def added(live: Wacb) -> None:
    """A number that waits for its code."""
    assert live(*ADD).code == 0


def status(sandbox: Sandbox, number: str = NEW) -> str:
    row = listed(sandbox, number)
    assert row is not None
    return str(row["status"])


# -- the code


def test_the_code_confirms_the_number(live: Wacb, added: None, sandbox: Sandbox, home: Path):
    assert live(*CONFIRM, "-o", "json") == done(as_json(NUMBER))
    verify = writes(sandbox)[-1]
    path = f"/v2/{SID}/whatsapp/{WABA_ID}/number/verify"
    assert (verify.method, verify.path) == ("POST", path)
    assert fields(verify) == {"id": ID, "phone_number": NEW, "otp": OTP}
    assert remembered(home) == {NEW: {"id": ID, "profile": None}}


def test_a_code_that_was_taken_without_effect(
    live: Wacb, over: Wacb, added: None, sandbox: Sandbox
):
    def network(method: str, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        if url.endswith("/verify"):
            return 200, [], iter([b'{"code": "WA200", "data": {"verified": false}}'])
        return exchange(sandbox, method, url, headers, body)

    note = "note: the code was accepted, but the number is still listed as pending"
    assert over(network, *CONFIRM) == done(ROW.replace("approved", "pending"), note)


@pytest.mark.parametrize(
    ("form", "out"),
    [
        ((), ROW),
        (("-q",), NEW),
        (
            ("-o", "table"),
            f"number:   {NEW}\nname:     Shop\nstatus:   ✓ approved\nwaba_id:  {WABA_ID}\n"
            "api:      v2",
        ),
    ],
    ids=["tsv", "quiet", "table"],
)
def test_confirm_in_each_form(live: Wacb, added: None, form: tuple[str, ...], out: str):
    assert live(*CONFIRM, *form) == done(out)


def test_a_terminal_is_told_the_next_step(on_screen: Wacb, live: Wacb, added: None):
    outcome = on_screen(*CONFIRM)
    said = f"next: wacb number attach {NEW} --profile ID\n"
    assert (outcome.code, outcome.err) == (0, said)


def test_the_code_comes_from_the_environment(live: Wacb, added: None):
    assert live(*BARE, env={"WACB_OTP": OTP}, tty=True) == done(ROW)


def test_the_flag_wins_over_the_environment(live: Wacb, added: None, sandbox: Sandbox):
    assert live(*CONFIRM, env={"WACB_OTP": "not a code!"}) == done(ROW)
    assert fields(writes(sandbox)[-1])["otp"] == OTP


def test_the_code_is_asked_for_and_not_echoed(live: Wacb, added: None):
    wrong = live(*BARE, input="12#4\n", tty=True)
    expected = failed(2, NO_CODE, NO_CODE_HINT).err
    assert (wrong.code, wrong.out, wrong.err) == (2, "", f"Code: \n{expected}")
    assert live(*BARE, input=f"{OTP}\n", tty=True) == done(ROW, "Code: ")


@pytest.mark.parametrize("env", [{}, {"WACB_OTP": ""}], ids=["none", "empty"])
def test_without_a_terminal_the_code_must_be_given(
    live: Wacb, added: None, untouched: Watch, env: dict[str, str]
):
    with untouched():
        assert live(*BARE, env=env) == missing("--otp", "WACB_OTP")


@pytest.mark.parametrize("code", ["123-456", " 123 456\n", "1 2 3 4 5 6"])
def test_a_code_may_be_written_with_hyphens_and_blanks(
    live: Wacb, added: None, sandbox: Sandbox, code: str
):
    assert live(*BARE, "--otp", code, "-q") == done(NEW)
    assert fields(writes(sandbox)[-1])["otp"] == OTP


@pytest.mark.parametrize("code", ["12345\x00", "-", "123_456", "\uff11\uff12\uff13"])
def test_what_is_no_code_is_refused_and_not_quoted(refused: Refused, live: Wacb, code: str):
    assert live(*ADD).code == 0
    refused((*BARE, f"--otp={code}"), 2, NO_CODE, NO_CODE_HINT)
    refused(BARE, 2, NO_CODE, NO_CODE_HINT, env={"WACB_OTP": f"{code.strip(chr(0))}#"})


def test_a_wrong_code_leaves_the_number_as_it_was(
    live: Wacb, added: None, sandbox: Sandbox, sleeps: list[float]
):
    message = f"confirming number {NEW} failed: {WRONG}"
    assert live(*BARE, "--otp", "654321") == failed(6, message, REMEDY)
    assert status(sandbox) == "pending"
    assert sleeps == [0]
    assert live(*CONFIRM) == done(ROW)


# -- the ID


def test_an_id_that_is_not_known_must_be_given(refused: Refused):
    refused(CONFIRM, 2, UNKNOWN, UNKNOWN_HINT)
    refused((*BARE, "--resend"), 2, UNKNOWN, UNKNOWN_HINT)


def test_a_number_that_was_added_elsewhere_is_confirmed_by_its_id(live: Wacb, home: Path):
    line = ("number", "confirm", NINE, "--otp", OTP, "--id", "wn-15550100009", "-q")
    assert live(*line) == done(NINE)
    assert remembered(home) == {NINE: {"id": "wn-15550100009", "profile": None}}


def test_the_id_that_is_given_wins(live: Wacb, added: None, sandbox: Sandbox):
    said = "Kaleyra rejected the request (400: Validation failed; id does not match the number)"
    assert live(*CONFIRM, "--id", "other") == failed(
        6, f"confirming number {NEW} failed: {said}", REMEDY
    )
    assert fields(writes(sandbox)[-1])["id"] == "other"
    assert status(sandbox) == "pending"


def test_a_number_that_does_not_exist(live: Wacb):
    said = f"number {NEW} does not exist (404: The number does not exist)"
    assert live(*CONFIRM, "--id", "x") == failed(5, said, REMEDY)


def test_what_is_no_number(refused: Refused):
    message = "'12' is not a valid phone number: it has 2 digits, not 7 to 15"
    refused(("number", "confirm", "12", "--otp", OTP), 2, message)


@pytest.mark.parametrize("options", [(), ("--id", "x")], ids=["no ID", "ID"])
@pytest.mark.parametrize("how", [("--otp", OTP), ("--resend",), ()], ids=["otp", "resend", "ask"])
def test_v1_cannot_confirm_a_number(
    refused: Refused, options: tuple[str, ...], how: tuple[str, ...]
):
    refused((*BARE, *how, *options, *V1), 3, V1_REFUSAL, V1_HINT)


def test_without_credentials_nothing_is_asked(wacb: Wacb, home: Path):
    assert wacb(*BARE, "--id", "x", "--waba-id", "7", tty=True) == failed(
        3,
        "missing credentials: the SID (WACB_SID) and the API key (WACB_API_KEY)",
        "set the variables, run `wacb config init`, or add --sandbox to try it out",
    )
    assert not home.exists()


# -- another code


def test_another_code_is_sent_and_nothing_confirmed(
    live: Wacb, added: None, sandbox: Sandbox, home: Path
):
    before = remembered(home)
    outcome = live(*BARE, "--resend", "-o", "json", env={"WACB_OTP": "not a code!"})
    assert outcome == done(as_json({"number": NEW, "id": ID, "profile": None}))
    retry = writes(sandbox)[-1]
    path = f"/v2/{SID}/whatsapp/{WABA_ID}/number/retry_otp"
    assert (retry.method, retry.path) == ("POST", path)
    assert fields(retry) == {"id": ID, "phone_number": NEW}
    assert (status(sandbox), remembered(home)) == ("pending", before)


def test_resend_in_each_form(live: Wacb, added: None, on_screen: Wacb):
    assert live(*BARE, "--resend") == done(table(NEW, ID, ""))
    assert live(*BARE, "--resend", "-q") == done(ID)
    outcome = on_screen(*BARE, "--resend", "--color", "never")
    assert outcome == done(
        f"number:  {NEW}\nid:      {ID}",
        f"next: wacb number confirm {NEW} --otp CODE",
    )


def test_resend_names_the_id_that_it_was_given(live: Wacb, added: None, on_screen: Wacb):
    line = (*BARE, "--resend", "--sandbox", "--color", "never", "--id", ID)
    assert on_screen(*line) == done(
        f"number:  {NEW}\nid:      {ID}",
        f"next: wacb --sandbox number confirm {NEW} --id {ID} --otp CODE",
    )


def test_resend_and_a_code_exclude_each_other(refused: Refused):
    refused((*CONFIRM, "--resend"), 2, "--resend and --otp cannot be used together")


def test_resend_for_a_number_that_waits_for_no_code(live: Wacb, added: None):
    assert live(*CONFIRM).code == 0
    said = (
        f"resending the code to number {NEW} failed: "
        "Kaleyra rejected the request (400: The number is not waiting for a code)"
    )
    assert live(*BARE, "--resend") == failed(6, said)


# -- dry runs


def curl(step: str, body: dict[str, str], method: str = "POST") -> str:
    data = json.dumps(body, separators=(",", ":"))
    return f"curl -X {method} {V2}/{step} {HEADERS} --data-raw '{data}'"


VERIFY = curl("verify", {"id": ID, "phone_number": NEW, "otp": "***"})


@pytest.mark.parametrize("how", [(), ("--otp", OTP)], ids=["no code", "code"])
def test_a_dry_run_masks_the_code(live: Wacb, added: None, untouched: Watch, how: tuple[str, ...]):
    with untouched():
        outcome = live(*BARE, *how, "--dry-run", tty=True)
    assert outcome == done(VERIFY, SECRET)


def test_a_dry_run_shows_the_attachment_as_well(live: Wacb, untouched: Watch):
    assert live(*CREATE).code == 0
    assert live(*ADD, "--profile", profile_id(1)).code == 0
    body = {"phone_number": NEW, "callback_profile_id": profile_id(1)}
    with untouched():
        outcome = live(*CONFIRM, "--dry-run")
    note = "note: the second request is only sent if the number and profile pass all checks"
    assert outcome == done(f"{VERIFY}\n{curl('update', body, 'PUT')}", f"{note}\n{SECRET}")


def test_a_dry_run_of_resend(live: Wacb, added: None, untouched: Watch):
    with untouched():
        outcome = live(*BARE, "--resend", "--dry-run")
    assert outcome == done(curl("retry_otp", {"id": ID, "phone_number": NEW}))


def test_a_dry_run_without_credentials(wacb: Wacb, sandbox: Sandbox, home: Path):
    line = (*CONFIRM, "--waba-id", WABA_ID, "--dry-run")
    same_account = UNKNOWN_HINT.replace("wacb ", f"wacb --waba-id {WABA_ID} ")
    assert wacb(*line) == failed(2, UNKNOWN, same_account)
    shown = VERIFY.replace(V2, f'"{V2}').replace("/verify ", '/verify" ').replace(SID, "$WACB_SID")
    assert wacb(*line, "--id", ID) == done(shown, SECRET)
    assert sandbox.requests() == []
    assert not home.exists()


# -- the file


def test_a_file_that_is_damaged(refused: Refused, home: Path):
    file = home / ".local" / "state" / "wacb" / "registrations.json"
    file.parent.mkdir(parents=True, mode=0o700)
    file.write_text("canary")
    file.chmod(0o600)
    refused(
        (*CONFIRM, "--id", ID),
        3,
        f"{file} was changed by another program",
        "remove this file; `wacb number confirm` then needs --id",
    )

"""`wacb number list` and `wacb number show`."""

from __future__ import annotations

import pytest

from tests.cli.conftest import put
from tests.cli.expect import NINE, ONE, THREE, TWO, as_json, done, failed, table
from tests.conftest import Outcome, Wacb, profile_id
from tests.fake_api import Network, answer
from wacb.sandbox.account import SID, WABA_ID
from wacb.sandbox.emulator import Sandbox

V1 = ("--waba-id", "")
WORDS = {ONE: "One", TWO: "Two", THREE: "Three", NINE: "Nine"}


def number_row(number: str, profile: str = "") -> str:
    status = "pending" if number == NINE else "approved"
    return table(number, f"Sandbox {WORDS[number]}", status, profile, "v2", WABA_ID)


def number_json(number: str, profile: str | None = "", **changes: object) -> dict[str, object]:
    return {
        "number": number,
        "name": f"Sandbox {WORDS[number]}",
        "status": "pending" if number == NINE else "approved",
        "waba_id": WABA_ID,
        "callback_profile_id": profile,
        "api": "v2",
        **changes,
    }


def test_the_list_in_each_form(live: Wacb, two_profiles: None, sandbox: Sandbox):
    put(sandbox, profile_id(2), TWO)
    carried = {ONE: "", TWO: profile_id(2), THREE: "", NINE: ""}
    rows = [number_row(number, profile) for number, profile in carried.items()]
    assert live("number", "list") == done("\n".join(rows))
    assert live("number", "list", "-q") == done("\n".join(carried))
    shown = [number_json(number, profile) for number, profile in carried.items()]
    assert live("number", "list", "-o", "json") == done(as_json(shown))
    assert live("number", "list", "-o", "table") == done(
        "NUMBER        NAME           STATUS      CALLBACK PROFILE ID\n"
        f"{ONE}  Sandbox One    ✓ approved\n"
        f"{TWO}  Sandbox Two    ✓ approved  {profile_id(2)}\n"
        f"{THREE}  Sandbox Three  ✓ approved\n"
        f"{NINE}  Sandbox Nine   ! pending"
    )


@pytest.mark.parametrize(
    ("form", "outcome"),
    [
        ("tsv", done(err="no numbers in this WhatsApp business account")),
        ("table", done(err="no numbers in this WhatsApp business account")),
        ("json", done("[]")),
    ],
)
def test_an_empty_list(over: Wacb, form: str, outcome: Outcome):
    assert over(Network(answer({"numbers": []})), "number", "list", "-o", form) == outcome


def test_the_list_needs_a_waba_id(live: Wacb, sandbox: Sandbox):
    assert live("number", "list", *V1) == failed(
        3,
        "numbers can only be listed with a WABA ID: the V1 API has no listing",
        "pass --waba-id ID (the console shows it next to the number) or run "
        "`wacb config set waba_id ID`",
    )
    assert sandbox.requests() == []


@pytest.mark.parametrize("text", [ONE, "15550100001", "001 555-010-0001", "+1 (555) 010.0001"])
def test_show_takes_a_number_as_people_write_it(live: Wacb, text: str):
    assert live("number", "show", text) == done(number_row(ONE))


def test_show_in_each_form(live: Wacb):
    assert live("number", "show", NINE, "-q") == done(NINE)
    assert live("number", "show", NINE, "-o", "json") == done(as_json(number_json(NINE)))
    assert live("number", "show", NINE, "-o", "table") == done(
        f"number:   {NINE}\nname:     Sandbox Nine\nstatus:   pending\nwaba_id:  {WABA_ID}\n"
        "api:      v2"
    )


def test_show_uses_the_details_route_without_a_waba_id(live: Wacb, sandbox: Sandbox):
    shown = number_json(ONE, None, waba_id=None, api="v1")
    assert live("number", "show", ONE, *V1, "-o", "json") == done(as_json(shown))
    assert [request.path for request in sandbox.requests()] == [
        f"/v1/{SID}/whatsapp/+15550100001/phone_number_details"
    ]


def test_show_of_a_number_that_is_not_listed(live: Wacb):
    assert live("number", "show", "+15550100077") == failed(
        5,
        f"number +15550100077 not found in WABA {WABA_ID}",
        "run `wacb number list` to see available numbers",
    )
    outcome = live("number", "show", "+15550100077", *V1)
    message = "error: number +15550100077 does not exist (404: The number does not exist"
    assert (outcome.code, outcome.out, outcome.err[: len(message)]) == (5, "", message)

"""`wacb number list` and `wacb number show`."""

from __future__ import annotations

import json
import re

import pytest

from tests.cli.conftest import ask, put
from tests.cli.expect import (
    CREATE,
    HOOK,
    NINE,
    ONE,
    THREE,
    TITLE,
    TWO,
    as_json,
    done,
    failed,
    table,
)
from tests.conftest import Outcome, Wacb, profile_id
from tests.fake_api import Network, Reply, Sent, answer, make_row, refusal
from wacb.sandbox.account import SID, WABA_ID
from wacb.sandbox.emulator import Sandbox

V1 = ("--waba-id", "")
WORDS = {ONE: "One", TWO: "Two", THREE: "Three", NINE: "Nine"}


def number_row(number: str, profile: str = "", *named: str) -> str:
    status = "pending" if number == NINE else "approved"
    shown = named or ("", "", "")
    return table(number, f"Sandbox {WORDS[number]}", status, profile, "v2", WABA_ID, *shown)


def number_json(number: str, profile: str | None = "", **changes: object) -> dict[str, object]:
    return {
        "number": number,
        "name": f"Sandbox {WORDS[number]}",
        "status": "pending" if number == NINE else "approved",
        "waba_id": WABA_ID,
        "callback_profile_id": profile,
        "api": "v2",
        "profile": None,
        "last_change": None,
        **changes,
    }


SECOND = (profile_id(2), "Second", HOOK, "14/14")
SECOND_JSON = {
    "id": profile_id(2),
    "title": "Second",
    "method": "POST",
    "url": HOOK,
    "status": "active",
    "placeholders": {"present": 14, "missing": [], "unknown": []},
}


def test_the_list_in_each_form(live: Wacb, two_profiles: None, sandbox: Sandbox):
    put(sandbox, profile_id(2), TWO)
    rows = [number_row(ONE), number_row(TWO, *SECOND), number_row(THREE), number_row(NINE)]
    assert live("number", "list") == done("\n".join(rows))
    requests = len(sandbox.requests())
    assert live("number", "list", "-q") == done(f"{ONE}\n{TWO}\n{THREE}\n{NINE}")
    assert len(sandbox.requests()) == requests + 1
    shown = [number_json(number) for number in (ONE, TWO, THREE, NINE)]
    shown[1] = number_json(TWO, profile_id(2)) | {"profile": SECOND_JSON}
    assert live("number", "list", "-o", "json") == done(as_json(shown))
    assert live("number", "list", "-o", "table") == done(
        "NUMBER        NAME           STATUS      PROFILE  ENDPOINT\n"
        f"{ONE}  Sandbox One    ✓ approved\n"
        f"{TWO}  Sandbox Two    ✓ approved  Second   {HOOK}\n"
        f"{THREE}  Sandbox Three  ✓ approved\n"
        f"{NINE}  Sandbox Nine   ! pending"
    )


def test_numbers_are_found_by_their_profile(live: Wacb, two_profiles: None, sandbox: Sandbox):
    put(sandbox, profile_id(2), TWO)
    for reference in ("Second", profile_id(2).lower()):
        outcome = live("number", "list", "--profile", reference)
        assert outcome == done(number_row(TWO, *SECOND))
    unattached = (number_row(ONE), number_row(THREE), number_row(NINE))
    assert live("number", "list", "--unattached") == done("\n".join(unattached))
    assert live("number", "list", "--profile", TITLE) == done(err="no matching numbers")
    assert live("number", "list", "--profile", "nobody").code == 5
    both = live("number", "list", "--profile", TITLE, "--unattached")
    assert both == failed(2, "--profile and --unattached cannot be used together")


def test_an_incomplete_template_and_a_hidden_profile_are_seen_in_the_list(over: Wacb):
    lean = make_row(profile_id="SG_1", title="Lean", body='{"body": "<body>"}')
    rows = [
        {"phone_number": ONE, "callback_profile_id": "SG_1"},
        {"phone_number": TWO},
        {"phone_number": THREE, "callback_profile_id": "SG_2"},
    ]

    def respond(request: Sent) -> Reply:
        return answer(rows if "/whatsapp/" in request.url else [lean])

    shown = over(Network(respond), "number", "list", "-o", "table")
    assert [line.split() for line in shown.out.splitlines()[1:]] == [
        [ONE, "Lean", "(1/14)", lean["url"]],
        [TWO, "not", "shown"],
        [THREE, "SG_2"],
    ]
    outcome = over(Network(respond), "number", "list", "--unattached")
    note = "the API does not show the profile of 1 of 3 numbers, so the list may be incomplete"
    assert outcome.err == f"note: {note}\nno matching numbers\n"
    hidden = over(Network(answer([{"phone_number": ONE}])), "number", "list", "--unattached")
    assert "the API does not show the profile of any number" in hidden.err


def test_a_profile_that_is_not_listed_is_looked_up(
    live: Wacb, two_profiles: None, sandbox: Sandbox
):
    put(sandbox, profile_id(2), TWO)
    sandbox.add_fault("late:60s")
    assert live(*CREATE, "--allow-duplicate-title", "--title", "Late").code == 0
    put(sandbox, profile_id(3), ONE)
    ask(sandbox, "DELETE", f"/v1/SID/callback/profiles/{profile_id(2)}")
    outcome = live("number", "list")
    assert outcome.out.splitlines()[0].split("\t")[6] == "Late"
    gone = f"note: profile {profile_id(2)} does not exist: messages to {TWO} go nowhere\n"
    assert outcome.err == gone


def test_numbers_of_a_profile_that_does_not_exist_are_counted(over: Wacb):
    rows = [{"phone_number": each, "callback_profile_id": profile_id(9)} for each in (ONE, TWO)]

    def respond(request: Sent) -> Reply:
        if profile_id(9) in request.url:
            return refusal(404, code="RBC302")
        return answer(rows if "/whatsapp/" in request.url else [])

    err = over(Network(respond), "number", "list").err
    assert (
        err == f"note: profile {profile_id(9)} does not exist: messages to 2 numbers go nowhere\n"
    )


@pytest.mark.parametrize("reply", [refusal(503), refusal(404, "no route")], ids=["503", "404"])
def test_a_profile_that_cannot_be_looked_up_is_not_noted(over: Wacb, reply: Reply):
    def respond(request: Sent) -> Reply:
        if "/whatsapp/" in request.url:
            return answer([{"phone_number": ONE, "callback_profile_id": profile_id(9)}])
        return reply if profile_id(9) in request.url else answer([])

    outcome = over(Network(respond), "number", "list")
    assert outcome.code == 0
    assert "does not exist" not in outcome.err


def test_numbers_are_listed_even_if_profiles_cannot_be(over: Wacb):
    def respond(request: Sent) -> Reply:
        if "/whatsapp/" in request.url:
            return answer([{"phone_number": ONE, "callback_profile_id": "SG_1"}])
        return refusal(503)

    outcome = over(Network(respond), "number", "list")
    assert outcome.code == 0
    assert outcome.out.startswith(f"{ONE}\t\t\tSG_1\t")
    assert "note: the profiles could not be listed: " in outcome.err


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
        f"number:   {NINE}\nname:     Sandbox Nine\nstatus:   ! pending\nwaba_id:  {WABA_ID}\n"
        "api:      v2"
    )


def test_show_includes_the_endpoint_of_the_profile(live: Wacb, two_profiles: None):
    assert live("number", "attach", ONE, TWO, "--profile", "Second", "--jobs", "1").code == 0
    shown = live("number", "show", ONE, "-o", "table").out
    assert f"profile:\n  Second ({profile_id(2)})\n  POST {HOOK}\n  14/14 placeholders\n" in shown
    assert re.search(r"last_change: +attach at \S+Z \(done\)\n", shown)
    value = json.loads(live("number", "show", ONE, "-o", "json").out)
    assert value["profile"] == SECOND_JSON
    change = {"number": ONE, "action": "attach", "old": "", "new": profile_id(2)}
    assert value["last_change"] == value["last_change"] | change | {"outcome": "done"}


def test_show_looks_up_the_profile_that_the_journal_knows(live: Wacb, two_profiles: None):
    assert live("number", "attach", ONE, "--profile", "Second", *V1).code == 0
    outcome = live("number", "show", ONE, *V1)
    hidden = f"note: the API does not show which profile number {ONE} has attached"
    assert outcome.err == f"{hidden}; according to the journal it is {profile_id(2)}\n"
    assert outcome.out.endswith(f"\tSecond\t{HOOK}\t14/14\n")
    assert live("number", "detach", ONE, "--yes", *V1).code == 0
    none = f"{hidden}; according to the journal it is none\n"
    assert live("number", "show", ONE, *V1).err == none


def test_show_of_a_number_whose_profile_is_gone(live: Wacb, two_profiles: None, sandbox: Sandbox):
    put(sandbox, profile_id(2))
    ask(sandbox, "DELETE", f"/v1/SID/callback/profiles/{profile_id(2)}")
    outcome = live("number", "show", ONE)
    gone = f"profile {profile_id(2)} does not exist: messages to number {ONE} go nowhere"
    assert outcome == done(number_row(ONE, profile_id(2), "", "", ""), f"note: {gone}")


def test_show_of_a_number_whose_profile_cannot_be_read(over: Wacb):
    def respond(request: Sent) -> Reply:
        if "/whatsapp/" in request.url:
            return answer([{"phone_number": ONE, "callback_profile_id": profile_id(2)}])
        return refusal(503)

    outcome = over(Network(respond), "number", "show", ONE)
    assert outcome.code == 0
    assert f"note: profile {profile_id(2)} could not be read: " in outcome.err


def test_show_uses_the_details_route_without_a_waba_id(live: Wacb, sandbox: Sandbox):
    shown = number_json(ONE, None, waba_id=None, api="v1")
    note = f"note: the API does not show which profile number {ONE} has attached"
    assert live("number", "show", ONE, *V1, "-o", "json") == done(as_json(shown), note)
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

"""WhatsApp numbers as api.md §5 has them, through both shells."""

from __future__ import annotations

import pytest

from tests.conftest import HIDDEN
from tests.sandbox.shells import (
    NINE,
    NUMBERS,
    ONE,
    TWO,
    V1_NUMBER,
    Api,
    Clock,
    make_sandbox,
    refused,
    sends_in_process,
)
from wacb.sandbox.account import SID, WABA_ID

UPDATE = f"{NUMBERS}/update"
OTHER_WABA = NUMBERS.replace(WABA_ID, "100000000000002")
NEW = "+15550100010"
ADD = {"phone_number": NEW, "name": "New", "verification_type": "sms", "country_code": "1"}
PENDING = {"id": "wn-15550100010", "phone_number": NEW, "status": "pending"}

SEED = [
    ("+15550100001", "Sandbox One", "approved"),
    ("+15550100002", "Sandbox Two", "approved"),
    ("+15550100003", "Sandbox Three", "approved"),
    ("+15550100009", "Sandbox Nine", "pending"),
]


def rows(**attached: str) -> list[dict[str, str]]:
    return [
        {
            "phone_number": number,
            "name": name,
            "status": status,
            "callback_profile_id": attached.get(f"n{number[-1]}", ""),
        }
        for number, name, status in SEED
    ]


def test_the_list_shows_the_seed_numbers(api: Api) -> None:
    assert api("GET", NUMBERS).data == rows()


def test_the_list_may_hide_which_profile_a_number_has() -> None:
    sandbox = make_sandbox(contract=HIDDEN)
    api = Api(sandbox, sends_in_process(sandbox, lambda _: None), Clock())
    shown = [
        {name: value for name, value in row.items() if name != "callback_profile_id"}
        for row in rows()
    ]
    assert api("GET", NUMBERS).data == shown


@pytest.mark.parametrize("version", ["v1", "v2"])
@pytest.mark.parametrize("number", ["15550100001", "+15550100001", "%2B15550100001"])
def test_details_take_a_number_with_or_without_plus(api: Api, version: str, number: str) -> None:
    path = f"/{version}/{SID}/whatsapp/{number}/phone_number_details"
    assert api("GET", path).data == {
        "phone_number": ONE,
        "verified_name": "Sandbox One",
        "status": "approved",
        "name_status": "approved",
        "quality_rating": "GREEN",
        "throughput": "STANDARD",
    }


@pytest.mark.parametrize(("version", "code"), [("v1", "RBC404"), ("v2", "WA404")])
@pytest.mark.parametrize("number", ["15550109999", "++15550100001", "%20", "x"])
def test_an_unknown_number_has_no_details(api: Api, version: str, code: str, number: str) -> None:
    path = f"/{version}/{SID}/whatsapp/{number}/phone_number_details"
    assert api("GET", path) == refused(code, "The number does not exist", status=404)


@pytest.mark.parametrize(
    ("path", "key"), [(V1_NUMBER, "wa_number"), (UPDATE, "phone_number")], ids=["v1", "v2"]
)
def test_both_versions_attach_and_detach_the_same_number(api: Api, path: str, key: str) -> None:
    profile_id = api.create()
    answer = api("PUT", path, {key: ONE, "callback_profile_id": profile_id})
    assert answer.data == {key: ONE}
    assert api("GET", NUMBERS).data == rows(n1=profile_id)
    assert api("PUT", path, {key: ONE, "callback_profile_id": ""}).data == {key: ONE}
    assert api("GET", NUMBERS).data == rows()


@pytest.mark.parametrize(
    ("path", "key", "code"),
    [(V1_NUMBER, "wa_number", "E13001"), (UPDATE, "phone_number", "WA400")],
    ids=["v1", "v2"],
)
@pytest.mark.parametrize(
    ("number", "changes", "status", "params"),
    [
        (ONE, {}, 400, ["There is nothing to change"]),
        (ONE, {"callback_profile_id": None}, 400, ["callback_profile_id must be a string"]),
        (ONE, {"callback_profile_id": 1}, 400, ["callback_profile_id must be a string"]),
        (
            ONE,
            {"callback_profile_id": "SG_nobody"},
            400,
            ["callback_profile_id is not a profile of this account"],
        ),
        (ONE, {"profile_id": ""}, 400, ["profile_id is not a field of this request"]),
        (
            ONE,
            {"callbackProfileId": "", "about": 1},
            400,
            ["callbackProfileId is not a field of this request", "about"],
        ),
        (NINE, {"callback_profile_id": ""}, 400, ["Only an approved number can be edited"]),
        ("+15550109999", {"callback_profile_id": ""}, 404, ["The number does not exist"]),
        *(
            (number, {"callback_profile_id": ""}, 400, ["{key} must be a phone number"])
            for number in (
                "15550100001",
                "+1 555 010 0001",
                "+0123456",
                "",
                "+1٣٣٣٣٣٣٣",
                15550100001,
            )
        ),
    ],
)
def test_an_update_that_is_wrong_changes_nothing(
    api: Api,
    path: str,
    key: str,
    code: str,
    number: object,
    changes: dict[str, object],
    status: int,
    params: list[str],
) -> None:
    answer = api("PUT", path, {key: number, **changes})
    wanted = {400: code, 404: "WA404" if key == "phone_number" else "RBC404"}[status]
    assert (answer.status, answer.envelope["code"]) == (status, wanted)
    for text, start in zip(answer.params, params, strict=True):
        assert text.startswith(start.format(key=key))
    assert api("GET", NUMBERS).data == rows()


def test_the_two_versions_name_the_number_differently(api: Api) -> None:
    profile_id = api.create()
    swapped = [
        api("PUT", UPDATE, {"wa_number": ONE, "callback_profile_id": profile_id}),
        api("PUT", V1_NUMBER, {"phone_number": ONE, "callback_profile_id": profile_id}),
    ]
    assert [answer.params for answer in swapped] == [
        ["phone_number is required", "wa_number is not a field of this request"],
        ["wa_number is required", "phone_number is not a field of this request"],
    ]


def test_v1_edits_the_documented_fields(api: Api) -> None:
    fields = {
        "incoming_url": "https://example.com/hook?text=<body>",
        "display_image": "https://example.com/logo.png",
        "address": "1 Example Street",
        "business_description": "We sell examples",
        "business_category": "OTHER",
        "contact_email": "post@example.com",
        "website": "https://example.com",
        "about": "Hello",
    }
    assert api("PUT", V1_NUMBER, {"wa_number": TWO, **fields}).data == {"wa_number": TWO}
    assert api("PUT", V1_NUMBER, {"wa_number": TWO, "incoming_url": ""}).data == {"wa_number": TWO}
    answer = api("PUT", V1_NUMBER, {"wa_number": TWO, "incoming_url": "example.com"})
    assert answer == refused(
        "E13001", "Validation failed", "incoming_url must be an http or https URL", status=400
    )


def test_v2_does_not_edit_them(api: Api) -> None:
    answer = api("PUT", UPDATE, {"phone_number": ONE, "incoming_url": "https://example.com"})
    assert answer.params == ["incoming_url is not a field of this request"]


@pytest.mark.parametrize(
    ("method", "route", "body"),
    [
        ("GET", "", None),
        ("PUT", "/update", {"phone_number": ONE, "callback_profile_id": ""}),
        ("POST", "/add", ADD),
        ("POST", "/verify", {"id": "wn-15550100009", "phone_number": NINE, "otp": "123456"}),
        ("POST", "/retry_otp", {"id": "wn-15550100009", "phone_number": NINE}),
    ],
)
def test_another_waba_is_not_found(
    api: Api, method: str, route: str, body: dict[str, str] | None
) -> None:
    answer = api(method, OTHER_WABA + route, body)
    message = "The WhatsApp business account does not exist"
    assert answer == refused("WA404", message, status=404)
    assert api("GET", NUMBERS).data == rows()


def test_an_added_number_is_pending_until_its_code_is_given(api: Api) -> None:
    assert api("POST", f"{NUMBERS}/add", ADD).data == PENDING
    keys = {"id": PENDING["id"], "phone_number": NEW}
    assert api("POST", f"{NUMBERS}/retry_otp", keys).data == PENDING
    wrong = api("POST", f"{NUMBERS}/verify", {**keys, "otp": "654321"})
    assert wrong == refused("WA400", "The code is wrong", "otp is wrong", status=400)
    assert api("GET", NUMBERS).data[-1] == {
        "phone_number": NEW,
        "name": "New",
        "status": "pending",
        "callback_profile_id": "",
    }
    approved = {**PENDING, "status": "approved"}
    assert api("POST", f"{NUMBERS}/verify", {**keys, "otp": "123456"}).data == approved
    body = {"phone_number": NEW, "callback_profile_id": api.create()}
    assert api("PUT", UPDATE, body).status == 200
    for route, otp in (("verify", {"otp": "123456"}), ("retry_otp", {})):
        answer = api("POST", f"{NUMBERS}/{route}", {**keys, **otp})
        assert answer == refused("WA400", "The number is not waiting for a code", status=400)


def test_v1_adds_a_pending_number_too(api: Api) -> None:
    body = {"wa_number": NEW, "display_name": "New", "about": "Hello"}
    answer = api("POST", V1_NUMBER, body)
    assert answer.data == {"id": PENDING["id"], "wa_number": NEW, "status": "pending"}
    assert api("GET", NUMBERS).data[-1]["name"] == "New"
    assert api("POST", V1_NUMBER, body) == refused(
        "E13001", "The number is already registered", status=400
    )


def test_a_number_is_added_once(api: Api) -> None:
    answer = api("POST", f"{NUMBERS}/add", {**ADD, "phone_number": ONE})
    assert answer == refused("WA400", "The number is already registered", status=400)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"name": ""}, "name must not be empty"),
        ({"name": 1}, "name must be a string"),
        ({"phone_number": "5550100010"}, "phone_number must be a phone number in E.164 with a +"),
        (
            {"verification_type": "Voice"},
            "verification_type must be one of sms, voice, SMS, VOICE",
        ),
        ({"country_code": "us"}, "country_code must be a calling code or a country's two letters"),
        ({"country_code": 91}, "country_code must be a calling code or a country's two letters"),
        ({"otp": "123456"}, "otp is not a field of this request"),
    ],
)
def test_an_add_refuses_a_wrong_field(api: Api, change: dict[str, object], complaint: str) -> None:
    answer = api("POST", f"{NUMBERS}/add", {**ADD, **change})
    assert answer == refused("WA400", "Validation failed", complaint, status=400)


@pytest.mark.parametrize(
    ("path", "names"),
    [
        (f"{NUMBERS}/add", ["phone_number", "name", "verification_type", "country_code"]),
        (f"{NUMBERS}/verify", ["id", "phone_number", "otp"]),
        (f"{NUMBERS}/retry_otp", ["id", "phone_number"]),
        (V1_NUMBER, ["wa_number", "display_name"]),
    ],
)
def test_every_field_of_a_registration_is_required(api: Api, path: str, names: list[str]) -> None:
    assert api("POST", path, {}).params == [f"{name} is required" for name in names]


def test_a_code_goes_with_the_id_of_its_number(api: Api) -> None:
    body = {"id": "wn-15550100001", "phone_number": NINE, "otp": "123456"}
    answer = api("POST", f"{NUMBERS}/verify", body)
    assert answer.params == ["id does not match the number"]
    body["phone_number"] = "+15550109999"
    assert api("POST", f"{NUMBERS}/verify", body).status == 404

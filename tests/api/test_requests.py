"""Requests byte for byte, and responses in all the shapes that the API may have."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from tests.fake_api import BODY, make_draft
from wacb.api import responses
from wacb.api.requests import Api, ApiRequest, encode
from wacb.config.regions import REGIONS
from wacb.errors import ConfigError
from wacb.models import Encryption, Method, ProfileDraft

NUMBER = "+919812345678"
V1, V2 = "https://one.example", "https://two.example"
CALLBACKS = f"{V1}/v1/HX01IN/callback/profiles"


def make(waba_id: str | None = None, **overrides: str) -> Api:
    return Api(v1=V1, v2=V2, sid="HX01IN", waba_id=waba_id, overrides=overrides)


def wired(request: ApiRequest) -> tuple[str, str, Any]:
    return request.method, request.url, request.body


# -- requests


def test_each_region_has_the_hosts_of_the_documentation() -> None:
    assert REGIONS == {
        "in": ("https://api.in.kaleyra.io", "https://api.in.kaleyra.io"),
        "sg": ("https://api.kaleyra.io", "https://api.ap.kaleyra.io"),
        "eu": ("https://api.eu.kaleyra.io", "https://api.eu.kaleyra.io"),
        "na": ("https://api.na.kaleyra.ai", "https://api.na.kaleyra.io"),
    }


@pytest.mark.parametrize("waba_id", [None, "77"], ids=["V1", "V2"])
def test_requests_about_profiles_are_the_same_in_v1_and_v2(waba_id: str | None) -> None:
    api = make(waba_id)
    assert [
        (*wired(request), request.subject)
        for request in (
            api.list_profiles(offset=0),
            api.list_profiles(offset=100, limit=1, title="Mine & <yours>"),
            api.get_profile("SG_1"),
            api.get_profile("../a b?c"),
            api.create_profile(make_draft()),
            api.update_profile("SG_1", make_draft(), {"method", "url"}),
            api.delete_profile("SG_1"),
            api.delete_profile("../a b?c"),
        )
    ] == [
        ("GET", f"{CALLBACKS}?limit=100&offset=0", None, "callback profiles"),
        (
            *("GET", f"{CALLBACKS}?limit=1&offset=100&title=Mine+%26+%3Cyours%3E"),
            *(None, "callback profiles"),
        ),
        ("GET", f"{CALLBACKS}/SG_1", None, "callback profile SG_1"),
        ("GET", f"{CALLBACKS}/..%2Fa%20b%3Fc", None, "callback profile ../a b?c"),
        (
            "POST",
            CALLBACKS,
            {
                "title": "Incoming messages",
                "http_method": "POST",
                "url": "https://example.com/hook",
                "body": BODY,
            },
            "callback profile 'Incoming messages'",
        ),
        (
            "PATCH",
            f"{CALLBACKS}/SG_1",
            {"http_method": "POST", "url": "https://example.com/hook"},
            "callback profile SG_1",
        ),
        ("DELETE", f"{CALLBACKS}/SG_1", None, "callback profile SG_1"),
        ("DELETE", f"{CALLBACKS}/..%2Fa%20b%3Fc", None, "callback profile ../a b?c"),
    ]


@pytest.mark.parametrize(
    ("api", "details", "attach"),
    [
        pytest.param(
            make(),
            f"{V1}/v1/HX01IN/whatsapp/{NUMBER}/phone_number_details",
            ("PUT", f"{V1}/v1/HX01IN/whatsapp/number", "wa_number"),
            id="V1",
        ),
        pytest.param(
            make("77"),
            f"{V2}/v2/HX01IN/whatsapp/{NUMBER}/phone_number_details",
            ("PUT", f"{V2}/v2/HX01IN/whatsapp/77/number/update", "phone_number"),
            id="V2",
        ),
    ],
)
def test_requests_about_a_number(api: Api, details: str, attach: tuple[str, str, str]) -> None:
    method, url, name = attach
    assert [
        (*wired(request), request.subject)
        for request in (
            api.number_details(NUMBER),
            api.attach(NUMBER, "SG_1"),
            api.detach(NUMBER),
            api.set_incoming_url(NUMBER, "https://example.com/?body=<body>"),
        )
    ] == [
        ("GET", details, None, f"number {NUMBER}"),
        (method, url, {name: NUMBER, "callback_profile_id": "SG_1"}, f"number {NUMBER}"),
        (method, url, {name: NUMBER, "callback_profile_id": ""}, f"number {NUMBER}"),
        (
            "PUT",
            f"{V1}/v1/HX01IN/whatsapp/number",
            {"wa_number": NUMBER, "incoming_url": "https://example.com/?body=<body>"},
            f"number {NUMBER}",
        ),
    ]


def test_the_numbers_of_a_waba_are_listed_with_v2() -> None:
    request = make("77").list_numbers()
    assert wired(request) == ("GET", f"{V2}/v2/HX01IN/whatsapp/77/number", None)
    assert request.subject == "the numbers of WABA 77"


def test_v1_has_no_listing_of_numbers() -> None:
    with pytest.raises(ConfigError, match="only be listed with a WABA ID") as caught:
        make().list_numbers()
    assert "--waba-id ID" in str(caught.value.hint)


@pytest.mark.parametrize(
    ("waba_id", "overrides", "expected"),
    [
        pytest.param(
            "77",
            {"attach_field": "profile"},
            (
                *("PUT", f"{V2}/v2/HX01IN/whatsapp/77/number/update"),
                {"phone_number": NUMBER, "profile": "SG_1"},
            ),
            id="field",
        ),
        pytest.param(
            "77",
            {"attach_path": "/v2/{sid}/waba/{waba_id}/{sid}"},
            (
                *("PUT", f"{V2}/v2/HX01IN/waba/77/HX01IN"),
                {"phone_number": NUMBER, "callback_profile_id": "SG_1"},
            ),
            id="V2 path",
        ),
        pytest.param(
            "77",
            {"attach_path": "/v1/{sid}/x", "attach_method": "POST"},
            (
                *("POST", f"{V1}/v1/HX01IN/x"),
                {"phone_number": NUMBER, "callback_profile_id": "SG_1"},
            ),
            id="V1 path and method",
        ),
        pytest.param(
            None,
            {"attach_path": "/v3/{waba_id}x"},
            ("PUT", f"{V2}/v3/x", {"wa_number": NUMBER, "callback_profile_id": "SG_1"}),
            id="unknown version, no WABA",
        ),
    ],
)
def test_overrides_change_how_a_profile_is_attached(
    waba_id: str | None, overrides: dict[str, str], expected: object
) -> None:
    assert wired(make(waba_id, **overrides).attach(NUMBER, "SG_1")) == expected


@pytest.mark.parametrize(
    ("waba_id", "overrides", "expected"),
    [
        pytest.param(
            "77",
            {"detach_value": "none"},
            (
                *("PUT", f"{V2}/v2/HX01IN/whatsapp/77/number/update"),
                {"phone_number": NUMBER, "callback_profile_id": "none"},
            ),
            id="value",
        ),
        pytest.param(
            None,
            {"attach_field": "profile", "attach_path": "/v1/{sid}/x", "attach_method": "POST"},
            ("POST", f"{V1}/v1/HX01IN/x", {"wa_number": NUMBER, "profile": ""}),
            id="field, path and method",
        ),
    ],
)
def test_overrides_change_how_a_profile_is_taken_off(
    waba_id: str | None, overrides: dict[str, str], expected: object
) -> None:
    assert wired(make(waba_id, **overrides).detach(NUMBER)) == expected


def registering(api: Api) -> list[Callable[[], ApiRequest]]:
    """The steps of registering a number, not taken yet."""
    return [
        partial(api.add_number, NUMBER, name="Shop", country_code="91", verification="sms"),
        partial(api.verify_number, NUMBER, registration_id="wn-1", otp="0123"),
        partial(api.retry_otp, NUMBER, registration_id="wn-1"),
    ]


def test_a_number_is_registered_in_steps() -> None:
    requests = [step() for step in registering(make("77"))]
    route = f"{V2}/v2/HX01IN/whatsapp/77/number"
    assert {request.subject for request in requests} == {f"number {NUMBER}"}
    assert [wired(request) for request in requests] == [
        (
            *("POST", f"{route}/add"),
            {
                "phone_number": NUMBER,
                "name": "Shop",
                "verification_type": "sms",
                "country_code": "91",
            },
        ),
        ("POST", f"{route}/verify", {"id": "wn-1", "phone_number": NUMBER, "otp": "0123"}),
        ("POST", f"{route}/retry_otp", {"id": "wn-1", "phone_number": NUMBER}),
    ]


@pytest.mark.parametrize("step", range(3), ids=["add", "verify", "another code"])
def test_v1_registers_no_number(step: int) -> None:
    with pytest.raises(ConfigError, match="only be registered with a WABA ID") as caught:
        registering(make())[step]()
    assert "--waba-id ID" in str(caught.value.hint)


def test_lists_and_what_is_new_name_no_existing_thing() -> None:
    api, draft = make("77"), make_draft()
    add, *steps = (step() for step in registering(api))
    existing = (
        *(api.get_profile("SG_1"), api.update_profile("SG_1", draft, {"url"})),
        *(api.delete_profile("SG_1"), api.number_details(NUMBER), api.attach(NUMBER, "SG_1")),
        *(api.set_incoming_url(NUMBER, "https://example.com/"), *steps),
    )
    others = (
        *(api.list_profiles(offset=0), api.create_profile(draft)),
        *(api.list_numbers(), add),
    )
    assert [request.existing for request in (*existing, *others)] == [True] * 8 + [False] * 4


def test_an_override_is_also_the_name_that_the_listing_is_read_by() -> None:
    api = make("77", attach_field="profile")
    row = {"phone_number": NUMBER, "profile": "SG_1", "callback_profile_id": "SG_2"}
    assert responses.parse_listed_number(row, api).callback_profile_id == "SG_1"
    del row["profile"]
    assert responses.parse_listed_number(row, api).callback_profile_id == "SG_2"


@pytest.mark.parametrize(
    ("changes", "sent"),
    [
        pytest.param({"body": BODY}, {"body": BODY}, id="body"),
        pytest.param(
            {"headers": {"X-A": "<b>", "X-U": "\u00fc"}},
            {"headers": '{"X-A":"<b>","X-U":"\u00fc"}'},
            id="headers",
        ),
        pytest.param({"headers": {}}, {"headers": "{}"}, id="no headers"),
        pytest.param(
            {"encryption": Encryption(algorithm="AES-128-CFB", key="k" * 16, iv="i" * 16)},
            {"enc": {"algo": "AES-128-CFB", "key": "k" * 16, "IV": "i" * 16}},
            id="enc",
        ),
        pytest.param({"response_message": ""}, {"response_message": ""}, id="response_message"),
        pytest.param({"channel": "whatsapp"}, {"channel": "whatsapp"}, id="channel"),
        pytest.param({"events": ("a", "b")}, {"events": '["a","b"]'}, id="events"),
        pytest.param({"events": ()}, {"events": "[]"}, id="no events"),
    ],
)
def test_an_optional_field_is_sent_where_it_is_given(
    changes: dict[str, Any], sent: dict[str, Any]
) -> None:
    draft = ProfileDraft(title="Abc", method=Method.GET, url="https://e.example/", **changes)
    assert make().create_profile(draft).body == {
        "title": "Abc",
        "http_method": "GET",
        "url": "https://e.example/",
        **sent,
    }


def test_a_body_goes_out_with_literal_brackets_and_no_white_space() -> None:
    request = make().create_profile(make_draft(title="T\u00e4t", body='{"a":"<body>&"}'))
    assert request.body is not None
    assert encode(request.body).decode() == (
        '{"title":"T\u00e4t","http_method":"POST","url":"https://example.com/hook",'
        '"body":"{\\"a\\":\\"<body>&\\"}"}'
    )


def test_what_is_no_text_is_replaced_not_a_crash() -> None:
    """A lone surrogate: from bytes on the command line, or from `\\ud800` in the API's JSON."""
    api = make("77")
    assert api.get_profile("\udcff").url == f"{CALLBACKS}/%3F"
    assert api.list_profiles(offset=0, title="\udcff").url.endswith("&title=%3F")
    assert encode({"a": "\ud800"}) == b'{"a":"?"}'

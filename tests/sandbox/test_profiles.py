"""Callback profiles as api.md §4 has them, through both shells."""

from __future__ import annotations

import json

import pytest

from tests.sandbox.shells import (
    ENC,
    NUMBERS,
    ONE,
    PROFILES,
    Api,
    invalid,
    make_profile,
    make_row,
    refused,
)
from wacb.sandbox.account import API_KEY
from wacb.sandbox.emulator import Sandbox
from wacb.sandbox.routing import Request
from wacb.sandbox.store import Store

GET_URL = "https://example.com/hook?text=<body>&from=<from>"
NO_SUCH = refused("RBC302", "The profile does not exist", status=404)


def test_a_created_profile_is_shown_as_it_was_sent(api: Api) -> None:
    given = {
        "http_method": "PUT",
        "body": '{ "text": "<body>", "naïve": "☎" }',
        "response_message": "done",
        "headers": '{"Authorization": "Basic c3ludGhldGlj"}',
        "enc": ENC,
        "channel": "whatsapp",
        "events": '["incoming"]',
    }
    answer = api("POST", PROFILES, make_profile(**given))
    profile_id = answer.data["profile_id"]
    assert answer.data == {"profile_id": profile_id}
    assert api("GET", f"{PROFILES}/{profile_id}").data == make_row(profile_id, **given)


def test_what_was_not_sent_has_its_default(api: Api) -> None:
    profile_id = api.create()
    assert api("GET", f"{PROFILES}/{profile_id}").data == make_row(profile_id)


def test_a_get_profile_keeps_literal_placeholders_in_its_url(api: Api) -> None:
    profile_id = api.create(http_method="GET", url=GET_URL, body=None)
    row = make_row(profile_id, http_method="GET", url=GET_URL, body=None)
    assert api("GET", f"{PROFILES}/{profile_id}").data == row


def test_titles_may_repeat(api: Api) -> None:
    assert api.create() != api.create()


def test_an_id_is_a_uuid_of_the_singapore_pod() -> None:
    store = Store(":memory:")
    sandbox = Sandbox(store)
    body = b'{"title": "abc", "http_method": "GET", "url": "https://example.com"}'
    headers = {"api-key": "sandbox-key", "content-type": "application/json"}
    reply = sandbox.handle(Request(method="POST", path=PROFILES, headers=headers, body=body))
    store.close()
    assert b'"data": {"profile_id": "SG_' in reply.body


@pytest.mark.parametrize(
    ("query", "page"),
    [
        ("", range(25)),
        ("?limit=2", range(2)),
        ("?limit=100", range(100)),
        ("?limit=5000", range(100)),
        ("?limit=100&offset=90", range(90, 103)),
        ("?offset=102", range(102, 103)),
        ("?offset=103", range(0)),
        ("?title=&limit=1", range(1)),
    ],
)
def test_the_list_pages_by_rows(api: Api, query: str, page: range) -> None:
    headers = {"api-key": API_KEY, "content-type": "application/json"}
    for n in range(103):
        body = json.dumps(make_profile(title=f"Profile {n}")).encode()
        request = Request(method="POST", path=PROFILES, headers=headers, body=body)
        assert api.sandbox.handle(request).status == 200
    data = api("GET", PROFILES + query).data
    assert [row["title"] for row in data["profiles"]] == [f"Profile {n}" for n in page]
    assert data["total"] == 103


@pytest.mark.parametrize(
    ("title", "found"),
    [
        ("Alpha", ["Alpha", "Alpha two"]),
        ("pha+t", ["Alpha two"]),
        ("pha%20t", ["Alpha two"]),
        ("alpha", []),
        ("_", ["Be_a"]),
        ("%25", []),
    ],
)
def test_a_title_filters_by_substring(api: Api, title: str, found: list[str]) -> None:
    for name in ("Alpha", "Be_a", "Alpha two"):
        api.create(title=name)
    data = api("GET", f"{PROFILES}?title={title}").data
    assert ([row["title"] for row in data["profiles"]], data["total"]) == (found, len(found))


@pytest.mark.parametrize(
    "query", ["limit=", "limit=ten", "limit=-1", "limit=1.0", "offset=-1", "offset=%D9%A3"]
)
def test_a_page_needs_numbers(api: Api, query: str) -> None:
    answer = api("GET", f"{PROFILES}?{query}")
    assert answer == invalid(f"{query.partition('=')[0]} must be a number")


def test_a_page_of_no_rows_is_refused(api: Api) -> None:
    assert api("GET", f"{PROFILES}?limit=0") == refused(
        "RBC400", "limit must be at least 1", status=400
    )


def test_an_update_changes_only_what_it_names(api: Api) -> None:
    profile_id = api.create(response_message="done", headers='{"A": "b"}', enc=ENC)
    api.clock.now += 61.5
    answer = api("PATCH", f"{PROFILES}/{profile_id}", {"title": "Renamed"})
    assert answer.data == {"profile_id": profile_id}
    assert api("GET", f"{PROFILES}/{profile_id}").data == make_row(
        profile_id,
        title="Renamed",
        response_message="done",
        headers='{"A": "b"}',
        enc=ENC,
        modified_at="2023-11-14T22:14:21.623Z",
    )
    assert api("GET", f"{PROFILES}?title=Renamed").data["total"] == 1


@pytest.mark.parametrize(
    ("change", "shown"),
    [
        ({"url": "http://other.example/"}, {}),
        ({"http_method": "PUT"}, {}),
        ({"body": '{"x": "<from>"}'}, {}),
        ({"response_message": "ok"}, {}),
        ({"headers": '{"A": "c"}'}, {}),
        ({"events": '["incoming", "status"]'}, {}),
        ({"enc": {**ENC, "key": "n" * 16}}, {}),
        ({"response_message": ""}, {"response_message": None}),
        ({"headers": ""}, {"headers": "{}"}),
        ({"events": ""}, {"events": "[]"}),
        ({"http_method": "GET", "url": GET_URL, "body": ""}, {"body": None}),
        ({"http_method": "DELETE", "url": GET_URL, "body": "{}"}, {"body": None}),
    ],
)
def test_an_update_takes_every_field_that_may_change(
    api: Api, change: dict[str, object], shown: dict[str, object]
) -> None:
    given = {"response_message": "done", "headers": '{"A": "b"}', "events": '["x"]', "enc": ENC}
    profile_id = api.create(**given)
    api("PATCH", f"{PROFILES}/{profile_id}", change)
    modified = {"modified_at": "2023-11-14T22:13:20.123Z"}
    row = make_row(profile_id, **{**given, **change, **shown, **modified})
    assert api("GET", f"{PROFILES}/{profile_id}").data == row


def test_a_deleted_profile_is_gone(api: Api) -> None:
    kept, deleted = api.create(), api.create()
    path = f"{PROFILES}/{deleted}"
    assert api("DELETE", path).data == {"profileId": deleted}
    assert (
        api("DELETE", path) == api("GET", path) == api("PATCH", path, {"title": "abc"}) == NO_SUCH
    )
    assert api("GET", PROFILES).data == {"profiles": [make_row(kept)], "total": 1}


def test_a_profile_in_use_can_be_deleted(api: Api) -> None:
    profile_id = api.create()
    body = {"phone_number": ONE, "callback_profile_id": profile_id}
    assert api("PUT", f"{NUMBERS}/update", body).status == 200
    assert api("DELETE", f"{PROFILES}/{profile_id}").status == 200
    assert api.attached() == profile_id


@pytest.mark.parametrize("profile_id", ["x", "%2e%2e", "%00", "SG_%FF", "a%2Fb"])
def test_an_unknown_profile_is_not_found(api: Api, profile_id: str) -> None:
    assert api("GET", f"{PROFILES}/{profile_id}") == NO_SUCH

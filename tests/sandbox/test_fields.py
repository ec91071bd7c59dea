"""Which profiles the emulator refuses (api.md §4): every wrong field by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from tests.sandbox.shells import ENC, PROFILES, Api, invalid, make_profile, make_row, refused

_TITLE = "title must be 3 or more letters, digits, spaces, hyphens, underscores"
_METHOD = "http_method must be one of GET, POST, PUT, DELETE"
_URL = "url must be an http or https URL"
_BODY = "body must be a string containing a JSON object"
_HEADERS = "headers must be a string containing a JSON object of strings"
_EVENTS = "events must be a string containing a JSON array of strings"
_ENC = "enc must be an object of algo, key and IV"
_ALGO = "enc algo must be AES-128, AES-192 or AES-256 with -CFB or -GCM"


def each(name: str, complaint: str, *values: Any) -> list[tuple[dict[str, Any], str]]:
    return [({name: value}, complaint) for value in values]


WRONG = [
    *each("title", _TITLE, "ab", "", "abc\n", "naïve", "٣٣٣", "a.b.c", 123),
    *each("http_method", _METHOD, "post", "PATCH", "", 1, ["POST"]),
    *each("url", _URL, "", "example.com/hook", "ftp://example.com", "https://", "https:///hook"),
    *each("url", _URL, "https://example.com/a b", "https://example.com/\n", " https://x.com", 1),
    *each("body", _BODY, {"text": "<body>"}, "", "text", "[]", "null", '"x"', '{"text": <body>}'),
    *each("headers", _HEADERS, {"A": "b"}, "", "[]", '{"A": 1}', "A: b"),
    *each("events", _EVENTS, ["incoming"], "", "{}", "[1]", "incoming"),
    *each("response_message", "response_message must be a string", 1, {}),
    *each("channel", "channel must be a string", 1, ["whatsapp"]),
    *each("enc", _ENC, "AES-128-CFB", {}, {"algo": "AES-128-CFB", "key": "k" * 16}),
    *each("enc", _ENC, {"algo": "AES-128-CFB", "key": "k" * 16, "iv": "i" * 16}),
    *each("enc", _ENC, {**ENC, "encoding": "raw"}),
    *each("enc", "enc must contain ASCII strings", {**ENC, "key": 1}, {**ENC, "IV": None}),
    *each("enc", "enc must contain ASCII strings", {**ENC, "key": "ä" * 16}),
    *each("enc", _ALGO, *({**ENC, "algo": name} for name in ("aes-128-cfb", "AES-64-CFB", "AES"))),
    *each("enc", "enc key must have 16 characters for AES-128-CFB", {**ENC, "key": "k" * 24}),
    *each("enc", "enc key must have 24 characters for AES-192-GCM", {**ENC, "algo": "AES-192-GCM"}),
    *each("enc", "enc IV has the wrong length for AES-128-CFB", {**ENC, "IV": "i" * 12}),
    *each(
        "enc",
        "enc IV has the wrong length for AES-256-GCM",
        {"algo": "AES-256-GCM", "key": "k" * 32, "IV": "i" * 15},
    ),
    *(
        ({name: "x"}, f"{name} is not a field of this request")
        for name in ("titel", "Title", "method", "profile_id", "status", "encryption")
    ),
]


def may_not_be_patched(change: Mapping[str, object]) -> bool:
    """Leave out the empty strings that clear a field, and the complaints about `channel`."""
    return "channel" not in change and not any(
        name in ("body", "headers", "events") and value == "" for name, value in change.items()
    )


@pytest.mark.parametrize(("change", "complaint"), WRONG)
def test_a_create_refuses_a_wrong_field(
    quick: Api, change: dict[str, object], complaint: str
) -> None:
    assert quick("POST", PROFILES, {**make_profile(), **change}) == invalid(complaint)
    assert quick("GET", PROFILES).data == {"profiles": [], "total": 0}


@pytest.mark.parametrize(
    ("change", "complaint"), [case for case in WRONG if may_not_be_patched(case[0])]
)
def test_an_update_refuses_a_wrong_field(
    quick: Api, change: dict[str, object], complaint: str
) -> None:
    profile_id = quick.create()
    assert quick("PATCH", f"{PROFILES}/{profile_id}", change) == invalid(complaint)
    assert quick("GET", f"{PROFILES}/{profile_id}").data == make_row(profile_id)


@pytest.mark.parametrize("name", ["title", "http_method", "url"])
def test_a_create_names_a_field_that_is_missing(api: Api, name: str) -> None:
    answer = api("POST", PROFILES, make_profile(**{name: None}))
    assert answer == invalid(f"{name} is required")


def test_every_complaint_is_told_at_once(api: Api) -> None:
    answer = api("POST", PROFILES, {"titel": "abc", "url": 1})
    assert answer.params == [
        "title is required",
        "http_method is required",
        "titel is not a field of this request",
        _URL,
    ]


@pytest.mark.parametrize("name", [*make_profile(), "enc", "headers", "events", "channel"])
def test_null_is_no_value(api: Api, name: str) -> None:
    answer = api("POST", PROFILES, {**make_profile(), name: None})
    assert [text.split()[0] for text in answer.params] == [name]


@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_post_and_put_need_a_body(api: Api, method: str) -> None:
    answer = api("POST", PROFILES, make_profile(http_method=method, body=None))
    assert answer == invalid("body is required for POST and PUT")


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_get_and_delete_have_no_body(api: Api, method: str) -> None:
    answer = api("POST", PROFILES, make_profile(http_method=method))
    assert answer == invalid("body is not allowed for GET and DELETE")


@pytest.mark.parametrize(
    "enc",
    [
        {"algo": f"AES-{bits}-{mode}", "key": "k" * (bits // 8), "IV": "i" * length}
        for bits in (128, 192, 256)
        for mode, length in (("CFB", 16), ("GCM", 12), ("GCM", 16))
    ],
    ids=lambda enc: f"{enc['algo']}-{len(enc['IV'])}",
)
def test_a_key_of_the_right_length_is_taken(api: Api, enc: dict[str, str]) -> None:
    profile_id = api.create(enc=enc)
    assert api("GET", f"{PROFILES}/{profile_id}").data["enc"] == enc


@pytest.mark.parametrize(
    ("method", "change", "complaint"),
    [
        ("POST", {"http_method": "GET"}, "body is not allowed for GET and DELETE"),
        ("POST", {"body": ""}, "body is required for POST and PUT"),
        ("GET", {"http_method": "POST"}, "body is required for POST and PUT"),
        ("GET", {"body": '{"text": "<body>"}'}, "body is not allowed for GET and DELETE"),
    ],
)
def test_an_update_must_leave_a_coherent_profile(
    api: Api, method: str, change: dict[str, object], complaint: str
) -> None:
    profile_id = api.create(http_method=method, **({"body": None} if method == "GET" else {}))
    before = api("GET", f"{PROFILES}/{profile_id}")
    assert api("PATCH", f"{PROFILES}/{profile_id}", change) == invalid(complaint)
    assert api("GET", f"{PROFILES}/{profile_id}") == before


def test_an_update_never_changes_the_channel(api: Api) -> None:
    answer = api("PATCH", f"{PROFILES}/{api.create()}", {"channel": "whatsapp"})
    assert answer == invalid("channel is not a field of this request")


def test_an_update_of_nothing_is_refused(api: Api) -> None:
    answer = api("PATCH", f"{PROFILES}/{api.create()}", {})
    assert answer == refused("RBC400", "There is nothing to change", status=400)

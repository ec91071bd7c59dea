"""How a request must look before anyone reads its fields."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.sandbox.shells import (
    NUMBERS,
    ONE,
    PROFILES,
    V1_NUMBER,
    Api,
    make_profile,
    make_sandbox,
    refused,
)
from wacb.sandbox.account import API_KEY, SID
from wacb.sandbox.emulator import MAX_BODY
from wacb.sandbox.routing import Request

JSON = {"Content-Type": "application/json"}
KEY = {"api-key": API_KEY}


@pytest.mark.parametrize(
    ("path", "headers", "code"),
    [
        (PROFILES, {}, "RBC001"),
        (PROFILES, {"api-key": "Sandbox-Key"}, "RBC001"),
        (PROFILES, {"api-key": "Bearer sandbox-key"}, "RBC001"),
        (PROFILES, {"Authorization": API_KEY}, "RBC001"),
        (PROFILES.replace(SID, "HXOTHER01IN"), KEY, "RBC001"),
        (PROFILES.replace(SID, SID.lower()), KEY, "RBC001"),
        (PROFILES.replace(SID, f"{SID}_1710"), KEY, "RBC001"),
        (V1_NUMBER, {}, "RBC001"),
        (NUMBERS, {}, "WA401"),
        ("/", {}, "RBC001"),
        ("/nowhere/else", KEY, "RBC001"),
    ],
)
def test_sid_and_key_are_checked_as_a_pair(
    api: Api, path: str, headers: dict[str, str], code: str
) -> None:
    message = "The SID or the API key is wrong"
    assert api("GET", path, headers=headers) == refused(code, message, status=401)


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/", "RBC404"),
        (f"/v1/{SID}", "RBC404"),
        (f"/v3/{SID}/callback/profiles", "RBC404"),
        (f"/v1/{SID}/callback/profile", "RBC404"),
        (f"/v1/{SID}/callback/profiles/", "RBC404"),
        (f"/v1/{SID}//callback/profiles", "RBC404"),
        (f"/v1/{SID}/callback%2Fprofiles", "RBC404"),
        (f"/V1/{SID}/callback/profiles", "RBC404"),
        (f"/v2/{SID}/callback/profiles", "WA404"),
        (f"/v1/{SID}/whatsapp/1/number/update", "RBC404"),
        (f"{NUMBERS}/updates", "WA404"),
    ],
)
def test_an_unknown_path_is_not_found(api: Api, path: str, code: str) -> None:
    assert api("GET", path) == refused(code, "The route does not exist", status=404)


@pytest.mark.parametrize(
    ("method", "path", "code", "allow"),
    [
        ("PUT", PROFILES, "RBC405", "POST, GET"),
        ("post", PROFILES, "RBC405", "POST, GET"),
        ("PUT", f"{PROFILES}/x", "RBC405", "GET, PATCH, DELETE"),
        ("POST", f"{NUMBERS}/update", "WA405", "PUT"),
        ("PATCH", f"{NUMBERS}/update", "WA405", "PUT"),
        ("GET", V1_NUMBER, "RBC405", "PUT, POST"),
        ("POST", NUMBERS, "WA405", "GET"),
    ],
)
def test_a_known_path_names_the_methods_it_allows(
    api: Api, method: str, path: str, code: str, allow: str
) -> None:
    answer = api(method, path, {})
    assert answer == refused(code, f"{method} is not allowed here", status=405)
    assert answer.headers["allow"] == allow


@pytest.mark.parametrize(
    "content_type",
    [
        None,
        "",
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/json-patch+json",
        "application/json; charset=latin-1",
    ],
)
def test_a_body_of_another_content_type_is_refused(api: Api, content_type: str | None) -> None:
    headers = KEY if content_type is None else {**KEY, "Content-Type": content_type}
    answer = api("POST", PROFILES, make_profile(), headers=headers)
    assert answer == refused("RBC415", "Content-Type must be application/json", status=415)


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "Application/JSON",
        "application/json; charset=utf-8",
        'application/json;charset="UTF-8"',
    ],
)
def test_any_spelling_of_the_right_content_type_is_taken(api: Api, content_type: str) -> None:
    headers = {"API-Key": API_KEY, "content-type": content_type}
    assert api("POST", PROFILES, make_profile(), headers=headers).status == 200


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"title=abc",
        b"{'title': 'abc'}",
        b'{"title": NaN}',
        b'{"title": -Infinity}',
        b'{"title": "\xff"}',
        b'\xef\xbb\xbf{"title": "abc"}',
        b'{"title": "\\ud800"}',
        b'{"title": "abc", "title": "abc"}',
        '{"title": "abc"}'.encode("utf-16"),
        b'{"title": ' + b"[" * 100_000,
        b'{"title": ' + b"9" * 5_000 + b"}",
    ],
)
def test_a_body_that_is_not_json_is_refused(api: Api, raw: bytes) -> None:
    answer = api("POST", PROFILES, raw=raw, headers={**KEY, **JSON})
    assert answer == refused("RBC400", "The body is not valid JSON", status=400)


@pytest.mark.parametrize("raw", [b"[]", b"null", b'"title"', b"1"])
def test_a_body_that_is_no_object_is_refused(api: Api, raw: bytes) -> None:
    answer = api("PUT", V1_NUMBER, raw=raw)
    assert answer == refused("E13001", "The body is not a JSON object", status=400)


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_get_and_delete_take_no_body(api: Api, method: str) -> None:
    path = f"{PROFILES}/{api.create()}"
    answer = api(method, path, {})
    assert answer == refused("RBC400", f"{method} takes no body here", status=400)
    assert api("GET", path).status == 200


@pytest.mark.parametrize(
    ("method", "path", "code", "names"),
    [
        ("GET", f"{PROFILES}?Limit=5&page=1", "RBC400", ["Limit", "page"]),
        ("GET", f"{NUMBERS}?limit=5", "WA400", ["limit"]),
        ("DELETE", f"{PROFILES}/x?force=true", "RBC400", ["force"]),
    ],
)
def test_an_unknown_query_parameter_is_refused(
    api: Api, method: str, path: str, code: str, names: list[str]
) -> None:
    params = [f"{name} is not a parameter of this request" for name in names]
    assert api(method, path) == refused(code, "Validation failed", *params, status=400)


def test_a_repeated_query_parameter_is_refused(api: Api) -> None:
    answer = api("GET", f"{PROFILES}?limit=5&limit=5")
    assert answer == refused("RBC400", "Duplicate query parameter", status=400)


def test_a_body_over_one_mebibyte_is_too_large(api: Api) -> None:
    fits = json.dumps(make_profile(response_message="x")).encode()
    fits = fits.replace(b'"x"', b'"' + b"x" * (MAX_BODY - len(fits) + 1) + b'"')
    assert len(fits) == MAX_BODY
    assert api("POST", PROFILES, raw=fits).status == 200
    answer = api("POST", PROFILES, raw=fits + b" ")
    assert answer == refused("RBC413", "The body is too large", status=413)
    assert [entry.status for entry in api.sandbox.requests()] == [200, 413]


@pytest.mark.parametrize(
    ("method", "path", "headers", "raw", "status"),
    [
        ("BREW", "/nowhere", {}, b"", 401),
        ("BREW", f"/v1/{SID}/nowhere", KEY, b"", 404),
        ("BREW", V1_NUMBER, KEY, b"{", 405),
        ("PUT", f"{NUMBERS}/update?x=1", KEY, b"{", 415),
        ("PUT", f"{NUMBERS}/update?x=1", {**KEY, **JSON}, b"{", 400),
        ("PUT", f"{NUMBERS}/update?x=1", {**KEY, **JSON}, b"{}", 400),
        ("PATCH", f"{PROFILES}/nobody", {**KEY, **JSON}, b'{"titel": "abc"}', 400),
        ("PATCH", f"{PROFILES}/nobody", {**KEY, **JSON}, b'{"title": "abc"}', 404),
    ],
)
def test_checks_run_from_the_key_to_the_state(
    api: Api, method: str, path: str, headers: dict[str, str], raw: bytes, status: int
) -> None:
    assert api(method, path, raw=raw, headers=headers).status == status


def test_a_success_has_the_documented_envelope(api: Api) -> None:
    codes = {
        path: api("GET", path).envelope.pop("code")
        for path in (PROFILES, NUMBERS, f"/v1/{SID}/whatsapp/{ONE}/phone_number_details")
    }
    assert list(codes.values()) == ["RBC024", "WA200", "RBC024"]
    answer = api("GET", PROFILES)
    assert answer.envelope == {
        "code": "RBC024",
        "message": "Success",
        "data": {"profiles": [], "total": 0},
        "error": {},
        "status": 200,
    }
    assert answer.headers["content-type"] == "application/json; charset=utf-8"


_SEGMENTS = st.sampled_from(
    ["v1", "v2", SID, "callback", "profiles", "whatsapp", "number", "update", "%zz", "%FF", "", "x"]
)
_VALUES: st.SearchStrategy[Any] = st.text(max_size=20) | st.sampled_from(
    [None, True, 0, -1.5, float("nan"), [], [[{}]], {"algo": {}}, "{}", "[]", "\ud800", "GET"]
)
_NAMES = st.sampled_from([*make_profile(), "enc", "headers", "events", "wa_number", "otp"])
_BODIES = st.binary() | st.dictionaries(_NAMES, _VALUES).map(
    lambda value: json.dumps(value).encode()
)
_SANDBOX = make_sandbox()


@given(
    method=st.sampled_from(["GET", "POST", "PUT", "PATCH", "DELETE"]),
    path=st.lists(_SEGMENTS, max_size=6).map(lambda parts: "/" + "/".join(parts))
    | st.sampled_from([PROFILES, V1_NUMBER, f"{NUMBERS}/update"]),
    query=st.text(max_size=20) | st.sampled_from(["limit=0", "offset=9", "title=%FF"]),
    body=_BODIES,
)
def test_no_request_upsets_the_emulator(method: str, path: str, query: str, body: bytes) -> None:
    headers = {"api-key": API_KEY, "content-type": "application/json"}
    reply = _SANDBOX.handle(
        Request(method=method, path=path, query=query, headers=headers, body=body)
    )
    envelope = json.loads(reply.body)
    assert list(envelope) == ["code", "message", "data", "error", "status"]
    assert envelope["status"] == reply.status
    assert reply.status in (200, 400, 401, 404, 405)

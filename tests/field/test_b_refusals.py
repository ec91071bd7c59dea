"""Refusals in every form, what something in between says, and the same in another spelling."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.cli.conftest import attached, writes
from tests.cli.expect import BODY, CREATE, HOOK, MEMBERS, ONE, QUERY, TITLE, TWO, done
from tests.conftest import Wacb, profile_id
from tests.examples import few, sampled
from tests.field.altered import (
    FIRST,
    PROFILE,
    PROFILES,
    UPDATE,
    Altered,
    data,
    make_attached,
    make_profile,
    member,
    says,
)
from wacb.sandbox.emulator import Sandbox

ATTACH = ("number", "attach", ONE, "--profile", FIRST)

# -- refusals and what is none

REFUSED = (
    [
        pytest.param({"status": word, "message": "Number is locked"}, id=f"status {word}")
        for word in ("error", "ERROR", "fail", "Failed", "failure", 400, "400", 500.0)
    ]
    + [
        pytest.param({key: value, "message": "Number is locked"}, id=f"{key} {value!r}")
        for key, value in [
            *(("success", word) for word in (False, "false", 0)),
            *(("status", word) for word in (False, "FALSE")),
        ]
    ]
    + [
        pytest.param({"error": {"code": 7, "message": "Number is locked"}}, id="an error object"),
        pytest.param({"error": {"phone_number": ["Number is locked"]}}, id="by its field"),
        pytest.param({"error": ["Number is locked"]}, id="an array of text"),
        pytest.param({"error": True, "message": "Number is locked"}, id="error true"),
        pytest.param([{"status": "error", "message": "Number is locked"}], id="in an array of one"),
        pytest.param(
            {"data": {"status": "error", "message": "Number is locked"}}, id="in the data"
        ),
    ]
)


@pytest.mark.parametrize("content", sampled(REFUSED, every=3))
def test_a_refusal_in_a_200_is_one(live: Wacb, sandbox: Sandbox, content: Any):
    make_profile(sandbox)
    raw = json.dumps(content).encode()
    outcome = live(*ATTACH, handler=Altered(sandbox, says("PUT", UPDATE, 200, raw, arrives=False)))
    assert (outcome.code, outcome.out) == (6, "")
    assert "Number is locked" in outcome.err


@pytest.mark.parametrize(
    "members",
    [
        pytest.param({"status": "200"}, id="status as text"),
        pytest.param({"status": "success", "error": []}, id="status success"),
        pytest.param({"error": None, "success": "true"}, id="success as text"),
        pytest.param({"status": True, "success": 1}, id="true and 1"),
        pytest.param({"status": 0, "message": "OK"}, id="status 0"),
        pytest.param({"error": False}, id="error false"),
        pytest.param({"error": {"code": 0, "message": ""}}, id="an empty error object"),
        pytest.param({"error": [{}]}, id="an empty error in an array"),
        pytest.param({"code": "WA400"}, id="a code alone decides nothing"),
        pytest.param({"status": None, "code": None, "message": None}, id="nothing"),
    ],
)
def test_a_success_in_its_own_words_is_one(live: Wacb, sandbox: Sandbox, members: dict[str, Any]):
    make_profile(sandbox)
    served = Altered(sandbox, says("PUT", UPDATE, 200, {"data": {}, **members}))
    assert live(*ATTACH, handler=served).code == 0
    assert attached(sandbox, ONE) == FIRST


PAGE = b"<html><title>Blocked</title><p>Blocked by policy 42 of example.com</html>"


@pytest.mark.parametrize(
    ("status", "page"),
    few(
        [
            pytest.param(403, PAGE, id="403"),
            pytest.param(200, PAGE, id="200"),
            pytest.param(401, PAGE, id="401"),
            pytest.param(403, b"Blocked by policy 42", id="403 as text"),
            pytest.param(407, PAGE, id="407"),
            pytest.param(451, PAGE, id="451"),
        ]
    ),
)
@pytest.mark.parametrize(
    ("method", "line"),
    [
        pytest.param("GET", ("profile", "list"), id="list"),
        pytest.param("POST", CREATE, id="create"),
        pytest.param("PUT", ATTACH, id="attach"),
        pytest.param("DELETE", ("profile", "delete", FIRST, "--yes"), id="delete"),
        pytest.param("PATCH", ("profile", "update", FIRST, "--title", "New"), id="update"),
    ],
)
def test_a_page_of_something_in_between_is_not_the_api(
    live: Wacb, sandbox: Sandbox, status: int, page: bytes, method: str, line: tuple[str, ...]
):
    make_profile(sandbox)
    make_attached(sandbox, TWO, title="Other")  # so the API is known to show profiles
    before = len(sandbox.requests())
    served = Altered(sandbox, says(method, "", status, page, arrives=False))
    outcome = live(*line, handler=served)
    assert (outcome.code, outcome.out) == (7, "")
    assert "Blocked by policy 42" in outcome.err
    assert {r.method for r in sandbox.requests()[before:]} <= {"GET"}


GONE = {"code": "RBC302", "message": "No such profile", "data": {}, "error": [], "status": 404}
GATEWAY = {"message": "no Route matched with those values"}


@pytest.mark.parametrize(
    ("delete", "look", "code"),
    [
        pytest.param(GATEWAY, GATEWAY, 7, id="a gateway says it twice"),
        pytest.param(b"", b"", 7, id="nothing, twice"),
        pytest.param(PAGE, GONE, 0, id="a page, then the API"),
        pytest.param(GATEWAY, GONE, 0, id="a gateway, then the API"),
        pytest.param(GONE, GONE, 0, id="the API says it twice"),
        pytest.param(GONE, GATEWAY, 7, id="the API, then a gateway"),
    ],
)
def test_a_profile_is_deleted_when_the_api_says_so(
    live: Wacb, sandbox: Sandbox, delete: Any, look: Any, code: int
):
    make_profile(sandbox)
    make_attached(sandbox, TWO, title="Other")
    deleting = Altered(sandbox, says("DELETE", PROFILE, 404, delete, arrives=False))

    def handler(method: str, url: str, headers: Any, body: bytes) -> Any:
        if ("DELETE", f"/v1/HXSANDBOX01IN/callback/profiles/{FIRST}") in deleting.sent:
            deleting.rules = (says("GET", PROFILE, 404, look, arrives=False),)
        return deleting(method, url, headers, body)

    outcome = live("profile", "delete", FIRST, "--yes", "-o", "json", handler=handler)
    assert (outcome.code, '"deleted"' in outcome.out) == (code, code == 0)


@pytest.mark.parametrize("status", [408, 425, 499])
@pytest.mark.parametrize("page", [{"message": "timeout"}, PAGE], ids=["JSON", "HTML"])
def test_what_was_not_answered_in_time_is_not_refused(
    live: Wacb, sandbox: Sandbox, status: int, page: Any
):
    late = Altered(sandbox, says("POST", PROFILES, status, page), says("PUT", UPDATE, status, page))
    assert live(*CREATE, "-q", handler=late) == done(FIRST)
    assert live(*ATTACH, "-q", handler=late).code == 0
    lost = Altered(sandbox, says("PUT", UPDATE, status, page, arrives=False))
    assert live("number", "detach", ONE, "--yes", handler=lost).code == 7


def test_the_code_of_the_api_may_stand_in_the_error(live: Wacb, sandbox: Sandbox):
    gone = {"error": {"code": "RBC302", "message": "no such profile"}}
    told = Altered(sandbox, says("GET", PROFILE, 404, gone))
    assert live("profile", "show", FIRST, handler=told).code == 5


# -- one thing


@pytest.mark.parametrize(
    ("wrap", "code"),
    [
        pytest.param(lambda row: [row], 0, id="an array of one"),
        pytest.param(lambda row: {"profile": row}, 0, id="wrapped by its name"),
        pytest.param(lambda row: {"data": row}, 0, id="wrapped again"),
        pytest.param(lambda row: {**row, "profile_id": profile_id(9)}, 7, id="another profile"),
        pytest.param(lambda row: [row, row], 7, id="an array of two"),
        pytest.param(lambda row: [], 7, id="an array of none"),
        pytest.param(lambda row: None, 7, id="null"),
        pytest.param(lambda row: {}, 7, id="an empty object"),
    ],
)
def test_a_profile_in_another_wrapping(
    live: Wacb, sandbox: Sandbox, wrap: Callable[[Any], Any], code: int
):
    made = make_profile(sandbox)
    served = Altered(sandbox, data(PROFILE, wrap))
    outcome = live("profile", "show", made, "-q", handler=served)
    assert (outcome.code, outcome.out) == (code, "" if code else f"{made}\n")
    change = live("number", "attach", ONE, "--profile", made, handler=served)
    assert change.code == code
    assert attached(sandbox, ONE) == ("" if code else made)


@pytest.mark.parametrize(
    ("status", "page"),
    few(
        [
            pytest.param(404, b'{"message": "no Route matched with those values"}', id="a gateway"),
            pytest.param(410, b"", id="410"),
            pytest.param(404, b"<html><h1>Not Found</h1></html>", id="HTML"),
            pytest.param(404, b'{"code": 404, "error": "Not Found"}', id="a code of its own"),
            pytest.param(404, b"default backend - 404", id="text"),
            pytest.param(404, b"", id="nothing"),
        ]
    ),
)
def test_a_gateways_404_is_not_the_word_of_the_api(
    live: Wacb, sandbox: Sandbox, status: int, page: bytes
):
    made = make_attached(sandbox, ONE)
    before = writes(sandbox)
    served = Altered(sandbox, says("GET", PROFILE, status, page, arrives=False))
    outcome = live("profile", "delete", made, "--yes", handler=served)
    assert (outcome.code, outcome.out) == (7, "")
    assert writes(sandbox) == before


# -- the same, written in another way

SAME = [
    pytest.param("https://Example.com/hook", "https://example.com/hook", id="host"),
    pytest.param("https://example.com/hook", "HTTPS://example.com/hook", id="scheme"),
    pytest.param("https://example.com", "https://example.com/", id="empty path"),
    pytest.param("https://example.com:443/hook", "https://example.com/hook", id="default port"),
    pytest.param("https://example.com/%7eme", "https://example.com/~me", id="unreserved"),
    pytest.param("https://example.com/a%2fb", "https://example.com/a%2Fb", id="case of %2F"),
    pytest.param("https://xn--bcher-kva.example/h", "https://bücher.example/h", id="IDNA"),
    pytest.param("https://example.com/a/b", "https://example.com/a/./c/../b", id="dot segments"),
]
OTHER = [
    pytest.param(HOOK, f"{HOOK}/", id="a slash more"),
    pytest.param(HOOK, "https://example.com/Hook", id="case of the path"),
    pytest.param(f"{HOOK}?a=1&b=2", f"{HOOK}?b=2&a=1", id="order of the query"),
    pytest.param("https://example.com/a%2Fb", "https://example.com/a/b", id="a reserved character"),
    pytest.param(HOOK, "https://example.com:8443/hook", id="another port"),
]


@pytest.mark.parametrize("method", few(["post", "get"], 1))
@pytest.mark.parametrize(("given", "stored"), SAME)
def test_the_same_url_written_otherwise_is_the_same(
    live: Wacb, sandbox: Sandbox, given: str, stored: str, method: str
):
    mark = "&" if "?" in stored else "?"
    shown = stored + (f"{mark}{QUERY}" if method == "get" else "")
    served = Altered(sandbox, member("url", shown))
    line = ("profile", "create", "--method", method, "--url", given, "--title", TITLE)
    assert live(*line, handler=served).code == 0
    again = live(*line, "--if-not-exists", "-o", "json", handler=served)
    assert json.loads(again.out)["result"] == "unchanged"
    assert live("profile", "update", TITLE, "--url", given, handler=served).code == 0
    assert len(writes(sandbox)) == 1


@pytest.mark.parametrize(("given", "stored"), few(OTHER))
def test_another_url_is_another(live: Wacb, sandbox: Sandbox, given: str, stored: str):
    line = ("profile", "create", "--method", "post", "--url", given, "--title", TITLE)
    served = Altered(sandbox, member("url", stored))
    assert live(*line, handler=served).code == 8
    assert live(*line, "--if-not-exists", handler=served).code == 9


@pytest.mark.parametrize(
    ("name", "value"),
    [
        pytest.param("body", json.dumps(MEMBERS, indent=4), id="an indented body"),
        pytest.param("body", json.dumps(dict(reversed(MEMBERS.items()))), id="another order"),
        pytest.param("body", BODY.replace("<", r"\u003c").replace(">", r"\u003E"), id="escapes"),
        pytest.param("headers", '{"x-tag": "a"}', id="a header name in lower case"),
        pytest.param("headers", '{"X-TAG": "a"}', id="a header name in upper case"),
        pytest.param("headers", '{"X-Tag": " a "}', id="blanks around a header value"),
    ],
)
def test_the_same_content_written_otherwise_is_the_same(
    live: Wacb, sandbox: Sandbox, name: str, value: str
):
    served = Altered(sandbox, member(name, value))
    line = (*CREATE, "--header", "X-Tag: a")
    assert live(*line, handler=served).code == 0
    again = live(*line, "--if-not-exists", "-o", "json", handler=served)
    assert json.loads(again.out)["result"] == "unchanged"
    assert len(writes(sandbox)) == 1

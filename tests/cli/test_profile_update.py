"""`wacb profile update`: only what differs is sent, shown old → new, and read back."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Refused, Showing, Watch, fields, writes
from tests.cli.expect import (
    BODY,
    CREATE,
    HOOK,
    MEMBERS,
    NAMES,
    QUERY,
    STATUS_NAMES,
    STATUS_QUERY,
    TITLE,
    as_json,
    done,
    profile_json,
    row,
)
from tests.conftest import Wacb, profile_id
from tests.fake_api import refusal
from wacb.sandbox.account import SID
from wacb.sandbox.emulator import Sandbox

NEW = "https://example.com/new"
ID = profile_id(1)
UPDATE = ("profile", "update", ID)
PROFILE = f"/v1/{SID}/callback/profiles/{ID}"
SHOWN_BODY = json.dumps(MEMBERS)
SECRET = "note: replace *** with the secret before running this"
CHANGED = {"modified_at": "2026-09-21T14:13:20.000Z", "result": "updated"}


@pytest.fixture(autouse=True)
def profile(live: Wacb) -> None:
    """The profile that CREATE makes."""
    assert live(*CREATE).code == 0


def sent(sandbox: Sandbox) -> list[tuple[str, dict[str, str]]]:
    """What was asked of the API since the profile was created."""
    return [(request.method, fields(request)) for request in writes(sandbox)[1:]]


@pytest.mark.parametrize("reference", [ID, TITLE])
def test_one_field_is_sent_and_the_profile_shown(live: Wacb, sandbox: Sandbox, reference: str):
    outcome = live("profile", "update", reference, "--url", NEW, "-o", "json")
    assert outcome == done(as_json(profile_json(url=NEW, **CHANGED)), f"note: url: {HOOK} → {NEW}")
    assert sent(sandbox) == [("PATCH", {"url": NEW})]
    asked = [(request.method, request.path) for request in sandbox.requests()[3:]]
    assert asked == [("GET", asked[0][1]), ("PATCH", PROFILE), ("GET", PROFILE)]


def test_what_is_there_already_is_left_alone(live: Wacb, untouched: Watch):
    given = ("--method", "POST", "--url", HOOK, "--title", TITLE, "--body-file", "-")
    with untouched():
        outcome = live(*UPDATE, *given, input=json.dumps(MEMBERS, indent=4))
        assert outcome == done(row())
        assert json.loads(live(*UPDATE, *given, "-o", "json", input=BODY).out) == profile_json(
            result="unchanged"
        )
        dry = live(*UPDATE, *given, "--dry-run", input=BODY)
    assert dry == done(err="note: already up to date; no request needed")


def test_quiet_prints_the_id_alone(live: Wacb):
    assert live(*UPDATE, "--title", "Other", "-q") == done(ID, f"note: title: {TITLE} → Other")


EVERYTHING = (
    *("--title", "My title", "--response-message", "thanks", "--event", "a", "--event", "b"),
    *("--header", "X-Team: 7", "--header-env", "X-Token=HOOK_TOKEN", "--basic-auth", "me"),
    *("--url", NEW, "--method", "put"),
)
ENV = {"HOOK_TOKEN": "synthetic-token", "WACB_BASIC_AUTH_PASSWORD": "synthetic-password"}


def test_every_option_reaches_the_api_and_no_secret_the_screen(live: Wacb, sandbox: Sandbox):
    outcome = live(*UPDATE, *EVERYTHING, "-o", "json", env=ENV)
    headers = dict.fromkeys(("X-Team", "X-Token", "Authorization"), "***")
    assert outcome == done(
        as_json(
            profile_json(
                title="My title",
                method="PUT",
                url=NEW,
                headers=headers,
                events=["a", "b"],
                response_message="thanks",
                **CHANGED,
            )
        ),
        f"note: title: {TITLE} → My title\n"
        "note: method: POST → PUT\n"
        f"note: url: {HOOK} → {NEW}\n"
        "note: headers: none → authorization: ***, x-team: ***, x-token: ***\n"
        "note: response_message: none → thanks\n"
        'note: events: none → ["a", "b"]',
    )
    ((method, body),) = sent(sandbox)
    assert (method, json.loads(body["headers"])) == (
        "PATCH",
        {
            "X-Team": "7",
            "X-Token": "synthetic-token",
            "Authorization": "Basic bWU6c3ludGhldGljLXBhc3N3b3Jk",
        },
    )
    assert live(*UPDATE, *EVERYTHING, "-o", "json", env=ENV).err == ""


# -- the template moves


def test_the_template_moves_to_the_query_and_back(live: Wacb, sandbox: Sandbox):
    url = f"{HOOK}?{QUERY}"
    assert live(*UPDATE, "--method", "get") == done(
        row(method="GET", url=url),
        f"note: method: POST → GET\nnote: url: {HOOK} → {url}\nnote: body: {SHOWN_BODY} → none",
    )
    assert live(*UPDATE, "--method", "post", "-o", "json") == done(
        as_json(profile_json(**CHANGED)),
        f"note: method: GET → POST\nnote: url: {url} → {HOOK}\nnote: body: none → {SHOWN_BODY}",
    )
    assert sent(sandbox) == [
        ("PATCH", {"http_method": "GET", "url": url, "body": ""}),
        ("PATCH", {"http_method": "POST", "url": HOOK, "body": BODY}),
    ]


def test_a_new_endpoint_gets_the_template_of_the_old_one(live: Wacb, sandbox: Sandbox):
    live(*UPDATE, "--method", "get")
    assert live(*UPDATE, "--url", f"{NEW}?team=7", "--with-status").code == 0
    assert sent(sandbox)[1:] == [("PATCH", {"url": f"{NEW}?team=7&{QUERY}{STATUS_QUERY}"})]
    assert live(*UPDATE, "--with-status") == done(
        row(method="GET", url=f"{NEW}?team=7&{QUERY}{STATUS_QUERY}")
    )


def test_message_status_is_added_to_the_template(live: Wacb, sandbox: Sandbox):
    assert live(*UPDATE, "--with-status").code == 0
    ((_, body),) = sent(sandbox)
    members = MEMBERS | {name: f"<{name}>" for name in STATUS_NAMES}
    assert list(json.loads(body["body"]).items()) == list(members.items())


def test_a_body_file_replaces_the_template(live: Wacb, sandbox: Sandbox, tmp_path: Path):
    file = tmp_path / "body.json"
    own = {"tenant": 7, "all": " ".join(MEMBERS.values())}
    file.write_text(json.dumps(own))
    assert live(*UPDATE, "--body-file", str(file)) == done(
        row(), f"note: body: {SHOWN_BODY} → {json.dumps(own)}"
    )
    assert sent(sandbox) == [("PATCH", {"body": json.dumps(own, separators=(",", ":"))})]


BRIEF = ("--method", "post", "--body-file", "-", "--allow-missing", "--title", "Brief")


@pytest.fixture
def brief(live: Wacb) -> str:
    """The ID of a profile that lacks most placeholders."""
    assert live(*CREATE, *BRIEF, input='{"text":"<body>"}').code == 0
    return profile_id(2)


def test_an_incomplete_template_is_no_reason_to_refuse_another_change(live: Wacb, brief: str):
    changed = live("profile", "update", brief, "--url", NEW, "--header", "X-A: b", "-q")
    assert (changed.code, changed.out) == (0, f"{brief}\n")


def test_an_incomplete_template_does_not_move_unless_allowed(
    live: Wacb, sandbox: Sandbox, brief: str, refused: Refused
):
    line = ("profile", "update", brief, "--method", "get")
    names = ", ".join(f"<{name}>" for name in NAMES if name != "body")
    refused(
        line,
        2,
        f"template of profile {brief}: missing: {names}",
        f"run `wacb profile check --fix {brief}` first, or pass --allow-missing if only "
        "placeholders are missing",
    )
    assert live(*line, "--allow-missing").code == 0
    moved = {"http_method": "GET", "url": f"{HOOK}?text=<body>", "body": ""}
    assert fields(writes(sandbox)[-1]) == moved


# -- headers


def test_a_header_is_added_changed_and_taken_away(live: Wacb, sandbox: Sandbox):
    def change(*options: str) -> tuple[str, dict[str, str]]:
        outcome = live(*UPDATE, *options, "-q")
        assert (outcome.code, outcome.out) == (0, f"{ID}\n")
        return outcome.err, json.loads(sent(sandbox)[-1][1]["headers"])

    assert change("--header", "X-A: 1", "--header", "X-B: 2") == (
        "note: headers: none → x-a: ***, x-b: ***\n",
        {"X-A": "1", "X-B": "2"},
    )
    assert change("--header", "x-b: 3") == (
        "note: headers: x-b: *** → x-b: ***\n",
        {"X-A": "1", "x-b": "3"},
    )
    assert change("--header", "X-A:") == (
        "note: headers: x-a: *** → none\n",
        {"x-b": "3"},
    )
    assert change("--header", "X-B: ") == ("note: headers: x-b: *** → none\n", {})
    assert live(*UPDATE, "--header", "X-B:") == done(row())


def test_a_dry_run_shows_no_header_that_is_there_already(live: Wacb, untouched: Watch):
    live(*UPDATE, "--header-env", "X-Sign=HOOK_TOKEN", env=ENV)
    with untouched():
        outcome = live(*UPDATE, "--header", "X-A: 1", "--dry-run", "-o", "json", "-vv")
    (request,) = json.loads(outcome.out)["requests"]
    assert json.loads(request["body"]["headers"]) == {"X-Sign": "***", "X-A": "1"}
    assert outcome.err.splitlines()[-2:] == [
        "note: headers: none → x-a: ***",
        SECRET,
    ]
    assert "synthetic-token" not in outcome.out + outcome.err


def test_an_error_of_the_api_repeats_no_secret_of_the_profile(live: Wacb, over: Wacb, sandbox):
    live(*UPDATE, "--header-env", "X-Token=HOOK_TOKEN", env=ENV)

    class Talkative(Showing):
        def __call__(self, method, url, headers, body):
            if method == "PATCH":
                reply = refusal(400, "X-Token: synthetic-token is too long")
                return reply.status, [], reply.chunks()
            return super().__call__(method, url, headers, body)

    outcome = over(Talkative(sandbox, b"", b""), *UPDATE, "--header", "X-A: 1")
    assert outcome.err.splitlines()[-1] == (
        f"error: updating callback profile {ID} failed: Kaleyra rejected the request "
        "(400: X-Token: *** is too long)"
    )


@pytest.mark.parametrize(
    ("headers", "message"),
    [
        (("X A:",), "the header name is empty or contains an invalid character"),
        (("X-A: 1", "x-a:"), "duplicate header x-a"),
        (("X-A",), "the header has no colon"),
    ],
    ids=["bad name", "twice", "no colon"],
)
def test_a_header_that_cannot_be_is_refused(
    refused: Refused, headers: tuple[str, ...], message: str
):
    refused((*UPDATE, *(word for text in headers for word in ("--header", text))), 2, message)

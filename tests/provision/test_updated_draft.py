"""From a live profile to what it is to become: the template moves, what is not given stays."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.fake_api import BODY, make_profile
from wacb.models import CallbackProfile, Method, ProfileDraft
from wacb.provision.drafts import updated_draft
from wacb.redaction import mask_draft
from wacb.template.placeholders import INCOMING, build_query, names

HOOK = "https://example.com/hook"
NEW = "https://example.com/new"
QUERY = build_query(INCOMING)
STATUS = [name for name in names(with_status=True) if name not in INCOMING]
STATUS_QUERY = build_query(STATUS)
STATUS_BODY = BODY[:-1] + "," + ",".join(f'"{name}":"<{name}>"' for name in STATUS) + "}"
BRIEF_BODY = '{"text":"<body>"}'
BRIEF_URL = f"{HOOK}?text=<body>"


def post(**changes: Any) -> CallbackProfile:
    return make_profile(**changes)


def get(url: str = f"{HOOK}?{QUERY}", **changes: Any) -> CallbackProfile:
    return make_profile(**{"method": Method.GET, "url": url, "body": None, **changes})


def template(draft: ProfileDraft) -> tuple[str, str, str | None]:
    return draft.method.value, draft.url, draft.body


@pytest.mark.parametrize(
    "live",
    [
        post(body=BRIEF_BODY),
        post(body=None),
        post(body="no JSON", url="http://localhost/?a=%3Cbody%3E"),
        get(BRIEF_URL, title="!"),
        get("http://localhost/?a=%3Cbody%3E", body="left over"),
    ],
    ids=["brief", "no body", "broken", "brief GET", "broken GET"],
)
def test_what_is_not_given_stays_as_it_is_however_wrong(live: CallbackProfile):
    draft = updated_draft(live, response_message="thanks")
    body = live.body if live.method.uses_body else None
    assert draft == ProfileDraft(
        title=live.title, method=live.method, url=live.url, body=body, response_message="thanks"
    )


def test_what_is_given_is_passed_on():
    others: dict[str, Any] = {"response_message": "ok", "channel": "whatsapp", "events": ("a",)}
    assert updated_draft(post(), title="New title", **others) == ProfileDraft(
        title="New title", method=Method.POST, url=HOOK, body=BODY, **others
    )


Case = tuple[CallbackProfile, dict[str, Any], tuple[str, str, str | None]]
MOVES: dict[str, Case] = {
    # the endpoint changes
    "POST": (post(), {"url": NEW}, ("POST", NEW, BODY)),
    "POST, brief": (post(body=BRIEF_BODY), {"url": NEW}, ("POST", NEW, BRIEF_BODY)),
    "GET": (get(), {"url": f"{NEW}?team=7"}, ("GET", f"{NEW}?team=7&{QUERY}", None)),
    "GET, brief": (get(BRIEF_URL), {"url": NEW}, ("GET", f"{NEW}?text=<body>", None)),
    "GET, to itself": (get(), {"url": HOOK}, ("GET", f"{HOOK}?{QUERY}", None)),
    "GET, as it is spelled": (
        get(f"{HOOK}?mine=1&a=<body>-<from>&b=%3Cname%3E&c%20d=<type>"),
        {"url": NEW},
        ("GET", f"{NEW}?a=<body>-<from>&b=%3Cname%3E&c%20d=<type>", None),
    ),
    "GET, with a ? in a value": (
        get(f"{HOOK}?a=<body>&b=who?<from>"),
        {"url": NEW},
        ("GET", f"{NEW}?a=<body>&b=who?<from>", None),
    ),
    "GET without a template": (get(HOOK), {"url": NEW}, ("GET", f"{NEW}?{QUERY}", None)),
    "GET to a template of one's own": (
        get(),
        {"url": f"{NEW}?{QUERY}&mine=1"},
        ("GET", f"{NEW}?{QUERY}&mine=1", None),
    ),
    # the method changes
    "GET to DELETE": (get(), {"method": Method.DELETE}, ("DELETE", f"{HOOK}?{QUERY}", None)),
    "POST to PUT": (post(), {"method": Method.PUT}, ("PUT", HOOK, BODY)),
    "GET to POST": (
        get(f"{HOOK}?team=7&{QUERY}"),
        {"method": Method.POST},
        ("POST", f"{HOOK}?team=7", BODY),
    ),
    "POST to GET": (
        post(url=f"{HOOK}?team=7"),
        {"method": Method.GET},
        ("GET", f"{HOOK}?team=7&{QUERY}", None),
    ),
    "GET without a template to POST": (get(HOOK), {"method": Method.POST}, ("POST", HOOK, BODY)),
    "POST without a template to GET": (
        post(body=None),
        {"method": Method.GET},
        ("GET", f"{HOOK}?{QUERY}", None),
    ),
    "POST with an empty body to GET": (
        post(body="{ }"),
        {"method": Method.GET, "url": NEW},
        ("GET", f"{NEW}?{QUERY}", None),
    ),
    # both do
    "GET to POST elsewhere": (get(), {"method": Method.POST, "url": NEW}, ("POST", NEW, BODY)),
    "POST to GET elsewhere": (
        post(body=BODY.replace('"body":', '"Text":')),
        {"method": Method.GET, "url": NEW},
        ("GET", f"{NEW}?{QUERY.replace('body=', 'Text=', 1)}", None),
    ),
    "POST to GET with a template of one's own": (
        post(body="no JSON"),
        {"method": Method.GET, "url": f"{NEW}?{QUERY}"},
        ("GET", f"{NEW}?{QUERY}", None),
    ),
    # the body is brought along
    "body": (
        post(body="no JSON"),
        {"body": BODY.replace(",", ", ", 1)},
        ("POST", HOOK, BODY),
    ),
    "GET to POST with a body": (
        get(f"{HOOK}?a=1&x=<from>&x=<body>&y=<body>-<from>"),
        {"method": Method.POST, "body": BODY},
        ("POST", f"{HOOK}?a=1&y=<body>-<from>", BODY),
    ),
    # message status is added
    "status": (post(), {"with_status": True}, ("POST", HOOK, STATUS_BODY)),
    "status to GET": (
        get(),
        {"with_status": True},
        ("GET", f"{HOOK}?{QUERY}&{STATUS_QUERY}", None),
    ),
    "status that is there": (
        post(body=STATUS_BODY),
        {"with_status": True},
        ("POST", HOOK, STATUS_BODY),
    ),
    "status that is there, GET": (
        get(f"{HOOK}?{STATUS_QUERY}&{QUERY}"),
        {"with_status": True},
        ("GET", f"{HOOK}?{STATUS_QUERY}&{QUERY}", None),
    ),
    "status, nested": (
        post(body=BODY[:-1] + ', "n": 1.50, "status": {"all": "<status> <id>"} }'),
        {"with_status": True},
        (
            "POST",
            HOOK,
            BODY[:-1]
            + ', "n": 1.50, "status": {"all": "<status> <id>"},'
            + ",".join(f'"{name}":"<{name}>"' for name in STATUS if name not in ("status", "id"))
            + " }",
        ),
    ),
    "status while it moves": (
        get(),
        {"with_status": True, "method": Method.POST},
        ("POST", HOOK, STATUS_BODY),
    ),
    "status while it moves to GET": (
        post(),
        {"with_status": True, "method": Method.GET},
        ("GET", f"{HOOK}?{QUERY}&{STATUS_QUERY}", None),
    ),
    "status where there is no template": (
        get(HOOK),
        {"with_status": True, "method": Method.POST},
        ("POST", HOOK, STATUS_BODY),
    ),
    "status to a template of one's own": (
        get(),
        {"with_status": True, "url": f"{NEW}?{QUERY}"},
        ("GET", f"{NEW}?{QUERY}&{STATUS_QUERY}", None),
    ),
    # an incomplete template is taken where that is allowed
    "brief to POST": (
        get(BRIEF_URL),
        {"method": Method.POST, "allow_missing": True},
        ("POST", HOOK, BRIEF_BODY),
    ),
    "brief to GET": (
        post(body=BRIEF_BODY),
        {"method": Method.GET, "allow_missing": True},
        ("GET", BRIEF_URL, None),
    ),
    "brief with status": (
        get(BRIEF_URL),
        {"with_status": True, "allow_missing": True},
        ("GET", f"{BRIEF_URL}&{STATUS_QUERY}", None),
    ),
    "brief of one's own": (
        post(),
        {"body": BRIEF_BODY, "allow_missing": True},
        ("POST", HOOK, BRIEF_BODY),
    ),
    "brief URL of one's own": (
        get(),
        {"url": f"{NEW}?a=<body>", "allow_missing": True},
        ("GET", f"{NEW}?a=<body>", None),
    ),
}


@pytest.mark.parametrize("case", MOVES)
def test_the_template_goes_where_the_profile_goes(case: str):
    live, changes, expected = MOVES[case]
    assert template(updated_draft(live, **changes)) == expected


@pytest.mark.parametrize("live", [post(), get(f"{HOOK}?team=7&{QUERY}")], ids=["POST", "GET"])
def test_a_switch_there_and_back_changes_nothing(live: CallbackProfile):
    there = updated_draft(live, method=Method.GET if live.method.uses_body else Method.POST)
    moved = make_profile(method=there.method, url=there.url, body=there.body)
    back = updated_draft(moved, method=live.method)
    assert template(back) == (live.method, live.url, live.body)


LIVE = {"X-Team": "7", "Authorization": "Basic eA=="}


@pytest.mark.parametrize(
    ("changes", "secret", "expected", "masked"),
    [
        pytest.param(None, [], None, [], id="none given"),
        pytest.param({"X-A": "b"}, [], {**LIVE, "X-A": "b"}, list(LIVE), id="another"),
        pytest.param(
            {"x-team": "8"},
            [],
            {"Authorization": "Basic eA==", "x-team": "8"},
            ["Authorization"],
            id="the same in another case",
        ),
        pytest.param(
            {"Authorization": "Basic eQ=="},
            ["Authorization"],
            {"X-Team": "7", "Authorization": "Basic eQ=="},
            list(LIVE),
            id="a secret",
        ),
        pytest.param(
            {"X-TEAM": None, "X-Absent": None},
            [],
            {"Authorization": "Basic eA=="},
            ["Authorization"],
            id="one taken away",
        ),
        pytest.param({"x-team": None, "authorization": None}, [], {}, [], id="all taken away"),
    ],
)
def test_headers_go_beside_those_that_are_there(
    changes: dict[str, str | None] | None,
    secret: list[str],
    expected: dict[str, str] | None,
    masked: list[str],
):
    live = post(headers=LIVE)
    draft = updated_draft(live, headers=changes, secret_headers=frozenset(secret))
    assert draft.headers == expected
    if expected is not None:
        assert draft.secret_headers == set(masked)
        assert "Basic" not in json.dumps(dict(mask_draft(draft).headers or {}))

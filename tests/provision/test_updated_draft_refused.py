"""An update that would break a template, an endpoint or a title is refused with the reason."""

from __future__ import annotations

from typing import Any

import pytest

from tests.fake_api import BODY, make_profile
from wacb.errors import InvalidInput, TemplateError
from wacb.models import CallbackProfile, Method
from wacb.provision.drafts import updated_draft
from wacb.template.placeholders import INCOMING, build_query

HOOK = "https://example.com/hook"
NEW = "https://example.com/new"
QUERY = build_query(INCOMING)
BRIEF_BODY = '{"text":"<body>"}'
BRIEF_URL = f"{HOOK}?text=<body>"
MISSING = ", ".join(f"<{name}>" for name in INCOMING if name != "body")
REPAIR = (
    "run `wacb profile check --fix SG_1` first, or pass --allow-missing if only "
    "placeholders are missing"
)


def post(**changes: Any) -> CallbackProfile:
    return make_profile(**changes)


def get(url: str = f"{HOOK}?{QUERY}", **changes: Any) -> CallbackProfile:
    return make_profile(**{"method": Method.GET, "url": url, "body": None, **changes})


def refusal(live: CallbackProfile, **given: Any) -> InvalidInput:
    with pytest.raises(InvalidInput) as caught:
        updated_draft(live, **given)
    return caught.value


OF_SG_1 = "template of profile SG_1: "
Case = tuple[CallbackProfile, dict[str, Any], str, str | None]
REFUSED: dict[str, Case] = {
    "an incomplete template that moves to the body": (
        get(BRIEF_URL),
        {"method": Method.POST},
        f"{OF_SG_1}missing: {MISSING}",
        REPAIR,
    ),
    "an incomplete template that moves to the query": (
        post(body=BRIEF_BODY),
        {"method": Method.GET},
        f"{OF_SG_1}missing: {MISSING}",
        REPAIR,
    ),
    "an incomplete template that grows": (
        post(body=BRIEF_BODY),
        {"with_status": True},
        f"{OF_SG_1}missing: {MISSING}",
        REPAIR,
    ),
    "no body that grows": (
        post(body=None),
        {"with_status": True},
        f"{OF_SG_1}missing: <body>, {MISSING}",
        REPAIR,
    ),
    "an incomplete URL that grows": (
        get(BRIEF_URL),
        {"with_status": True},
        f"{OF_SG_1}missing: {MISSING}",
        REPAIR,
    ),
    "an encoded placeholder that moves to the body": (
        get(f"{HOOK}?{QUERY}&x=%3Cid%3E"),
        {"method": Method.POST},
        f"{OF_SG_1}<id> in the URL is encoded or escaped, so Kaleyra never fills it",
        REPAIR,
    ),
    "a placeholder that is part of a value, to the body": (
        get(f"{HOOK}?a=<body>-<from>&{QUERY}"),
        {"method": Method.POST},
        "cannot move <body> in the URL of profile SG_1 to the body",
        "run `wacb profile check --fix SG_1` first, or pass --body-file FILE with "
        "your own template",
    ),
    "an encoded placeholder that would be left behind": (
        get(f"{HOOK}?{QUERY}&x=%3Cid%3E"),
        {"method": Method.POST, "url": NEW},
        "cannot move %3Cid%3E in the URL of profile SG_1 to the body",
        "run `wacb profile check --fix SG_1` first, or pass --body-file FILE with "
        "your own template",
    ),
    "a placeholder in the path": (
        get(f"https://example.com/<wanumber>?{QUERY}"),
        {"url": NEW},
        "cannot move <wanumber> in the path of profile SG_1 to another URL",
        "pass --url with all placeholders in it",
    ),
    "a key that stands in the new URL": (
        get(f"{HOOK}?c%64=<body>"),
        {"url": f"{NEW}?cd=1"},
        "the URL already has the query parameter 'cd'",
        "remove or rename it: the template adds a parameter with that name",
    ),
    "keys of message status that are taken": (
        get(f"{HOOK}?{QUERY}&id=1&ref="),
        {"with_status": True},
        "the URL already has the query parameter 'id' and the query parameter 'ref'",
        "remove or rename it: the template adds a parameter with that name",
    ),
    "a key that is taken by one whose value holds a =": (
        get(f"{HOOK}?a=b=<body>"),
        {"url": f"{NEW}?a=1"},
        "the URL already has the query parameter 'a'",
        "remove or rename it: the template adds a parameter with that name",
    ),
    "members of message status that are taken": (
        post(body='{"id":7,"price":null,' + BODY[1:]),
        {"with_status": True},
        "the body already has the member 'id' and the member 'price'",
        "pass --body-file FILE with your own template",
    ),
    "members that no query can hold": (
        post(body='{"tenant":7,' + BODY[1:]),
        {"method": Method.GET},
        "cannot move the body to the URL: member 'tenant' is not a single placeholder",
        "pass --url with all placeholders in it",
    ),
    "a body for GET": (
        get(),
        {"body": BODY},
        "a GET callback has no body, so --body-file cannot be used",
        "use --method post, or write the placeholders into --url",
    ),
    "a body and message status": (
        post(),
        {"body": BODY, "with_status": True},
        "--with-status and --body-file cannot be used together",
        None,
    ),
    "an incomplete body": (
        post(),
        {"body": BRIEF_BODY},
        f"missing: {MISSING}",
        "add the missing ones (--allow-missing accepts the body unchanged)",
    ),
    "an incomplete URL": (
        get(),
        {"url": f"{NEW}?a=<body>"},
        f"missing: {MISSING}",
        "add the missing ones, or remove all placeholders to let wacb add them "
        "(--allow-missing accepts the URL unchanged)",
    ),
    "an encoded URL": (
        post(),
        {"url": f"{NEW}?a=%3Cbody%3E"},
        "<body> in the URL is encoded or escaped, so Kaleyra never fills it",
        "remove it: POST and PUT have their template in the body",
    ),
    "a plain endpoint": (
        post(),
        {"url": "http://example.com/"},
        "messages to the URL 'http://example.com/' would be unencrypted",
        "use https://, or pass --allow-http",
    ),
    "a local endpoint": (
        post(),
        {"url": "https://localhost/"},
        "localhost can only be reached from this machine or its network, so Kaleyra cannot deliver "
        "there",
        "use a public address, such as a tunnel's, or pass --allow-local",
    ),
    "a bad title": (
        post(),
        {"title": "ab"},
        "'ab' is not a valid title",
        "use at least 3 characters of A-Z a-z 0-9, space, hyphen and underscore",
    ),
    "no text": (post(), {"channel": "\udcff"}, "the value of --channel is not valid text", None),
    "no text in the answer": (
        post(),
        {"response_message": "\udcff"},
        "the value of --response-message is not valid text",
        None,
    ),
    "an event without a name": (
        post(),
        {"events": ("a", "")},
        "--event is empty",
        "pass the name of an event",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_breaks_a_rule_is_refused(case: str):
    live, given, message, hint = REFUSED[case]
    error = refusal(live, **given)
    assert (error.message, error.hint) == (message, hint)


def test_a_live_template_that_is_broken_is_no_inspiration():
    changes: list[dict[str, Any]] = [{"method": Method.GET}, {"with_status": True}]
    for given in changes:
        assert isinstance(refusal(post(body="{"), **given), TemplateError)


def test_an_endpoint_that_needs_consent_is_taken_with_it():
    url = "http://localhost:8080/"
    assert updated_draft(post(), url=url, allow_http=True, allow_local=True).url == url

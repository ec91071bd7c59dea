"""From what a user gives to a draft: the template in its place, everything checked."""

from __future__ import annotations

import json
from typing import Any

import pytest

from wacb.errors import InvalidInput, TemplateError
from wacb.models import Method, ProfileDraft
from wacb.provision.drafts import build_draft
from wacb.template.placeholders import INCOMING, KNOWN, names

URL = "https://example.com/hook"
QUERY = "&".join(f"{name}=<{name}>" for name in INCOMING)
BODY = "{" + ",".join(f'"{name}":"<{name}>"' for name in INCOMING) + "}"


def build(method: Method = Method.POST, url: str = URL, **changes: Any) -> ProfileDraft:
    return build_draft(method=method, url=url, **changes)


@pytest.mark.parametrize("method", [Method.GET, Method.DELETE])
@pytest.mark.parametrize(
    ("url", "full"),
    [
        (URL, f"{URL}?{QUERY}"),
        (f"{URL}?", f"{URL}?{QUERY}"),
        (f"{URL}?a=%2f&b", f"{URL}?a=%2f&b&{QUERY}"),
        (f"{URL}?{QUERY}&mine=1", f"{URL}?{QUERY}&mine=1"),
    ],
    ids=["bare", "empty query", "query", "own template"],
)
def test_the_template_of_get_and_delete_stands_in_the_url(
    method: Method, url: str, full: str
) -> None:
    assert build(method, url) == ProfileDraft(
        title="wacb-incoming-example-com-hook", method=method, url=full
    )


@pytest.mark.parametrize("method", [Method.POST, Method.PUT])
def test_the_template_of_post_and_put_stands_in_the_body(method: Method) -> None:
    assert build(method, f"{URL}?a=<b>") == ProfileDraft(
        title="wacb-incoming-example-com-hook", method=method, url=f"{URL}?a=<b>", body=BODY
    )


def test_a_template_of_ones_own_is_sent_without_white_space_only() -> None:
    own = BODY.replace("{", '{ "n": 1.50,\n')
    assert build(body=own).body == BODY.replace("{", '{"n":1.50,')


def test_missing_placeholders_are_taken_where_that_is_allowed() -> None:
    assert build(body='{"text": "<body>"}', allow_missing=True).body == '{"text":"<body>"}'
    one = f"{URL}?text=<body>"
    assert build(Method.GET, one, allow_missing=True).url == one


def test_status_names_are_added_on_request() -> None:
    all_names = names(with_status=True)
    assert len(all_names) > len(INCOMING)
    assert set(all_names) <= set(KNOWN)
    expected = {name: f"<{name}>" for name in all_names}
    assert json.loads(build(with_status=True).body or "") == expected
    query = "&".join(f"{name}=<{name}>" for name in all_names)
    assert build(Method.GET, with_status=True).url == f"{URL}?{query}"


def test_what_else_is_given_is_passed_on() -> None:
    others: dict[str, Any] = {
        "headers": {"X-A": "b"},
        "secret_headers": frozenset(("X-A",)),
        "response_message": "danke sch\u00f6n",
        "channel": "whatsapp",
        "events": ("a", "b"),
    }
    assert build(title="My title", **others) == ProfileDraft(
        title="My title", method=Method.POST, url=URL, body=BODY, **others
    )


def test_local_and_plain_endpoints_are_taken_where_that_is_allowed() -> None:
    url = "http://localhost:8080/hook"
    draft = build(url=url, allow_http=True, allow_local=True)
    assert (draft.url, draft.title) == (url, "wacb-incoming-localhost-8080-hook")


@pytest.mark.parametrize(
    ("changes", "kind", "message"),
    [
        ({"url": "http://example.com/"}, InvalidInput, "would be unencrypted"),
        ({"url": "https://localhost/"}, InvalidInput, "can only be reached from this machine"),
        ({"title": "ab"}, InvalidInput, "'ab' is not a valid title"),
        ({"title": ""}, InvalidInput, "'' is not a valid title"),
        ({"method": Method.GET, "body": "{}"}, InvalidInput, "a GET callback has no body"),
        ({"body": "{}", "with_status": True}, InvalidInput, "cannot be used together"),
        ({"body": "{"}, TemplateError, "the body is not JSON"),
        ({"body": '{"a": "<body>"}'}, TemplateError, "missing: <mime_type>"),
        ({"body": '{"a": "<mimetype>"}'}, TemplateError, "did you mean <mime_type>?"),
        ({"url": f"{URL}?a=%3Cbody%3E"}, TemplateError, "<body> in the URL is encoded or escaped"),
        (
            {"method": Method.GET, "url": f"{URL}?from=me"},
            TemplateError,
            "already has the query parameter 'from'",
        ),
        ({"method": Method.GET, "url": f"{URL}?a=<body>"}, TemplateError, "missing: <mime_type>"),
        ({"response_message": "\udcff"}, InvalidInput, "--response-message is not valid text"),
        ({"channel": "\udcff"}, InvalidInput, "--channel is not valid text"),
        ({"events": ("a", "\udcff")}, InvalidInput, "--event is not valid text"),
    ],
    ids=[
        "http",
        "local",
        "title",
        "no-title",
        "body-for-get",
        "body-with-status",
        "no-json",
        "missing",
        "misspelt",
        "encoded",
        "taken-key",
        "missing-in-url",
        "response_message",
        "channel",
        "events",
    ],
)
def test_what_breaks_a_rule_is_refused(
    changes: dict[str, Any], kind: type[InvalidInput], message: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        build(**changes)
    assert type(caught.value) is kind
    assert message in caught.value.message

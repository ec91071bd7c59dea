"""Templates moved between query and body: the rest keeps its bytes, what can't move is named."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.cli.expect import HOOK, QUERY
from tests.template.templating import (
    QUERIES,
    SAFE,
    TEXTS,
    error_of,
)
from wacb.errors import TemplateError
from wacb.template import move, placeholders
from wacb.template.build import build_url
from wacb.template.placeholders import INCOMING, KNOWN

BODY = placeholders.compact(placeholders.build_body(INCOMING))
URL = f"{HOOK}?{QUERY}"

QUERY_HINT = "pass --url with all placeholders in it"


# from the query to the body


@pytest.mark.parametrize(
    ("url", "rest", "text"),
    [
        pytest.param(URL, HOOK, BODY, id="template alone"),
        pytest.param(HOOK, HOOK, "{}", id="no query"),
        pytest.param(f"{HOOK}?a=1&&", f"{HOOK}?a=1&&", "{}", id="no template: as it is"),
        pytest.param(
            f"{HOOK}?a=%2f&from=<from>&b&x=<body>&c=+",
            f"{HOOK}?a=%2f&b&c=+",
            '{"from":"<from>","x":"<body>"}',
            id="other parameters keep bytes and order",
        ),
        pytest.param(f"{HOOK}?a=1&&x=<body>&", f"{HOOK}?a=1", '{"x":"<body>"}', id="no dangling &"),
        pytest.param(f"{HOOK}?&x=<body>&", HOOK, '{"x":"<body>"}', id="no dangling ?"),
        pytest.param(f"{HOOK}&?x=<body>", f"{HOOK}&", '{"x":"<body>"}', id="path ends in &"),
        pytest.param(
            f"{HOOK}?x=<id>&a=<body>.&b=<body>,<type>&c=%3Cbody%3E&d=<Body>&<body>&e=<body>&lt;",
            f"{HOOK}?a=<body>.&b=<body>,<type>&c=%3Cbody%3E&d=<Body>&<body>&e=<body>&lt;",
            '{"x":"<id>"}',
            id="a value that is not one placeholder stays",
        ),
        pytest.param(
            f"{HOOK}?%C3%A9%20%22%3C=<body>&a+b[]=<type>&=<from>",
            HOOK,
            r'{"\u00e9 \"<":"<body>","a+b[]":"<type>","":"<from>"}',
            id="keys are percent-decoded",
        ),
    ],
)
def test_a_query_template_becomes_a_body(url, rest, text):
    assert move.query_to_body(url) == (rest, text)
    assert move.endpoint_of(url) == rest


@pytest.mark.parametrize(
    ("own", "message"),
    [
        ("a=<body>&%61=<type>", "duplicate query parameter '%61' in the URL"),
        ("x=1&%ff=<type>", "the query parameter '%ff' is not valid UTF-8"),
        (
            "%E2%80%9Cx%E2%80%9D=<body>",
            "the key '\u201cx\u201d' of the body has typographic quotes around it",
        ),
    ],
)
def test_a_key_that_no_body_can_hold_is_refused(own, message):
    assert error_of(move.query_to_body, f"{HOOK}?{own}") == (message, None)
    assert move.endpoint_of(f"{HOOK}?{own}") == HOOK + ("?x=1" if "x=1" in own else "")


# from the body to the query


@pytest.mark.parametrize(
    ("url", "text", "expected"),
    [
        pytest.param(HOOK, BODY, URL, id="template"),
        pytest.param(f"{HOOK}?a=%2f", BODY, f"{HOOK}?a=%2f&{QUERY}", id="own parameters stay"),
        pytest.param(f"{HOOK}?a&", '{"x": "<body>"}', f"{HOOK}?a&x=<body>", id="ends in &"),
        pytest.param(f"{HOOK}?", "{ }", f"{HOOK}?", id="empty object"),
        pytest.param(
            HOOK, r'{"x": "\u003cbody\u003e", "": "<id>"}', f"{HOOK}?x=<body>&=<id>", id="escapes"
        ),
        pytest.param(
            HOOK,
            '{"\u00e9 a&b=c#d%e+f;g": "<body>", "-._~!$\'()*,/:?@": "<type>"}',
            f"{HOOK}?%C3%A9%20a%26b%3Dc%23d%25e%2Bf%3Bg=<body>&-._~!$'()*,/:?@=<type>",
            id="keys are encoded where needed",
        ),
        pytest.param(
            f"{HOOK}?body=1", '{"Body": "<body>"}', f"{HOOK}?body=1&Body=<body>", id="case of keys"
        ),
    ],
)
def test_a_flat_body_template_becomes_a_query(url, text, expected):
    assert move.body_to_query(url, text) == expected


@pytest.mark.parametrize(
    ("url", "text", "message", "hint"),
    [
        pytest.param(
            f"{HOOK}?t%79pe=1",
            '{"a": {"b": "<body>"}, "c": ["<body>"], "d": "<body> ", "e": "<Body>", "f": null,'
            ' "type": "<type>", "g": "%3Cbody%3E"}',
            "cannot move the body to the URL: member 'a' is not a single placeholder; "
            "member 'c' is not a single placeholder; member 'd' is not a single placeholder; "
            "member 'e' is not a single placeholder; member 'f' is not a single placeholder; "
            "member 'g' is not a single placeholder; "
            "the URL already has the query parameter 't%79pe'",
            QUERY_HINT,
            id="everything at once",
        ),
        pytest.param(
            HOOK, "[]", "the body is not a JSON object", 'write {"body": "<body>", …}', id="array"
        ),
        pytest.param(HOOK, "", "the body is not JSON: line 1, column 1", None, id="no JSON"),
        pytest.param(
            HOOK,
            r'{"\ud800": "<body>"}',
            r"the key '\ud800' of the body is not valid text",
            None,
            id="lone surrogate",
        ),
        pytest.param(
            f"{HOOK}#top",
            BODY,
            "the URL has a fragment (#…), which is never sent",
            "remove it",
            id="fragment",
        ),
    ],
)
def test_a_body_that_is_no_flat_template_is_refused(url, text, message, hint):
    assert error_of(move.body_to_query, url, text) == (message, hint)


# any input

TYPOGRAPHIC = "\u201c\u201d\u201e\u201f\u2018\u2019\u201a\u201b"
ENDINGS = st.sampled_from(("", "?", "?&", "?a=1<2>0&&")) | QUERIES.map("?{}".format)
PLACEHOLDERS = st.sampled_from([f"<{name}>" for name in KNOWN])


def tidy(url: str) -> str:
    """What endpoint_of leaves of a URL that had a template appended."""
    path, _, own = url.partition("?")
    own = own.rstrip("&")
    return f"{path}?{own}" if own else path


@given(
    path=st.text(SAFE + "&", max_size=8),
    ending=ENDINGS,
    names=st.sets(st.sampled_from(KNOWN), min_size=1).map(sorted),
)
def test_any_template_goes_to_the_body_and_back(path, ending, names):
    url = f"https://example.com/{path}{ending}"
    rest, text = move.query_to_body(build_url(url, names))
    assert rest == tidy(url)
    assert text == placeholders.compact(placeholders.build_body(names))
    assert move.body_to_query(rest, text) == build_url(rest, names)


@given(
    members=st.dictionaries(
        st.text(
            st.characters(exclude_categories=["Cs"], exclude_characters=TYPOGRAPHIC)
            | st.sampled_from("&=;<>%lt#+'")
        ).filter(lambda key: key not in ("a", "b", "\u00df")),
        PLACEHOLDERS,
        min_size=1,
    ),
    own=st.sampled_from(("", "?\u00df=1", "?a=%3c&b")),
)
def test_any_flat_body_goes_to_the_query_and_back(members, own):
    text = placeholders.compact(json.dumps(members))
    url = move.body_to_query(HOOK + own, text)
    assert url.removeprefix(HOOK + own).isascii()
    assert move.query_to_body(url) == (HOOK + own, text)


@given(text=TEXTS)
def test_any_text_is_parted_from_its_template_or_refused(text):
    rest = move.endpoint_of(text)
    assert move.endpoint_of(rest) == rest
    try:
        assert move.query_to_body(text)[0] == rest
        move.body_to_query(text, text)
    except TemplateError as error:
        assert error.message

"""Filling templates: receivers get back every value as it was, the rest stays byte for byte."""

from __future__ import annotations

import json
from string import ascii_lowercase
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wacb.callbacks.samples import TYPES, sample
from wacb.template.build import build_url
from wacb.template.fill import fill_body, fill_url
from wacb.template.placeholders import INCOMING, build_body, build_query

UNICODE = st.text(st.characters(codec="utf-8"))
VALUES = st.dictionaries(st.sampled_from(INCOMING), UNICODE)


def received(url: str) -> dict[str, str]:
    """Parse the query as a web framework does."""
    return dict(parse_qsl(url.partition("?")[2], keep_blank_values=True, strict_parsing=True))


@pytest.mark.parametrize("kind", TYPES)
def test_a_receiver_gets_every_value_of_every_sample(kind):
    fields = sample(kind, number="+15550100001", sender="+919812345678", now=1.79e9, seed=3)
    url = fill_url(build_url("https://example.com/hook", INCOMING), fields)
    assert url.isascii()
    assert received(url) == fields
    assert json.loads(fill_body(build_body(INCOMING), fields)) == fields


def test_the_longest_url_fits_the_16_kib_that_common_servers_take():
    fields = sample("hostile", number="+15550100001", sender="+919812345678", now=1.79e9, seed=3)
    assert len(fill_url(build_url("https://example.com/hook", INCOMING), fields)) < 12_000


# -- URLs


@pytest.mark.parametrize(
    ("url", "filled"),
    [
        ("https://e.com/h?b=<body>", "https://e.com/h?b=A%20%26%2F%2B"),
        ("https://e.com/h?b=x<body>y<body>", "https://e.com/h?b=xA%20%26%2F%2ByA%20%26%2F%2B"),
        ("https://e.com/h?<body>=1", "https://e.com/h?A%20%26%2F%2B=1"),
        ("https://e.com/<body>/h", "https://e.com/A%20%26%2F%2B/h"),
        ("b=<body>", "b=A%20%26%2F%2B"),
        (
            "https://e.com/h?t=-._~&%7e=%2f+'\"&n=<nope>",
            "https://e.com/h?t=-._~&%7e=%2f+'\"&n=<nope>",
        ),
        ("https://e.com/h?f=<from>&e=<error>.", "https://e.com/h?f=&e=."),
        ("https://e.com/h?b=<BODY>&<body", "https://e.com/h?b=<BODY>&<body"),
        ("https://e.com/h?b=%3Cbody%3E&c=<body%3E", "https://e.com/h?b=%3Cbody%3E&c=<body%3E"),
        ("https://<body>.e.com/h", "https://<body>.e.com/h"),
        ("https://<body>?b=", "https://<body>?b="),
        ("", ""),
    ],
    ids=[
        "value",
        "twice",
        "key",
        "path",
        "bare query",
        "unknown name and odd characters",
        "name without a value",
        "no placeholder",
        "encoded brackets",
        "host",
        "host and query",
        "empty",
    ],
)
def test_what_is_filled_in_a_url(url, filled):
    assert fill_url(url, {"body": "A &/+"}) == filled


def test_unreserved_characters_stay_and_all_others_are_encoded():
    kept = "ABCXYZ" + ascii_lowercase + "0123456789-._~"
    assert fill_url("<body>", {"body": kept}) == kept
    assert fill_url("<body>", {"body": "!*'();:@&=+$,/?#[] é"}) == (
        "%21%2A%27%28%29%3B%3A%40%26%3D%2B%24%2C%2F%3F%23%5B%5D%20%C3%A9"
    )


# -- bodies


@pytest.mark.parametrize(
    ("body", "filled"),
    [
        ('{"b": "<body>"}', r'{"b": "A \"\\/ü\n"}'),
        ('[ "x<body>y" ,\n1.50,"\\/\\u00e9"]', '[ "xA \\"\\\\/ü\\ny" ,\n1.50,"\\/\\u00e9"]'),
        (r'{"b": "\"<body>\\<body>"}', r'{"b": "\"A \"\\/ü\n\\A \"\\/ü\n"}'),
        ('{"<from>-<body>" : 1}', r'{"-A \"\\/ü\n" : 1}'),
        ('{"f": "<from>|<nope>|<BODY>"}', '{"f": "|<nope>|<BODY>"}'),
        (r'{"b": "\u003cbody\u003e <body\u003e &lt;body>"}',) * 2,
        ('{"n": <body>}', r'{"n": A \"\\/ü\n}'),
        ("b=<body>", r"b=A \"\\/ü\n"),
        ('say "<body>', r'say "A \"\\/ü\n'),
        ("", ""),
    ],
    ids=[
        "value",
        "inside an array",
        "beside escapes",
        "key",
        "missing and unknown names",
        "escaped brackets stay",
        "without quotes",
        "no JSON",
        "an unclosed quote",
        "empty",
    ],
)
def test_what_is_filled_in_a_body(body, filled):
    assert fill_body(body, {"body": 'A "\\/ü\n'}) == filled


def test_a_value_that_looks_like_a_placeholder_is_not_filled_again():
    values = {"body": "<from>", "from": "<body>"}
    assert fill_url("?b=<body>&f=<from>", values) == "?b=%3Cfrom%3E&f=%3Cbody%3E"
    assert fill_body('["<body>", "<from>"]', values) == '["<from>", "<body>"]'


def test_half_a_character_becomes_a_question_mark():
    assert fill_url("?b=<body>", {"body": "a\ud800"}) == "?b=a%3F"
    assert fill_body('["<body>"]', {"body": "a\udcff"}) == '["a?"]'


# -- anything


@given(VALUES)
def test_any_values_come_back_from_a_query(values):
    own = "https://example.com/h?own=%3C1%3E&blank="
    filled = fill_url(f"{own}&{build_query(INCOMING)}", values)
    assert filled.startswith(own)
    assert received(filled) == {
        "own": "<1>",
        "blank": "",
        **{name: values.get(name, "") for name in INCOMING},
    }


@given(VALUES)
def test_any_values_come_back_from_a_body(values):
    filled = json.loads(fill_body(build_body(INCOMING), values))
    assert filled == {name: values.get(name, "") for name in INCOMING}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.just("<body>") | st.just("<name>"),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


def filled_tree(node: object, values: dict[str, str]) -> object:
    """What filling means, on the parsed body: strings that are exactly a placeholder change."""
    if isinstance(node, dict):
        return {key: filled_tree(value, values) for key, value in node.items()}
    if isinstance(node, list):
        return [filled_tree(value, values) for value in node]
    return values[node[1:-1]] if node in ("<body>", "<name>") else node


@given(JSON, st.booleans(), UNICODE, UNICODE)
def test_valid_json_stays_valid_and_only_placeholders_change(tree, ascii_only, body, name):
    values = {"body": body, "name": name}
    text = json.dumps(tree, ensure_ascii=ascii_only)
    assert json.loads(fill_body(text, values)) == filled_tree(tree, values)


@given(st.text(), st.dictionaries(st.text() | st.sampled_from(INCOMING), st.text()))
def test_no_template_and_no_value_raises(template, values):
    assert fill_url(template, {}) == template or "<" in template
    for mark in ("", "<body>", '"<name>"'):
        fill_url(template + mark, values)
        fill_body(template + mark, values)

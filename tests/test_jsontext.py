from __future__ import annotations

import json
import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wacb.jsontext import (
    MAX_DEPTH,
    JsonReader,
    NotJson,
    json_line,
    json_text,
    open_body,
    parse_or_none,
    read_json,
    visible,
)

HARMFUL = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)

any_letters = st.text(max_size=10)
any_text = st.text(st.characters(), max_size=30)  # lone surrogates too

# ---------------------------------------------------------------- read


@pytest.mark.parametrize(
    "text", ['{"a": ["é"]}', '{"a": ["é"]}'.encode(), '\ufeff{"a": ["é"]}'.encode()]
)
def test_text_and_bytes_with_and_without_a_bom_are_read(text):
    assert read_json(text) == {"a": ["é"]}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        pytest.param("{'a': 1}", "line 1, column 2", id="quotes"),
        pytest.param("\ufeff{}", "line 1, column 1", id="BOM in text"),
        pytest.param(b"\xff{}", "it is not UTF-8", id="not UTF-8"),
        pytest.param("[NaN]", "it contains NaN", id="NaN"),
        pytest.param("[-Infinity]", "it contains -Infinity", id="Infinity"),
        pytest.param("1e999", "it contains a number that is too large", id="large"),
        pytest.param("1" * 641, "it contains a number of too many digits", id="long"),
        pytest.param("[" * 101 + "]" * 101, "it is nested too deeply", id="deep"),
        pytest.param("[" * 99_999, "it is nested too deeply", id="deeper than the parser"),
    ],
)
def test_what_is_not_json_is_refused_with_a_reason(text, reason):
    with pytest.raises(NotJson, match=f"^{re.escape(reason)}$"):
        read_json(text)


def test_numbers_and_depth_are_kept_up_to_the_limits():
    assert read_json("9" * 640) == int("9" * 640)
    assert read_json("[1.5, -1e308]") == [1.5, -1e308]
    read_json("[" * MAX_DEPTH + "]" * MAX_DEPTH)
    assert JsonReader(huge_as_text=True)("[1e999, 1]") == ["1e999", 1]
    assert JsonReader(huge_as_text=True)("[1e9]") == [1e9]
    assert JsonReader(huge_as_text=True)("1" * 641) == "1" * 641
    JsonReader(max_depth=None)("[" * 200 + "]" * 200)


def test_the_last_value_of_a_duplicate_key_counts():
    assert read_json('{"a": 1, "a": 2}') == {"a": 2}


@pytest.mark.parametrize(
    ("text", "value"),
    [(None, None), ("", None), ("{}", None), ('{"a":1}', {"a": 1}), ("NaN", "NaN"), ("x", "x")],
)
def test_a_body_that_is_not_json_stays_text(text, value):
    assert open_body(text) == value


@pytest.mark.parametrize(("text", "value"), [("[1]", [1]), ("[", None), ([2], [2]), (None, None)])
def test_only_text_is_read_as_json(text, value):
    assert parse_or_none(text) == value


# ---------------------------------------------------------------- JSON


def test_json_text_is_indented_and_keeps_brackets_and_letters():
    assert json_text({"url": "https://example.com/?a=<a>&b=é中", "missing": [], "ok": None}) == (
        '{\n  "url": "https://example.com/?a=<a>&b=é中",\n  "missing": [],\n  "ok": null\n}'
    )


def test_json_text_of_nothing_is_an_empty_array():
    assert json_text([]) == "[]"


def test_json_line_is_one_line():
    assert (
        json_line({"event": "ready", "n": [1, "<a>\n"]}) == '{"event": "ready", "n": [1, "<a>\\n"]}'
    )


def test_json_escapes_what_a_terminal_or_utf8_cannot_take():
    text = json_text("\x1b\x7f\x9b\x85\u2028\u202e\ud800é")
    assert text == r'"\u001b\u007f\u009b\u0085\u2028\u202e\ud800é"'
    text.encode()


scalars = st.none() | st.booleans() | st.integers() | any_letters
json_values = scalars | st.lists(scalars, max_size=3) | st.dictionaries(any_letters, scalars)


@given(json_values)
def test_json_reads_back_and_is_safe_to_print(value):
    assert json.loads(json_text(value)) == json.loads(json_line(value)) == value
    assert len(json_line(value).splitlines()) == 1
    assert not HARMFUL.search(json_text(value).replace("\n", ""))


# ---------------------------------------------------------------- visible


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("plain é 中 😀 👩‍👧 ❤️ \\n", "plain é 中 😀 👩‍👧 ❤️ \\n", id="ordinary"),
        pytest.param("\x1b]0;title\x07", r"\x1b]0;title\x07", id="escape-sequence"),
        pytest.param("a\tb\nc\rd", r"a\tb\nc\rd", id="whitespace"),
        pytest.param(
            "\u200e\u200f\u061c\u2066\u2069", r"\u200e\u200f\u061c\u2066\u2069", id="bidi"
        ),
    ],
)
def test_visible_shows_what_would_be_obeyed(text, shown):
    assert visible(text) == shown


@given(any_text)
def test_visible_leaves_no_control_character(text):
    shown = visible(text)
    shown.encode()
    assert {unicodedata.category(c) for c in shown}.isdisjoint({"Cc", "Cs", "Zl", "Zp"})
    assert {unicodedata.bidirectional(c) for c in shown}.isdisjoint(
        {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
    )
    assert HARMFUL.search(text) or shown == text

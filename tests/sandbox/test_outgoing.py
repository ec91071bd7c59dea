"""How the emulator fills a template, checked against other people's parsers."""

from __future__ import annotations

import json
from urllib.parse import parse_qsl, unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.cli.expect import NAMES
from wacb.sandbox.outgoing import fill, json_escape, percent_encode, percent_encode_naively

texts = st.text(st.characters(exclude_categories=["Cs"]))
messages = st.fixed_dictionaries(dict.fromkeys(NAMES, texts))


@given(messages)
def test_a_query_gives_back_every_value(values: dict[str, str]):
    template = "&".join(f"{name}=<{name}>" for name in NAMES)
    filled = fill(template, values, percent_encode)
    assert dict(parse_qsl(filled, keep_blank_values=True, strict_parsing=True)) == values
    split = (part.split("=") for part in filled.split("&"))
    assert {name: unquote(value) for name, value in split} == values


@given(messages)
def test_a_body_gives_back_every_value(values: dict[str, str]):
    template = json.dumps({name: f"<{name}>" for name in NAMES})
    assert json.loads(fill(template, values, json_escape)) == values


@pytest.mark.parametrize(
    ("template", "filled"),
    [
        ("a=<body>&b=<body>", "a=1&b=1"),
        ("<body><from>", "1<body>"),
        ("<id>|<event>|<price>", "||"),
        ("<Body>|<nobody>|< body>|<>", "<Body>|<nobody>|< body>|<>"),
        ("%3Cbody%3E|&lt;body&gt;|{body}", "%3Cbody%3E|&lt;body&gt;|{body}"),
        ("<contacts>", ""),
    ],
    ids=[
        "one placeholder twice",
        "a value that looks like a placeholder",
        "names of other events",
        "names of no event",
        "other brackets",
        "a field the message lacks",
    ],
)
def test_only_placeholders_are_replaced_and_only_once(template: str, filled: str):
    assert fill(template, {"body": "1", "from": "<body>"}, str) == filled


@pytest.mark.parametrize(
    ("escape", "written"),
    [
        (percent_encode, "%25a-._~%2F%2B%20%0A%26%23%22%C3%A9%F0%9F%91%8D"),
        (json_escape, '%a-._~/+ \\n&#\\"é👍'),
        (percent_encode_naively, '%a-._~/+%20%0A&#"%C3%A9%F0%9F%91%8D'),
    ],
    ids=["query", "body", "naive query"],
)
def test_values_are_written_so(escape, written: str):
    assert escape('%a-._~/+ \n&#"é👍') == written

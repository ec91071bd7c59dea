"""`${NAME}` and `$$` in a string of the file: filled in, remembered, never repeated."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wacb.errors import InvalidInput
from wacb.plan.manifest.variables import ResolvedText, Variables

ENVIRON = {"HOST": "example.com", "_2": "b", "EMPTY": "", "QUOTE": '"\\\n<é>', "BAD": "x\udcff"}


@pytest.mark.parametrize(
    ("written", "value", "variables"),
    [
        ("plain", "plain", ()),
        ("https://${HOST}/", "https://example.com/", ("HOST",)),
        ("${_2}${HOST}${_2}", "bexample.comb", ("HOST", "_2")),
        ("$$", "$", ()),
        ("$${HOST} $$$", "${HOST} $$", ()),
        ("$$${HOST}", "$example.com", ("HOST",)),
        ("5 $, $HOST, $(HOST)", "5 $, $HOST, $(HOST)", ()),
        ("${QUOTE}", '"\\\n<é>', ("QUOTE",)),
    ],
)
def test_a_string_is_filled_in(written, value, variables):
    assert Variables(ENVIRON).fill(written) == ResolvedText(written, value, variables)


@pytest.mark.parametrize(
    ("written", "message", "hint"),
    [
        *(
            (
                written,
                "contains a ${ that is not a variable",
                "use ${NAME}, or $${ for a literal ${",
            )
            for written in ("${", "${}", "${HOST", "${A-B}", "${1A}", "${ HOST}", "${É}", "$$${")
        ),
        ("${NONE}", "the variable ${NONE} is not set", "set it in the environment"),
        ("?token=${EMPTY}", "the variable ${EMPTY} is empty", "set it in the environment"),
        (
            "${HOST}${NONE}${ALSO}",
            "the variables ${ALSO} and ${NONE} are not set",
            "set it in the environment",
        ),
        (
            "${WACB_API_KEY}",
            "${WACB_API_KEY} is not allowed: it would send the API key to an endpoint",
            "use another variable",
        ),
        ("a${BAD}", "the value of ${BAD} is not valid text", None),
        ("${HOST}${BAD}", "the value of ${BAD} and ${HOST} is not valid text", None),
        ("\ud800", "is not valid text", None),
    ],
)
def test_what_cannot_be_filled_in_is_refused(written, message, hint):
    variables = Variables({**ENVIRON, "WACB_API_KEY": "canary"})
    with pytest.raises(InvalidInput) as caught:
        variables.fill(written)
    assert (caught.value.message, caught.value.hint) == (message, hint)
    assert variables.secrets == ()


def test_the_values_are_remembered_once():
    variables = Variables({**ENVIRON, "SAME": "b"})
    for text in ("${_2}", "${SAME}", "${HOST}", "$${QUOTE}"):
        variables.fill(text)
    assert variables.secrets == ("b", "example.com")


def test_a_value_is_escaped_in_json_text_wherever_it_stands():
    filled = Variables(ENVIRON).fill_json('{"${_2}": "a${QUOTE}", "n": ${_2}, "$$": 1}')
    assert filled.value == '{"b": "a\\"\\\\\\n<é>", "n": b, "$": 1}'
    assert filled.variables == ("QUOTE", "_2")


def test_in_the_values_of_json_keys_stay_as_they_are():
    written = '{"${NONE}":"a${QUOTE}$$","$$":["${_2}",{"${":1}]}'
    assert Variables(ENVIRON).fill_values(written) == ResolvedText(
        written, '{"${NONE}":"a\\"\\\\\\n<é>$","$$":["b",{"${":1}]}', ("QUOTE", "_2")
    )


@given(st.text(), st.text(min_size=1))
def test_a_value_arrives_in_json_as_it_is(before: str, value: str):
    written = json.dumps({"a": before.replace("$", "$$") + "${X}"}, ensure_ascii=False)
    variables = Variables({"X": value})
    for fill in (variables.fill_json, variables.fill_values):
        assert json.loads(fill(written).value) == {"a": before + value}


@given(st.text())
def test_a_doubled_dollar_sign_is_one(text: str):
    assert Variables({}).fill(text.replace("$", "$$")).value == text

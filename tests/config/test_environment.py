"""Reading variables: line ends, empty ones, and secrets that cannot be sent."""

from __future__ import annotations

import pytest

from wacb.config.environment import read_environment, read_secret
from wacb.errors import InvalidInput


def test_empty_variables_of_the_program_are_left_out_and_line_ends_dropped():
    variables = {"WACB_SID": "", "WACB_NUMBER": "+15550100001\n", "NO_COLOR": "", "CI": "true\r\n"}
    assert read_environment(variables) == {
        "WACB_NUMBER": "+15550100001",
        "NO_COLOR": "",
        "CI": "true",
    }


def test_a_secret_with_a_control_character_is_refused_and_not_repeated():
    with pytest.raises(InvalidInput) as caught:
        read_secret({"TOKEN": "canary\x00value"}, "TOKEN")
    assert (caught.value.message, caught.value.hint) == (
        "the variable TOKEN contains a control character, such as a line break",
        "set it again with the value alone",
    )

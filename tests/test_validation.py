from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wacb import validation
from wacb.errors import InvalidInput


def error_of(check, *args, **options) -> tuple[str, str | None]:
    with pytest.raises(InvalidInput) as caught:
        check(*args, **options)
    return caught.value.message, caught.value.hint


# titles


@pytest.mark.parametrize("title", ["abc", "A-1", "a_b", "---", "Hook 2 of-3_", "a" * 300])
def test_a_title_of_three_plain_characters_or_more_is_taken(title):
    assert validation.check_title(title) == title


@pytest.mark.parametrize(
    "title",
    [
        pytest.param("", id="empty"),
        pytest.param("ab", id="2 characters"),
        pytest.param("abc\n", id="line feed at the end"),
        pytest.param("a\tbc", id="tab"),
        pytest.param("na\u00efve", id="diaeresis"),
        pytest.param("Gr\u00fc\u00dfe", id="umlaut"),
        pytest.param("\u0661\u0662\u0663", id="Arabic digits"),
        pytest.param("a.b", id="dot"),
    ],
)
def test_another_title_is_refused(title):
    assert error_of(validation.check_title, title) == (
        f"{title!r} is not a valid title",
        "use at least 3 characters of A-Z a-z 0-9, space, hyphen and underscore",
    )


# numbers


@pytest.mark.parametrize(
    ("text", "number"),
    [
        pytest.param("+919812345678", "+919812345678", id="E.164"),
        pytest.param("00919812345678", "+919812345678", id="00"),
        pytest.param("00 91 98123-45678", "+919812345678", id="00 and separators"),
        pytest.param(" +1 (555) 010-0001 ", "+15550100001", id="parentheses and spaces"),
        pytest.param("(+1) 555 010 0001", "+15550100001", id="country code in parentheses"),
        pytest.param("+1.555.010.0001", "+15550100001", id="dots"),
        pytest.param("001 555 (010) 00.44", "+15550100044", id="zero in a later group"),
        pytest.param("+33.1.23.45.67.89", "+33123456789", id="dots before two digits"),
        pytest.param("+1\u2011555\u2212010\u30000001", "+15550100001", id="typographic separators"),
        pytest.param("\u202a+1555\u200b0100001\u202c", "+15550100001", id="invisible characters"),
        pytest.param("+1234567", "+1234567", id="shortest"),
        pytest.param("+123456789012345", "+123456789012345", id="longest"),
    ],
)
def test_a_number_is_brought_into_e164(text, number):
    assert validation.parse_number(text) == number
    assert validation.read_phone(text) == number


UNEXPECTED = "unexpected character"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        pytest.param("", "it has 0 digits, not 7 to 15", id="empty"),
        pytest.param("+", "it has 0 digits, not 7 to 15", id="plus alone"),
        pytest.param("2", "it has 1 digit, not 7 to 15", id="1 digit"),
        pytest.param("+123456", "it has 6 digits, not 7 to 15", id="6 digits"),
        pytest.param("1234567890123456", "it has 16 digits, not 7 to 15", id="16 digits"),
        pytest.param("+0919812345678", "a country code never begins with 0", id="plus and zero"),
        pytest.param("000919812345678", "a country code never begins with 0", id="three zeros"),
        pytest.param("+44 (0)20 7946 0958", "(0) after the country code", id="trunk zero"),
        pytest.param("+39 ( 06) 1234567", "(0) after the country code", id="zero of an area"),
        pytest.param("001 555 (0) 1234567", "(0) after the country code", id="zero further on"),
        pytest.param("9.19812E+11", "it has an exponent, like numbers in a spreadsheet", id="E"),
        pytest.param(
            "+919812345678.0", "it has a decimal part, like numbers in a spreadsheet", id="float"
        ),
        pytest.param("-919812345678", f"{UNEXPECTED} '-' at the start", id="minus"),
        pytest.param("++919812345678", f"{UNEXPECTED} '+'", id="two plus signs"),
        pytest.param("91+9812345678", f"{UNEXPECTED} '+'", id="plus inside"),
        pytest.param("+919812345678\n", f"{UNEXPECTED} U+000A", id="line feed"),
        pytest.param("+\u0661234567", f"{UNEXPECTED} U+0661 (\u0661)", id="Arabic digit"),
        pytest.param("+91981234567x", f"{UNEXPECTED} 'x'", id="letter"),
    ],
)
def test_what_is_no_number_is_refused(text, problem):
    assert error_of(validation.read_phone, text) == (
        f"{text!r} is not a valid phone number: {problem}",
        "use + and the country code, like +919812345678",
    )


@pytest.mark.parametrize(
    ("text", "digits", "hint"),
    [
        ("91 98123-45678", "919812345678", "use +919812345678 if it begins with the country code"),
        ("(0) 981234567", "0981234567", "use + and the country code, like +919812345678"),
    ],
)
def test_a_number_without_a_marked_country_code_stays_digits(text, digits, hint):
    assert validation.read_phone(text) == digits
    message = f"{text!r} is not a valid phone number: no + before the country code"
    assert error_of(validation.parse_number, text) == (message, hint)


@given(
    digits=st.from_regex(r"[1-9][0-9]{6,14}", fullmatch=True),
    prefix=st.sampled_from(("+", "00", "(+", "0-0")),
    gaps=st.lists(st.sampled_from(("", " ", "-", "- ", "\u00a0")), min_size=15, max_size=15),
)
def test_any_number_is_read_whatever_separates_its_digits(digits, prefix, gaps):
    text = prefix + "".join(map("".join, zip(digits, gaps, strict=False)))
    assert validation.parse_number(text) == f"+{digits}"


@given(text=st.text() | st.text("0123456789+-(). \n\u0663", max_size=20))
def test_any_text_is_a_number_or_invalid_input(text):
    try:
        number = validation.read_phone(text)
    except InvalidInput:
        return
    assert re.fullmatch(r"(\+[1-9]|[0-9])[0-9]{6,14}", number)
    assert validation.read_phone(number) == number


# headers


@pytest.mark.parametrize(
    ("text", "header"),
    [
        pytest.param("X-Team: red", ("X-Team", "red"), id="plain"),
        pytest.param("X-Team:red", ("X-Team", "red"), id="no space"),
        pytest.param(" X-Team :  a: b ", ("X-Team", "a: b"), id="spaces and a second colon"),
        pytest.param("!#$%&'*+.^_`|~-9aZ: ~", ("!#$%&'*+.^_`|~-9aZ", "~"), id="token characters"),
    ],
)
def test_a_header_is_split_at_its_first_colon(text, header):
    assert validation.parse_header(text) == header


NAME_HINT = "use letters, digits and hyphens"
NAME_RULE = "the header name is empty or contains an invalid character"


@pytest.mark.parametrize(
    "text", ["Authorization Bearer CANARY", "CANARY", ""], ids=["space", "word", "empty"]
)
def test_a_header_without_a_colon_is_refused_and_not_repeated(text):
    assert error_of(validation.parse_header, text) == (
        "the header has no colon",
        "write it as 'Name: value'",
    )


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(": CANARY", id="empty"),
        pytest.param("X Team: CANARY", id="space"),
        pytest.param("Authorization=Bearer CANARY: x", id="a value in it"),
        pytest.param("X-Team\n: CANARY", id="line break"),
        pytest.param("X-T\u00e9am: CANARY", id="not ASCII"),
        pytest.param("X(Team): CANARY", id="parentheses"),
    ],
)
def test_a_header_name_that_is_no_token_is_refused_and_not_repeated(text):
    assert error_of(validation.parse_header, text) == (NAME_RULE, NAME_HINT)


@pytest.mark.parametrize(
    "value", ["", "CANARY\r\nX-Evil: 1", "CANARY\n", "CANARY\tb", "CANARY\0", "CANARY\u00e9"]
)
def test_a_header_value_that_http_cannot_carry_is_refused_and_not_repeated(value):
    message = (
        "the value of header X-Team is empty or contains a line break, a control "
        "character or a non-ASCII character"
    )
    hint = "use printable ASCII characters"
    assert error_of(validation.check_header, "X-Team", value) == (message, hint)
    assert error_of(validation.parse_header, f"X-Team: {value}") == (message, hint)


@given(text=st.text() | st.tuples(st.text(max_size=5), st.text()).map(": ".join))
def test_any_text_is_a_header_or_invalid_input(text):
    try:
        name, value = validation.parse_header(text)
    except InvalidInput:
        return
    assert validation.check_header(name, value) == (name, value)
    assert re.fullmatch(r"[!-~]+", name)
    assert re.fullmatch(r"[ -~]+", value)

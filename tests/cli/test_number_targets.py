"""Reading lists of numbers: every accepted form, every bad line named."""

from __future__ import annotations

import re
import time
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wacb.cli.number import targets
from wacb.cli.number.targets import AttachTarget
from wacb.errors import InvalidInput
from wacb.validation import parse_number

parse = partial(targets.parse, read=parse_number)
from_arguments = partial(targets.from_arguments, read=parse_number)

ONE, TWO = "+919812345678", "+15550100002"
HINT = (
    "write `number` or `number,profile` on each line, a number with its country code "
    "like +919812345678; --profile is the default of lines without a profile"
)


def error_of(call, *args, **options) -> tuple[str, str | None]:
    with pytest.raises(InvalidInput) as caught:
        call(*args, **options)
    return caught.value.message, caught.value.hint


def number(place: int) -> str:
    return f"+1555{place:07}"


# accepted


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(ONE, [(ONE, "P", 1)], id="one line without an end"),
        pytest.param(f"{ONE}\n{TWO}\n", [(ONE, "P", 1), (TWO, "P", 2)], id="plain lines"),
        pytest.param(f"{ONE}\r\n{TWO}\r\n", [(ONE, "P", 1), (TWO, "P", 2)], id="CRLF"),
        pytest.param(f"\ufeff{ONE}", [(ONE, "P", 1)], id="BOM"),
        pytest.param(f"\n \t\n{ONE}\n\n", [(ONE, "P", 3)], id="blank lines"),
        pytest.param(f"# a\n  # b, c\n{ONE}", [(ONE, "P", 3)], id="comment lines"),
        pytest.param(f'{ONE} # it\'s "new", see', [(ONE, "P", 1)], id="comment behind"),
        pytest.param(f"{ONE},IN_1\t#x", [(ONE, "IN_1", 1)], id="comment behind a profile"),
        pytest.param(f"{ONE},IN#1", [(ONE, "IN#1", 1)], id="no comment without white space"),
        pytest.param(f'{ONE},"My # 1"', [(ONE, "My # 1", 1)], id="no comment inside quotes"),
        pytest.param(f"{ONE},IN_1\n{TWO}", [(ONE, "IN_1", 1), (TWO, "P", 2)], id="CSV"),
        pytest.param(f" {ONE} , My profile ", [(ONE, "My profile", 1)], id="spaces"),
        pytest.param(f'"{ONE}","IN_1"', [(ONE, "IN_1", 1)], id="quoted"),
        pytest.param(f' "{ONE}" , " IN_1 " ', [(ONE, "IN_1", 1)], id="quoted with spaces"),
        pytest.param(f'{ONE},"a, ""b"""', [(ONE, 'a, "b"', 1)], id="comma and quotes in quotes"),
        pytest.param("00 91 (98123) 456-78", [(ONE, "P", 1)], id="number in another form"),
        pytest.param(f"{ONE},\n{TWO},,,", [(ONE, "P", 1), (TWO, "P", 2)], id="empty cells behind"),
        pytest.param(f',,\n"",\n{ONE}', [(ONE, "P", 3)], id="rows of empty cells"),
        pytest.param(f"number\n{ONE}", [(ONE, "P", 2)], id="header of one column"),
        pytest.param(
            f'\ufeff\n# c\n"Number", PROFILE\r\n{ONE},IN_1', [(ONE, "IN_1", 4)], id="header"
        ),
        pytest.param(f"{ONE}\n{TWO}\n{ONE}", [(ONE, "P", 1), (TWO, "P", 2)], id="twice"),
        pytest.param(
            f"{ONE}\n{TWO}\n0091 98123 45678,P",
            [(ONE, "P", 1), (TWO, "P", 2)],
            id="twice in two forms",
        ),
    ],
)
def test_a_list_gives_numbers_with_profile_and_first_line(text, expected):
    assert parse(text, profile="P") == tuple(AttachTarget(*one) for one in expected)


def test_no_profile_need_be_given_where_every_line_names_one():
    assert parse(f"{ONE},IN_1", profile=None) == (AttachTarget(ONE, "IN_1", 1),)


# refused


@pytest.mark.parametrize("profile", [None, ""])
@pytest.mark.parametrize("line", [ONE, f"{ONE},", f'{ONE},""', f"{ONE} # ,IN_1"])
def test_a_line_without_a_profile_is_refused_where_none_is_given(line, profile):
    assert error_of(parse, f"{TWO},IN_1\n{line}", profile=profile) == (
        "1 bad line in the number list: line 2 has no profile",
        HINT,
    )


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        pytest.param("soon", ": unexpected character 's'", id="a word"),
        pytest.param("+91981", ": it has 5 digits, not 7 to 15", id="too short"),
        pytest.param(",IN_1", ": it has 0 digits, not 7 to 15", id="empty"),
        pytest.param(f"{ONE}#x", ": unexpected character '#'", id="number sign without blank"),
        pytest.param(f"{ONE}\u2028{TWO}", ": unexpected character U+2028", id="line separator"),
        pytest.param("number,profile", ": unexpected character 'n'", id="header inside"),
        pytest.param("sep=;", ": unexpected character 's'", id="separator line inside"),
        pytest.param(f"{ONE},IN_1,x", " has 3 columns", id="3 columns"),
        pytest.param("a,b,,d,", " has 4 columns", id="4 columns"),
        pytest.param(
            f"{ONE},\ud800", ": unexpected character U+D800 in the profile", id="surrogate"
        ),
        pytest.param(f'"{ONE}', " has a quotation mark in the wrong place", id="not closed"),
        pytest.param(
            f'{ONE},"IN', " has a quotation mark in the wrong place", id="second not closed"
        ),
        pytest.param(f'{ONE},IN"1"', " has a quotation mark in the wrong place", id="inside"),
        pytest.param(f'"{ONE}"IN', " has a quotation mark in the wrong place", id="text behind"),
        pytest.param(
            f'"{ONE}"#x', " has a quotation mark in the wrong place", id="comment too near"
        ),
    ],
)
def test_a_bad_line_is_named_and_never_repeated(line, problem):
    text = f"{TWO}\r\n# comment\r\n\r\n{line}\r\n{number(3)}"
    assert error_of(parse, text, profile="P") == (
        f"1 bad line in the number list: line 4{problem}",
        HINT,
    )


def test_a_header_counts_only_before_everything_else():
    assert error_of(parse, "number\nnumber", profile="P")[0] == (
        "1 bad line in the number list: line 2: unexpected character 'n'"
    )


def test_three_bad_lines_of_500_are_all_named():
    lines = [number(place) for place in range(1, 501)]
    lines[6], lines[249], lines[499] = "none", f"{number(1)},a,b", '"'
    assert error_of(parse, "\n".join(lines), profile="P")[0] == (
        "3 bad lines in the number list: line 7: unexpected character 'n'; line 250 has 3 columns; "
        "line 500 has a quotation mark in the wrong place"
    )


@pytest.mark.parametrize(("bad", "more"), [(20, ""), (21, "; and 1 more"), (500, "; and 480 more")])
def test_more_than_twenty_bad_lines_are_counted(bad, more):
    named = "; ".join(f"line {place}: unexpected character 'x'" for place in range(1, 21))
    assert error_of(parse, "x\n" * bad, profile="P")[0] == (
        f"{bad} bad lines in the number list: {named}{more}"
    )


def test_a_number_with_two_profiles_is_refused_naming_both_lines():
    text = f"+91 98123 45678,IN_1\nx\n{TWO},IN_1\n0091 9812345678,IN_2\n{ONE},IN_1\n{ONE}"
    assert error_of(parse, text, profile="P")[0] == (
        f"3 bad lines in the number list: line 2: unexpected character 'x'; lines 1 and 4 have two "
        f"profiles for {ONE}; lines 1 and 6 have two profiles for {ONE}"
    )


@pytest.mark.parametrize("text", ["", "\ufeff", "\r\n\n", "# none\n", "number,profile\n", ",,\n"])
def test_a_list_without_a_number_is_refused(text):
    assert error_of(parse, text, profile="P") == (
        "the number list is empty",
        "write `number` or `number,profile` on each line",
    )


# arguments


def test_arguments_are_wanted_once_each_in_their_order():
    assert from_arguments([TWO, "+91 98123 45678", "0091 9812345678", TWO], "P") == (
        AttachTarget(TWO, "P", 1),
        AttachTarget(ONE, "P", 2),
    )


def test_every_bad_argument_is_named():
    assert error_of(from_arguments, ["x", ONE, "12"], "P") == (
        "'x' is not a valid phone number: unexpected character 'x'; "
        "'12' is not a valid phone number: it has 2 digits, not 7 to 15",
        "use + and the country code, like +919812345678",
    )


def test_no_argument_at_all_is_refused():
    assert error_of(from_arguments, [], "P") == (
        "no numbers",
        "pass at least one, or a list with --from FILE",
    )


# any text

TEXTS = st.one_of(
    st.text(),
    st.text(alphabet='+0123456789,"# \t\r\n\ufeff\u2028aP'),
    st.lists(st.from_regex(r'(?:\+?[1-9][0-9]{6,14}|[^\n]?)(?:,"?[aP ]{0,3}"?)?( #.*)?')).map(
        "\n".join
    ),
)


@given(text=TEXTS, profile=st.one_of(st.none(), st.text(max_size=3)))
def test_any_text_is_a_list_or_invalid_input(text, profile):
    try:
        wanted = parse(text, profile=profile)
    except InvalidInput as error:
        named = [int(line) for line in re.findall(r"line (\d+)(?: has|:)", error.message)]
        assert named == sorted(set(named))
        assert all(1 <= line <= len(text.split("\n")) for line in named)
        return
    assert wanted
    assert len({one.number for one in wanted}) == len(wanted)
    assert [one.line for one in wanted] == sorted({one.line for one in wanted})
    for one in wanted:
        assert re.fullmatch(r"\+[1-9][0-9]{6,14}", one.number)
        assert one.profile


LINES = st.sampled_from(("number", "quoted", "blank", "comment", "bad", "columns"))


@given(
    kinds=st.lists(LINES, max_size=18),
)
def test_line_numbers_are_those_of_an_editor(kinds):
    def line(kind: str, place: int) -> str:
        return {
            "number": number(place),
            "quoted": f'"{number(place)}",P # c',
            "blank": " ",
            "comment": f"# {number(place)}",
            "bad": "none",
            "columns": "a,b,c",
        }[kind]

    text = "\n".join(line(kind, place) for place, kind in enumerate(kinds, start=1))
    bad = [place for place, kind in enumerate(kinds, start=1) if kind in ("bad", "columns")]
    good = [place for place, kind in enumerate(kinds, start=1) if kind in ("number", "quoted")]
    if bad or not good:
        message = error_of(parse, text, profile="P")[0]
        assert [int(found) for found in re.findall(r"line (\d+)(?: has|:)", message)] == bad
    else:
        assert parse(text, profile="P") == tuple(AttachTarget(number(at), "P", at) for at in good)


@pytest.mark.parametrize("piece", [" ", '"', '""a', '"a', " #", ",", '" ', "\t,", "1"])
def test_a_hostile_line_costs_no_more_than_its_length(piece):
    started = time.process_time()
    with pytest.raises(InvalidInput):
        parse(piece * 200_000 + '"x', profile="P")
    assert time.process_time() - started < 10

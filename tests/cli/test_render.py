from __future__ import annotations

import re
from enum import StrEnum

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from wacb.cli.render import Column, record, style, table, tsv
from wacb.jsontext import json_text, visible

ID = "5f0c2a34-9d1e-4b7a-8c55-0123456789ab"
OTHER_ID = "7a1b3c5d-2e4f-4a6b-9c8d-ba9876543210"
PROFILES = (
    Column(title="ID", keep=True),
    Column(title="TITLE"),
    Column(title="METHOD"),
    Column(title="URL"),
    Column(title="STATUS", style="green"),
)
ROWS = (
    (ID, "wacb-incoming-example-com-hook", "POST", "https://example.com/hook/whatsapp", "active"),
    (OTHER_ID, "Support", "GET", "https://example.com/s", "auto-disabled"),
)
HARMFUL = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)

any_text = st.text(st.characters(), max_size=30)  # lone surrogates too
cuttable_text = st.text(
    st.characters() | st.sampled_from("\u200d\ufe0f❤👩한中é ́\t\x1b\u202e"), max_size=30
)


class Word(StrEnum):
    ACTIVE = "active"


# ---------------------------------------------------------------- table


def test_table_gives_every_column_its_room_on_a_wide_terminal():
    assert table(PROFILES, ROWS, width=200, color=False) == (
        "ID                                    TITLE                           METHOD  "
        "URL                                STATUS\n"
        f"{ID}  wacb-incoming-example-com-hook  POST    "
        "https://example.com/hook/whatsapp  active\n"
        f"{OTHER_ID}  Support                         GET     "
        "https://example.com/s              auto-disabled"
    )


def test_table_cuts_other_columns_but_no_id_at_100_columns():
    assert table(PROFILES, ROWS, width=100, color=False) == (
        "ID                                    TITLE               METHOD  URL                  "
        "STATUS\n"
        f"{ID}  wacb-incoming-exa…  POST    https://example.co…  active\n"
        f"{OTHER_ID}  Support             GET     https://example.co…  auto-disabled"
    )


def test_a_sentence_is_broken_between_words():
    columns = (Column("STEP", keep=True), Column("DETAIL", wrap=True))
    rows = [("profile", f"'support' ({ID}) is active"), ("template", "")]
    assert table(columns, rows, width=50, color=False) == (
        f"STEP      DETAIL\nprofile   'support'\n          ({ID})\n          is active\ntemplate"
    )
    assert table(columns, rows[:1], width=40, color=False) == (
        f"STEP:    profile\nDETAIL:  'support'\n         ({ID})\n         is active"
    )


def test_table_becomes_a_block_a_row_where_the_id_leaves_no_room():
    assert table(PROFILES, ROWS, width=40, color=False) == (
        "ID:\n"
        f"{ID}\n"
        "TITLE:   wacb-incoming-example-com-hook\n"
        "METHOD:  POST\n"
        "URL:     https://example.com/hook/whats…\n"
        "STATUS:  active\n"
        "\n"
        "ID:\n"
        f"{OTHER_ID}\n"
        "TITLE:   Support\n"
        "METHOD:  GET\n"
        "URL:     https://example.com/s\n"
        "STATUS:  auto-disabled"
    )


def test_only_an_id_is_wider_than_a_tiny_terminal():
    columns = (Column(title="id", keep=True), Column(title="placeholders"), Column(title="name"))
    assert table(columns, [(ID, "14/14", "")], width=8, color=False) == (
        f"id:\n{ID}\nplaceho…\n14/14\nname:"
    )


def test_an_id_that_fits_stays_beside_its_title_in_a_block():
    columns = (Column(title="id", keep=True), Column(title="profile", keep=True))
    assert table(columns, [("A1", ID)], width=38, color=False) == f"id:       A1\nprofile:\n{ID}"


def test_a_table_of_one_id_fits_exactly():
    column = Column(title="id", keep=True)
    assert table([column], [(ID,)], width=36, color=False) == f"id\n{ID}"
    assert table([column], [(ID,)], width=35, color=False) == f"id:\n{ID}"


def test_a_column_is_squeezed_to_twelve_cells_but_no_further():
    columns = [Column(title="id", keep=True), Column(title="t")]
    rows = [("0123456789", "abcdefghijklmnop")]
    assert table(columns, rows, width=24, color=False) == (
        "id          t\n0123456789  abcdefghijk…"
    )
    assert table(columns, rows, width=23, color=False) == "id:  0123456789\nt:   abcdefghijklmnop"


def test_a_block_uses_its_lines_to_the_last_cell():
    columns = [Column(title="id", keep=True), Column(title="name", keep=True), Column(title="t")]
    rows = [("0123456", "x" * 20, "abcdefgh")]
    assert table(columns, rows, width=14, color=False) == (
        f"id:    0123456\nname:\n{'x' * 20}\nt:     abcdef…"
    )
    assert table(columns, rows, width=13, color=False) == (
        f"id:\n0123456\nname:\n{'x' * 20}\nt:     abcde…"
    )
    assert table(columns, rows, width=12, color=False) == (
        f"id:\n0123456\nname:\n{'x' * 20}\nt:\nabcdefgh"
    )


def test_no_space_stands_before_the_ellipsis():
    rows = [("0123456789", "abcd efghi klmnop")]
    columns = [Column(title="id", keep=True), Column(title="t")]
    assert table(columns, rows, width=24, color=False).endswith("\n0123456789  abcd efghi…")


def test_an_id_loses_trailing_blanks_only():
    rows = [("A1\u00a0 ",)]
    assert table([Column(title="id", keep=True)], rows, width=80, color=False) == "id\nA1\u00a0"


def test_table_without_rows_is_empty():
    assert table(PROFILES, [], width=80, color=True) == ""


def test_color_touches_header_and_styled_values_but_no_padding():
    columns = (Column(title="id", keep=True, style="dim"), Column(title="status", style="green"))
    rows = [("A1", "active"), ("A2", None)]
    assert table(columns, rows, width=80, color=True) == (
        "\x1b[1mid\x1b[0m  \x1b[1mstatus\x1b[0m\n"
        "\x1b[2mA1\x1b[0m  \x1b[32mactive\x1b[0m\n"
        "\x1b[2mA2\x1b[0m"
    )


def test_color_in_blocks():
    columns = (Column(title="id", keep=True, style="dim"), Column(title="status", style="green"))
    assert table(columns, [(ID, "active")], width=20, color=True) == (
        f"\x1b[1mid:\x1b[0m\n\x1b[2m{ID}\x1b[0m\n\x1b[1mstatus:\x1b[0m  \x1b[32mactive\x1b[0m"
    )


@pytest.mark.parametrize(
    "text", ["[x]", ":smile:", "[red]alarm[/red]", "[link=x]y[/]", "https://e.x"]
)
def test_markup_is_printed_literally(text):
    assert table([Column(title="name")], [(text,)], width=80, color=True).endswith(f"\n{text}")
    assert record([("name", text)], width=80, color=False) == f"name:  {text}"


def test_wide_characters_are_measured_in_cells():
    columns = (Column(title="name"), Column(title="status"))
    rows = [("客户服务热线中心", "ok"), ("👩‍👩‍👧 Ana", "ok")]
    assert table(columns, rows, width=20, color=False) == (
        "name          status\n客户服务热…   ok\n👩‍👩‍👧 Ana        ok"
    )


def test_control_characters_in_a_table_are_shown():
    rows = [("a\x1b[31mb\nc", "x\u202ey")]
    assert table([Column(title="a"), Column(title="b")], rows, width=80, color=False) == (
        "a              b\na\\x1b[31mb\\nc  x\\u202ey"
    )


def test_plain_values_in_a_table():
    rows = [(True, None, ["a", "b"], Word.ACTIVE, {"a": 1})]
    columns = [Column(title=title) for title in "vwxyz"]
    assert table(columns, rows, width=80, color=False) == (
        'v     w  x     y       z\ntrue     a, b  active  {"a": 1}'
    )


@given(st.data(), st.integers(1, 120))
def test_no_table_line_is_wider_than_the_terminal(data, width):
    columns = data.draw(
        st.lists(
            st.builds(
                Column,
                title=st.sampled_from(["id", "URL", "placeholders"]),
                keep=st.booleans(),
                wrap=st.booleans(),
            ),
            min_size=1,
            max_size=6,
        )
    )
    row = st.tuples(*[cuttable_text] * len(columns))
    rows = data.draw(st.lists(row, min_size=1, max_size=4))
    lines = table(columns, rows, width=width, color=False).split("\n")
    cells = [
        (visible(text).rstrip(" "), column)
        for row in rows
        for text, column in zip(row, columns, strict=True)
    ]
    kept = {text for text, column in cells if column.keep and not column.wrap}
    words = {word for text, column in cells if column.wrap for word in text.split(" ")}
    whole = kept | words - {""}
    too_wide = [line for line in lines if cell_len(line) > width]
    assert [line for line in too_wide if not line.endswith((*whole,))] == []
    assert [line for line in lines if line.endswith(" ") or HARMFUL.search(line)] == []
    assert all(any(text in line for line in lines) for text in kept)


def test_joiners_that_confuse_width_tables_do_not_crash():
    rows = [("\u200d\u200d\u4e2d\u4e2d\u4e2d", "x")]
    text = table([Column(title="a"), Column(title="b")], rows, width=4, color=False)
    assert text == "a:\n\u200d\u200d\u4e2d…\nb:\nx"


# ---------------------------------------------------------------- record


def test_record_aligns_titles_and_prints_values_whole():
    url = "https://example.com/hook?" + "&".join(f"{n}=<{n}>" for n in ("body", "from", "name") * 9)
    pairs = [("id", ID), ("url", url), ("events", ["a", "b"]), ("channel", None), ("ok", False)]
    assert record(pairs, width=40, color=False) == (
        f"id:       {ID}\nurl:      {url}\nevents:   a, b\nchannel:\nok:       false"
    )


def test_record_puts_several_lines_below_their_title():
    pairs = [
        ("body", json_text({"body": "<body>", "from": "<from>"})),
        ("note", "one\n\n  two\r\nthree\x1b\n"),
        ("title", "x\n"),
    ]
    assert record(pairs, width=80, color=False) == (
        'body:\n  {\n    "body": "<body>",\n    "from": "<from>"\n  }\n'
        "note:\n  one\n\n    two\\r\n  three\\x1b\n"
        "title:  x"
    )


def test_record_breaks_lists_and_objects_that_do_not_fit():
    pairs = [
        ("encryption", {"algorithm": "AES-128-CFB"}),
        ("placeholders", {"missing": ["location"], "unknown": []}),
        ("events", ["incoming-message", "status\nchange", ["nested", {"a": 1}]]),
    ]
    assert record(pairs, width=48, color=False) == (
        'encryption:    {"algorithm": "AES-128-CFB"}\n'
        'placeholders:\n  {\n    "missing": [\n      "location"\n    ],\n    "unknown": []\n  }\n'
        'events:\n  incoming-message\n  status\n  change\n  nested, {"a": 1}'
    )


def test_a_record_wider_than_the_terminal_still_shows_empty_lists():
    pairs = [("a", []), ("b", {}), ("c", [[], []]), ("d", [ID])]
    assert record(pairs, width=1, color=False) == f"a:\nb:  {{}}\nc:\n\n\nd:  {ID}"


def test_one_long_title_does_not_push_the_others_away():
    pairs = [("x" * 24, 1), ("na\x1bme", "v"), ("客户", 2)]
    assert record(pairs, width=80, color=False) == (f"{'x' * 24}:  1\nna\\x1bme:  v\n客户:      2")


def test_a_title_of_24_cells_is_aligned_with():
    pairs = [("x" * 23, 1), ("n", 2)]
    assert record(pairs, width=80, color=False) == f"{'x' * 23}:  1\nn:{' ' * 24}2"


def test_record_colors_titles_only():
    assert record([("id", ID), ("body", "a\nb")], width=80, color=True) == (
        f"\x1b[1mid:\x1b[0m    {ID}\n\x1b[1mbody:\x1b[0m\n  a\n  b"
    )


def test_record_of_nothing_is_empty():
    assert record([], width=80, color=False) == ""


@given(st.lists(st.tuples(any_text, any_text), max_size=4), st.integers(1, 60))
def test_record_keeps_every_value_and_no_control_character(pairs, width):
    text = record(pairs, width=width, color=False)
    assert not HARMFUL.search(text.replace("\n", ""))
    for _, value in pairs:
        assert all(visible(line) in text for line in value.rstrip("\n").split("\n"))


# ---------------------------------------------------------------- TSV


def test_tsv_is_complete_and_has_no_header():
    long = "https://example.com/" + "x" * 500
    rows = [
        (ID, long, None, True, 3, Word.ACTIVE),
        ("a\tb", "c\\d", ["x", "y"], {"k": "<v>"}, [], ""),
    ]
    assert tsv(rows) == (
        f"{ID}\t{long}\t\ttrue\t3\tactive\n" + 'a\\tb\tc\\\\d\tx,y\t{"k": "<v>"}\t\t'
    )


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param("a\nb\r\nc", r"a\nb\r\nc", id="line-breaks"),
        pytest.param("\x00\x1b\x7f\x85\x9b", r"\x00\x1b\x7f\x85\x9b", id="controls"),
        pytest.param("\u2028\u2029\u202e", r"\u2028\u2029\u202e", id="separators-and-bidi"),
        pytest.param("\ud800", r"\ud800", id="lone-surrogate"),
        pytest.param("\\n", r"\\n", id="backslash-n-in-letters"),
        pytest.param("é中😀", "é中😀", id="other-text-stays"),
    ],
)
def test_tsv_escapes_what_would_break_a_line_or_a_terminal(value, expected):
    assert tsv([[value]]) == expected


def test_tsv_without_rows_is_empty():
    assert tsv([]) == ""


def unescape(text):
    letters = {"\\": "\\", "t": "\t", "n": "\n", "r": "\r"}
    return re.sub(
        r"\\(?:([\\tnr])|x(..)|u(....))",
        lambda m: letters[m[1]] if m[1] else chr(int(m[2] or m[3], 16)),
        text,
    )


@given(st.lists(st.tuples(any_text, any_text, any_text), min_size=1, max_size=5))
def test_tsv_reads_back_line_by_line(rows):
    text = tsv(rows)
    text.encode()
    assert len((text + "\n").splitlines()) == len(rows)
    assert [tuple(map(unescape, line.split("\t"))) for line in text.split("\n")] == rows


# ---------------------------------------------------------------- style


@pytest.mark.parametrize(
    ("name", "color", "expected"),
    [
        ("red", True, "\x1b[31mx\x1b[0m"),
        ("yellow", True, "\x1b[33mx\x1b[0m"),
        ("red", False, "x"),
        (None, True, "x"),
    ],
    ids=["red", "yellow", "off", "unstyled"],
)
def test_style_colors_only_when_asked(name, color, expected):
    assert style("x", name, color) == expected

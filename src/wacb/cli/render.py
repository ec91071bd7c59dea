"""Rows and plain values as text: table, record and TSV."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Sequence
from itertools import zip_longest
from typing import Literal, NamedTuple

from wacb.cli.console import cell_width, mark_of, wrap, wrap_words
from wacb.jsontext import json_line, json_text, visible

Style = Literal["bold", "dim", "red", "green", "yellow"]
_SGR = {"bold": 1, "dim": 2, "red": 31, "green": 32, "yellow": 33}
_GAP = "  "
_USEFUL = 12  # cells a table's column may be squeezed to before it says nothing any more
_NARROWEST = 6  # cells that a value needs beside its title
_WIDEST_LABEL = 24


class Column(NamedTuple):
    """A column of a table.

    One to `keep` (an ID) is never cut, one to `wrap` (a sentence) is broken between words, any
    other is cut. `style` is for its values only; a `state` has the sign and color of its word.
    """

    title: str
    keep: bool = False
    style: Style | None = None
    wrap: bool = False
    state: bool = False


class Cell(NamedTuple):
    """The text of a value, and its color."""

    text: str
    style: Style | None = None


def style(text: str, name: Style | None, color: bool) -> str:
    """Color `text`, unless color is off or there is nothing to color."""
    return f"\x1b[{_SGR[name]}m{text}\x1b[0m" if color and name and text else text


def _plain(value: object, comma: str) -> str:
    """Spell one value: nothing for None, JSON's words for booleans and objects, lists joined."""
    if isinstance(value, list | tuple):
        return comma.join(_plain(item, comma) for item in value)
    if isinstance(value, bool | dict):
        return json_line(value)
    return "" if value is None else str(value)


def tsv(rows: Sequence[Sequence[object]]) -> str:
    r"""Write complete values, one line a row, without a header or a final newline.

    A backslash is doubled and whatever `visible` neutralises is escaped, so that no value holds
    a tab or anything that splits lines, and each can be read back.
    """
    return "\n".join(
        "\t".join(visible(_plain(value, ",").replace("\\", r"\\")) for value in row) for row in rows
    )


def _mark(text: str, *, signs: bool) -> Cell:
    """Give a state its sign and color."""
    mark = mark_of(text)
    if mark is None:
        return Cell(text)
    return Cell(f"{mark.sign} {text}" if signs else text, mark.style)


def table(
    columns: Sequence[Column],
    rows: Sequence[Sequence[object]],
    *,
    width: int,
    color: bool,
    signs: bool = False,
) -> str:
    """Lay rows out for eyes in at most `width` cells; "" without rows.

    Columns to keep are whole, the others share what is left; they are wrapped, or cut with `…`.
    Where that is too little, each row becomes a block of `title: value` lines, in which only an ID
    or another long word may be wider. With `signs` states have their signs.
    """
    if not rows:
        return ""
    titles = [column.title for column in columns]
    cells = [
        [_cell(column, value, signs=signs) for column, value in zip(columns, row, strict=True)]
        for row in rows
    ]
    texts = [*zip(*([cell.text for cell in row] for row in cells), strict=True)]
    wanted = [
        max(map(cell_width, (title, *values))) for title, values in zip(titles, texts, strict=True)
    ]
    widths = _share(wanted, [*map(_least_width, columns, wanted, texts)], width)
    if widths is None:
        blocks = (_block(columns, row, width=width, color=color) for row in cells)
        return "\n\n".join(blocks)
    heads = [_clip(title, room) for title, room in zip(titles, widths, strict=True)]
    lines = [_line(heads, widths, ["bold"] * len(titles), color)]
    for row in cells:
        styles = [cell.style for cell in row]
        fitted = map(_fit, columns, (cell.text for cell in row), widths)
        lines += (_line(part, widths, styles, color) for part in zip_longest(*fitted, fillvalue=""))
    return "\n".join(lines)


def _cell(column: Column, value: object, *, signs: bool) -> Cell:
    text = visible(_plain(value, ", ")).rstrip(" ")
    return _mark(text, signs=signs) if column.state else Cell(text, column.style)


def _least_width(column: Column, wanted: int, texts: Sequence[str]) -> int:
    """Return the least useful width of a column, in cells."""
    if column.keep:
        return wanted
    words = (word for text in texts for word in text.split(" ")) if column.wrap else ()
    return min(wanted, max(_USEFUL, *map(cell_width, words), 0))


def _share(wanted: Sequence[int], least: Sequence[int], width: int) -> list[int] | None:
    """Divide `width`: each column gets its least, then narrow ones what they need.

    None if the least is too much.
    """
    room = width - len(_GAP) * (len(wanted) - 1) - sum(least)
    if room < 0:
        return None
    widths = list(least)
    greedy = sorted(range(len(wanted)), key=lambda index: wanted[index] - least[index])
    for position, index in enumerate(greedy):
        more = min(wanted[index] - least[index], room // (len(greedy) - position))
        widths[index] += more
        room -= more
    return widths


def _line(
    row: Sequence[str], widths: Sequence[int], styles: Sequence[Style | None], color: bool
) -> str:
    return _GAP.join(
        _pad(text, cells, name, color)
        for text, cells, name in zip(row, widths, styles, strict=True)
    ).rstrip(" ")


def _block(columns: Sequence[Column], row: Sequence[Cell], *, width: int, color: bool) -> str:
    label = max(len(column.title) for column in columns) + 1 + len(_GAP)
    room = width - label
    lines = []
    for column, (text, name) in zip(columns, row, strict=True):
        title = f"{column.title}:"
        if room < _NARROWEST or (column.keep and cell_width(text) > room):
            lines += [style(_clip(title, width), "bold", color)]
            lines += [style(part, name, color) for part in _fit(column, text, width)]
        else:
            first, *more = _fit(column, text, room)
            value = style(first, name, color)
            lines.append((_pad(title, label, "bold", color) + value).rstrip(" "))
            lines += [" " * label + style(part, name, color) for part in more]
    return "\n".join(filter(None, lines))


def _fit(column: Column, text: str, cells: int) -> list[str]:
    if column.wrap:
        return wrap_words(text, cells)
    return [text if column.keep else _clip(text, cells)]


def _clip(text: str, cells: int) -> str:
    """Cut `text` to at most `cells` cells (at least one), the last one of them `…`."""
    if cell_width(text) <= cells:
        return text
    # not rich's set_cell_size: joiners at the start make it divide by zero
    fitting = bisect_right(range(len(text)), cells - 1, key=lambda end: cell_width(text[:end])) - 1
    return text[:fitting].rstrip("\u200d ") + "…"


def _pad(text: str, cells: int, name: Style | None, color: bool) -> str:
    return style(text, name, color) + " " * (cells - cell_width(text))


def headline(state: str, sentence: str, *, width: int, color: bool, signs: bool) -> str:
    """Write a result as the lines that come first, with the sign and color of its state."""
    mark = mark_of(state)
    text = wrap(visible(f"{mark.sign} {sentence}" if mark and signs else sentence), width)
    return style(text, mark and mark.style, color)


def record(
    pairs: Sequence[tuple[str, object]],
    *,
    width: int,
    color: bool,
    states: Collection[str] = (),
    signs: bool = False,
) -> str:
    """Show one thing as aligned `title:  value` lines. No value is ever wrapped or cut.

    A text of several lines follows its title, indented; so does a list or an object that does
    not fit into `width`. The values of `states` have colors, and with `signs` their signs.
    """
    titles = [f"{visible(title)}:" for title, _ in pairs]
    label = len(_GAP) + max((n for n in map(cell_width, titles) if n <= _WIDEST_LABEL), default=0)
    lines = []
    for title, (name, value) in zip(titles, pairs, strict=True):
        first, *more = _value_lines(value, max(width - label, 0))
        if name in states:
            first = style(*_mark(first, signs=signs), color)
        if more:
            lines.append(style(title, "bold", color))
            lines += [line and _GAP + line for line in (first, *more)]
        else:
            cells = max(label, cell_width(title) + len(_GAP)) if first else 0
            lines.append(_pad(title, cells, "bold", color) + first)
    return "\n".join(lines)


def _value_lines(value: object, room: int) -> list[str]:
    """Spell a value in one line or more. Lists and objects break up when wider than `room`."""
    if isinstance(value, list | tuple | dict):
        line = visible(_plain(value, ", "))
        if cell_width(line) <= room:
            return [line]
        if isinstance(value, dict):
            return json_text(value).split("\n")
        return [line for item in value for line in _value_lines(item, room)]
    return [visible(line) for line in _plain(value, ", ").rstrip("\n").split("\n")]

"""Rows and plain values as text: table, record and TSV."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import Literal, NamedTuple

from wacb.cli.console import cell_width
from wacb.jsontext import json_line, json_text, visible

Style = Literal["bold", "dim", "red", "green", "yellow"]
_SGR = {"bold": 1, "dim": 2, "red": 31, "green": 32, "yellow": 33}
_GAP = "  "
_USEFUL = 12  # cells a table's column may be squeezed to before it says nothing any more
_NARROWEST = 6  # cells that a value needs beside its title
_WIDEST_LABEL = 24


class Column(NamedTuple):
    """A column of a table. One to `keep` (an ID) is never cut; `style` is for its values only."""

    title: str
    keep: bool = False
    style: Style | None = None


def style(text: str, name: Style | None, color: bool) -> str:
    """Colour `text`, unless colour is off or there is nothing to colour."""
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


def table(
    columns: Sequence[Column], rows: Sequence[Sequence[object]], *, width: int, color: bool
) -> str:
    """Lay rows out for eyes in at most `width` cells; "" without rows.

    Columns to keep are whole, the others share what is left and are cut with `…`. Where that is
    too little, each row becomes a block of `title: value` lines, in which only an ID may be wider.
    """
    if not rows:
        return ""
    titles = [column.title for column in columns]
    cells = [[visible(_plain(value, ", ")).rstrip(" ") for value in row] for row in rows]
    wanted = [max(map(cell_width, texts)) for texts in zip(titles, *cells, strict=True)]
    widths = _share(columns, wanted, width)
    if widths is None:
        blocks = (_block(columns, row, width=width, color=color) for row in cells)
        return "\n\n".join(blocks)
    lines = [_line(titles, widths, ["bold"] * len(titles), color)]
    lines += (_line(row, widths, [column.style for column in columns], color) for row in cells)
    return "\n".join(lines)


def _share(columns: Sequence[Column], wanted: list[int], width: int) -> list[int] | None:
    """Share `width` out: narrow columns get what they want, wide ones even parts of the rest."""
    cuttable = [index for index, column in enumerate(columns) if not column.keep]
    cuttable.sort(key=wanted.__getitem__)
    room = width - len(_GAP) * (len(columns) - 1) - sum(wanted)
    room += sum(wanted[index] for index in cuttable)
    if room < sum(min(wanted[index], _USEFUL) for index in cuttable):
        return None
    widths = list(wanted)
    for position, index in enumerate(cuttable):
        widths[index] = min(wanted[index], room // (len(cuttable) - position))
        room -= widths[index]
    return widths


def _line(
    row: Sequence[str], widths: Sequence[int], styles: Sequence[Style | None], color: bool
) -> str:
    return _GAP.join(
        _pad(_clip(text, cells), cells, name, color)
        for text, cells, name in zip(row, widths, styles, strict=True)
    ).rstrip(" ")


def _block(columns: Sequence[Column], row: Sequence[str], *, width: int, color: bool) -> str:
    label = max(len(column.title) for column in columns) + 1 + len(_GAP)
    room = width - label
    lines = []
    for column, text in zip(columns, row, strict=True):
        title = f"{column.title}:"
        if room < _NARROWEST or (column.keep and cell_width(text) > room):
            value = text if column.keep else _clip(text, width)
            lines += [style(_clip(title, width), "bold", color), style(value, column.style, color)]
        else:
            value = style(_clip(text, room), column.style, color)
            lines.append((_pad(title, label, "bold", color) + value).rstrip(" "))
    return "\n".join(filter(None, lines))


def _clip(text: str, cells: int) -> str:
    """Cut `text` to at most `cells` cells (at least one), the last one of them `…`."""
    if cell_width(text) <= cells:
        return text
    # not rich's set_cell_size: joiners at the start make it divide by zero
    fitting = bisect_right(range(len(text)), cells - 1, key=lambda end: cell_width(text[:end])) - 1
    return text[:fitting].rstrip("\u200d ") + "…"


def _pad(text: str, cells: int, name: Style | None, color: bool) -> str:
    return style(text, name, color) + " " * (cells - cell_width(text))


def record(pairs: Sequence[tuple[str, object]], *, width: int, color: bool) -> str:
    """Show one thing as aligned `title:  value` lines. No value is ever wrapped or cut.

    A text of several lines follows its title, indented; so does a list or an object that does
    not fit into `width`.
    """
    titles = [f"{visible(title)}:" for title, _ in pairs]
    label = len(_GAP) + max((n for n in map(cell_width, titles) if n <= _WIDEST_LABEL), default=0)
    lines = []
    for title, (_, value) in zip(titles, pairs, strict=True):
        first, *more = _value_lines(value, max(width - label, 0))
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

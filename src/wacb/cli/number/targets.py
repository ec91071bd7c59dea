"""The numbers that commands take: arguments, or lines and CSV of `--from`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple
from unicodedata import category

from wacb.cli.app import App
from wacb.errors import InvalidInput
from wacb.validation import InvalidPhone, name_character, parse_number, read_phone

_MAX_SHOWN = 20  # problems that one message names
_HEADERS = (["number"], ["number", "profile"])
_SEPARATOR_LINE = ["sep="]  # how a spreadsheet is told the separator
_COMMENT = re.compile(r'("(?:[^"]|"")*+")|(?:^|(?<=\s))#.*')
_CELL = re.compile(r'[^\S\t]*+(?:"((?:[^"]|"")*+)"[^\S\t]*+|([^",;\t]*+))([,;\t]|\Z)')


def read_number(app: App, text: str) -> str:
    """Return a number as E.164; without + or 00 only one that the account lists."""
    if read_phone(text).startswith("+") or not app.has_credentials:
        return parse_number(text)
    return app.lookup.resolve(text)


class AttachTarget(NamedTuple):
    """A number (E.164) and the profile, by ID or title, to attach.

    `line` is where it is first, counted from 1: a line of the list or an argument.
    """

    number: str
    profile: str
    line: int


def parse(
    text: str, *, profile: str | None, read: Callable[[str], str]
) -> tuple[AttachTarget, ...]:
    """Read a list of `number[,profile]` lines; `profile` is the default of lines without one.

    Understands `;` and tabs for the comma, comments (`#` at the start or after white space), blank
    lines, a header `number,profile`, quoted cells, and invisible characters around one. `read`
    turns a cell into a number. A duplicate line counts once. Raises
    one InvalidInput that names every bad line by its number; it repeats none, since a file with
    secrets may have been passed by mistake.
    """
    targets: dict[str, AttachTarget] = {}
    problems = []
    for line, cells in _rows(text):
        try:
            _add(targets, _read_target(line, cells, profile, read))
        except InvalidInput as error:
            problems.append(error.message)
    if problems:
        count = f"{len(problems)} bad line{'s' * (len(problems) > 1)}"
        raise InvalidInput(
            f"{count} in the number list: {_join_problems(problems)}",
            hint="write `number` or `number,profile` on each line, a number with its country code "
            "like +919812345678; --profile is the default of lines without a profile",
        )
    if not targets:
        raise InvalidInput(
            "the number list is empty", hint="write `number` or `number,profile` on each line"
        )
    return tuple(targets.values())


def from_arguments(
    numbers: Sequence[str], profile: str, *, read: Callable[[str], str]
) -> tuple[AttachTarget, ...]:
    """Return each number once, with one profile. Raises one InvalidInput for all bad numbers."""
    targets: dict[str, AttachTarget] = {}
    problems = []
    hint: str | None = "pass at least one, or a list with --from FILE"
    for place, text in enumerate(numbers, start=1):
        try:
            _add(targets, AttachTarget(number=read(text), profile=profile, line=place))
        except InvalidInput as error:
            problems.append(error.message)
            hint = error.hint
    if problems or not targets:
        raise InvalidInput(_join_problems(problems) or "no numbers", hint=hint)
    return tuple(targets.values())


def _add(targets: dict[str, AttachTarget], new: AttachTarget) -> None:
    first = targets.setdefault(new.number, new)
    if first.profile != new.profile:
        raise InvalidInput(f"lines {first.line} and {new.line} have two profiles for {new.number}")


def _join_problems(problems: Sequence[str]) -> str:
    more = len(problems) - _MAX_SHOWN
    return "; ".join(problems[:_MAX_SHOWN]) + (f"; and {more} more" if more > 0 else "")


def _rows(text: str) -> Iterator[tuple[int, list[str] | None]]:
    """Yield each line that is not empty: its number, and its cells or None for bad quoting."""
    seen = False
    for line, content in enumerate(text.split("\n"), start=1):
        cells = _cells(_COMMENT.sub(r"\1", content))
        if cells == [] or (cells == _SEPARATOR_LINE and not seen):
            continue
        if seen or cells is None or [cell.lower() for cell in cells] not in _HEADERS:
            yield line, cells
        seen = True


def _cells(line: str) -> list[str] | None:
    """Split a line at its commas, semicolons and tabs.

    The empty cells that spreadsheets leave at the end are dropped. None means that a quotation mark
    is not closed, or is inside a cell.
    """
    cells: list[str] = []
    position, separator = 0, ","
    while separator:
        match = _CELL.match(line, position)
        if not match:
            return None
        quoted, plain, separator = match.groups()
        cells.append(_trim(plain if quoted is None else quoted.replace('""', '"')))
        position = match.end()
    while cells and not cells[-1]:
        cells.pop()
    return cells


def _trim(cell: str) -> str:
    """Remove blanks and invisible characters around the text of a cell."""
    seen = [place for place, char in enumerate(cell) if not _is_blank(char)]
    return cell[seen[0] : seen[-1] + 1] if seen else ""


def _is_blank(char: str) -> bool:
    return char.isspace() or category(char) == "Cf"


def _read_target(
    line: int, cells: list[str] | None, default: str | None, read: Callable[[str], str]
) -> AttachTarget:
    if cells is None:
        raise InvalidInput(f"line {line} has a quotation mark in the wrong place")
    if len(cells) > 2:
        raise InvalidInput(f"line {line} has {len(cells)} columns")
    try:
        number = read(cells[0])
    except InvalidPhone as error:
        raise InvalidInput(f"line {line}: {error.problem}") from None
    profile = cells[1] if len(cells) == 2 else default
    if not profile:
        raise InvalidInput(f"line {line} has no profile")
    if other := next((char for char in profile if not char.isprintable()), None):
        raise InvalidInput(
            f"line {line}: unexpected character {name_character(other)} in the profile"
        )
    return AttachTarget(number=number, profile=profile, line=line)

"""The man pages in `src/man/`, made from the help of every command.

`python -m tests.man_pages` writes them; a test compares them.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from wacb.cli import root
from wacb.cli.commands import Command, Group

FOLDER = Path(__file__).parents[1] / "src" / "man"


def pages() -> dict[str, str]:
    """Return the text of every page by its file name."""
    return dict(_pages(_context(root, "wacb")))


def _context(
    command: click.Command, name: str, parent: click.Context | None = None
) -> click.Context:
    return click.Context(command, parent, info_name=name, **command.context_settings)


def _pages(context: click.Context) -> Iterator[tuple[str, str]]:
    command = context.command
    assert isinstance(command, Command)
    yield f"{_name(context)}.1", "\n".join(_lines(context, command)) + "\n"
    if isinstance(command, Group):
        for verb in command.table:
            below = command.get_command(context, verb)
            assert below is not None
            yield from _pages(_context(below, verb, context))


def _lines(context: click.Context, command: Command) -> Iterator[str]:
    summary, _, text = inspect.cleandoc(command.help or "").partition("\n")
    yield rf".\" Made from `{context.command_path} --help` by tests/man_pages.py."
    yield f'.TH {_name(context).upper()} 1 "" "wacb" "wacb"'
    yield from (".nh", ".ad l")  # no word is broken or spread
    yield from (".SH NAME", rf"{_escape(_name(context))} \- {_escape(summary.rstrip('.'))}")
    yield from (".SH SYNOPSIS", f".B {_escape(context.command_path)}")
    yield _escape(" ".join(command.collect_usage_pieces(context)))
    description, _, example = text.partition("\b\nExample:\n")
    yield from (".SH DESCRIPTION", *_paragraphs(description or summary))
    if example:
        yield from (".SH EXAMPLES", ".nf", ".in 0")
        yield from (_escape(line.strip()) for line in example.strip().split("\n"))
        yield from (".in", ".fi")
    if isinstance(command, Group):
        yield ".SH COMMANDS"
        for verb, first in command.table.items():
            yield from (".TP", _bold(f"{context.command_path} {verb}"), _escape(first))
    for title, options in command.sections(context):
        yield from (f".SH {title.upper()}", *_options(context, options))
    yield from (".SH SEE ALSO", *_others(context, command))


def _paragraphs(text: str) -> Iterator[str]:
    for paragraph in text.strip().split("\n\n"):
        yield from (".PP", _escape(" ".join(paragraph.split())))


def _options(context: click.Context, options: Sequence[click.Option]) -> Iterator[str]:
    for option in options:
        record = option.get_help_record(context)
        assert record is not None
        names, text = record
        yield from (
            ".TP",
            _bold(names).replace("|", r"|\:"),
            _escape(text).replace("[env: ", r"[env:\ "),
        )


def _others(context: click.Context, command: click.Command) -> Iterator[str]:
    names = [_name(each) for each in (context.parent,) if each]
    if isinstance(command, Group):
        names += [f"{_name(context)}-{verb}" for verb in command.table]
    yield ",\n".join(f"{_bold(name)}(1)" for name in names)
    if context.parent:
        yield from (".PP", _escape("`wacb --help` lists the options on every command,"))
    yield from (".PP", _escape("`wacb help` the pages of the guide."))


def _name(context: click.Context) -> str:
    return context.command_path.replace(" ", "-")


def _bold(text: str) -> str:
    return rf"\fB{_escape(text)}\fR"


def _escape(text: str) -> str:
    """Write text so that roff prints it as it stands."""
    for char, written in (("\\", r"\e"), ("-", r"\-"), ("'", r"\(aq"), ("`", r"\(ga")):
        text = text.replace(char, written)
    return rf"\&{text}" if text.startswith(".") else text


if __name__ == "__main__":
    for old in FOLDER.glob("*.1"):
        old.unlink()
    for file, content in pages().items():
        (FOLDER / file).write_text(content)

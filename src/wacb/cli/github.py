"""Outputs and a summary for GitHub Actions (`--github`), safe for any value."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

from wacb.cli.app import App
from wacb.cli.commands import Section
from wacb.cli.options import option
from wacb.errors import ConfigError, InvalidInput
from wacb.jsontext import visible
from wacb.storage.paths import expand

MAX_ROWS = 1_000  # GitHub drops a summary of more than 1 MiB
_VARIABLES = ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")
_OVERWRITTEN = "this step has already set these outputs, which are now overwritten"
_APART = "use --github only once per step"
github_option = option(
    "--github",
    section=Section.OUTPUT,
    is_flag=True,
    help="Write outputs and a summary for GitHub Actions. "
    "[env: GITHUB_OUTPUT, GITHUB_STEP_SUMMARY]",
)


def check_github(app: App) -> None:
    """Raise InvalidInput or ConfigError if the outputs cannot be written."""
    if not app.environ.get("GITHUB_OUTPUT"):
        raise InvalidInput(
            "--github requires the variable GITHUB_OUTPUT",
            hint="use --github in a job of GitHub Actions, which sets it",
        )
    for path in _files(app):
        _append(path, "")


def write_github(app: App, outputs: Mapping[str, str], summary: str) -> None:
    """Append the outputs, and the Markdown `summary` to the step's if it has one.

    GitHub keeps the last value of an output: a warning, which the summary repeats, names those that
    the step has set before.
    """
    output, *summaries = _files(app)
    before = set(_names(output))
    if again := [name for name in outputs if name in before]:
        app.out.warn(f"{_OVERWRITTEN}: {', '.join(again)}; {_APART}")
        summary += f"\n\n**Warning:** {_OVERWRITTEN}: `{'`, `'.join(again)}`; {_APART}."
    _append(output, app.out.redact("".join(map(_output_text, outputs, outputs.values()))))
    for path in summaries:
        _append(path, app.out.redact(f"{summary}\n\n"))


def markdown_table(app: App, titles: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Write a table whose cells are plain text without secrets, of at most MAX_ROWS rows."""
    shown = [_row(markdown_text(app, cell) for cell in row) for row in islice(rows, MAX_ROWS + 1)]
    lines = [_row(titles), _row(["---"] * len(titles)), *shown[:MAX_ROWS]]
    if len(shown) > MAX_ROWS:
        lines.append(_row(["…", "more rows not shown", *[""] * (len(titles) - 2)]))
    return "\n".join(lines)


def markdown_text(app: App, text: str) -> str:
    """Escape what Markdown, HTML, a table cell or a terminal would interpret."""
    plain = visible(" ".join(app.out.redact(text).split()))
    return "".join(f"&#{ord(char)};" if char in "\\`*_{}[]<>()#+!|&~@:" else char for char in plain)


def _files(app: App) -> list[Path]:
    named = [path for name in _VARIABLES if (path := app.environ.get(name))]
    return [expand(path, app.environ) for path in named]


def _output_text(name: str, value: str) -> str:
    """Write one output between random delimiters, which no value can contain."""
    delimiter = f"wacb_{os.urandom(16).hex()}"
    return f"{name}<<{delimiter}\n{value}\n{delimiter}\n"


def _names(path: Path) -> Iterator[str]:
    """Yield the names of the outputs in a file, which are `name=value` or `name<<delimiter`."""
    with _reported(path):
        text = path.read_text("utf-8", errors="replace") if path.is_file() else ""
    lines = iter(text.split("\n"))
    for line in lines:
        name, sign, rest = min(
            line.partition("="), line.partition("<<"), key=lambda each: len(each[0])
        )
        if sign:
            yield name
        if sign == "<<":
            next((each for each in lines if each == rest), None)  # skip the value


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _append(path: Path, text: str) -> None:
    with _reported(path), path.open("a", encoding="utf-8", errors="backslashreplace") as file:
        file.write(text)


@contextmanager
def _reported(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ConfigError(
            f"cannot access {path}: {error.strerror}", hint=f"check {' and '.join(_VARIABLES)}"
        ) from error

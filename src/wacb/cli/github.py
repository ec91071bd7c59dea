"""Outputs and a summary for GitHub Actions (`--github`, cli.md 11), safe for any value."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from pathlib import Path

import click

from wacb.cli.app import App
from wacb.errors import ConfigError, InvalidInput
from wacb.jsontext import visible

MOST_ROWS = 1_000  # GitHub shows no summary of more than 1 MiB
_VARIABLES = ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")
github_option = click.option(
    "--github",
    is_flag=True,
    help="Write outputs and a summary for GitHub Actions. [GITHUB_OUTPUT, GITHUB_STEP_SUMMARY]",
)


def check_github(app: App) -> None:
    """Raise InvalidInput or ConfigError where no output can be written, before anything is done."""
    if not app.environ.get("GITHUB_OUTPUT"):
        raise InvalidInput(
            "--github needs the variable GITHUB_OUTPUT", hint="GitHub Actions sets it in a job"
        )
    for path in _files(app):
        _append(path, "")


def write_github(app: App, outputs: Mapping[str, str], summary: str) -> None:
    """Append the outputs, and the Markdown `summary` to the step's where there is one."""
    texts = ("".join(map(_output, outputs, outputs.values())), summary + "\n\n")
    for path, text in zip(_files(app), texts, strict=False):
        _append(path, app.out.redact(text))


def markdown_table(app: App, titles: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Write a table in which no cell is Markdown or HTML, nor a secret; a long one is cut."""
    shown = [_row(markdown_text(app, cell) for cell in row) for row in islice(rows, MOST_ROWS + 1)]
    lines = [_row(titles), _row(["---"] * len(titles)), *shown[:MOST_ROWS]]
    if len(shown) > MOST_ROWS:
        lines.append(_row(["…", "there are more", *[""] * (len(titles) - 2)]))
    return "\n".join(lines)


def markdown_text(app: App, text: str) -> str:
    """Keep text from being Markdown or HTML, from its cell's end, and from steering a terminal."""
    plain = visible(" ".join(app.out.redact(text).split()))
    return "".join(f"&#{ord(char)};" if char in "\\`*_{}[]<>()#+!|&~@:" else char for char in plain)


def _files(app: App) -> list[str]:
    return [path for name in _VARIABLES if (path := app.environ.get(name))]


def _output(name: str, value: str) -> str:
    """Write one output between delimiters that no value can hold by chance or on purpose."""
    delimiter = f"wacb_{os.urandom(16).hex()}"
    return f"{name}<<{delimiter}\n{value}\n{delimiter}\n"


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _append(path: str, text: str) -> None:
    try:
        with Path(path).open("a", encoding="utf-8", errors="backslashreplace") as file:
            file.write(text)
    except OSError as error:
        raise ConfigError(
            f"cannot write {path}: {error.strerror}",
            hint=f"it is what {' or '.join(_VARIABLES)} names",
        ) from error

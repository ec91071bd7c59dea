"""How an API key reaches the config file: from stdin, a file or a hidden prompt."""

from __future__ import annotations

from pathlib import Path

import click

from wacb.cli.app import App
from wacb.cli.input import read_stdin
from wacb.cli.options import FilePath, combine
from wacb.errors import ConfigError, InvalidInput
from wacb.storage import files
from wacb.storage.text import drop_line_end

api_key_options = combine(
    click.option("--api-key-stdin", is_flag=True, help="Read the API key from stdin."),
    click.option(
        "--api-key-file", type=FilePath(), metavar="PATH", help="Read the API key from a file."
    ),
)


def read_key(app: App, from_stdin: bool, file: Path | None) -> str | None:
    """Read a key from stdin or a file without its line end; None for neither."""
    if from_stdin and file:
        raise InvalidInput("--api-key-stdin and --api-key-file cannot be used together")
    if not from_stdin and file is None:
        return None
    text = read_stdin() if file is None else files.read_text(file)
    if text is None:
        raise ConfigError(f"the key file {file} does not exist", hint="check the path")
    key = drop_line_end(text)
    app.out.keep_secret(key)
    if not key:
        raise InvalidInput(f"the API key in {file or 'stdin'} is empty", hint="write the key to it")
    return key

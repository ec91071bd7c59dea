"""`wacb callback decode`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from wacb.callbacks.decode import Received, read_text
from wacb.cli import completion
from wacb.cli.app import App, pass_app
from wacb.cli.ciphers import decrypter
from wacb.cli.commands import Command
from wacb.cli.input import STDIN, read_input
from wacb.cli.options import FilePath, output_options
from wacb.cli.streams import is_terminal


@click.command(cls=Command)
@click.argument(
    "file", metavar="[FILE|-]", type=FilePath(), default="-", shell_complete=completion.files
)
@click.option(
    "--decrypt",
    "key_file",
    metavar="FILE",
    type=FilePath(),
    help="Encryption file to decrypt the values with.",
)
@output_options
@pass_app
def command(app: App, *, file: Path, key_file: Path | None) -> None:
    """Decode a received callback into named fields.

    FILE contains what your endpoint received: a query string, a URL, a JSON or form body, or a file
    saved by `callback listen --save`. Without FILE, or with -, reads stdin. `message`, whose value
    is JSON text, is decoded too. -q prints `message` or `other`.

    \b
    Example:
      wacb callback decode callback.json --decrypt key.toml
    """
    decrypt = decrypter(app, key_file) if key_file else None
    if file == STDIN and is_terminal(sys.stdin):
        app.out.message("Reading a callback from stdin; press Ctrl-D on a new line to finish")
    received = read_text(read_input(file, "the callback"), decrypt=decrypt)
    _show(app, received)


def _show(app: App, received: Received) -> None:
    whole = {name: value for name, value in received._asdict().items() if name != "body"}
    app.out.fields(received.fields, whole=whole, id=received.kind)
    app.out.note(*received.notes)
    if received.kind == "message":
        details = [
            f"{words}: {', '.join(names)}"
            for words, names in (
                ("empty", received.empty),
                ("not filled in", received.literal),
                ("missing", received.missing),
            )
            if names
        ]
        arrived = len(received.present)
        app.out.hint("; ".join((f"{arrived} of the 14 fields arrived", *details)))

"""`wacb number history`."""

from __future__ import annotations

import click

from wacb.cli.app import App, pass_app
from wacb.cli.options import Command, output_options
from wacb.journal import Entry
from wacb.rules import parse_number


@click.command(cls=Command)
@click.argument("number", metavar="[NUMBER]", required=False)
@output_options
@pass_app
def command(app: App, *, number: str | None) -> None:
    """Show the changes of numbers that were made on this machine, oldest first.

    \b
    Example:
      wacb number history +919812345678
    """
    target = number and parse_number(number)
    none = f"the journal has no change of number {target}" if target else None
    app.out.many(app.journal.history(target), Entry, none=none)

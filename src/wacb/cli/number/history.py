"""`wacb number history`."""

from __future__ import annotations

import click

from wacb.cli import completion
from wacb.cli.app import App, pass_app
from wacb.cli.commands import Command
from wacb.cli.options import output_options
from wacb.cli.views.numbers import HISTORY_ENTRY
from wacb.validation import parse_number


@click.command(cls=Command)
@click.argument("number", metavar="[NUMBER]", required=False, shell_complete=completion.numbers)
@output_options
@pass_app
def command(app: App, *, number: str | None) -> None:
    """Show number changes made from this machine.

    Use it to see what a rollback would restore. The oldest change comes first.

    \b
    Example:
      wacb number history +919812345678
    """
    target = None if number is None else parse_number(number)
    none = f"no changes of number {target} in the journal" if target else None
    app.out.table(app.journal.history(target), HISTORY_ENTRY, none=none)

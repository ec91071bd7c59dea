"""`wacb number history`."""

from __future__ import annotations

import click

from wacb.cli.app import App, pass_app
from wacb.cli.commands import Command
from wacb.cli.completion import values
from wacb.cli.options import output_options
from wacb.cli.render import Column
from wacb.cli.views import VIEWS, View
from wacb.storage.journal import Entry
from wacb.validation import parse_number

VIEWS[Entry] = View(
    as_json=Entry._asdict,
    columns=(
        Column(title="TIME", keep=True),
        Column(title="NUMBER", keep=True),
        Column(title="ACTION"),
        Column(title="OLD", keep=True),
        Column(title="NEW", keep=True),
    ),
    cells=lambda value: tuple(value[name] for name in ("time", "number", "action", "old", "new")),
    id="number",
    none="the journal has no change",
)


@click.command(cls=Command)
@click.argument("number", metavar="[NUMBER]", required=False, shell_complete=values.numbers)
@output_options
@pass_app
def command(app: App, *, number: str | None) -> None:
    """Show the changes of numbers that were made on this machine, oldest first.

    \b
    Example:
      wacb number history +919812345678
    """
    target = None if number is None else parse_number(number)
    none = f"the journal has no change of number {target}" if target else None
    app.out.many(app.journal.history(target), Entry, none=none)

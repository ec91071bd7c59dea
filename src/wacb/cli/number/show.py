"""`wacb number show`."""

from __future__ import annotations

import click

from wacb.cli.app import App, pass_app
from wacb.cli.commands import Command
from wacb.cli.number.targets import read_number
from wacb.cli.options import number_argument, output_options
from wacb.cli.views.numbers import NUMBER


@click.command(cls=Command)
@number_argument
@output_options
@pass_app
def command(app: App, *, number: str) -> None:
    """Show one number and its profile.

    Use it to check a number's status and which profile is attached.

    \b
    Example:
      wacb number show +919812345678
    """
    app.out.record(app.lookup.number(read_number(app, number)), NUMBER)

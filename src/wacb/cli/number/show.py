"""`wacb number show`."""

from __future__ import annotations

import click

from wacb.cli.app import App, pass_app
from wacb.cli.commands import Command
from wacb.cli.number.targets import read_number
from wacb.cli.options import number_argument, output_options
from wacb.cli.views.numbers import NUMBER
from wacb.provision.numbers import look_up_with_profile


@click.command(cls=Command)
@number_argument
@output_options
@pass_app
def command(app: App, *, number: str) -> None:
    """Show one number and where its messages go.

    Use it to see the number's status, its profile with endpoint and placeholders, and its last
    change from this machine.

    \b
    Example:
      wacb number show +919812345678
    """
    found = look_up_with_profile(app.lookup, read_number(app, number))
    app.out.note(*found.notes)
    app.out.record(found, NUMBER)

"""`wacb profile show`."""

from __future__ import annotations

import click

from wacb.cli.app import App, pass_app
from wacb.cli.commands import Command
from wacb.cli.completion import values
from wacb.cli.options import output_options


@click.command(cls=Command)
@click.argument("reference", metavar="ID|TITLE", shell_complete=values.profiles)
@output_options
@pass_app
def command(app: App, *, reference: str) -> None:
    """Show one callback profile.

    Header values and encryption keys are never shown.

    \b
    Example:
      wacb profile show wacb-incoming-example-com-hook
    """
    app.out.one(app.look.profile(reference))

"""`wacb config unset`."""

from __future__ import annotations

import click

from wacb.cli.app import App, pass_app
from wacb.cli.commands import Command
from wacb.config import file


@click.command(cls=Command)
@click.argument("key", type=click.Choice(file.KEYS), metavar="KEY")
@pass_app
def command(app: App, *, key: str) -> None:
    """Remove a setting from the current account.

    \b
    Example:
      wacb config unset endpoint
    """
    if file.unset_value(app.config_path, key, account=app.chosen_account, remaining=app.remaining):
        app.out.note(file.COMMENTS_DROPPED)

"""`wacb config list`."""

from __future__ import annotations

import click

from wacb.cli.app import App, pass_app
from wacb.cli.commands import Command
from wacb.cli.options import output_options
from wacb.cli.views.accounts import ACCOUNT
from wacb.config.accounts import list_accounts


@click.command(cls=Command)
@output_options
@pass_app
def command(app: App) -> None:
    """List the accounts of the config file.

    The default account is the one that commands use without --account.

    \b
    Example:
      wacb config list
    """
    app.out.table(list_accounts(app.config_file), ACCOUNT)

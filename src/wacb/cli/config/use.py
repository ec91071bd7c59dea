"""`wacb config use`."""

from __future__ import annotations

import click

from wacb.cli import completion
from wacb.cli.app import App, pass_app
from wacb.cli.commands import Command
from wacb.config.accounts import use_account
from wacb.config.file import COMMENTS_DROPPED


@click.command(cls=Command)
@click.argument("name", shell_complete=completion.accounts)
@pass_app
def command(app: App, *, name: str) -> None:
    """Make an account the default.

    Commands use it unless --account or WACB_ACCOUNT names another one.

    \b
    Example:
      wacb config use prod
    """
    if use_account(app.config_path, name, remaining=app.remaining):
        app.out.note(COMMENTS_DROPPED)
    app.out.message(f"{name!r} is now the default account")
    variable = app.environ.get("WACB_ACCOUNT")
    if variable and variable != name:
        app.out.note(f"the variable WACB_ACCOUNT still selects {variable!r}")

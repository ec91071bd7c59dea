"""`wacb config path`."""

from __future__ import annotations

import click

from wacb.cli.app import App, pass_app
from wacb.cli.commands import Command


@click.command(cls=Command)
@pass_app
def command(app: App) -> None:
    """Print where the config file is, or would be.

    \b
    Example:
      wacb config path
    """
    app.out.raw(str(app.config_path))

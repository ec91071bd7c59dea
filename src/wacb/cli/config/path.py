"""`wacb config path`."""

from __future__ import annotations

import click

from wacb.cli.app import App, pass_app
from wacb.cli.commands import Command
from wacb.storage import paths


@click.command(cls=Command)
@pass_app
def command(app: App) -> None:
    """Print the path of the config file.

    The file need not exist.

    \b
    Example:
      wacb config path
    """
    paths.require_folder(app.config_path)
    app.out.text(str(app.config_path))

"""`wacb api assumptions`."""

from __future__ import annotations

import click

from wacb.api.assumptions import list_assumed
from wacb.cli.account import has_sid
from wacb.cli.app import App, pass_app
from wacb.cli.commands import Command
from wacb.cli.options import output_options
from wacb.cli.state import open_verdicts
from wacb.cli.views.assumptions import ASSUMED


@click.command(cls=Command)
@output_options
@pass_app
def command(app: App) -> None:
    """List what wacb assumes about the Kaleyra API.

    Kaleyra documents only part of its API. Each row shows an assumption, what depends on it,
    whether it is documented, and what the last check of this account found. If a row names a config
    key, that key changes the assumption.

    \b
    Example:
      wacb api assumptions
    """
    verdicts = open_verdicts(app.api, app.state_folder).read() if has_sid(app.api) else {}
    app.out.table(list_assumed(app.api.overrides, verdicts), ASSUMED)

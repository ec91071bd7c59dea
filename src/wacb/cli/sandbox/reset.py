"""`wacb sandbox reset`."""

from __future__ import annotations

import click

from wacb.cli.app import App, pass_app
from wacb.cli.commands import Command
from wacb.cli.completion.values import sandbox_cache
from wacb.cli.emulator import state_errors
from wacb.cli.options import dry_run_option


@click.command(cls=Command)
@dry_run_option
@pass_app
def command(app: App, *, dry_run: bool) -> None:
    """Reset the emulator to its initial state.

    Deletes all profiles and messages, and restores the four numbers.

    \b
    Example:
      wacb sandbox reset
    """
    if dry_run:
        app.out.message("Would reset the sandbox. Nothing was changed.")
        return
    with state_errors(app.state_folder):
        app.sandbox.reset()
    sandbox_cache(app).clear()
    app.out.message("Sandbox reset")

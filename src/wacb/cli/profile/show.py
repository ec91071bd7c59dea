"""`wacb profile show`."""

from __future__ import annotations

import click

from wacb.cli import completion
from wacb.cli.app import App, pass_app
from wacb.cli.commands import Command
from wacb.cli.options import output_options
from wacb.cli.views.profiles import PROFILE


@click.command(cls=Command)
@click.argument("reference", metavar="ID|TITLE", shell_complete=completion.profiles)
@output_options
@pass_app
def command(app: App, *, reference: str) -> None:
    """Show one callback profile.

    Use it to see a profile's endpoint, template and status. Header values and encryption keys are
    never shown.

    \b
    Example:
      wacb profile show wacb-incoming-example-com-hook
    """
    profile = app.lookup.profile(reference)
    app.out.record(profile, PROFILE)
    if profile.doubt:
        app.out.note(profile.doubt)

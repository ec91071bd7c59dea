"""`wacb number list`."""

from __future__ import annotations

import click

from wacb.cli.app import App, pass_app
from wacb.cli.commands import Command
from wacb.cli.completion.values import remember
from wacb.cli.options import output_options
from wacb.models import Number


@click.command(cls=Command)
@output_options
@pass_app
def command(app: App) -> None:
    """List the numbers of the WhatsApp business account.

    Needs a WABA ID: only the V2 API has such a listing.

    \b
    Example:
      wacb number list
    """
    listed = app.client.list_numbers()
    remember(app, "numbers", {number.number: number.name or "" for number in listed})
    app.out.many(listed, Number)

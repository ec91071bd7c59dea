"""`wacb number list`."""

from __future__ import annotations

import click

from wacb.cli.app import App, pass_app
from wacb.cli.commands import Command
from wacb.cli.completion.values import store_listing
from wacb.cli.options import output_options
from wacb.cli.views.numbers import NUMBER


@click.command(cls=Command)
@output_options
@pass_app
def command(app: App) -> None:
    """List the numbers of the WhatsApp business account.

    Use it to see which profile each number has. Requires a WABA ID: only the V2 API lists numbers.

    \b
    Example:
      wacb number list
    """
    listing = app.client.list_numbers()
    listed = list(listing)
    if not listing.gap:
        store_listing(app, "numbers", {number.number: number.name or "" for number in listed})
    if not listed:  # then nothing is known, not even that there is none
        listing.check_whole()
    app.out.table(listed, NUMBER)
    listing.check_whole()

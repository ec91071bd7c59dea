"""`wacb profile list`."""

from __future__ import annotations

from itertools import islice

import click

from wacb.cli.app import App, pass_app
from wacb.cli.commands import Command
from wacb.cli.completion.values import store_listing
from wacb.cli.options import output_options
from wacb.cli.views.profiles import PROFILE


@click.command(cls=Command)
@click.option("--title", metavar="TEXT", help="Filter by title (substring, case-insensitive).")
@click.option(
    "--status", type=click.Choice(("active", "auto-disabled", "disabled")), help="Filter by status."
)
@click.option(
    "--limit", type=click.IntRange(min=1), metavar="N", help="Maximum number of profiles to list."
)
@output_options
@pass_app
def command(app: App, *, title: str | None, status: str | None, limit: int | None) -> None:
    """List the callback profiles.

    Use it to find IDs. PLACEHOLDERS counts how many of the 14 are in the template.

    \b
    Example:
      wacb profile list --title incoming
    """
    wanted = (title or "").lower()
    listing = app.client.list_profiles(wanted=lambda text: wanted in text.lower())
    found = (profile for profile in listing if status in (None, profile.status))
    listed = list(islice(found, limit))
    if not (wanted or status or limit or listing.gap):
        store_listing(app, "profiles", {profile.id: profile.title for profile in listed})
    if not listed:  # then nothing is known, not even that there is none
        listing.check_whole()
    none = "no matching callback profiles" if title or status else None
    app.out.table(listed, PROFILE, none=none)
    listing.check_whole()

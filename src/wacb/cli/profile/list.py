"""`wacb profile list`."""

from __future__ import annotations

from functools import partial
from itertools import islice

import click

from wacb.api.responses import ProfileRow
from wacb.cli.app import App, pass_app
from wacb.cli.commands import Command
from wacb.cli.completion.values import store_listing
from wacb.cli.options import output_options, read_jobs_option
from wacb.cli.views.profiles import PROFILE
from wacb.models import Need


@click.command(cls=Command)
@click.option("--title", metavar="TEXT", help="Filter by title (substring, case-insensitive).")
@click.option(
    "--status", type=click.Choice(("active", "auto-disabled", "disabled")), help="Filter by status."
)
@click.option(
    "--limit", type=click.IntRange(min=1), metavar="N", help="Maximum number of profiles to list."
)
@read_jobs_option
@output_options
@pass_app
def command(app: App, *, title: str | None, status: str | None, limit: int | None) -> None:
    """List the callback profiles.

    Use it to find IDs. PLACEHOLDERS counts how many of the 14 are in the template.

    \b
    Example:
      wacb profile list --title incoming
    """
    listing = app.client.list_profiles(
        wanted=partial(_is_wanted, (title or "").lower(), status),
        need=_need(app, by_status=status is not None),
        limit=limit,
    )
    found = (profile for profile in listing if status in (None, profile.status))
    listed = list(islice(found, limit))
    if not (title or status or limit or listing.gap):
        store_listing(app, "profiles", {profile.id: profile.title for profile in listed})
    if not listed:  # then nothing is known, not even that there is none
        listing.check_whole()
    none = "no matching callback profiles" if title or status else None
    app.out.table(listed, PROFILE, none=none)
    listing.check_whole()


def _is_wanted(title: str, status: str | None, row: ProfileRow) -> bool:
    """Return whether the filters let a profile pass, as far as its row shows."""
    return title in row.title.lower() and (status is None or row.status in (None, status))


def _need(app: App, *, by_status: bool) -> Need:
    """Return which members of a profile the output or the filter needs."""
    if app.out.quiet:
        return Need.STATUS if by_status else Need.NOTHING
    return Need.ALL if app.out.chosen == "json" else Need.TEMPLATE

"""`wacb number list`."""

from __future__ import annotations

from collections.abc import Sequence

import click

from wacb.cli import completion
from wacb.cli.app import App, pass_app
from wacb.cli.commands import Command
from wacb.cli.completion.values import store_listing
from wacb.cli.options import output_options, read_jobs_option
from wacb.cli.views.numbers import NUMBER
from wacb.errors import InvalidInput
from wacb.models import Need, Number
from wacb.provision.numbers import (
    NumberList,
    NumberWithProfile,
    choose,
    count_hidden,
    list_with_profiles,
)
from wacb.validation import looks_like_id


@click.command(cls=Command)
@click.option(
    "--profile",
    metavar="ID|TITLE",
    help="List only numbers with this profile attached.",
    shell_complete=completion.profiles,
)
@click.option("--unattached", is_flag=True, help="List only numbers without a profile.")
@read_jobs_option
@output_options
@pass_app
def command(app: App, *, profile: str | None, unattached: bool) -> None:
    """List numbers and their attached profiles.

    Use it to see where the messages to each number go. Requires a WABA ID: only the V2 API lists
    numbers.

    \b
    Example:
      wacb number list
      wacb number list --unattached
    """
    if profile is not None and unattached:
        raise InvalidInput("--profile and --unattached cannot be used together")
    wanted = None if profile is None else _find_id(app, profile)
    listing, listed, notes = _list(app)
    if not listing.gap:
        names = {each.number.number: each.number.name or "" for each in listed}
        store_listing(app, "numbers", names)
    if not listed:  # then nothing is known, not even that there is none
        listing.check_whole()
    chosen = choose(listed, profile_id=wanted, unattached=unattached)
    app.out.note(*notes)
    _note_hidden(app, [each.number for each in listed], filtered=unattached or wanted is not None)
    none = "no matching numbers" if listed else None
    app.out.table(chosen, NUMBER, none=none)
    listing.check_whole()


def _find_id(app: App, reference: str) -> str:
    if looks_like_id(reference):
        return reference
    return app.lookup.profile(reference, need=Need.NOTHING).id


def _list(app: App) -> NumberList:
    """List the numbers; profiles only where the output shows them."""
    if not app.out.quiet:
        return list_with_profiles(app.client)
    listing = app.client.list_numbers()
    return NumberList(listing, [*map(NumberWithProfile, listing)])


def _note_hidden(app: App, numbers: Sequence[Number], *, filtered: bool) -> None:
    hidden = count_hidden(numbers)
    if hidden and filtered:
        which = "any number" if hidden == len(numbers) else f"{hidden} of {len(numbers)} numbers"
        app.out.note(f"the API does not show the profile of {which}, so the list may be incomplete")

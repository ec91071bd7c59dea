"""Numbers together with the profiles that they have."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple

from wacb.api.client import Client
from wacb.api.listing import Listing
from wacb.api.responses import NO_SUCH_PROFILE, ProfileRow
from wacb.errors import NotFound, Unavailable
from wacb.models import UNKNOWN, CallbackProfile, Need, Number, fold_id
from wacb.provision.lookup import AccountLookup
from wacb.storage.journal import Entry


class NumberWithProfile(NamedTuple):
    """A number and its profile, None if it has none or none is known; `notes` say why not.

    `last_change` is the last one that was made from this machine.
    """

    number: Number
    profile: CallbackProfile | None = None
    last_change: Entry | None = None
    notes: tuple[str, ...] = ()


class NumberList(NamedTuple):
    """Numbers with their profiles, the listing they are from, and `notes` on missing profiles."""

    listing: Listing[Number]
    numbers: list[NumberWithProfile]
    notes: tuple[str, ...] = ()


def list_with_profiles(client: Client) -> NumberList:
    """List the numbers of the WABA, and the profiles that they have.

    Raises ConfigError without a WABA ID. A profile that the API does not list is looked up by its
    ID: it may be new. If profiles cannot be listed, all are None.
    """
    client.api.list_numbers()  # raises before anything is sent
    (listing, numbers), (rows, problem) = client.both(
        lambda: _list_numbers(client), lambda: _list_rows(client)
    )
    ids = {fold_id(each): each for each in map(attached_id, numbers) if each}
    wanted = [row for row in rows if fold_id(row.id) in ids]
    profiles = {fold_id(each.id): each for each in client.complete(wanted, Need.TEMPLATE)}
    notes = [f"the profiles could not be listed: {problem}"] if problem and ids else []
    unlisted = [] if problem else sorted(ids.keys() - {fold_id(row.id) for row in rows})
    looked_up = client.at_once(lambda folded: _look_up(client, ids[folded]), unlisted)
    for folded, found in zip(unlisted, looked_up, strict=True):
        if isinstance(found, CallbackProfile):
            profiles[folded] = found
        else:
            users = [each.number for each in numbers if fold_id(attached_id(each)) == folded]
            named = users[0] if len(users) == 1 else f"{len(users)} numbers"
            notes.append(f"{found}: messages to {named} go nowhere" if found else "")
    listed = [
        NumberWithProfile(number, profiles.get(fold_id(attached_id(number)))) for number in numbers
    ]
    return NumberList(listing, listed, tuple(filter(None, notes)))


def _look_up(client: Client, profile_id: str) -> CallbackProfile | str:
    """Return a profile, or that it does not exist, or "" if that is not known."""
    try:
        return client.get_profile(profile_id)
    except NotFound as error:
        gone = error.api_code == NO_SUCH_PROFILE
        return f"profile {profile_id} does not exist" if gone else ""
    except Unavailable:
        return ""


def attached_id(number: Number) -> str:
    """Return the ID of the profile that the API shows on a number, "" if it shows none."""
    shown = number.callback_profile_id
    return shown if isinstance(shown, str) else ""


def _list_numbers(client: Client) -> tuple[Listing[Number], list[Number]]:
    listing = client.list_numbers()
    return listing, list(listing)


def _list_rows(client: Client) -> tuple[list[ProfileRow], str]:
    """Return the profiles, and what went wrong with them, "" if nothing did."""
    try:
        return list(client.profile_rows()), ""
    except Unavailable as error:
        return [], error.message


def choose(
    listed: Sequence[NumberWithProfile], *, profile_id: str | None, unattached: bool
) -> list[NumberWithProfile]:
    """Return the numbers that have a profile, or none; by default all."""
    if unattached:
        return [each for each in listed if each.number.callback_profile_id is None]
    if profile_id is None:
        return list(listed)
    wanted = fold_id(profile_id)
    return [each for each in listed if fold_id(attached_id(each.number)) == wanted]


def count_hidden(numbers: Collection[Number]) -> int:
    """Count the numbers whose profile the API does not show."""
    return sum(number.callback_profile_id is UNKNOWN for number in numbers)


def look_up_with_profile(lookup: AccountLookup, number: str) -> NumberWithProfile:
    """Find a number (E.164), its profile, and its last change. Raises NotFound.

    Where the API does not show the profile, the journal's last value counts, with a note.
    """
    found = lookup.number(number)
    attached = lookup.attached_profile_id(found)
    shown = NumberWithProfile(found, last_change=lookup.journal.last_change(number))
    notes: tuple[str, ...] = ()
    if found.callback_profile_id is UNKNOWN:
        note = f"the API does not show which profile number {number} has attached"
        if attached is not UNKNOWN:
            note += f"; according to the journal it is {attached or 'none'}"
        notes = (note,)
    if not isinstance(attached, str):
        return shown._replace(notes=notes)
    try:
        profile = lookup.profile(attached, need=Need.TEMPLATE)
    except NotFound:
        gone = f"profile {attached} does not exist: messages to number {number} go nowhere"
        return shown._replace(notes=(*notes, gone))
    except Unavailable as error:
        return shown._replace(notes=(*notes, f"profile {attached} could not be read: {error}"))
    return shown._replace(profile=profile, notes=notes)

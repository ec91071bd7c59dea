"""Delete a profile that no number needs any more.

The API itself does not check whether a number uses a profile (api.md §4).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from wacb.errors import (
    Command,
    ConsentRequired,
    NotFound,
    OutcomeUnknown,
    Prose,
    Unavailable,
    WacbError,
)
from wacb.models import UNKNOWN, CallbackProfile, Number
from wacb.provision.lookup import AccountLookup
from wacb.provision.steps import ProfileResult

if TYPE_CHECKING:
    from wacb.api.client import Client


class DeleteStep(NamedTuple):
    """A profile to be deleted; `notes` are for the user."""

    profile: CallbackProfile
    notes: tuple[str, ...] = ()


def prepare_delete(lookup: AccountLookup, reference: str, *, force: bool) -> DeleteStep:
    """Find the profile and the numbers it is attached to.

    Raises NotFound and Ambiguous, and ConsentRequired for a profile that is attached, unless
    `force`.
    """
    profile = lookup.profile(reference)
    listed, notes = _list_numbers(lookup, force=force)
    users = [
        number.number for number in listed.values() if number.callback_profile_id == profile.id
    ]
    users += [
        f"{number} (by the journal)"
        for number, believed in sorted(lookup.journal.believed.items())
        if believed == profile.id and (number not in listed or _is_hidden(listed[number]))
    ]
    attached = ", ".join(users)
    if users and not force:
        raise ConsentRequired(
            f"profile {profile.label} is attached to {attached}",
            hint=Prose(
                *("detach it with `", Command("number detach", "NUMBER"), "` first, "),
                "or pass --force to delete it anyway",
            ),
        )
    if users:
        notes.insert(0, f"it is attached to {attached}: no callbacks will be delivered there")
    return DeleteStep(profile=profile, notes=tuple(notes))


def _is_hidden(number: Number) -> bool:
    return number.callback_profile_id is UNKNOWN


def _list_numbers(lookup: AccountLookup, *, force: bool) -> tuple[dict[str, Number], list[str]]:
    """List the numbers, and note what the listing does not show."""
    unknown = "the profile may still be attached to a number"
    if lookup.client.api.waba_id is None:
        return {}, [f"without a WABA ID the numbers cannot be listed: {unknown}"]
    try:
        listed = lookup.listed
    except WacbError as error:
        if not force:
            raise
        return {}, [f"{error.message}: {unknown}"]
    if any(map(_is_hidden, listed.values())):
        return listed, [f"the API does not show which profile a number has: {unknown}"]
    return listed, []


def delete_profile(client: Client, profile: CallbackProfile) -> ProfileResult:
    """Delete the profile; one that somebody else deleted meanwhile counts as deleted.

    Raises OutcomeUnknown when the answer is lost and the profile is still there, or cannot be
    looked up.
    """
    try:
        client.delete_profile(profile.id)
    except NotFound as error:
        _check_gone(client, profile.id, error)  # perhaps an attempt whose answer was lost did it
    except Unavailable as error:
        if not error.sent:
            raise
        _check_gone(client, profile.id, error)
    return ProfileResult(profile=profile, status="deleted")


def _check_gone(client: Client, profile_id: str, lost: WacbError) -> None:
    state = "still exists"
    try:
        client.get_profile(profile_id)
    except NotFound:
        return
    except WacbError as error:
        state = f"may still exist: {error.message}"
    raise OutcomeUnknown(
        f"{lost.message}; profile {profile_id} {state}",
        hint="run the same command again",
        status=lost.status,
    ) from lost

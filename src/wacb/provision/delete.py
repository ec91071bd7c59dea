"""Delete a profile that no number needs any more.

The API itself does not look whether a number uses a profile (api-contract.md 4).
"""

from __future__ import annotations

from typing import NamedTuple

from wacb.api.client import Client
from wacb.errors import ConsentRequired, NotFound, OutcomeUnknown, Unavailable, WacbError
from wacb.models import CallbackProfile, Number
from wacb.provision.lookup import Look
from wacb.provision.steps import ProfileResult


class DeleteStep(NamedTuple):
    """A profile that may be deleted; `notes` say what hangs on it and what could not be known."""

    profile: CallbackProfile
    notes: tuple[str, ...] = ()


def prepare_delete(look: Look, reference: str, *, force: bool) -> DeleteStep:
    """Find the profile and the numbers that carry it, by the journal where the API shows none.

    Raises NotFound and Ambiguous, and ConsentRequired for a profile that a number carries, unless
    `force`.
    """
    profile = look.profile(reference)
    listed, notes = _listed(look, force=force)
    carriers = [
        number.number for number in listed.values() if number.callback_profile_id == profile.id
    ]
    carriers += [
        f"{number} (by the journal)"
        for number, believed in sorted(look.journal.believed.items())
        if believed == profile.id and (number not in listed or _hides(listed[number]))
    ]
    if carriers and not force:
        raise ConsentRequired(
            f"profile {profile.id} ({profile.title}) is attached to {', '.join(carriers)}",
            hint="attach another one there, or detach it (wacb number detach NUMBER); --force "
            "deletes it all the same",
        )
    if carriers:
        notes.insert(0, f"it is attached to {', '.join(carriers)}, where nothing would arrive then")
    return DeleteStep(profile=profile, notes=tuple(notes))


def _hides(number: Number) -> bool:
    return number.callback_profile_id is None


def _listed(look: Look, *, force: bool) -> tuple[dict[str, Number], list[str]]:
    """List the numbers, and say what the list does not tell."""
    unknown = "whether a number still carries this profile is not known"
    if look.client.api.waba_id is None:
        return {}, [f"without a WABA ID the numbers cannot be listed: {unknown}"]
    try:
        listed = look.listed
    except WacbError as error:
        if not force:
            raise
        return {}, [f"{error.message}: {unknown}"]
    if any(map(_hides, listed.values())):
        return listed, [f"the API does not show which profile a number carries: {unknown}"]
    return listed, []


def delete(client: Client, profile: CallbackProfile) -> ProfileResult:
    """Delete the profile; one that somebody else deleted meanwhile is deleted.

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
    return ProfileResult(profile=profile, result="deleted")


def _check_gone(client: Client, profile_id: str, lost: WacbError) -> None:
    state = "is still there"
    try:
        client.get_profile(profile_id)
    except NotFound:
        return
    except WacbError as error:
        state = f"may still be there: {error.message}"
    raise OutcomeUnknown(
        f"{lost.message}; profile {profile_id} {state}",
        hint="run the same command again",
        status=lost.status,
    ) from lost

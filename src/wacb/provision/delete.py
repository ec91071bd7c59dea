"""Delete a profile that no number needs.

The API itself does not check whether a number uses a profile (api.md §4).
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import NamedTuple

from wacb.api.client import Client
from wacb.errors import (
    CheckFailed,
    Command,
    ConsentRequired,
    NotFound,
    OutcomeUnknown,
    Prose,
    WacbError,
)
from wacb.models import CallbackProfile
from wacb.provision.interrupt import report_interrupt
from wacb.provision.lookup import AccountLookup
from wacb.provision.steps import READ_BACK_AFTER, ProfileResult
from wacb.provision.usage import find_usage, name_first


class DeleteStep(NamedTuple):
    """A profile to be deleted; `notes` are for the user."""

    profile: CallbackProfile
    notes: tuple[str, ...] = ()


def prepare_delete(lookup: AccountLookup, reference: str, *, force: bool) -> DeleteStep:
    """Find the profile, and evidence that no number of the WABA uses it.

    Raises NotFound and Ambiguous and, unless `force`, ConsentRequired for a profile that is
    attached or for which the evidence is missing.
    """
    try:
        profile = lookup.profile(reference)
    except NotFound as error:
        raise _explain_missing(lookup.client, reference, error) from error
    users, doubt = _find_users(lookup, profile.id, force=force)
    attached = name_first(users)
    if users and not force:
        raise ConsentRequired(
            f"profile {profile.label} is attached to {attached}",
            hint=Prose(
                *("detach it with `", Command("number detach", "NUMBER"), "` first, "),
                "or pass --force to delete it anyway",
            ),
        )
    if doubt and not force:
        raise ConsentRequired(
            f"profile {profile.label} may still be attached to a number: {doubt}",
            hint="pass --force to delete it anyway",
        )
    notes = [f"it is attached to {attached}: no callbacks will be delivered there"] * bool(users)
    notes += [f"{doubt}: the profile may still be attached to a number"] * bool(doubt)
    return DeleteStep(profile=profile, notes=tuple(notes))


def _explain_missing(client: Client, reference: str, error: NotFound) -> NotFound:
    """Return the error for a missing profile, which this machine may have deleted."""
    journal = client.journal
    by_id = journal.settle_last("delete", "done", profile=reference)
    if by_id or journal.settle_last("delete", "done", title=reference):
        hint = "an earlier command deleted it; the response was lost"
        return NotFound(error.message, hint=hint, status=error.status)
    return error


def _find_users(
    lookup: AccountLookup, profile_id: str, *, force: bool
) -> tuple[list[str], str | None]:
    """Return the numbers that use the profile, and why there may be more."""
    if lookup.client.api.waba_id is None:
        return _find_believed(lookup, profile_id), "without a WABA ID the numbers cannot be listed"
    try:
        rows = lookup.rows
    except WacbError as error:
        if not force:
            raise
        return _find_believed(lookup, profile_id), error.message
    usage = find_usage(rows, [profile_id], shows_profiles=lookup.client.shows_profiles)
    seen = {number.number for number in rows}.difference(usage.unseen)
    users = [*usage.users_of(profile_id), *_find_believed(lookup, profile_id, seen)]
    unseen = usage.unseen_phrase
    return users, f"the API does not show which profile {unseen} has" if unseen else None


def _find_believed(lookup: AccountLookup, profile_id: str, seen: Collection[str] = ()) -> list[str]:
    """Return the numbers beside those `seen` that have the profile according to the journal."""
    return [
        f"{number} (by the journal)"
        for number, ids in sorted(lookup.journal.possible.items())
        if profile_id in ids and number not in seen
    ]


def delete_profile(
    client: Client,
    profile: CallbackProfile,
    *,
    sleep: Callable[[float], None],
    look_again: Callable[[], None],
) -> ProfileResult:
    """Delete the profile and read it back; one that somebody else deleted counts as deleted.

    `look_again` raises if it must no longer be deleted; it is called where the look that it
    was decided on is old. Raises CheckFailed when the API accepted the deletion and still returns
    the profile, OutcomeUnknown when the answer is lost and the profile is still there, or when it
    cannot be looked up.
    """
    lost: WacbError | None = None
    look = Prose("check with `", Command("profile show", profile.id), "`")
    with report_interrupt(f"profile {profile.id} may or may not have been deleted", hint=look):
        try:
            client.delete_profile(profile, look_again=look_again)
        except NotFound as error:
            lost = error  # perhaps an attempt whose answer was lost did it
        except WacbError as error:
            if not error.sent:
                raise
            lost = error
        _check_gone(client, profile.id, lost, sleep)
    return ProfileResult(profile=profile, status="deleted")


def _check_gone(
    client: Client, profile_id: str, lost: WacbError | None, sleep: Callable[[float], None]
) -> None:
    state = "still exists"
    for pause in (0.0,) if lost else READ_BACK_AFTER:
        sleep(pause)
        try:
            client.get_profile(profile_id)
        except NotFound:
            client.journal.settle_last("delete", "done", profile=profile_id)
            return
        except WacbError as error:
            state = f"may still exist: {error.message}"
    if lost is None and state == "still exists":
        client.journal.settle_last("delete", "refused", profile=profile_id, was="done")
        raise CheckFailed(
            f"the API accepted the deletion of profile {profile_id}, but still returns it",
            hint=Prose("check with `", Command("profile show", profile_id), "`"),
        )
    reason = lost.message if lost else "the API accepted the deletion"
    raise OutcomeUnknown(
        f"{reason}; profile {profile_id} {state}",
        hint="run the same command again",
        status=lost.status if lost else None,
    ) from lost

"""Update a profile where it differs, and read it back."""

from __future__ import annotations

from wacb.api.client import Client
from wacb.errors import CheckFailed, InvalidInput, OutcomeUnknown, Unavailable
from wacb.models import CallbackProfile, ProfileDraft
from wacb.provision.compare import describe, differences
from wacb.provision.steps import ProfileResult, ProfileStep


def prepare_update(live: CallbackProfile, draft: ProfileDraft) -> ProfileStep:
    """Compare a live profile with what it should be. Raises InvalidInput for a new channel."""
    step = compare_with(live, draft)
    if "channel" in step.changes:
        old, new = step.changes["channel"]
        raise InvalidInput(
            f"the channel of profile {live.id} is {old or 'not set'}, and the API cannot change it "
            f"to {new or 'none'}",
            hint="create another profile",
        )
    return step


def compare_with(live: CallbackProfile, draft: ProfileDraft) -> ProfileStep:
    if not draft.method.uses_body and live.body:
        draft = draft._replace(body="")  # assumed: PATCH clears a value by "" (api-contract.md 4)
    return ProfileStep(draft=draft, live=live, changes=differences(draft, live))


def update(client: Client, step: ProfileStep) -> ProfileResult:
    """Change the profile of a step where it differs, and read it back.

    Raises OutcomeUnknown when the answer is lost and the profile does not show the change.
    """
    assert step.live is not None  # only a create has none
    if not step.changes:
        return ProfileResult(profile=step.live, result="unchanged")
    lost: Unavailable | None = None
    try:
        client.update_profile(step.live.id, step.draft, step.changes)
    except Unavailable as error:
        if not error.sent:
            raise
        lost = error
    return _confirmed(client, step, step.live.id, lost)


def _confirmed(
    client: Client, step: ProfileStep, profile_id: str, lost: Unavailable | None
) -> ProfileResult:
    try:
        profile = client.get_profile(profile_id)
    except Unavailable as error:
        raise _unknown(profile_id, lost or error) from error
    left = differences(step.draft, profile)
    if lost and (left or _is_hidden(step, profile)):
        raise _unknown(profile_id, lost) from lost
    if left:
        raise CheckFailed(
            f"profile {profile_id} was updated, but the API stored it differently: "
            + "; ".join(describe(left)),
            hint=f"compare it: wacb profile show {profile_id}",
        )
    return ProfileResult(profile=profile, result="updated")


def _is_hidden(step: ProfileStep, profile: CallbackProfile) -> bool:
    """Say whether a key was to take another's place, and the API shows neither."""
    old, new = step.changes.get("encryption", (None, None))
    return bool(
        old and new and old[0] == new[0] and not (profile.encryption and profile.encryption.key)
    )


def _unknown(profile_id: str, lost: Unavailable) -> OutcomeUnknown:
    return OutcomeUnknown(
        f"{lost.message}; whether profile {profile_id} was updated is not known",
        hint="run the same command again: it changes only what still differs",
        status=lost.status,
    )

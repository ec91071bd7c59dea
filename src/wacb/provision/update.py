"""Update a profile where it differs, and read it back."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from wacb.errors import (
    CheckFailed,
    Command,
    InvalidInput,
    OutcomeUnknown,
    Prose,
    Unavailable,
    Unsafe,
)
from wacb.models import UNKNOWN, CallbackProfile, NewKey, ProfileDraft
from wacb.provision.compare import CompareKey, describe, differences
from wacb.provision.interrupt import report_interrupt
from wacb.provision.steps import READ_BACK_AFTER, ProfileResult, UpdateStep
from wacb.validation import is_masked

if TYPE_CHECKING:
    from wacb.api.client import Client

_AGAIN = "run the same command again; it changes only what still differs"


def prepare_update(
    live: CallbackProfile,
    draft: ProfileDraft,
    *,
    key: CompareKey = CompareKey.IF_SHOWN,
    masked_differ: bool = False,
) -> UpdateStep:
    """Compare a live profile with a draft, as `differences` does.

    Raises InvalidInput for a new channel.

    Raises Unsafe if the live profile is not understood.
    """
    step = compare_with(live, draft, key=key, masked_differ=masked_differ)
    if "channel" in step.changes:
        old, new = step.changes["channel"]
        raise InvalidInput(
            f"the channel of profile {live.id} is {old or 'not set'}, and the API cannot change it "
            f"to {new or 'none'}",
            hint="create another profile",
        )
    return step


def refuse_key_exchange(step: UpdateStep) -> None:
    """Raise Unsafe if a step gives an encrypted profile another key, which no option names."""
    if step.live.encryption is None or "encryption" not in step.changes:
        return
    raise Unsafe(
        f"profile {step.live.label} already uses another key or algorithm, and its "
        "receiver could not decrypt with a new one",
        hint="pass --encrypt-key-file FILE to replace the key",
    )


def compare_with(
    live: CallbackProfile,
    draft: ProfileDraft,
    *,
    key: CompareKey = CompareKey.IF_SHOWN,
    masked_differ: bool = False,
) -> UpdateStep:
    """Compare a live profile with a draft, a channel that cannot be changed included.

    Raises Unsafe if the live profile is not understood.
    """
    require_readable(live)
    if not draft.method.uses_body and live.body:
        draft = draft._replace(body="")  # assumed: clear_value (api.md §4)
    changes = differences(draft, live, key=key, masked_differ=masked_differ)
    if isinstance(draft.encryption, NewKey) and "encryption" not in changes:
        draft = draft._replace(encryption=None)  # the present key stays, and none is generated
    return UpdateStep(live=live, draft=draft, changes=changes)


def require_readable(profile: CallbackProfile) -> None:
    """Raise Unsafe for a profile that is not understood, so that nothing is written on it."""
    if profile.unreadable:
        raise Unsafe(
            f"profile {profile.label} was not changed: {profile.doubt}",
            hint="change it in the Kaleyra console",
        )


def update_profile(
    client: Client, step: UpdateStep, *, sleep: Callable[[float], None]
) -> ProfileResult:
    """Change the profile of a step where it differs, and read it back.

    Raises OutcomeUnknown when the answer is lost and the profile does not show the change.
    """
    notes = _settle_earlier(client, step)
    if not step.changes:
        status = "adopted" if step.lost else "unchanged"
        return ProfileResult(profile=step.live, status=status)
    lost: Unavailable | None = None
    with report_interrupt(_unknown(step.live.id), hint=_AGAIN):
        try:
            client.update_profile(step.live, step.draft, step.changes)
        except Unavailable as error:
            if not error.sent:
                raise
            lost = error
        return _read_back(client, step, lost, sleep)._replace(notes=notes)


def _settle_earlier(client: Client, step: UpdateStep) -> tuple[str, ...]:
    """Settle an earlier update of unknown outcome; return a note if nothing shows it."""
    live, journal = step.live, client.journal
    if not step.changes:
        journal.settle_last("update", "done", profile=live.id)
        return ()
    earlier = journal.last("update", profile=live.id)
    if earlier is None or earlier.outcome != "unknown":
        return ()
    if (live.modified_at or live.created_at) in earlier.before:
        journal.settle(earlier, "refused")
        return ()
    return (f"it is not known whether the update of {earlier.time} succeeded",)


def _read_back(
    client: Client, step: UpdateStep, lost: Unavailable | None, sleep: Callable[[float], None]
) -> ProfileResult:
    profile_id = step.live.id
    for pause in READ_BACK_AFTER:
        if pause and pause >= client.remaining():
            break
        sleep(pause)
        try:
            profile = client.get_profile(profile_id)
        except Unavailable as error:
            raise _outcome_unknown(profile_id, lost or error) from error
        left = differences(step.draft, profile)
        if not left:
            break
    if lost and (left or _is_new_value_hidden(step, profile)):
        raise _outcome_unknown(profile_id, lost) from lost
    if lost:
        client.journal.settle_last("update", "done", profile=profile_id)
    if left:
        raise CheckFailed(
            f"profile {profile_id} was updated, but the API stored it differently: "
            + "; ".join(describe(left)),
            hint=Prose("compare it with `", Command("profile show", profile_id), "`"),
        )
    return ProfileResult(profile=profile, status="updated")


def _is_new_value_hidden(step: UpdateStep, profile: CallbackProfile) -> bool:
    """Return whether the API masks changed headers, or hides a new key of the same algorithm."""
    if "headers" in step.changes and any(map(is_masked, profile.headers.values())):
        return True
    old, new = step.changes.get("encryption", (None, None))
    is_shown = profile.encryption and profile.encryption.key is not UNKNOWN
    return bool(old and new and old[0] == new[0] and not is_shown)


def _unknown(profile_id: str) -> str:
    return f"profile {profile_id} may or may not have been updated"


def _outcome_unknown(profile_id: str, lost: Unavailable) -> OutcomeUnknown:
    return OutcomeUnknown(
        f"{lost.message}; {_unknown(profile_id)}", hint=_AGAIN, status=lost.status
    )

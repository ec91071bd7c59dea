"""Make a profile what the user wants it to be: created once, updated only where it differs.

A step is prepared first and carried out second; a dry run stops in between.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from wacb.api.requests import Api, ApiRequest
from wacb.errors import (
    CheckFailed,
    InvalidInput,
    NotFound,
    OutcomeUnknown,
    Refused,
    Unavailable,
    WacbError,
)
from wacb.models import CallbackProfile, ProfileDraft
from wacb.provision import find
from wacb.provision.compare import describe, differences
from wacb.provision.find import ProfileResult, double

if TYPE_CHECKING:  # the client loads the HTTP library, which an offline dry run does without
    from wacb.api.client import Client
    from wacb.storage.create_lock import Claim

# A 404 without it may be a gateway's, and says nothing about the profile (api-contract.md 3).
_NO_SUCH_PROFILE = "RBC302"


class ProfileStep(NamedTuple):
    """One profile's change, ready to be carried out.

    A create has a `claim` to its title, and `once` forbids a second profile of it. Otherwise `live`
    is the profile that is there already, `changes` the fields in which it differs.
    """

    draft: ProfileDraft
    once: bool = False
    claim: Claim | None = None
    live: CallbackProfile | None = None
    changes: Mapping[str, tuple[Any, Any]] = {}
    notes: tuple[str, ...] = ()

    def requests(self, api: Api) -> list[ApiRequest]:
        """The requests of this step as a dry run shows them, secrets masked."""
        draft = self.draft.masked()
        if self.live is None:
            return [api.create_profile(draft)]
        return [api.update_profile(self.live.id, draft, self.changes)] if self.changes else []


def prepare_once(
    client: Client | None, draft: ProfileDraft, *, update: bool, claim: Claim
) -> ProfileStep:
    """Look whether a profile of this title is there, and say what has to be done (cli.md 7).

    `client` is None in a dry run without credentials. Raises Ambiguous for two profiles of the
    title, Refused for one with other content unless `update`, OutcomeUnknown when a create of a
    moment ago may still appear and the deadline does not suffice to wait for it.
    """
    create = ProfileStep(draft=draft, once=True, claim=claim)
    if client is None:
        note = "without credentials it was not looked up whether the profile is there already"
        return create._replace(notes=(note,))
    titled = _titled(client, draft.title, claim)
    if len(titled) > 1:
        raise double(draft.title, [profile.id for profile in titled])
    if not titled:
        return create
    step = _compared(titled[0], draft)
    if step.changes and not update:
        raise Refused(
            f"profile {step.draft.title!r} ({titled[0].id}) is there with other content; "
            + "; ".join(describe(step.changes)),
            hint=("" if "channel" in step.changes else "add --update-existing to change it, or ")
            + "give another --title",
        )
    return prepare_update(titled[0], draft)


def _titled(client: Client, title: str, claim: Claim) -> list[CallbackProfile]:
    """Find the profiles of a title, by its ID the one made here that is not listed yet."""
    for made in claim.looks(client.remaining):
        titled = list(client.list_profiles(title=title, wanted=title.__eq__))
        if titled:
            return titled
        if made:
            # assumed: only listings lag, so that the API's word about an ID can be believed
            try:
                profile = client.get_profile(made)
                return [profile] if profile.title == title else []
            except NotFound as error:
                if error.api_code == _NO_SUCH_PROFILE:
                    return []
    return []


def prepare_update(live: CallbackProfile, draft: ProfileDraft) -> ProfileStep:
    """Compare a live profile with what it should be. Raises InvalidInput for a new channel."""
    step = _compared(live, draft)
    if "channel" in step.changes:
        old, new = step.changes["channel"]
        raise InvalidInput(
            f"the channel of profile {live.id} is {old or 'not set'}, and the API cannot change it "
            f"to {new or 'none'}",
            hint="create another profile",
        )
    return step


def _compared(live: CallbackProfile, draft: ProfileDraft) -> ProfileStep:
    if not draft.method.uses_body and live.body:
        draft = draft._replace(body="")  # assumed: PATCH clears a value by "" (api-contract.md 4)
    return ProfileStep(draft=draft, live=live, changes=differences(draft, live))


def carry_out(
    client: Client, step: ProfileStep, *, sleep: Callable[[float], None]
) -> ProfileResult:
    """Do what a step says and read the profile back.

    After a create that must be the only one the list is looked at again: of two machines at the
    same time, each is told of the other's profile. Raises Ambiguous then, and what `create` and
    `update` raise.
    """
    if step.claim is None:
        return update(client, step)
    made = find.create(client, step.draft, claim=step.claim, sleep=sleep, once=step.once)
    return _only_one(client, made) if step.once else made


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


def _only_one(client: Client, made: ProfileResult) -> ProfileResult:
    title = made.profile.title
    try:
        titled = client.profile_ids(title) | {made.profile.id}
    except WacbError as error:
        note = f"whether another machine created it, too, could not be looked up: {error.message}"
        return made._replace(notes=(*made.notes, note))
    if len(titled) > 1:
        raise double(title, sorted(titled))
    return made


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

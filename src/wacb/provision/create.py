"""Create a profile exactly once: adopt it when the answer is lost, refuse a second one."""

from __future__ import annotations

from collections.abc import Callable

from wacb.api.client import Client
from wacb.errors import (
    Ambiguous,
    CheckFailed,
    ConsentRequired,
    NotFound,
    OutcomeUnknown,
    Unavailable,
    WacbError,
)
from wacb.models import CallbackProfile, ProfileDraft
from wacb.provision.compare import describe, differences
from wacb.provision.find import duplicate_title_error
from wacb.provision.steps import ProfileResult, ProfileStep, as_sent
from wacb.provision.update import compare_with, prepare_update, update
from wacb.storage.create_lock import Claim

ADOPT_AFTER = (1.0, 2.0, 4.0)  # seconds before each look at the list, cli.md 7


def create(
    client: Client,
    draft: ProfileDraft,
    *,
    claim: Claim,
    sleep: Callable[[float], None],
    once: bool = False,
) -> ProfileResult:
    """Create a profile, never twice.

    When the outcome is unknown the list is compared with the IDs that were there before and one
    match is adopted (cli.md 7). With `once` the caller holds the claim and has seen that there is
    none. Raises Ambiguous for two matches, OutcomeUnknown for none, with `once` ConfigError where
    the disk cannot remember what is under way.
    """
    before: set[str] = set()
    if once:
        claim.begin(client.remaining())  # a run that is killed leaves word for the next
    else:
        before = client.profile_ids(draft.title)
    result = "created"
    try:
        profile_id = client.create_profile(draft)
    except WacbError as error:
        if not (isinstance(error, Unavailable) and error.sent):
            if once:
                claim.withdraw()
            raise
        claim.settle(None)  # the hint is to run again with --if-not-exists: also of a plain create
        profile_id, result = _adopt(client, draft, before, error, sleep), "adopted"
    claim.settle(profile_id)
    return _read_back(client, draft, profile_id, result, before)


def _adopt(
    client: Client,
    draft: ProfileDraft,
    before: set[str],
    lost: Unavailable,
    sleep: Callable[[float], None],
) -> str:
    unknown = OutcomeUnknown(
        f"{lost.message}; whether the profile {draft.title!r} was created is not known",
        hint="run the same command again with --if-not-exists: it finds the profile or creates it",
        status=lost.status,
    )
    for pause in ADOPT_AFTER:
        if pause >= client.remaining():
            break
        sleep(pause)
        try:
            found = [
                profile.id
                for profile in client.list_profiles(title=draft.title, wanted=draft.title.__eq__)
                if profile.id not in before and not differences(draft, profile)
            ]
        except WacbError:
            continue  # not to see it proves nothing: the next look may
        if len(found) > 1:
            raise Ambiguous(
                f"the answer was lost, and {len(found)} new profiles are called {draft.title!r}: "
                + ", ".join(found),
                hint="keep one of them and delete the others",
            )
        if found:
            return found[0]
    raise unknown from lost


def _read_back(
    client: Client, draft: ProfileDraft, profile_id: str, result: str, before: set[str]
) -> ProfileResult:
    notes = [
        f"another profile has the title {draft.title!r}, too: {other}" for other in sorted(before)
    ]
    try:
        profile = client.get_profile(profile_id)
    except WacbError as error:
        notes.append(f"it could not be read back, shown as it was sent: {error.message}")
        profile = as_sent(draft, profile_id)
    changed = differences(draft, profile)
    if changed:
        raise CheckFailed(
            f"profile {profile_id} was created, but the API stored it differently: "
            + ", ".join(sorted(changed)),
            hint=f"compare it: wacb profile show {profile_id}",
        )
    return ProfileResult(profile=profile, result=result, notes=tuple(notes))


# A 404 without it may be a gateway's, and says nothing about the profile (api-contract.md 3).
_NO_SUCH_PROFILE = "RBC302"


def prepare_once(
    client: Client | None, draft: ProfileDraft, *, update: bool, claim: Claim
) -> ProfileStep:
    """Look whether a profile of this title is there, and say what has to be done (cli.md 7).

    `client` is None in a dry run without credentials. Raises Ambiguous for two profiles of the
    title, ConsentRequired for one with other content unless `update`, OutcomeUnknown when a create
    of a moment ago may still appear and the deadline does not suffice to wait for it.
    """
    create = ProfileStep(draft=draft, once=True, claim=claim)
    if client is None:
        note = "without credentials it was not looked up whether the profile is there already"
        return create._replace(notes=(note,))
    titled = _titled(client, draft.title, claim)
    if len(titled) > 1:
        raise duplicate_title_error(draft.title, [profile.id for profile in titled])
    if not titled:
        return create
    step = compare_with(titled[0], draft)
    if step.changes and not update:
        raise ConsentRequired(
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


def execute(client: Client, step: ProfileStep, *, sleep: Callable[[float], None]) -> ProfileResult:
    """Do what a step says and read the profile back.

    After a create that must be the only one the list is looked at again: of two machines at the
    same time, each is told of the other's profile. Raises Ambiguous then, and what `create` and
    `update` raise.
    """
    if step.claim is None:
        return update(client, step)
    made = create(client, step.draft, claim=step.claim, sleep=sleep, once=step.once)
    return _only_one(client, made) if step.once else made


def _only_one(client: Client, made: ProfileResult) -> ProfileResult:
    title = made.profile.title
    try:
        titled = client.profile_ids(title) | {made.profile.id}
    except WacbError as error:
        note = f"whether another machine created it, too, could not be looked up: {error.message}"
        return made._replace(notes=(*made.notes, note))
    if len(titled) > 1:
        raise duplicate_title_error(title, sorted(titled))
    return made

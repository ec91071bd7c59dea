"""Create a profile exactly once, find it again, look at its template."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from wacb.errors import (
    Ambiguous,
    CheckFailed,
    InvalidInput,
    NotFound,
    OutcomeUnknown,
    Unavailable,
    WacbError,
)
from wacb.models import CallbackProfile, ProfileDraft
from wacb.provision.compare import differences
from wacb.template import placeholders

if TYPE_CHECKING:  # the client loads the HTTP library, which an offline dry run does without
    from wacb.api.client import Client
    from wacb.storage.create_lock import Claim

ADOPT_AFTER = (1.0, 2.0, 4.0)  # seconds before each look at the list, cli.md 7
_KEEP_ONE = "keep one, and take the others away with wacb profile delete ID"
_LIKE_AN_ID = r"[A-Za-z]+_[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"


class ProfileResult(NamedTuple):
    """A profile and what was done about it; `notes` are for the user.

    `result` is "created", "adopted", "updated", "unchanged" or "deleted".
    """

    profile: CallbackProfile
    result: str
    notes: tuple[str, ...] = ()


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


def as_sent(draft: ProfileDraft, profile_id: str) -> CallbackProfile:
    """Show a draft as the profile it asks for."""
    return CallbackProfile(
        id=profile_id,
        title=draft.title,
        method=draft.method,
        url=draft.url,
        body=draft.body,
        headers=draft.headers or {},
        channel=draft.channel,
        events=draft.events or (),
        encryption=draft.encryption,
        response_message=draft.response_message,
    )


def looks_like_id(reference: str) -> bool:
    """Say whether a reference has the form of a profile ID (api-contract.md 4)."""
    return re.fullmatch(_LIKE_AN_ID, reference) is not None


def require_id(reference: str) -> None:
    """Raise InvalidInput for what is no ID, where no title can be looked up."""
    if not looks_like_id(reference):
        raise InvalidInput(
            f"{reference!r} is no profile ID, and without credentials no title can be looked up",
            hint="give the profile by its ID, or credentials",
        )


def find(client: Client, reference: str) -> CallbackProfile:
    """Fetch a profile by its ID or exact title.

    Raises NotFound with the nearest title, Ambiguous when two profiles carry the title.
    """
    if looks_like_id(reference):
        return client.get_profile(reference)
    titled = list(client.list_profiles(title=reference, wanted=reference.__eq__))
    if len(titled) > 1:
        raise double(reference, [profile.id for profile in titled], hint="name one by its ID")
    if titled:
        return titled[0]
    try:
        return client.get_profile(reference)  # an ID of a form not seen yet
    except NotFound as error:
        raise NotFound(
            f"no profile has the ID or title {reference!r}",
            hint=_suggestion(client, reference),
            status=error.status,
            api_code=error.api_code,
        ) from error


def _suggestion(client: Client, reference: str) -> str:
    from difflib import get_close_matches

    near = get_close_matches(reference, client.profile_titles(), n=1)
    listing = "`wacb profile list` shows what exists"
    return f"did you mean {near[0]!r}? {listing}" if near else listing


def double(title: str, ids: list[str], *, hint: str = _KEEP_ONE) -> Ambiguous:
    """Make the error for a title that several profiles carry."""
    return Ambiguous(f"{len(ids)} profiles are called {title!r}: {', '.join(ids)}", hint=hint)


def inspect_template(profile: CallbackProfile) -> placeholders.TemplateReport:
    """Look at a profile's template where its method puts it."""
    if profile.method.uses_body:
        return placeholders.inspect_body(profile.template)
    return placeholders.inspect_url(profile.template)

"""Read a new profile back, and look for another one of its title."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from wacb.api.responses import ProfileRow
from wacb.errors import (
    CheckFailed,
    Command,
    Interrupted,
    OutcomeUnknown,
    Prose,
    WacbError,
)
from wacb.models import CallbackProfile, Need, ProfileDraft, same_id
from wacb.provision.compare import differences
from wacb.provision.find import duplicate_title_error
from wacb.provision.steps import ProfileResult, as_sent
from wacb.validation import fold_title

if TYPE_CHECKING:
    from wacb.api.client import Client

AGAIN = "run the same command again with --if-not-exists: it finds the profile or creates it"
LISTED_AFTER = (1.0, 2.0, 4.0, 8.0, 15.0)  # as long as a listing may lag (LAG)


def read_back(
    client: Client, draft: ProfileDraft, profile_id: str, status: str, *, others: frozenset[str]
) -> ProfileResult:
    """Read a new profile, and name the `others` that have its title in notes.

    Raises CheckFailed if it is not as it was sent.
    """
    result = _read(client, draft, profile_id, status)
    title = result.profile.title
    notes = [f"another profile is also named {title!r} ({each})" for each in sorted(others)]
    return result._replace(notes=(*notes, *result.notes))


def read_back_only(
    client: Client,
    draft: ProfileDraft,
    profile_id: str,
    status: str,
    *,
    sleep: Callable[[float], None],
) -> ProfileResult:
    """Read a new profile that has to be the only one of its title.

    Its row in the listing will do, if it shows the profile as it was sent. Raises CheckFailed where
    it is not, Ambiguous where another one is listed, OutcomeUnknown if that does not show.
    """
    look = _look(client, draft.title)
    result = _read(client, draft, profile_id, status, look.rows)
    return _check_only(client, result, look, sleep)


class _Look(NamedTuple):
    """What the listing showed of a title, or why it could not be read."""

    title: str
    rows: Sequence[ProfileRow] = ()
    failure: WacbError | None = None


def _look(client: Client, title: str) -> _Look:
    try:
        return _Look(title, client.titled_rows(title))
    except WacbError as error:
        return _Look(title, failure=error)


def _read(
    client: Client,
    draft: ProfileDraft,
    profile_id: str,
    status: str,
    rows: Sequence[ProfileRow] = (),
) -> ProfileResult:
    """Read a new profile, from the listed `rows` if they show it whole and as it was sent."""
    notes: tuple[str, ...] = ()
    try:
        profile = _find_sent(client, draft, profile_id, rows) or client.get_profile(profile_id)
    except WacbError as error:
        notes = (f"it could not be read back; it is shown as it was sent: {error.message}",)
        profile = as_sent(draft, profile_id)
    if profile.title != draft.title and fold_title(profile.title) == fold_title(draft.title):
        notes = (*notes, f"the API stored the title as {profile.title!r}")
        draft = draft._replace(title=profile.title)
    changed = differences(draft, profile)
    if changed:
        raise CheckFailed(
            f"profile {profile_id} was created, but the API stored it differently: "
            + ", ".join(sorted(changed)),
            hint=Prose("compare it with `", Command("profile show", profile_id), "`"),
        )
    return ProfileResult(profile=profile, status=status, notes=notes)


def _find_sent(
    client: Client, draft: ProfileDraft, profile_id: str, rows: Sequence[ProfileRow]
) -> CallbackProfile | None:
    for row in rows:
        if same_id(row.id, profile_id) and row.shows(Need.ALL):
            profile = client.read_row(row)
            return None if differences(draft, profile) else profile
    return None


def _check_only(
    client: Client, result: ProfileResult, look: _Look, sleep: Callable[[float], None]
) -> ProfileResult:
    """Look the title up until the new profile is listed; by then any other one is, too.

    `look` was the first time.
    """
    title, unseen = result.profile.title, "it is not listed yet"
    for pause in (0.0, *LISTED_AFTER):
        if pause:
            if pause >= client.remaining():
                break
            sleep(pause)
        if pause or look.title != title:
            look = _look(client, title)
        if isinstance(look.failure, Interrupted):
            note = "it was not checked whether another machine created it, too"
            return result._replace(notes=(*result.notes, note))
        if look.failure:
            unseen = look.failure.message
            if not look.failure.retryable:
                break
            continue
        titled = {row.id for row in look.rows}
        if len(titled | {result.profile.id}) > 1:
            raise duplicate_title_error(title, sorted(titled | {result.profile.id}))
        if titled:
            return result
    raise OutcomeUnknown(
        f"profile {result.profile.id} was {result.status}, but another machine may have created "
        f"one named {title!r}, too: {unseen}",
        hint=AGAIN,
    )

"""Find a profile by its ID or title."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wacb.errors import Ambiguous, Command, ConsentRequired, InvalidInput, NotFound, Prose
from wacb.models import CallbackProfile, Need
from wacb.validation import fold_title, looks_like_id, nearest

if TYPE_CHECKING:
    from wacb.api.client import Client

_KEEP_ONE = Prose("keep one, and remove the others with `", Command("profile delete", "ID"), "`")
LIST_PROFILES = Prose("run `", Command("profile list"), "` to see available profiles")


def require_id(reference: str) -> None:
    """Raise InvalidInput for a reference that is not an ID, where no title can be looked up."""
    if not looks_like_id(reference):
        raise InvalidInput(
            f"{reference!r} is not a valid profile ID, and titles can't be looked up without "
            "credentials",
            hint=Prose("pass the profile's ID, or run `", Command("config init"), "`"),
        )


def list_titled(client: Client, title: str) -> list[CallbackProfile]:
    """List the profiles with exactly this title or, where there is none, in another spelling.

    An API that changes the case or the spaces of a title would else be given it again and again.
    The whole list is searched: the API's filter may miss one (by whole words, or by another reading
    of `+`), and what it misses must not be created again. Raises Unavailable if some profiles
    may be missing.
    """
    folded = fold_title(title)
    listing = client.list_profiles(wanted=lambda row: fold_title(row.title) == folded)
    spelled = listing.require_whole()
    return [profile for profile in spelled if profile.title == title] or spelled


def find(client: Client, reference: str, *, need: Need = Need.ALL) -> CallbackProfile:
    """Fetch a profile by its ID or exact title, with at least the members in `need`.

    Raises NotFound with the nearest title, Ambiguous when several profiles have the title.
    """
    if looks_like_id(reference):
        return client.get_profile(reference)
    if titled := client.titled_profiles(reference, need=need):
        return _take_only(reference, titled)
    try:
        return client.get_profile(reference)  # an ID of a form not seen yet
    except NotFound as error:
        # the API's filter may hide an exact match
        rows = client.profile_rows().require_whole()
        titles, found = client.complete_titled(rows, lambda row: row.title == reference)
        if found:
            return _take_only(reference, [*found.values()])
        near = nearest(reference, titles.values())
        raise NotFound(
            f"no profile with ID or title {reference!r}",
            hint=Prose(f"did you mean {near!r}? " if near else "", LIST_PROFILES),
            status=error.status,
            api_code=error.api_code,
        ) from error


def _take_only(title: str, titled: list[CallbackProfile]) -> CallbackProfile:
    if len(titled) > 1:
        ids = [profile.id for profile in titled]
        raise duplicate_title_error(title, ids, hint="pass the ID of one of them")
    return titled[0]


def spelling_error(profile: CallbackProfile, *, hint: str) -> ConsentRequired:
    """Return the error for a title that another profile has in another spelling."""
    return ConsentRequired(
        f"profile {profile.label} already exists with different content, and its title differs "
        "only in case or spaces",
        hint=hint,
    )


def duplicate_title_error(title: str, ids: list[str], *, hint: str = _KEEP_ONE) -> Ambiguous:
    """Return the error for a title that several profiles have. assumed: titles_repeat."""
    return Ambiguous(f"{len(ids)} profiles are named {title!r}: {', '.join(ids)}", hint=hint)

"""Find a profile by its ID or title."""

from __future__ import annotations

import re
from difflib import get_close_matches

from wacb.api.client import Client
from wacb.errors import Ambiguous, InvalidInput, NotFound
from wacb.models import CallbackProfile

_KEEP_ONE = "keep one, and take the others away with wacb profile delete ID"
_LIKE_AN_ID = r"[A-Za-z]+_[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"


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
        raise duplicate_title_error(
            reference, [profile.id for profile in titled], hint="name one by its ID"
        )
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
    near = get_close_matches(reference, client.profile_titles(), n=1)
    listing = "`wacb profile list` shows what exists"
    return f"did you mean {near[0]!r}? {listing}" if near else listing


def duplicate_title_error(title: str, ids: list[str], *, hint: str = _KEEP_ONE) -> Ambiguous:
    """Make the error for a title that several profiles carry."""
    return Ambiguous(f"{len(ids)} profiles are called {title!r}: {', '.join(ids)}", hint=hint)

"""Evidence of which profiles are in use, which every deletion needs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from wacb.models import Number, fold_id
from wacb.validation import looks_like_id


class Usage(NamedTuple):
    """Which numbers use each profile, by its folded ID, and which have a profile not seen."""

    users: Mapping[str, Sequence[str]]
    unseen: tuple[str, ...]

    def users_of(self, profile_id: str) -> Sequence[str]:
        """Return the numbers that use a profile."""
        return self.users.get(fold_id(profile_id), ())

    @property
    def unseen_phrase(self) -> str:
        """Name the unseen numbers."""
        return name_first(self.unseen)


def name_first(numbers: Sequence[str]) -> str:
    """Name the numbers, the first few of many."""
    more = len(numbers) - 3
    return ", ".join(numbers[:3]) + (f" and {more} more" if more > 0 else "")


def find_usage(
    numbers: Iterable[Number], profile_ids: Iterable[str], *, shows_profiles: bool
) -> Usage:
    """Return which profiles are attached to the numbers of a whole listing.

    A number without a profile counts as one only where the API is known to show profiles at all:
    else an empty member may be all that it ever returns. One that shows something of another form
    than `profile_ids`, like a title, may have any of them. What the journal has is no evidence.
    """
    forms = set(map(looks_like_id, profile_ids))
    users: defaultdict[str, list[str]] = defaultdict(list)
    unseen: dict[str, None] = {}
    for number in numbers:
        profile_id = number.callback_profile_id
        if isinstance(profile_id, str):
            users[fold_id(profile_id)].append(number.number)
            is_seen = looks_like_id(profile_id) in forms
        else:
            is_seen = profile_id is None and shows_profiles
        if not is_seen:
            unseen[number.number] = None
    return Usage(users, tuple(unseen))

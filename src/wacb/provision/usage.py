"""Evidence of which profiles are in use, which every deletion needs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from wacb.models import UNKNOWN, Number, fold_id


class Usage(NamedTuple):
    """Which numbers use each profile, by its folded ID, and which have a profile not seen."""

    users: Mapping[str, tuple[str, ...]]
    unseen: tuple[str, ...]

    def users_of(self, profile_id: str) -> tuple[str, ...]:
        """Return the numbers that use a profile."""
        return self.users.get(fold_id(profile_id), ())

    @property
    def unseen_phrase(self) -> str:
        """Name the unseen numbers, the first few of many."""
        first, more = self.unseen[:3], len(self.unseen) - 3
        return ", ".join(first) + (f" and {more} more" if more > 0 else "")


def find_usage(numbers: Iterable[Number], *, shows_profiles: bool) -> Usage:
    """Return which profiles are attached to the numbers of a whole listing.

    A number without a profile counts as one only where the API is known to show profiles at all:
    else an empty member may be all that it ever returns. What the journal has is no evidence.
    """
    users: dict[str, tuple[str, ...]] = {}
    unseen: dict[str, None] = {}
    for number in numbers:
        profile_id = number.callback_profile_id
        if isinstance(profile_id, str):
            folded = fold_id(profile_id)
            users[folded] = (*users.get(folded, ()), number.number)
        elif profile_id is UNKNOWN or not shows_profiles:
            unseen[number.number] = None
    return Usage(users, tuple(unseen))

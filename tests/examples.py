"""How many examples a property gets: a few by default, many with `--thorough`."""

from __future__ import annotations

from hypothesis import settings

DEFAULT, THOROUGH = 160, 960


def choose_tier(*, thorough: bool) -> None:
    """Set what a property without settings of its own gets."""
    settings.register_profile("wacb", max_examples=THOROUGH if thorough else DEFAULT, deadline=None)
    settings.load_profile("wacb")


def examples(count: int) -> int:
    """Scale the number of examples that a property has by default to the tier."""
    return count * settings().max_examples // DEFAULT

"""What is assumed about the Kaleyra API, as data. Code that relies on an assumption names it."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from wacb.api.assumptions.callbacks import CALLBACKS
from wacb.api.assumptions.model import Assumed, Assumption
from wacb.api.assumptions.numbers import NUMBERS
from wacb.api.assumptions.profiles import PROFILES

ASSUMPTIONS: dict[str, Assumption] = {each.id: each for each in (*PROFILES, *NUMBERS, *CALLBACKS)}


def list_assumed(overrides: Collection[str], verdicts: Mapping[str, str]) -> list[Assumed]:
    """Describe every assumption for an account.

    `overrides` are the keys set in `[contract]`, `verdicts` what its last check said of each ID.
    """
    return [
        Assumed(
            id=each.id,
            sentence=each.sentence,
            matters_for=each.matters_for,
            source=_name_source(each, overrides),
            page=each.page,
            override=each.override,
            verdict=verdicts.get(each.id, "never checked"),
        )
        for each in ASSUMPTIONS.values()
    ]


def _name_source(assumption: Assumption, overrides: Collection[str]) -> str:
    if assumption.override and assumption.override.removeprefix("contract.") in overrides:
        return "override"
    return "documented" if assumption.page else "assumed"

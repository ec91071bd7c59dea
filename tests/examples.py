"""How many examples a property or a matrix gets: a few by default, many with `--thorough`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import settings

DEFAULT, THOROUGH = 160, 960


def choose_tier(*, thorough: bool) -> None:
    """Set what a property without settings of its own gets."""
    settings.register_profile("wacb", max_examples=THOROUGH if thorough else DEFAULT, deadline=None)
    settings.load_profile("wacb")


def examples(count: int) -> int:
    """Scale the number of examples that a property has by default to the tier."""
    return count * settings().max_examples // DEFAULT


def few(values: Iterable[Any], count: int = 2) -> list[Any]:
    """Return parameters of which the first `count` run by default, and the rest with --thorough."""
    found = []
    for position, value in enumerate(values):
        is_param = isinstance(value, type(pytest.param()))
        marks = (*(value.marks if is_param else ()), *[pytest.mark.thorough] * (position >= count))
        id = value.id if is_param else None
        found.append(pytest.param(*(value.values if is_param else [value]), marks=marks, id=id))
    return found


def pairs(rows: Iterable[str], columns: Iterable[str]) -> pytest.MarkDecorator:
    """Parametrize `row` and `column` with every pair; by default each row has one column."""
    rows, columns = list(rows), list(columns)
    return pytest.mark.parametrize(
        ("row", "column"),
        [
            pytest.param(
                row, column, marks=() if here == place % len(columns) else pytest.mark.thorough
            )
            for place, row in enumerate(rows)
            for here, column in enumerate(columns)
        ],
    )

"""How many examples a property or a matrix gets: a few by default, many with `--thorough`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import pytest
from hypothesis import settings

DEFAULT, THOROUGH = 40, 480
_WANTED = 160  # what `examples` counts in


def choose_tier(*, thorough: bool) -> None:
    """Set what a property without settings of its own gets."""
    settings.register_profile("wacb", max_examples=THOROUGH if thorough else DEFAULT, deadline=None)
    settings.load_profile("wacb")


def examples(count: int) -> int:
    """Scale `count` examples of a property, where others have 160, to the tier."""
    return max(1, count * settings().max_examples // _WANTED)


def few(values: Iterable[Any], count: int = 2) -> list[Any]:
    """Return parameters of which the first `count` run by default, and the rest with --thorough."""
    return _mark(values, lambda position: position >= count)


def sampled(values: Iterable[Any], *, every: int) -> list[Any]:
    """Return parameters of which each `every`-th runs by default, and the rest with --thorough."""
    return _mark(values, lambda position: position % every != 0)


def _mark(values: Iterable[Any], is_thorough: Callable[[int], bool]) -> list[Any]:
    found = []
    for position, value in enumerate(values):
        is_param = isinstance(value, type(pytest.param()))
        marks = (
            *(value.marks if is_param else ()),
            *[pytest.mark.thorough] * is_thorough(position),
        )
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

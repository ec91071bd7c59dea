"""Prepare the changes of many numbers, several at a time, before anything is written."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from wacb.api.client import Client
from wacb.errors import Skipped, WacbError
from wacb.models import UNKNOWN
from wacb.provision.number_change import NumberChange, NumberResult


def prepare_all(
    items: Sequence[tuple[str, Callable[[], NumberChange]]],
    client: Client | None,
    *,
    fail_fast: bool,
) -> list[NumberResult]:
    """Prepare the change of every number before anything is written; errors are kept, not raised.

    Several are prepared at a time, where a `client` looks them up. With `fail_fast` no number is
    changed when one has an error.
    """
    prepared = client.at_once(_prepare, items) if client else [_prepare(item) for item in items]
    if fail_fast and any(item.error for item in prepared):
        return [
            item if item.error else failed_change(number, skipped(number))
            for item, (number, _) in zip(prepared, items, strict=True)
        ]
    return prepared


def failed_change(number: str, error: WacbError) -> NumberResult:
    """Return the result for a number whose change could not be prepared."""
    return NumberResult(NumberChange(number, UNKNOWN, UNKNOWN), error=error)


def _prepare(item: tuple[str, Callable[[], NumberChange]]) -> NumberResult:
    number, prepare = item
    try:
        return NumberResult(prepare())
    except WacbError as error:
        return failed_change(number, error)


def skipped(number: str) -> Skipped:
    """Return the error of a number that was left out."""
    return Skipped(f"number {number} was skipped: the run was stopped")

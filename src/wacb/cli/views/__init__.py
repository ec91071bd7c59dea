"""How a thing is shown: the members of its JSON, its row and its ID; one file for each subject."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

from wacb.cli.render import Column
from wacb.errors import WacbError


class View(NamedTuple):
    """How one kind of thing is shown.

    `as_json` returns its JSON members, `cells` its row as TSV from these; `table_cells` of the
    thing itself fill the `columns` of a table, by default the first of `cells`. `id` is the member
    that `-q` prints, `none` the sentence for an empty list, `words` puts members that are no plain
    values into words for a record, `states` are the members that are states. A record with a
    `headline` begins with a state and a sentence, and repeats none of the `told` members.
    """

    as_json: Callable[[Any], Mapping[str, Any]]
    columns: tuple[Column, ...]
    cells: Callable[[Mapping[str, Any]], Sequence[Any]]
    id: str
    none: str = ""
    words: Mapping[str, Callable[[Any], str]] = MappingProxyType({})
    table_cells: Callable[[Any], Sequence[Any]] | None = None
    states: Collection[str] = ()
    headline: Callable[[Any], tuple[str, str]] | None = None
    told: Collection[str] = ()

    def row(self, thing: Any) -> list[Any]:
        """Return the cells of a table's row."""
        if self.table_cells:
            return [*self.table_cells(thing)]
        return [*self.cells(self.as_json(thing))[: len(self.columns)]]


def members(*names: str) -> Callable[[Mapping[str, Any]], tuple[Any, ...]]:
    """Return a function that picks these members of a JSON object as the cells of a row."""
    return lambda value: tuple(value[name] for name in names)


def error_json(error: WacbError) -> dict[str, Any]:
    """Return a failure as JSON; `details` only where it has some."""
    names = ("code", "message", "hint", "status", "api_code", "retryable")
    details = {"details": list(error.details)} if error.details else {}
    return {name: getattr(error, name) for name in names} | details


def record_json(record: Any) -> dict[str, Any]:
    """Return the members of a named tuple, `error` only where there is one."""
    value: dict[str, Any] = record._asdict()
    error = value.pop("error", None)
    return value | ({"error": error_json(error)} if error else {})

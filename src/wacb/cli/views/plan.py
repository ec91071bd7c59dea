"""How the results of `wacb apply` are shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from wacb.cli.render import Column
from wacb.cli.views import View, error_json
from wacb.cli.views.numbers import result_words

if TYPE_CHECKING:
    from wacb.plan.apply import Outcome


def _as_json(outcome: Outcome) -> dict[str, Any]:
    value = outcome.change.as_json() | {"id": outcome.id, "result": outcome.result}
    return value | ({"error": error_json(outcome.error)} if outcome.error else {})


def _cells(value: Mapping[str, Any]) -> tuple[Any, ...]:
    error = value.get("error") or {}
    word = result_words(value["result"], error.get("code"))
    return (value["kind"], value["name"], word, value["id"], error.get("message"))


CHANGE_RESULT = View(
    as_json=_as_json,
    columns=(
        Column("KIND"),
        Column("NAME", keep=True),
        Column("RESULT"),
        Column("PROFILE", keep=True),
    ),
    cells=_cells,
    id="id",
)

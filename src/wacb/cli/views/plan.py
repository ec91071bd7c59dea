"""How the results of `wacb apply` are shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from wacb.cli.render import Column
from wacb.cli.views import View, error_json
from wacb.cli.views.numbers import result_words
from wacb.models import id_to_json

if TYPE_CHECKING:
    from wacb.plan.apply import PlanResult


def _as_json(result: PlanResult) -> dict[str, Any]:
    changed: dict[str, Any] = {"result": result.status}
    if result.status == "detached":
        changed["id"] = id_to_json(None)
    error = {"error": error_json(result.error)} if result.error else {}
    return result.change.as_json() | changed | error


def _cells(value: Mapping[str, Any]) -> tuple[Any, ...]:
    error = value.get("error") or {}
    word = result_words(value["result"], error.get("code"))
    return (value["kind"], value["name"], word, value["id"], error.get("message"))


CHANGE_RESULT = View(
    as_json=_as_json,
    columns=(
        Column("KIND"),
        Column("NAME", keep=True),
        Column("RESULT", state=True),
        Column("PROFILE", keep=True),
    ),
    cells=_cells,
    id="id",
)

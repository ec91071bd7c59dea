"""How the findings of `wacb api check` are shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from wacb.cli.render import Column
from wacb.cli.views import View

if TYPE_CHECKING:
    from wacb.probe.model import Finding


def _as_json(finding: Finding) -> dict[str, Any]:
    return finding.as_json()


def _cells(value: Mapping[str, Any]) -> tuple[Any, ...]:
    pair = value["override"] or {}
    return (
        *(value[name] for name in ("id", "verdict", "evidence", "sentence")),
        "=".join(pair.values()),
    )


FINDING = View(
    as_json=_as_json,
    columns=(
        Column("ID", keep=True, style="bold"),
        Column("VERDICT", keep=True),
        Column("EVIDENCE", wrap=True),
    ),
    cells=_cells,
    id="id",
)

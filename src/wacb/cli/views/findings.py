"""How the findings of `wacb api check` are shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wacb.cli.render import Column
from wacb.cli.views import View


def _cells(value: Mapping[str, Any]) -> tuple[Any, ...]:
    pair = value["override"] or {}
    return (
        *(value[name] for name in ("id", "verdict", "evidence", "sentence")),
        "=".join(pair.values()),
    )


FINDING = View(
    as_json=lambda finding: finding.as_json(),
    columns=(
        Column("ID", keep=True, style="bold"),
        Column("VERDICT", keep=True, state=True),
        Column("EVIDENCE", wrap=True),
    ),
    cells=_cells,
    id="id",
)

"""How assumptions about the API are shown."""

from __future__ import annotations

from wacb.cli.render import Column
from wacb.cli.views import View, members, record_json

ASSUMED = View(
    as_json=record_json,
    columns=(
        Column("ID", keep=True, style="bold"),
        Column("ASSUMED", wrap=True),
        Column("MATTERS FOR", wrap=True),
        Column("SOURCE", keep=True),
        Column("LAST CHECK", keep=True, state=True),
    ),
    cells=members("id", "sentence", "matters_for", "source", "verdict", "override", "page"),
    id="id",
)

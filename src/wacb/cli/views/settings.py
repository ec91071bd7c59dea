"""How settings are shown."""

from __future__ import annotations

from wacb.cli.render import Column
from wacb.cli.views import View, members, record_json

SETTING = View(
    as_json=record_json,
    columns=(Column("KEY", keep=True), Column("VALUE", keep=True), Column("SOURCE", wrap=True)),
    cells=members("key", "value", "source"),
    id="key",
)

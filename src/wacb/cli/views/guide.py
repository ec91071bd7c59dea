"""How the pages of the guide and the placeholders are shown."""

from __future__ import annotations

from wacb.cli.render import Column
from wacb.cli.views import View, members, record_json

TOPIC = View(
    as_json=record_json,
    columns=(Column("TOPIC", keep=True), Column("SUMMARY", wrap=True)),
    cells=members("topic", "summary"),
    id="topic",
)
PLACEHOLDER = View(
    as_json=record_json,
    columns=(Column("NAME", keep=True), Column("MEANING", keep=True), Column("EXAMPLE")),
    cells=members("name", "meaning", "example"),
    id="name",
)

"""How the accounts of the config file are shown."""

from __future__ import annotations

from wacb.cli.render import Column
from wacb.cli.views import View, members, record_json
from wacb.errors import Command, Prose

ACCOUNT = View(
    as_json=record_json,
    columns=(
        Column("ACCOUNT", keep=True),
        Column("DEFAULT"),
        Column("SID"),
        Column("HOST"),
        Column("WABA ID"),
        Column("API KEY"),
    ),
    cells=members("name", "default", "sid", "host", "waba_id", "key"),
    id="name",
    none=Prose("No accounts. Run `", Command("config init"), "` to create one."),
)

"""How numbers are shown: as listed, registered, changed, and changed before."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wacb.cli.render import Column
from wacb.cli.views import View, members, record_json
from wacb.models import Number


def _number_json(number: Number) -> dict[str, Any]:
    names = ("number", "name", "status", "waba_id", "callback_profile_id", "api")
    return {name: getattr(number, name) for name in names}


NUMBER = View(
    as_json=_number_json,
    columns=(
        Column("NUMBER", keep=True),
        Column("NAME"),
        Column("STATUS"),
        Column("CALLBACK PROFILE ID", keep=True),
    ),
    cells=members("number", "name", "status", "callback_profile_id", "api", "waba_id"),
    id="number",
    none="no numbers in this WhatsApp business account",
)


def result_words(result: str | None, error_code: str | None) -> str:
    """Put the result of a change into one or two words."""
    unknown = {"interrupted": "not known", "outcome_unknown": "not known"}
    return result or {"not_tried": "not tried", **unknown}.get(error_code or "", "failed")


def _change_cells(value: Mapping[str, Any]) -> tuple[Any, ...]:
    error = value.get("error") or {}
    shown = (value[name] for name in ("old", "new", "verified"))
    word = result_words(value["result"], error.get("code"))
    return (value["number"], word, *shown, error.get("message"))


NUMBER_RESULT = View(
    as_json=record_json,
    columns=(
        Column("NUMBER", keep=True),
        Column("RESULT"),
        Column("OLD", keep=True),
        Column("NEW", keep=True),
        Column("VERIFIED"),
    ),
    cells=_change_cells,
    id="number",
)


REGISTRATION = View(
    as_json=record_json,
    columns=tuple(Column(title, keep=True) for title in ("NUMBER", "ID", "PROFILE")),
    cells=members("number", "id", "profile"),
    id="id",
)
HISTORY_ENTRY = View(
    as_json=record_json,
    columns=(
        Column("TIME", keep=True),
        Column("NUMBER", keep=True),
        Column("ACTION"),
        Column("OLD", keep=True),
        Column("NEW", keep=True),
    ),
    cells=members("time", "number", "action", "old", "new"),
    id="number",
    none="no changes in the journal",
)

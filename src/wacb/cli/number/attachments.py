"""How an attachment is shown, and put into words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wacb.cli.render import Column
from wacb.cli.views import VIEWS, View, error_json
from wacb.provision.attach import Attachment


def _as_json(attachment: Attachment) -> dict[str, Any]:
    value = attachment._asdict()
    error = value.pop("error")
    return value | ({"error": error_json(error)} if error else {})


def in_words(result: str | None, error_code: str | None) -> str:
    """Put what became of a number into one or two words."""
    unknown = {"interrupted": "not known", "outcome_unknown": "not known"}
    return result or {"not_tried": "not tried", **unknown}.get(error_code or "", "failed")


def _cells(value: Mapping[str, Any]) -> tuple[Any, ...]:
    error = value.get("error") or {}
    shown = tuple(value[name] for name in ("old", "new", "verified"))
    word = in_words(value["result"], error.get("code"))
    return (value["number"], word, *shown, error.get("message"))


VIEWS[Attachment] = View(
    as_json=_as_json,
    columns=(
        Column(title="NUMBER", keep=True),
        Column(title="RESULT"),
        Column(title="OLD", keep=True),
        Column(title="NEW", keep=True),
        Column(title="VERIFIED"),
    ),
    cells=_cells,
    id="number",
)

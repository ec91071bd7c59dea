"""How the checks of `wacb verify` are shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from wacb.cli.render import Column
from wacb.cli.views import View

if TYPE_CHECKING:
    from wacb.verify.result import CheckResult

_WORDS = {True: "ok", False: "broken", None: "skipped"}


def check_words(ok: bool | None) -> str:
    """Return the result of a check as a word."""
    return _WORDS[ok]


def _as_json(result: CheckResult) -> dict[str, Any]:
    values = {name: getattr(result, name) for name in ("ok", "ms", "detail", "fix")}
    return {"link": result.name, **values}


def _cells(value: Mapping[str, Any]) -> tuple[Any, ...]:
    return (
        value["link"],
        check_words(value["ok"]),
        *(value[name] for name in ("ms", "detail", "fix")),
    )


CHECK_RESULT = View(
    as_json=_as_json,
    # without the fix: stderr has it in full, and a shortened command cannot be pasted
    columns=(
        Column("LINK", keep=True, style="bold"),
        Column("OK", keep=True, state=True),
        Column("MS", keep=True),
        Column("DETAIL", wrap=True),
    ),
    cells=_cells,
    id="link",
)

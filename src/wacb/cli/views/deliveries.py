"""How deliveries of callbacks are shown: by `callback send` and by the emulator."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from wacb.cli.render import Column
from wacb.cli.views import View, record_json

if TYPE_CHECKING:
    from wacb.sandbox import delivery

_MAX_RESPONSE = 200  # characters of an answer that a row shows


def _delivery_cells(value: Mapping[str, Any]) -> tuple[Any, ...]:
    shown = (value["response"] or "")[:_MAX_RESPONSE]
    names = ("n", "type", "status", "ms", "ok")
    return (*(value[name] for name in names), shown, value["method"], value["url"])


DELIVERY = View(
    as_json=record_json,
    columns=(
        *map(Column, ("N", "TYPE", "STATUS", "MS")),
        Column("OK", state=True),
        Column("RESPONSE"),
    ),
    cells=_delivery_cells,
    id="status",
)


def _sandbox_json(sent: delivery.Delivery) -> dict[str, Any]:
    plain = {name: getattr(sent, name) for name in ("id", "number", "type", "delivered")}
    return plain | {"attempts": [attempt._asdict() for attempt in sent.attempts]}


def _attempt_words(attempts: Sequence[Mapping[str, Any]]) -> str:
    return ", ".join(f"{each['status'] or 'no response'} in {each['ms']:g} ms" for each in attempts)


SANDBOX_DELIVERY = View(
    as_json=_sandbox_json,
    columns=(),  # there is always one, so it is never a table
    cells=lambda value: (*list(value.values())[:4], _attempt_words(value["attempts"])),
    id="id",
    states=("delivered",),
    words={"attempts": _attempt_words},
)

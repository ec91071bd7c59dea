"""How a message of the emulator is shown: its outcome, its request in a dry run, `-v`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from wacb.callbacks import sender
from wacb.cli.app import App
from wacb.cli.callback.deliveries import show_outgoing
from wacb.cli.trace import trace_callback
from wacb.cli.views import VIEWS, View
from wacb.sandbox.delivery import Delivery
from wacb.sandbox.outgoing import Outgoing


def show_request(app: App, outgoing: Outgoing) -> None:
    """Print the request that would tell of a message."""
    show_outgoing(app, [_callback(outgoing)])


def show(app: App, delivery: Delivery) -> None:
    """Print the outcome, and raise what it is when the message was not delivered."""
    if delivery.outgoing:
        trace_callback(app, _callback(delivery.outgoing), delivery.attempts)
    app.out.one(delivery)
    if delivery.error:
        raise delivery.error


def _callback(outgoing: Outgoing) -> sender.Outgoing:
    """Make the client's record of the emulator's own: the two share none."""
    return sender.Outgoing(outgoing.method, outgoing.url, outgoing.headers, outgoing.body)


def _as_json(delivery: Delivery) -> dict[str, Any]:
    plain = {name: getattr(delivery, name) for name in ("id", "number", "type", "delivered")}
    return plain | {"attempts": [attempt._asdict() for attempt in delivery.attempts]}


def _in_words(attempts: Sequence[Mapping[str, Any]]) -> str:
    return ", ".join(f"{one['status'] or 'no answer'} in {one['ms']:g} ms" for one in attempts)


VIEWS[Delivery] = View(
    as_json=_as_json,
    columns=(),  # there is always one
    cells=lambda value: (*list(value.values())[:4], _in_words(value["attempts"])),
    id="id",
    words={"attempts": _in_words},
)

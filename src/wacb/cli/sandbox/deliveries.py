"""How a message of the emulator is shown: its outcome, its request in a dry run, `-v`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from wacb.callbacks import sender
from wacb.cli.app import App
from wacb.cli.callback.deliveries import show_outgoing
from wacb.cli.views import VIEWS, View
from wacb.redact import mask_headers
from wacb.sandbox.delivery import Delivery
from wacb.sandbox.outgoing import Outgoing


def show_request(app: App, outgoing: Outgoing) -> None:
    """Print the request that would tell of a message."""
    shown = {name: getattr(outgoing, name) for name in sender.Outgoing._fields}
    show_outgoing(app, [sender.Outgoing(**shown)])


def show(app: App, delivery: Delivery) -> None:
    """Print the outcome, and raise what it is when the message was not delivered."""
    if delivery.outgoing:
        _trace(app, delivery.outgoing, delivery)
    app.out.one(delivery)
    if delivery.error:
        raise delivery.error


def _trace(app: App, outgoing: Outgoing, delivery: Delivery) -> None:
    """Say on stderr what `-v` and `-vv` ask for."""
    if app.verbosity:
        for number, attempt in enumerate(delivery.attempts, start=1):
            status = attempt.status or "no answer"
            shown = f"{status} {attempt.ms:.0f} ms attempt {number}"
            app.out.note(f"{outgoing.method} {outgoing.url} {shown}")
    if app.verbosity > 1:
        for name, value in mask_headers(outgoing.headers).items():
            app.out.note(f"> {name}: {value}")
        if outgoing.body is not None:
            app.out.note(f"> {outgoing.body.decode()}")


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

"""Show the delivery of a message by the emulator: its result, or its request in a dry run."""

from __future__ import annotations

from wacb.callbacks import sender
from wacb.cli.app import App
from wacb.cli.callback.deliveries import show_outgoing
from wacb.cli.trace import trace_callback
from wacb.cli.views.deliveries import SANDBOX_DELIVERY
from wacb.sandbox.delivery import Delivery
from wacb.sandbox.outgoing import Outgoing


def show_request(app: App, outgoing: Outgoing) -> None:
    """Print the request that would deliver a message."""
    show_outgoing(app, [_as_callback(outgoing)])


def show(app: App, delivery: Delivery) -> None:
    """Print the result. Raises its error if the message was not delivered."""
    if delivery.outgoing:
        trace_callback(app, _as_callback(delivery.outgoing), delivery.attempts)
    app.out.record(delivery, SANDBOX_DELIVERY)
    if delivery.error:
        raise delivery.error


def _as_callback(outgoing: Outgoing) -> sender.Outgoing:
    """Convert the emulator's record to the client's: the two share no code."""
    return sender.Outgoing(outgoing.method, outgoing.url, outgoing.headers, outgoing.body)

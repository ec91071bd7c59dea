"""How a message of the emulator is shown: its outcome, its request in a dry run, `-v`."""

from __future__ import annotations

from wacb.callbacks import sender
from wacb.cli.app import App
from wacb.cli.callback.deliveries import show_outgoing
from wacb.cli.trace import trace_callback
from wacb.cli.views.deliveries import SANDBOX_DELIVERY
from wacb.sandbox.delivery import Delivery
from wacb.sandbox.outgoing import Outgoing


def show_request(app: App, outgoing: Outgoing) -> None:
    """Print the request that would tell of a message."""
    show_outgoing(app, [_callback(outgoing)])


def show(app: App, delivery: Delivery) -> None:
    """Print the outcome, and raise what it is when the message was not delivered."""
    if delivery.outgoing:
        trace_callback(app, _callback(delivery.outgoing), delivery.attempts)
    app.out.record(delivery, SANDBOX_DELIVERY)
    if delivery.error:
        raise delivery.error


def _callback(outgoing: Outgoing) -> sender.Outgoing:
    """Make the client's record of the emulator's own: the two share none."""
    return sender.Outgoing(outgoing.method, outgoing.url, outgoing.headers, outgoing.body)

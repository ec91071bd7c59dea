"""How deliveries are shown: as rows, in a dry run, by `-v`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from wacb.callbacks.sender import Delivery, Outgoing
from wacb.cli.app import App
from wacb.cli.dry_run import Printed, show_printed
from wacb.cli.trace import trace_callback
from wacb.errors import CheckFailed, Unavailable
from wacb.redaction import MASK, mask_headers


def show_outgoing(app: App, outgoing: Sequence[Outgoing]) -> None:
    """Print what would be delivered (cli.md 11), secrets as `***`."""
    shown = [_printed(each) for each in outgoing]
    show_printed(app, shown, masked=any(MASK in each.headers.values() for each in shown))


def _printed(outgoing: Outgoing) -> Printed:
    body = None if outgoing.body is None else outgoing.body.decode()
    return Printed(outgoing.method, outgoing.url, mask_headers(outgoing.headers), body)


def trace(app: App, outgoing: Outgoing, delivery: Delivery) -> None:
    """Say on stderr what `-v` and `-vv` ask for."""
    trace_callback(app, outgoing, [(delivery.status, delivery.ms)], delivery.response)


def judge(deliveries: Sequence[Delivery]) -> None:
    """Raise CheckFailed when an answer was no 2xx, else Unavailable when one did not come."""
    errors = [delivery.error for delivery in deliveries if delivery.error]
    if not errors:
        return
    message = errors[0].message
    details: tuple[str, ...] = ()
    if len(deliveries) > 1:
        message = f"{len(errors)} of {len(deliveries)} deliveries failed"
        words = Counter(error.message for error in errors)
        details = tuple(f"{count} of them: {word}" for word, count in words.items())
    refused = [error for error in errors if isinstance(error, CheckFailed)]
    if refused:
        raise CheckFailed(
            message,
            details=details,
            hint="a delivery counts as failed unless the endpoint answers with a 2xx itself",
            status=refused[0].status,
        )
    hints = dict.fromkeys(error.hint for error in errors if error.hint)
    raise Unavailable(message, details=details, hint="; ".join(hints))

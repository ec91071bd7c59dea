"""Show deliveries: as rows, in a dry run and with `-v`; and raise their errors."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from wacb.callbacks.sender import Delivery, Outgoing
from wacb.cli.app import App
from wacb.cli.dry_run import Printed, show_printed
from wacb.cli.trace import trace_callback
from wacb.errors import CheckFailed, Unavailable, join_prose
from wacb.redaction import MASK, mask_headers


def show_outgoing(app: App, outgoing: Sequence[Outgoing]) -> None:
    """Print the requests of a dry run, secrets as `***`."""
    shown = [_printed(each) for each in outgoing]
    show_printed(app, shown, masked=any(MASK in each.headers.values() for each in shown))


def _printed(outgoing: Outgoing) -> Printed:
    body = None if outgoing.body is None else outgoing.body.decode()
    return Printed(outgoing.method, outgoing.url, mask_headers(outgoing.headers), body)


def trace(app: App, outgoing: Outgoing, delivery: Delivery) -> None:
    """Print on stderr what `-v` and `-vv` ask for."""
    trace_callback(app, outgoing, [(delivery.status, delivery.ms)], delivery.response)


def raise_failures(deliveries: Sequence[Delivery]) -> None:
    """Raise CheckFailed if a response was not 2xx, else Unavailable if one is missing."""
    errors = [delivery.error for delivery in deliveries if delivery.error]
    if not errors:
        return
    message = errors[0].message
    details: tuple[str, ...] = ()
    if len(deliveries) > 1:
        message = f"{len(errors)} of {len(deliveries)} deliveries failed"
        messages = Counter(error.message for error in errors)
        details = tuple(f"{count}x {text}" for text, count in messages.items())
    refused = [error for error in errors if isinstance(error, CheckFailed)]
    if refused:
        raise CheckFailed(
            message,
            details=details,
            hint="make the endpoint respond with a 2xx status, without redirects",
            status=refused[0].status,
        )
    hints = dict.fromkeys(error.hint for error in errors if error.hint)
    raise Unavailable(message, details=details, hint=join_prose("; ", hints))

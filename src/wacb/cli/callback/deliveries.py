"""How deliveries are shown: as rows, in a dry run, by `-v`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from wacb.callbacks.sender import Delivery, Outgoing
from wacb.cli.app import App
from wacb.cli.dry_run import Printed, show_printed
from wacb.cli.render import Column
from wacb.cli.trace import trace_callback
from wacb.cli.views import VIEWS, View, error_json
from wacb.errors import CheckFailed, Unavailable
from wacb.redaction import MASK, mask_headers

MOST_SHOWN = 200  # characters of an answer, but for JSON


def _as_json(delivery: Delivery) -> dict[str, Any]:
    value = delivery._asdict()
    error = value.pop("error")
    return value | ({"error": error_json(error)} if error else {})


def _cells(value: Mapping[str, Any]) -> tuple[Any, ...]:
    shown = (value["response"] or "")[:MOST_SHOWN]
    names = ("n", "type", "status", "ms", "ok")
    return (*(value[name] for name in names), shown, value["method"], value["url"])


VIEWS[Delivery] = View(
    as_json=_as_json,
    columns=tuple(map(Column, ("N", "TYPE", "STATUS", "MS", "OK", "RESPONSE"))),
    cells=_cells,
    id="status",
)


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

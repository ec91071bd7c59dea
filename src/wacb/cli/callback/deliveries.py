"""How deliveries are shown: as rows, as curl commands of a dry run, as the lines of `-v`."""

from __future__ import annotations

import re
import shlex
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from wacb.callbacks.sender import Delivery, Outgoing
from wacb.cli.app import App
from wacb.cli.views import VIEWS, View, error_json
from wacb.errors import CheckFailed, Unavailable
from wacb.redact import MASK, mask_headers
from wacb.render import Column

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
    columns=(
        Column(title="N"),
        Column(title="TYPE"),
        Column(title="STATUS"),
        Column(title="MS"),
        Column(title="OK"),
        Column(title="RESPONSE"),
    ),
    cells=_cells,
    id="status",
)


def show_outgoing(app: App, outgoing: Sequence[Outgoing]) -> None:
    """Print what would be delivered (cli.md 11), secrets as `***`."""
    if app.out.format == "json":
        app.out.json({"dry_run": True, "requests": [_request(each) for each in outgoing]})
    else:
        for each in outgoing:
            app.out.raw(curl(each))
    if any(MASK in mask_headers(each.headers).values() for each in outgoing):
        app.out.note("note: *** stands for a secret that is not shown; put it in before you paste")


def _request(outgoing: Outgoing) -> dict[str, Any]:
    body = None if outgoing.body is None else outgoing.body.decode()
    return outgoing._asdict() | {"headers": mask_headers(outgoing.headers), "body": body}


def curl(outgoing: Outgoing) -> str:
    """Write a delivery as one curl command for a POSIX shell."""
    globbing = ["--globoff"] if re.search(r"[][{}]", outgoing.url) else []
    words = ["curl", *globbing, "-X", outgoing.method, outgoing.url]
    for name, value in mask_headers(outgoing.headers).items():
        words += ["-H", f"{name}: {value}"]
    if outgoing.body is not None:
        words += ["--data-raw", outgoing.body.decode()]
    return shlex.join(words)


def trace(app: App, outgoing: Outgoing, delivery: Delivery) -> None:
    """Say on stderr what `-v` and `-vv` ask for."""
    if app.verbosity:
        status = "no answer" if delivery.status is None else delivery.status
        app.out.note(f"{outgoing.method} {outgoing.url} {status} {delivery.ms:.0f} ms attempt 1")
    if app.verbosity > 1:
        for name, value in mask_headers(outgoing.headers).items():
            app.out.note(f"> {name}: {value}")
        if outgoing.body is not None:
            app.out.note(f"> {outgoing.body.decode()}")
        if delivery.response is not None:
            app.out.note(f"< {delivery.response}")


def judge(app: App, deliveries: Sequence[Delivery]) -> None:
    """Raise CheckFailed when an answer was no 2xx, else Unavailable when one did not come."""
    errors = [delivery.error for delivery in deliveries if delivery.error]
    if not errors:
        return
    if len(deliveries) == 1:
        message = errors[0].message
    else:
        message = f"{len(errors)} of {len(deliveries)} deliveries failed"
        for words, count in Counter(error.message for error in errors).items():
            app.out.note(f"{count} of them: {words}")
    refused = [error for error in errors if isinstance(error, CheckFailed)]
    if refused:
        raise CheckFailed(
            message,
            hint="a delivery counts as failed unless the endpoint answers with a 2xx itself",
            status=refused[0].status,
        )
    hints = dict.fromkeys(error.hint for error in errors if error.hint)
    raise Unavailable(message, hint="; ".join(hints))

"""The requests that `--dry-run` prints instead of sending, as curl or JSON (cli.md 11)."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from wacb.api.requests import ApiRequest
from wacb.cli.app import App
from wacb.jsontext import compact_json


class Printed(NamedTuple):
    """A request without its secrets, as JSON shows it: `body` is an object, or the very text."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: Mapping[str, Any] | str | None


def show_requests(app: App, requests: Sequence[ApiRequest]) -> None:
    """Print each request with the key as `$WACB_API_KEY`; other secrets are `***` already."""
    shown = [
        Printed(each.method, each.url, each.headers("$WACB_API_KEY"), each.body)
        for each in requests
    ]
    masked = any('"***"' in compact_json(each.body).replace("\\", "") for each in requests)
    show_printed(app, shown, masked=masked, quote=_expanding)
    if not requests:
        app.out.note("nothing has to change, so no request would go out")
    elif app.settings.sandbox:
        app.out.note("the built-in sandbox has no address; `wacb sandbox serve` gives it one")


def show_printed(
    app: App,
    requests: Sequence[Printed],
    *,
    masked: bool,
    quote: Callable[[str], str] = shlex.quote,
) -> None:
    """Print requests, and say so where a secret is `masked`. `quote` is for URLs and headers."""
    if app.out.format == "json":
        app.out.json({"dry_run": True, "requests": [each._asdict() for each in requests]})
    else:
        for each in requests:
            app.out.raw(_curl(each, quote))
    if masked:
        app.out.note("*** stands for a secret that is not shown; put it in before you paste")


def _curl(request: Printed, quote: Callable[[str], str]) -> str:
    """Write a request as one curl command for a POSIX shell, ready to paste."""
    globbing = ["--globoff"] if re.search(r"[][{}]", request.url) else []
    words = ["curl", *globbing, "-X", request.method, quote(request.url)]
    for name, value in request.headers.items():
        words += ["-H", quote(f"{name}: {value}")]
    if request.body is not None:
        text = request.body if isinstance(request.body, str) else compact_json(request.body)
        words += ["--data-raw", shlex.quote(text)]
    return " ".join(words)


def _expanding(text: str) -> str:
    """Quote for a shell that still fills in our two variables."""
    if not re.search(r"\$WACB_(?:SID|API_KEY)", text):
        return shlex.quote(text)
    escaped = re.sub(r'(["\\`]|\$(?!WACB_(?:SID|API_KEY)))', r"\\\1", text)
    return f'"{escaped}"'

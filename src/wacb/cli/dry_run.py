"""The requests that `--dry-run` prints instead of sending, as curl or JSON."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from wacb.api.requests import ApiRequest
from wacb.cli.app import App
from wacb.cli.quoting import shell_quote
from wacb.errors import Command, Prose
from wacb.jsontext import compact_json
from wacb.redaction import MASK, has_mask


class Printed(NamedTuple):
    """A request without its secrets, as JSON shows it: `body` is an object or text."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: Mapping[str, Any] | str | None


def show_requests(app: App, requests: Sequence[ApiRequest]) -> None:
    """Print each request with the key as `$WACB_API_KEY`; other secrets are masked already."""
    shown = [
        Printed(each.method, each.url, each.headers("$WACB_API_KEY"), each.body)
        for each in requests
    ]
    masked = any(has_mask(each.body) for each in requests)
    show_printed(app, shown, masked=masked, quote=_quote_expanding)
    if not requests:
        app.out.note("already up to date; no request needed")
    elif app.settings.sandbox:
        app.out.note(
            Prose(
                "the built-in sandbox has no address; run `",
                Command("sandbox serve"),
                "` to send these requests",
            )
        )


def show_printed(
    app: App,
    requests: Sequence[Printed],
    *,
    masked: bool,
    quote: Callable[[str], str] = shell_quote,
) -> None:
    """Print requests, with a note where a secret is `masked`; `quote` quotes URLs and headers."""
    if app.out.format == "json":
        app.out.json({"dry_run": True, "requests": [each._asdict() for each in requests]})
    else:
        for each in requests:
            app.out.text(_curl_command(each, quote))
    if masked:
        app.out.note(f"replace {MASK} with the secret before running this")


def _curl_command(request: Printed, quote: Callable[[str], str]) -> str:
    """Write a request as a curl command for a POSIX shell."""
    globbing = ["--globoff"] if re.search(r"[][{}]", request.url) else []
    words = ["curl", *globbing, "-X", request.method, quote(request.url)]
    for name, value in request.headers.items():
        words += ["-H", quote(f"{name}: {value}")]
    if request.body is not None:
        text = request.body if isinstance(request.body, str) else compact_json(request.body)
        words += ["--data-raw", shell_quote(text)]
    return " ".join(words)


def _quote_expanding(text: str) -> str:
    """Quote text so that a shell still expands our two variables."""
    if not re.search(r"\$WACB_(?:SID|API_KEY)", text):
        return shell_quote(text)
    escaped = re.sub(r'(["\\`]|\$(?!WACB_(?:SID|API_KEY)))', r"\\\1", text)
    return f'"{escaped}"'

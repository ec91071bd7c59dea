"""What `-v` and `-vv` print about each request, secrets masked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from wacb.api.retry import RequestTrace
from wacb.callbacks.sender import Outgoing
from wacb.cli.app import App
from wacb.jsontext import NotJson, json_line, read_json
from wacb.redaction import mask_api_json, mask_body, mask_headers, mask_url


def describe(exchange: RequestTrace, verbosity: int) -> list[str]:
    """Describe one attempt in a line; with `-vv` more lines have its headers and bodies."""
    request, response = exchange.request, exchange.response
    status = response.status if response else None
    lines = [_attempt_line(request.method, request.url, exchange.attempt, status, exchange.ms)]
    if verbosity > 1:
        body = None if request.body is None else _masked(dict(request.body))
        lines.extend(_message_lines(">", exchange.headers, body))
    if verbosity > 1 and response:
        lines.extend(_message_lines("<", response.headers, _body_text(response.body)))
    return lines


def trace_callback(
    app: App,
    outgoing: Outgoing,
    attempts: Sequence[tuple[int | None, float]],
    answer: str | None = None,
) -> None:
    """Print on stderr what `-v` or `-vv` asks for; an attempt is its status and milliseconds."""
    url = mask_url(outgoing.url, filled=True)
    lines = [
        _attempt_line(outgoing.method, url, number, *each)
        for number, each in enumerate(attempts, 1)
    ]
    if app.verbosity > 1:
        text = None if outgoing.body is None else outgoing.body.decode(errors="replace")
        body = None if text is None else mask_body(text, filled=True)
        lines += [*_message_lines(">", outgoing.headers, body), *_message_lines("<", {}, answer)]
    for line in lines if app.verbosity else ():
        app.out.message(line)


def _attempt_line(method: str, url: str, number: int, status: int | None, ms: float) -> str:
    answered = "no response" if status is None else status
    return f"{method} {url} {answered} {ms:.0f} ms attempt {number}"


def _message_lines(mark: str, headers: Mapping[str, str], body: str | None) -> Iterator[str]:
    for name, value in mask_headers(headers).items():
        yield f"{mark} {name}: {value}"
    if body is not None:
        yield f"{mark} {body}"


def _body_text(body: bytes) -> str:
    try:
        return _masked(read_json(body))
    except NotJson:
        return f"{len(body)} bytes, not JSON"


def _masked(value: Any) -> str:
    return json_line(mask_api_json(value))

"""The lines of `-v` and `-vv` about each request, secrets masked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from wacb.api.requests import ApiRequest
from wacb.api.retry import Exchange
from wacb.callbacks.sender import Outgoing
from wacb.cli.app import App
from wacb.jsontext import NotJson, json_line, read_json
from wacb.redaction import mask_headers, masked, redacted


def describe(exchange: Exchange, verbosity: int) -> list[str]:
    """Put one attempt into a line, and with `-vv` its headers and bodies into further ones."""
    request, response = exchange.request, exchange.response
    status = response.status if response else None
    lines = [_attempt(request, exchange.attempt, status, exchange.ms)]
    if verbosity > 1:
        body = None if request.body is None else _masked(dict(request.body))
        lines.extend(_message(">", exchange.headers, body))
    if verbosity > 1 and response:
        lines.extend(_message("<", response.headers, _answer(response.body)))
    return lines


def trace_callback(
    app: App,
    outgoing: Outgoing,
    attempts: Sequence[tuple[int | None, float]],
    answer: str | None = None,
) -> None:
    """Say on stderr what is asked for about a callback. An attempt is its status and its ms."""
    lines = [_attempt(outgoing, number, *each) for number, each in enumerate(attempts, start=1)]
    if app.verbosity > 1:
        body = None if outgoing.body is None else outgoing.body.decode()
        lines += [*_message(">", outgoing.headers, body), *_message("<", {}, answer)]
    for line in lines if app.verbosity else ():
        app.out.say(line)


def _attempt(request: ApiRequest | Outgoing, number: int, status: int | None, ms: float) -> str:
    answered = "no answer" if status is None else status
    url, _ = masked("url", request.url, None)
    return f"{request.method} {url} {answered} {ms:.0f} ms attempt {number}"


def _message(mark: str, headers: Mapping[str, str], body: str | None) -> Iterator[str]:
    for name, value in mask_headers(headers).items():
        yield f"{mark} {name}: {value}"
    if body is not None:
        yield f"{mark} {body}"


def _answer(body: bytes) -> str:
    try:
        return _masked(read_json(body))
    except NotJson:
        return f"{len(body)} bytes that are no JSON"


def _masked(value: Any) -> str:
    return json_line(redacted(value))

"""The page of `callback listen --inspect`: an ASGI app for it and for the callbacks it lists.

The page itself is inspect.html; the port and uvicorn are receiver.py's.
"""

from __future__ import annotations

import hashlib
import os
import re
from base64 import b64encode
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib.resources import files
from itertools import islice
from typing import Any, NamedTuple

from wacb.jsontext import ascii_json
from wacb.net.server import App, Message, Receive, Send

MOST = 100  # callbacks in one answer; the page asks again at once
_ENOUGH = 4 * 1024 * 1024  # characters after which an answer takes no further callback
_OWN_HOST = re.compile(rb"(?:127\.0\.0\.1|localhost|\[::1\])(?::[0-9]{1,5})?", re.IGNORECASE)
_QUERY = re.compile(rb"(?:after=([0-9]{1,15}))?")
_HEADERS = {
    "cache-control": "no-store",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}
Records = Callable[[int], Sequence[Mapping[str, Any]]]


class _Answer(NamedTuple):
    status: int
    body: str
    type: str = "text/plain; charset=utf-8"
    headers: Mapping[str, str] = {}


def app(records: Records) -> App:
    """Return an ASGI 3 application that serves the page at / and /callbacks?after=N as JSON.

    `records(after)` gives the NDJSON objects of `callback listen` (cli.md 11) whose n is higher
    than `after`, in order; one answer holds some of them. It is called in the event loop. Who may
    reach the port is not asked, only that the browser was sent to a loopback name (DNS rebinding).
    """
    page = files("wacb.callbacks").joinpath("inspect.html").read_text("utf-8")
    always = _HEADERS | {"content-security-policy": _policy(page)}
    # Tells the page that another process answers on this port, and counts from 1 again.
    run = {"wacb-run": os.urandom(8).hex()}

    def answer(scope: Message) -> _Answer:
        if not _is_for_loopback(scope["headers"]):
            return _Answer(403, "this page answers to 127.0.0.1, localhost and [::1] only\n")
        if scope["path"] not in ("/", "/callbacks"):
            return _Answer(404, "not found\n")
        if scope["method"] != "GET":
            return _Answer(405, "method not allowed\n", headers={"allow": "GET"})
        if scope["path"] == "/":
            return _Answer(200, page, "text/html; charset=utf-8")
        query = _QUERY.fullmatch(scope["query_string"])
        if not query:
            return _Answer(400, "the query is after=N\n")
        return _Answer(200, _json(records(int(query[1] or 0))), "application/json", run)

    async def application(scope: Message, receive: Receive, send: Send) -> None:
        status, text, kind, more = answer(scope)
        body = text.encode()
        headers = {**always, **more, "content-type": kind, "content-length": str(len(body))}
        raw = [(name.encode(), value.encode()) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": status, "headers": raw})
        await send({"type": "http.response.body", "body": body})

    return application


def _is_for_loopback(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    hosts = [value for name, value in headers if name == b"host"]
    return len(hosts) == 1 and _OWN_HOST.fullmatch(hosts[0]) is not None


def _policy(page: str) -> str:
    """Return the Content-Security-Policy that lets this page run its own code and nothing else."""
    return (
        f"default-src 'none'; script-src {_hash(page, 'script')}; "
        f"style-src {_hash(page, 'style')}; connect-src 'self'; img-src data:; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
        "require-trusted-types-for 'script'; trusted-types 'none'"
    )


def _hash(page: str, tag: str) -> str:
    inline = page.partition(f"<{tag}>")[2].partition(f"</{tag}>")[0]
    digest = hashlib.sha256(inline.encode()).digest()
    return f"'sha256-{b64encode(digest).decode()}'"


def _json(callbacks: Sequence[Mapping[str, Any]]) -> str:
    """Write the first callbacks as a JSON array: at least one of them, at most MOST."""
    written: list[str] = []
    for callback in islice(callbacks, MOST):
        written.append(ascii_json(callback))
        if sum(map(len, written)) > _ENOUGH:
            break
    return f"[{','.join(written)}]"

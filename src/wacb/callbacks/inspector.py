"""The inspector of `callback listen --inspect`: an ASGI app for the page and its callbacks."""

from __future__ import annotations

import hashlib
import os
import re
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from importlib.resources import files
from itertools import accumulate
from typing import NamedTuple

from wacb.net.server import App, Message, Receive, Send, is_for_this_machine

MAX_CALLBACKS = 100  # in one response; the page asks again at once
_ENOUGH = 4 * 1024 * 1024  # characters; a response that has reached them gets no further callback
_QUERY = re.compile(rb"(?:after=([0-9]{1,15}))?")
_HEADERS = {
    "cache-control": "no-store",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}
Records = Callable[[int], Sequence[str]]


class _Answer(NamedTuple):
    status: int
    body: str
    type: str = "text/plain; charset=utf-8"
    headers: Mapping[str, str] = {}


def app(records: Records) -> App:
    """Return an ASGI 3 application that serves the page at / and /callbacks?after=N as JSON.

    `records(after)` returns the records of `callback listen` whose n is greater than `after`, in
    order and as JSON; one response has some of them. It is called in the event loop. Only requests
    to a loopback name are answered; there is no other access control.
    """
    page = files("wacb.callbacks").joinpath("inspect.html").read_text("utf-8")
    always = _HEADERS | {"content-security-policy": _policy(page)}
    # Lets the page notice that a new process is running on this port and counts from 1 again.
    run = {"wacb-run": os.urandom(8).hex()}

    def answer(scope: Message) -> _Answer:
        if not is_for_this_machine(scope):
            return _Answer(403, "open this page at 127.0.0.1, localhost or [::1]\n")
        if scope["path"] not in ("/", "/callbacks"):
            return _Answer(404, "not found\n")
        if scope["method"] != "GET":
            return _Answer(405, "method not allowed\n", headers={"allow": "GET"})
        if scope["path"] == "/":
            return _Answer(200, page, "text/html; charset=utf-8")
        query = _QUERY.fullmatch(scope["query_string"])
        if not query:
            return _Answer(400, "the query must be after=N\n")
        return _Answer(200, _json(records(int(query[1] or 0))), "application/json", run)

    async def application(scope: Message, receive: Receive, send: Send) -> None:
        status, text, kind, more = answer(scope)
        body = text.encode()
        headers = {**always, **more, "content-type": kind, "content-length": str(len(body))}
        raw = [(name.encode(), value.encode()) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": status, "headers": raw})
        await send({"type": "http.response.body", "body": body})

    return application


def _policy(page: str) -> str:
    """Build the Content-Security-Policy: only the code of this page may run."""
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


def _json(callbacks: Sequence[str]) -> str:
    """Join the first callbacks, 1 to MAX_CALLBACKS, in a JSON array."""
    first = callbacks[:MAX_CALLBACKS]
    sizes = accumulate(map(len, first), initial=0)  # before each of them
    return f"[{','.join(first[: sum(size <= _ENOUGH for size in sizes)])}]"

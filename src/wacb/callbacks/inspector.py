"""The inspector of `callback listen --inspect`: an ASGI app for the page and its callbacks."""

from __future__ import annotations

import hashlib
import os
import re
from base64 import b64encode
from collections.abc import Mapping, Sequence
from functools import partial
from hmac import compare_digest
from importlib.resources import files
from itertools import accumulate
from typing import Any, NamedTuple

from wacb.callbacks.recorder import RecentCallbacks
from wacb.callbacks.relay import Background, build_replay, parse_target
from wacb.callbacks.saved import parse_record
from wacb.callbacks.sender import Delivery, deliver
from wacb.errors import InvalidInput, NotFound, WacbError
from wacb.jsontext import JsonReader, ascii_json, read_json_or
from wacb.net.server import App, Message, Receive, Send, is_for_this_machine, read_body

MAX_CALLBACKS = 100  # in one response; the page asks again at once
_ENOUGH = 4 * 1024 * 1024  # characters; a response that has reached them gets no further callback
_MAX_BODY = 16 * 1024  # bytes of a request from the page
_QUERY = re.compile(rb"(?:after=([0-9]{1,15}))?")
_METHODS = {"/": "GET", "/callbacks": "GET", "/clear": "POST", "/replay": "POST"}
_HEADERS = {
    "cache-control": "no-store",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}
_read_record = JsonReader(max_depth=None, huge_as_text=True)


class _Answer(NamedTuple):
    status: int
    body: str
    type: str = "text/plain; charset=utf-8"
    headers: Mapping[str, str] = {}


def app(recent: RecentCallbacks, background: Background) -> App:
    """Return an ASGI 3 application: the page, its callbacks as JSON, and what its buttons do.

    /callbacks?after=N has some of the records added after the first N, in order, and the place of
    the last one in the header `wacb-last`. POST /clear forgets all records; POST /replay, with
    `{"n": number, "to": URL}`, delivers one to a URL of this machine. Only requests to a loopback
    name are answered, and a POST only from the page itself: with its Origin, and the value of
    `wacb-run` that no other page can read.
    """
    return _Inspector(recent, background)


class _Inspector:
    def __init__(self, recent: RecentCallbacks, background: Background) -> None:
        self._recent = recent
        self._background = background
        self._page = _read_page()
        self._always = _HEADERS | {"content-security-policy": _policy(self._page)}
        # Also lets the page notice that a new process is running on this port and counts from 1.
        self._run = os.urandom(8).hex()

    # uvicorn takes an object for ASGI 3 by its `__call__`, but not a bound method
    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        given = self._refuse(scope)
        if given is None and scope["method"] == "POST":
            body = await read_body(receive, most=_MAX_BODY, drain=_MAX_BODY)
            given = await self._act(scope["path"], body or b"")
        status, text, kind, more = given or self._answer(scope["path"], scope["query_string"])
        content = text.encode()
        length = str(len(content))
        headers = {**self._always, **more, "content-type": kind, "content-length": length}
        raw = [(name.encode(), value.encode()) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": status, "headers": raw})
        await send({"type": "http.response.body", "body": content})

    def _refuse(self, scope: Message) -> _Answer | None:
        if not is_for_this_machine(scope):
            return _Answer(403, "open this page at 127.0.0.1, localhost or [::1]\n")
        method = _METHODS.get(scope["path"])
        if not method:
            return _Answer(404, "not found\n")
        if scope["method"] != method:
            return _Answer(405, "method not allowed\n", headers={"allow": method})
        if method == "POST" and not _is_from_page(scope, self._run):
            return _Answer(403, "only the page itself may do this\n")
        return None

    def _answer(self, path: str, query: bytes) -> _Answer:
        if path == "/":
            return _Answer(200, self._page, "text/html; charset=utf-8")
        asked = _QUERY.fullmatch(query)
        if not asked:
            return _Answer(400, "the query must be after=N\n")
        after = int(asked[1] or 0)
        first = _first(self._recent.after(after))
        place = first[-1][0] if first else after
        text = f"[{','.join(text for _, text in first)}]"
        headers = {"wacb-run": self._run, "wacb-last": str(place)}
        return _Answer(200, text, "application/json", headers)

    async def _act(self, path: str, body: bytes) -> _Answer:
        if path == "/clear":
            self._recent.clear()
            return _json({})
        try:
            delivery = await _replay(self._recent, self._background, read_json_or(body, None))
        except WacbError as error:
            return _json({"ok": False, "error": {"message": error.message}})
        shown = {name: getattr(delivery, name) for name in ("status", "ms", "ok", "response")}
        failure = delivery.error
        reason = {"error": {"message": failure.in_one_line}} if failure else {}
        return _json(shown | reason)


def _is_from_page(scope: Message, run: str) -> bool:
    """Return whether a request has the page's Origin, and a secret that only the page can read."""
    headers = dict(scope["headers"])
    same = headers.get(b"origin") == b"http://" + headers[b"host"]
    return same and compare_digest(headers.get(b"wacb-run", b""), run.encode())


async def _replay(recent: RecentCallbacks, background: Background, asked: Any) -> Delivery:
    """Deliver a record to a URL of this machine. Raises WacbError."""
    n, to = (asked.get("n"), asked.get("to")) if isinstance(asked, dict) else (None, None)
    if not (isinstance(n, int) and isinstance(to, str)):
        raise InvalidInput("a number and a URL are required")
    target = parse_target(to)
    text = recent.find(n)
    if text is None:
        raise NotFound(f"callback {n} is no longer kept")
    try:
        outgoing = build_replay(target, parse_record(_read_record(text)).request)
    except ValueError as error:
        raise InvalidInput(f"callback {n} cannot be replayed: {error}") from None
    return await background.run(partial(deliver, outgoing=outgoing))


def _json(value: dict[str, Any]) -> _Answer:
    return _Answer(200, ascii_json(value), "application/json")


def _read_page() -> str:
    """Put the page, its style and its script together."""
    html, style, script = (
        files("wacb.callbacks").joinpath(f"inspect.{kind}").read_text("utf-8")
        for kind in ("html", "css", "js")
    )
    return html.replace("<style></style>", f"<style>\n{style}</style>").replace(
        "<script></script>", f"<script>\n{script}</script>"
    )


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


def _first(callbacks: Sequence[tuple[int, str]]) -> Sequence[tuple[int, str]]:
    """Return the first callbacks, 1 to MAX_CALLBACKS, until they are large enough."""
    first = callbacks[:MAX_CALLBACKS]
    sizes = accumulate((len(text) for _, text in first), initial=0)  # before each of them
    return first[: sum(size <= _ENOUGH for size in sizes)]

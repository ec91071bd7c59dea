"""The HTTP server that receives callbacks: methods, Basic auth, size limit and how it ends."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from hmac import compare_digest
from typing import Literal

from wacb.callbacks.decode import Request
from wacb.net.message import Response
from wacb.net.server import (
    LOOPBACK,
    App,
    HttpServer,
    Message,
    Receive,
    Send,
    listen,
    read_body,
    request_parts,
    signals_call,
    url_of,
)

MAX_BODY = 1024 * 1024
METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE")
_MAX_HEAD = 256 * 1024  # the URL of a GET has the longest message (4 096 emoji) twice
_SHOWN = 200  # characters of a rejected method and path
_DRAIN = 128 * MAX_BODY  # bytes of a rejected body to read before closing the connection
End = Literal["stopped", "late", "interrupted"]


class Receiver:
    """Receive callbacks at `host`; port 0 is any free one.

    `authorization` is the header value that requests must have. `on_callback` is called once for
    each callback, before it is answered; it may return the response to wait for, else it is an
    empty 200. `on_refused` is called with a sentence about each rejected request,
    `on_crowded` with one about dropped connections, `on_signal` by each signal. `page` is an ASGI
    app, served on its own loopback port. A request that takes longer than `patience` seconds is
    dropped; up to `drain` bytes of a rejected body are read.
    """

    def __init__(
        self,
        on_callback: Callable[[Request], Awaitable[Response] | None],
        *,
        host: str = LOOPBACK,
        port: int = 0,
        authorization: str | None = None,
        on_refused: Callable[[str], None] = lambda text: None,
        on_crowded: Callable[[str], None] = lambda text: None,
        on_signal: Callable[[], None] = lambda: None,
        page: App | None = None,
        page_port: int = 0,
        patience: float = 20.0,
        drain: int = _DRAIN,
    ) -> None:
        self._on_callback = on_callback
        self._address = host, port
        self._authorization = None if authorization is None else authorization.encode("latin-1")
        self._on_refused = on_refused
        self._on_signal = on_signal
        self._page, self._page_port = page, page_port
        self._drain = drain
        self._busy = 0  # callbacks that are not answered yet
        self._end: End | None = None
        self._failure: BaseException | None = None
        self._server = HttpServer(
            self._app,
            max_head=_MAX_HEAD,
            max_body=MAX_BODY,
            patience=patience,
            on_crowded=on_crowded,
            on_garbage=self._note_garbage,
        )

    def run(self, on_ready: Callable[[str, str | None], None], *, wait: float | None = None) -> End:
        """Receive until `stop`, for `wait` seconds or, in the main thread, until a signal.

        Calls `on_ready` with the URL and the URL of the page. Raises WacbError for a port that is
        in use, and any error of `on_callback`, after answering that callback with a 500.
        """
        with ExitStack() as stack:
            stack.enter_context(signals_call(self._interrupt))
            listeners = [stack.enter_context(listen(*self._address))]
            page_url = None
            if self._page:
                listeners.append(stack.enter_context(listen(LOOPBACK, self._page_port)))
                self._page_port, page_url = listeners[1].getsockname()[1], url_of(listeners[1])
            url = url_of(listeners[0])

            def started() -> None:
                on_ready(url, page_url)
                if wait is not None:
                    asyncio.get_running_loop().call_later(wait, self._finish, "late")

            self._server.on_started = started
            self._server.run(sockets=listeners)
        if self._failure:
            raise self._failure
        return self._end or "interrupted"

    def stop(self) -> None:
        """End `run`, from any thread, once callbacks in progress are answered; others get a 503."""
        self._finish("stopped")

    def _interrupt(self) -> None:
        self._on_signal()
        self._finish("interrupted")

    def _finish(self, end: End) -> None:
        self._end = self._end or end
        self._exit_if_idle()

    def _exit_if_idle(self) -> None:
        self._server.should_exit = self._end is not None and not self._busy

    async def _app(self, scope: Message, receive: Receive, send: Send) -> None:
        if self._page and scope["server"][1] == self._page_port:
            await self._page(scope, receive, send)
            return
        head = Request(**request_parts(scope), body=b"")
        most = MAX_BODY if self._authorized(head) else 0
        body = await read_body(receive, most=most, drain=self._drain)
        if body is None:
            return
        self._busy += 1
        try:
            answer = await self._respond(head._replace(body=body))
        except BaseException as error:  # uvicorn answers 500 and forgets it
            self._failure = self._failure or error
            self.stop()
            raise
        finally:
            self._busy -= 1
            self._exit_if_idle()
        for message in answer:
            await send(message)

    async def _respond(self, request: Request) -> tuple[Message, Message]:
        """Pass a callback on or reject it; return the response."""
        if refusal := self._refuse(request):
            return refusal
        reply = self._on_callback(request)
        return _OK if reply is None else _answer_of(await reply)

    def _refuse(self, request: Request) -> tuple[Message, Message] | None:
        if self._end:
            return _CLOSING
        if request.method not in METHODS:
            answer, reason = _NOT_ALLOWED, "method not allowed (405)"
        elif not self._authorized(request):
            answer, reason = _UNAUTHORIZED, "user or password missing or wrong (401)"
        elif len(request.body) > MAX_BODY:
            answer, reason = _TOO_LARGE, "body larger than 1 MiB (413)"
        else:
            return None
        what = f"{request.method} {request.path}"
        self._on_refused(f"rejected {what[:_SHOWN] + '…' * (len(what) > _SHOWN)}: {reason}")
        return answer

    def _authorized(self, request: Request) -> bool:
        if self._authorization is None:
            return True
        given = request.headers.get("authorization", "").encode("latin-1")
        scheme, _, token = given.partition(b" ")
        return compare_digest(scheme.title() + b" " + token.strip(b" "), self._authorization)

    def _note_garbage(self) -> None:
        self._on_refused("rejected a malformed request, such as one with a space in its URL (400)")


def _message(
    status: int, text: bytes, *headers: tuple[bytes, bytes], length: bool = True
) -> tuple[Message, Message]:
    size = ((b"content-length", str(len(text)).encode()),) if length else ()
    return (
        {"type": "http.response.start", "status": status, "headers": (*headers, *size)},
        {"type": "http.response.body", "body": text, "more_body": False},
    )


def _answer_of(response: Response) -> tuple[Message, Message]:
    headers = ((name.encode(), text.encode("latin-1")) for name, text in response.headers.items())
    length = response.status not in (204, 304)  # which have no body
    return _message(response.status, response.body, *headers, length=length)


_LAST = (b"connection", b"close")  # after a 413 more of the body may be on its way
_TEXT = (b"content-type", b"text/plain")
_CHALLENGE = (b"www-authenticate", b'Basic realm="wacb"')
_OK = _message(200, b"")  # a body would be sent in a second packet
_UNAUTHORIZED = _message(401, b"unauthorized", _TEXT, _CHALLENGE)
_NOT_ALLOWED = _message(405, b"not allowed", _TEXT, (b"allow", ", ".join(METHODS).encode()))
_TOO_LARGE = _message(413, b"too large", _TEXT, _LAST)
_CLOSING = _message(503, b"closing", _TEXT, _LAST)

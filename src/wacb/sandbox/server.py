"""Serve the emulator over HTTP on a loopback port, and apply the faults of connections."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

from wacb.net.server import (
    LOOPBACK,
    HttpServer,
    Message,
    Receive,
    Send,
    is_for_this_machine,
    listen,
    read_body,
    request_parts,
    signals_call,
    url_of,
)
from wacb.sandbox.emulator import MAX_BODY, Sandbox, is_authenticated
from wacb.sandbox.routing import Refusal, Reply, Request, failure, text_reply
from wacb.sandbox.store import suppress_busy

_DRAIN = 8 * MAX_BODY  # bytes of a rejected body to read before closing the connection
_TICK = 0.05
_MAX_HEAD = 64 * 1024
_FOREIGN = Refusal(403, "The Host header does not name this machine")
_LOCKED = Refusal(503, "The state file is locked by another process")


class Server:
    """Serve one sandbox on 127.0.0.1; port 0 is any free one.

    `document` is the JSON to serve at /openapi.json, "" for none.
    `slow` and `drip` are the seconds of these faults. A request that takes longer than `patience`
    seconds is dropped, one that finds the state locked for `busy` seconds is answered with 503.
    `on_crowded` gets a sentence about dropped connections, `on_signal` is called by each signal.
    """

    def __init__(
        self,
        sandbox: Sandbox,
        *,
        port: int = 0,
        document: str = "",
        slow: float = 10.0,
        drip: float = 0.1,
        patience: float = 20.0,
        busy: float = 10.0,
        on_crowded: Callable[[str], None] = lambda text: None,
        on_signal: Callable[[], None] = lambda: None,
    ) -> None:
        self._sandbox = sandbox
        self._port = port
        self._document = document
        self._slow = slow
        self._drip = drip
        self._busy = busy
        self._on_signal = on_signal
        self._server = HttpServer(
            self._app,
            max_head=_MAX_HEAD,
            max_body=MAX_BODY,
            patience=patience,
            on_crowded=on_crowded,
        )

    def run(self, on_ready: Callable[[str], None]) -> None:
        """Serve until `stop` or, in the main thread, a signal. Call `on_ready` with the URL.

        Raises WacbError for a port that is in use.
        """
        self._sandbox.store.never_wait()  # it would keep all requests waiting
        with listen(LOOPBACK, self._port) as listener, signals_call(self._interrupt):
            self._server.on_started = lambda: on_ready(url_of(listener))
            self._server.run(sockets=[listener])

    def stop(self) -> None:
        """End `run`, from any thread; delayed replies are dropped."""
        self._server.should_exit = True

    def _interrupt(self) -> None:
        self._on_signal()
        self.stop()

    async def _app(self, scope: Message, receive: Receive, send: Send) -> None:
        head = Request(**request_parts(scope), body=b"")
        local = is_for_this_machine(scope)
        most = MAX_BODY if local and is_authenticated(head) else 0
        body = await read_body(receive, most=most, drain=_DRAIN)
        if body is None:
            return
        if not local:
            await _send_whole(send, failure(head, _FOREIGN))
            return
        request = replace(head, body=body)
        if self._document and (request.method, request.path) == ("GET", "/openapi.json"):
            await _send_whole(send, text_reply(200, "application/json", self._document))
            return
        reply = await self._answer(request, self._sandbox.accept(request))
        if reply.fault is None:
            await _send_whole(send, reply)
            return
        gone = asyncio.create_task(_wait_until_gone(receive))
        connection = _Connection(send, gone, scope["state"]["transport"])
        await self._act_out(request, reply, connection)
        await gone

    async def _answer(self, request: Request, answer: Callable[[], Reply]) -> Reply:
        """Answer as soon as no other process has the state locked, and with 503 after a time."""
        now = asyncio.get_running_loop().time
        end = now() + self._busy
        while now() < end and not self._server.should_exit:
            with suppress_busy():
                return answer()
            await asyncio.sleep(_TICK)
        return failure(request, _LOCKED)

    async def _act_out(self, request: Request, reply: Reply, connection: _Connection) -> None:
        if reply.fault == "reset":
            connection.reset()
        elif reply.fault == "truncate":
            await connection.send(_head(reply))
            await connection.send(_data(reply.body[: len(reply.body) // 2], more=True))
            connection.transport.close()
        elif reply.resume is None:
            await self._drip_body(reply, connection)
        elif await self._pause(self._slow, connection):
            await _send_whole(connection.send, await self._answer(request, reply.resume))
        else:
            connection.transport.abort()

    async def _drip_body(self, reply: Reply, connection: _Connection) -> None:
        await connection.send(_head(reply))
        for position in range(len(reply.body)):
            await connection.send(_data(reply.body[position : position + 1], more=True))
            if not await self._pause(self._drip, connection):
                connection.transport.abort()
                return
        await connection.send(_data(b"", more=False))

    async def _pause(self, seconds: float, connection: _Connection) -> bool:
        """Wait; return False as soon as the client has disconnected or the server is stopping."""
        now = asyncio.get_running_loop().time
        end = now() + seconds
        while not (connection.gone.done() or self._server.should_exit):
            if now() >= end:
                return True
            await asyncio.wait({connection.gone}, timeout=min(end - now(), _TICK))
        return False


class _Connection(NamedTuple):
    """The connection of a reply: how to send, whether the client disconnected, the transport."""

    send: Send
    gone: asyncio.Task[None]
    transport: asyncio.Transport

    def reset(self) -> None:
        """Close the connection with a RST."""
        connection_socket = self.transport.get_extra_info("socket")
        connection_socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.transport.abort()


async def _send_whole(send: Send, reply: Reply) -> None:
    await send(_head(reply))
    await send(_data(reply.body, more=False))


async def _wait_until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass  # the rest of a body that was cut off may still arrive


def _head(reply: Reply) -> Message:
    # After a 413 more of the body may be on its way.
    headers = (*reply.headers, *((("connection", "close"),) if reply.status == 413 else ()))
    raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]
    return {"type": "http.response.start", "status": reply.status, "headers": raw}


def _data(body: bytes, *, more: bool) -> Message:
    return {"type": "http.response.body", "body": body, "more_body": more}

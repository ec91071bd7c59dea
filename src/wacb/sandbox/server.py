"""The emulator on a loopback port: uvicorn around the core, faults acted out on the wire.

The shell without a network is transport.py. How one listens and reads a request, it has in common
with the receiver of callbacks.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Callable
from typing import NamedTuple

from wacb.net.server import (
    LOOPBACK,
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
from wacb.sandbox.emulator import MAX_BODY, Sandbox
from wacb.sandbox.routing import Reply, Request

_DRAIN = 8 * MAX_BODY  # bytes of a refused body read before giving up on the connection
_TICK = 0.05


class Server:
    """Serve one sandbox on 127.0.0.1; port 0 takes a free one. `slow` and `drip` are seconds."""

    def __init__(
        self, sandbox: Sandbox, *, port: int = 0, slow: float = 10.0, drip: float = 0.1
    ) -> None:
        self._sandbox = sandbox
        self._port = port
        self._slow = slow
        self._drip = drip
        self._server = HttpServer(self._app)

    def run(self, on_ready: Callable[[str], None]) -> None:
        """Serve until `stop` or, in the main thread, a signal. Call `on_ready` with the URL.

        Raises WacbError for a port that is in use.
        """
        with listen(LOOPBACK, self._port) as listener, signals_call(self.stop):
            self._server.on_started = lambda: on_ready(url_of(listener))
            self._server.run(sockets=[listener])

    def stop(self) -> None:
        """End `run`, from any thread; what is being delayed is dropped at once."""
        self._server.should_exit = True

    async def _app(self, scope: Message, receive: Receive, send: Send) -> None:
        body = await read_body(receive, most=MAX_BODY, drain=_DRAIN)
        if body is None:
            return
        reply = self._sandbox.handle(Request(**request_parts(scope, body)))
        if reply.fault is None:
            await _send_whole(send, reply)
            return
        gone = asyncio.create_task(_wait_until_gone(receive))
        await self._act_out(reply, _Wire(send, gone, scope["state"]["transport"]))
        await gone

    async def _act_out(self, reply: Reply, wire: _Wire) -> None:
        if reply.fault == "reset":
            wire.reset()
        elif reply.fault == "truncate":
            await wire.send(_head(reply))
            await wire.send(_data(reply.body[: len(reply.body) // 2], more=True))
            wire.transport.close()
        elif reply.resume is None:
            await self._drip_body(reply, wire)
        elif await self._pause(self._slow, wire):
            await _send_whole(wire.send, reply.resume())
        else:
            wire.transport.abort()

    async def _drip_body(self, reply: Reply, wire: _Wire) -> None:
        await wire.send(_head(reply))
        for position in range(len(reply.body)):
            await wire.send(_data(reply.body[position : position + 1], more=True))
            if not await self._pause(self._drip, wire):
                wire.transport.abort()
                return
        await wire.send(_data(b"", more=False))

    async def _pause(self, seconds: float, wire: _Wire) -> bool:
        """Wait; False as soon as the client has left or the server is to end."""
        now = asyncio.get_running_loop().time
        end = now() + seconds
        while not (wire.gone.done() or self._server.should_exit):
            if now() >= end:
                return True
            await asyncio.wait({wire.gone}, timeout=min(end - now(), _TICK))
        return False


class _Wire(NamedTuple):
    """One answer's connection: where to send, whether the client left, the socket's transport."""

    send: Send
    gone: asyncio.Task[None]
    transport: asyncio.Transport

    def reset(self) -> None:
        """Close the connection with a RST, whatever was to be sent."""
        connection = self.transport.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.transport.abort()


async def _send_whole(send: Send, reply: Reply) -> None:
    await send(_head(reply))
    await send(_data(reply.body, more=False))


async def _wait_until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass  # a request whose body was cut off may still bring the rest of it


def _head(reply: Reply) -> Message:
    # After a 413 there may be more of the body on its way.
    headers = (*reply.headers, *((("connection", "close"),) if reply.status == 413 else ()))
    raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]
    return {"type": "http.response.start", "status": reply.status, "headers": raw}


def _data(body: bytes, *, more: bool) -> Message:
    return {"type": "http.response.body", "body": body, "more_body": more}

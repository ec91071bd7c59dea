"""The addresses to receive at, and the signals that end it. Knows nothing of HTTP."""

from __future__ import annotations

import errno
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from wacb.errors import WacbError

LOOPBACK = "127.0.0.1"


@contextmanager
def listen(host: str, port: int) -> Iterator[socket.socket]:
    """Hold a socket that is bound to an address; port 0 is a free one. Raises WacbError."""
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        # Only for a socket that says it is TCP does asyncio turn Nagle's algorithm (40 ms) off.
        listener = socket.socket(family, proto=socket.IPPROTO_TCP)
    except (OSError, UnicodeError) as error:
        raise WacbError(
            f"the host {host!r} cannot be listened on: {getattr(error, 'strerror', 'not a name')}",
            hint="give an address of this machine, like 127.0.0.1",
        ) from error
    with listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(address)
            listener.listen()
        except OSError as error:
            if error.errno == errno.EADDRNOTAVAIL:
                raise WacbError(
                    f"{host} is not an address of this machine", hint="give one, like 127.0.0.1"
                ) from error
            raise WacbError(
                f"port {port} of {host} cannot be used: {error.strerror}",
                hint="give another port, or 0 for any free one",
            ) from error
        yield listener


def url_of(listener: socket.socket) -> str:
    """Return the `http://HOST:PORT` of a bound socket."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


@contextmanager
def signals_call(stop: Callable[[], None]) -> Iterator[None]:
    """Have SIGINT and SIGTERM call `stop`, in the main thread: elsewhere none arrives.

    uvicorn ends by raising the signal it got once more, for the handler it found at its start.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    numbers = (signal.SIGINT, signal.SIGTERM)
    previous = {number: signal.signal(number, lambda *_: stop()) for number in numbers}
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)

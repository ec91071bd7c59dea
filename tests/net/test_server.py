"""Sockets to listen on: their URLs, and addresses that are none."""

from __future__ import annotations

import re
import socket

import pytest

from wacb.errors import WacbError
from wacb.net.server import LOOPBACK, listen, url_of


def refused(host: str, port: int = 0) -> tuple[int, str, str | None]:
    with pytest.raises(WacbError) as caught, listen(host, port):
        pass
    return caught.value.exit_code, caught.value.message, caught.value.hint


@pytest.mark.parametrize(("host", "written"), [(LOOPBACK, LOOPBACK), ("::1", "[::1]")])
def test_a_free_port_is_taken_and_accepts_connections(host: str, written: str) -> None:
    with listen(host, 0) as listener:
        port = listener.getsockname()[1]
        assert url_of(listener) == f"http://{written}:{port}"
        with socket.create_connection((host, port), timeout=5):
            pass
    with pytest.raises(ConnectionRefusedError), socket.create_connection((host, port), timeout=5):
        pass


def test_a_port_in_use_is_a_sentence() -> None:
    with listen(LOOPBACK, 0) as listener:
        port = listener.getsockname()[1]
        assert refused(LOOPBACK, port) == (
            7,
            f"cannot listen on port {port} of 127.0.0.1: Address already in use",
            "choose another port, or 0 for any free one",
        )


def test_an_address_of_another_machine_is_a_sentence() -> None:
    assert refused("192.0.2.1") == (
        2,
        "--host: 192.0.2.1 is not an address of this machine",
        "use one, like 127.0.0.1",
    )


@pytest.mark.parametrize("host", ["a..b", "x" * 70, "not a name"])
def test_a_host_that_is_none_is_a_sentence(host: str) -> None:
    code, message, hint = refused(host)
    assert (code, hint) == (2, "use an address of this machine, like 127.0.0.1")
    assert re.match(rf"--host: cannot listen on '{re.escape(host)}': [A-Za-z]", message)

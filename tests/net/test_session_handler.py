"""A Session with a function in place of the network: same path, same limits, same errors."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import httpx
import pytest

from wacb import __version__
from wacb.errors import Unavailable, WacbError
from wacb.net.message import Handler
from wacb.net.session import Session
from wacb.net.timeout import Deadline

TARGET = "/a/../b/./%7e%zz?body=<body>&x=\"'\\^`{|}"


def with_handler(handler: Handler, timeout: float = 5) -> Session:
    return Session(timeout=timeout, deadline=Deadline(60), handler=handler)


def failure(session: Session) -> WacbError:
    with pytest.raises(WacbError) as caught:
        session.send("GET", "https://api.example/", headers={})
    return caught.value


def test_a_handler_gets_the_request_and_streams_the_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", "/does/not/exist")
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    seen = []

    def handler(method, url, headers, body):
        seen.append((method, url, headers, body))
        return 201, [("X-Name", "Grüße"), ("Content-Type", "a")], iter([b"one", b"", b"two"])

    url = f"https://me@api.example.test{TARGET}#f"
    response = with_handler(handler).send("PUT", url, headers={"API-Key": "k"}, body=b"b")
    assert (response.status, response.body) == (201, b"onetwo")
    assert (response.headers["x-name"], response.headers["content-type"]) == ("Grüße", "a")
    assert seen == [
        (
            "PUT",
            url,
            {
                "host": "api.example.test",
                "content-length": "1",
                "user-agent": f"wacb/{__version__}",
                "api-key": "k",
                "accept-encoding": "identity",
            },
            b"b",
        )
    ]


@pytest.mark.parametrize(
    ("cause", "message", "sent"),
    [
        (ConnectionRefusedError(111, "no"), "cannot connect to api.example: no", False),
        (socket.gaierror(-2, "what"), "the host api.example cannot be found: what", False),
        (ConnectionResetError(104, "rst"), "api.example closed the connection", True),
        (OSError("odd"), "api.example closed the connection", True),
        (TimeoutError("slow"), "api.example did not answer within 5 s", True),
        (httpx.ConnectError("odd"), "cannot connect to api.example: no connection", False),
    ],
    ids=lambda value: type(value).__name__,
)
def test_an_error_of_a_handler_is_a_network_failure(
    cause: Exception, message: str, sent: bool
) -> None:
    def handler(*_):
        raise cause

    error = failure(with_handler(handler))
    assert isinstance(error, Unavailable)
    assert (error.message, error.sent) == (message, sent)


def test_an_os_error_in_a_body_is_one_too() -> None:
    def broken_body() -> Iterator[bytes]:
        yield b"half"
        raise ConnectionResetError

    error = failure(with_handler(lambda *_: (200, [], broken_body())))
    assert isinstance(error, Unavailable)
    assert (error.message, error.sent) == ("api.example closed the connection", True)


def test_limits_hold_for_a_handler_too() -> None:
    released = threading.Event()

    def handler(*_):
        released.wait(5)
        return 200, [], iter([])

    error = failure(with_handler(handler, timeout=0.05))
    released.set()
    assert error.message == "api.example did not answer within 0.05 s"


@pytest.mark.parametrize("name", ["", "identity", " Identity "])
def test_an_encoding_that_changes_nothing_is_taken(name: str) -> None:
    session = with_handler(lambda *_: (200, [("Content-Encoding", name)], iter([b"plain"])))
    assert session.send("GET", "https://api.example/", headers={}).body == b"plain"


@pytest.mark.parametrize(
    ("fields", "chunks", "what"),
    [
        ([], [bytes(2**20)] * 3, "a response larger than 2 MiB"),
        ([("Content-Encoding", "gzip")], [b"x"], "compressed data, which was not requested"),
    ],
    ids=["large", "compressed"],
)
def test_an_answer_of_no_use_may_come_from_another_host(
    fields: list[tuple[str, str]], chunks: list[bytes], what: str
) -> None:
    error = failure(with_handler(lambda *_: (201, fields, iter(chunks))))
    assert isinstance(error, Unavailable)
    assert (error.message, error.hint, error.status, error.sent) == (
        f"api.example sent {what}",
        "check the host and the path",
        201,
        True,
    )


def test_a_bug_in_a_handler_stays_a_bug() -> None:
    def handler(*_):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        with_handler(handler).send("GET", "https://api.example/", headers={})

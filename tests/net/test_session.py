"""A Session when things go well: what goes over the wire, connections, threads."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest

from tests.fault_server import FaultServer, Peer, answer
from tests.faults import LIFETIME, OK
from wacb import __version__
from wacb.errors import ConfigError, Interrupted, Unavailable, WacbError
from wacb.net.message import Response
from wacb.net.session import Session
from wacb.net.timeout import Deadline

TARGET = "/a/../b/./%7e%zz?body=<body>&x=\"'\\^`{|}"


@pytest.fixture
def session() -> Iterator[Session]:
    with closing(Session(timeout=30, deadline=Deadline(60))) as session:
        yield session


def get(session: Session, url: str, headers: Mapping[str, str] | None = None) -> Response:
    return session.send("GET", url, headers=headers or {})


def failure(session: Session, url: str, headers: Mapping[str, str] | None = None) -> WacbError:
    with pytest.raises(WacbError) as caught:
        get(session, url, headers)
    return caught.value


# -- what goes over the wire, and what comes back


def test_a_request_goes_out_byte_for_byte(session: Session) -> None:
    with FaultServer() as server:
        session.send(
            "POST", f"{server.url}{TARGET}#fragment", headers={"API-Key": "k"}, body=b"\0\xff"
        )
        head = (
            f"POST {TARGET} HTTP/1.1",
            f"Host: 127.0.0.1:{server.port}",
            "Content-Length: 2",
            f"user-agent: wacb/{__version__}",
            "API-Key: k",
            "accept-encoding: identity",
        )
        assert sorted(server.requests[0].decode("latin-1").split("\r\n")) == sorted(
            (*head, "", "\0\xff")
        )


def test_headers_of_the_caller_win_but_for_framing_and_encoding(session: Session) -> None:
    mine = {"User-Agent": "me", "Accept-Encoding": "gzip, br", "content-length": "7"}
    with FaultServer() as server:
        get(session, server.url, mine)
        assert sorted(server.requests[0].lower().decode().split("\r\n")) == sorted(
            (
                "get / http/1.1",
                f"host: 127.0.0.1:{server.port}",
                "user-agent: me",
                "accept-encoding: identity",
                "",
                "",
            )
        )


def test_an_answer_is_status_lower_case_headers_and_raw_body(session: Session) -> None:
    with FaultServer(answer(418, b"\xff{", "X-One: a", "x-one: b", "X-Two: \xe9")) as server:
        assert get(session, server.url) == Response(
            status=418,
            headers={"x-one": "a, b", "x-two": "\xe9", "content-length": "2"},
            body=b"\xff{",
        )


def test_an_answer_to_head_may_name_an_encoding(session: Session) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 1000\r\n\r\n"
    with FaultServer(head) as server:
        assert session.send("HEAD", server.url, headers={}).body == b""


def test_cookies_are_not_kept(session: Session) -> None:
    with FaultServer("cookies") as server:
        assert get(session, server.url).headers["set-cookie"] == "a=b; Path=/, c=d"
        get(session, server.url)
        assert b"cookie" not in server.requests[1].lower()


def test_redirects_are_returned_not_followed(session: Session) -> None:
    with FaultServer("redirect loop") as server:
        assert get(session, server.url).headers["location"] == "/"
        assert len(server.requests) == 1


@pytest.mark.parametrize(
    "headers",
    [
        {"api-key": "s3cret-ü"},
        {"api-key": "s3cret\r\nX: y"},
        {"api-key": "s3cret "},
        {"ü": "s3cret"},
    ],
    ids=["not ASCII", "line break", "blank at the end", "name"],
)
def test_a_header_that_http_cannot_carry_is_refused_unshown(
    headers: dict[str, str], session: Session
) -> None:
    with FaultServer() as server:
        error = failure(session, server.url, headers)
        assert (type(error), error.message, error.hint) == (
            ConfigError,
            f"a header for 127.0.0.1:{server.port} contains an invalid character",
            "remove line breaks, spaces at the ends and non-ASCII characters from the API key and "
            "your own headers",
        )
        assert server.requests == []


@pytest.mark.parametrize(
    ("url", "message", "hint"),
    [
        (
            "ftp://a.example/",
            "'a.example' is not the address of a server",
            "write a URL like https://api.example.com, with a valid host and port",
        ),
        (
            "http://\N{FULLWIDTH LATIN SMALL LETTER A}.example/",
            "'\N{FULLWIDTH LATIN SMALL LETTER A}.example' is not a valid host name",
            "check --base-url for typos",
        ),
    ],
)
def test_an_address_that_cannot_be_used_is_a_matter_of_configuration(
    url: str, message: str, hint: str, session: Session
) -> None:
    error = failure(session, url)
    assert (type(error), error.message, error.hint) == (ConfigError, message, hint)


def test_a_host_that_dns_does_not_know(session: Session) -> None:
    host = "x." * 150 + "example"  # longer than a name may be, so that no server is asked
    error = failure(session, f"http://{host}/?secret")
    assert isinstance(error, Unavailable)
    assert error.message.startswith(f"the host {host} cannot be found: ")
    assert (error.hint, error.sent) == (
        "check the network, and the host set by --region or --base-url",
        False,
    )


# -- connections and threads


def test_twenty_requests_share_a_connection(session: Session) -> None:
    with FaultServer() as server:
        for _ in range(20):
            assert get(session, server.url).body == OK.partition(b"\r\n\r\n")[2]
        assert (server.connections, len(server.requests)) == (1, 20)


def test_eight_threads_share_a_session_and_at_most_eight_connections(session: Session) -> None:
    def echo(peer: Peer) -> bool:
        target = peer.read().split(b" ")[1]
        peer.send(answer(200, target))
        return True

    with FaultServer(echo) as server, ThreadPoolExecutor(8) as pool:
        targets = [f"/{n}" for n in range(200)]
        bodies = pool.map(lambda target: get(session, server.url + target).body, targets)
        assert [body.decode() for body in bodies] == targets
        assert server.connections <= 8


def test_a_connection_that_the_server_closed_is_replaced(session: Session) -> None:
    with FaultServer(answer(200, b"", "Connection: close"), "ok") as server:
        assert [get(session, server.url).status for _ in range(2)] == [200, 200]
        assert server.connections == 2


def test_close_ends_kept_connections() -> None:
    ended = threading.Event()

    def serve(peer: Peer) -> None:
        peer.read()
        peer.send(OK)
        try:
            peer.expect_more()
        finally:
            ended.set()

    with FaultServer(serve) as server:
        session = Session(timeout=30, deadline=Deadline(30))
        get(session, server.url)
        session.close()
        assert ended.wait(LIFETIME)
        error = failure(session, server.url)
        assert (type(error), error.message) == (Interrupted, "interrupted before a response came")


def test_close_interrupts_requests_of_other_threads(session: Session) -> None:
    arrived = threading.Event()

    def serve(peer: Peer) -> None:
        peer.read()
        arrived.set()
        peer.wait(LIFETIME)

    with FaultServer(serve) as server, ThreadPoolExecutor(1) as pool:
        future = pool.submit(get, session, server.url)
        assert arrived.wait(LIFETIME)
        session.close()
        with pytest.raises(Interrupted):
            future.result(timeout=LIFETIME / 2)


def test_ctrl_c_is_prompt() -> None:
    def serve(peer: Peer) -> None:
        peer.read()
        os.kill(os.getpid(), signal.SIGINT)
        peer.wait(LIFETIME)

    with (
        FaultServer(serve) as server,
        closing(Session(timeout=30, deadline=Deadline(30))) as session,
    ):
        began = time.monotonic()
        with pytest.raises(KeyboardInterrupt):
            get(session, server.url)
        assert time.monotonic() - began < LIFETIME / 2


# -- the import


def test_httpx_is_loaded_without_its_command_line_which_stays_usable() -> None:
    script = (
        "import sys, wacb.net.httpx_transport as h; "
        "print(sorted({'click', 'rich', 'httpx._main'} & {*sys.modules}));"
        "import httpx._main; print(httpx._main.main.name)"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert run.stdout == "[]\nmain\n"

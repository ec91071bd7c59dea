"""Every fault of faults.py through a Session: an answer or an error of ours, and in time."""

from __future__ import annotations

import socket
import threading
import time
import tracemalloc
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest

from tests.fault_server import FAULTS, FaultServer, answer
from tests.faults import LIFETIME, SLOW
from wacb.errors import DeadlineExceeded, Unavailable
from wacb.net.message import BODY_LIMIT, Response
from wacb.net.session import Session
from wacb.net.timeout import Deadline

ANSWERS = {
    "ok": 200,
    "slow accept": 200,
    "short content-length": 200,
    "1000 headers": 200,
    "status 999": 999,
    "HTML": 200,
    "empty": 200,
    "204": 204,
    "bad UTF-8": 200,
    "deep JSON": 200,
    "NaN": 200,
    "JSON of another shape": 200,
    "redirect loop": 302,
    "redirect to another host": 307,
    "redirect to nonsense": 301,
    "429 date": 429,
    "429 seconds": 429,
    "429 nonsense": 429,
    "500": 500,
    "502": 502,
    "503": 503,
    "cookies": 200,
}
NOT_SENT = {"refused", "backlog full", "self-signed", "plain on TLS port", "silent TLS"}
NOT_DETERMINED = {"reset before reading"}  # the RST races with the connecting
WORDS = {
    "refused": "cannot connect to {host}: Connection refused",
    "self-signed": "{host} shows a certificate that is not trusted: self-signed certificate",
    "reset after reading": "{host} closed the connection",
    "close after reading": "{host} closed the connection, or did not answer with HTTP",
    "garbage": "{host} closed the connection, or did not answer with HTTP",
    "10000 headers": "{host} closed the connection, or did not answer with HTTP",
    "huge header": "{host} closed the connection, or did not answer with HTTP",
    "gzip bomb": "{host} sent compressed data, which was not requested",
    "huge stream": "{host} sent a response larger than 2 MiB",
    **dict.fromkeys(SLOW, "{host} did not answer within 1 s"),
}
GZIP = answer(200, b"\x1f\x8b" + bytes(30), "Content-Encoding: gzip")


HINTS = {
    "refused": "check the network, and the host set by --region or --base-url",
    "self-signed": "check this machine's clock; behind a TLS-inspecting proxy, set SSL_CERT_FILE "
    "to its CA certificate",
    "plain on TLS port": "check host and port, and that the server supports current TLS versions",
    "garbage": "try again later; a proxy or firewall may be interfering",
}


@pytest.fixture(autouse=True)
def _no_thread_is_left() -> Iterator[None]:
    """What was left behind comes to an end, because its connection is shut down."""
    yield
    for thread in threading.enumerate():
        if thread.name.startswith("request to"):
            assert thread.daemon
            thread.join(LIFETIME)
            assert not thread.is_alive()


def send(server: FaultServer, *, timeout: float, deadline: float) -> Response:
    with closing(Session(timeout=timeout, deadline=Deadline(deadline))) as session:
        return session.send(
            "POST", f"{server.url}/v1?q=private", headers={"api-key": "secret"}, body=b"{}"
        )


def check_error(name: str, *, timeout: float, certificate: Path | None = None) -> None:
    with FaultServer(name, certificate=certificate) as server:
        host = f"127.0.0.1:{server.port}"
        began = time.monotonic()
        with pytest.raises(Unavailable) as caught:
            send(server, timeout=timeout, deadline=60)
        error = caught.value
        assert time.monotonic() - began < timeout + 3
        assert type(error) is Unavailable
        assert name in NOT_DETERMINED or (name, error.sent) == (name, name not in NOT_SENT)
        assert error.message == WORDS.get(name, error.message).format(host=host)
        assert error.message.startswith((host, "cannot connect to", "TLS handshake with"))
        assert error.hint == HINTS.get(name, error.hint)
        assert error.hint
        assert "secret" not in error.message + error.hint
        assert "private" not in error.message + error.hint


@pytest.mark.parametrize("name", [name for name in FAULTS if name not in SLOW])
def test_every_fault_ends_with_an_answer_or_an_error_of_ours(
    name: str, request: pytest.FixtureRequest
) -> None:
    pem = request.getfixturevalue("certificate") if FAULTS[name].tls else None
    if name in ANSWERS:
        with FaultServer(name, certificate=pem) as server:
            assert send(server, timeout=5, deadline=60).status == ANSWERS[name]
    else:
        check_error(name, timeout=5, certificate=pem)


def at_once(check: Callable[[str], None], names: Collection[str]) -> None:
    """Let the faults that are waited for be so together."""
    with ThreadPoolExecutor(len(names)) as pool:
        list(pool.map(check, names))


def test_what_does_not_end_is_given_up_in_time() -> None:
    at_once(partial(check_error, timeout=1), SLOW)


def test_the_deadline_ends_what_the_timeout_would_let_go_on() -> None:
    def check(name: str) -> None:
        began = time.monotonic()
        with FaultServer(name) as server, pytest.raises(DeadlineExceeded) as caught:
            send(server, timeout=30, deadline=0.75)
        assert time.monotonic() - began < 4
        missing = "anything was sent to" if name == "silent TLS" else "a response came from"
        assert (caught.value.message, caught.value.hint, caught.value.sent) == (
            f"the time limit of 0.75 s passed before {missing} 127.0.0.1:{server.port}",
            "pass a longer --deadline",
            name != "silent TLS",
        )

    at_once(check, ("drip headers", "drip body", "endless 1xx", "silent TLS"))


def test_after_the_deadline_nothing_is_sent() -> None:
    with FaultServer("ok") as server, pytest.raises(DeadlineExceeded) as caught:
        send(server, timeout=30, deadline=0)
    assert (caught.value.sent, server.connections) == (False, 0)
    assert caught.value.message == (
        f"the time limit of 0 s passed before anything was sent to 127.0.0.1:{server.port}"
    )


def test_the_connection_of_an_abandoned_request_is_cut_and_never_used_again() -> None:
    ended = threading.Event()

    def drip_headers(peer) -> None:
        try:
            FAULTS["drip headers"].act(peer)
        finally:
            ended.set()

    with (
        FaultServer("ok", drip_headers, "ok") as server,
        closing(Session(timeout=1, deadline=Deadline(30))) as session,
    ):
        session.send("GET", server.url, headers={})
        with pytest.raises(Unavailable):
            session.send("GET", server.url, headers={})
        assert ended.wait(LIFETIME)
        assert session.send("GET", server.url, headers={}).status == 200
        assert (server.connections, len(server.requests)) == (2, 3)


def test_slow_dns_is_given_up_and_sends_nothing_later(monkeypatch: pytest.MonkeyPatch) -> None:
    """The one place where something is patched: no real resolver is slow on demand."""
    resolve, released = socket.getaddrinfo, threading.Event()

    def slow(*arguments, **options):
        released.wait(5)
        return resolve("127.0.0.1", *arguments[1:], **options)

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    with (
        FaultServer("ok") as server,
        closing(Session(timeout=0.1, deadline=Deadline(30))) as session,
    ):
        with pytest.raises(Unavailable) as caught:
            session.send("POST", f"http://slow.example:{server.port}/", headers={}, body=b"{}")
        assert (caught.value.message, caught.value.sent) == (
            f"slow.example:{server.port} did not answer within 0.1 s",
            False,
        )
        released.set()
        for thread in threading.enumerate():
            if thread.name.startswith("request to slow.example"):
                thread.join(LIFETIME)
        assert server.requests == []


def test_a_body_is_never_kept_beyond_the_limit() -> None:
    with FaultServer("huge stream") as server:
        tracemalloc.start()
        try:
            with pytest.raises(Unavailable):
                send(server, timeout=5, deadline=5)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    assert peak < 12 * 2**20  # two servers' chunks of 1 MiB included


@pytest.mark.parametrize(("size", "fits"), [(1000, True), (1001, False)])
def test_the_limit_is_the_largest_body_that_is_taken(size: int, fits: bool) -> None:
    with (
        FaultServer(answer(200, bytes(size))) as server,
        closing(Session(timeout=5, deadline=Deadline(5))) as session,
    ):
        if fits:
            assert session.send("GET", server.url, headers={}, limit=1000).body == bytes(size)
        else:
            with pytest.raises(Unavailable, match="larger than"):
                session.send("GET", server.url, headers={}, limit=1000)


@pytest.mark.parametrize(
    ("script", "size"),
    [("huge body", BODY_LIMIT), ("huge stream", BODY_LIMIT), (GZIP, 32), ("500", 4)],
    ids=["huge body", "huge stream", "gzip", "500"],
)
def test_an_answer_that_may_be_cut_is_never_refused(script: str | bytes, size: int) -> None:
    with (
        FaultServer(script) as server,
        closing(Session(timeout=5, deadline=Deadline(5))) as session,
    ):
        for _ in range(2):
            assert len(session.send("GET", server.url, headers={}, truncate=True).body) == size

"""`callback listen --forward-to`: what the local receiver gets, and who sees its response."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import socket
import threading
from base64 import b64encode
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.cli.expect import failed
from tests.cli.listening import MESSAGE, Client, Listen, lines, send
from tests.cli.sending import got
from tests.conftest import Outcome, Wacb
from tests.fault_server import FaultServer, Peer, answer
from wacb.callbacks.encryption import Cipher
from wacb.callbacks.relay import MAX_IN_PROGRESS
from wacb.models import Encryption

ODD = b'{"body":"\\/ \\u00fc","wanumber" : "1"}'  # escapes and blanks that no parser keeps
DOWN = b"wacb: the receiver that callbacks are forwarded to did not answer\n"
Answered = tuple[int, bytes, dict[str, str]]


def deliver(url: str, target: str, body: bytes, method: str = "POST", **headers: str) -> Answered:
    """Send a callback; return status, body and headers of the response."""
    with closing(http.client.HTTPConnection(urlsplit(url).netloc, timeout=10)) as client:
        client.request(method, target, body, headers)
        answered = client.getresponse()
        return answered.status, answered.read(), {k.lower(): v for k, v in answered.getheaders()}


@pytest.fixture
def listen(listen: Listen) -> Listen:
    """Listen for 20 seconds at most."""

    def run(client: Client, *line: str, **how: Any) -> Outcome:
        return listen(client, "--wait", "20", *line, **how)

    return run


def free_port() -> int:
    with closing(socket.socket()) as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


def test_a_callback_is_forwarded_byte_for_byte_and_the_response_returned(listen: Listen) -> None:
    answers: list[Answered] = []
    headers = {
        "Content-Type": "application/json; charset=latin-1",
        "Authorization": "Basic eHg6eXk=",
        "X-Umlaut": "\xfc",
        "X-Hop": "1",
        "Connection": "keep-alive, X-Hop",
        "Expect": "100-continue",
        "User-Agent": "Kaleyra",
    }
    thanks = answer(201, b"thanks", "Content-Type: text/x-thanks", "X-Own: 1")
    with FaultServer(thanks) as server:
        outcome = listen(
            lambda url: answers.append(deliver(url, "/a%2Fb//?wanumber=%3C&x#y=", ODD, **headers)),
            *("--count", "1", "--forward-to", server.url),
        )
    line, sent, body = got(server)
    assert (line, body) == ("POST /a%2Fb//?wanumber=%3C&x#y= HTTP/1.1", ODD)
    assert sent == {
        "host": f"127.0.0.1:{server.port}",
        "content-type": headers["Content-Type"],
        "authorization": headers["Authorization"],
        "x-umlaut": "\xfc",
        "user-agent": "Kaleyra",
        "accept-encoding": "identity",
        "content-length": str(len(ODD)),
        "connection": "close",
    }
    ((status, text, back),) = answers
    assert (status, text, back["content-type"]) == (201, b"thanks", "text/x-thanks")
    assert "x-own" not in back
    _, callback, done = lines(outcome)
    ms = callback["forwarded"].pop("ms")
    assert callback["forwarded"] == {"url": f"{server.url}/a%2Fb//", "status": 201, "ok": True}
    assert ms > 0
    assert (done["ok"], outcome.code, outcome.err) == (True, 0, "")


@pytest.mark.parametrize(
    ("own", "received", "sent"),
    [
        ("/hook", "/other?a=1", "/hook?a=1"),
        ("/", "/other", "/"),
        ("/hook?team=7", "/other?a=%20", "/hook?team=7&a=%20"),
        ("?team=7", "/other", "/other?team=7"),
        ("", "*", "/*"),
        ("", "http://evil.invalid/x?a", "/x?a"),
        ("", "@evil.invalid/x", "/@evil.invalid/x"),
    ],
)
def test_the_path_and_query_of_a_forwarded_callback(
    listen: Listen, own: str, received: str, sent: str
) -> None:
    with FaultServer() as server:
        there = server.url.removeprefix("http://") + own
        listen(
            lambda url: deliver(url, received, b"wanumber=1&body=x", "PUT"),
            *("--count", "1", "--forward-to", there),
        )
    assert got(server)[0] == f"PUT {sent} HTTP/1.1"


@pytest.mark.parametrize(
    ("reply", "status", "body", "words"),
    [
        (answer(204), 204, b"", "answered 204 in MS"),
        (answer(500, b"oops"), 500, b"oops", "answered 500 in MS"),
        (answer(200, b"x" * 70_000), 200, b"x" * 65_536, "answered 200 in MS"),
        (
            answer(302, b"", "Location: /login"),
            *(302, b"", "answered 302 in MS: HOST redirects to /login (302); redirects are not "),
        ),
        (answer(999, b""), 502, DOWN, "answered 999 in MS"),
        (
            "closed",
            *(502, DOWN, "not answered: HOST closed the connection, or did not answer with HTTP; "),
        ),
        ("slow", 502, DOWN, "not answered: HOST did not answer within 0.05 s; "),
        (
            "refused",
            *(502, DOWN, "not answered: cannot connect to HOST: Connection refused; is your "),
        ),
    ],
    ids=["no body", "error", "large", "redirect", "odd status", "closed", "slow", "down"],
)
def test_the_response_of_the_receiver_is_returned_and_shown(
    listen: Listen, tmp_path: Path, reply: Any, status: int, body: bytes, words: str
) -> None:
    def hang(peer: Peer) -> None:
        peer.read()
        peer.wait(60)

    def close(peer: Peer) -> None:
        peer.read()

    acts: dict[Any, Any] = {"slow": hang, "closed": close, "refused": answer(200)}
    answers: list[Answered] = []
    with FaultServer(acts.get(reply, reply)) as server:
        there = f"http://127.0.0.1:{free_port()}" if reply == "refused" else server.url
        outcome = listen(
            lambda url: answers.append(deliver(url, "/hook", json.dumps(MESSAGE).encode())),
            *("--count", "1", "--forward-to", there, "--save", str(tmp_path / "saved")),
            *(() if status != 502 or reply != "slow" else ("--timeout", "0.05")),
            tty=True,
        )
    assert [each[:2] for each in answers] == [(status, body)]
    _, block, text, *answered, last = outcome.out.splitlines()
    shown = " ".join(line.strip() for line in answered)
    shown = re.sub(r" \d+ ms", " MS", shown).replace(urlsplit(there).netloc, "HOST")
    assert shown.startswith(f"1  {words}")
    assert (text, last) == ("   body: Hello", "1 message received")
    assert block.endswith("14/14 fields, 10 empty")
    assert len([*(tmp_path / "saved").iterdir()]) == 1
    assert (outcome.code, outcome.err) == (0, "")


def test_a_forwarding_error_is_an_object_in_json(listen: Listen) -> None:
    with FaultServer(answer(503)) as server:
        outcome = listen(send, "--count", "1", "--forward-to", f"{server.url}/x")
    forwarded = lines(outcome)[1]["forwarded"]
    assert (forwarded["url"], forwarded["status"], forwarded["ok"]) == (
        *(f"{server.url}/x", 503, False),
    )
    assert forwarded["error"]["message"] == f"127.0.0.1:{server.port} returned 503"


def test_only_what_is_let_in_goes_on_and_goes_on_encrypted(listen: Listen, tmp_path: Path) -> None:
    key = tmp_path / "key.toml"
    key.write_text('algorithm = "AES-128-GCM"\nkey = "0123456789abcdef"\niv = "abcdefabcdef"\n')
    key.chmod(0o600)
    cipher = Cipher(Encryption(algorithm="AES-128-GCM", key="0123456789abcdef", iv="abcdefabcdef"))
    sealed = json.dumps({name: cipher.encrypt(text) for name, text in MESSAGE.items()}).encode()
    right = "Basic " + b64encode(b"me:pass-word").decode()

    def client(url: str) -> None:
        assert deliver(url, "/", sealed)[0] == 401
        assert deliver(url, "/", sealed, Authorization=right)[0] == 202

    with FaultServer(answer(202)) as server:
        outcome = listen(
            client,
            *("--basic-auth", "me", "--decrypt", str(key), "--expect", "all"),
            *("--forward-to", server.url),
            env={"WACB_BASIC_AUTH_PASSWORD": "pass-word"},
        )
    assert (len(server.requests), got(server)[2]) == (1, sealed)
    assert (outcome.code, lines(outcome)[1]["fields"]) == (0, MESSAGE)


def test_the_page_lists_a_callback_with_its_response(listen: Listen) -> None:
    def client(url: str, page: str) -> None:
        deliver(url, "/", b"wanumber=1&body=x")
        with closing(http.client.HTTPConnection(urlsplit(page).netloc, timeout=10)) as browser:
            browser.request("GET", "/callbacks?after=1")
            listed.extend(json.load(browser.getresponse()))
        os.kill(os.getpid(), signal.SIGINT)

    listed: list[Any] = []
    with FaultServer(answer(201)) as server:
        outcome = listen(client, "--inspect", "--forward-to", server.url)
    assert listed == [lines(outcome)[1]]
    assert listed[0]["forwarded"]["status"] == 201


def test_a_slow_receiver_blocks_no_other_callback(listen: Listen) -> None:
    second = threading.Event()

    def wait_for_the_second(peer: Peer) -> None:
        peer.read()
        assert second.wait(10)
        peer.send(answer(200, b"first"))

    def clients(url: str) -> None:
        first = threading.Thread(target=lambda: answers.append(deliver(url, "/1", b"wanumber=1")))
        first.start()
        while not server.requests:
            second.wait(0.01)
        answers.append(deliver(url, "/2", b"wanumber=1"))
        second.set()
        first.join(10)

    answers: list[Answered] = []
    with FaultServer(wait_for_the_second, answer(200, b"second")) as server:
        outcome = listen(clients, "--count", "2", "--forward-to", server.url)
    assert [body for _, body, _ in answers] == [b"second", b"first"]
    # in the order of their answers
    assert [line.get("n") for line in lines(outcome)] == [None, 2, 1, None]


def test_callbacks_beyond_the_limit_are_recorded_and_not_forwarded(listen: Listen) -> None:
    done = threading.Event()

    def hang(peer: Peer) -> None:
        peer.read()
        assert done.wait(20)

    def clients(url: str) -> None:
        def one() -> None:
            deliver(url, "/", b"wanumber=1&body=x")

        waiting = [threading.Thread(target=one) for _ in range(MAX_IN_PROGRESS)]
        for thread in waiting:
            thread.start()
        while len(server.requests) < MAX_IN_PROGRESS:
            done.wait(0.01)
        last.append(deliver(url, "/last", b"wanumber=1&body=x"))
        done.set()
        for thread in waiting:
            thread.join(10)

    last: list[Answered] = []
    with FaultServer(hang) as server:
        outcome = listen(
            clients, "--count", str(MAX_IN_PROGRESS + 1), "--forward-to", server.url, "--timeout=30"
        )
    assert last[0][:2] == (502, DOWN)
    first = lines(outcome)[1]
    assert (first["path"], first["forwarded"]["error"]["message"]) == (
        *("/last", "too many callbacks are waiting for a response"),
    )
    assert len(server.requests) == MAX_IN_PROGRESS


def test_ctrl_c_aborts_requests_without_a_response(listen: Listen) -> None:
    def hang(peer: Peer) -> None:
        peer.read()
        os.kill(os.getpid(), signal.SIGINT)
        peer.wait(60)

    answers: list[Answered] = []
    with FaultServer(hang) as server:
        outcome = listen(
            lambda url: answers.append(deliver(url, "/", b"wanumber=1&body=x")),
            *("--forward-to", server.url),
        )
    assert [each[:2] for each in answers] == [(502, DOWN)]
    _, callback, done = lines(outcome)
    assert callback["forwarded"]["error"]["message"] == "interrupted before a response came"
    assert (done["count"], outcome.code) == (1, 130)


def test_callbacks_are_forwarded_after_stdout_is_closed(
    listen: Listen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wacb.cli.streams.is_unread", lambda stream: True)

    def client(url: str) -> None:
        statuses.append(send(url))
        os.kill(os.getpid(), signal.SIGINT)

    statuses: list[int] = []
    with FaultServer(answer(202)) as server:
        listen(client, "--forward-to", server.url)
    assert statuses == [202]


def test_another_machine_gets_only_the_content_type(
    listen: Listen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wacb.callbacks.relay.is_loopback", lambda host: False)
    with FaultServer() as server:
        listen(
            lambda url: deliver(url, "/", b"wanumber=1", Cookie="a=1", Authorization="x", **KIND),
            *("--forward-to", server.url, "--allow-remote", "--count", "1"),
        )
    assert set(got(server)[1]) == {
        *("host", "user-agent", "accept-encoding", "content-length", "connection", "content-type"),
    }


KIND = {"Content-Type": "application/json"}


@pytest.mark.parametrize(
    ("line", "code", "message", "hint"),
    [
        (
            ["https://example.com/hook"],
            *(9, "example.com is not this machine"),
            "pass --allow-remote to send callbacks to other machines",
        ),
        (
            ["localhost:8080"],
            *(2, "--forward-to cannot use port 8080, on which callbacks are received"),
            "pass the port of your own receiver, or choose another --port for this one",
        ),
        (["localhost:99999"], 2, "the URL 'http://localhost:99999' has no valid host or port", ""),
        (["ftp://localhost/"], 2, "the URL 'ftp://localhost/' does not start with https://", ""),
    ],
    ids=["another machine", "itself", "port", "scheme"],
)
def test_a_bad_forward_to_url_is_refused(
    wacb: Wacb, line: list[str], code: int, message: str, hint: str
) -> None:
    assert wacb("callback", "listen", "--forward-to", *line) == failed(code, message, hint or None)

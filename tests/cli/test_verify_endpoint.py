"""`wacb verify`: endpoints that do not answer, or take no callback; several failed checks."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Showing, attach_new
from tests.cli.expect import BODY, ONE
from tests.cli.verifying import (
    ELSEWHERE,
    FIRST,
    VERIFY,
    check,
    good,
    line,
    skipped,
)
from tests.conftest import Wacb
from tests.fault_server import FaultServer, answer
from wacb.sandbox.emulator import Sandbox


@pytest.mark.parametrize("send", [(), ("--send",)], ids=["", "--send"])
def test_an_endpoint_where_nobody_listens(live: Wacb, sandbox: Sandbox, send: tuple[str, ...]):
    with FaultServer("refused") as server:
        attach_new(sandbox, f"{server.url}/hook")
        outcome = live(*VERIFY, *send)
    detail = f"cannot connect to {server.url.removeprefix('http://')}: Connection refused"
    links = good(endpoint=line("endpoint", "broken", detail, ELSEWHERE))
    if send:
        links |= skipped("delivery", why="not checked: the endpoint is not reachable")
    check(outcome, 7, links, detail, ELSEWHERE)


@pytest.mark.parametrize(
    ("limit", "detail", "fix"),
    [
        ("--timeout", "{} did not answer within 0.2 s", ELSEWHERE),
        (
            "--deadline",
            "the time limit of 0.2 s passed before a response came from {}",
            "pass a longer --deadline",
        ),
    ],
)
def test_an_endpoint_that_never_answers(
    live: Wacb, sandbox: Sandbox, limit: str, detail: str, fix: str
):
    with FaultServer("silent") as server:
        attach_new(sandbox, f"{server.url}/hook")
        outcome = live(*VERIFY, limit, "0.2")
    detail = detail.format(server.url.removeprefix("http://"))
    links = good(endpoint=line("endpoint", "broken", detail, fix))
    check(outcome, 7, links, detail, fix)


@pytest.mark.parametrize("fault", ["close after reading", "TLS on plain port"])
def test_an_endpoint_that_speaks_no_http(
    live: Wacb, sandbox: Sandbox, certificate: Path, fault: str
):
    with FaultServer(fault, certificate=certificate) as server:
        attach_new(sandbox, f"{server.url}/hook")
        outcome = live(*VERIFY, "-q")
    assert (outcome.code, outcome.out) == (7, "endpoint\n")
    assert outcome.err.endswith(f"hint: {ELSEWHERE}\n")


def test_an_endpoint_whose_certificate_nobody_trusts(
    live: Wacb, sandbox: Sandbox, certificate: Path
):
    with FaultServer("self-signed", certificate=certificate) as server:
        attach_new(sandbox, f"{server.url}/hook")
        outcome = live(*VERIFY)
    host = server.url.removeprefix("https://")
    detail = f"{host} shows a certificate that is not trusted: self-signed certificate"
    links = good(endpoint=line("endpoint", "broken", detail, ELSEWHERE))
    check(outcome, 7, links, detail, ELSEWHERE)


def test_an_endpoint_that_is_no_address(over: Wacb, sandbox: Sandbox, chain: str):
    host = chain.split("/")[2]
    odd = Showing(sandbox, host.encode(), b"127.0.0.1:99999")
    detail = "'127.0.0.1:99999' is not the address of a server"
    fix = "write a URL like https://api.example.com, with a valid host and port"
    links = good(endpoint=line("endpoint", "broken", detail, fix))
    check(over(odd, *VERIFY), 7, links, detail, fix)


@pytest.mark.parametrize(
    ("second", "detail"),
    [
        (answer(500, b"oops"), "{} returned 500"),
        (
            answer(302, b"", "Location: https://example.com/new?t=1"),
            "{} redirects to https://example.com/new (302); redirects are not followed",
        ),
        (
            "close after reading",
            "{} closed the connection, or did not answer with HTTP",
        ),
    ],
    ids=["500", "redirect", "no answer"],
)
def test_a_callback_that_is_not_taken(
    live: Wacb, sandbox: Sandbox, second: bytes | str, detail: str
):
    with FaultServer(answer(200), second) as server:
        url = attach_new(sandbox, f"{server.url}/hook")
        outcome = live(*VERIFY, "--send")
    detail = detail.format(server.url.removeprefix("http://"))
    fix = f"check the endpoint's log, then wacb verify {ONE} --send"
    links = good(url, delivery=line("delivery", "broken", detail, fix))
    check(outcome, 8, links, detail, fix)


def test_a_key_that_is_not_known(over: Wacb, sandbox: Sandbox, server: FaultServer):
    key = {"algo": "AES-128-CFB", "key": "k" * 16, "IV": "i" * 16}
    url = attach_new(sandbox, f"{server.url}/hook", enc=key)
    hidden = Showing(sandbox, b'"key": "' + b"k" * 16 + b'", ', b"")
    detail = f"profile {FIRST} uses encryption, but the API does not show its key"
    fix = "pass the file that holds it as --encrypt-key-file"
    links = good(url, delivery=line("delivery", "broken", detail, fix))
    check(over(hidden, *VERIFY, "--send"), 8, links, detail, fix)


def test_the_first_broken_link_decides_and_the_others_are_named(live: Wacb, sandbox: Sandbox):
    with FaultServer("refused") as server:
        attach_new(sandbox, f"{server.url}/hook", body='{"body":"<body>"}')
        missing = ", ".join(f"<{name}>" for name in json.loads(BODY) if name != "body")
        detail = f"1 of 14 placeholders; missing: {missing}"
        fix = f"wacb profile check {FIRST} --fix"
        outcome = live(*VERIFY)
        assert live(*VERIFY, "-q").out == "template\nendpoint\n"
    refused = f"cannot connect to {server.url.removeprefix('http://')}: Connection refused"
    links = good(
        template=line("template", "broken", detail, fix),
        endpoint=line("endpoint", "broken", refused, ELSEWHERE),
    )
    check(outcome, 8, links, detail, fix, f"endpoint: {refused}; {ELSEWHERE}")

"""What `callback send` says of the answers, and how it ends."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.cli.expect import as_json, done, failed
from tests.cli.sending import SEND, without_ms
from tests.conftest import Wacb
from tests.examples import sampled
from tests.fault_server import FAULTS, FaultServer, answer, make_certificate
from tests.faults import OK

RECEIVER = "is anything listening there? Try `wacb callback listen`"
TORN = "check the log of the server, and that it speaks HTTP"
OWN_2XX = "make the endpoint respond with a 2xx status, without redirects"


def test_json_has_the_documented_members(wacb: Wacb, server: FaultServer):
    outcome = wacb(*SEND, "--method", "post", "--to", f"{server.url}/hook", "-o", "json")
    expected = {"n": 1, "type": "text", "method": "POST", "url": f"{server.url}/hook"}
    expected |= {"status": 200, "ms": "MS", "ok": True, "response": "thanks"}
    assert without_ms(outcome.out) == as_json([expected]).replace('"MS"', "MS") + "\n"


def test_json_names_the_error_of_a_failure(wacb: Wacb):
    with FaultServer("500", "close after reading") as server:
        line = (*SEND, "--method", "post", "--to", server.url, "--count", "2", "-o", "json")
        outcome = wacb(*line)
    one, two = json.loads(outcome.out)
    assert (one["status"], one["ok"], one["response"]) == (500, False, "oops")
    assert (one["error"]["code"], one["error"]["status"]) == ("check_failed", 500)
    assert (two["status"], two["ok"], two["response"]) == (None, False, None)
    assert (two["error"]["code"], two["error"]["retryable"]) == ("unavailable", True)
    assert outcome.code == 8
    error = json.loads(outcome.err)["error"]
    assert (error["message"], error["hint"]) == ("2 of 2 deliveries failed", OWN_2XX)
    assert error["details"] == [f"1x {each['error']['message']}" for each in (one, two)]


def test_a_table_cuts_the_answer_and_neutralises_it(wacb: Wacb):
    with FaultServer(answer(200, b"\x1b[31mred\n" + b"x" * 300)) as server:
        line = (*SEND, "--method", "post", "--to", server.url)
        shown = wacb(*line, "-o", "table", "--color", "never").out.splitlines()
        assert wacb(*line, "-q") == done("200")
        rows = wacb(*line, "-o", "tsv").out
    assert shown[0].split() == ["N", "TYPE", "STATUS", "MS", "OK", "RESPONSE"]
    assert shown[1].partition("true  ")[2].startswith("\\x1b[31mred\\nxxx")
    assert len(shown[1]) <= 100
    answered = rows.split("\t")[5]
    assert answered == "\\x1b[31mred\\n" + "x" * (200 - 9)


def test_verbose_shows_each_delivery(wacb: Wacb, server: FaultServer):
    line = (*SEND, "--method", "post", "--to", server.url, "--allow-missing", "--body-file", "-")
    plain = wacb(*line, "-v", input='{"t": 1}')
    shown = re.sub(r"\d+ ms", "5 ms", plain.err)
    assert shown == f"POST {server.url} 200 5 ms attempt 1\n"
    verbose = wacb(*line, "-vv", input='{"t": 1}').err.splitlines()[1:]
    assert verbose == ["> content-type: application/json", '> {"t":1}', "< thanks"]


def test_very_verbose_shows_what_there_is(wacb: Wacb):
    with FaultServer("refused") as server:
        outcome = wacb(*SEND, "--method", "delete", "--to", server.url, "-vv")
    first, *others = re.sub(r"\d+ ms", "5 ms", outcome.err).splitlines()
    assert re.fullmatch(rf"DELETE {server.url}\?body=\S+ no response 5 ms attempt 1", first)
    assert len(others) == 2  # the error and its hint


ENDS: dict[str, tuple[tuple[str | bytes, ...], int, str, str | None]] = {
    "500": (("500",), 8, "{} returned 500", OWN_2XX),
    "a redirect": (
        ("redirect loop",),
        8,
        "{} redirects to / (302); redirects are not followed",
        OWN_2XX,
    ),
    "refused": (("refused",), 7, "cannot connect to {}: Connection refused", RECEIVER),
    "all refused": (("refused", "refused"), 7, "2 of 2 deliveries failed", RECEIVER),
    "all torn": (
        ("close after reading", "close after reading"),
        7,
        "2 of 2 deliveries failed",
        TORN,
    ),
    "one without an answer": ((OK, "close after reading"), 7, "1 of 2 deliveries failed", TORN),
    "one refused, one without": (
        ("500", "close after reading"),
        8,
        "2 of 2 deliveries failed",
        OWN_2XX,
    ),
    "one refused": ((OK, "404"), 8, "1 of 2 deliveries failed", OWN_2XX),
}


@pytest.mark.parametrize("case", ENDS)
def test_the_exit_code_tells_what_went_wrong(wacb: Wacb, case: str):
    script, code, message, hint = ENDS[case]
    script = tuple(answer(404) if entry == "404" else entry for entry in script)
    with FaultServer(*script) as server:
        count = ("--count", str(len(script)))
        outcome = wacb(*SEND, "--method", "post", "--to", server.url, *count)
    host = server.url.removeprefix("http://")
    error, *details, remedy = outcome.err.splitlines()
    assert (error, remedy) == (f"error: {message.format(host)}", f"hint: {hint}")
    assert outcome.code == code
    assert len(outcome.out.splitlines()) == len(script)
    said = rf"  \dx (cannot connect to )?{host}\b"
    assert bool(details) == (len(script) > 1)
    assert all(re.match(said, line) for line in details)


@pytest.mark.parametrize(
    ("fault", "message", "hint"),
    [
        (
            "self-signed",
            "{} shows a certificate that is not trusted: self-signed certificate",
            "check this machine's clock; behind a TLS-inspecting proxy, set SSL_CERT_FILE "
            "to its CA certificate",
        ),
        (
            "plain on TLS port",
            "TLS handshake with {} failed: WRONG_VERSION_NUMBER",
            "check host and port, and that the server supports current TLS versions",
        ),
    ],
)
def test_an_endpoint_without_tls_that_fits_has_a_remedy_of_its_own(
    wacb: Wacb, tmp_path: Path, fault: str, message: str, hint: str
):
    with FaultServer(fault, certificate=make_certificate(tmp_path)) as server:
        outcome = wacb(*SEND, "--method", "post", "--to", server.url, "-q")
    host = server.url.removeprefix("https://")
    assert outcome == failed(7, message.format(host), hint)


def test_failures_of_two_kinds_are_told_with_both_remedies(wacb: Wacb):
    with FaultServer("close after reading", "silent") as server:
        line = (*SEND, "--method", "post", "--to", server.url, "--count", "2", "--timeout", "0.1")
        outcome = wacb(*line, "-q")
    slow = "try again, or pass a longer --timeout"
    assert (outcome.code, outcome.err.splitlines()[-1]) == (7, f"hint: {TORN}; {slow}")


def test_a_host_that_does_not_exist_is_told(wacb: Wacb):
    url = f"http://{'a' * 63}.invalid/"
    outcome = wacb(*SEND, "--method", "post", "--to", url)
    assert (outcome.code, outcome.out.split("\t")[2]) == (7, "")
    assert outcome.err.startswith(f"error: the host {'a' * 63}.invalid cannot be found: ")
    assert outcome.err.endswith("hint: check the host in the URL, and the network\n")


@pytest.mark.parametrize(
    "name", sampled(sorted(name for name in FAULTS if not FAULTS[name].tls), every=4)
)
def test_whatever_a_receiver_does_is_reported_in_time(wacb: Wacb, name: str):
    with FaultServer(name) as server:
        line = (*SEND, "--method", "post", "--to", server.url, "--timeout", "0.1", "-o", "json")
        outcome = wacb(*line)
    (delivery,) = json.loads(outcome.out)
    status = delivery["status"]
    expected = 7 if status is None else 0 if 200 <= status < 300 else 8
    assert (outcome.code, delivery["ok"]) == (expected, expected == 0)
    assert 0 <= delivery["ms"] < 1000
    assert len(server.requests) <= 1


def test_the_deadline_ends_all(wacb: Wacb):
    with FaultServer("silent") as server:
        line = (*SEND, "--method", "post", "--to", server.url, "--count", "50")
        outcome = wacb(*line, "--deadline", "0.1", "-o", "json")
        assert len(server.requests) <= 1
    assert outcome.code == 7
    deliveries = json.loads(outcome.out)
    assert len(deliveries) == 50
    assert {one["error"]["code"] for one in deliveries} == {"deadline_exceeded"}

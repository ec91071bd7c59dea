"""`-v` and `-vv`: what was asked of the API and what it said, without a secret."""

from __future__ import annotations

import json
import re

import pytest

from tests.cli.expect import BODY, CREATE, HOOK, TITLE, done, row
from tests.conftest import Outcome, Wacb, profile_id
from tests.fake_api import Network, Reply, answer, make_row, refusal
from wacb.sandbox.account import API_KEY, SID

API = f"https://api.kaleyra.io/v1/{SID}/callback/profiles"


def lines(outcome: Outcome) -> list[str]:
    """The lines of stderr, the milliseconds as N."""
    return re.sub(r" \d+ ms ", " N ms ", outcome.err).splitlines()


def test_v_prints_one_line_per_request(live: Wacb):
    outcome = live(*CREATE, "-v")
    assert outcome.out == row() + "\n"
    assert lines(outcome) == [
        f"GET {API}?limit=100&offset=0 200 N ms attempt 1",
        f"POST {API} 200 N ms attempt 1",
        f"GET {API}?limit=100&offset=0&title={TITLE} 200 N ms attempt 1",
    ]


@pytest.mark.parametrize(
    "line",
    [("-vv", "profile", "list"), ("-v", "profile", "-v", "list"), ("profile", "list", "-v", "-v")],
    ids=" ".join,
)
def test_v_adds_up_anywhere_on_the_line(over: Wacb, line: tuple[str, ...]):
    network = Network(Reply(body=b"[]", headers={"X-Odd": "canary", "Server": "S"}))
    assert lines(over(network, *line, "-q")) == [
        f"GET {API}?limit=100&offset=0 200 N ms attempt 1",
        "> api-key: ***",
        "> accept: application/json",
        "< x-odd: ***",
        "< server: S",
        "< transfer-encoding: chunked",
        "< []",
    ]


def test_vv_shows_bodies_with_secrets_masked(over: Wacb):
    enc = {"algo": "AES-128-CFB", "key": "canary-1", "IV": "canary-2"}
    secret = {"headers": '{"X-Token": "canary-3"}', "enc": enc}
    shown = make_row(
        profile_id="SG_1", title=TITLE, url=HOOK, body=BODY, channel="whatsapp", **secret
    )
    network = Network(answer([]), answer({"id": "SG_1"}), answer([shown]))
    env = {"TOKEN": "canary-3"}
    line = (*CREATE, "--header-env", "X-Token=TOKEN", "--channel", "whatsapp", "-vv", "-q")
    outcome = over(network, *line, env=env)
    assert (outcome.code, outcome.out) == (0, "SG_1\n")
    bodies = [json.loads(line[2:]) for line in lines(outcome) if line[2:].startswith("{")]
    _, sent, _, listed = bodies
    assert sent == {
        "title": TITLE,
        "http_method": "POST",
        "url": HOOK,
        "body": BODY,
        "headers": '{"X-Token":"***"}',
        "channel": "whatsapp",
    }
    masked = shown | {
        "headers": '{"X-Token":"***"}',
        "enc": {"algo": "AES-128-CFB", "key": "***", "IV": "***"},
    }
    assert listed["data"] == [masked]
    assert "canary" not in outcome.err


def test_every_attempt_is_shown(over: Wacb, sleeps: list[float]):
    network = Network(refusal(503), ConnectionResetError(), Reply(status=429), answer([]))
    outcome = over(network, "profile", "list", "-v", "-q")
    url = f"GET {API}?limit=100&offset=0"
    assert lines(outcome) == [
        f"{url} 503 N ms attempt 1",
        f"{url} no response N ms attempt 2",
        f"{url} 429 N ms attempt 3",
        f"{url} 200 N ms attempt 4",
    ]
    assert len(sleeps) == 3


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        (b"<html><!--a canary-->", "21 bytes, not JSON"),
        (b"", "0 bytes, not JSON"),
        (b"\xff", "1 bytes, not JSON"),
        (b"[" * 100_000, "100000 bytes, not JSON"),
        (b'"\\u001b[2J\\n"', r'"\u001b[2J\n"'),
        ('"gr\u202eün"'.encode(), r'"gr\u202eün"'),
        (b'{"headers": "no JSON canary"}', '{"headers": "***"}'),
        (b'{"headers": {"A": "canary"}}', '{"headers": "{\\"A\\":\\"***\\"}"}'),
        (b'{"a": [{"enc": {"key": "canary"}}]}', '{"a": [{"enc": {"key": "***"}}]}'),
        (b'{"body": {"a": "canary <from>"}}', '{"body": {"a": "***<from>"}}'),
        (b'{"url": {"href": "canary"}}', '{"url": "***"}'),
    ],
    ids=[
        *("HTML", "nothing", "bytes", "deep", "escapes", "bidi", "text", "object", "nested"),
        *("body", "url"),
    ],
)
def test_an_answer_is_shown_safely(over: Wacb, body: bytes, shown: str):
    outcome = over(Network(Reply(body=body)), "profile", "list", "-vv", "-q")
    assert lines(outcome)[4] == f"< {shown}"
    assert "canary" not in outcome.err


def test_a_key_that_the_api_repeats_is_masked(over: Wacb):
    network = Network(refusal(401, f"no such key: {API_KEY}"))
    outcome = over(network, "profile", "list", "-vv")
    assert outcome.code == 4
    assert "no such key: ***" in outcome.err
    assert API_KEY not in outcome.err


def test_without_v_nothing_is_shown(live: Wacb):
    assert live(*CREATE) == done(row())


def test_a_dry_run_shows_what_it_reads(live: Wacb):
    assert live(*CREATE).code == 0
    line = ("number", "attach", "+15550100001", "--profile", profile_id(1), "--dry-run", "-v")
    told = lines(live(*line))
    assert [line.split()[0] for line in told] == ["GET", "GET"]

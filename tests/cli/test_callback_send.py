"""`callback send`: which template is filled with which message, and what reaches the endpoint."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import parse_qsl

import pytest

from tests.cli.expect import NAMES, failed, missing
from tests.cli.sending import SEND, create, got, row, without_ms
from tests.conftest import Wacb, profile_id
from tests.fault_server import FaultServer

LOCAL = ("--allow-http", "--allow-local")


def test_a_stored_post_profile_is_delivered_as_stored(live: Wacb, server: FaultServer):
    secret = ("--basic-auth", "me", "--header-env", "X-Token=TOKEN", "--header", "X-Plain: p")
    env = {"TOKEN": "canary-token", "WACB_BASIC_AUTH_PASSWORD": "canary-word"}
    create(live, f"{server.url}/hook?a=<b>", *secret, env=env)
    outcome = live(*SEND, "--profile", "Incoming", "--set", 'body=a "b"\n<c>&')
    assert outcome.err == ""
    assert without_ms(outcome.out) == row(server, "/hook?a=<b>") + "\n"
    line, headers, body = got(server)
    assert line == "POST /hook?a=<b> HTTP/1.1"
    names = ("content-type", "x-token", "x-plain", "authorization")
    assert [headers[name] for name in names] == [
        *("application/json", "canary-token", "p", "Basic bWU6Y2FuYXJ5LXdvcmQ=")
    ]
    fields = json.loads(body)
    assert list(fields) == NAMES
    assert fields["body"] == 'a "b"\n<c>&'
    assert json.loads(fields["message"])[0]["text"] == {"body": 'a "b"\n<c>&'}
    assert (fields["from"], fields["wanumber"]) == ("15550123456", "15550100001")


def test_a_stored_get_profile_keeps_its_query(live: Wacb, server: FaultServer):
    create(live, f"{server.url}/hook?own=%7e", method="get")
    assert live(*SEND, "--profile", profile_id(1), "--set", "body=a&b +%#é").code == 0
    line, _, body = got(server)
    query = line.split()[1].removeprefix("/hook?")
    assert line.startswith("GET /hook?own=%7e&body=a%26b%20%2B%25%23%C3%A9&mime_type=&")
    assert [name for name, _ in parse_qsl(query, keep_blank_values=True)] == ["own", *NAMES]
    assert body == b""


def test_profile_and_number_have_defaults(live: Wacb, server: FaultServer):
    create(live, f"{server.url}/hook")
    env = {"WACB_PROFILE": "Incoming", "WACB_NUMBER": "+91 98123 45678"}
    assert live(*SEND, env=env).code == 0
    assert json.loads(got(server)[2])["wanumber"] == "919812345678"
    other = ("config", "set", "profile", "Incoming", "--account", "a")
    assert live(*other).code == 0
    assert live(*SEND).code == 0


def test_without_a_profile_one_is_asked_for(live: Wacb, server: FaultServer):
    create(live, f"{server.url}/hook")
    assert live(*SEND, tty=True, input="1\n").code == 0
    assert live(*SEND) == missing("--profile", "WACB_PROFILE")


def test_a_template_is_made_of_method_and_url(wacb: Wacb, server: FaultServer):
    line = (*SEND, "--url", f"{server.url}/hook", "--with-status")
    assert wacb(*line, *LOCAL, "--method", "post").code == 0
    fields = json.loads(got(server)[2])
    assert list(fields)[:14] == NAMES
    assert (len(fields), fields["status"]) == (24, "")
    assert wacb(*line, *LOCAL, tty=True, input="get\n").code == 0
    assert got(server)[0].startswith("GET /hook?body=")
    refused = wacb(*line, "--method", "post")
    assert (refused.code, refused.out) == (2, "")
    assert wacb("--sandbox", *line, "--method", "post").code == 0


def test_a_template_is_made_for_another_url_alone(wacb: Wacb, server: FaultServer):
    line = (*SEND, "--method", "get", "--to", f"{server.url}/a?k=v")
    assert wacb(*line).code == 0
    assert got(server)[0].startswith("GET /a?k=v&body=")
    assert wacb(*line, env={"WACB_ENDPOINT": "https://example.com/hook?e=1"}).code == 0
    assert got(server)[0].startswith("GET /a?k=v&e=1&body=")
    assert wacb(*SEND, "--method", "get") == missing("--url")


def test_a_template_of_ones_own_is_filled(wacb: Wacb, server: FaultServer, tmp_path: Path):
    line = (*SEND, "--method", "put", "--to", f"{server.url}/hook", "--set", "body=Hi")
    template = tmp_path / "body.json"
    template.write_text('{"text": ["<body>"], "n": 1}')
    assert wacb(*line, "--body-file", str(template)).code == 2
    assert wacb(*line, "--body-file", "-", "--allow-missing", input='{"t": "<body>"}').code == 0
    assert got(server)[2] == b'{"t":"Hi"}'


# -- which messages are sent


def test_messages_are_made_by_type_seed_and_count(wacb: Wacb, server: FaultServer):
    line = (*SEND, "--method", "post", "--to", f"{server.url}/hook", "--type", "image")
    outcome = wacb(*line, "--count", "3", "--jobs", "2", "--seed", "7")
    assert outcome.code == 0
    rows = (row(server, n=n, kind="image") + "\n" for n in (1, 2, 3))
    assert without_ms(outcome.out) == "".join(rows)
    urls = {json.loads(got(server, at)[2])["media_url"] for at in range(3)}
    assert len(urls) == 3
    assert wacb(*line, "--seed", "9").code == 0
    assert json.loads(got(server)[2])["media_url"] in urls
    assert wacb(*line).code == 0
    assert json.loads(got(server)[2])["media_url"] not in urls


REFUSED: dict[str, tuple[tuple[str, ...], str, str | None]] = {
    "an unknown name": (
        ("--set", "bodi=x"),
        "'bodi' is not a valid field",
        f"did you mean body? use one of {', '.join(NAMES)}",
    ),
    "no name": (
        ("--set", "body"),
        "--set 'body' is not NAME=VALUE",
        "use a form like --set body=Hello",
    ),
    "no message": (
        ("--count", "0"),
        "Invalid value for '--count': 0 is not in the range 1<=x<=10000.",
        "run `wacb callback send --help`",
    ),
    "profile and URL": (
        ("--profile", "x", "--url", "https://example.com"),
        "--method and --profile cannot be used together",
        None,
    ),
    "a bad target": (
        ("--to", "ftp://127.0.0.1/"),
        "the URL 'ftp://127.0.0.1/' does not start with https://",
        None,
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_wrong_usage_sends_nothing(wacb: Wacb, server: FaultServer, case: str):
    more, message, hint = REFUSED[case]
    line = (*SEND, "--method", "post", "--to", server.url, *more)
    for how in ((), ("--dry-run",)):
        assert wacb(*line, *how) == failed(2, message, hint)
    assert server.requests == []


@pytest.mark.parametrize("option", [("--body-file", "-"), ("--allow-missing",), ("--with-status",)])
def test_what_makes_a_template_needs_a_method(live: Wacb, option: Sequence[str]):
    assert live(*SEND, *option) == failed(2, f"{option[0]} requires --method")
    both = live(*SEND, *option, "--profile", "x")
    assert both == failed(2, f"{option[0]} and --profile cannot be used together")


def test_an_unknown_profile_is_not_found(live: Wacb):
    said = "no profile with ID or title 'Nobody'"
    hint = "run `wacb profile list` to see available profiles"
    assert live(*SEND, "--profile", "Nobody") == failed(5, said, hint)

"""`callback listen` as a person or a script meets it: output, what ends it, exit codes."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
from base64 import b64encode
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest

from tests.cli.expect import failed
from tests.cli.listening import MESSAGE, Client, Listen, lines, nobody, send
from tests.conftest import Outcome, Wacb
from wacb.callbacks.encryption import Cipher
from wacb.cli import root
from wacb.cli.app import App
from wacb.models import Encryption

HINT = "check the template with `wacb profile check`, and that callbacks are being sent"
KEY = 'algorithm = "AES-128-GCM"\nkey = "0123456789abcdef"\niv = "abcdefabcdef"\n'
CIPHER = Cipher(Encryption(algorithm="AES-128-GCM", key="0123456789abcdef", iv="abcdefabcdef"))


def test_off_a_terminal_it_prints_one_object_a_line(listen: Listen) -> None:
    query = urlencode(MESSAGE)
    outcome = listen(lambda url: (send(url), send(url, "GET", f"/?{query}")), "--count", "2")
    ready, first, second, done = lines(outcome)
    assert (outcome.code, outcome.err) == (0, "")
    assert list(ready) == ["event", "url"] and ready["event"] == "ready"
    assert (first["event"], first["n"], first["method"], first["query"]) == (
        *("callback", 1, "POST", ""),
    )
    assert (second["event"], second["n"], second["method"], second["query"]) == (
        *("callback", 2, "GET", query),
    )
    assert first["fields"] == second["fields"] == MESSAGE
    assert first["time"] == "2026-09-21T14:13:20.000Z"
    assert done == {"event": "done", "count": 2, "ok": True}


def test_a_callback_that_nobody_reads_ends_an_unbounded_run(
    listen: Listen, monkeypatch: pytest.MonkeyPatch
) -> None:
    statuses: list[int] = []
    monkeypatch.setattr("wacb.cli.streams.is_unread", lambda stream: True)
    outcome = listen(lambda url: statuses.append(send(url)))
    assert (outcome.code, statuses) == (0, [500])


def test_on_a_terminal_each_callback_is_a_block(listen: Listen) -> None:
    def client(url: str) -> None:
        send(url)
        send(url, "HEAD", "/")
        send(url, body="body=%1B[2J" + "x" * 99 + "&wanumber=%3Cwanumber%3E", Cookie="secret=1")
        send(url, body="\x07 no callback")
        send(url, body='{"event": "x", "display_phone_number": "1", "limit": 5}')
        send(url, body=json.dumps({**MESSAGE, "body": "", "from": None}))

    outcome = listen(client, "--count", "3", tty=True)
    ready, screen = outcome.out.split("\n", 1)
    assert (outcome.code, outcome.err) == (0, "")
    assert re.fullmatch(r"Listening on http://127\.0\.0\.1:\d+ \(Ctrl-C to stop\)", ready)
    assert screen == SCREEN.replace("TIME", f"{datetime.fromtimestamp(1_790_000_000):%H:%M:%S}")


SCREEN = r"""1  TIME  POST /hook  text from 15550123456  14/14 fields, 10 empty
   body: Hello
2  TIME  HEAD /  not a message
   note: a probe
3  TIME  POST /hook  ? from ?  1/14 fields
   body: \x1b[2Jxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…
   missing: mime_type, media_url, from, name, type, created_at, reply_to, mobile, \
custom_response,
   message, contacts, location
   not filled in: wanumber
4  TIME  POST /hook  not a message
   \x07 no callback
   note: the body is neither JSON (line 1, column 1) nor a form
5  TIME  POST /hook  not a message
   event, display_phone_number, limit
   note: a quality update
6  TIME  POST /hook  text from ?  14/14 fields, 12 empty
3 messages received
""".replace("\\\n", "")


def test_json_is_printed_on_a_terminal_too(listen: Listen) -> None:
    def client(url: str) -> None:
        assert send(url) == 200

    outcome = listen(client, "--count", "1", "-o", "json", "--color", "never")
    assert [line["event"] for line in lines(outcome)] == ["ready", "callback", "done"]


def test_the_page_lists_what_came(listen: Listen) -> None:
    listed: list[Any] = []

    def client(url: str, page: str) -> None:
        send(url, "HEAD", "/")
        with closing(http.client.HTTPConnection(urlsplit(page).netloc, timeout=10)) as browser:
            browser.request("GET", "/callbacks?after=0")
            listed.extend(json.load(browser.getresponse()))
        send(url)

    outcome = listen(client, "--inspect", "--count", "1")
    ready, first, _, _ = lines(outcome)
    assert list(ready) == ["event", "url", "inspect"]
    assert ready["inspect"].startswith("http://127.0.0.1:")
    assert listed == [first]


def test_on_a_terminal_the_page_is_named(listen: Listen) -> None:
    outcome = listen(nobody, "--inspect", "--wait", "0.02", tty=True)
    _, page, last = outcome.out.splitlines()
    assert re.fullmatch(r"Inspector: http://127\.0\.0\.1:\d+", page)
    assert (outcome.code, last) == (0, "0 messages received")


def test_a_page_on_the_port_of_the_receiver_is_refused(wacb: Wacb) -> None:
    assert wacb("callback", "listen", "--inspect", "8080") == failed(
        2, "--inspect cannot use the port of --port", "use another port, or 0 for any free one"
    )


def incomplete(url: str) -> None:
    send(url, body=json.dumps({**MESSAGE, "name": "<name>"}))


@pytest.mark.parametrize(
    ("client", "line", "count", "message"),
    [
        (incomplete, ["--expect", "all"], 1, "message 1 is missing name"),
        (incomplete, ["--expect", "body,name", "--wait", "20"], 1, "message 1 is missing name"),
        (nobody, ["--expect", "all", "--wait", "0.02"], 0, "0 of 1 messages received"),
        (send, ["--count", "2", "--wait", "1"], 1, "1 of 2 messages received"),
        (
            lambda url: send(url, "HEAD"),
            ["--count", "1", "--wait", "1"],
            0,
            "0 of 1 messages received (and 1 other callbacks)",
        ),
    ],
    ids=["literal", "named", "nothing", "too few", "a probe"],
)
def test_what_is_not_met_is_exit_8(
    listen: Listen, client: Client, line: list[str], count: int, message: str
) -> None:
    outcome = listen(client, *line)
    assert lines(outcome)[-1] == {"event": "done", "count": count, "ok": False}
    assert (outcome.code, outcome.err) == (8, f"error: {message}\nhint: {HINT}\n")


def of_v2(url: str) -> None:
    """Send a text message in Meta's shape."""
    value = {
        "metadata": {"display_phone_number": "15550100001"},
        "contacts": [{"profile": {"name": "Asha"}, "wa_id": "15550100099"}],
        "messages": [
            {"from": "15550100099", "timestamp": "1", "type": "text", "text": {"body": "Hi"}}
        ],
    }
    send(url, body=json.dumps({"meta_object": {"field": "messages", "value": value}}))


@pytest.mark.parametrize(
    ("client", "line", "count"),
    [
        (send, ["--expect", "all"], 1),
        (of_v2, ["--expect", "all"], 1),
        (incomplete, ["--expect", "body,from"], 1),
        (incomplete, ["--count", "1"], 1),
        (nobody, ["--wait", "0.02"], 0),
    ],
    ids=["all", "all of V2", "named", "count", "time alone"],
)
def test_what_is_met_is_exit_0(listen: Listen, client: Client, line: list[str], count: int) -> None:
    outcome = listen(client, *line)
    assert lines(outcome)[-1] == {"event": "done", "count": count, "ok": True}
    assert (outcome.code, outcome.err) == (0, "")


def test_a_bounded_run_that_is_interrupted_is_exit_130(listen: Listen) -> None:
    outcome = listen(lambda url: os.kill(os.getpid(), signal.SIGINT), "--count", "1")
    assert lines(outcome)[-1] == {"event": "done", "count": 0, "ok": False}
    assert (outcome.code, outcome.err) == (
        130,
        "error: interrupted before the expected messages arrived\n",
    )


def test_basic_auth_turns_others_away(listen: Listen) -> None:
    statuses: list[int] = []
    right = "Basic " + b64encode(b"me:pass-word").decode()

    def client(url: str) -> None:
        statuses.append(send(url))
        statuses.append(send(url, Authorization="Basic eHg6eXk="))
        statuses.append(send(url, Authorization=right))

    env = {"WACB_BASIC_AUTH_PASSWORD": "pass-word"}
    outcome = listen(client, "--basic-auth", "me", "--count", "1", env=env)
    assert statuses == [401, 401, 200]
    assert outcome.err == "rejected POST /hook: user or password missing or wrong (401)\n" * 2
    assert [line["event"] for line in lines(outcome)] == ["ready", "callback", "done"]
    assert lines(outcome)[1]["headers"]["authorization"] == "***"


def test_basic_auth_needs_a_password(wacb: Wacb) -> None:
    assert wacb("callback", "listen", "--port", "0", "--basic-auth", "me") == failed(
        2,
        "WACB_BASIC_AUTH_PASSWORD is required when not running interactively",
        "set WACB_BASIC_AUTH_PASSWORD",
    )


def test_callbacks_are_saved(listen: Listen, tmp_path: Path) -> None:
    folder = tmp_path / "a" / "b"
    outcome = listen(lambda url: (send(url), send(url)), "--save", str(folder), "--count", "2")
    assert folder.stat().st_mode & 0o777 == 0o700
    files = sorted(folder.iterdir())
    assert [file.name[:7] for file in files] == ["000001-", "000002-"]
    assert [json.loads(file.read_text()) for file in files] == lines(outcome)[1:3]


def test_a_folder_that_is_a_file_is_a_sentence(wacb: Wacb, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert wacb("callback", "listen", "--save", str(tmp_path / "file")) == failed(
        3,
        f"cannot write to {tmp_path / 'file'}: File exists",
        "remove the file or broken link in its folder's place",
    )


def test_a_folder_that_is_lost_ends_it_with_a_sentence(listen: Listen, tmp_path: Path) -> None:
    statuses: list[int] = []

    def client(url: str) -> None:
        (tmp_path / "saved").rmdir()
        statuses.append(send(url))

    outcome = listen(client, "--save", str(tmp_path / "saved"))
    assert (outcome.code, statuses) == (3, [500])
    assert [line["event"] for line in lines(outcome)] == ["ready"]
    assert outcome.err.endswith("No such file or directory\nhint: check the path and the disk\n")


@pytest.fixture
def key(tmp_path: Path) -> Path:
    file = tmp_path / "key.toml"
    file.write_text(KEY)
    file.chmod(0o600)
    return file


def test_values_are_decrypted(listen: Listen, key: Path) -> None:
    sealed = {name: CIPHER.encrypt(value) for name, value in MESSAGE.items()}
    outcome = listen(
        lambda url: send(url, body=json.dumps(sealed)), "--decrypt", str(key), "--expect", "all"
    )
    assert (outcome.code, outcome.err) == (0, "")
    assert lines(outcome)[1]["fields"] == MESSAGE


def test_a_wrong_key_is_exit_8_and_does_not_end_it(listen: Listen, key: Path) -> None:
    sealed = {name: CIPHER.encrypt(value) for name, value in MESSAGE.items()}
    key.write_text(KEY.replace("01234", "98765"))
    outcome = listen(
        lambda url: (send(url, body=json.dumps(sealed)), send(url, body=json.dumps(sealed))),
        *("--decrypt", str(key), "--expect", "all", "--count", "2"),
    )
    events = lines(outcome)
    assert [event["event"] for event in events] == ["ready", "callback", "callback", "done"]
    assert events[1]["notes"][-1].startswith("cannot be decrypted: field body: ")
    assert events[-1] == {"event": "done", "count": 2, "ok": False}
    assert outcome.code == 8
    assert outcome.err.startswith("error: message 1 cannot be decrypted: field body: ")


def test_other_hosts_are_warned_of(listen: Listen) -> None:
    outcome = listen(nobody, "--host", "0.0.0.0", "--wait", "0.02")
    assert (outcome.code, outcome.err) == (
        0,
        "warning: listening on 0.0.0.0; other machines can send callbacks to this one\n",
    )


def test_a_port_in_use_is_a_sentence(listen: Listen) -> None:
    ports: list[str] = []
    codes: list[int] = []

    def client(url: str) -> None:
        ports.append(url.rpartition(":")[2])
        codes.append(root.run(["callback", "listen", "--port", ports[0]], App(environ={})))
        send(url)

    outcome = listen(client, "--count", "1")
    assert codes == [7]
    assert outcome.err == (
        f"error: cannot listen on port {ports[0]} of 127.0.0.1: Address already in use\n"
        "hint: choose another port, or 0 for any free one\n"
    )


@pytest.mark.parametrize(
    ("line", "outcome"),
    [
        (
            ["--expect", "bodi"],
            failed(2, "'bodi' is not a valid field name", "did you mean body?"),
        ),
        (["--wait", "nan"], failed(2, "'nan' is not a valid number of seconds (up to 86400)")),
        (["--wait", "0"], failed(2, "'0' is not a valid number of seconds (up to 86400)")),
        (
            ["--decrypt", "nowhere"],
            failed(3, "the file nowhere does not exist", "check the path"),
        ),
    ],
    ids=["expect", "wait nan", "wait 0", "decrypt"],
)
def test_a_bad_value_is_refused(wacb: Wacb, line: list[str], outcome: Outcome) -> None:
    assert wacb("callback", "listen", *line) == outcome

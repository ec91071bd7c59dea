"""Callbacks that are right and look wrong: V2 shapes, raw structures, logs, plain V1 GETs."""

from __future__ import annotations

import http.client
import json
import os
import subprocess
from base64 import b64encode
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import pytest

from tests.cli.expect import ONE
from tests.cli.interactive import SECONDS, WACB
from tests.conftest import Wacb
from tests.fault_server import FaultServer
from tests.fault_server import answer as whole_answer
from tests.field.callbacks import (
    BODY,
    FOURTEEN,
    MESSAGE,
    NUMBER,
    QUERY,
    SENDER,
    USER_ID,
    V2,
    v2,
)
from tests.field.seeding import check_names

URL = "https://media.example/photo.jpg"


def decode(wacb: Wacb, text: str | bytes) -> tuple[dict[str, Any], str]:
    outcome = wacb("callback", "decode", "-o", "json", input=text)
    assert outcome.code == 0, outcome
    return json.loads(outcome.out), outcome.err


@pytest.mark.parametrize(
    ("callback", "fields"), [pytest.param(sent, fields, id=id) for id, sent, fields in V2]
)
def test_what_a_sender_or_a_type_has_not_is_empty(
    callback: dict[str, Any], fields: dict[str, Any], wacb: Wacb
) -> None:
    shown, _ = decode(wacb, json.dumps(callback))
    assert (shown["kind"], shown["missing"], shown["literal"]) == ("message", [], [])
    assert {name: shown["fields"][name] for name in fields} == fields
    if USER_ID in json.dumps(callback):
        flat = {name: item for name, item in shown["fields"].items() if name != "message"}
        assert USER_ID in flat.values()


def raw(**members: Any) -> str:
    return json.dumps(FOURTEEN | members)


PLACE = {"latitude": 12.97, "longitude": 77.59}
CARDS = [{"name": {"first_name": "Asha"}, "phones": [{"phone": "+1 555 010 0009"}]}]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        pytest.param("message", MESSAGE, id="message, array"),
        pytest.param("message", MESSAGE[0], id="message, object"),
        pytest.param("contacts", CARDS, id="contacts, array"),
        pytest.param("contacts", CARDS[0], id="contacts, object"),
        pytest.param("location", PLACE, id="location, object"),
        pytest.param("location", [PLACE], id="location, array"),
    ],
)
def test_a_raw_structure_reads_like_its_text(name: str, value: Any, wacb: Wacb) -> None:
    as_text, _ = decode(wacb, raw(**{name: json.dumps(value)}))
    twice, _ = decode(wacb, raw(**{name: json.dumps(json.dumps(value))}))
    in_query, _ = decode(wacb, urlencode(FOURTEEN | {name: json.dumps(value)}))
    as_structure, err = decode(wacb, raw(**{name: value}))
    assert as_structure["fields"] == as_text["fields"] == in_query["fields"] == twice["fields"]
    assert as_structure["fields"][name] == value
    assert (as_structure["kind"], as_structure["missing"]) == ("message", [])
    assert "not JSON" not in err


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"contacts": None, "location": None, "media_url": None}, id="null"),
        pytest.param({"contacts": [], "location": {}}, id="empty structures"),
        pytest.param({"created_at": 1790000000, "from": int(SENDER)}, id="numbers"),
        pytest.param({"custom_response": False}, id="false"),
        pytest.param({"message": "Hi & bye"}, id="text for the message"),
        pytest.param({"team": {"id": 7}, "status": "open"}, id="own members"),
        pytest.param(
            {"body": "<body>", "message": json.dumps([MESSAGE[0] | {"text": {"body": "<body>"}}])},
            id="a text that reads like a placeholder",
        ),
    ],
)
def test_another_spelling_of_a_value_is_no_fault(changes: dict[str, Any], wacb: Wacb) -> None:
    shown, _ = decode(wacb, raw(**changes))
    assert (shown["kind"], shown["missing"], shown["literal"]) == ("message", [], [])


HEADERS = {"host": "example.com", "content-type": "application/json"}
LINE = f'203.0.113.9 - - [21/Sep/2026:14:13:20 +0000] "GET /hook?{QUERY} HTTP/1.1" 200 2 "-" "x"'
EVENT = {"version": "2.0", "rawPath": "/hook", "headers": HEADERS, "isBase64Encoded": False}
WRAPPED: list[tuple[str, Any]] = [
    ("object", {"headers": HEADERS, "query": {}, "body": FOURTEEN}),
    ("array", [{"headers": HEADERS, "query": {}, "body": FOURTEEN}]),
    ("query as an object", {"headers": HEADERS, "query": FOURTEEN, "body": {}}),
    ("query as text", {"method": "GET", "query": QUERY, "body": None}),
    ("body as JSON text", {"headers": HEADERS, "body": BODY}),
    ("body as a form", {"headers": HEADERS, "body": QUERY}),
    ("function event, body", EVENT | {"rawQueryString": "", "body": BODY}),
    (
        "function event, base64",
        EVENT | {"isBase64Encoded": True, "body": b64encode(BODY.encode()).decode()},
    ),
    ("function event, not base64", EVENT | {"isBase64Encoded": True, "body": "x", "query": QUERY}),
    ("function event, query", EVENT | {"rawQueryString": QUERY, "body": None}),
    ("function event, parameters", {"queryStringParameters": FOURTEEN, "body": None}),
    ("workflow tool", [{"headers": HEADERS, "params": {}, "query": {}, "body": FOURTEEN}]),
    ("request bin", {"uuid": "1", "method": "POST", "content": BODY, "headers": HEADERS}),
    ("echo service, form", {"args": {}, "data": "", "form": FOURTEEN, "json": None}),
    ("echo service, JSON", {"args": {}, "data": BODY, "form": {}, "json": FOURTEEN}),
    ("echo service, query", {"args": FOURTEEN, "headers": HEADERS, "url": "https://a.example/"}),
    (
        "log entry",
        {"level": 30, "time": 1790000000000, "msg": "callback", "req": {"body": FOURTEEN}},
    ),
    ("cloud log", {"insertId": "1", "severity": "INFO", "jsonPayload": {"body": FOURTEEN}}),
    ("cloud log, request", {"httpRequest": {"requestUrl": f"https://a.example/hook?{QUERY}"}}),
    ("access log, request", {"request": f"GET /hook?{QUERY} HTTP/1.1", "status": 200}),
    ("access log, URI", {"request": {"method": "GET", "uri": f"/hook?{QUERY}"}, "status": 200}),
    ("access log, another name", {"RequestPath": f"/hook?{QUERY}"}),
    ("request bin, URL", {"content": "", "query": None, "url": f"https://a.example/?{QUERY}"}),
    ("log entry, message", {"level": "info", "message": "received", "body": FOURTEEN}),
    ("log entry, message, text", {"message": "received", "name": "hook", "body": BODY}),
    ("log entry, name and type", {"name": "hook", "type": "http", "req": {"body": FOURTEEN}}),
    ("log entry, V2", {"message": "received", "type": "http", "body": v2()}),
    ("event", {"id": "1", "type": "message", "created_at": "1790000000", "data": FOURTEEN}),
    ("event bus", {"id": "1", "source": "hook", "data": FOURTEEN}),
    ("payload", {"event": "message.received", "payload": FOURTEEN}),
    ("V2 in an envelope", {"headers": HEADERS, "body": v2()}),
    ("V2 in an array", [v2()]),
    ("JSON as the key of a form", {BODY: ""}),
]


@pytest.mark.parametrize("wrapped", [pytest.param(value, id=id) for id, value in WRAPPED])
def test_decode_opens_the_wrapping_and_says_so(wrapped: Any, wacb: Wacb) -> None:
    shown, err = decode(wacb, json.dumps(wrapped))
    assert (shown["kind"], shown["missing"]) == ("message", [])
    assert shown["fields"]["body"] == "Hi & bye"
    assert shown["fields"]["from"] == SENDER
    assert shown["notes"]
    assert shown["notes"][0] in err


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(LINE, id="line of an access log"),
        pytest.param(f"GET /hook?{QUERY} HTTP/1.1\r\nHost: example.com\r\n\r\n", id="GET as sent"),
        pytest.param(
            f"POST /hook HTTP/1.1\r\nContent-Type: application/json\r\n\r\n{BODY}",
            id="POST as sent",
        ),
        pytest.param(
            f"POST /hook?team=7 HTTP/1.1\r\n\r\n{json.dumps(FOURTEEN, indent=2)}",
            id="POST of several lines",
        ),
        pytest.param(f"POST /hook HTTP/1.1\r\nHost: a.example\r\n\r\n{QUERY}", id="form as sent"),
        pytest.param(f'Started GET "/hook?{QUERY}" for 203.0.113.9', id="line of a framework"),
        pytest.param(
            f'at=info method=GET path="/hook?{QUERY}" host=a.example status=200',
            id="line of a router",
        ),
        pytest.param(f"2026-09-21T14:13:20Z INFO callback {BODY}", id="line of a log"),
        pytest.param(f"payload={quote(BODY)}", id="JSON in one parameter"),
        pytest.param(f"'{BODY}'", id="quoted for a shell"),
        pytest.param(json.dumps(BODY), id="JSON text in JSON text"),
        pytest.param(f"b'{BODY}'", id="bytes of a Python log"),
    ],
)
def test_decode_finds_the_callback_in_a_copied_text(text: str, wacb: Wacb) -> None:
    shown, err = decode(wacb, text)
    assert (shown["kind"], shown["missing"]) == ("message", [])
    assert shown["fields"]["body"] == "Hi & bye"
    assert shown["notes"]
    assert shown["notes"][0] in err


def test_a_callback_in_the_text_of_a_message_is_that_text(wacb: Wacb) -> None:
    for sent in (FOURTEEN | {"body": BODY}, FOURTEEN | {"body": f"/?{QUERY}", "name": "Bruno"}):
        shown, err = decode(wacb, json.dumps(sent))
        assert (shown["fields"]["body"], shown["fields"]["name"]) == (sent["body"], sent["name"])
        assert (shown["notes"], err) == ([], "")


def test_decode_says_that_a_log_has_more_callbacks(wacb: Wacb) -> None:
    for text in (json.dumps([{"body": FOURTEEN}] * 3), f"{BODY}\n" * 3):
        shown, err = decode(wacb, text)
        assert (shown["kind"], shown["missing"]) == ("message", [])
        check_names(wacb("callback", "decode", input=text), "3")
        assert "3" in err


V1 = {name: FOURTEEN[name] for name in ("body", "from", "name", "type", "created_at", "wanumber")}


@pytest.mark.parametrize(
    "query",
    [
        pytest.param(V1 | {"mobile": SENDER, "message": json.dumps(MESSAGE)}, id="plain V1"),
        pytest.param(V1 | {"id": "wamid.A", "timestamp": "1790000000"}, id="with id and timestamp"),
        pytest.param(V1 | {"team": "7", "status": "open"}, id="with own parameters"),
        pytest.param(V1 | {"body": "", "type": "image", "media_url": URL}, id="image"),
        pytest.param(
            V1 | {"body": "", "type": "location", "location": json.dumps(PLACE)}, id="location"
        ),
        pytest.param({"from": SENDER, "type": "sticker", "id": "1"}, id="as little as there is"),
        pytest.param(
            {"from": SENDER, "mobile": SENDER, "body": "", "status": "new"}, id="empty text"
        ),
        pytest.param(
            {"body": "Hi", "from": SENDER, "id": "1", "status": "read", "ref": "x", "price": "1"},
            id="own parameters named like a status",
        ),
    ],
)
def test_a_plain_v1_get_is_a_message(query: dict[str, str], wacb: Wacb) -> None:
    for text in (urlencode(query), f"https://example.com/hook?{urlencode(query, quote_via=quote)}"):
        shown, _ = decode(wacb, text)
        assert shown["kind"] == "message"
        seen = {
            name: shown["fields"][name] for name in query if name not in ("message", "location")
        }
        assert seen == {name: query[name] for name in seen}


ADDED = V1 | {"mobile": SENDER, "message": json.dumps(MESSAGE), "reply_to": "", "media_url": ""}
NOTE = "sent to an incoming URL, which gets no mime_type, custom_response or contacts"


@pytest.mark.parametrize("own", [{}, {"team": "7"}, {"location": ""}], ids=str)
def test_a_callback_to_an_incoming_url_is_explained(own: dict[str, str], wacb: Wacb) -> None:
    shown, err = decode(wacb, urlencode(own | ADDED))
    assert (shown["kind"], shown["notes"], err) == ("message", [NOTE], f"note: {NOTE}\n")
    assert {"mime_type", "custom_response", "contacts"} <= {*shown["missing"]}
    whole, _ = decode(wacb, urlencode(FOURTEEN | {"message": json.dumps(MESSAGE)}))
    assert whole["notes"] == []


@pytest.mark.parametrize("ending", ["", "?team=7&token=abc"], ids=["plain", "own parameters"])
def test_the_sandbox_sends_what_an_incoming_url_gets(wacb: Wacb, ending: str) -> None:
    with FaultServer(whole_answer(200, b"thanks")) as server:
        url = f"{server.url}/in{ending}"
        assert wacb("--sandbox", "number", "attach", ONE, "--incoming-url", url).code == 0
        sample = ("--from", f"+{SENDER}", "--text", "Hi & bye")
        assert wacb("--sandbox", "sandbox", "message", "--to", ONE, *sample).code == 0
        (sent,) = server.requests
    shown, _ = decode(wacb, sent.split(b" ")[1].decode())
    assert (shown["kind"], shown["notes"]) == ("message", [NOTE])
    assert (shown["fields"]["body"], shown["fields"]["from"]) == ("Hi & bye", SENDER)
    assert {"team", "token"} <= shown["fields"].keys() or not ending


def post(url: str, body: str) -> None:
    with closing(http.client.HTTPConnection(urlsplit(url).netloc, timeout=SECONDS)) as client:
        client.request("POST", "/hook", body, {"Content-Type": "application/json"})
        assert client.getresponse().status == 200


def test_none_of_them_fails_an_expectation(tmp_path: Path) -> None:
    bodies = [json.dumps(callback) for _, callback, _ in V2]
    bodies += [raw(message=MESSAGE), raw(contacts=CARDS), raw(location=PLACE), raw(contacts=None)]
    line = [*WACB, "callback", "listen", "--port", "0", "--expect", "all", "--wait", "5"]
    env = {"HOME": str(tmp_path), "PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}
    with subprocess.Popen(
        [*line, "--count", str(len(bodies))],
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout
        url = json.loads(process.stdout.readline())["url"]
        missing = []
        for body in bodies:
            post(url, body)
            missing.append(json.loads(process.stdout.readline())["missing"])
        out, _ = process.communicate(timeout=SECONDS)
    assert missing == [[] for _ in bodies]
    assert (process.returncode, json.loads(out)["count"]) == (0, len(bodies))


LOST = {name: value for name, value in FOURTEEN.items() if name != "name"}


@pytest.mark.parametrize("wrap", [False, True], ids=["alone", "wrapped"])
def test_a_field_that_the_template_lost_is_still_missing(wrap: bool, wacb: Wacb) -> None:
    shown, _ = decode(wacb, json.dumps({"headers": HEADERS, "body": LOST} if wrap else LOST))
    assert (shown["kind"], shown["missing"]) == ("message", ["name"])
    lost = v2(lack=("text", "type", "timestamp"))
    shown, _ = decode(wacb, json.dumps({"headers": HEADERS, "body": lost} if wrap else lost))
    assert shown["missing"] == ["type", "created_at"]


@pytest.mark.parametrize(
    "other",
    [
        pytest.param({"id": "1", "status": "read", "mobile": SENDER, "message": ""}, id="status"),
        pytest.param({"event": "FLAGGED", "display_phone_number": NUMBER}, id="quality"),
        pytest.param({"level": 30, "msg": "started"}, id="another log entry"),
        pytest.param(v2(messages=None, statuses=[{"id": "1", "status": "read"}]), id="V2 status"),
    ],
)
def test_what_is_no_message_stays_none_in_its_wrapping(other: dict[str, Any], wacb: Wacb) -> None:
    for wrapped in ({"headers": HEADERS, "query": {}, "body": other}, [{"body": other}]):
        shown, _ = decode(wacb, json.dumps(wrapped))
        assert shown["kind"] == "other"

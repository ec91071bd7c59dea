"""`wacb profile create`: what is sent, what is printed, where its values come from."""

from __future__ import annotations

import json
from base64 import b64encode
from pathlib import Path

import pytest

from tests.cli.conftest import ask, fields, writes
from tests.cli.expect import (
    BODY,
    CREATE,
    HOOK,
    MEMBERS,
    QUERY,
    STATUS_NAMES,
    STATUS_QUERY,
    TITLE,
    as_json,
    done,
    failed,
    missing,
    profile_json,
    row,
)
from tests.conftest import Wacb, profile_id
from wacb.sandbox.account import SID
from wacb.sandbox.emulator import Sandbox

PROFILES = f"/v1/{SID}/callback/profiles"
POST = {"title": TITLE, "http_method": "POST", "url": HOOK, "body": BODY}
GET = {"title": TITLE, "http_method": "GET", "url": f"{HOOK}?{QUERY}"}


@pytest.mark.parametrize(
    ("method", "sent"),
    [
        ("get", GET),
        ("post", POST),
        ("put", POST | {"http_method": "PUT"}),
        ("delete", GET | {"http_method": "DELETE"}),
        ("Post", POST),
    ],
)
def test_the_template_is_sent_and_nothing_that_was_not_given(
    live: Wacb, sandbox: Sandbox, method: str, sent: dict[str, str]
):
    line = ("profile", "create", "--method", method, "--url", HOOK)
    assert live(*line) == done(row(method=sent["http_method"], url=sent["url"]))
    assert [(request.method, request.path, request.query) for request in sandbox.requests()] == [
        ("GET", PROFILES, "limit=100&offset=0"),
        ("POST", PROFILES, ""),
        ("GET", PROFILES, f"limit=100&offset=0&title={TITLE}"),
    ]
    assert fields(writes(sandbox)[0]) == sent


@pytest.mark.parametrize("flag", ["-q", "--quiet"])
def test_quiet_prints_one_id_and_nothing_else(wacb: Wacb, flag: str):
    assert wacb("--sandbox", *CREATE, flag) == done(profile_id(1))


def test_json_is_one_object_with_the_result(live: Wacb):
    assert live(*CREATE, "-o", "json") == done(as_json(profile_json(result="created")))


def test_a_table_is_a_record_whose_values_are_whole(live: Wacb):
    line = (*CREATE, "--if-not-exists", "-o", "table")
    assert live(*line) == done(
        f"✓ Created profile {TITLE} ({profile_id(1)})\n"
        "method:        POST\n"
        f"url:           {HOOK}\n"
        "status:        ✓ active\n"
        "placeholders:  14/14"
    )
    body = "\n".join(f"  {line}" for line in as_json(MEMBERS).split("\n"))
    assert live(*line, "-v").out == (
        f"✓ Profile {TITLE} ({profile_id(1)}) is unchanged\n"
        f"id:            {profile_id(1)}\n"
        f"title:         {TITLE}\n"
        "method:        POST\n"
        f"url:           {HOOK}\n"
        f"body:\n{body}\n"
        "status:        ✓ active\n"
        "created_at:    2026-09-21T14:13:20.000Z\n"
        "placeholders:  14/14\n"
        "result:        ✓ unchanged\n"
    )


OPTIONS = (
    *("--title", "My title_1-a", "--response-message", 'O\'K "ü"', "--channel", "whatsapp"),
    *("--event", "inbound", "--event", "status", "--header", "X-Plain:  a: b "),
)


def test_every_option_reaches_the_api(live: Wacb, sandbox: Sandbox):
    outcome = live(*CREATE, *OPTIONS, "-o", "json")
    assert outcome == done(
        as_json(
            profile_json(
                title="My title_1-a",
                response_message='O\'K "ü"',
                channel="whatsapp",
                events=["inbound", "status"],
                headers={"X-Plain": "***"},
                result="created",
            )
        )
    )
    assert fields(writes(sandbox)[0]) == POST | {
        "title": "My title_1-a",
        "response_message": 'O\'K "ü"',
        "channel": "whatsapp",
        "events": '["inbound","status"]',
        "headers": '{"X-Plain":"a: b"}',
    }


@pytest.mark.parametrize(
    ("url", "title"),
    [
        ("https://example.com", "wacb-incoming-example-com"),
        ("https://example.com:8443/a/b.php", "wacb-incoming-example-com-8443-a-b-php"),
        ("https://example.com/?tenant=7", "wacb-incoming-example-com"),
        ("https://xn--bcher-kva.example/%7Ea//", "wacb-incoming-xn--bcher-kva-example--7Ea"),
    ],
)
def test_the_title_is_made_from_the_endpoint(live: Wacb, sandbox: Sandbox, url: str, title: str):
    assert live("profile", "create", "--method", "post", "--url", url).code == 0
    assert fields(writes(sandbox)[0])["title"] == title


def test_with_status_makes_one_template_for_both(live: Wacb, sandbox: Sandbox):
    members = MEMBERS | {name: f"<{name}>" for name in STATUS_NAMES}
    assert live(*CREATE, "--with-status") == done(row())
    assert json.loads(fields(writes(sandbox)[0])["body"]) == members
    line = ("profile", "create", "--method", "get", "--url", HOOK, "--with-status", "-q")
    assert live(*line, "--title", "other") == done(profile_id(2))
    assert fields(writes(sandbox)[1])["url"] == f"{HOOK}?{QUERY}{STATUS_QUERY}"


OWN = {"tenant": 7, "nested": [{"all": " ".join(MEMBERS.values())}]}


@pytest.mark.parametrize("source", ["file", "stdin", "file with a BOM", "stdin with a BOM"])
def test_a_template_of_ones_own_is_sent_as_it_is(
    live: Wacb, sandbox: Sandbox, tmp_path: Path, source: str
):
    text = ("\ufeff" if "BOM" in source else "") + as_json(OWN)
    file = tmp_path / "body.json"
    file.write_text(text, encoding="utf-8")
    name = str(file) if source.startswith("file") else "-"
    assert live(*CREATE, "--body-file", name, input=text) == done(row())
    sent = fields(writes(sandbox)[0])["body"]
    assert (json.loads(sent), "<body>" in sent) == (OWN, True)


def test_a_template_that_lacks_placeholders_is_taken_on_request(live: Wacb, sandbox: Sandbox):
    line = (*CREATE, "--body-file", "-", "--allow-missing", "-o", "json")
    shown = live(*line, input='{"text": "<body>"}')
    names = list(MEMBERS)[1:]
    placeholders = {"present": 1, "missing": names, "unknown": []}
    changes = {"body": {"text": "<body>"}, "placeholders": placeholders, "result": "created"}
    assert shown == done(as_json(profile_json(**changes)))


def test_a_url_that_is_a_template_already_is_sent_as_it_is(live: Wacb, sandbox: Sandbox):
    own = f"https://example.com/hook?tenant=7&{QUERY}"
    line = ("profile", "create", "--method", "get", "--url", own, "--title", "own")
    assert live(*line, "-q") == done(profile_id(1))
    assert fields(writes(sandbox)[0])["url"] == own


def test_the_endpoint_comes_from_the_flag_the_environment_or_the_config(
    live: Wacb, sandbox: Sandbox
):
    line = ("profile", "create", "--method", "post")
    env = {"WACB_ENDPOINT": "https://varied.example/"}
    assert live("config", "set", "endpoint", "https://filed.example/", "--account", "a").code == 0
    for how in ({}, {"env": env}):
        assert live(*line, **how).code == 0
    assert live(*line, "--url", HOOK, env=env).code == 0
    assert [fields(request)["url"] for request in writes(sandbox)] == [
        "https://filed.example/",
        "https://varied.example/",
        HOOK,
    ]


def test_method_and_endpoint_are_asked_for_on_a_terminal(live: Wacb):
    assert live("profile", "create", "-q", input=f"post\n{HOOK}\n", tty=True) == done(
        profile_id(1), f"Method (get, post, put, delete): post\nEndpoint URL: {HOOK}"
    )


def test_an_endpoint_that_breaks_a_rule_is_asked_for_again(live: Wacb):
    line = ("profile", "create", "--method", "post", "-q")
    outcome = live(*line, input=f"http://example.com\n{HOOK}\n", tty=True)
    assert outcome.out == f"{profile_id(1)}\n"
    assert outcome.err.startswith("Endpoint URL: http://example.com\nError: ")


def test_nothing_is_asked_with_no_input(live: Wacb):
    line = ("profile", "create", "--method", "post")
    assert live(*line, "--no-input", input=f"{HOOK}\n", tty=True) == missing("--url")
    for env in ({"WACB_NO_INPUT": "yes"}, {"CI": "true"}):
        assert live(*line, env=env, input=f"{HOOK}\n", tty=True) == missing("--url")
    asked = {"CI": "true", "WACB_NO_INPUT": "0"}
    assert live(*line, env=asked, input=f"{HOOK}\n", tty=True).code == 0


def test_another_profile_of_the_title_is_named(live: Wacb):
    assert live(*CREATE, "-q") == done(profile_id(1))
    note = f"note: another profile is also named '{TITLE}' ({profile_id(1)})"
    assert live(*CREATE, "-q", "--allow-duplicate-title") == done(profile_id(2), note)


TOKEN, PASSWORD = "canary-token-1", "pässwörd-canary"
BASIC = "Basic " + b64encode(f"me:{PASSWORD}".encode()).decode()


def test_headers_that_authenticate_come_from_variables(live: Wacb, sandbox: Sandbox):
    env = {"HOOK_TOKEN": TOKEN, "WACB_BASIC_AUTH_PASSWORD": PASSWORD}
    secrets = ("--header-env", "X-Token=HOOK_TOKEN", "--basic-auth", "me")
    outcome = live(*CREATE, *secrets, "-o", "json", "-vv", env=env)
    headers = {"X-Token": "***", "Authorization": "***"}
    assert outcome.out == as_json(profile_json(headers=headers, result="created")) + "\n"
    sent = json.loads(fields(writes(sandbox)[0])["headers"])
    assert sent == {"X-Token": TOKEN, "Authorization": BASIC}
    for secret in (TOKEN, PASSWORD, BASIC, BASIC.removeprefix("Basic ")):
        assert secret not in outcome.err


def test_the_password_is_asked_for_without_showing_it(live: Wacb, sandbox: Sandbox):
    outcome = live(*CREATE, "-q", "--basic-auth", "me", input=f"{PASSWORD}\n", tty=True)
    assert outcome == done(profile_id(1), "Password of me: ")
    assert json.loads(fields(writes(sandbox)[0])["headers"]) == {"Authorization": BASIC}


def test_a_password_that_is_no_utf_8_arrives_byte_for_byte(live: Wacb, sandbox: Sandbox):
    env = {"WACB_BASIC_AUTH_PASSWORD": b"caf\xe9-noir".decode("utf-8", "surrogateescape")}
    assert live(*CREATE, "-q", "--basic-auth", "me", env=env) == done(profile_id(1))
    basic = "Basic " + b64encode(b"me:caf\xe9-noir").decode()
    assert json.loads(fields(writes(sandbox)[0])["headers"]) == {"Authorization": basic}


def test_credentials_that_are_missing_are_named(wacb: Wacb, sandbox: Sandbox):
    hint = "set the variables, run `wacb config init`, or add --sandbox to try it out"
    for env, what in (
        ({}, "the SID (WACB_SID) and the API key (WACB_API_KEY)"),
        ({"WACB_SID": SID}, "the API key (WACB_API_KEY)"),
        ({"WACB_API_KEY": "key"}, "the SID (WACB_SID)"),
    ):
        assert wacb(*CREATE, env=env) == failed(3, f"missing credentials: {what}", hint)
    assert sandbox.requests() == []


def test_the_profile_is_what_the_api_shows_afterwards(live: Wacb, sandbox: Sandbox):
    created = json.loads(live(*CREATE, "-o", "json").out)
    shown = json.loads(live("profile", "show", profile_id(1), "-o", "json").out)
    assert created == shown | {"result": "created"}
    assert ask(sandbox, "GET", f"/v1/SID/callback/profiles/{profile_id(1)}")["title"] == TITLE

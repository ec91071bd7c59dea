"""A good wacb.toml: what is read out of it, and what is noted."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.plan.manifest.reading import URL, profile, read, table
from wacb.models import Encryption, Method, ProfileDraft
from wacb.plan.manifest.model import DesiredProfile, Manifest
from wacb.provision.drafts import build_draft
from wacb.template.placeholders import INCOMING

BODY = "{" + ",".join(f'"{name}":"<{name}>"' for name in INCOMING) + "}"
QUERY = "&".join(f"{name}=<{name}>" for name in INCOMING)


def test_the_file_of_the_manual():
    assert read(
        """\
# wacb.toml, no secrets in it
[profiles.incoming]
title  = "Incoming messages"
method = "post"
url    = "https://example.com/hook"

[numbers]
"+919812345678" = "incoming"
"""
    ) == Manifest(
        profiles=(
            DesiredProfile(
                name="incoming",
                draft=ProfileDraft(
                    title="Incoming messages", method=Method.POST, url=URL, body=BODY
                ),
            ),
        ),
        numbers={"+919812345678": "incoming"},
    )


def test_an_empty_file_says_nothing():
    assert read("") == Manifest(profiles=(), numbers=None)
    assert read("[profiles]\n[numbers]") == Manifest(profiles=(), numbers={})


def test_every_key_of_a_profile():
    desired = profile(
        """\
response_message = "ok, $$5"
channel = "whatsapp"
events = ["incoming", "${EVENT}"]
allow_missing = true
headers = { Authorization = "Basic ${LOGIN}", X-Team = "chat" }
body = '{ "text": "<body>", "n": 1.50 }'
encryption = { algorithm = "aes-128-gcm", key = "${KEY}", iv = "${IV}", encoding = "HEX" }
""",
        EVENT="inbound",
        LOGIN="dTpw",
        KEY="6b" * 16,
        IV="69" * 12,
    )
    assert desired == DesiredProfile(
        name="a",
        draft=ProfileDraft(
            title="Incoming messages",
            method=Method.POST,
            url=URL,
            body='{"text":"<body>","n":1.50}',
            headers={"Authorization": "Basic dTpw", "X-Team": "chat"},
            secret_headers=frozenset(["Authorization"]),
            encryption=Encryption(algorithm="AES-128-GCM", key="k" * 16, iv="i" * 12),
            response_message="ok, $5",
            channel="whatsapp",
            events=("incoming", "inbound"),
        ),
        allow_missing=True,
        headers={"Authorization": "Basic ${LOGIN}", "X-Team": "chat"},
        sources={"events": ("incoming", "${EVENT}")},
    )


@pytest.mark.parametrize("method", list(Method))
@pytest.mark.parametrize("with_status", [False, True], ids=["incoming", "with status"])
def test_the_draft_is_the_one_that_profile_create_makes(method: Method, with_status: bool):
    desired = profile(f'method = "{method.title()}"\nwith_status = {str(with_status).lower()}')
    assert desired.draft == build_draft(
        title="Incoming messages", method=method, url=URL, with_status=with_status
    )


def test_a_table_is_a_body_whose_members_keep_order_and_type():
    desired = profile(
        'body = { z = ["<body>", 1, 2.5, true], a = { "b c" = "$$ <é>" } }\nallow_missing = true'
    )
    assert desired.draft.body == '{"z":["<body>",1,2.5,true],"a":{"b c":"$ <é>"}}'


def test_no_headers_and_no_events_are_something_else_than_nothing_said_of_them():
    said = profile("headers = {}\nevents = []").draft
    assert (said.headers, said.events) == ({}, ())
    assert (profile().draft.headers, profile().draft.events) == (None, None)


def test_an_endpoint_is_allowed_what_its_table_allows_and_in_the_sandbox_everything():
    url = "http://127.0.0.1:8080/hook"
    allowed = profile(f'url = "{url}"\nallow_http = true\nallow_local = true')
    assert allowed.draft.url == profile(f'url = "{url}"', local=True).draft.url == url


def test_numbers_are_brought_into_one_notation_and_titles_into_names():
    text = f"""\
{table("")}
[profiles.b]
title = "a-title"
method = "get"
url = "https://example.org"
[profiles."Incoming messages"]
title = "third"
method = "get"
url = "https://example.net"
[numbers]
"+91 98123-45678" = "a"
"0091.98123.45679" = "a-title"
919812345670 = "Incoming messages"
"+919812345671" = "IN_live"
"+919812345672" = "${{PROFILE}}"
"""
    manifest = read(text, PROFILE="A live title")
    assert manifest.numbers == {
        "+919812345678": "a",
        "+919812345679": "b",
        "919812345670": "Incoming messages",  # the name of one goes before the title of another
        "+919812345671": "IN_live",
        "+919812345672": "A live title",
    }
    assert manifest.notes == ()
    assert manifest.secrets == ("A live title",)


# -- what came from variables


def test_what_a_variable_made_is_shown_as_it_is_written():
    environ: dict[str, Any] = {
        "TITLE": "Canary title",
        "METHOD": "PUT",
        "HOST": "canary.example.com",
        "WORD": "canary",
        "EMPTY": "",
    }
    desired = profile(
        """\
title = "${TITLE}"
method = "${METHOD}"
url = "https://${HOST}/$$"
response_message = "$$${WORD}"
channel = "${WORD}"
allow_missing = true
body = '''{ "a": "<body> ${WORD}",
  "b": ["$$"] }'''
""",
        **environ,
    )
    assert desired.draft == ProfileDraft(
        title="Canary title",
        method=Method.PUT,
        url="https://canary.example.com/$",
        body='{"a":"<body> canary","b":["$"]}',
        response_message="$canary",
        channel="canary",
    )
    # the method is one of four words, and no secret
    assert desired.sources == {
        "title": "${TITLE}",
        "url": "https://${HOST}/$$",
        "body": '{"a":"<body> ${WORD}","b":["$$"]}',
        "channel": "${WORD}",
        "response_message": "$$${WORD}",
    }


def test_the_template_that_is_appended_to_a_url_is_shown():
    desired = profile('method = "get"\nurl = "${URL}?${REST}"', URL=URL, REST="x=1")
    assert desired.draft.url == f"{URL}?x=1&{QUERY}"
    assert desired.sources == {"url": "${URL}?${REST}" + f"&{QUERY}"}
    own = profile('method = "get"\nurl = "${URL}"', URL=f"{URL}?{QUERY}")
    assert own.draft.url == f"{URL}?{QUERY}"
    assert own.sources == {"url": "${URL}"}


def test_the_body_of_a_table_is_shown_as_json_and_its_keys_are_not_filled_in():
    text = 'body = { a = "${WORD}", "$$${b}" = [ "$$" ] }\nallow_missing = true'
    desired = profile(text, WORD='"canary"')
    assert desired.draft.body == '{"a":"\\"canary\\"","$$${b}":["$"]}'
    assert desired.sources == {"body": '{"a":"${WORD}","$$${b}":["$$"]}'}


def test_a_body_that_is_json_only_once_it_is_filled_in_is_shown_as_it_stands():
    desired = profile("body = ' {\"a\": ${COUNT}}'\nallow_missing = true", COUNT="5")
    assert desired.draft.body == '{"a":5}'
    assert desired.sources == {"body": ' {"a": ${COUNT}}'}


def test_what_a_variable_held_is_in_no_representation():
    text = """\
headers = { X-Token = "${A}" }
encryption = { algorithm = "AES-128-CFB", key = "${A}", iv = "${A}" }
"""
    manifest = read(table(text), A="canary0123456789")
    assert manifest.secrets == ("canary0123456789",)
    assert "canary" not in repr(manifest)


# -- notes


def two(first: str, second: str, **environ: Any) -> tuple[str, ...]:
    """Read two profiles of these URLs and a number for each; return the notes."""
    tables = [
        f'[profiles.{name}]\ntitle = "title {name}"\nmethod = "post"\nurl = "{url}"\n'
        for name, url in (("a", first), ("b", second))
    ]
    numbers = '[numbers]\n"+15550100001" = "a"\n"+15550100002" = "title b"\n'
    return read("".join(tables) + numbers, **environ).notes


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (URL, URL),
        (f"{URL}?a=1", f"{URL}?b=2"),
        (URL, "HTTPS://EXAMPLE.com:443/hook"),
        (URL, f"{URL}?"),
    ],
)
def test_two_profiles_of_one_endpoint_are_noted(first: str, second: str):
    assert two(first, second) == (f"profiles a and b share an endpoint: {URL}",)


@pytest.mark.parametrize(
    "other",
    ["https://example.com/Hook", "https://example.com:8443/hook", "https://example.org/hook"],
)
def test_other_endpoints_are_not(other: str):
    assert two(URL, other) == ()


def test_an_endpoint_that_came_from_a_variable_is_not_shown():
    note = ("profiles a and b share an endpoint",)
    assert two(URL, "${URL}", URL=URL) == note
    assert two("${URL}", "${URL}/?x", URL="https://example.com") == note
    assert two("${URL}", "${URL}/x", URL="https://example.com") == ()


def test_the_path_of_a_bare_host_is_the_root():
    assert two("https://example.com", "https://example.com/") == (
        "profiles a and b share an endpoint: https://example.com",
    )


@pytest.mark.parametrize(
    ("numbers", "note"),
    [
        ("", "profiles a, b and c are not used by any number in the file"),
        ("[numbers]", "profiles a, b and c are not used by any number in the file"),
        (
            '[numbers]\n"+15550100001" = "title b"',
            "profiles a and c are not used by any number in the file",
        ),
        (
            '[numbers]\n"+15550100001" = "b"\n"+15550100002" = "c"',
            "profile a is not used by any number in the file",
        ),
    ],
)
def test_profiles_that_no_number_uses_are_noted(numbers: str, note: str):
    tables = [
        f'[profiles.{name}]\ntitle = "title {name}"\nmethod = "post"\n'
        f'url = "https://{name}.example.com"\n'
        for name in "abc"
    ]
    assert read("".join(tables) + numbers).notes == (note,)


def test_the_body_of_a_table_is_the_one_of_its_json():
    members = json.loads(BODY)
    as_table = "body = { " + ", ".join(f'{k} = "{v}"' for k, v in members.items()) + " }"
    assert profile(as_table).draft.body == profile(f"body = '{BODY}'").draft.body == BODY

from __future__ import annotations

import json
import re
from base64 import b64encode, urlsafe_b64encode
from urllib.parse import quote, quote_plus, unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wacb.cli.render import tsv
from wacb.errors import InvalidInput
from wacb.jsontext import json_text, visible
from wacb.models import Encryption, Method, ProfileDraft
from wacb.redaction import (
    check_literal_header,
    has_mask,
    is_harmless_header,
    map_body,
    mask_api_json,
    mask_body,
    mask_change,
    mask_draft,
    mask_field,
    mask_headers,
    mask_url,
    secrets_of_headers,
)
from wacb.redaction.text import Redactor

SECRET = "k&y \"é\\/1'~<%"


def forms(secret):
    percent = [quote(secret), quote(secret, safe=""), quote_plus(secret)]
    escaped = [json.dumps(secret), json.dumps(secret, ensure_ascii=False), json_text(secret)]
    return [
        secret,
        *percent,
        *(re.sub(r"%..", lambda m: m[0].lower(), text) for text in percent),
        *(text[1:-1] for text in escaped),
        *(text[1:-1].replace("/", r"\/") for text in escaped),
        tsv([[secret]]),
        visible(secret),
        repr(secret)[1:-1],
    ]


@pytest.mark.parametrize("form", forms(SECRET))
def test_redactor_knows_a_secret_however_it_is_written(form):
    assert Redactor([SECRET])(f"key={form};") == "key=***;"


@pytest.mark.parametrize("before", ["", "u", "us", "use", "user:", "\x00\xff\xfe"])
@pytest.mark.parametrize("after", ["", "z", "zz", "zzz", "\xff\xff"])
@pytest.mark.parametrize("secret", ["hunter3", "p?ss>>>~~~", "sandbox-key"])
def test_redactor_knows_a_secret_inside_base64(before, after, secret):
    data = f"{before}{secret}{after}".encode("latin-1")
    start = len(before) * 4 // 3
    stop = -(-(len(before) + len(secret)) * 4 // 3)
    for text in (b64encode(data).decode(), urlsafe_b64encode(data).decode()):
        for spelt in (text, text.rstrip("="), text.replace("/", r"\/"), quote(text, safe="")):
            redacted = unquote(Redactor([secret])(f"Basic {spelt} .")).replace("\\", "")
            expected = f"Basic {text[:start]}***{text[stop:]} ."
            assert redacted.replace("=", "") == expected.replace("=", "")


printable = st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=6, max_size=24)


def core_of_base64(before, secret):
    """The characters of a base64 text that are the secret's own, whatever follows."""
    text = b64encode((before + secret).encode()).decode()
    start, stop = -(-len(before.encode()) * 4 // 3), len((before + secret).encode()) * 4 // 3
    return text[start:stop]


@given(printable, st.text(max_size=12), st.text(max_size=12))
def test_no_form_of_a_secret_survives(secret, before, after):
    redact = Redactor([secret])
    for form in forms(secret):
        assert form not in redact(f"{before}{form}{after}")
    data = f"{before}{secret}{after}".encode()
    core = core_of_base64(before, secret)
    assert core in b64encode(data).decode()
    assert core not in redact(f"{before} {b64encode(data).decode()} {after}")
    assert core.translate(URLSAFE) not in redact(urlsafe_b64encode(data).decode())


URLSAFE = str.maketrans("+/", "-_")


@pytest.mark.parametrize(
    "text",
    ["key-1234", "KEY-12345", "key%2D1234", "a+k?y/b", b64encode(b"user:key-1234").decode(), "***"],
)
def test_redactor_leaves_other_text_alone(text):
    assert Redactor(["key-12345", "a+k.y/b"])(text) == text


def test_redactor_replaces_the_longer_of_two_nested_secrets():
    assert Redactor(["abcdef", "abcdefgh"])("abcdefgh abcdef") == "*** ***"


def test_redactor_looks_again_where_its_own_mask_completes_a_secret():
    assert Redactor(["***tail", "secret"])("secrettail") == "***"


def test_redactor_lets_short_secrets_through():
    assert Redactor(["", "abcde"])("abcde") == "abcde"


def test_redactor_shows_no_secret_of_its_own():
    assert SECRET not in repr(Redactor([SECRET]))


def test_redactor_takes_secrets_beyond_unicode():
    assert Redactor(["\udcff-key-\udcfe😀"])(r"x \udcff-key-\udcfe\uD83D\uDE00") == "x ***"


def test_mask_headers_shows_only_known_harmless_ones():
    headers = {"Content-Type": "application/json", "api-key": "s3cret", "X-Other": "y", "Date": "d"}
    assert mask_headers(headers) == {
        "Content-Type": "application/json",
        "api-key": "***",
        "X-Other": "***",
        "Date": "d",
    }


@pytest.mark.parametrize(
    "name",
    [
        *("Accept", "accept-language", "Content-Type", "content-disposition", "User-Agent"),
        *("Cache-Control", "Traceparent", "X-Request-Id", "Host", "Date", "Allow", "Retry-After"),
        *("Server", "Transfer-Encoding"),
    ],
)
def test_a_header_that_is_known_is_harmless(name: str):
    assert is_harmless_header(name)


@pytest.mark.parametrize(
    "name", ["Authorization", "Cookie", "api-key", "location", "X-Auth", "X-Plain", "X-Accept", ""]
)
def test_any_other_header_is_a_secret(name: str):
    assert not is_harmless_header(name)


def test_the_secrets_of_headers_are_values_and_credentials():
    headers = {
        "Authorization": "Basic " + b64encode(b"me:pass:word").decode(),
        "X-Auth": "Bearer abc",
        "Content-Type": "text/plain",
        "X-Odd": "basic é",
    }
    basic = headers["Authorization"].removeprefix("Basic ")
    assert list(secrets_of_headers(headers)) == [
        *(f"Basic {basic}", basic, "pass:word"),
        *("Bearer abc", "abc"),
        *("basic é", "é"),
    ]


@pytest.mark.parametrize(
    "name",
    [
        *("Authorization", "proxy-authorization", "Cookie", "api-key", "X-API-KEY", "X-Auth-Token"),
        *("client_secret", "Password", "X-Auth", "auth", "X-Pwd", "x-sig", "X-Code", "Signature"),
        *("X-Credentials", "session-id", "passwd"),
    ],
)
def test_a_header_that_authenticates_is_refused_as_a_literal(name: str):
    with pytest.raises(InvalidInput) as caught:
        check_literal_header(name)
    error = caught.value
    assert (
        error.message == f"the header {name} authenticates, so its value must come from a variable"
    )
    assert error.hint == "use --header-env NAME=VARIABLE"


@pytest.mark.parametrize("name", ["X-Team", "Content-Type", "User-Agent", "Author", "X-Design"])
def test_a_header_that_does_not_authenticate_may_be_a_literal(name: str):
    assert check_literal_header(name) == name


# -- URLs and bodies

HOOK = "https://example.com/hook"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://me:pass-word@a.example/h", "https://***@a.example/h"),
        ("https://me@a.example", "https://***@a.example"),
        ("//me:p@ss@a.example/h?a=<b>", "//***@a.example/h?a=<b>"),
        ("me:pass-word@a.example?token=s3cret&a=<b>", "***@a.example?token=***&a=<b>"),
        ("https://a.example/me@b?a=//c@d", "https://a.example/me@b?a=***"),
        ("https://@a.example/", "https://@a.example/"),
        (
            "https://a.example/h?sig=x&body=<body>&&b=&c",
            "https://a.example/h?sig=***&body=<body>&&b=&***",
        ),
        (
            "https://a.example/h?a=x<body>y&b=%3Cbody%3E",
            "https://a.example/h?a=***<body>***&b=%3Cbody%3E",
        ),
        ("https://a.example/h?", "https://a.example/h?"),
    ],
)
def test_literal_values_of_a_url_are_masked(url: str, shown: str):
    assert mask_url(url) == shown
    assert mask_change("url", url, None) == (shown, None)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ('{"api_key": "secret", "b": "<body>"}', '{"api_key":"***","b":"<body>"}'),
        ('{"b": "Hi <name>!"}', '{"b":"***<name>!"}'),
        (
            '{"pin": [1, {"x": 2.5}, true, null], "n": 1}',
            '{"pin":["***",{"x":"***"},true,null],"n":1}',
        ),
        ('{"b": ["<body>", "", 1]}', '{"b": ["<body>", "", 1]}'),
        ("{}", "{}"),
        ("", ""),
        ("hello <body>", "***<body>"),
        ('"text"', '"***"'),
    ],
)
def test_literal_values_of_a_body_are_masked(text: str, shown: str):
    assert mask_body(text) == shown
    assert mask_api_json({"data": [{"body": text}]}) == {"data": [{"body": shown}]}


def test_the_fields_of_a_message_are_shown_and_other_values_are_not():
    assert mask_url(f"{HOOK}?body=hello&sig=x", filled=True) == f"{HOOK}?body=hello&sig=***"
    assert mask_body('{"body": "hello", "b": "x"}', filled=True) == '{"body":"hello","b":"***"}'


def test_the_key_that_names_a_literal_is_passed_on():
    found = []
    body = {"a": "x", "b": {"c": ["y", "<body>"]}, "d": 1}
    map_body(body, secret=lambda name, value: found.append((name, value)))
    assert found == [("a", "x"), ("c", "y")]


def test_fields_of_profiles_are_masked():
    assert mask_field("title", "abc") == "abc"
    assert mask_field("encryption", None) is None
    assert mask_field("encryption", ("AES-128-CFB",)) == {"algorithm": "AES-128-CFB"}
    keyed = mask_field("encryption", ("AES-128-CFB", "k", "i"))
    assert keyed == {"algorithm": "AES-128-CFB", "key": "***"}
    headers = ({"a": "1", "b": "2"}, {"a": "1", "b": "3", "c": "4"})
    assert mask_change("headers", *headers) == ({"b": "***"}, {"b": "***", "c": "***"})
    assert mask_change("headers", None, None) == ({}, {})
    assert mask_field("body", {"a": "x"}) == {"a": "***"}


def test_a_mask_is_found():
    assert has_mask({"headers": '{"a":"***"}'})
    assert not has_mask({"a": "**"})
    assert not has_mask(None)


def test_a_masked_draft_shows_neither_key_nor_secret_header():
    draft = ProfileDraft(
        title="abc",
        method=Method.GET,
        url=HOOK,
        headers={"X-Team": "red", "X-Token": "CANARY"},
        secret_headers=frozenset(("X-Token",)),
    )
    encryption = Encryption(algorithm="AES-128-CFB", key="CANARY", iv="CANARY", encoding="hex")
    assert mask_draft(draft._replace(encryption=encryption)) == ProfileDraft(
        title="abc",
        method=Method.GET,
        url=HOOK,
        headers={"X-Team": "red", "X-Token": "***"},
        secret_headers=frozenset(("X-Token",)),
        encryption=Encryption(algorithm="AES-128-CFB", key="***", iv="***"),
    )


def test_masking_a_draft_without_secrets_changes_nothing():
    draft = ProfileDraft(title="abc", method=Method.POST, url=HOOK, body="{}")
    assert mask_draft(draft) == draft


def test_keys_and_header_values_are_masked_wherever_they_stand() -> None:
    enc = {"algo": "AES-128-CFB", "key": "secret", "IV": "secret", "new": {"a": "secret"}}
    shown = mask_api_json(
        {
            "data": {"profiles": [{"enc": enc, "headers": '{"X-A":"secret","X-B":"secret"}'}]},
            "enc": enc,
            "more": [
                [{"headers": {"X-A": "secret"}}, {"headers": "secret"}, {"headers": ["secret"]}]
            ],
            "sent": {"enc": json.dumps(enc)},
            "none": {"enc": None, "headers": "", "title": "plain"},
        }
    )
    masked = {"algo": "AES-128-CFB", "key": "***", "IV": "***", "new": "***"}
    assert shown == {
        "data": {"profiles": [{"enc": masked, "headers": '{"X-A":"***","X-B":"***"}'}]},
        "enc": masked,
        "more": [[{"headers": '{"X-A":"***"}'}, {"headers": "***"}, {"headers": "***"}]],
        "sent": {"enc": "***"},
        "none": {"enc": None, "headers": "", "title": "plain"},
    }


# -- secrets in other text


def test_a_secret_in_json_within_json_is_masked():
    secret = 'ab"PART1\\PART2"\ncd'
    text = json.dumps({"body": json.dumps({"k": secret})})
    assert Redactor([secret])(text) == json.dumps({"body": '{"k": "***"}'})

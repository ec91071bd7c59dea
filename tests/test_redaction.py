from __future__ import annotations

import json
import re
from base64 import b64encode, urlsafe_b64encode
from urllib.parse import quote, quote_plus, unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wacb.cli.render import tsv
from wacb.jsontext import json_text, visible
from wacb.redaction import SHOWN_HEADERS, Redactor, mask_headers

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


def test_redactor_learns_a_secret_later():
    redact = Redactor()
    assert redact("token-123456") == "token-123456"
    redact.add("token-123456")
    assert redact("token-123456") == "***"


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


@pytest.mark.parametrize("name", ["authorization", "cookie", "set-cookie", "api-key", "location"])
def test_headers_that_may_carry_a_secret_are_not_shown(name):
    assert name not in SHOWN_HEADERS


def test_a_secret_in_json_within_json_is_masked():
    secret = 'ab"PART1\\PART2"\ncd'
    text = json.dumps({"body": json.dumps({"k": secret})})
    assert Redactor([secret])(text) == json.dumps({"body": '{"k": "***"}'})

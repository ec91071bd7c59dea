"""A bad wacb.toml: each fault a sentence at its place, all of them at once, no value repeated."""

from __future__ import annotations

import pytest

from tests.plan.manifest.reading import PROFILE, fault, read, table
from wacb.errors import InvalidInput

KEYS = (
    "allow_http, allow_local, allow_missing, body, channel, encryption, events, headers, "
    "method, response_message, title, url, with_status"
)
PUBLIC = "use a public address, such as a tunnel's, or set allow_local = true"
SECRET = 'write "${NAME}", and set NAME in the environment'
SPOILT = "check the template with the value filled in"
JUST_BODY = "allow_missing = true\nbody = "


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a = 1\na = canary", "x.toml is not valid TOML (line 2)"),
        ("[", "x.toml is not valid TOML"),
        ("x = " + "[" * 5000, "x.toml is not valid TOML"),
    ],
    ids=["line", "end", "depth"],
)
def test_what_is_no_toml_is_named_by_its_line(text: str, message: str):
    with pytest.raises(InvalidInput) as caught:
        read(text.replace("x.toml", "wacb.toml"))
    assert caught.value.message == message.replace("x.toml", "wacb.toml")
    assert (caught.value.hint or "").endswith("fix it in an editor")
    assert (caught.value.__cause__, caught.value.__context__) == (None, None)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "profile = 3",
            "profile: is not a valid key; did you mean profiles? choose from: numbers, profiles",
        ),
        ("profiles = 3", "profiles: must be a table"),
        ("[[profiles]]", "profiles: must be a table"),
        ("numbers = []", "numbers: must be a table"),
        ("[profiles]\na = 3", "[profiles.a]: must be a table"),
        (
            f'[profiles."a\\tb"]\n{PROFILE}',
            '[profiles."a\\tb"]: the name is empty or contains a control character',
        ),
        (
            f'[profiles.""]\n{PROFILE}',
            '[profiles.""]: the name is empty or contains a control character',
        ),
        (
            f'[profiles."a.b"]\n{PROFILE}x = 1',
            f'[profiles."a.b"] x: is not a valid key; choose from: {KEYS}',
        ),
    ],
)
def test_the_tables_of_a_file(text: str, told: str):
    assert fault(text) == told


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("urls = 3", f"urls: is not a valid key; did you mean url? choose from: {KEYS}"),
        ("title = 3", "title: must be a string"),
        (
            'title = "in"',
            "title: 'in' is not a valid title; use at least 3 characters of "
            "A-Z a-z 0-9, space, hyphen and underscore",
        ),
        ("method = true", "method: must be a string"),
        ('method = "canary"', "method: is not a valid value; use one of get, post, put, delete"),
        ("url = []", "url: must be a string"),
        ('url = ""', "url: the URL is empty; use a URL like https://example.com/hook"),
        (
            'url = "http://example.com"',
            "url: messages to the URL 'http://example.com' would be unencrypted; use https://, "
            "or set allow_http = true",
        ),
        (
            'url = "https://localhost"',
            "url: localhost can only be reached from this machine or its network, so Kaleyra "
            f"cannot deliver there; {PUBLIC}",
        ),
        (
            'url = "https://me:canary@example.com"',
            "url: the URL contains user info (before the @), which is never sent; "
            'use headers = { Authorization = "${NAME}" }',
        ),
        (
            'method = "get"\nurl = "https://a.de/?body=1"',
            "url: the URL already has the query parameter 'body'; remove or rename it: "
            "wacb adds body=<body>",
        ),
        ("response_message = 5", "response_message: must be a string"),
        ('channel = ""', "channel: is empty; remove it or set a value"),
        ('events = "incoming"', "events: must be an array of strings"),
        ('events = ["incoming", 3]', "events: must be an array of strings"),
        ('events = ["incoming", ""]', "events: is empty; remove it or set a value"),
        ('with_status = "canary"', "with_status: must be true or false"),
        ("allow_missing = 1", "allow_missing: must be true or false"),
        (
            'allow_http = "yes"\nurl = "http://example.com"',
            "allow_http: must be true or false",
        ),
    ],
)  # fmt: skip
def test_the_keys_of_a_profile(text: str, told: str):
    assert fault(table(text)) == f"[profiles.a] {told}"


@pytest.mark.parametrize("key", ["title", "method", "url"])
def test_a_key_that_must_be_there_is_missing(key: str):
    base = "\n".join(line for line in PROFILE.splitlines() if not line.startswith(key))
    assert fault(f"[profiles.a]\n{base}") == f"[profiles.a] {key}: is missing"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "with_status = true\n" + JUST_BODY + "'{}'",
            "with_status: cannot be used together with body",
        ),
        (
            'method = "delete"\nbody = "{"',
            "body: is only allowed with the methods post and put; "
            'use method = "post", or put the placeholders in url',
        ),
        ("body = 3", "body: must be a table or a string of JSON"),
        ("body = []", "body: must be a table or a string of JSON"),
        ("body.a" + ".a" * 100 + " = 1", "body: is nested too deeply"),
        *(
            (JUST_BODY + f"{{ a = {value} }}",
             "body: contains a date, a time or a number that JSON cannot represent; write it as a "
             "string")
            for value in ("1979-05-27", "07:32:00", "nan", "[-inf]", "0x1" + "0" * 5000)
        ),
        (JUST_BODY + "'{'", "body: the body is not JSON: line 1, column 2"),
        (
            JUST_BODY + "'[]'",
            'body: the body is not a JSON object; write {"body": "<body>", …}',
        ),
        (
            JUST_BODY + '{ text = "<bdy>" }',
            "body: <bdy> in member 'text' is not a Kaleyra placeholder (did you mean <body>?)",
        ),
    ],
)  # fmt: skip
def test_the_body(text: str, told: str):
    assert fault(table(text)) == f"[profiles.a] {told}"


def test_a_placeholder_that_is_missing():
    told = fault(table('body = { text = "<body>" }'))
    assert told.startswith("[profiles.a] body: missing: <mime_type>, ")
    assert told.endswith("; add the missing ones (allow_missing = true accepts the body unchanged)")
    told = fault(table('method = "get"\nurl = "https://example.com/?text=<body>"'))
    assert told.endswith("let wacb add them (allow_missing = true accepts the URL unchanged)")


@pytest.mark.parametrize(
    ("headers", "told"),
    [
        ("3", "headers: must be a table"),
        ("{ a = 3 }", "headers.a: must be a string"),
        (
            '{ "Token canary" = "canary" }',
            "headers: the header name is empty or contains an invalid character; use "
            "letters, digits and hyphens",
        ),
        (
            '{ X-A = "line\\nbreak canary" }',
            "headers.X-A: the value of header X-A is empty or contains a line break, a control "
            "character or a non-ASCII character; use printable ASCII characters",
        ),
        ('{ X-A = "1", x-a = "2" }', "headers.x-a: duplicate header X-A"),
        *(
            (f'{{ {name} = "canary $${{A}} $" }}',
             f"headers.{name}: the header {name} authenticates, so its value must come "
             f"from a variable; {SECRET}")
            for name in ("authorization", "X-Api-Key", "Cookie")
        ),
        ('{ X-Token = "${NONE}" }',
         "headers.X-Token: the variable ${NONE} is not set; set it in the environment"),
    ],
)  # fmt: skip
def test_the_headers(headers: str, told: str):
    told_of = fault(table(f"headers = {headers}"))
    assert told_of == f"[profiles.a] {told}"
    assert "canary" not in told_of


ENCRYPTION = {"algorithm": '"aes-256-cfb"', "key": '"${KEY}"', "iv": '"${IV}"'}
KNOWN = "AES-128-CFB, AES-128-GCM, AES-192-CFB, AES-192-GCM, AES-256-CFB, AES-256-GCM"


def encryption(**changes: str) -> str:
    members = ", ".join(f"{key} = {value}" for key, value in (ENCRYPTION | changes).items())
    return table(f"encryption = {{ {members} }}")


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"algorithm": '"canary"'}, f"algorithm: is not a valid value; use one of {KNOWN}"),
        ({"algorithm": '"${X}"'}, f"algorithm: is not a valid value; use one of {KNOWN}"),
        ({"algorithm": "5"}, "algorithm: must be a string"),
        ({"encoding": '"canary"'}, "encoding: is not a valid value; use one of raw, hex, base64"),
        ({"encoding": '"hex"'},
         "key: is not hex text\n[profiles.a] encryption.iv: is not hex text"),
        ({"key": '"${X}"'}, "key: has 6 bytes, AES-256-CFB needs 32"),
        ({"iv": '"${X}"'}, "iv: has 6 bytes, AES-256-CFB needs 16"),
        *(
            ({"key": '"${X}"', **choice},
             "key: does not match its algorithm and encoding; check its length in bytes")
            for choice in ({"algorithm": '"${ALGORITHM}"'}, {"encoding": '"${ENCODING}"'})
        ),
        ({"key": "5"}, "key: must be a string"),
        *(
            ({"key": f'"{value}"'},
             f"key: is a secret, so it must be a single variable; {SECRET}")
            for value in ("canary", "", "canary${X}", "${X}${X}", "$${X}")
        ),
        ({"iv": '"${NONE}"'}, "iv: the variable ${NONE} is not set; set it in the environment"),
        ({"kee": "1"},
         "kee: is not a valid key; did you mean key? choose from: algorithm, encoding, iv, key"),
    ],
)  # fmt: skip
def test_the_encryption(changes: dict[str, str], told: str):
    environ = {"KEY": "canary" + "k" * 26, "IV": "canary" + "i" * 10, "X": "canary"}
    environ |= {"ALGORITHM": "AES-256-CFB", "ENCODING": "raw"}
    told_of = fault(encryption(**changes), environ=environ)
    assert told_of == f"[profiles.a] encryption.{told}"
    assert "canary" not in told_of


def test_a_key_that_the_api_does_not_take():
    text = encryption(algorithm='"AES-128-CFB"', encoding='"hex"')
    assert fault(text, environ={"KEY": "00" * 16, "IV": "69" * 16}) == (
        "[profiles.a] encryption.key: does not decode to printable ASCII characters, which the "
        "API requires"
    )


def test_an_encryption_without_its_members_is_told_all_of_them():
    assert fault(table("encryption = {}")) == "\n".join(
        f"[profiles.a] encryption.{name}: is missing" for name in ("algorithm", "key", "iv")
    )
    assert fault(table('encryption = "canary"')) == "[profiles.a] encryption: must be a table"


@pytest.mark.parametrize(
    ("numbers", "told"),
    [
        ('"+919812345678" = 3', '"+919812345678": must be a string'),
        (
            '"+919812345678" = ""',
            '"+919812345678": is empty; remove the number and apply with --prune to detach it',
        ),
        (
            '"+919812345678" = "a\\nb"',
            '"+919812345678": contains a control character; use the name, ID or title of a profile',
        ),
        (
            '98-x = "a"',
            "98-x: '98-x' is not a valid phone number: unexpected character 'x'; "
            "use + and the country code, like +919812345678",
        ),
        (
            '"+919812345678" = "a"\n919812345678 = "a"',
            '919812345678: duplicate number, same as [numbers] "+919812345678"; remove one of them',
        ),
        (
            '"+91 98-12345678" = "a"\n00919812345678 = "a"',
            '00919812345678: duplicate number, same as [numbers] "+91 98-12345678"; '
            "remove one of them",
        ),
    ],
)
def test_the_numbers(numbers: str, told: str):
    assert fault(f"[numbers]\n{numbers}") == f"[numbers] {told}"


def test_two_profiles_of_one_title():
    second = PROFILE.replace("Incoming messages", "${TITLE}")
    text = f'[profiles."first one"]\n{PROFILE}[profiles.b]\n{second}'
    assert fault(text, environ={"TITLE": "Incoming messages"}) == (
        '[profiles.b] title: duplicate title, already used by [profiles."first one"]; '
        "use another title"
    )


def test_all_problems_are_reported_in_the_order_of_the_file():
    text = """\
[numbers]
"x" = 3
[profiles.b]
url = "ftp://example.com"
headers = { Authorization = "canary", "a b" = "canary" }
method = "canary"
body = 3
[profiles.a]
title = "in"
encryption = { key = "canary" }
[extra]
"""
    assert [line.partition(";")[0] for line in fault(text).splitlines()] == [
        "[numbers] x: must be a string",
        "[numbers] x: 'x' is not a valid phone number: unexpected character 'x'",
        "[profiles.b] title: is missing",
        "[profiles.b] url: the URL 'ftp://example.com' does not start with https://",
        "[profiles.b] headers: the header name is empty or contains an invalid character",
        "[profiles.b] headers.Authorization: the header Authorization authenticates, so its value "
        "must come from a variable",
        "[profiles.b] method: is not a valid value",
        "[profiles.b] body: must be a table or a string of JSON",
        "[profiles.a] method: is missing",
        "[profiles.a] url: is missing",
        "[profiles.a] title: 'in' is not a valid title",
        "[profiles.a] encryption.algorithm: is missing",
        "[profiles.a] encryption.iv: is missing",
        "[profiles.a] encryption.key: is a secret, so it must be a single variable",
        "extra: is not a valid key",
    ]


# -- values of variables


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            'title = "${A}é"',
            "title: the value of ${A} is not valid; use at least 3 characters of "
            "A-Z a-z 0-9, space, hyphen and underscore",
        ),
        ('url = "https://${A}/"', f"url: the value of ${{A}} is not valid; {PUBLIC}"),
        (
            'url = "https://${A}_${B}-.de"',
            "url: the value of ${A} and ${B} is not valid; check the value",
        ),
        (
            'url = "https://a.de/%3Cbody%3E${A}"',
            "url: <body> in the URL is encoded or escaped, so Kaleyra never fills it; "
            "remove it: POST and PUT have their template in the body",
        ),
        (
            'method = "get"\nurl = "https://a.de/?${B}=1"',
            f"url: the value of ${{B}} is not valid; {SPOILT}",
        ),
        (JUST_BODY + "'{\"a\": ${A}}'", "body: the body is not JSON: line 1, column 7"),
        (JUST_BODY + "'${A}{'", "body: the body is not JSON: line 1, column 1"),
        (JUST_BODY + "'\"${A}\" {'", f"body: the value of ${{A}} is not valid; {SPOILT}"),
        (JUST_BODY + '{ a = "<${A}>" }', f"body: the value of ${{A}} is not valid; {SPOILT}"),
        (
            JUST_BODY + '{ a = "<bdy> ${A}" }',
            "body: <bdy> in member 'a' is not a Kaleyra placeholder (did you mean <body>?)",
        ),
        (
            'channel = "${EMPTY}"',
            "channel: the variable ${EMPTY} is empty; set it in the environment",
        ),
        ('method = "${A}"', "method: is not a valid value; use one of get, post, put, delete"),
        (
            'headers = { X-A = "${A}é" }',
            "headers.X-A: the value of header X-A is empty or contains a line break, a control "
            "character or a non-ASCII character; use printable ASCII characters",
        ),
        (
            "response_message = '${BAD}'",
            "response_message: the value of ${BAD} is not valid text",
        ),
    ],
)
def test_what_a_variable_made_is_not_repeated(text: str, told: str):
    environ = {"A": "canary", "B": "body", "EMPTY": "", "BAD": "canary\udcff"}
    told_of = fault(table(text), environ=environ)
    assert told_of == f"[profiles.a] {told}"
    assert "canary" not in told_of


def test_a_number_may_name_its_profile_by_a_variable_that_holds_something():
    text = '[numbers]\n"+919812345678" = "${A}"'
    assert fault(text, environ={"A": ""}) == (
        '[numbers] "+919812345678": the variable ${A} is empty; set it in the environment'
    )


def test_every_unset_variable_of_a_profile_is_told():
    text = (
        'title = "${A}"\nurl = "${B}"\nevents = ["${C}", "${D}"]\nbody = { a = ["${E}", "${F}"] }'
    )
    assert fault(table(text)) == "\n".join(
        f"[profiles.a] {key}: the {what} not set; set it in the environment"
        for key, what in (
            ("title", "variable ${A} is"),
            ("url", "variable ${B} is"),
            ("events", "variable ${C} is"),
            ("events", "variable ${D} is"),
            ("body", "variables ${E} and ${F} are"),
        )
    )

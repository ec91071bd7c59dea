"""What bad values get: a sentence and a remedy, the documented exit code, nothing changed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Refused, Watch
from tests.cli.expect import CREATE, HOOK, MEMBERS, ONE, as_json, failed
from tests.conftest import Wacb, profile_id

ABSENT = "SG_99999999-0000-4000-8000-000000000000"
TITLE_RULE = "use at least 3 characters of A-Z a-z 0-9, space, hyphen and underscore"
ENCODE = "remove it or percent-encode it (a host: in its xn-- form)"
PUBLIC = "use a public address, such as a tunnel's, or pass --allow-local"
ADD = "add the missing ones (--allow-missing accepts the body unchanged)"
ALL_OR_NONE = (
    "add the missing ones, or remove all placeholders to let wacb add them "
    "(--allow-missing accepts the URL unchanged)"
)
HEADER_NAME = "use letters, digits and hyphens"


def all_but(*names: str) -> str:
    return ", ".join(f"<{name}>" for name in MEMBERS if name not in names)


@pytest.mark.parametrize("title", ["ab", "", "Grüße", "abc\n", "a\tbc", "a/b", "abc\u0663"])
def test_a_title_that_the_api_would_refuse(refused: Refused, title: str):
    refused((*CREATE, "--title", title), 2, f"{title!r} is not a valid title", TITLE_RULE)


def test_a_title_that_looks_like_an_id(refused: Refused):
    message = f"{profile_id(1)!r} is the ID of a profile, and a title is needed"
    refused((*CREATE, "--title", profile_id(1)), 2, message, "choose another title")


URLS = {
    "user info": (
        "https://user:hunter22@example.com/",
        "the URL contains user info (before the @), which is never sent",
        "use --basic-auth USER for a password",
    ),
    "fragment": (
        "https://example.com/#top",
        "the URL 'https://example.com/#top' has a fragment (#…), which is never sent",
        "remove it",
    ),
    "line break": (
        "https://example.com/a\nb",
        r"the URL 'https://example.com/a\nb' contains an invalid character: '\n'",
        ENCODE,
    ),
    "trailing line break": (
        "https://example.com/\n",
        r"the URL 'https://example.com/\n' contains an invalid character: '\n'",
        ENCODE,
    ),
    "tab": (
        "https://exam\tple.com/",
        r"the URL 'https://exam\tple.com/' contains an invalid character: '\t'",
        ENCODE,
    ),
    "control character": (
        "https://example.com/\x1b[31m",
        r"the URL 'https://example.com/\x1b[31m' contains an invalid character: '\x1b'",
        ENCODE,
    ),
    "space": (
        "https://example.com/a b",
        "the URL 'https://example.com/a b' contains an invalid character: ' '",
        ENCODE,
    ),
    "umlaut": (
        "https://example.com/für",
        "the URL 'https://example.com/für' contains an invalid character: 'ü'",
        ENCODE,
    ),
    "http": (
        "http://example.com/",
        "messages to the URL 'http://example.com/' would be unencrypted",
        "use https://, or pass --allow-http",
    ),
    "localhost": (
        "https://localhost/hook",
        "localhost can only be reached from this machine or its network, so Kaleyra cannot deliver "
        "there",
        PUBLIC,
    ),
    "private address": (
        "https://192.168.1.4/hook",
        "192.168.1.4 can only be reached from this machine or its network, so Kaleyra cannot "
        "deliver there",
        PUBLIC,
    ),
}
QUERIES = {
    "percent-encoded placeholder": (
        "https://example.com/?b=%3Cbody%3E",
        "%3Cbody%3E in query parameter 1 ('b') is encoded, so Kaleyra never fills it (did you mean "
        "<body>?); missing: " + all_but("body"),
        ALL_OR_NONE,
    ),
    "misspelt placeholder": (
        "https://example.com/?x=<mimetype>",
        "<mimetype> in query parameter 1 ('x') is not a Kaleyra placeholder (did you mean "
        "<mime_type>?); missing: " + all_but("mime_type"),
        ALL_OR_NONE,
    ),
    "colliding key": (
        "https://example.com/?type=7",
        "the URL already has the query parameter 'type'",
        "remove or rename it: wacb adds type=<type>",
    ),
}
COMMANDS = {
    "create": ("profile", "create", "--method", "get", "--url"),
    "create by POST": ("profile", "create", "--method", "post", "--url"),
    "attach": ("number", "attach", ONE, "--incoming-url"),
}
PLAIN_QUERIES = {
    "placeholder": (
        "https://example.com/?b=<body>",
        "the incoming URL contains <body>, which Kaleyra does not fill in there: it adds its own "
        "query parameters (body, from, …) to the URL",
        "remove the placeholders, or create a profile to choose the fields yourself",
    ),
    "colliding key": (
        "https://example.com/?a=1&type=7",
        "the incoming URL already has the query parameter 'type'",
        "remove or rename it: Kaleyra adds type itself",
    ),
}


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("case", URLS)
def test_a_url_that_no_callback_can_be_sent_to(refused: Refused, command: str, case: str):
    url, message, hint = URLS[case]
    refused((*COMMANDS[command], url), 2, message, hint)


@pytest.mark.parametrize("case", QUERIES)
def test_a_url_whose_query_would_not_be_filled(refused: Refused, case: str):
    url, message, hint = QUERIES[case]
    refused((*COMMANDS["create"], url), 2, message, hint)


@pytest.mark.parametrize("case", PLAIN_QUERIES)
def test_an_incoming_url_is_a_plain_one(refused: Refused, case: str):
    url, message, hint = PLAIN_QUERIES[case]
    refused((*COMMANDS["attach"], url), 2, message, hint)


def test_an_encoded_placeholder_in_the_url_of_a_post(refused: Refused):
    refused(
        (*COMMANDS["create by POST"], "https://example.com/?b=%3Cbody%3E"),
        2,
        "<body> in the URL is encoded or escaped, so Kaleyra never fills it",
        "remove it: POST and PUT have their template in the body",
    )


def authenticating(name: str) -> tuple[str, str]:
    return (
        f"the header {name} authenticates, so its value must come from a variable",
        "use --header-env NAME=VARIABLE",
    )


BAD_NAME = ("the header name is empty or contains an invalid character", HEADER_NAME)
BAD_VALUE = (
    "the value of header X-A is empty or contains a line break, a control "
    "character or a non-ASCII character",
    "use printable ASCII characters",
)
HEADERS = {
    "Authorization": ("Authorization: Bearer canary-123", *authenticating("Authorization")),
    "a key": ("X-Api-Key: canary-123", *authenticating("X-Api-Key")),
    "no colon": ("canary-123", "the header has no colon", "write it as 'Name: value'"),
    "no name": (": canary-123", *BAD_NAME),
    "line break in the name": ("X-A\nX-B: canary-123", *BAD_NAME),
    "line break in the value": ("X-A: canary-123\nX-B: b", *BAD_VALUE),
    "line break at the end": ("X-A: canary-123\n", *BAD_VALUE),
    "umlaut": ("X-A: canary-für", *BAD_VALUE),
    "no value": ("X-A:", *BAD_VALUE),
}


@pytest.mark.parametrize("case", HEADERS)
def test_a_header_that_must_not_be_sent(refused: Refused, case: str):
    header, message, hint = HEADERS[case]
    refused((*CREATE, "--header", header), 2, message, hint)


MISSPELT = {name: value for name, value in MEMBERS.items() if name != "mime_type"}
BODIES = {
    "not JSON": ("{'body': 1}", "the body is not JSON: line 1, column 2", None),
    "empty": ("", "the body is not JSON: line 1, column 1", None),
    "an array": ("[]", "the body is not a JSON object", 'write {"body": "<body>", …}'),
    "a placeholder without quotes": (
        '{"body": <body>}',
        "the body is not JSON: line 1, column 10",
        'write a placeholder between quotes, like "<body>"',
    ),
    "typographic quotes": (
        "{“body”: “<body>”}",
        "the body is not JSON: line 1, column 2",
        'use straight quotes (") instead of typographic ones (“)',
    ),
    "a placeholder is missing": (as_json(MISSPELT), "missing: <mime_type>", ADD),
    "a placeholder is misspelt": (
        as_json(MISSPELT | {"mime": "<mimetype>"}),
        "<mimetype> in member 'mime' is not a Kaleyra placeholder (did you mean <mime_type>?)",
        None,
    ),
    "a placeholder is encoded": (
        as_json(MISSPELT | {"mime": "%3Cmime_type%3E"}),
        "%3Cmime_type%3E in member 'mime' is encoded, so Kaleyra never fills it (did "
        "you mean <mime_type>?)",
        None,
    ),
}


@pytest.mark.parametrize("case", BODIES)
@pytest.mark.parametrize("source", ["file", "stdin"])
def test_a_body_that_is_not_complete(refused: Refused, tmp_path: Path, case: str, source: str):
    text, message, hint = BODIES[case]
    file = tmp_path / "body.json"
    file.write_text(text)
    name = str(file) if source == "file" else "-"
    refused((*CREATE, "--body-file", name), 2, message, hint, input=text)


def test_a_body_that_cannot_be_read(refused: Refused, tmp_path: Path):
    latin = tmp_path / "latin.json"
    latin.write_bytes(b'{"a": "\xfc"}')
    hint = "pass a UTF-8 file, or - for stdin"
    for name, reason in (
        (tmp_path / "absent", "No such file or directory"),
        (tmp_path, "Is a directory"),
        (latin, "it is not UTF-8 text (line 1)"),
    ):
        message = f"cannot read the body file {name}: {reason}"
        refused((*CREATE, "--body-file", str(name)), 2, message, hint)
    message = "stdin is not UTF-8 text (line 1)"
    line = (*CREATE, "--body-file", "-")
    refused(line, 2, message, "convert it to UTF-8", input=latin.read_bytes())


OPTIONS = {
    "a header twice": (
        ("--header", "X-A: 1", "--header", "x-a: 2"),
        "duplicate header x-a",
        "pass each header once",
    ),
    "two authorizations": (
        ("--header-env", "Authorization=HOME", "--basic-auth", "me"),
        "duplicate header Authorization",
        "pass each header once",
    ),
    "no variable": (
        ("--header-env", "X-Token"),
        "a value of --header-env is not NAME=VARIABLE",
        "use a form like X-Token=HOOK_TOKEN",
    ),
    "the API key": (
        ("--header-env", "X-Key=WACB_API_KEY"),
        "WACB_API_KEY cannot be used in --header-env: it would send the API key to the endpoint",
        "use a different variable",
    ),
    "an unset variable": (
        ("--header-env", "X-Token=HOOK_TOKEN"),
        "the variable that --header-env X-Token names is not set",
        "export it, and pass only its name",
    ),
    "a colon in the user's name": (
        ("--basic-auth", "me:secret"),
        "invalid Basic auth username (must not contain ':' or control characters)",
        "pass only the username; you are asked for the password",
    ),
    "an unknown algorithm": (
        ("--encrypt", "AES"),
        "'AES' is not a valid encryption algorithm",
        "use one of AES-128-CFB, AES-128-GCM, AES-192-CFB, AES-192-GCM, AES-256-CFB, AES-256-GCM",
    ),
    "a key file without encryption": (
        ("--encrypt-key-file", "key.toml"),
        "--encrypt-key-file requires --encrypt ALGORITHM",
        None,
    ),
    "two templates": (
        ("--body-file", "-", "--with-status"),
        "--with-status and --body-file cannot be used together",
        None,
    ),
    "a body for a GET": (
        ("--method", "get", "--body-file", "-"),
        "a GET callback has no body, so --body-file cannot be used",
        "use --method post, or write the placeholders into --url",
    ),
    "text that is none": (
        ("--response-message", "\udcff"),
        "the value of --response-message is not valid text",
        None,
    ),
}


@pytest.mark.parametrize("case", OPTIONS)
def test_options_that_make_no_profile(refused: Refused, case: str):
    options, message, hint = OPTIONS[case]
    env = {"WACB_BASIC_AUTH_PASSWORD": "hunter-22"}
    refused((*CREATE, *options), 2, message, hint, input=as_json(MEMBERS), env=env)


def test_an_input_without_an_end(refused: Refused):
    line = (*CREATE, "--body-file", "/dev/zero")
    refused(line, 2, "/dev/zero is larger than 64 MiB", "pass a smaller one")


@pytest.mark.parametrize(
    "line",
    [
        ("number", "attach", ONE, "--profile"),
        ("number", "attach", ONE, "--incoming-url"),
        ("number", "add", "+15550100044", "--name", "Shop", "--country-code", "1", "--profile"),
        ("verify", ONE, "--profile"),
        ("callback", "send", "--profile"),
        ("callback", "send", "--method", "post", "--url"),
        ("template", "--url"),
        ("profile", "create", "--method", "post", "--url"),
        ("setup", "--number", ONE, "--url"),
        ("sandbox", "message", "--to"),
        ("profile", "delete", "Second", "--yes", "--config"),
        ("config", "set", "endpoint", HOOK, "--account"),
    ],
)
def test_an_empty_value_is_no_way_to_say_the_default(
    live: Wacb, two_profiles: None, untouched: Watch, line: tuple[str, ...]
):
    defaults = {"WACB_PROFILE": "Second", "WACB_ENDPOINT": HOOK, "WACB_NUMBER": ONE}
    with untouched():
        outcome = live(*line, "", env=defaults)
    assert outcome == failed(2, f"{line[-1]} is empty", "pass a value, or leave it out")


def test_an_empty_file_name_is_not_this_folder(live: Wacb, untouched: Watch):
    with untouched():
        outcome = live("callback", "listen", "--wait", "1", "--save", "")
    message = "Invalid value for '--save': the file name is empty"
    assert outcome == failed(2, message, "run `wacb callback listen --help`")

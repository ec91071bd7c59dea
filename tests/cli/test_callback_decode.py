"""`wacb callback decode`: a received callback taken apart into named fields."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote, urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.cli.expect import NAMES, as_json, done, failed
from tests.conftest import Outcome, Wacb
from tests.examples import examples
from wacb.callbacks.samples import TYPES, sample

NESTED = [{"from": "15550100099", "type": "text", "text": {"body": "Hi\nthere"}}]
FIELDS = {
    "body": "Hi\nthere",
    "from": "15550100099",
    "reply_to": "",
    "wanumber": "<wanumber>",
    "message": json.dumps(NESTED),
    "team": "7",
}
MISSING = [name for name in NAMES if name not in FIELDS]
WHOLE = {
    "kind": "message",
    "fields": FIELDS | {"message": NESTED},
    "present": ["body", "from", "reply_to", "message"],
    "empty": ["reply_to"],
    "literal": ["wanumber"],
    "missing": MISSING,
    "notes": [],
}
QUERY = urlencode(FIELDS, quote_via=quote)
URL = f"https://example.com/hook?{QUERY}"
BODY = json.dumps(FIELDS)
SAVED = json.dumps(
    {
        "event": "callback",
        "n": 1,
        "time": "2026-09-21T14:13:20.000Z",
        "method": "POST",
        "path": "/hook",
        **WHOLE,
        "headers": {"authorization": "***"},
        "query": "",
        "body": FIELDS,
    }
)
ROWS = (
    "body\tHi\\nthere\nfrom\t15550100099\nreply_to\t\nwanumber\t<wanumber>\n"
    'message\t[{"from": "15550100099", "type": "text", "text": {"body": "Hi\\\\nthere"}}]\n'
    "team\t7"
)
RECORD = """\
body:
  Hi
  there
from:      15550100099
reply_to:
wanumber:  <wanumber>
message:   {"from": "15550100099", "type": "text", "text": {"body": "Hi\\nthere"}}
team:      7"""
PLAIN = {"NO_COLOR": "1"}
HINT = (
    "pass a query string, a URL, a JSON or form body, or a file saved by `wacb "
    "callback listen --save DIR`"
)


def decode(wacb: Wacb, *options: str, input: str | bytes = "") -> Outcome:
    return wacb("callback", "decode", *options, input=input)


@pytest.mark.parametrize(
    "text",
    [QUERY, f"?{QUERY}\n", URL, BODY, json.dumps(FIELDS, indent=2), urlencode(FIELDS), SAVED],
    ids=["query", "query with ?", "URL", "JSON", "indented JSON", "form", "saved file"],
)
def test_each_shape_of_a_callback_in_each_form(wacb: Wacb, tmp_path: Path, text: str):
    file = tmp_path / "callback"
    file.write_text(text)
    assert decode(wacb, "-o", "json", input=text) == done(as_json(WHOLE))
    assert decode(wacb, str(file), "-o", "json") == done(as_json(WHOLE))
    assert decode(wacb, "-", input=text) == done(ROWS)
    assert decode(wacb, str(file), "-o", "table") == done(RECORD)
    assert decode(wacb, str(file), "-q") == done("message")


def test_a_terminal_is_told_what_arrived_and_what_did_not(on_screen: Wacb, tmp_path: Path):
    file = tmp_path / "callback"
    file.write_text(QUERY)
    shown = on_screen("callback", "decode", str(file), env=PLAIN)
    missing = ", ".join(MISSING)
    assert shown.out == f"{RECORD}\n"
    assert shown.err.replace("\n", " ") == (
        f"4 of the 14 fields arrived; empty: reply_to; not filled in: wanumber; missing: {missing} "
    )
    file.write_text(urlencode(sample("text", number="+1555010000", sender="+1555010009", now=1)))
    assert on_screen("callback", "decode", str(file), env=PLAIN).err == (
        "14 of the 14 fields arrived; empty: mime_type, media_url, reply_to, contacts, location\n"
    )
    file.write_text("team=7")
    outcome = on_screen("callback", "decode", str(file), env=PLAIN)
    assert outcome == done("team:  7", "note: an unknown kind of callback")


@pytest.mark.parametrize("kind", TYPES)
def test_every_sample_is_decoded(wacb: Wacb, kind: str):
    fields = sample(kind, number="+15550100001", sender="+15550100099", now=1.0, seed=5)
    nested = ("message", "contacts", "location")
    opened = fields | {name: json.loads(fields[name]) for name in nested if fields[name]}
    for text in (json.dumps(fields), f"https://example.com/?{urlencode(fields)}"):
        outcome = decode(wacb, "-o", "json", input=text)
        assert json.loads(outcome.out)["fields"] == opened
        assert outcome == done(outcome.out.rstrip("\n"))


@pytest.mark.parametrize(
    ("text", "row", "note"),
    [
        (
            "display_phone_number=1&event=FLAGGED",
            "display_phone_number\t1\nevent\tFLAGGED",
            "a quality update",
        ),
        ('{"id": 1, "status": "read"}', "id\t1\nstatus\tread", "a message status"),
        ("{}", "", "a probe"),
        ("x=%ff", "x\t%ff", "not UTF-8, shown undecoded: x"),
    ],
)
def test_what_is_no_message_is_named_on_stderr(wacb: Wacb, text: str, row: str, note: str):
    outcome = decode(wacb, input=text)
    assert (outcome.code, outcome.out) == (0, row and row + "\n")
    assert outcome.err.startswith(f"note: {note}\n")
    assert note in json.loads(decode(wacb, "-o", "json", input=text).out)["notes"]
    assert decode(wacb, "-q", input=text).out == "other\n"


def test_a_callback_of_metas_shape_comes_in_the_same_names(wacb: Wacb):
    message = {"from": "15550100099", "timestamp": "1", "type": "text", "text": {"body": "Hi"}}
    value = {"metadata": {"display_phone_number": "15550100001"}, "messages": [message]}
    text = json.dumps({"meta_object": {"field": "messages", "value": value}, "extra_info": {}})
    assert decode(wacb, input=text) == done(
        "body\tHi\nmime_type\t\nmedia_url\t\nfrom\t15550100099\nname\t\ntype\ttext\ncreated_at\t1\n"
        "reply_to\t\nwanumber\t15550100001\nmobile\t15550100099\n"
        "custom_response\t\n"
        'message\t[{"from": "15550100099", "timestamp": "1", "type": "text", '
        '"text": {"body": "Hi"}}]\n'
        "contacts\t\nlocation\t"
    )


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("", "nothing to decode", "pass a query string, a URL, a body or a saved callback"),
        ("\n", "nothing to decode", "pass a query string, a URL, a body or a saved callback"),
        (
            "hello",
            "not a callback: neither JSON (line 1, column 1) nor a query string",
            HINT,
        ),
        (
            BODY[:-1],
            f"not a callback: neither JSON (line 1, column {len(BODY)}) nor a query string",
            HINT,
        ),
        ("[]", "not a callback: the JSON is not an object", HINT),
        (
            "https://example.com/hook",
            "the URL has no query string",
            "include everything after the ?",
        ),
        (b"\xff", "stdin is not UTF-8 text (line 1)", "convert it to UTF-8"),
        (
            SAVED.replace('"query": ""', '"query": 7'),
            "the saved callback is damaged",
            "pass the file unchanged, as it was saved",
        ),
    ],
    ids=["empty", "blank", "a word", "torn", "an array", "no query", "no UTF-8", "damaged"],
)
def test_what_cannot_be_decoded(wacb: Wacb, text: str | bytes, message: str, hint: str):
    assert decode(wacb, input=text) == failed(2, message, hint)
    error = json.loads(decode(wacb, "-o", "json", input=text).err)["error"]
    assert (error["message"], error["hint"]) == (message, hint)


def test_a_file_that_is_not_there(wacb: Wacb, tmp_path: Path):
    assert decode(wacb, str(tmp_path / "none")) == failed(
        2,
        f"cannot read the callback {tmp_path}/none: No such file or directory",
        "pass a UTF-8 file, or - for stdin",
    )


# -- --decrypt

LENGTHS = {"AES-128": 16, "AES-192": 24, "AES-256": 32}
MODES = {"CFB": 16, "GCM": 12}
ALGORITHMS = [f"{size}-{mode}" for size in LENGTHS for mode in MODES]
KEY, IV = "synthetic-key-0123456789-abcdefg", "synthetic-iv-012"

KeyFile = Callable[..., str]


@pytest.fixture
def key_file(tmp_path: Path) -> KeyFile:
    """Write an encryption file and return its path."""

    def write(algorithm: str, **changes: str) -> str:
        size, _, mode = algorithm.rpartition("-")
        values = {"key": KEY[: LENGTHS[size]], "iv": IV[: MODES[mode]], **changes}
        lines = [f'{name} = "{v}"' for name, v in {"algorithm": algorithm, **values}.items()]
        path = tmp_path / "key.toml"
        path.write_text("\n".join(lines))
        path.chmod(0o600)
        return str(path)

    return write


def encrypted(algorithm: str, fields: dict[str, str]) -> dict[str, str]:
    """Encrypt each value, without wacb: by `openssl enc` for CFB, by the library for GCM."""
    size, _, mode = algorithm.rpartition("-")
    key, iv = KEY[: LENGTHS[size]].encode(), IV[: MODES[mode]].encode()

    def one(text: str) -> bytes:
        if mode == "GCM":
            from cryptography.hazmat.primitives.ciphers.aead import AESGCM

            return AESGCM(key).encrypt(iv, text.encode(), None)
        line = ["openssl", "enc", f"-{size.lower()}-cfb", "-K", key.hex(), "-iv", iv.hex()]
        return subprocess.run(line, input=text.encode(), capture_output=True, check=True).stdout

    return {name: b64encode(one(value)).decode() for name, value in fields.items()}


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_values_are_decrypted(wacb: Wacb, key_file: KeyFile, algorithm: str):
    fields = {"body": "Hi\n“there” 👋", "from": "15550100099", "message": json.dumps(NESTED)}
    sent = {**encrypted(algorithm, fields), "reply_to": "", "team": "7"}
    shown = {**fields, "message": NESTED, "reply_to": "", "team": "7"}
    path = key_file(algorithm)
    record = {**json.loads(SAVED), "body": sent, "fields": sent}
    for text in (json.dumps(sent), urlencode(sent), json.dumps(record)):
        outcome = decode(wacb, "--decrypt", path, "-o", "json", input=text)
        assert outcome.code == 0, outcome.err
        assert json.loads(outcome.out)["fields"] == shown


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_the_wrong_key(wacb: Wacb, key_file: KeyFile, algorithm: str):
    sent = encrypted(algorithm, {"body": "a text of some length", "from": "15550100099"})
    wrong = key_file(algorithm, key=KEY[::-1][: LENGTHS[algorithm.rpartition("-")[0]]])
    outcome = decode(wacb, "--decrypt", wrong, input=json.dumps(sent))
    assert (outcome.code, outcome.out) == (8, "")
    first, hint = outcome.err.splitlines()
    assert first.startswith("error: field body: the encrypted value ")
    assert first.endswith("; the key is probably wrong")
    assert hint.startswith("hint: ")


@pytest.mark.parametrize("algorithm", ["AES-128-CFB", "AES-256-GCM"])
@pytest.mark.parametrize("spoil", [lambda text: text[:-1], lambda text: text[:5] + "!" + text[6:]])
def test_base64_that_was_cut_off(
    wacb: Wacb, key_file: KeyFile, algorithm: str, spoil: Callable[[str], str]
):
    sent = encrypted(algorithm, {"body": "Hello", "from": "15550100099"})
    text = urlencode({**sent, "from": spoil(sent["from"])})
    outcome = decode(wacb, "--decrypt", key_file(algorithm), input=text)
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err.startswith("error: field from: ")


def test_a_tag_that_does_not_fit(wacb: Wacb, key_file: KeyFile):
    sealed = encrypted("AES-128-GCM", {"body": "Hello"})["body"]
    text = f"from=&body={quote('A' + sealed[1:], safe='')}"
    outcome = decode(wacb, "--decrypt", key_file("AES-128-GCM"), input=text)
    assert (outcome.code, outcome.out) == (8, "")
    assert outcome.err.startswith("error: field body: the encrypted value does not match its tag")


def test_a_key_of_15_characters(wacb: Wacb, key_file: KeyFile):
    path = key_file("AES-128-CFB", key="k" * 15)
    assert decode(wacb, "--decrypt", path, input=QUERY) == failed(
        3, f"the encryption file {path}: key has 15 bytes, AES-128-CFB needs 16"
    )


def test_a_key_file_that_is_not_there(wacb: Wacb, tmp_path: Path):
    assert decode(wacb, "--decrypt", str(tmp_path / "none"), input=QUERY) == failed(
        3, f"the file {tmp_path}/none does not exist", "check the path"
    )


@pytest.mark.parametrize("form", ["tsv", "table", "json"])
def test_the_key_is_never_shown(wacb: Wacb, key_file: KeyFile, form: str):
    path = key_file("AES-128-CFB")
    sent = {**encrypted("AES-128-CFB", {"body": f"it is {KEY[:16]}", "from": "1"}), "iv": IV}
    outcome = decode(wacb, "--decrypt", path, "-o", form, input=json.dumps(sent))
    assert outcome.code == 0
    assert "it is ***" in outcome.out
    assert KEY[:16] not in outcome.out + outcome.err
    assert IV not in outcome.out + outcome.err


# -- where it is used


def test_no_configuration_is_needed(wacb: Wacb, tmp_path: Path):
    broken = tmp_path / "config.toml"
    broken.write_text("= broken")
    assert wacb("--config", str(broken), "callback", "decode", input=QUERY) == done(ROWS)


def test_control_characters_do_not_reach_a_terminal(on_screen: Wacb, tmp_path: Path):
    file = tmp_path / "callback"
    file.write_text("body=%1b%5b31mred%1b%5b0m&from=%e2%80%ae1&%1b=[bold]x[/bold] :smile:")
    assert on_screen("callback", "decode", str(file), env=PLAIN).out == (
        "body:  \\x1b[31mred\\x1b[0m\nfrom:  \\u202e1\n\\x1b:  [bold]x[/bold] :smile:\n"
    )


def test_a_terminal_is_told_that_stdin_is_read(on_screen: Wacb, monkeypatch: pytest.MonkeyPatch):
    master, slave = pty.openpty()
    os.write(master, b"body=Hi&from=1\n\x04")
    with os.fdopen(slave) as terminal:
        monkeypatch.setattr(sys, "stdin", terminal)
        outcome = on_screen("callback", "decode", "-q")
    os.close(master)
    assert outcome == done(
        "message", "Reading a callback from stdin; press Ctrl-D on a new line to finish"
    )


@given(
    text=st.binary(max_size=200)
    | st.text().map(str.encode)
    | st.dictionaries(st.sampled_from([*NAMES, "meta_object", "event"]), st.text()).map(
        lambda fields: json.dumps(fields).encode()
    ),
    form=st.sampled_from(["tsv", "table", "json"]),
)
@settings(
    max_examples=examples(100),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_anything_is_decoded_or_refused_with_a_sentence(wacb: Wacb, text: bytes, form: str):
    outcome = decode(wacb, "-o", form, input=text)
    assert outcome.code in (0, 2)
    assert outcome.code == 0 or outcome.out == ""
    assert outcome.code == 0 or "error" in outcome.err

"""A key belongs to one profile of one account, and no refusal repeats a secret."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import fields, writes
from tests.cli.expect import CREATE, HOOK, ONE, TWO
from tests.conftest import LIVE, Wacb
from tests.examples import few
from tests.field.altered import FIRST, Altered, Rule, count, make_attached, make_profile
from wacb.sandbox.emulator import Sandbox

SECRET = "s3cr3t-v4lue-0f-a-test"
USER_INFO = f"https://me:{SECRET}@example.com"

# -- encryption keys

ENCRYPT = ("--encrypt", "AES-128-CFB")


def sent_keys(sandbox: Sandbox) -> list[tuple[str, str]]:
    sent = (fields(request).get("enc") for request in writes(sandbox) if request.body)
    return [(enc["key"], enc["IV"]) for enc in sent if enc]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        pytest.param({}, {"WACB_SID": "HXOTHER00001IN"}, id="another SID"),
        pytest.param({}, {"WACB_REGION": "eu"}, id="another host"),
        pytest.param({}, {"WACB_BASE_URL": "http://127.0.0.1:9"}, id="a mock"),
    ],
)
def test_each_account_has_keys_of_its_own(
    live: Wacb, sandbox: Sandbox, first: dict[str, str], second: dict[str, str]
):
    def anybody(method: str, url: str, headers: Any, body: bytes) -> Any:
        return served(method, url.replace("HXOTHER00001IN", LIVE["WACB_SID"]), headers, body)

    served = Altered(sandbox)
    line = (*CREATE, *ENCRYPT, "--title", "Hook", "--allow-duplicate-title")
    for env in (first, second):
        assert live(*line, env=env, handler=anybody).code == 0
    keys = sent_keys(sandbox)
    assert len(keys) == 2
    assert keys[0][0] != keys[1][0]
    assert keys[0][1] != keys[1][1]


@pytest.mark.parametrize("line", [
    pytest.param(("profile", "update", FIRST, *ENCRYPT), id="update"),
    pytest.param((*CREATE, "--title", "Hook", *ENCRYPT, "--update-existing"), id="update existing"),
    pytest.param(("profile", "update", FIRST, "--encrypt", "AES-256-CFB"), id="other algorithm"),
])  # fmt: skip
def test_a_key_is_exchanged_only_where_one_is_named(
    live: Wacb, sandbox: Sandbox, tmp_path: Path, line: tuple[str, ...]
):
    enc = {"algo": "AES-128-CFB", "key": "k" * 16, "IV": "i" * 16}
    make_profile(sandbox, enc=enc)
    outcome = live(*line)
    if "--update-existing" in line:  # the same algorithm: nothing to change
        assert (outcome.code, count(sandbox, "PATCH")) == (0, 0)
    else:
        assert (outcome.code, outcome.out, count(sandbox, "PATCH")) == (9, "", 0)
        assert "--encrypt-key-file" in outcome.err
    named = live(*line, "--encrypt-key-file", str(tmp_path / "new.toml"))
    assert (named.code, count(sandbox, "PATCH")) == (0, 1)
    assert sent_keys(sandbox)[-1][0] != "k" * 16


def test_a_profile_that_does_not_encrypt_yet_gets_a_key(live: Wacb, sandbox: Sandbox):
    make_attached(sandbox, ONE)
    assert live("profile", "update", FIRST, *ENCRYPT).code == 0
    assert len(sent_keys(sandbox)) == 1


# -- secrets on the command line

REFUSED = [
    pytest.param((*CREATE, "--basic-auth", f"me:{SECRET}"), 2, id="a password behind the user"),
    pytest.param(("callback", "listen", "--basic-auth", f"me:{SECRET}"), 2, id="to a receiver"),
    pytest.param((*CREATE, "--header", f"Authorization: Bearer {SECRET}"), 2, id="authorization"),
    pytest.param((*CREATE, "--header", f"X-Api-Key {SECRET}"), 2, id="a header without colon"),
    pytest.param((*CREATE, "--header", f"X-Api-Key={SECRET}"), 2, id="a header with ="),
    pytest.param((*CREATE, "--header", f"X-Auth: {SECRET}\n"), 2, id="a line break"),
    pytest.param((*CREATE, "--header-env", f"X-Auth=Bearer {SECRET}"), 2, id="no variable"),
    pytest.param((*CREATE, "--header-env", f"X-Auth: {SECRET}"), 2, id="no pair"),
    pytest.param(("template", "--method", "get", "--url", USER_INFO), 2, id="user info"),
    pytest.param(("config", "set", "api_key", SECRET), 2, id="an API key"),
    pytest.param(("config", "set", "base_url", USER_INFO), 2, id="base URL"),
    pytest.param(("profile", "list", "--base-url", USER_INFO), 2, id="flag"),
]  # fmt: skip


@pytest.mark.parametrize("form", few([(), ("-o", "json")], 1), ids=["text", "json"])
@pytest.mark.parametrize(("line", "code"), REFUSED)
def test_a_refused_secret_is_not_echoed(
    live: Wacb, sandbox: Sandbox, line: tuple[str, ...], code: int, form: tuple[str, ...]
):
    outcome = live(*line, *(form if line[0] not in ("template", "config") else ()))
    assert (outcome.code, outcome.out) == (code, "")
    assert SECRET not in outcome.err
    assert sandbox.requests() == []


@pytest.mark.parametrize(
    "given",
    [
        pytest.param(f'headers = {{ Authorization = "Bearer {SECRET}" }}', id="a header"),
        pytest.param(f'encryption = {{ algorithm = "AES-128-CFB", key = "{SECRET}" }}', id="a key"),
        pytest.param(f'url = "https://me:{SECRET}@example.com/"', id="user info"),
        pytest.param(f'headers = {{ X-Token = "{SECRET}', id="a string that is not closed"),
    ],
)
def test_a_refused_secret_of_a_manifest_is_not_echoed(live: Wacb, tmp_path: Path, given: str):
    file = tmp_path / "wacb.toml"
    url = "" if given.startswith("url") else f'url = "{HOOK}"\n'
    file.write_text(f'[profiles.a]\ntitle = "Hook"\nmethod = "post"\n{url}{given}\n')
    outcome = live("plan", "-f", str(file))
    assert (outcome.code, outcome.out) == (2, "")
    assert SECRET not in outcome.err


@pytest.mark.parametrize(
    "form", few([("-q", "-vv"), (), ("-o", "json")], 1), ids=["-vv", "text", "json"]
)
@pytest.mark.parametrize(
    ("method", "line"),
    [
        pytest.param("PATCH", ("profile", "update", FIRST, "--title", "New"), id="update"),
        pytest.param("DELETE", ("profile", "delete", FIRST, "--yes", "--force"), id="delete"),
        pytest.param("PUT", ("number", "attach", ONE, "--profile", FIRST), id="attach"),
        pytest.param("PUT", ("number", "attach", ONE, TWO, "--profile", FIRST), id="bulk"),
    ],
)
def test_a_stored_header_that_the_api_repeats_in_a_refusal_is_masked(
    live: Wacb, sandbox: Sandbox, method: str, line: tuple[str, ...], form: tuple[str, ...]
):
    make_profile(sandbox, headers=json.dumps({"X-Auth": f'"{SECRET}', "X-Short": "allow"}))
    refused = Rule(
        method=method,
        path="",
        answer=lambda *_: (400, json.dumps({"message": f'X-Auth: "{SECRET} not allowed'}).encode()),
    )
    outcome = live(*line, *form, handler=Altered(sandbox, refused))
    assert outcome.code == 6
    assert "not allowed" in outcome.out + outcome.err
    assert SECRET not in outcome.out + outcome.err

"""An API that shows stars in place of the headers and keys of a profile."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

import pytest

from tests.cli.conftest import writes
from tests.cli.expect import HOOK, ONE, done, failed
from tests.cli.manifests import Manifest
from tests.conftest import Wacb
from tests.field.altered import FIRST, PROFILE, PROFILES, Altered, data, make_profile, rows
from wacb.sandbox.contract import Contract
from wacb.sandbox.emulator import Sandbox
from wacb.sandbox.in_process import exchange

MASKED = {"algo": "AES-128-CFB", "key": "*" * 16, "IV": "*" * 16}


@pytest.fixture
def other(sandbox: Sandbox) -> Sandbox:
    return Sandbox(sandbox.store, contract=Contract(headers_shown=False))


@pytest.fixture
def masked(live: Wacb, other: Sandbox) -> Wacb:
    return partial(live, handler=partial(exchange, other, sleep=lambda seconds: None))


def test_masked_headers_are_no_drift(masked: Wacb, tmp_path: Path):
    manifest = Manifest(tmp_path / "wacb.toml")
    line = ("apply", *manifest.file, "--yes")
    made = json.loads(masked(*line, "-o", "json", **manifest.how).out)["changes"]
    assert masked(*line, **manifest.how) == done(
        err="note: the API does not show the values of these headers of profile incoming "
        f"({made[0]['id']}), so they are not compared: X-Token\n"
        "No changes. 4 resources match the file."
    )
    exported = masked("export").out
    assert 'X-Token = "${INCOMING_MESSAGES_X_TOKEN}"\n' in exported


def test_a_mask_is_exported_as_a_variable(masked: Wacb, sandbox: Sandbox):
    make_profile(sandbox, headers='{"Accept": "a/b"}')
    assert 'Accept = "${' in masked("export").out


def test_a_mask_is_never_stored_as_a_header(masked: Wacb, sandbox: Sandbox, other: Sandbox):
    make_profile(sandbox, headers='{"X-Token": "t0ken", "X-Team": "blue"}')
    update = partial(masked, "profile", "update", FIRST, "-q")
    assert update("--header", "X-New: 1") == failed(
        9,
        "the API does not show the values of these headers: X-Token, X-Team",
        "pass all headers, with --header-env for secrets",
    )
    env = {"TOKEN": "another-t0ken"}
    for _ in range(2):
        assert update("--header-env", "X-Token=TOKEN", "--header", "X-Team: red", env=env).code == 0
        sent = json.loads(other.requests()[-2].body)
        assert json.loads(sent["headers"]) == {"X-Token": "another-t0ken", "X-Team": "red"}


def test_headers_are_sent_beside_a_new_key(masked: Wacb, sandbox: Sandbox, other: Sandbox):
    make_profile(sandbox, headers='{"X-Team": "blue"}')
    line = ("profile", "update", FIRST, "--header", "X-Team: red", "--encrypt", "AES-128-CFB")
    assert masked(*line).code == 0
    assert json.loads(json.loads(writes(other)[-1].body)["headers"]) == {"X-Team": "red"}


def test_a_lost_update_of_masked_headers_stays_unknown(
    masked: Wacb, sandbox: Sandbox, other: Sandbox
):
    make_profile(sandbox, headers='{"X-Team": "blue"}')
    other.add_fault("reset:9,before,PATCH")
    assert masked("profile", "update", FIRST, "--header", "X-Team: red").code == 7


def test_a_masked_key_is_no_drift(live: Wacb, sandbox: Sandbox, tmp_path: Path):
    def mask(row: dict[str, object]) -> dict[str, object]:
        return row | {"enc": MASKED}

    manifest = tmp_path / "wacb.toml"
    manifest.write_text(
        f'[profiles.a]\ntitle = "One hook"\nmethod = "post"\nurl = "{HOOK}"\n'
        'encryption = { algorithm = "AES-128-CFB", key = "${KEY}", iv = "${KEY}" }\n'
        f'[numbers]\n"{ONE}" = "a"\n'
    )
    handler = Altered(sandbox, rows(PROFILES, mask), data(PROFILE, mask))
    for _ in range(2):
        line = ("apply", "-f", str(manifest), "--yes")
        outcome = live(*line, env={"KEY": "k" * 16}, handler=handler)
        assert outcome.code == 0
    assert outcome.err.endswith("No changes. 2 resources match the file.\n")

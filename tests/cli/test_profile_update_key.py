"""`wacb profile update --encrypt`: a key is made once, and never for a change that is refused."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest

from tests.cli.conftest import Watch, fields, writes
from tests.cli.expect import CREATE, TITLE, done
from tests.conftest import Wacb, profile_id
from wacb.sandbox.core import Sandbox

ID = profile_id(1)
UPDATE = ("profile", "update", ID)
SECRET = "note: *** stands for a secret that is not shown; put it in before you paste"


@pytest.fixture(autouse=True)
def profile(live: Wacb) -> None:
    """The profile that CREATE makes."""
    assert live(*CREATE).code == 0


def test_a_key_is_generated_once_and_named_after_the_profile(
    live: Wacb, sandbox: Sandbox, home: Path, untouched: Watch
):
    file = home / ".local" / "state" / "wacb" / "keys" / "Secret.toml"
    line = (*UPDATE, "--title", "Secret", "--encrypt", "aes-128-gcm")
    with untouched():
        dry = live(*line, "--dry-run", "-o", "json")
    (request,) = json.loads(dry.out)["requests"]
    masked = {"algo": "AES-128-GCM", "key": "***", "IV": "***"}
    assert request["body"] == {"title": "Secret", "enc": masked}

    changes = f"note: title: {TITLE} → Secret\nnote: encryption: none → AES-128-GCM"
    outcome = live(*line, "-q")
    written = f"note: a new AES-128-GCM key was written to {file}; keep it"
    assert outcome == done(ID, f"{written}\n{changes}")
    stored = tomllib.loads(file.read_text())
    enc = {"algo": "AES-128-GCM", "key": stored["key"], "IV": stored["iv"]}
    assert fields(writes(sandbox)[-1]) == {"title": "Secret", "enc": enc}
    with untouched():
        assert live(*line, "-q") == done(ID)


def test_a_dry_run_tells_of_the_key_that_would_be_generated(live: Wacb, home: Path):
    line = (*UPDATE, "--encrypt", "AES-128-CFB")
    assert live(*line, "-q").code == 0
    assert live(*line, "--dry-run").err.startswith("note: nothing has to change")
    (home / ".local" / "state" / "wacb" / "keys" / f"{TITLE}.toml").unlink()
    note = "note: encryption: AES-128-CFB (key ***) → AES-128-CFB (key ***)"
    assert live(*line, "--dry-run").err == f"{note}\n{SECRET}\n"


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (("--channel", "whatsapp"), 2),
        (("--url", "http://example.com"), 2),
        (("--title", "ab"), 2),
    ],
    ids=["channel", "endpoint", "title"],
)
def test_an_update_that_is_refused_leaves_no_key_behind(
    live: Wacb, untouched: Watch, options: tuple[str, ...], code: int
):
    with untouched():
        assert live(*UPDATE, "--encrypt", "AES-128-CFB", *options).code == code

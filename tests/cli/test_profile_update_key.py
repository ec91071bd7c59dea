"""`wacb profile update --encrypt`: a key is made once, and never for a change that is refused."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest

from tests.cli.conftest import Refused, Showing, Watch, fields, writes
from tests.cli.expect import CREATE, LIVE_KEYS, TITLE, done
from tests.conftest import Wacb, profile_id
from wacb.sandbox.emulator import Sandbox

ID = profile_id(1)
UPDATE = ("profile", "update", ID)
SECRET = "note: replace *** with the secret before running this"


@pytest.fixture(autouse=True)
def profile(live: Wacb) -> None:
    """The profile that CREATE makes."""
    assert live(*CREATE).code == 0


def test_a_key_is_generated_once_and_named_after_the_profile(
    live: Wacb, sandbox: Sandbox, home: Path, untouched: Watch
):
    file = home / ".local/state/wacb" / LIVE_KEYS / "Secret.toml"
    line = (*UPDATE, "--title", "Secret", "--encrypt", "aes-128-gcm")
    with untouched():
        dry = live(*line, "--dry-run", "-o", "json")
    (request,) = json.loads(dry.out)["requests"]
    masked = {"algo": "AES-128-GCM", "key": "***", "IV": "***"}
    assert request["body"] == {"title": "Secret", "enc": masked}

    changes = f"note: title: {TITLE} → Secret\nnote: encryption: none → AES-128-GCM"
    outcome = live(*line, "-q")
    written = f"note: generated an AES-128-GCM key: {file} (back it up)"
    assert outcome == done(ID, f"{changes}\n{written}")
    stored = tomllib.loads(file.read_text())
    enc = {"algo": "AES-128-GCM", "key": stored["key"], "IV": stored["iv"]}
    assert fields(writes(sandbox)[-1]) == {"title": "Secret", "enc": enc}
    with untouched():
        assert live(*line, "-q") == done(ID)


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


HIDES = (b'"key"', b'"hidden"')


@pytest.fixture
def keys(home: Path) -> Path:
    return home / ".local/state/wacb" / LIVE_KEYS


def test_a_key_is_only_replaced_by_one_that_is_named(live: Wacb, keys: Path, refused: Refused):
    line = (*UPDATE, "--encrypt", "AES-128-CFB", "-q")
    assert live(*line).code == 0
    (keys / f"{TITLE}.toml").unlink()
    refused(
        line,
        9,
        f"profile '{TITLE}' ({ID}) already uses another key or algorithm, and its receiver could "
        "not decrypt with a new one",
        "pass --encrypt-key-file FILE to replace the key",
    )


def test_a_key_that_was_named_is_sent_where_the_api_hides_the_present_one(
    live: Wacb, over: Wacb, sandbox: Sandbox, tmp_path: Path, untouched: Watch
):
    hiding = Showing(sandbox, *HIDES)
    line = (*UPDATE, "--encrypt", "AES-128-CFB")
    assert live(*line).code == 0
    with untouched():
        assert over(hiding, *line, "-q") == done(ID)

    file = tmp_path / "new.toml"
    rotate = (*line, "--encrypt-key-file", str(file), "-q")
    note = "note: encryption: AES-128-CFB (key ***) → AES-128-CFB (key ***)"
    with untouched():
        assert over(hiding, *rotate, "--dry-run").err == f"{note}\n{SECRET}\n"
    made = f"note: generated an AES-128-CFB key: {file} (back it up)"
    assert over(hiding, *rotate) == done(ID, f"{note}\n{made}")
    assert over(hiding, *rotate) == done(ID, note)
    stored = tomllib.loads(file.read_text())
    enc = {"algo": "AES-128-CFB", "key": stored["key"], "IV": stored["iv"]}
    assert [fields(request) for request in writes(sandbox)[-2:]] == [{"enc": enc}] * 2
    with untouched():
        assert live(*rotate) == done(ID)


def test_no_title_that_the_api_shows_leads_out_of_the_folder_of_keys(
    over: Wacb, sandbox: Sandbox, keys: Path, tmp_path: Path
):
    title = b"../../../../../escaped"
    line = (*UPDATE, "--encrypt", "AES-256-CFB")
    assert over(Showing(sandbox, TITLE.encode(), title), *line).code == 0
    assert list(tmp_path.rglob("*.toml")) == [keys / "..%2F..%2F..%2F..%2F..%2Fescaped.toml"]


def test_a_new_title_leaves_word_of_the_key(live: Wacb, keys: Path):
    assert live(*UPDATE, "--encrypt", "AES-128-CFB").code == 0
    old, new = keys / f"{TITLE}.toml", keys / "New.toml"
    outcome = live(*UPDATE, "--title", "New", "-q")
    said = f"note: its key stays in {old}; with the new title it is looked for in {new}"
    assert outcome == done(ID, f"note: title: {TITLE} → New\n{said}")
    old.rename(new)
    assert live(*UPDATE, "--title", TITLE, "-q").err.endswith(f" in {old}\n")
    new.unlink()
    assert live(*UPDATE, "--title", "Other", "-q").err == f"note: title: {TITLE} → Other\n"
    (keys / "Other.toml").mkdir()
    assert live(*UPDATE, "--title", TITLE, "-q").err == f"note: title: Other → {TITLE}\n"

"""`wacb profile create --encrypt`: where the key comes from, and where alone it goes."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.cli.conftest import Answer, Showing, Watch, fields, writes
from tests.cli.expect import CREATE, LIVE_KEYS, TITLE, done, failed, profile_json
from tests.conftest import Outcome, Wacb, profile_id
from wacb.sandbox.emulator import Sandbox
from wacb.sandbox.in_process import exchange
from wacb.storage.permissions import make_folder

ALGORITHMS = {
    "AES-128-CFB": (16, 16),
    "AES-128-GCM": (16, 12),
    "AES-192-CFB": (24, 16),
    "AES-192-GCM": (24, 12),
    "AES-256-CFB": (32, 16),
    "AES-256-GCM": (32, 12),
}


@pytest.fixture
def file(home: Path) -> Path:
    return home / ".local/state/wacb" / LIVE_KEYS / f"{TITLE}.toml"


def encryption(sandbox: Sandbox) -> list[dict[str, str]]:
    """The encryption of each create that the API got."""
    return [fields(request)["enc"] for request in writes(sandbox)]


def written(file: Path, algorithm: str) -> str:
    return f"note: generated an {algorithm} key: {file} (back it up)"


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_key_of_the_right_length_is_generated_for_the_file_and_the_api_alone(
    live: Wacb, sandbox: Sandbox, file: Path, algorithm: str
):
    outcome = live(*CREATE, "--encrypt", algorithm.lower(), "-o", "json", "-vv")
    shown = profile_json(encryption={"algorithm": algorithm}, result="created")
    assert (outcome.code, json.loads(outcome.out)) == (0, shown)
    assert written(file, algorithm) in outcome.err.splitlines()
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.parent.stat().st_mode & 0o777 == 0o700

    stored = tomllib.loads(file.read_text())
    assert stored["algorithm"] == algorithm
    assert (len(stored["key"]), len(stored["iv"])) == ALGORITHMS[algorithm]
    sent = {"algo": algorithm, "key": stored["key"], "IV": stored["iv"]}
    assert encryption(sandbox) == [sent]
    for secret in (stored["key"], stored["iv"]):
        assert secret not in outcome.out + outcome.err


def test_the_key_is_shown_by_no_command(live: Wacb, file: Path):
    assert live(*CREATE, "--encrypt", "AES-256-GCM").code == 0
    stored = tomllib.loads(file.read_text())
    for line in (("list",), ("show", profile_id(1))):
        for how in ("table", "tsv", "json"):
            outcome = live("profile", *line, "-o", how, "-vv")
            assert outcome.code == 0
            for secret in (stored["key"], stored["iv"]):
                assert secret not in outcome.out + outcome.err


def test_a_file_that_exists_is_used_as_it_is(live: Wacb, sandbox: Sandbox, file: Path):
    line = (*CREATE, "-q", "--encrypt", "AES-128-CFB")
    assert live(*line) == done(profile_id(1), written(file, "AES-128-CFB"))
    before = file.read_bytes()
    outcome = live(*line, "--allow-duplicate-title")
    assert outcome.out == f"{profile_id(2)}\n"
    assert "key was written" not in outcome.err
    assert file.read_bytes() == before
    first, second = encryption(sandbox)
    assert first == second


def test_the_file_can_be_named(live: Wacb, sandbox: Sandbox, tmp_path: Path, home: Path):
    file = tmp_path / "folder" / "my key.toml"
    named = ("--encrypt", "AES-128-GCM", "--encrypt-key-file", str(file))
    assert live(*CREATE, *named, "-q") == done(profile_id(1), written(file, "AES-128-GCM"))
    assert encryption(sandbox)[0]["key"] == tomllib.loads(file.read_text())["key"]
    assert not (home / ".local/state/wacb/keys").exists()


@pytest.mark.parametrize(
    ("encoding", "key", "iv"),
    [
        ("hex", "6b" * 16, "69" * 16),
        ("base64", "a2tra2tra2tra2tra2traw==", "aWlpaWlpaWlpaWlpaWlpaQ=="),
    ],
    ids=["hex", "base64"],
)
def test_the_api_is_sent_the_characters_that_a_file_stands_for(
    live: Wacb, sandbox: Sandbox, file: Path, encoding: str, key: str, iv: str
):
    file.parent.mkdir(parents=True)
    file.write_text(
        f'algorithm = "AES-128-CFB"\nencoding = "{encoding}"\nkey = "{key}"\niv = "{iv}"'
    )
    file.chmod(0o600)
    line = (*CREATE, "-q", "--encrypt", "AES-128-CFB")
    assert live(*line) == done(profile_id(1))
    assert live(*line, "--if-not-exists") == done(profile_id(1))
    assert encryption(sandbox) == [{"algo": "AES-128-CFB", "key": "k" * 16, "IV": "i" * 16}]


def test_the_state_folder_is_that_of_xdg(live: Wacb, tmp_path: Path):
    line = (*CREATE, "-q", "--encrypt", "AES-128-GCM")
    file = tmp_path / "state/wacb" / LIVE_KEYS / f"{TITLE}.toml"
    env = {"XDG_STATE_HOME": str(tmp_path / "state")}
    assert live(*line, env=env) == done(profile_id(1), written(file, "AES-128-GCM"))


BROKEN = {
    "another algorithm": (
        'algorithm = "AES-128-CFB"\nkey = "0123456789abcdef"\niv = "0123456789abcdef"\n',
        "is for AES-128-CFB, not AES-256-CFB",
        "pass another file, or the algorithm of this one",
    ),
    "a short key": (
        'algorithm = "AES-256-CFB"\nkey = "canary"\niv = "0123456789abcdef"\n',
        ": key has 6 bytes, AES-256-CFB needs 32",
        None,
    ),
    "no key": ('algorithm = "AES-256-CFB"\n', ": key is missing or not a string", None),
    "no text": (
        f'algorithm = "AES-256-CFB"\nencoding = "hex"\nkey = "{"6b" * 32}"\niv = "{"00" * 16}"\n',
        ": iv does not decode to printable ASCII characters, which the API requires",
        "pass a file that does not exist yet: a valid key will be generated there",
    ),
}


@pytest.mark.parametrize("dry_run", [(), ("--dry-run",)], ids=["real run", "dry run"])
@pytest.mark.parametrize("case", BROKEN)
def test_a_file_that_does_not_fit_is_refused(
    live: Wacb, untouched: Watch, tmp_path: Path, case: str, dry_run: tuple[str, ...]
):
    text, problem, hint = BROKEN[case]
    file = tmp_path / "key.toml"
    file.write_text(text)
    file.chmod(0o600)
    named = ("--encrypt", "AES-256-CFB", "--encrypt-key-file", str(file))
    space = "" if problem.startswith(":") else " "
    message = f"the encryption file {file}{space}{problem}"
    with untouched():
        outcome = live(*CREATE, *named, *dry_run)
    assert outcome == failed(3, message, hint)


@pytest.mark.parametrize(("mode", "what"), [(0o644, "read"), (0o622, "changed")])
@pytest.mark.parametrize("dry_run", [(), ("--dry-run",)], ids=["real run", "dry run"])
def test_a_file_that_others_can_read_or_change_is_refused(
    live: Wacb, untouched: Watch, tmp_path: Path, dry_run: tuple[str, ...], mode: int, what: str
):
    file = tmp_path / "key.toml"
    file.write_text(BROKEN["another algorithm"][0])
    file.chmod(mode)
    named = ("--encrypt", "AES-128-CFB", "--encrypt-key-file", str(file))
    message = f"{file} contains a key and can be {what} by other users"
    with untouched():
        outcome = live(*CREATE, *named, *dry_run)
    assert outcome == failed(3, message, f"chmod 600 {file}")


@pytest.mark.parametrize("dry_run", [(), ("--dry-run",)], ids=["real run", "dry run"])
def test_a_file_whose_name_is_too_long_is_refused(
    live: Wacb, untouched: Watch, file: Path, dry_run: tuple[str, ...]
):
    title = "a" * 300
    make_folder(file.parent)
    with untouched():
        outcome = live(*CREATE, "--title", title, "--encrypt", "AES-128-CFB", *dry_run)
    path = file.with_name(f"{title}.toml")
    assert outcome == failed(
        3, f"cannot read {path}: File name too long", "check the path and the disk"
    )


REFUSED = {
    "a bad title": (("--title", "ab"), {}),
    "no credentials": ((), {"WACB_API_KEY": "", "WACB_SID": ""}),
    "a bad key": ((), {"WACB_API_KEY": "schlüssel"}),
    "an incomplete body": (("--body-file", "-"), {}),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_command_that_is_refused_leaves_no_key_behind(live: Wacb, untouched: Watch, case: str):
    options, env = REFUSED[case]
    with untouched():
        outcome = live(*CREATE, "--encrypt", "AES-128-CFB", *options, env=env, input="{}")
    assert (outcome.code in (2, 3), outcome.out) == (True, "")


def test_a_profile_that_is_there_leaves_no_key_behind(
    live: Wacb, over: Wacb, sandbox: Sandbox, file: Path, tmp_path: Path
):
    elsewhere = ("--encrypt-key-file", str(tmp_path / "key.toml"))
    encrypted = (*CREATE, "--encrypt", "AES-256-CFB")
    assert live(*encrypted, *elsewhere).code == 0
    hiding = Showing(sandbox, b'"key"', b'"hidden"')
    assert over(hiding, *encrypted, "--if-not-exists", "-q") == done(profile_id(1))
    assert over(hiding, *encrypted, "--update-existing", "-q") == done(profile_id(1))
    # nor is the key exchanged by a machine that does not have it
    assert live(*encrypted, "--update-existing", "-q") == done(profile_id(1))
    encrypted = (*CREATE, "--encrypt", "AES-192-CFB")
    assert live(*encrypted, "--if-not-exists").code == 9
    assert not file.parent.exists()


def test_the_key_is_on_the_disk_before_it_is_sent(over: Wacb, sandbox: Sandbox, file: Path):
    """A run that is killed at the request has lost no key."""
    kept: list[str] = []

    def api(method: str, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        if method == "POST":
            kept.append(tomllib.loads(file.read_text())["key"])
        return exchange(sandbox, method, url, headers, body)

    assert over(api, *CREATE, "--encrypt", "AES-256-CFB").code == 0
    assert kept == [encryption(sandbox)[0]["key"]]


def dry(outcome: Outcome) -> dict[str, str]:
    enc: dict[str, str] = json.loads(outcome.out)["requests"][0]["body"]["enc"]
    return enc


def test_a_dry_run_shows_no_key_and_writes_none(live: Wacb, untouched: Watch, file: Path):
    line = (*CREATE, "--encrypt", "AES-128-CFB")
    masked = {"algo": "AES-128-CFB", "key": "***", "IV": "***"}
    with untouched():
        outcome = live(*line, "--dry-run", "-o", "json", "-vv")
    assert dry(outcome) == masked
    assert outcome.err.endswith("\nnote: replace *** with the secret before running this\n")
    assert live(*line).code == 0
    with untouched():
        outcome = live(*line, "--allow-duplicate-title", "--dry-run", "-o", "json", "-vv")
    assert dry(outcome) == masked
    assert tomllib.loads(file.read_text())["key"] not in outcome.out + outcome.err

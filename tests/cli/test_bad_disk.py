"""A full or read-only disk: the old file stays as it was, the path is named, nothing is sent."""

from __future__ import annotations

import errno
import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.cli.conftest import Watch, writes
from tests.cli.expect import CREATE, LIVE_KEYS, TITLE, done, failed
from tests.conftest import Outcome, Wacb, invoke, profile_id
from tests.examples import sampled
from tests.storage.bad_disk import full_disk, read_only
from wacb.cli.app import App
from wacb.sandbox.emulator import Sandbox
from wacb.sandbox.store import Store
from wacb.storage.permissions import make_folder

OLD = 'default_account = "a"\n\n[accounts.a]\nsid = "HX1"\nendpoint = "https://example.com/old"\n'
ENCRYPT = (*CREATE, "--encrypt", "AES-256-GCM")
CONFIG_COMMANDS = [
    ("config", "set", "sid", "HX2"),
    ("config", "set", "api_key", "--api-key-stdin"),
    ("config", "unset", "endpoint"),
    ("config", "init", "--sid", "HX1", "--api-key-stdin", "--no-check"),
]
TOO_LARGE = "File too large", "check the path and the disk"
DENIED = "Permission denied", "check its owner and mode, and its folder's, with ls -ld"


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture
def file(home: Path) -> Path:
    """A config file that was once written by wacb."""
    path = home / ".config" / "wacb" / "config.toml"
    path.parent.mkdir(parents=True)
    for name, text in (("config.toml", OLD), ("config.toml.lock", "")):
        path.with_name(name).write_text(text)
        path.with_name(name).chmod(0o600)
    return path


@pytest.fixture
def key_file(home: Path) -> Path:
    """Where the key of the profile would be."""
    path = home / ".local/state/wacb" / LIVE_KEYS / f"{TITLE}.toml"
    make_folder(path.parent)
    return path


# -- the config


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="there is no /proc")
@pytest.mark.parametrize(
    ("variable", "line", "file"),
    [
        ("XDG_CONFIG_HOME", ("config", "set", "sid", "HX2", "--account", "a"), "config.toml"),
        ("XDG_STATE_HOME", (*CREATE, "--allow-duplicate-title"), "creates/"),
    ],
    ids=["config", "state"],
)
def test_a_folder_in_which_none_can_be_made_is_named(
    live: Wacb, variable: str, line: Sequence[str], file: str
):
    outcome = live(*line, env={variable: "/proc/nowhere"})
    assert outcome.code == 3
    assert f"/proc/nowhere/wacb/{file}" in outcome.err
    assert "No such file or directory\nhint: check the path and the disk\n" in outcome.err


@pytest.mark.parametrize("limit", [0, 20], ids=["full", "almost full"])
@pytest.mark.parametrize("line", CONFIG_COMMANDS, ids=lambda line: " ".join(line[1:3]))
def test_a_full_disk_keeps_the_old_config(
    wacb: Wacb, untouched: Watch, file: Path, line: Sequence[str], limit: int
):
    why, hint = TOO_LARGE
    with untouched(), full_disk(limit):
        outcome = wacb(*line, input="canary-key")
    assert outcome == failed(3, f"cannot write {file}: {why}", hint)
    assert wacb(*line, input="canary-key").code == 0


@pytest.mark.parametrize("line", CONFIG_COMMANDS, ids=lambda line: " ".join(line[1:3]))
def test_a_read_only_disk_keeps_the_old_config(
    wacb: Wacb, untouched: Watch, file: Path, line: Sequence[str]
):
    why, hint = DENIED
    with untouched(), read_only(file.parent):
        outcome = wacb(*line, input="canary-key")
        assert wacb("config", "show", "-q").code == 0
    assert outcome == failed(3, f"cannot lock {file}.lock: {why}", hint)
    assert wacb(*line, input="canary-key").code == 0


def test_a_read_only_folder_keeps_the_old_config(wacb: Wacb, untouched: Watch, file: Path):
    why, hint = DENIED
    with untouched(), read_only(file.parent):
        # the lock can be had, but no temporary file be made beside the old one
        file.with_name("config.toml.lock").chmod(0o600)
        outcome = wacb("config", "set", "sid", "HX2")
    assert outcome == failed(3, f"cannot write {file}: {why}", hint)


def test_a_full_disk_gets_no_first_config(wacb: Wacb, home: Path):
    path = home / ".config" / "wacb" / "config.toml"
    with full_disk():
        outcome = wacb("config", "set", "sid", "HX2", "--account", "a")
    why, hint = TOO_LARGE
    assert outcome == failed(3, f"cannot write {path}: {why}", hint)
    assert names(path.parent) == ["config.toml.lock"]
    assert wacb("config", "show", "-q").code == 0


def test_a_read_only_disk_gets_no_first_config(wacb: Wacb, untouched: Watch, home: Path):
    home.mkdir()
    with untouched(), read_only(home):
        outcome = wacb("config", "set", "sid", "HX2", "--account", "a")
    why, hint = DENIED
    assert outcome == failed(3, f"cannot write {home}/.config/wacb/config.toml: {why}", hint)


@pytest.mark.parametrize(
    ("number", "why"), [(errno.EINVAL, None), (errno.EIO, "Input/output error")]
)
def test_a_file_system_need_not_be_able_to_sync_a_folder(
    wacb: Wacb, file: Path, monkeypatch: pytest.MonkeyPatch, number: int, why: str | None
):
    real = os.fsync

    def fsync(descriptor: int) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(number, os.strerror(number))
        real(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    outcome = wacb("config", "set", "sid", "HX2")
    if why:
        assert outcome == failed(3, f"cannot write {file}: {why}", "check the path and the disk")
    else:
        assert outcome == done()
    assert 'sid = "HX2"' in file.read_text()


# -- the key of a profile


@pytest.mark.parametrize("limit", [0, 20], ids=["full", "almost full"])
def test_no_profile_is_created_with_a_key_that_a_full_disk_loses(
    live: Wacb, sandbox: Sandbox, key_file: Path, limit: int
):
    with full_disk(limit):
        outcome = live(*ENCRYPT)
    why, hint = TOO_LARGE
    assert outcome == failed(3, f"cannot write {key_file}: {why}", hint)
    assert names(key_file.parent) == [f"{TITLE}.toml.lock"]
    assert writes(sandbox) == []
    note = f"note: generated an AES-256-GCM key: {key_file} (back it up)"
    assert live(*ENCRYPT, "-q") == done(profile_id(1), note)


def test_no_profile_is_created_with_a_key_that_a_read_only_disk_refuses(
    live: Wacb, untouched: Watch, key_file: Path
):
    with untouched(), read_only(key_file.parent):
        outcome = live(*ENCRYPT)
    why, hint = DENIED
    assert outcome == failed(3, f"cannot lock {key_file}.lock: {why}", hint)


def test_a_key_on_a_full_and_read_only_disk_is_used(live: Wacb, key_file: Path):
    assert live(*ENCRYPT).code == 0
    before = key_file.read_bytes()
    with full_disk(), read_only(key_file.parent):
        again = live(*ENCRYPT, "--if-not-exists", "-q")
    assert again.out == f"{profile_id(1)}\n"
    assert key_file.read_bytes() == before


# -- the whole program, on a small and on a read-only disk where this system lets one be mounted

MOUNT = ["unshare", "--map-root-user", "--mount", "sh", "-c"]
SMALL = """
cp -a "$DISK" "$DISK.before"
mount -t tmpfs -o size=64k none "$DISK" && cp -a "$DISK.before/." "$DISK"
cat /dev/zero 2> /dev/null > "$DISK/filler"
"$@"; code=$?
rm "$DISK/filler"
cp -a "$DISK" "$DISK.after"
exit $code
"""
READ_ONLY = """
mount --bind "$DISK" "$DISK" && mount -o remount,bind,ro "$DISK" && exec "$@"
"""


def can_mount() -> bool:
    probe = [*MOUNT, "mount -t tmpfs none /tmp"]
    if not shutil.which("unshare"):
        return False
    return subprocess.run(probe, capture_output=True).returncode == 0


# what runs the program, what it fails to do, why, and the hint
DISKS = {"limit": (["sh", "-c", 'ulimit -f 0; exec "$@"'], "write {}", *TOO_LARGE)}
if can_mount():
    DISKS["small"] = (
        [*MOUNT, SMALL],
        "write {}",
        "No space left on device",
        "free some disk space and try again",
    )
    DISKS["read-only"] = (
        [*MOUNT, READ_ONLY],
        "lock {}.lock",
        "Read-only file system",
        "use a path on a writable file system, or set XDG_CONFIG_HOME or XDG_STATE_HOME",
    )


@pytest.mark.parametrize("kind", sampled(DISKS, every=2))
def test_the_program_on_a_bad_disk(tmp_path: Path, kind: str):
    disk = tmp_path / "disk"
    disk.mkdir()
    (disk / "config.toml").write_text(OLD)
    env = {**os.environ, "DISK": str(disk), "WACB_CONFIG": str(disk / "config.toml")}
    program = [sys.executable, "-m", "wacb"]

    def run(*command: str) -> Outcome:
        ended = subprocess.run(command, env=env, capture_output=True, text=True, timeout=60)
        return Outcome(code=ended.returncode, out=ended.stdout, err=ended.stderr)

    starter, deed, why, hint = DISKS[kind]
    outcome = run(*starter, "sh", *program, "config", "set", "sid", "HX2")
    assert outcome == failed(3, f"cannot {deed.format(disk / 'config.toml')}: {why}", hint)
    after = tmp_path / "disk.after" if kind == "small" else disk
    assert {path.name for path in after.iterdir()} <= {"config.toml", "config.toml.lock"}
    assert (after / "config.toml").read_text() == OLD
    assert run(*program, "--sandbox", "profile", "list", "-q").out == ""


def test_a_full_disk_under_the_sandbox_is_named(wacb: Wacb, tmp_path: Path):
    path = tmp_path / "sandbox.sqlite3"
    sandbox = Sandbox(Store(path))

    def run(*line: str) -> Outcome:
        app = App(environ={"HOME": str(tmp_path)}, sandbox=sandbox, interactive=False)
        app.state_folder = tmp_path
        return invoke(app, "--sandbox", *line)

    assert run(*CREATE).code == 0
    with full_disk(4095):  # less than a page of the database, and more than the journal
        outcome = run("profile", "update", TITLE, "--response-message", "ok")
    assert (outcome.code, outcome.out) == (3, "")
    assert f"error: the sandbox cannot use its state file {path}: " in outcome.err
    assert outcome.err.endswith("hint: free some space, or set XDG_STATE_HOME to another folder\n")

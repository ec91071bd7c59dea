"""Files that another user could read, write or replace: refused where they count, or corrected."""

from __future__ import annotations

import os
import pwd
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.cli.expect import CREATE, ONE, failed
from tests.conftest import Wacb, profile_id
from wacb.storage.permissions import make_folder

ROOT_ONLY = pytest.mark.skipif(os.geteuid() != 0, reason="only root can change an owner")
ME = pwd.getpwuid(os.geteuid()).pw_name
SOMEBODY = 54321  # no user of this machine
KEY = 'api_key = "canary"'
COMMAND = 'api_key_command = ["touch", "RAN"]'


@pytest.fixture
def file(home: Path) -> Path:
    path = home / ".config" / "wacb" / "config.toml"
    make_folder(path.parent)
    return path


def write(file: Path, secret: str, mode: int = 0o600) -> Path:
    """Write a config; the path that its command would leave behind is returned."""
    ran = file.parent / "ran"
    file.write_text(f'[accounts.a]\nsid = "HX1"\n{secret.replace("RAN", str(ran))}\n')
    file.chmod(mode)
    return ran


@pytest.mark.parametrize(
    ("secret", "mode", "what", "hint"),
    [
        (KEY, 0o620, "contains a key and can be changed by other users", "chmod 600"),
        (COMMAND, 0o602, "can be changed by other users", "chmod go-w"),
        *(
            pytest.param(secret, mode, what, hint, marks=pytest.mark.thorough)
            for mode in (0o602, 0o620, 0o666, 0o777)
            for secret, what, hint in [
                (COMMAND, "can be changed by other users", "chmod go-w"),
                (
                    KEY,
                    f"contains a key and can be {'read' if mode & 4 else 'changed'} by other users",
                    "chmod 600",
                ),
            ]
        ),
    ],
)
def test_a_config_that_others_can_change_is_refused(
    wacb: Wacb, file: Path, secret: str, mode: int, what: str, hint: str
):
    ran = write(file, secret, mode)
    assert wacb(*CREATE) == failed(3, f"{file} {what}", f"{hint} {file}")
    assert not ran.exists()
    file.chmod(0o600)
    assert wacb("config", "show").code == 0


@pytest.mark.parametrize("up", [0, pytest.param(2, marks=pytest.mark.thorough)])
@pytest.mark.parametrize("secret", [COMMAND, pytest.param(KEY, marks=pytest.mark.thorough)])
def test_a_config_in_a_folder_that_others_can_write_is_refused(
    wacb: Wacb, file: Path, secret: str, up: int
):
    ran, folder = write(file, secret), file.parents[up]
    folder.chmod(0o775)
    why = f"{file} can be replaced by other users: they can write to {folder}"
    assert wacb(*CREATE) == failed(3, why, f"chmod go-w {folder}")
    assert not ran.exists()
    folder.chmod(0o1777)  # as /tmp: nobody can replace a file of another user
    assert wacb("config", "show").code == 0


@ROOT_ONLY
@pytest.mark.parametrize("secret", [COMMAND, pytest.param(KEY, marks=pytest.mark.thorough)])
def test_a_config_of_another_user_is_refused(wacb: Wacb, file: Path, secret: str):
    ran = write(file, secret)
    os.chown(file, SOMEBODY, -1)
    assert wacb(*CREATE) == failed(3, f"{file} belongs to another user", f"chown {ME} {file}")
    os.chown(file, os.geteuid(), -1)
    os.chown(file.parent, SOMEBODY, -1)
    why = f"{file} can be replaced by another user, who owns {file.parent}"
    hint = f"move it to a folder of your own, or run: chown {ME} {file.parent}"
    assert wacb(*CREATE) == failed(3, why, hint)
    assert not ran.exists()


@ROOT_ONLY
def test_a_user_without_a_name_is_named_by_number(
    wacb: Wacb, file: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(pwd, "getpwuid", {}.__getitem__)
    write(file, KEY)
    os.chown(file, SOMEBODY, -1)
    assert wacb(*CREATE) == failed(3, f"{file} belongs to another user", f"chown 0 {file}")


@pytest.mark.thorough
def test_what_a_link_leads_to_counts_as_well(wacb: Wacb, file: Path, tmp_path: Path):
    open_folder = tmp_path / "open"
    open_folder.mkdir()
    open_folder.chmod(0o777)
    write(open_folder / "config.toml", COMMAND)
    file.symlink_to(open_folder / "config.toml")
    why = f"{file} can be replaced by other users: they can write to {open_folder}"
    assert wacb(*CREATE) == failed(3, why, f"chmod go-w {open_folder}")


def test_a_config_without_key_or_command_may_be_shared(wacb: Wacb, file: Path):
    write(file, "", 0o666)
    file.parent.chmod(0o777)
    assert wacb("config", "show").code == 0


def test_a_config_from_a_pipe_is_read(wacb: Wacb):
    reading, writing = os.pipe()
    os.write(writing, f"[accounts.a]\n{KEY}\n".encode())
    os.close(writing)
    try:
        assert wacb("config", "show", "--config", f"/dev/fd/{reading}").code == 0
    finally:
        os.close(reading)


# -- files of ours


def modes(folder: Path) -> dict[str, int]:
    """Who can use each path that is not private."""
    every = (folder, *folder.rglob("*"))
    shown = {str(path): stat.S_IMODE(path.stat().st_mode) for path in every}
    return {
        path: mode
        for path, mode in shown.items()
        if mode != (0o700 if Path(path).is_dir() else 0o600)
    }


@pytest.fixture
def umask() -> Iterator[Callable[[int], int]]:
    before = os.umask(0o022)
    try:
        yield os.umask
    finally:
        os.umask(before)


FIRST: dict[str, tuple[str, ...]] = {
    "create": CREATE,
    "key": (*CREATE, "--encrypt", "AES-128-CFB"),
    "once": (*CREATE, "--if-not-exists"),
    "list": ("profile", "list"),
    "attach": ("number", "attach", ONE, "--profile", profile_id(1)),
    "sandbox": ("sandbox", "reset", "--yes"),
    "config": ("config", "init", "--no-check"),
    "add": ("number", "add", "+15550100077", "--name", "Shop", "--country-code", "1"),
}


@pytest.mark.parametrize("mask", [0, 0o002, 0o777], ids=oct)
@pytest.mark.parametrize("name", FIRST)
def test_what_the_first_command_creates_is_private(
    live: Wacb, home: Path, umask: Callable[[int], int], name: str, mask: int
):
    home.mkdir(mode=0o700)
    umask(mask)
    live(*FIRST[name])
    umask(0o022)
    assert modes(home) == {}


def test_modes_that_an_older_version_left_are_corrected(live: Wacb, home: Path):
    for line in (CREATE, FIRST["attach"]):
        assert live(*line).code == 0
    state = home / ".local" / "state" / "wacb"
    for path in (state, *state.rglob("*")):
        path.chmod(0o775 if path.is_dir() else 0o666)
    (state / "link").symlink_to("/dev/null")
    assert live("number", "history").code == 0
    (state / "link").unlink()
    assert modes(state) == {}
    (state / "journal.jsonl").chmod(0o666)
    assert live("number", "detach", ONE, "--yes").code == 0
    assert modes(state) == {}

"""Who may read and change files: ours are made private, those with a key are checked."""

from __future__ import annotations

import os
import shlex
import stat
from contextlib import suppress
from pathlib import Path

from wacb.errors import ConfigError

_OTHERS_READ, _OTHERS_WRITE = 0o044, 0o022


def make_folder(folder: Path) -> None:
    """Create a folder and its missing parents, each 0700 whatever the umask. Raises OSError."""
    if not folder.parent.exists():
        make_folder(folder.parent)
    try:
        folder.mkdir(mode=0o700)
    except FileExistsError:
        if not folder.is_dir():
            raise
        return
    folder.chmod(0o700)


def open_private(path: Path, flags: int) -> int:
    """Open a file of ours, which ends up 0600 whatever the umask and its old mode."""
    descriptor = os.open(path, flags, 0o600)
    if stat.S_IMODE(os.fstat(descriptor).st_mode) != 0o600:
        with suppress(PermissionError):  # it belongs to another user
            os.fchmod(descriptor, 0o600)
    return descriptor


def make_private(path: Path) -> None:
    """Change the mode of a file of ours to 0600 if it is another one."""
    os.close(open_private(path, os.O_RDONLY))


def correct_modes(folder: Path) -> None:
    """Keep others out of a folder that they can enter, and out of what is in it, if possible."""
    with suppress(OSError):
        if not folder.stat().st_mode & 0o077:
            return
        for path in (folder, *folder.rglob("*")):
            if not path.is_symlink():
                path.chmod(path.stat().st_mode & (0o700 if path.is_dir() else 0o600))


def check_private(path: Path) -> None:
    """Raise ConfigError, with the command that fixes it, unless `path` is its owner's alone."""
    mode = path.stat().st_mode
    for bits, what in ((_OTHERS_READ, "read"), (_OTHERS_WRITE, "changed")):
        if mode & bits:
            raise ConfigError(
                f"{path} contains a key and can be {what} by other users",
                hint=f"chmod 600 {shlex.quote(str(path))}",
            )
    _check_owner(path)


def check_unchangeable(path: Path) -> None:
    """Raise ConfigError if another user could change `path`, or replace it or a folder of it."""
    if path.stat().st_mode & _OTHERS_WRITE:
        raise ConfigError(
            f"{path} can be changed by other users", hint=f"chmod go-w {shlex.quote(str(path))}"
        )
    _check_owner(path)
    # a link can be replaced in its own folder, what it leads to in another one
    for folder in dict.fromkeys((*path.absolute().parents, *Path(os.path.realpath(path)).parents)):
        _check_folder(path, folder)


def _check_folder(path: Path, folder: Path) -> None:
    mode = folder.stat().st_mode
    quoted = shlex.quote(str(folder))
    if mode & _OTHERS_WRITE and not mode & stat.S_ISVTX:  # as of /tmp, where files keep their owner
        raise ConfigError(
            f"{path} can be replaced by other users: they can write to {folder}",
            hint=f"chmod go-w {quoted}",
        )
    if not _is_ours(folder):
        raise ConfigError(
            f"{path} can be replaced by another user, who owns {folder}",
            hint=f"move it to a folder of your own, or run: chown {_user_name()} {quoted}",
        )


def _check_owner(path: Path) -> None:
    if not _is_ours(path):
        raise ConfigError(
            f"{path} belongs to another user", hint=f"chown {_user_name()} {shlex.quote(str(path))}"
        )


def _is_ours(path: Path) -> bool:
    """Return whether a path belongs to this user, or to root, who can change everything anyway."""
    return path.stat().st_uid in (0, os.geteuid())


def _user_name() -> str:
    import pwd

    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:  # as in many containers
        return str(os.geteuid())

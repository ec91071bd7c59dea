"""Files on disk: read, rewrite or extend under a lock, never losing one; judge who may read them.

Every file that wacb writes goes through here. What the files mean is their owners' business; that
a TOML file is named by its line and never quoted, since it may hold a key, is settled here once.
"""

from __future__ import annotations

import errno
import fcntl
import os
import re
import shlex
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from wacb.errors import ConfigError

_HINTS = {
    errno.EACCES: "check its owner and mode, and its folder's, with ls -ld",
    errno.EPERM: "check its owner and mode, and its folder's, with ls -ld",
    errno.EROFS: "the file system is read-only: name another file, or set XDG_STATE_HOME",
    errno.ENOSPC: "the disk is full: free some space and try again",
    errno.EDQUOT: "your disk quota is used up: free some space and try again",
    errno.EISDIR: "name a file, not a folder",
    errno.ENOTDIR: "a part of this path is a file, not a folder",
    errno.EEXIST: "a file or a broken link stands where its folder should be",
}


def read_text(path: Path) -> str | None:
    """Return the UTF-8 text of `path`, None when there is no such file.

    Raises ConfigError, which never repeats the content, for a folder, an unreadable file or text
    that is not UTF-8.
    """
    content = read_bytes(path)
    try:
        return None if content is None else content.decode("utf-8")
    except UnicodeDecodeError:
        raise ConfigError(f"{path} is not UTF-8 text", hint="save it as UTF-8") from None


def read_bytes(path: Path) -> bytes | None:
    """Return what `path` holds, None when there is no such file, else raise ConfigError."""
    with _named("read", path), suppress(FileNotFoundError):
        return path.read_bytes()
    return None


def read_required(path: Path) -> str:
    """Return the text of a file that must be there, like read_text, else raise ConfigError."""
    text = read_text(path)
    if text is None:
        raise ConfigError(f"the file {path} does not exist", hint="check the path")
    return text


# How the parser begins what it says, and what may be repeated of that.
_REASONS = {
    "Cannot overwrite": "a key stands there twice",
    "Cannot declare": "a table stands there twice",
    "Expected '=' after": "a key needs = and a value",
    "Expected newline": "each line holds one key = value",
    "Invalid value": "a value is missing, or a string lacks its quotes",
    "Unterminated string": "a string is not closed",
    "Unclosed": "an array or a table is not closed",
}


def parse_toml(path: Path, text: str) -> dict[str, Any]:
    """Return the tables of `text`, or raise ConfigError that names `path` and the line only."""
    import tomllib

    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        # The parser's own words may quote the file, so only the place is taken out of them.
        place = re.search(r"\(at line (\d+), column \d+\)\Z", str(error))
        line = f" (line {place[1]})" if place else ""
        reasons = [words for start, words in _REASONS.items() if str(error).startswith(start)]
    hint = "; ".join((*reasons, "mend it in an editor"))
    raise ConfigError(f"{path} is not valid TOML{line}", hint=hint)


def update(path: Path, change: Callable[[str | None], str]) -> None:
    """Rewrite `path` with what `change` makes of its present text (None: there is no file).

    One writer at a time, and a reader or a crash sees the old file or the new one, never a part.
    The file ends up 0600; a text that stays the same is not written. An error of `change` or a
    ConfigError of the disk leaves the old file as it was.
    """
    with locked(path) as target:
        with _named("write", path):
            _sweep(target.parent, re.escape(target.name))
        old = read_text(target)
        new = change(old)
        if new != old:
            with _named("write", path):
                _replace(target, new.encode("utf-8"))


def create(path: Path, text: str) -> None:
    """Write a file whose name nobody else takes, 0600, in a folder that is there.

    A reader or a crash sees all of it or nothing. Raises ConfigError.
    """
    with _named("write", path):
        _replace(path, text.encode("utf-8"))


def check_folder(path: Path) -> None:
    """Raise ConfigError unless files can be created in `path`, which is made 0700 if need be.

    What killed writers left there a minute ago or more goes; another one may write there now.
    """
    with _named("write to", path):
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        from tempfile import TemporaryFile

        with TemporaryFile(dir=path):
            pass
    with suppress(OSError):  # another one's sweep was faster, or the folder cannot be read
        _sweep(path, ".+", before=time.time() - 60)


def append_line(path: Path, line: str) -> None:
    """Add `line`, which holds no line break, to the end of `path`; return once it is on the disk.

    One writer at a time. A last line that a crash has torn is ended first, so that the new one
    stands by itself; nothing that stands there is changed. The file ends up 0600. After a
    ConfigError (a full disk) it is as long as it was.
    """
    with _appending(path) as (descriptor, folder):
        size = os.fstat(descriptor).st_size
        torn = size > 0 and os.pread(descriptor, 1, size - 1) != b"\n"
        _extend(descriptor, size, ("\n" * torn + f"{line}\n").encode("utf-8"))
        if size == 0:
            _sync(folder)  # the file may be new, and its name must last as well


def check_appendable(path: Path) -> None:
    """Raise ConfigError where append_line could not open `path`, which is created if need be."""
    with _appending(path):
        pass


@contextmanager
def _appending(path: Path) -> Iterator[tuple[int, Path]]:
    """Open `path` under its lock; yield the descriptor and the folder it is in."""
    with locked(path) as target, _named("write", path):
        descriptor = os.open(target, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.fchmod(descriptor, 0o600)
            yield descriptor, target.parent
        finally:
            os.close(descriptor)


@contextmanager
def locked(path: Path) -> Iterator[Path]:
    """Hold the lock of `path` against other threads and processes; yield the file behind links.

    The lock is a file of its own (`<file>.lock`), because a rewrite exchanges the file itself. It
    stays: removing it would let two processes lock two files of one name.
    """
    with _named("write", path):
        # Links are followed first, so that two names of one file share one lock.
        target = Path(os.path.realpath(path))
        if target.exists() and not target.is_file():
            raise ConfigError(f"cannot write {path}: it is not a regular file")
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = target.with_name(f"{target.name}.lock")
    with _named("lock", lock):
        descriptor = os.open(lock, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        with _named("lock", lock):
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield target
    finally:
        os.close(descriptor)


def others_can_read(path: Path) -> bool:
    """Say whether the mode of `path` lets its group or everybody read it."""
    with _named("read", path):
        return path.stat().st_mode & 0o044 != 0


def check_private(path: Path) -> None:
    """Raise ConfigError, with the command that mends it, if others can read `path`."""
    if others_can_read(path):
        raise ConfigError(
            f"{path} holds a key and can be read by other users",
            hint=f"chmod 600 {shlex.quote(str(path))}",
        )


@contextmanager
def _named(action: str, path: Path) -> Iterator[None]:
    """Turn an OSError into a ConfigError that names `path`."""
    try:
        yield
    except OSError as error:
        hint = _HINTS.get(error.errno or 0, "check the path and the disk")
        raise ConfigError(f"cannot {action} {path}: {error.strerror}", hint=hint) from error


def _sweep(folder: Path, name: str, before: float = float("inf")) -> None:
    """Remove what killed writers of files whose name matches `name` left `before` a Unix time.

    Only safe under the lock, or where a writer would be done by now.
    """
    ours = re.compile(rf"\.{name}\.[0-9a-f]{{16}}\.tmp")
    for file in folder.iterdir():
        if ours.fullmatch(file.name) and file.lstat().st_mtime < before:
            file.unlink()


def _replace(target: Path, content: bytes) -> None:
    temporary = target.with_name(f".{target.name}.{os.urandom(8).hex()}.tmp")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(descriptor)
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)
    _sync(target.parent)


def _extend(descriptor: int, size: int, content: bytes) -> None:
    """Write `content` behind the `size` bytes that are there, or cut the file back to them."""
    try:
        while content:
            content = content[os.write(descriptor, content) :]
        os.fsync(descriptor)
    except OSError:
        with suppress(OSError):  # the first failure is the one to tell
            os.ftruncate(descriptor, size)
        raise


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

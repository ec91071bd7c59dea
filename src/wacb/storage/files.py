"""Every file of ours: read, rewritten or extended under a lock, and who may read it."""

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

from wacb.errors import ConfigError, DeadlineExceeded
from wacb.storage import paths, permissions
from wacb.storage.text import decode_text

_HINTS = {
    errno.EACCES: "check its owner and mode, and its folder's, with ls -ld",
    errno.EPERM: "check its owner and mode, and its folder's, with ls -ld",
    errno.EROFS: "use a path on a writable file system, or set XDG_CONFIG_HOME or XDG_STATE_HOME",
    errno.ENOSPC: "free some disk space and try again",
    errno.EDQUOT: "free some of your disk quota and try again",
    errno.EISDIR: "pass a file, not a folder",
    errno.ENOTDIR: "check the path: a part of it is a file, not a folder",
    errno.EEXIST: "remove the file or broken link in its folder's place",
}
Remaining = Callable[[], float]  # seconds that may still be waited for a lock
WRITE_ERRORS = (ConfigError, DeadlineExceeded)  # what every function that locks may raise
_LOCK_SECONDS = 30.0  # where the caller has no limit; each holder needs milliseconds
_AFTER_THE_FACT = 5.0  # to record what was done, however late it is
_TRY_EVERY = 0.01  # seconds


def read_text(path: Path) -> str | None:
    """Return the text of `path`, None when there is no such file.

    Raises ConfigError, which never repeats the content, for a folder, an unreadable file or text
    that cannot be decoded.
    """
    content = read_bytes(path)
    try:
        return None if content is None else decode_text(content)
    except ValueError as error:
        raise ConfigError(f"{path} {error}", hint="save it as UTF-8") from None


def read_bytes(path: Path) -> bytes | None:
    """Return the content of `path`, None when there is no such file, else raise ConfigError."""
    if paths.is_nowhere(path):
        return None
    with _translate_os_error("read", path), suppress(FileNotFoundError):
        return path.read_bytes()
    return None


def read_required(path: Path) -> str:
    """Return the text of a file as read_text does; raise ConfigError if there is none."""
    text = read_text(path)
    if text is None:
        raise ConfigError(f"the file {path} does not exist", hint="check the path")
    return text


def within(seconds: float) -> Remaining:
    """Return what counts down `seconds` from now on."""
    end = time.monotonic() + seconds
    return lambda: end - time.monotonic()


def after_the_fact() -> Remaining:
    """Return the wait for recording what was done: a moment, even if no time is left."""
    return within(_AFTER_THE_FACT)


def update(
    path: Path, change: Callable[[str | None], str], *, remaining: Remaining | None = None
) -> None:
    """Rewrite `path` with what `change` makes of its present text (None: there is no file).

    One writer at a time, and a reader or a crash sees the old file or the new one, never a part.
    The file ends up 0600; a text that stays the same is not written. An error of `change` or a
    ConfigError of the disk leaves the old file unchanged. Waits for the lock as `locked` does.
    """
    with locked(path, remaining=remaining) as target:
        with _translate_os_error("write", path):
            _sweep(target.parent, re.escape(target.name))
        old = read_text(target)
        new = change(old)
        with _translate_os_error("write", path):
            if new != old:
                _replace(target, new.encode("utf-8"))
            else:
                permissions.make_private(target)


def create(path: Path, text: str) -> None:
    """Write a file whose name nobody else uses, 0600, in an existing folder.

    A reader or a crash sees all of it or nothing. Raises ConfigError.
    """
    paths.require_folder(path)
    with _translate_os_error("write", path):
        _replace(path, text.encode("utf-8"))


def check_folder(path: Path) -> None:
    """Raise ConfigError unless files can be created in `path`, which is made 0700 if need be.

    Temporary files that killed writers left are removed.
    """
    paths.require_folder(path)
    with _translate_os_error("write to", path):
        permissions.make_folder(path)
        probe = _temporary(path / "probe")
        os.close(permissions.open_private(probe, os.O_WRONLY | os.O_CREAT | os.O_EXCL))
        probe.unlink()
    with suppress(OSError):  # another process removed them first, or the folder cannot be read
        _sweep(path, ".+", is_locked=False)


def append_line(
    path: Path,
    line: str | Callable[[int], str],
    *,
    remaining: Remaining | None = None,
    sync: bool = True,
) -> int:
    """Append a line, which has no line break, to `path`; return its place in the file.

    `line` may be made from that place. It is on the disk then, unless `sync` is false: then it may
    be lost with the power. One writer at a time. A last line that a crash has torn is ended first,
    so that the new one stands by itself. The file ends up 0600. After a ConfigError (a full disk)
    it is as long as it was.
    """
    with _appending(path, remaining) as (descriptor, folder):
        size = os.fstat(descriptor).st_size
        torn = size > 0 and os.pread(descriptor, 1, size - 1) != b"\n"
        place = size + torn
        text = line if isinstance(line, str) else line(place)
        _extend(descriptor, size, ("\n" * torn + f"{text}\n").encode("utf-8"), sync=sync)
        if size == 0:
            _sync(folder)  # the file may be new, and its name must last as well
    return place


def check_appendable(path: Path, *, remaining: Remaining | None = None) -> None:
    """Raise ConfigError if append_line cannot open `path`, which is created if need be."""
    with _appending(path, remaining):
        pass


@contextmanager
def _appending(path: Path, remaining: Remaining | None) -> Iterator[tuple[int, Path]]:
    """Open `path` under its lock; yield the descriptor and the folder it is in."""
    with locked(path, remaining=remaining) as target, _translate_os_error("write", path):
        descriptor = permissions.open_private(target, os.O_RDWR | os.O_APPEND | os.O_CREAT)
        try:
            yield descriptor, target.parent
        finally:
            os.close(descriptor)


@contextmanager
def locked(path: Path, *, remaining: Remaining | None = None) -> Iterator[Path]:
    """Hold the lock of `path` against other threads and processes; yield the file behind links.

    The lock is a file of its own (`<file>.lock`), because a rewrite replaces the file itself. It
    stays: removing it would let two processes lock two files of one name. Raises ConfigError, and
    DeadlineExceeded if the lock is still taken when no time is `remaining` (by default 30 s).
    """
    paths.require_folder(path)
    with _translate_os_error("write", path):
        # Links are followed first, so that two names of one file share one lock.
        target = Path(os.path.realpath(path))
        if target.exists() and not target.is_file():
            raise ConfigError(f"cannot write {path}: it is not a regular file")
        permissions.make_folder(target.parent)
    lock = target.with_name(f"{target.name}.lock")
    wait = within(_LOCK_SECONDS) if remaining is None else remaining
    with hold_lock(lock, remaining=wait, timeout_error=_busy_error(path, lock)):
        yield target


def _busy_error(path: Path, lock: Path) -> DeadlineExceeded:
    return DeadlineExceeded(
        f"{path} is locked by another process",
        hint=f"end or resume that process (`fuser {shlex.quote(str(lock))}` shows its ID), or pass "
        "a longer --deadline",
        sent=False,
    )


@contextmanager
def hold_lock(
    lock: Path,
    *,
    remaining: Remaining,
    timeout_error: DeadlineExceeded,
    try_every: float = _TRY_EVERY,
    sleep: Callable[[float], None] = time.sleep,
    on_busy: Callable[[], None] = lambda: None,
) -> Iterator[None]:
    """Hold the lock file `lock`, which is created if need be; signals interrupt the wait for it.

    Calls `on_busy` once if there is a wait. Raises `timeout_error` when `remaining` seconds do not
    suffice, and ConfigError if the disk does not let it.
    """
    paths.require_folder(lock)
    with _translate_os_error("lock", lock):
        permissions.make_folder(lock.parent)
        descriptor = permissions.open_private(lock, os.O_RDWR | os.O_CREAT)
    try:
        if not _try_lock(descriptor, lock):
            on_busy()
            while not _try_lock(descriptor, lock):
                if remaining() <= try_every:
                    raise timeout_error
                sleep(try_every)
        yield
    finally:
        os.close(descriptor)


def _try_lock(descriptor: int, lock: Path) -> bool:
    with _translate_os_error("lock", lock), suppress(BlockingIOError):
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return True
    return False


@contextmanager
def _translate_os_error(action: str, path: Path) -> Iterator[None]:
    """Turn an OSError into a ConfigError that names `path`."""
    try:
        yield
    except OSError as error:
        hint = _HINTS.get(error.errno or 0, "check the path and the disk")
        raise ConfigError(f"cannot {action} {path}: {error.strerror}", hint=hint) from error


def _sweep(folder: Path, name: str, *, is_locked: bool = True) -> None:
    """Remove temporary files of killed writers, for names like `name`, with or without the lock."""
    ours = re.compile(rf"\.{name}\.[0-9a-f]{{16}}\.tmp")
    for file in folder.iterdir():
        if ours.fullmatch(file.name) and (is_locked or _is_abandoned(file)):
            file.unlink()


def _is_abandoned(temporary: Path) -> bool:
    if abs(time.time() - temporary.lstat().st_mtime) < 60:  # it may not have its lock yet
        return False
    with temporary.open("rb") as file, suppress(BlockingIOError):
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        return True
    return False


def _temporary(target: Path) -> Path:
    return target.with_name(f".{target.name}.{os.urandom(8).hex()}.tmp")


def _replace(target: Path, content: bytes) -> None:
    temporary = _temporary(target)
    descriptor = permissions.open_private(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
    try:
        with os.fdopen(descriptor, "wb") as file:
            fcntl.flock(descriptor, fcntl.LOCK_EX)  # while it is held, nobody sweeps the file
            file.write(content)
            file.flush()
            os.fsync(descriptor)
            temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)
    _sync(target.parent)


def _extend(descriptor: int, size: int, content: bytes, *, sync: bool) -> None:
    """Append `content` to the `size` bytes of the file, or truncate it to them again."""
    try:
        while content:
            content = content[os.write(descriptor, content) :]
        if sync:
            os.fsync(descriptor)
    except OSError:
        with suppress(OSError):  # the first failure is the one to report
            os.ftruncate(descriptor, size)
        raise


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno != errno.EINVAL:  # as in folders shared by VirtualBox or an old CIFS
            raise
    finally:
        os.close(descriptor)

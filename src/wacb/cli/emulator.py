"""The emulator as `wacb --sandbox` reaches it: in this process, its state in the user's folder."""

from __future__ import annotations

import shlex
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from wacb.errors import ConfigError
from wacb.net.message import Handler
from wacb.sandbox.emulator import Sandbox
from wacb.sandbox.in_process import exchange
from wacb.sandbox.store import Store

_FILE = "sandbox.sqlite3"


def open_sandbox(folder: Path) -> Sandbox:
    """Open the emulator whose state is in `folder`. Raises ConfigError where it can't be."""
    path = folder / _FILE
    try:
        with state_errors(folder):
            return Sandbox(Store(path))
    except OSError as error:
        raise ConfigError(
            f"the sandbox cannot use its state in {path}: {error.strerror}",
            hint="check this path, or name another folder in XDG_STATE_HOME",
        ) from error


def network(sandbox: Sandbox, folder: Path) -> Handler:
    """Make the emulator with its state in `folder` stand for the network."""

    def answer(
        method: str, url: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[int, Sequence[tuple[str, str]], Iterator[bytes]]:
        with state_errors(folder):
            return exchange(sandbox, method, url, headers, body)

    return answer


@contextmanager
def state_errors(folder: Path) -> Iterator[None]:
    """Raise ConfigError where the emulator's state in `folder` can't be read or written now."""
    path = folder / _FILE
    try:
        yield
    except sqlite3.DatabaseError as error:
        raise ConfigError(
            f"the sandbox cannot use its state in {path}: {error}", hint=_remedy(error, path)
        ) from error


def _remedy(error: sqlite3.DatabaseError, path: Path) -> str:
    # what the store raises itself has no code; the lower byte is the kind of an extended one
    kind = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_NOTADB) & 0xFF
    if kind in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return "another program uses it: try again, or end that program"
    if kind in (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT):
        return f"start it anew: rm {shlex.quote(str(path))}"
    return "free some space, or name another folder in XDG_STATE_HOME"

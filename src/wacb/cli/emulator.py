"""The emulator of `wacb --sandbox`: in this process, its state in the user's folder."""

from __future__ import annotations

import shlex
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from wacb.cli.input import read_input
from wacb.errors import ConfigError, DeadlineExceeded, InvalidInput
from wacb.net.message import Handler
from wacb.sandbox.contract import Contract, read_contract
from wacb.sandbox.emulator import Sandbox
from wacb.sandbox.in_process import exchange
from wacb.sandbox.store import Store, is_busy
from wacb.storage.paths import require_folder
from wacb.storage.permissions import make_folder
from wacb.storage.toml import parse_toml

_FILE = "sandbox.sqlite3"


def read_contract_file(path: Path) -> Contract:
    """Read a TOML file that says how the emulator behaves. Raises InvalidInput."""
    try:
        values = parse_toml(path, read_input(path, "the contract"))
    except ConfigError as error:
        raise InvalidInput(error.message, hint=error.hint) from None
    return read_contract(values)


def open_sandbox(folder: Path, *, remaining: Callable[[], float]) -> Sandbox:
    """Open the emulator whose state is in `folder`. Raises ConfigError if that fails.

    `remaining` seconds may be waited whenever another process has locked it.
    """
    path = folder / _FILE
    require_folder(path)
    try:
        make_folder(folder)
        with state_errors(folder):
            return Sandbox(Store(path, remaining=remaining))
    except OSError as error:
        raise ConfigError(
            f"the sandbox cannot use its state file {path}: {error.strerror}",
            hint="check this path, or set XDG_STATE_HOME to another folder",
        ) from error


def network(sandbox: Sandbox, folder: Path) -> Handler:
    """Return a stand-in for the network: the emulator with its state in `folder`."""

    def answer(
        method: str, url: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[int, Sequence[tuple[str, str]], Iterator[bytes]]:
        with state_errors(folder):
            return exchange(sandbox, method, url, headers, body)

    return answer


@contextmanager
def state_errors(folder: Path) -> Iterator[None]:
    """Raise ConfigError if the emulator's state in `folder` cannot be read or written.

    Raises DeadlineExceeded if another process has locked it for too long.
    """
    path = folder / _FILE
    try:
        yield
    except sqlite3.DatabaseError as error:
        if is_busy(error):
            raise DeadlineExceeded(
                f"{path} is locked by another process",
                hint=f"end or resume that process: `fuser {shlex.quote(str(path))}` shows its ID",
                sent=False,
            ) from error
        raise ConfigError(
            f"the sandbox cannot use its state file {path}: {error}", hint=_hint(error, path)
        ) from error


def _hint(error: sqlite3.DatabaseError, path: Path) -> str:
    # an error that the store raises itself has no code; of an extended one the lower byte counts
    kind = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_NOTADB) & 0xFF
    if kind in (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT):
        return f"delete it to start over: rm {shlex.quote(str(path))}"
    return "free some space, or set XDG_STATE_HOME to another folder"

"""The state of the emulator in one SQLite file: profiles, numbers and messages as rows of JSON."""

from __future__ import annotations

import json
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from math import inf
from pathlib import Path
from typing import Any, Self

from wacb.sandbox.account import NUMBERS

Row = dict[str, Any]
_APPLICATION_ID = 0x57414342  # "WACB"
_VERSION = 1
_MEMORY = ":memory:"
_BUSY_SECONDS = 10.0  # to wait for other processes; each holds the file for milliseconds
_BUSY_STEP = 0.1  # seconds that a signal may have to wait
_MAX_MESSAGES = 1000
# Created separately, as files of older versions lack these tables.
_LATER = (
    "CREATE TABLE IF NOT EXISTS hidden (id TEXT PRIMARY KEY, until REAL NOT NULL)",
    "CREATE TABLE IF NOT EXISTS messages (seq INTEGER PRIMARY KEY, row TEXT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS failures (id TEXT PRIMARY KEY, count INTEGER NOT NULL)",
)
_SCHEMA = (
    "CREATE TABLE profiles (seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE,"
    " title TEXT NOT NULL, row TEXT NOT NULL)",
    "CREATE TABLE numbers (seq INTEGER PRIMARY KEY, number TEXT NOT NULL UNIQUE,"
    " row TEXT NOT NULL)",
    f"PRAGMA application_id = {_APPLICATION_ID}",
    f"PRAGMA user_version = {_VERSION}",
)
_TITLE_FILTERS = {
    "exact": "title = ?1",
    "substring": "instr(title, ?1)",
    "any case": "instr(lower(title), lower(?1))",
    "ignored": "?1 = ?1",
    "finds nothing": "?1 != ?1",
}
_SAVE_NUMBER = (
    "INSERT INTO numbers (number, row) VALUES (?, ?)"
    " ON CONFLICT (number) DO UPDATE SET row = excluded.row"
)


class Store:
    """Keep the emulator's state in `path`, or in memory for ":memory:"; a `with` closes it.

    Threads may share one Store; each process opens its own. Raises sqlite3.DatabaseError for a file
    that is damaged or not a sandbox's, OSError for one that cannot be opened. A file that another
    process has locked is waited for, up to 10 s and not longer than `remaining`. The folder is
    created with mode 0700 and the file with 0600.
    """

    def __init__(self, path: str | Path, *, remaining: Callable[[], float] = lambda: inf) -> None:
        self._lock = threading.RLock()
        self._remaining = remaining
        self._connection = _connect(str(path))
        try:
            # The state is disposable: it must survive a killed process, but not a power cut.
            self._execute("PRAGMA synchronous = OFF")
            self._execute("PRAGMA journal_mode = TRUNCATE")
            with self.transaction():
                self._prepare(str(path))
        except sqlite3.Error:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def never_wait(self) -> None:
        """Raise at once, and not after ten seconds, where another process has the file locked."""
        self._remaining = lambda: 0.0
        self._execute("PRAGMA busy_timeout = 0")

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    @contextmanager
    def transaction(self, begin: str = "BEGIN IMMEDIATE") -> Iterator[None]:
        """Lock the state for one read-modify-write; an exception rolls it back."""
        with self._lock:
            self._execute(begin)
            with self._connection:
                yield
                self._execute("COMMIT")

    def reset(self) -> None:
        """Return to the state of a new file."""
        with self.transaction():
            for table in ("profiles", "hidden", "numbers", "messages", "failures"):
                self._execute(f"DELETE FROM {table}")
            self._insert_numbers(NUMBERS)

    def add_profile(self, row: Row) -> None:
        """Append a profile."""
        self._execute(
            "INSERT INTO profiles (id, title, row) VALUES (?, ?, ?)",
            row["profile_id"],
            row["title"],
            json.dumps(row),
        )

    def hide_profile(self, profile_id: str, *, until: float) -> None:
        """Hide a profile from `profiles` until a time in Unix seconds."""
        self._execute("INSERT INTO hidden (id, until) VALUES (?, ?)", profile_id, until)

    def profile(self, profile_id: str) -> Row | None:
        """Return a profile, or None."""
        return _first_or_none(self._rows("SELECT row FROM profiles WHERE id = ?", profile_id))

    def profiles(
        self,
        *,
        title: str,
        limit: int,
        offset: int,
        now: float = inf,
        title_filter: str = "substring",
    ) -> tuple[list[Row], int]:
        """Return one page of the profiles whose title fits `title`, and how many there are.

        Profiles hidden at `now` (Unix seconds) are neither returned nor counted.
        """
        with self.transaction("BEGIN"):  # only reads, so it waits for no writer
            found = (
                f"FROM profiles WHERE ({_TITLE_FILTERS[title_filter]} OR ?1 = '')"
                " AND id NOT IN (SELECT id FROM hidden WHERE until > ?2)"
            )
            sql = f"SELECT row {found} ORDER BY seq LIMIT ?3 OFFSET ?4"
            page = self._rows(sql, title, now, limit, offset)
            [(total,)] = self._execute(f"SELECT count(*) {found}", title, now)
        return page, total

    def has_title(self, title: str, *, besides: str) -> bool:
        """Return whether a profile other than the one with the ID `besides` has this title."""
        sql = "SELECT id FROM profiles WHERE title = ? AND id != ?"
        return bool(self._execute(sql, title, besides))

    def save_profile(self, row: Row) -> None:
        """Replace the profile of the same id."""
        self._execute(
            "UPDATE profiles SET title = ?, row = ? WHERE id = ?",
            row["title"],
            json.dumps(row),
            row["profile_id"],
        )

    def delete_profile(self, profile_id: str) -> bool:
        """Delete a profile; return whether it existed."""
        sql = "DELETE FROM profiles WHERE id = ? RETURNING id"
        return bool(self._execute(sql, profile_id))

    def numbers(self) -> list[Row]:
        """Return all numbers in the order they were added."""
        return self._rows("SELECT row FROM numbers ORDER BY seq")

    def number(self, number: str) -> Row | None:
        """Return a number (`+15550100001`), or None."""
        return _first_or_none(self._rows("SELECT row FROM numbers WHERE number = ?", number))

    def save_number(self, row: Row) -> None:
        """Add a number, or replace the one of the same digits."""
        self._execute(_SAVE_NUMBER, row["phone_number"], json.dumps(row))

    def add_numbers(self, numbers: Iterable[tuple[str, str, str]]) -> None:
        """Add or replace numbers, each as (number, name, status), in one transaction.

        A replaced number loses its profile.
        """
        with self.transaction():
            self._insert_numbers(numbers)

    def add_message(self, row: Row) -> int:
        """Append a message and return its serial number; keep only the newest 1000."""
        with self.transaction():
            sql = "INSERT INTO messages (row) VALUES (?) RETURNING seq"
            [(serial,)] = self._execute(sql, json.dumps(row))
            self._execute("DELETE FROM messages WHERE seq <= ?", serial - _MAX_MESSAGES)
        return int(serial)

    def save_message(self, serial: int, row: Row) -> None:
        """Replace a message that is still stored."""
        self._execute("UPDATE messages SET row = ? WHERE seq = ?", json.dumps(row), serial)

    def messages(self) -> list[Row]:
        """Return the stored messages, oldest first."""
        return self._rows("SELECT row FROM messages ORDER BY seq")

    def count_failure(self, profile_id: str) -> int:
        """Count a failed delivery of a profile; return the number of failures in a row."""
        sql = (
            "INSERT INTO failures (id, count) VALUES (?, 1)"
            " ON CONFLICT (id) DO UPDATE SET count = count + 1 RETURNING count"
        )
        [(count,)] = self._execute(sql, profile_id)
        return int(count)

    def forget_failures(self, profile_id: str) -> None:
        """Reset the failure count of a profile."""
        self._execute("DELETE FROM failures WHERE id = ?", profile_id)

    def _prepare(self, path: str) -> None:
        [(application,)] = self._execute("PRAGMA application_id")
        [(version,)] = self._execute("PRAGMA user_version")
        if path == _MEMORY or Path(path).stat().st_size == 0:
            for statement in _SCHEMA:
                self._execute(statement)
            self._insert_numbers(NUMBERS)
        elif (application, version) != (_APPLICATION_ID, _VERSION):
            raise sqlite3.DatabaseError(f"{path} is not a sandbox file of this version")
        for statement in _LATER:
            self._execute(statement)

    def _insert_numbers(self, numbers: Iterable[tuple[str, str, str]]) -> None:
        rows = (
            (number, json.dumps(number_row(number, name=name, status=status)))
            for number, name, status in numbers
        )
        self._connection.executemany(_SAVE_NUMBER, rows)

    def _rows(self, sql: str, *values: object) -> list[Row]:
        return [json.loads(text) for (text,) in self._execute(sql, *values)]

    def _execute(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        end = time.monotonic() + _BUSY_SECONDS
        while True:
            try:
                with self._lock:
                    return self._connection.execute(sql, values).fetchall()
            except sqlite3.OperationalError as error:
                if not is_busy(error) or time.monotonic() >= end or self._remaining() <= 0:
                    raise


def is_busy(error: sqlite3.DatabaseError) -> bool:
    """Return whether another process has locked the file."""
    # an error that the store raises itself has no code; of an extended one the lower byte counts
    kind = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_NOTADB) & 0xFF
    return kind in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def number_row(number: str, *, name: str, status: str) -> Row:
    """Build the row of a number that has no callback setting yet."""
    return {
        "id": f"wn-{number.removeprefix('+')}",
        "phone_number": number,
        "name": name,
        "status": status,
        "callback_profile_id": "",
        "incoming_url": "",
    }


@contextmanager
def suppress_busy() -> Iterator[None]:
    """Leave the block, of which nothing is done then, if another process has the file locked."""
    try:
        yield
    except sqlite3.OperationalError as error:
        if not is_busy(error):
            raise


def _first_or_none(rows: list[Row]) -> Row | None:
    return rows[0] if rows else None


def _connect(path: str) -> sqlite3.Connection:
    if path != _MEMORY:
        Path(path).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        if Path(path).stat().st_mode & 0o777 != 0o600:  # an old file, or an unusual umask
            Path(path).chmod(0o600)
    return sqlite3.connect(path, timeout=_BUSY_STEP, isolation_level=None, check_same_thread=False)

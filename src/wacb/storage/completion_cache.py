"""A cache of each account's last listings, for shell completion only.

It has account SIDs, numbers with their names and profile IDs with their titles, but no secrets. It
may be stale, incomplete or missing; nothing here raises an error. Version 0.1 kept listings by SID
alone; what it wrote counts until the account is listed again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import Literal, get_args

from wacb.errors import ConfigError
from wacb.jsontext import ascii_json, read_json_or
from wacb.storage import files
from wacb.storage.identity import Identity

Accounts = dict[str, dict[str, dict[str, str]]]
Kind = Literal["profiles", "numbers"]
KINDS: tuple[Kind, ...] = get_args(Kind)
MAX_ENTRIES = 10_000  # in the file


class CompletionCache:
    """The cached listings of an `account`; `folder` need not exist."""

    def __init__(self, folder: Path, *, account: Identity) -> None:
        self._path = folder / "listed.json"
        self._account = account

    def entries(self, kind: Kind) -> dict[str, str]:
        """Return the titles of profiles by their IDs, or the names of numbers by their E.164."""
        accounts = self._read()
        for name in (self._account.name, self._account.sid):
            if kind in accounts.get(name, {}):
                return accounts[name][kind]
        return {}

    def store(self, kind: Kind, entries: Mapping[str, str]) -> None:
        """Store a complete listing in place of the previous one.

        If there are too many entries, its last ones and the account listed longest ago go.
        """

        def change(accounts: Accounts) -> None:
            kept = dict(islice(entries.items(), MAX_ENTRIES // len(KINDS)))
            name = self._account.name
            accounts[name] = accounts.pop(name, {}) | {kind: kept}
            while _size(accounts) > MAX_ENTRIES:
                del accounts[next(iter(accounts))]

        self._change(change)

    def clear(self) -> None:
        """Remove the account's entries."""
        names = {self._account.name, self._account.sid}
        if names & self._read().keys():
            self._change(lambda accounts: [accounts.pop(name, None) for name in names])

    def _read(self) -> Accounts:
        with suppress(ConfigError):
            return _parse(files.read_text(self._path))
        return {}

    def _change(self, change: Callable[[Accounts], object]) -> None:
        def rewrite(text: str | None) -> str:
            accounts = _parse(text)
            change(accounts)
            return ascii_json(accounts) + "\n"

        with suppress(*files.WRITE_ERRORS):
            files.update(self._path, rewrite, remaining=lambda: 0.0)


def _parse(text: str | None) -> Accounts:
    """Read the file: name of the account -> kind -> entries. A damaged one is empty."""
    try:
        accounts: Accounts = read_json_or(text or "", {})
        texts = (text for account in accounts.values() for text in _texts(account))
        return accounts if all(isinstance(text, str) for text in texts) else {}
    except AttributeError:
        return {}


def _texts(account: Mapping[str, Mapping[str, str]]) -> list[str]:
    return [text for kind in KINDS for text in account.get(kind, {}).values()]


def _size(accounts: Accounts) -> int:
    return sum(len(_texts(account)) for account in accounts.values())

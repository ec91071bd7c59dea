"""What the tests of the journal share: one entry, its line, and the file opened anew each time."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from wacb.models import UNKNOWN
from wacb.storage.journal import Entry, Journal

SID, OTHER_SID = "HXSANDBOX01IN", "HXSANDBOX01IN_1710"
HOST, WABA = "api.example", "100000000000001"
ONE, TWO = "+15550100001", "+15550100002"
A, B, C = (f"SG_00000000-0000-4000-8000-00000000000{n}" for n in (1, 2, 3))
NOW = 1_790_000_000.9
LINE = (
    '{"time": "2026-09-21T14:13:20Z", "account": "HXSANDBOX01IN", "number": "+15550100001", '
    f'"old": null, "new": "{A}", "action": "attach"}}\n'
)


def entry(**changes: Any) -> Entry:
    known = Entry(
        time="2026-09-21T14:13:20Z", account=SID, number=ONE, old=UNKNOWN, new=A, action="attach"
    )
    return known._replace(**changes)


def text_of(*entries: Entry) -> str:
    return "".join(f"{json.dumps(one.as_json())}\n" for one in entries)


def lines_of(*entries: Entry) -> str:
    """The lines of changes that were begun and then settled one after the other."""
    return "".join(text_of(one._replace(outcome="intent"), one) for one in entries)


class Opened:
    """The journal's file, opened anew each time, and the warnings it gave."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.warnings: list[str] = []

    def __call__(self, account: str = SID) -> Journal:
        return Journal(
            self.path,
            account=account,
            host=HOST,
            waba_id=WABA,
            clock=lambda: NOW,
            warn=self.warnings.append,
            remaining=lambda: 1.0,
        )

    def write(self, content: str | bytes) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.write_bytes(content.encode() if isinstance(content, str) else content)

    def read(self) -> tuple[list[Entry], list[str]]:
        """All entries of the account, and the warnings of just this reading."""
        self.warnings.clear()
        return self().history(), self.warnings[:]


def append(journal: Journal, **changes: Any) -> Entry:
    new = entry(**changes)
    values = {name: getattr(new, name) for name in ("number", "old", "new", "action")}
    begun = journal.begin(**values)
    journal.settle(begun, "done")
    return new._replace(host=HOST, waba_id=WABA, seq=begun.seq)

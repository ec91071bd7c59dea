"""The emulator behind a bad connection: what it shows, what a write does, and what it really has.

Nothing here knows the program: the truth is what the emulator has, and each change is one of a
process, of an operator in the console, or of a request that arrived late.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

from tests.conftest import LIVE, profile_id
from wacb.sandbox.emulator import Sandbox
from wacb.sandbox.routing import Reply, Request
from wacb.sandbox.store import Store

Answer = tuple[int, Sequence[tuple[str, str]], Iterator[bytes]]
NUMBERS = tuple(f"+1555010000{digit}" for digit in (1, 2, 3))
START = 1_790_000_000.0  # Unix seconds
FATES = (  # of a write
    *("lost answer", "lost request", "late", "throttled", "outage", "outage, done"),
    *("refused", "ignored"),
)
NUMBER_VIEWS = ("shown", "hidden", "lacking", "partial", "twice", "lower", "object")
PROFILE_VIEWS = ("shown", "filtered", "partial", "repeating")


class Late(NamedTuple):
    """A request that is still under way; `arrived` is called once it is carried out."""

    request: Request
    arrived: Callable[[], None]


@dataclass
class View:
    """How the API shows the account; `empty` is one that shows an empty member in every row."""

    numbers: str = "shown"
    profiles: str = "shown"
    empty: bool = False
    folds: bool = False

    def shows(self, number: str) -> bool:
        """Return whether a whole listing shows which profile a number has."""
        if self.empty or self.numbers == "hidden":
            return False
        return number != NUMBERS[0] or self.numbers not in ("lacking", "partial", "twice")


class Platform:
    """An emulator with three approved numbers, and the time."""

    def __init__(self) -> None:
        serial = count(1)
        self.now = START
        self.view = View()
        self.late: list[Late] = []
        self.store = Store(":memory:")
        self.sandbox = Sandbox(
            self.store, clock=lambda: self.now, new_id=lambda: profile_id(next(serial))
        )

    # -- what there really is

    def numbers(self) -> dict[str, str]:
        """The profile on each number, "" for none."""
        rows = {row["phone_number"]: row["callback_profile_id"] for row in self.store.numbers()}
        return {number: rows[number] for number in NUMBERS}

    def profiles(self) -> dict[str, dict[str, Any]]:
        """Each profile by its ID."""
        rows, _ = self.store.profiles(title="", limit=1000, offset=0)
        return {row["profile_id"]: row for row in rows}

    def users(self, profile: str) -> list[str]:
        """The numbers that have a profile."""
        return [number for number, value in self.numbers().items() if value == profile]

    # -- requests

    def send(self, method: str, path: str, value: object = None) -> Reply:
        """Send a request from the console."""
        body = b"" if value is None else json.dumps(value).encode()
        return self.execute(make_request(method, path.replace("SID", LIVE["WACB_SID"]), body))

    def execute(self, request: Request) -> Reply:
        """Carry a request out."""
        if self.view.folds and request.method in ("POST", "PATCH"):
            fields = json.loads(request.body)
            if "title" in fields:
                fields["title"] = " ".join(fields["title"].lower().split())
                request = make_request(
                    request.method, request.path, json.dumps(fields).encode(), request.query
                )
        return self.sandbox.handle(request)

    def show(self, request: Request) -> Answer:
        """Answer a GET as the view has it."""
        reply = self.execute(request)
        envelope = json.loads(reply.body)
        if reply.status == 200 and request.path.endswith("/number"):
            envelope["data"] = self._show_numbers(envelope["data"])
        elif reply.status == 200 and request.path.endswith("/profiles"):
            self._show_profiles(envelope["data"], parse_qs(request.query))
        return reply.status, [], iter([json.dumps(envelope).encode()])

    def _show_numbers(self, rows: list[dict[str, Any]]) -> Any:
        member, view = "callback_profile_id", self.view.numbers
        first = next(row for row in rows if row["phone_number"] == NUMBERS[0])
        if self.view.empty:
            return [row | {member: None} for row in rows]
        if view == "hidden":
            return [without(row, member) for row in rows]
        if view == "lacking":
            return [without(row, member) if row is first else row for row in rows]
        if view == "partial":
            left = [row for row in rows if row is not first]
            return {"numbers": left, "total": len(rows)}
        if view == "twice":
            return [*rows, first | {member: ""}]
        if view == "lower":
            return [row | {member: row[member].lower()} for row in rows]
        if view == "object":
            return [
                row | {member: {"profile_id": row[member]} if row[member] else None} for row in rows
            ]
        return rows

    def _show_profiles(self, page: dict[str, Any], query: Mapping[str, list[str]]) -> None:
        view, rows = self.view.profiles, page["profiles"]
        if view == "filtered" and "title" in query:
            page.update(profiles=[], total=0)
        elif view == "partial" and rows:
            page["profiles"] = rows[:-1]
        elif view == "repeating":
            page["profiles"] = [*rows, *rows]


def make_request(method: str, path: str, body: bytes = b"", query: str = "") -> Request:
    headers = {"api-key": LIVE["WACB_API_KEY"], "content-type": "application/json"}
    return Request(method=method, path=path, query=query, headers=headers, body=body)


def read_request(method: str, url: str, headers: Mapping[str, str], body: bytes) -> Request:
    """Read a request of the program."""
    target = urlsplit(url)
    names = {name.lower(): value for name, value in headers.items()}
    return Request(method=method, path=target.path, query=target.query, headers=names, body=body)


def without(row: dict[str, Any], member: str) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name != member}

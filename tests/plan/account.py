"""An account on the emulator whose every state is looked at, and the console's way to change it."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from itertools import count, pairwise
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from tests.conftest import HIDDEN, LIVE, Outcome, invoke, mark_shown, profile_id
from tests.fake_api import Clock
from tests.sandbox.shells import NUMBERS, PROFILES
from wacb.cli.app import App
from wacb.net.timeout import Deadline
from wacb.sandbox.contract import AS_ASSUMED
from wacb.sandbox.emulator import LoggedRequest, Sandbox
from wacb.sandbox.in_process import exchange
from wacb.sandbox.routing import Request
from wacb.sandbox.store import Row, Store
from wacb.template.placeholders import looks_incoming

NOW = 1_790_000_000.0
Answer = tuple[int, Sequence[tuple[str, str]], Iterator[bytes]]


class State(NamedTuple):
    """All rows of an account: profiles by ID, and numbers."""

    profiles: dict[str, Row]
    numbers: dict[str, Row]

    def carried(self, number: str) -> str:
        """The ID on a number, whether or not there is such a profile."""
        return str(self.numbers[number]["callback_profile_id"])

    def serves(self, number: str) -> bool:
        """Return whether a number carries a profile that is there."""
        return self.carried(number) in self.profiles

    def titled(self, title: str) -> list[Row]:
        return [row for row in self.profiles.values() if row["title"] == title]

    def is_carried(self, id: str) -> bool:
        return any(self.carried(number) == id for number in self.numbers)

    def is_incoming(self, id: str) -> bool:
        """Return whether a profile is one that prune may touch."""
        row = self.profiles[id]
        template = row["body"] if row["http_method"] in ("POST", "PUT") else row["url"]
        if row["channel"] not in (None, "whatsapp"):
            return False
        return looks_incoming(template, row["title"], json.loads(row["events"]))


class Account:
    """The emulator, a home folder, and a clock that passes by sleeping only.

    `seen` are the states since the last command began: before it, and after each of its requests,
    if it `watches`. What is in `meanwhile` happens once, after so many requests of a command;
    `seen` begins anew then.
    """

    def __init__(self, home: Path, *, shows_attachment: bool = True, watches: bool = True) -> None:
        self.home = home
        self.watches = watches
        self.shows_attachment = shows_attachment
        self.clock = Clock()
        self.store = Store(":memory:")
        self.seen: list[State] = []
        self.meanwhile: tuple[int, Callable[[], None]] | None = None
        self._serial = count(1)
        self._lock = threading.Lock()
        if shows_attachment:  # as any earlier change of a number has shown
            mark_shown(home)
        self.meets()

    def meets(self, *faults: str) -> None:
        """Let these faults, and no others, happen from now on."""
        self.sandbox = Sandbox(
            self.store,
            clock=lambda: NOW + self.clock(),
            new_id=lambda: profile_id(next(self._serial)),
            contract=AS_ASSUMED if self.shows_attachment else HIDDEN,
            random=Random(0),
        )
        for fault in faults:
            self.sandbox.add_fault(fault)

    def run(self, *line: str, env: Mapping[str, str]) -> tuple[Outcome, list[LoggedRequest]]:
        """Run a command line, and tell what it asked the API."""
        app = App(
            environ={"HOME": str(self.home), **LIVE, **env},
            handler=self.network,
            interactive=False,
            sleep=self.clock.sleep,
            now=lambda: NOW + self.clock(),
        )
        app.deadline = Deadline(120, clock=self.clock)
        met = len(self.sandbox.requests())
        self.seen = [self.state()]
        return invoke(app, *line), self.sandbox.requests()[met:]

    def network(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        with self._lock:  # so that no state between two requests is missed
            try:
                ask = partial(exchange, self.sandbox, sleep=self.clock.sleep)
                return ask(method, url, headers, body)
            finally:
                if self.watches:
                    self.seen.append(self.state())
                if self.meanwhile and self.meanwhile[0] < len(self.seen):
                    self.meanwhile[1]()
                    self.meanwhile, self.seen = None, [self.state()]

    def state(self) -> State:
        rows, _ = self.store.profiles(title="", limit=1000, offset=0)
        return State(
            profiles={row["profile_id"]: row for row in rows},
            numbers={row["phone_number"]: row for row in self.store.numbers()},
        )

    def journaled(self) -> dict[str, str]:
        """What the journal says that each number carries."""
        path = self.home / ".local" / "state" / "wacb" / "journal.jsonl"
        lines = path.read_text().splitlines() if path.exists() else []
        entries = map(json.loads, lines)
        return {entry["number"]: entry["new"] for entry in entries if "number" in entry}

    # -- what somebody else does meanwhile

    def console(self, method: str, path: str, fields: Mapping[str, Any] | None = None) -> int:
        """Change something behind the program's back, if the API lets it; return the status."""
        headers = {"api-key": LIVE["WACB_API_KEY"], "content-type": "application/json"}
        body = b"" if fields is None else json.dumps(fields).encode()
        request = Request(method=method, path=path, query="", headers=headers, body=body)
        return Sandbox.handle(self._behind(), request).status

    def create(self, fields: Mapping[str, Any]) -> None:
        assert self.console("POST", PROFILES, fields) == 200

    def patch(self, id: str, fields: Mapping[str, Any]) -> int:
        return self.console("PATCH", f"{PROFILES}/{id}", fields)

    def delete(self, id: str) -> None:
        assert self.console("DELETE", f"{PROFILES}/{id}") == 200

    def attach(self, number: str, id: str) -> int:
        fields = {"phone_number": number, "callback_profile_id": id}
        return self.console("PUT", f"{NUMBERS}/update", fields)

    def set_profile(self, id: str, **changes: Any) -> None:
        """Change what no request can."""
        row = self.store.profile(id)
        assert row is not None
        self.store.save_profile({**row, **changes})

    def set_number(self, number: str, **changes: Any) -> None:
        """Change what no request can."""
        row = self.store.number(number)
        assert row is not None
        self.store.save_number({**row, **changes})

    def _behind(self) -> Sandbox:
        return Sandbox(
            self.store,
            clock=lambda: NOW + self.clock(),
            new_id=lambda: profile_id(next(self._serial)),
        )


def check_no_gap(seen: Sequence[State]) -> None:
    """Look at what a command did in between: no number without a profile, none deleted under one.

    A number changes once, if at all; one that had a profile before and after always has one.
    """
    before, after = seen[0], seen[-1]
    for number in before.numbers:
        values = [state.carried(number) for state in seen]
        assert sum(old != new for old, new in pairwise(values)) <= 1, (number, values)
        if before.serves(number) and after.serves(number):
            assert all(state.serves(number) for state in seen), (number, values)
    for earlier, later in pairwise(seen):
        for gone in earlier.profiles.keys() - later.profiles.keys():
            assert not later.is_carried(gone), gone

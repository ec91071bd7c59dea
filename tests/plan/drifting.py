"""A file and its account that are edited at random: the part of the state machine that edits."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from tests.plan.account import Account
from tests.plan.edits import (
    FILLED,
    IN_ACCOUNT,
    IN_FILE,
    NAMES,
    NUMBERS,
    SPELLED,
    TITLES,
    VARIABLES,
    Edit,
    Nothing,
    pick,
)
from tests.plan.wanted import Table
from wacb.sandbox.store import Row

MOST_EDITS = 2  # before it is the program's turn


class Drifting(RuleBasedStateMachine):
    """Tables of profiles by name, numbers in E.164 with a name, a title or an ID, and an account.

    `spelled` is how the file writes the numbers, `env` the environment of the program. What cannot
    be done, as nothing is there, is not done.
    """

    def __init__(self) -> None:
        super().__init__()
        self._folder = TemporaryDirectory()
        self.home = Path(self._folder.name)
        self.edits = 0
        self.env = {name: values[0] for name, values in VARIABLES.items()}
        self.profiles: dict[str, Table] = {}
        self.numbers: dict[str, str] | None = {}
        self.spelled: dict[str, str] = {}

    @initialize(hides=st.integers(0, 5), tables=st.lists(FILLED, min_size=2, max_size=3))
    def begin(self, hides: int, tables: list[Table]) -> None:
        self.account = Account(self.home, shows_attachment=hides != 5)
        for place, table in enumerate(tables):
            self.add_profile(name=place, title=0, table=table)
            self.map_number(number=place, to=place, how="name", spelling=place)

    def teardown(self) -> None:
        self._folder.cleanup()

    @precondition(lambda self: self.edits < MOST_EDITS)
    @rule(edits=st.lists(IN_FILE | IN_ACCOUNT, min_size=1, max_size=4))
    def edit(self, edits: list[Edit]) -> None:
        self.edits += 1
        for method, how in edits:
            with suppress(Nothing):
                getattr(self, method)(**how)

    # -- the file

    def add_profile(self, name: int, title: int, table: Table) -> None:
        self.profiles[pick(NAMES, name)] = tidy({"title": self._free(title), **table})

    def change_profile(self, name: int, changes: Table) -> None:
        chosen = pick([*self.profiles], name)
        self.profiles[chosen] = tidy(self.profiles[chosen] | changes)

    def retitle_profile(self, name: int, title: int) -> None:
        changed = pick(TITLES, title) if title > 9 else self._free(title)  # or one that is taken
        self.profiles[pick([*self.profiles], name)]["title"] = changed

    def lack_placeholders(self, name: int) -> None:
        table = self.profiles[pick([*self.profiles], name)]
        table.update(method="post", body={"text": "<body>"}, allow_missing=True)
        table.pop("with_status", None)

    def remove_profile(self, name: int, numbers: bool) -> None:
        gone = pick([*self.profiles][1:], name)
        title = self.profiles.pop(gone)["title"]
        if numbers and self.numbers:  # else they name what is not there
            self.numbers = {
                number: name for number, name in self.numbers.items() if name not in (gone, title)
            }

    def map_number(self, number: int, to: int, how: str, spelling: int) -> None:
        if "live" in how:
            reference = self._live(to)["profile_id" if how == "live ID" else "title"]
        else:
            name = pick([*self.profiles], to)
            reference = name if how == "name" else self.profiles[name]["title"]
        chosen = pick(NUMBERS[:3] if spelling else NUMBERS, number)
        self.numbers = {**(self.numbers or {}), chosen: reference}
        self.spelled[chosen] = pick(SPELLED, spelling)(chosen)

    def drop_number(self, number: int) -> None:
        if self.numbers:
            del self.numbers[pick([*self.numbers], number)]

    def drop_numbers(self, table: bool) -> None:
        self.numbers = None if table else {}

    def change_variable(self, name: str, value: int) -> None:
        self.env[name] = pick(VARIABLES[name], value)
        if value == 11:
            del self.env[name]

    # -- the account

    def create_profile(self, title: int, body: Table, channel: int) -> None:
        fields = {"http_method": "POST", "url": "https://example.com/c", "body": json.dumps(body)}
        live = [row["title"] for row in self.account.state().profiles.values()]
        free = [each for each in TITLES if each not in live]
        # now and then a title that is there already
        fields["title"] = pick(free if title and free else TITLES, title)
        self.account.create(fields | ({} if channel else {"channel": "SMS"}))

    def edit_profile(self, profile: int, changes: Table) -> None:
        self.account.patch(self._live(profile)["profile_id"], changes)

    def delete_profile(self, profile: int) -> None:
        self.account.delete(self._live(profile)["profile_id"])

    def move_number(self, number: int, profile: int) -> None:
        """Attach a number, or detach it: where the API does not show it, nobody could know."""
        if self.account.shows_attachment:
            id = self._live(profile)["profile_id"] if profile else ""
            self.account.attach(pick(NUMBERS, number), id)

    def hinder(self, profile: int, number: int, disable: bool) -> None:
        """Disable a profile, or let a number wait for its approval."""
        if disable:
            self.account.set_profile(self._live(profile)["profile_id"], status=3)
        else:
            self.account.set_number(pick(NUMBERS, number), status="pending")

    # -- how

    def mend(self) -> None:
        """Put away what forbids an `apply`, as one does who was refused."""
        self.env = {name: values[0] for name, values in VARIABLES.items()} | self.env
        for number in NUMBERS:
            self.account.set_number(number, status="approved")
        for id in self.account.state().profiles:
            self.account.set_profile(id, status=1)
        for title in TITLES:
            for row in self.account.state().titled(title)[1:]:
                self.account.delete(row["profile_id"])
        named = {table["title"]: name for name, table in self.profiles.items()}
        self.profiles = {name: self.profiles[name] for name in named.values()}
        for table in self.profiles.values():
            table.pop("channel", None)
        self.numbers = self.numbers and {
            number: name
            for number, name in self.numbers.items()
            if name in self.profiles or name in named
        }

    def _titles(self) -> list[str]:
        return [table["title"] for table in self.profiles.values()]

    def _free(self, index: int) -> str:
        """A title that no profile of the file has."""
        return pick([title for title in TITLES if title not in self._titles()], index)

    def _live(self, index: int) -> Row:
        return pick([*self.account.state().profiles.values()], index)


def tidy(table: Table) -> Table:
    """Leave out what does not fit together."""
    table = {key: value for key, value in table.items() if value is not None}
    if table["method"].upper() in ("GET", "DELETE"):
        table.pop("body", None)
    if "body" in table:
        table.pop("with_status", None)
    return table

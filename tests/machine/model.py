"""What may be there, and what must not happen, whatever the program believes.

The model knows what each command that ended promised, and compares that with the truth.
"""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

from tests.cli.expect import BODY
from tests.machine.commands import POLICIES, TITLES, Command
from tests.machine.line import NUMBERS
from tests.machine.processes import Attempt, Process, World

STALE_AFTER = 1.0  # seconds
NAMING = ("attach", "update", "delete", "fix")  # a profile, by its title


def fold(title: str) -> str:
    return " ".join(title.lower().split())


class Model:
    """The promises of all commands so far."""

    def __init__(self, world: World) -> None:
        self.world = world
        world.watch = self.watch
        self.possible: dict[str, set[str]] = {number: {""} for number in NUMBERS}
        self.unique: dict[str, str] = {}  # a title for each profile that was to be the only one
        self.doubled: set[str] = set()  # titles of which somebody asked for another profile
        self.undone: dict[tuple[str, str], str | None] = {}  # what a rollback restored
        self.killed = 0

    # -- at each write

    def watch(self, process: Process, method: str, path: str, fields: Any) -> None:
        """Check a write right before it is carried out."""
        if method == "PUT":
            self._watch_put(process, fields["phone_number"], fields["callback_profile_id"])
        elif method == "DELETE":
            self._watch_delete(process, path.rpartition("/")[2])
        elif method == "PATCH":
            self._watch_patch(process, path.rpartition("/")[2])
        else:
            title = fields["title"]
            assert title not in process.created, "created twice by one command"
            for other in self.world.stack[:-1]:
                at_once = other.machine == process.machine and other.line[:2] == process.line[:2]
                at_once = at_once and title in other.line
                assert not at_once, f"two terminals create {title!r} at once"

    def _watch_put(self, process: Process, number: str, value: str) -> None:
        there = self.world.numbers()[number]
        assert self._is_journaled(process, number, value), "a change without an entry"
        if process.looked is None or not self.world.view.shows(number) or there == value:
            return
        looked = process.looked.numbers[number]
        if process.idle >= STALE_AFTER:
            assert there == looked, f"{number} is changed after a wait, on an old look"
        if process.asked:
            assert looked == process.asked.numbers[number], f"another {number} was confirmed"

    def _is_journaled(self, process: Process, number: str, value: str) -> bool:
        """Read the journal by its documented words alone: the change has to be in it by now."""
        entries = map(read_entry, self.world.journal(process.machine)[process.entries :])
        return any(
            each and each["number"] == number and (each["new"] or "") == value for each in entries
        )

    def _watch_delete(self, process: Process, profile: str) -> None:
        used = self.world.users(profile)
        if not used or process.forced:
            return
        assert process.looked, "a profile in use is deleted without a look"
        assert profile not in process.looked.numbers.values(), "a profile in use is deleted"
        assert process.idle < STALE_AFTER, "a profile in use is deleted, on an old look"

    def _watch_patch(self, process: Process, profile: str) -> None:
        live = self.world.profiles().get(profile)
        if live is None or process.idle < STALE_AFTER:
            return
        assert live == process.looked_at.get(profile), "a profile is changed on an old look"

    # -- at the end of a command

    def judge(self, command: Command, process: Process, since: int) -> None:
        """Record what a command reported; `since` is the count of acts before it."""
        if process.outcome is None:
            self.killed += 1
        check = {
            "attach": self._judge_numbers,
            "bulk": self._judge_numbers,
            "detach": self._judge_numbers,
            "rollback": self._judge_rollback,
            "create": self._judge_create,
            "update": self._judge_update,
            "delete": self._judge_delete,
            "fix": self._judge_fix,
            "apply": self._judge_apply,
        }[command.kind]
        check(command, process, since)
        self._check_ambiguous(command, process)
        for number, attempt in process.attempts.items():
            if command.kind != "rollback" and (attempt.executed or not attempt.known):
                self._forget_undone(number)
        self._check_consent(command, process, since)

    def _judge_numbers(self, command: Command, process: Process, since: int) -> None:
        results = {row["number"]: row for row in process.rows}
        for number in NUMBERS if command.kind == "bulk" else (NUMBERS[command.number],):
            row = results.get(number)
            self._judge_number(process, number, row, since)
            if row and row["result"] == "unchanged":
                shown = (number, (row["new"] or "").lower())
                assert shown in process.listed, "unchanged by belief"

    def _judge_number(
        self, process: Process, number: str, row: dict[str, Any] | None, since: int
    ) -> None:
        others = {
            value
            for each, value, whose in self.world.acts[since:]
            if each == number and whose is not process
        }
        attempt = process.attempts.get(number)
        tried = {attempt.value} if attempt else set()
        if row and row["result"] in ("attached", "detached", "unchanged") and not row.get("error"):
            doubt = process.ignored and not self.world.view.shows(number)
            doubt = doubt or (row["result"] == "unchanged" and bool(others))
            kept = self.possible[number] if doubt else set()
            self.possible[number] = {row["new"] or ""} | others | kept
        elif process.code in (9, 2, 3, 4, 5, 6):
            if process.lost:
                self.possible[number] |= tried
        else:
            self.possible[number] |= tried

    def _judge_rollback(self, command: Command, process: Process, since: int) -> None:
        number = NUMBERS[command.number]
        key = (process.machine, number)
        before = self.undone.get(key)
        attempt = process.attempts.get(number)
        if before is not None and attempt:
            assert attempt.value == before, "a rollback that is run again undoes the first"
        self._judge_numbers(command, process, since)
        acted = any(n == number and whose is not process for n, _, whose in self.world.acts[since:])
        row = process.rows[0] if process.code == 0 and process.rows else None
        if acted:
            self.undone.pop(key, None)
        elif row:
            self.undone[key] = row["new"] or ""
        elif attempt:
            self.undone[key] = attempt.value

    def _forget_undone(self, number: str) -> None:
        for machine in "AB":
            self.undone.pop((machine, number), None)

    def _check_consent(self, command: Command, process: Process, since: int) -> None:
        """Check that no profile was replaced without consent, if nobody else interfered."""
        if command.kind not in ("attach", "bulk") or command.option in (1, 2) or process.asked:
            return
        allowed = {process.line[process.line.index("--if-current") + 1]} if command.option else {""}
        acted = {number for number, _, whose in self.world.acts[since:] if whose is not process}
        for number, attempt in process.attempts.items():
            assert process.start
            before = process.start.numbers[number]
            if number in acted or not self.world.view.shows(number):
                continue
            if command.option == 0 or before != "":
                assert before in (*allowed, attempt.value), f"{before} was replaced unasked"

    def _check_ambiguous(self, command: Command, process: Process) -> None:
        """Check that a title of two profiles selects neither."""
        if not command.by_title or process.touched or command.kind not in NAMING:
            return
        assert process.start
        titles = [row["title"] for row in process.start.profiles.values()]
        twice = any(titles.count(word) > 1 for word in process.line)
        if twice and self.world.view.profiles == "shown" and not self.world.lag:
            assert process.code == 9, "a profile is chosen among two of a title"

    # -- profiles

    def _judge_create(self, command: Command, process: Process, since: int) -> None:
        title = TITLES[command.title]
        if POLICIES[command.option] == ("--allow-duplicate-title",) or process.asked:
            self.doubled.add(title)
            return
        if process.code == 0:
            self._promise(process, process.rows[0]["id"], title)
        elif process.created and not process.touched and self.world.view.profiles == "shown":
            assert process.code != 7, "a profile that was created is not found"

    def _promise(self, process: Process, profile: str, title: str) -> None:
        """Take in that a profile was to be the only one of its title."""
        live = self.world.profiles()
        if not process.touched:
            assert profile in live, "a profile that was promised is not there"
        twins = {
            each
            for each, other in self.unique.items()
            if self._is_same(other, title) and each in live and each != profile
        }
        # where somebody asked for two, and the listing lags, each machine may see another one only
        hidden = self.world.lag and any(self._is_same(each, title) for each in self.doubled)
        unseen = hidden or profile not in live
        assert not twins or unseen, f"{title!r} was made unique twice"
        self.unique[profile] = title

    def _is_same(self, one: str, other: str) -> bool:
        return one == other or (self.world.view.folds and fold(one) == fold(other))

    def _judge_update(self, command: Command, process: Process, since: int) -> None:
        if process.code == 0 and not process.touched:
            shown = process.rows[0]
            live = self.world.profiles()[shown["id"]]
            assert live["response_message"] == f"thanks {command.option}", "not updated"

    def _judge_delete(self, command: Command, process: Process, since: int) -> None:
        if process.code == 0:
            assert process.rows[0]["id"] not in self.world.profiles(), "not deleted"

    def _judge_fix(self, command: Command, process: Process, since: int) -> None:
        if process.code == 0 and not process.touched:
            live = self.world.profiles()[process.rows[0]["id"]]
            assert set(json.loads(live["body"])) >= set(json.loads(BODY)), "not fixed"

    def _judge_apply(self, command: Command, process: Process, since: int) -> None:
        shown = process.rows[0]["changes"] if process.rows else []
        rows = {}
        for change in shown:
            if change["kind"] == "number":
                new = change["id"] or ""
                rows[change["name"]] = change | {"new": new, "number": change["name"]}
            elif change["action"] == "create" and process.code == 0:
                self._promise(process, change["id"], change["name"])
        for number in NUMBERS:
            if number in rows or number in process.attempts:
                self._judge_number(process, number, rows.get(number), since)

    # -- at rest

    def check(self) -> None:
        """Compare the truth with what was reported."""
        if self.world.view.empty:  # every promise rests on what the API shows
            return
        for number, there in self.world.numbers().items():
            assert there in self.possible[number], f"nobody left {there or 'nothing'} on {number}"

    def act(self, number: str, value: str) -> None:
        """Take in an operator's own act, or a request that arrived late."""
        self.possible[number] = {value}
        self._forget_undone(number)

    def check_history(self, machine: str, history: list[dict[str, Any]]) -> None:
        """Check that no entry contradicts what happened."""
        told: Counter[tuple[str, str, str]] = Counter(
            (row["number"], row["new"] or "", row["outcome"]) for row in history
        )
        kinds = {(row["number"], row["new"] or "") for row in history}
        mine = [each for each in self.world.attempts if each.machine == machine]
        for number, value in kinds | {(each.number, each.value) for each in mine}:
            tries = [each for each in mine if (each.number, each.value) == (number, value)]
            done = told[number, value, "done"]
            left = [each for each in tries if each.executed and not self._is_covered(each)]
            assert len(left) <= done + told[number, value, "unknown"], (
                f"history has {value} on {number} as refused"
            )
            made = sum(
                each.executed or each.accepted or (number, value) in self._after(each)
                for each in tries
            )
            assert done <= made, f"history has {value} on {number} as done"

    def _after(self, attempt: Attempt) -> set[tuple[str, str]]:
        """Return what was put on numbers since an attempt began."""
        return {(number, value) for number, value, _ in self.world.acts[attempt.began :]}

    def _is_covered(self, attempt: Attempt) -> bool:
        """Return whether the process heard nothing, and others changed the number afterwards."""
        later = self.world.acts[attempt.order :]
        return not attempt.known and any(number == attempt.number for number, _, _ in later)


def read_entry(line: bytes) -> dict[str, Any] | None:
    try:
        entry = json.loads(line)
    except ValueError:
        return None
    return entry if isinstance(entry, dict) and "number" in entry else None

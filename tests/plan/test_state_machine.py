"""Random edits of a file and of its account: what `apply` makes of them, and on the way there."""

from __future__ import annotations

import json
import tomllib
from collections import Counter
from itertools import pairwise
from pathlib import Path

import tomli_w
from hypothesis import HealthCheck, event, note, settings
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from tests.conftest import Outcome
from tests.examples import examples
from tests.plan.account import State, check_no_gap
from tests.plan.drifting import Drifting
from tests.plan.edits import IN_ACCOUNT, INDEX, MOVE, SECRETS, TITLES, Edit
from tests.plan.wanted import Table, check_fulfilled, check_untouched, forbids, recovered
from wacb.sandbox.emulator import LoggedRequest

FAULTS = st.builds(
    lambda *words: ",".join(words),
    st.sampled_from(("500", "503", "429", "422", "reset", "truncate", "html")).flatmap(
        lambda kind: st.sampled_from((kind, f"{kind}:2", f"{kind}:9", f"{kind}:40%"))
    ),
    st.sampled_from(("POST", "PATCH", "PUT", "DELETE", "GET")),
    st.sampled_from(("from=1", "from=2", "from=4")),
    st.sampled_from(("before", "after")),
)
SAID_NO = ("422", "429")
# A write is one of a phase; each phase begins when the one before is over.
PHASES = ("POST", "PATCH", "PUT", "detach", "DELETE")


class Applying(Drifting):
    """A file and an account that drift apart until the next `apply`."""

    @precondition(lambda self: self.edits)
    @rule(prune=st.booleans(), extra=st.sampled_from(("", "checksum", "export")))
    def apply(self, prune: bool, extra: str) -> None:
        self._write()
        flags = ["--prune"] if prune else []
        plan, asked = self._run("plan", *flags, "--detailed-exitcode", "-o", "json")
        assert writes(asked) == []
        before = self.account.state()
        if self.account.shows_attachment:
            why = [*forbids(self.profiles, self.numbers, self.env, before)]
            assert (plan.code in (0, 10)) == (not why), why
        if extra == "checksum" and plan.code in (0, 10):
            refused, asked = self._run("apply", *flags, "--yes", "--checksum", "0" * 64)
            assert (refused.code, writes(asked)) == (9, [])
            flags += ["--checksum", json.loads(plan.out)["checksum"]]
        self.account.clock.sleep(5)
        applied, asked = self._run("apply", *flags, "--yes", "-o", "json")
        event(f"apply: {applied.code}")
        if applied.code:
            assert (applied.code, writes(asked)) == (plan.code, [])
            assert applied.code in (1, 2, 5, 9)
            assert self.account.state() == before
            self.mend()
            return
        actions = Counter(change["action"] for change in json.loads(plan.out)["changes"])
        assert plan.code == (10 if actions else 0)
        assert Counter(writes(asked)) == Counter(
            POST=actions["create"],
            PATCH=actions["update"],
            PUT=actions["attach"],
            detach=actions["detach"],
            DELETE=actions["delete"],
        )
        for action in actions:
            event(action)
        self._check(asked, before, prune=prune)
        if extra == "export":
            self._check_export()

    @precondition(lambda self: self.edits)
    @rule(prune=st.booleans(), faults=st.lists(FAULTS, min_size=1, max_size=2), late=INDEX)
    def apply_with_faults(self, prune: bool, faults: list[str], late: int) -> None:
        """Let requests fail, and now and then the listing lag: another run finishes the job."""
        self._write()
        flags = ["--prune"] if prune else []
        planned, _ = self._run("plan", *flags)
        before = self.account.state()
        lagging = ["late:20s"] if late == 0 else []
        self.account.meets(*map(self._honest, faults), *lagging)
        applied, asked = self._run("apply", *flags, "--yes", "-o", "json")
        event(f"apply with faults: {applied.code}")
        assert applied.code in ((0, 1, 6, 7) if planned.code == 0 else (planned.code, 6, 7))
        self._check_on_the_way(asked, before)
        if applied.code == 0:
            self._check_journal()
        elif applied.out:
            check_failures(json.loads(applied.out)["changes"])
        self.account.meets()
        if lagging:
            _, asked = self._run("apply", *flags, "--yes")
            self._check_on_the_way(asked, before)
            self.account.clock.sleep(30)
        if planned.code == 0:
            last, asked = self._run("apply", *flags, "--yes")
            assert last.code == 0
            self._check(asked, before, prune=prune)
        else:
            self.mend()

    @precondition(lambda self: self.edits)
    @rule(prune=st.booleans(), edits=st.lists(MOVE | IN_ACCOUNT, min_size=1, max_size=3))
    def apply_a_stale_plan(self, prune: bool, edits: list[Edit]) -> None:
        """Let somebody edit the account while a plan is looked at."""
        self._write()
        flags = ["--prune"] if prune else []
        planned, asked = self._run("plan", *flags)
        self.account.meanwhile = (len(asked), lambda: self.edit(edits=edits))
        applied, asked = self._run("apply", *flags, "--yes")
        event(f"stale apply: {applied.code}")
        self.account.meanwhile = None
        before = self.account.seen[0]
        self._check_on_the_way(asked, before)
        assert planned.code in (0, applied.code)
        self.edits = 1  # another apply is to follow

    # -- what is looked at

    def _check(self, asked: list[LoggedRequest], before: State, *, prune: bool) -> None:
        """Look at what an apply did that went well; `before` is the state before the job began."""
        self._check_on_the_way(asked, before)
        self._check_journal()
        after, numbers = self.account.state(), self.numbers
        check_fulfilled(self.profiles, numbers, self.env, after)
        how = {"prune": prune, "sees_numbers": self.account.shows_attachment}
        check_untouched(self.profiles, numbers, before, after, **how)
        flags = ["--prune"] if prune else []
        again, _ = self._run("plan", *flags, "--detailed-exitcode", "-o", "json")
        assert (again.code, json.loads(again.out)["changes"]) == (0, [])

    def _check_on_the_way(self, asked: list[LoggedRequest], before: State) -> None:
        """Look that there was no gap, that all went in its order, and nothing was created twice."""
        check_no_gap(self.account.seen)
        phases = [PHASES.index(kind) for kind in writes(asked)]
        assert all(first <= second for first, second in pairwise(phases)), writes(asked)
        state = self.account.state()
        for title in TITLES:
            assert len(state.titled(title)) <= max(1, len(before.titled(title))), title

    def _check_journal(self) -> None:
        """Look that each change of a number can be taken back."""
        before, after = self.account.seen[0], self.account.seen[-1]
        journaled = self.account.journaled()
        for number in after.numbers:
            if after.carried(number) != before.carried(number):
                assert journaled[number] == after.carried(number)

    def _check_export(self) -> None:
        exported, _ = self._run("export", file=None)
        assert exported.code == 0
        assert not any(secret in exported.out for secret in SECRETS)
        path = self.home / "exported.toml"
        path.write_text(exported.out)
        env = recovered(tomllib.loads(exported.out), self.account.state())
        plan, _ = self._run("plan", "--detailed-exitcode", file=str(path), env=env)
        assert plan.code == 0

    # -- how

    def _run(
        self, *line: str, file: str | None = "", env: dict[str, str] | None = None
    ) -> tuple[Outcome, list[LoggedRequest]]:
        """Run a command with the file, another one or none."""
        named = [] if file is None else ["-f", file or str(self._file)]
        outcome, asked = self.account.run(*line, *named, env=self.env if env is None else env)
        note(f"{' '.join(line)}: {outcome.code}\n{outcome.out}{outcome.err}")
        return outcome, asked

    @property
    def _file(self) -> Path:
        return self.home / "wacb.toml"

    def _write(self) -> None:
        self.edits = 0
        content: Table = {"profiles": self.profiles}
        if self.numbers is not None:
            content["numbers"] = {self.spelled[each]: name for each, name in self.numbers.items()}
        self._file.write_text(tomli_w.dumps(content))

    def _honest(self, fault: str) -> str:
        """Let no fault lie: what says no was not done, and what is hidden is not lost besides."""
        hidden = "PUT" in fault and not self.account.shows_attachment
        return fault.replace("after", "before") if fault[:3] in SAID_NO or hidden else fault


def check_failures(changes: list[Table]) -> None:
    """Look at what was not tried, as something before it failed."""
    failed = {change["name"] for change in changes if "error" in change}
    for change in changes:
        if change["action"] == "attach" and change["fields"]["profile"]["new"] in failed:
            assert change["error"]["code"] == "not_tried"
    gives = [change for change in changes if change["action"] not in ("detach", "delete")]
    if any("error" in change for change in gives):
        for change in changes[len(gives) :]:
            assert change["error"]["code"] == "not_tried"


def writes(requests: list[LoggedRequest]) -> list[str]:
    """What a run changed, or tried to."""
    return [
        "detach" if request.method == "PUT" and b'_id":""' in request.body else request.method
        for request in requests
        if request.method != "GET"
    ]


TestApply = Applying.TestCase
TestApply.settings = settings(
    max_examples=examples(12),
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)

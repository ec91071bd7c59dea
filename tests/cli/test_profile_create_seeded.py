"""`profile create` under faults of every kind, at random: one profile, or an honest failure.

Every seed is a story: a create that meets faults, then the reruns that its hints ask for, sooner or
later, with the faults gone or still there, and at last one that meets none.
"""

from __future__ import annotations

import json
import random
from collections import Counter
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tests.cli.expect import CREATE, TITLE
from tests.conftest import LIVE, Outcome, invoke, profile_id
from tests.fake_api import Clock
from wacb.cli.app import App
from wacb.net.timeout import Deadline
from wacb.sandbox.emulator import LoggedRequest, Sandbox
from wacb.sandbox.in_process import exchange
from wacb.sandbox.store import Store

SOME, MANY = range(24, 36), range(250)
NOW = 1_790_000_000.0
PLAIN, ONCE, UPDATE = (), ("--if-not-exists",), ("--update-existing",)
CHANGED = ("--response-message", "thanks")
REFUSALS = {"401": 4, "403": 4, "404": 5, "409": 6, "422": 6}
SAID_NO = (*REFUSALS, "429")
KINDS = (*SAID_NO, *("500", "503", "html", "reset", "truncate") * 2, "drip", "slow")


def some_fault(chance: Random) -> str:
    """Spell a fault. What says no to a create strikes before it was carried out.

    An API that creates a profile and says 4xx, or 429 ("not looked at: send it again"), has lied;
    no client can tell.
    """
    kind = chance.choice(KINDS)
    amount = chance.choice(["", f":{chance.randint(1, 6)}", f":{chance.randint(10, 90)}%"])
    method = chance.choice([None, "POST", "POST", "GET", "GET", "PATCH"])
    honest = kind not in SAID_NO or method in ("GET", "PATCH")
    words = [
        *([method] if method else []),
        *chance.choice([[], ["before"], ["after"] if honest else [], ["after"] if honest else []]),
        *chance.choice([[], [], [f"from={chance.randint(1, 5)}"]]),
    ]
    chance.shuffle(words)
    return ",".join([kind + amount, *words])


def some_faults(chance: Random) -> list[str]:
    late = chance.choice(["late:0s", "late:20s", f"late:{chance.uniform(0, 20):.2f}s"])
    return [late, *(some_fault(chance) for _ in range(chance.randint(1, 3)))]


@dataclass
class Story:
    """A user, a clock, and an API with a memory; its faults last until `meets` names others."""

    seed: int
    home: Path
    clock: Clock = field(default_factory=Clock)
    store: Store = field(default_factory=lambda: Store(":memory:"))
    told: list[str] = field(default_factory=list)
    results: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.chance = Random(self.seed)
        self.serial = count(1)
        self.meets([])
        random.seed(self.seed)  # for the waits between two tries of a request

    def meets(self, faults: list[str]) -> None:
        self.sandbox = Sandbox(
            self.store,
            clock=self.now,
            new_id=lambda: profile_id(next(self.serial)),
            random=Random(self.seed),
        )
        for fault in faults:
            self.sandbox.add_fault(fault)
        self.told.append(f"faults: {' '.join(faults) or 'none'}")

    def now(self) -> float:
        return NOW + self.clock()

    def create(self, *flags: str, deadline: float = 120) -> Outcome:
        """Run the command and check that what it says is true."""
        app = App(
            environ={"HOME": str(self.home), **LIVE},
            handler=partial(exchange, self.sandbox, sleep=self.clock.sleep),
            interactive=False,
            sleep=self.clock.sleep,
            now=self.now,
        )
        app.deadline = Deadline(deadline, clock=self.clock)
        met = len(self.sandbox.requests())
        outcome = invoke(app, *CREATE, *flags, "-o", "json")
        self.told += [f"at {self.clock():.1f} s, {deadline} s for {flags}: {outcome}"]
        self.check(outcome, self.sandbox.requests()[met:])
        return outcome

    def check(self, outcome: Outcome, requests: list[LoggedRequest]) -> None:
        there = self.profiles()
        assert len(there) <= 1, self
        posts = [request for request in requests if request.method == "POST"]
        assert sum(post.status != 429 for post in posts) <= 1, self
        if outcome.code == 0:
            shown = json.loads(outcome.out)
            assert [shown["id"]] == there, self
            self.results.append(shown["result"])
            return
        error = json.loads(outcome.err.splitlines()[-1])["error"]
        self.results.append(error["code"])
        assert outcome.out == "", self
        if outcome.code != 7:
            assert outcome.code == REFUSALS.get(str(requests[-1].status)), self
        if "was created" in error["message"]:
            assert error["code"] == "outcome_unknown", self
            assert "run the same command again" in error["hint"], self

    def profiles(self) -> list[str]:
        """The IDs of all profiles, whether listed yet or not."""
        rows, total = self.store.profiles(title=TITLE, limit=10, offset=0)
        assert len(rows) == total
        return [row["profile_id"] for row in rows]

    def __str__(self) -> str:
        return "\n".join([f"seed {self.seed}", *self.told, f"profiles: {self.profiles()}"])

    __repr__ = __str__


def play(story: Story) -> None:
    chance = story.chance
    flags: Any = chance.choice([PLAIN, ONCE, UPDATE])
    story.meets(some_faults(chance))
    story.create(*flags, deadline=chance.choice([120, 120, 120, 20, 6]))
    flags = (*UPDATE, *CHANGED) if flags == UPDATE else ONCE
    for _ in range(chance.choice([0, 1, 1, 2])):
        story.clock.now += chance.choice([0, chance.uniform(0, 40)])
        if chance.random() < 0.7:
            story.meets(chance.choice([[], some_faults(chance)]))
        story.create(*flags, deadline=chance.choice([120, 120, 20, 6]))
    story.clock.now += chance.choice([0, 0, chance.uniform(0, 40)])
    story.meets([])
    assert story.create(*flags).code == 0, story


def tell(seeds: range, folder: Path) -> Counter[str]:
    """Play the stories of some seeds, and count what their commands ended with."""
    seen: Counter[str] = Counter()
    for seed in seeds:
        story = Story(seed, folder / str(seed))
        play(story)
        seen.update(story.results)
    return seen


def test_no_story_ends_with_two_profiles(tmp_path: Path):
    assert tell(SOME, tmp_path).keys() >= {"created", "adopted", "unchanged", "unavailable"}


@pytest.mark.thorough
def test_none_of_many_stories_ends_with_two_profiles(tmp_path: Path):
    seen = tell(MANY, tmp_path)
    often = {result for result, times in seen.items() if times >= 5}
    assert often >= {
        *("created", "adopted", "unchanged", "updated", "unavailable", "outcome_unknown"),
        *("credentials_refused", "not_found", "api_refused"),
    }, seen

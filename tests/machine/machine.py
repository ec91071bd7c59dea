"""A model of two machines, with kills at any step, lost responses and incomplete views."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, note, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests.cli.expect import BODY, HOOK
from tests.machine.commands import (
    ACTS,
    TITLES,
    VIEWS,
    Act,
    Command,
    commands,
    read_line,
    write_manifest,
)
from tests.machine.line import NUMBERS
from tests.machine.model import Model
from tests.machine.processes import Process, World, stepping

ROW = {"url": HOOK, "http_method": "POST", "body": BODY}
SHORT = BODY.replace(',"location":"<location>"', "")


class Machine(RuleBasedStateMachine):
    """Two machines and the console; `of` adds the commands that are run."""

    @classmethod
    def of(cls, name: str, *kinds: str) -> type[Machine]:
        def run(self: Machine, command: Command) -> None:
            self.execute(command)

        rules = {f"run_{place}": rule(command=commands(kinds))(run) for place in range(4)}
        return type(name, (cls,), rules)

    def __init__(self) -> None:
        super().__init__()
        self.closing = ExitStack()
        self.world = World()
        self.model = Model(self.world)
        self.closing.callback(self.world.close)
        self.closing.enter_context(stepping(lambda: self.world))
        self.written = 0
        self.last: Command | None = None
        self.acted: set[str] = set()
        for title in ("First", "Second"):
            self.create(title)

    def teardown(self) -> None:
        self.closing.close()

    @initialize(empty=st.integers(0, 5), folds=st.integers(0, 3), lag=st.sampled_from((0, 0, 3)))
    def begin(self, empty: int, folds: int, lag: int) -> None:
        self.world.view.empty = empty == 5
        self.world.view.folds = folds == 3
        self.world.lag = lag
        self.world.sandbox.add_fault(f"late:{lag}s")

    # -- rules

    @precondition(lambda self: self.last)
    @rule(machine=st.sampled_from("AAB"))
    def repeat(self, machine: str) -> None:
        """Run the last command again, and let nothing go wrong."""
        assert self.last
        self.execute(self.last._replace(machine=machine, fates=(), events=(), meanwhile=()))

    @rule(
        change=st.one_of(
            ACTS,
            VIEWS,
            st.sampled_from((1, 40)),
            st.tuples(st.sampled_from("AB"), st.sampled_from((-3600, -60, 5, 60, 3600))),
        )
    )
    def change(self, change: Any) -> None:
        """Let the console, the API's listings, the time or a clock change."""
        match change:
            case Act():
                self.act(change)
            case ("A" | "B" as machine, seconds):
                self.world.offsets[machine] += seconds
            case (numbers, profiles):
                self.world.view.numbers, self.world.view.profiles = numbers, profiles
            case seconds:
                self.world.now += seconds
                self.arrive()

    # -- what they do

    def execute(self, command: Command) -> Process:
        """Run a command and the events during it, and judge it."""
        world = self.world
        reference, others = self._choose(command)
        self.written += 1
        manifest = world.folder / f"{self.written}.toml"
        if command.kind == "apply":
            manifest.write_text(write_manifest(command))
        line = read_line(command, reference, others, str(manifest))
        since = len(world.acts)
        asking = list(command.meanwhile)

        def answer() -> str:
            while asking:
                self.happen(world.stack[-1], asking.pop())
            return "y"

        twin = command._replace(fates=(), events=(), meanwhile=(), asks=False)

        def event(act: Any) -> Any:
            # the same command may be run on another terminal at the same time
            return lambda process: self.happen(process, twin if act == "twin" else act)

        note(f"{command}\n{' '.join(line)}")
        process = world.run(
            command.machine,
            *line,
            tty=command.asks,
            answer=answer,
            events={event_.step: event(event_.act) for event_ in command.events},
            fates=command.fates,
        )
        note(f"{process.outcome} {world.numbers()}")
        self.acted.add(command.machine)
        self.model.judge(command, process, since)
        self.last = command
        return process

    def happen(self, process: Process, act: Any) -> None:
        """Let something happen at a step of a process."""
        process.touched = True
        if act == "kill":
            process.dead = True
        elif act == "tear":
            process.torn = True
        elif act == "deaf":
            process.deaf = True
        elif act == "arrive":
            self.arrive()
        elif isinstance(act, Act):
            self.act(act)
        else:
            self.execute(act)

    def arrive(self) -> None:
        before = len(self.world.acts)
        self.world.arrive()
        for number, value, _ in self.world.acts[before:]:
            self.model.act(number, value)

    def act(self, act: Act) -> None:
        """Change something in the console."""
        world, profiles = self.world, [*self.world.profiles()]
        chosen = profiles[act.profile % len(profiles)] if profiles else ""
        if act.kind == "put":
            number, value = NUMBERS[act.number], chosen if act.profile < 3 else ""
            world.put(number, value)
            self.model.act(number, value)
        elif act.kind == "create":
            self.create(TITLES[act.title])
        elif chosen:
            path = f"/v1/SID/callback/profiles/{chosen}"
            if act.kind == "delete":
                world.send("DELETE", path)
            elif act.kind == "break":
                world.send("PATCH", path, {"body": SHORT})
            else:
                world.send("PATCH", path, {"response_message": "by hand"})

    def create(self, title: str) -> None:
        self.world.send("POST", "/v1/SID/callback/profiles", {"title": title, **ROW})

    def _choose(self, command: Command) -> tuple[str, list[str]]:
        profiles = self.world.profiles()
        ids = [*profiles]
        if not ids:
            return TITLES[0], ids
        chosen = ids[command.profile % len(ids)]
        return (profiles[chosen]["title"] if command.by_title else chosen), ids

    # -- what always holds

    @invariant()
    def left_by_somebody(self) -> None:
        self.model.check()

    @invariant()
    def told_as_it_was(self) -> None:
        for machine in sorted(self.acted):
            process = self.world.run(machine, "number", "history", "-o", "json")
            assert process.code == 0, process.outcome
            self.model.check_history(machine, process.rows)
        self.acted.clear()


MACHINES = (
    Machine.of("Numbers", *("attach",) * 3, "detach", *("rollback",) * 2, "bulk"),
    Machine.of("Profiles", *("create",) * 3, "update", "delete", "fix", "attach"),
    Machine.of("Plans", *("apply",) * 3, "attach", "create", "delete"),
    Machine.of(
        *("Everything", "attach", "bulk", "detach", "rollback"),
        *("create", "update", "delete", "fix", "apply"),
    ),
)


def argue(machine: type[Machine], part: int, count: int, *, shrinks: bool = True) -> None:
    """Run `count` examples of a machine; each part has its own."""
    run_state_machine_as_test(
        seed(part)(type(machine.__name__, (machine,), {})),
        settings=settings(
            max_examples=count,
            stateful_step_count=14,
            deadline=None,
            database=None,
            report_multiple_bugs=False,
            phases=(Phase.generate, *[Phase.shrink] * shrinks),
            suppress_health_check=list(HealthCheck),
        ),
    )


def search(name: str, plant: Callable[[pytest.MonkeyPatch], object], count: int) -> str | None:
    """Plant a fault, and return what the machine of this name says of it, None if nothing."""
    machine = next(machine for machine in MACHINES if machine.__name__ == name)
    with pytest.MonkeyPatch.context() as patch:
        plant(patch)
        try:
            argue(machine, 1, count, shrinks=False)
        except AssertionError as error:
            return str(error).partition("\n")[0]
    return None

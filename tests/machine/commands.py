"""Commands as people and scripts type them, with what goes wrong on the way."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from hypothesis import strategies as st

from tests.cli.expect import HOOK
from tests.machine.line import FATES, NUMBER_VIEWS, NUMBERS, PROFILE_VIEWS

TITLES = ("Alpha Desk", "alpha desk", "Beta")
POLICIES = ((), ("--if-not-exists",), ("--update-existing",), ("--allow-duplicate-title",))
EDITS = ("repoint", "delete", "break", "create")


class Event(NamedTuple):
    """What happens at a step of a command: `act` is one of the names below, or a command."""

    step: int
    act: Any


class Command(NamedTuple):
    """A command; numbers, profiles and titles are places in what there is then."""

    kind: str
    machine: str = "A"
    number: int = 0
    profile: int = 0
    title: int = 0
    option: int = 0
    asks: bool = False
    by_title: bool = False
    fates: tuple[str, ...] = ()
    events: tuple[Event, ...] = ()
    meanwhile: tuple[Any, ...] = ()  # acts while its question stands open


class Act(NamedTuple):
    """What an operator does in the console."""

    kind: str
    number: int = 0
    profile: int = 0
    title: int = 0


def records(made: type[Any], /, **members: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.fixed_dictionaries(members).map(lambda values: made(**values))


SMALL = st.integers(0, 2)
PLACES = st.sampled_from((0, 0, 0, 1, 2))  # mostly the same number
ACTS = st.one_of(
    records(Act, kind=st.just("put"), number=PLACES, profile=st.integers(0, 3)),
    records(Act, kind=st.just("put"), number=PLACES, profile=st.integers(0, 3)),
    records(Act, kind=st.sampled_from(EDITS), profile=SMALL, title=SMALL),
)
LOSSES = st.one_of(
    st.just(()),
    st.just(()),
    st.builds(lambda fate: (fate,), st.sampled_from(FATES)),
    st.builds(lambda fate: (fate,) * 4, st.sampled_from(FATES[:6])),
    st.lists(st.sampled_from(("", *FATES)), max_size=4).map(tuple),
)
MACHINES = st.sampled_from("AAB")


def commands(kinds: tuple[str, ...], *, nested: bool = False) -> st.SearchStrategy[Command]:
    """Commands of these kinds; a nested one is left alone, but for the answers it gets."""
    more: Mapping[str, Any] = {}
    if not nested:
        others = commands(kinds, nested=True)
        ends = st.sampled_from(("kill", "kill", "twin", "tear", "deaf", "arrive"))
        acts = st.one_of(ends, ends, ACTS, others)
        events = st.lists(records(Event, step=st.integers(1, 18), act=acts), max_size=2).map(tuple)
        more = {
            "events": st.one_of(st.just(()), events),
            "asks": st.booleans(),
            "meanwhile": st.lists(st.one_of(ACTS, others), max_size=1).map(tuple),
        }
    return records(
        Command,
        kind=st.sampled_from(kinds),
        machine=MACHINES,
        number=PLACES,
        profile=SMALL,
        title=SMALL,
        option=st.integers(0, 3),
        by_title=st.booleans(),
        fates=st.just(()) if nested else LOSSES,
        **more,
    )


VIEWS = st.tuples(
    st.sampled_from(("shown", "shown", *NUMBER_VIEWS)), st.sampled_from(PROFILE_VIEWS)
)


def read_line(
    command: Command, reference: str, others: list[str], manifest: str
) -> tuple[str, ...]:
    """Return the words of a command on the profile `reference`; `others` are all profiles."""
    number = NUMBERS[command.number]
    yes = () if command.asks else ("--yes",)
    output = ("-o", "json")
    replace = (
        (),
        ("--replace",),
        ("--replace",),
        ("--if-current", others[command.title % len(others)] if others else ""),
    )[command.option]
    match command.kind:
        case "attach":
            return ("number", "attach", number, "--profile", reference, *replace, *output)
        case "bulk":
            jobs = ("--jobs", "1")
            return ("number", "attach", *NUMBERS, "--profile", reference, *replace, *jobs, *output)
        case "detach":
            return ("number", "detach", number, *yes, *output)
        case "rollback":
            return ("number", "rollback", number, *yes, *output)
        case "create":
            where = ("--url", HOOK, "--title", TITLES[command.title])
            line = ("profile", "create", "--method", "post", *where)
            return (*line, *POLICIES[command.option], *output)
        case "update":
            text = ("--response-message", f"thanks {command.option}")
            return ("profile", "update", reference, *text, *output)
        case "delete":
            force = ("--force",) if command.option == 3 else ()
            return ("profile", "delete", reference, *force, *yes, *output)
        case "fix":
            return ("profile", "check", reference, "--fix", *yes, *output)
        case "apply":
            prune = ("--prune",) if command.option > 1 else ()
            return ("apply", "-f", manifest, *prune, *yes, *output)
    raise AssertionError(command.kind)


def write_manifest(command: Command) -> str:
    """Return the file of an `apply`: one or two profiles, and a table of numbers, or none."""
    titles = [TITLES[0], TITLES[2]][: 1 + command.profile % 2]
    tables = [
        f'[profiles.p{place}]\ntitle = "{title}"\nmethod = "post"\nurl = "{HOOK}"\n'
        for place, title in enumerate(titles)
    ]
    if command.number:
        rows = [
            f'"{number}" = "p{place % len(titles)}"'
            for place, number in enumerate(NUMBERS[: command.number])
        ]
        tables.append("\n".join(("[numbers]", *rows)))
    return "\n".join(tables)

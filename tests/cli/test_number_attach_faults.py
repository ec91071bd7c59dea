"""500 numbers on an API that is too busy for every tenth request: all end right, nothing twice."""

from __future__ import annotations

from collections import Counter
from functools import partial
from pathlib import Path
from random import Random

import pytest

from tests.cli.conftest import ask, journaled
from tests.cli.expect import BODY, HOOK, ONE, TWO
from tests.conftest import LIVE, Wacb, invoke, profile_id
from wacb.cli.app import App
from wacb.sandbox.emulator import Sandbox
from wacb.sandbox.in_process import exchange
from wacb.sandbox.store import Store

NUMBERS = [f"+1556{n:07}" for n in range(500)]


def numbers_in_journal(home: Path) -> list[str]:
    return sorted(entry["number"] for entry in journaled(home))


@pytest.mark.parametrize(
    "faults",
    [
        ("429:5%,PUT", "503:5%,PUT"),
        pytest.param(("429:10%",), marks=pytest.mark.thorough),
        pytest.param(("503:10%,PUT,after",), marks=pytest.mark.thorough),
        pytest.param(("reset:3%,PUT,after",), marks=pytest.mark.thorough),
    ],
    ids=" ".join,
)
def test_all_numbers_end_right_and_none_is_changed_twice(tmp_path: Path, faults: tuple[str, ...]):
    store = Store(":memory:")
    sandbox = Sandbox(store, new_id=lambda: profile_id(1), random=Random(0))
    store.add_numbers((number, "Shop", "approved") for number in NUMBERS)
    profile = {"title": "Hook", "http_method": "POST", "url": HOOK, "body": BODY}
    ask(sandbox, "POST", "/v1/SID/callback/profiles", profile)
    for fault in faults:
        sandbox.add_fault(fault)
    slept: list[float] = []
    app = App(
        environ={**LIVE, "HOME": str(tmp_path)},
        handler=partial(exchange, sandbox),
        interactive=False,
        sleep=slept.append,
    )
    line = ["number", "attach", "--from", "-", "--profile", profile_id(1), "--jobs", "8"]
    outcome = invoke(app, *line, input="\n".join(NUMBERS))
    assert outcome.code == 0, outcome.err
    assert [row.split("\t")[:2] for row in outcome.out.splitlines()] == [
        [number, "attached"] for number in NUMBERS
    ]
    carriers = {row["phone_number"] for row in store.numbers() if row["callback_profile_id"]}
    assert carriers == set(NUMBERS)
    assert numbers_in_journal(tmp_path) == NUMBERS
    answers = Counter(r.status for r in sandbox.requests() if r.method == "PUT")
    assert answers[200] == len(NUMBERS)
    assert answers.total() > len(NUMBERS)
    assert len(slept) > 5


def test_the_deadline_ends_a_run_on_an_api_that_stays_busy(tmp_path: Path):
    store = Store(":memory:")
    sandbox = Sandbox(store, new_id=lambda: profile_id(1))
    store.add_numbers((number, "Shop", "approved") for number in NUMBERS[:20])
    profile = {"title": "Hook", "http_method": "POST", "url": HOOK, "body": BODY}
    ask(sandbox, "POST", "/v1/SID/callback/profiles", profile)
    sandbox.add_fault("429:1000,PUT,from=6")
    app = App(
        environ={**LIVE, "HOME": str(tmp_path), "WACB_DEADLINE": "1"},
        handler=partial(exchange, sandbox),
        interactive=False,
    )
    line = ["number", "attach", *NUMBERS[:20], "--profile", profile_id(1), "--jobs", "2"]
    outcome = invoke(app, *line)
    words = [row.split("\t")[1] for row in outcome.out.splitlines()]
    assert (outcome.code, Counter(words)) == (7, {"attached": 5, "failed": 15})
    assert "would exceed the time limit of 1 s" in outcome.err
    assert "error: 20 of 20 numbers failed, 5 of them changed anyway\n" in outcome.err
    attached = [row.split("\t")[0] for row in outcome.out.splitlines() if "\tattached" in row]
    assert numbers_in_journal(tmp_path) == attached


@pytest.mark.parametrize("columns", ["100", "40"])
def test_a_wait_is_said_above_the_bar(
    on_screen: Wacb,
    two_profiles: None,
    sandbox: Sandbox,
    monkeypatch: pytest.MonkeyPatch,
    columns: str,
):
    monkeypatch.setenv("COLUMNS", columns)
    sandbox.add_fault("429,PUT")
    line = ("number", "attach", ONE, TWO, "--profile", profile_id(1), "--jobs", "1")
    outcome = on_screen(*line, env={"NO_COLOR": "1"})
    assert outcome.code == 0
    said = " ".join(outcome.err.split())
    assert f"changing number {ONE} failed: rate-limited (429: The emulator was" in said

"""Changes of profiles whose response was lost: the next command settles them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import writes
from tests.cli.expect import CREATE, HOOK, TITLE
from tests.conftest import Wacb
from tests.field.altered import FIRST, PROFILE, Altered, make_profile, make_ticking, member, says
from wacb.sandbox.emulator import Sandbox

UPDATE = ("profile", "update", FIRST, "--url", f"{HOOK}/new")
DELETE = ("profile", "delete", FIRST, "--yes", "--force")


@pytest.fixture
def sandbox(sleeps: list[float]) -> Sandbox:
    """An empty emulator, whose clock runs while the program sleeps."""
    return make_ticking(sleeps)


def recorded(home: Path) -> list[tuple[str, str]]:
    """Each change of a profile in the journal with its last outcome."""
    lines = (home / ".local/state/wacb/journal.jsonl").read_text().splitlines()
    entries: dict[int, Any] = {entry["seq"]: entry for entry in map(json.loads, lines)}
    return [(entry["action"], entry["outcome"]) for entry in entries.values()]


@pytest.mark.parametrize("duplicate", [(), ("--allow-duplicate-title",)], ids=["only", "another"])
def test_the_same_create_again_finds_what_the_lost_one_made(
    live: Wacb, sandbox: Sandbox, home: Path, duplicate: tuple[str, ...]
):
    if duplicate:
        make_profile(sandbox, title=TITLE)
    line, before = (*CREATE, *duplicate, "-o", "json"), len(writes(sandbox))
    sandbox.add_fault("late:9s")
    sandbox.add_fault("reset,after,POST")
    assert live(*line).code == 7
    assert recorded(home) == [("create", "unknown")]
    again = live(*line)
    assert (again.code, json.loads(again.out)["result"]) == (0, "adopted")
    assert recorded(home) == [("create", "done")]
    assert len(writes(sandbox)) == before + 1
    assert live(*line).code == (0 if duplicate else 9)  # now another one is meant


def test_the_same_create_again_does_not_adopt_other_content(
    live: Wacb, sandbox: Sandbox, sleeps: list[float]
):
    sandbox.add_fault("reset,POST")
    assert live(*CREATE).code == 7
    make_profile(sandbox, title=TITLE, url=f"{HOOK}/other")
    assert live(*CREATE).code == 9
    assert sleeps == [1, 2, 4]


def test_a_dry_run_settles_nothing(live: Wacb, sandbox: Sandbox, home: Path):
    sandbox.add_fault("late:9s")
    sandbox.add_fault("reset,after,POST")
    assert live(*CREATE).code == 7
    assert live(*CREATE, "--dry-run").code == 0
    assert recorded(home) == [("create", "unknown")]


LOST = says("PATCH", PROFILE, 500, b"", arrives=False)


@pytest.mark.parametrize(
    ("shown", "outcome"),
    [
        pytest.param([], "refused", id="the API shows when it was modified"),
        pytest.param([member("created_at", None)], "unknown", id="the API shows no times"),
    ],
)
def test_a_lost_update_is_settled_by_the_next(
    live: Wacb, sandbox: Sandbox, home: Path, shown: list[Any], outcome: str
):
    make_profile(sandbox)
    assert live(*UPDATE, handler=Altered(sandbox, LOST, *shown)).code == 7
    assert recorded(home) == [("update", "unknown")]
    again = live(*UPDATE, handler=Altered(sandbox, *shown))
    assert again.code == 0
    assert ("it is not known whether the update of" in again.err) == (outcome == "unknown")
    assert recorded(home) == [("update", outcome), ("update", "done")]
    assert "is not known" not in live(*UPDATE, handler=Altered(sandbox, *shown)).err


def test_an_update_that_was_made_although_its_response_was_lost_is_done(
    live: Wacb, sandbox: Sandbox, home: Path
):
    make_profile(sandbox)
    blind = says("GET", PROFILE, 500, b"")
    lost = says("PATCH", PROFILE, 500, b"")
    assert live(*UPDATE[:2], "Hook", *UPDATE[3:], handler=Altered(sandbox, lost, blind)).code == 7
    assert live(*UPDATE).code == 0
    assert recorded(home) == [("update", "done")]
    sandbox.add_fault("reset:4,after,PATCH")
    assert live(*UPDATE[:3], "--url", HOOK).code == 0
    assert recorded(home) == [("update", "done")] * 2


def test_a_lost_deletion_is_settled_by_the_next(live: Wacb, sandbox: Sandbox, home: Path):
    make_profile(sandbox)
    lost = [says("DELETE", PROFILE, 500, b""), says("GET", PROFILE, 500, b"")]
    by_title = (*DELETE[:2], "Hook", *DELETE[3:])
    assert live(*by_title, handler=Altered(sandbox, *lost)).code == 7
    assert recorded(home) == [("delete", "unknown")]
    again = live(*by_title)
    assert again.code == 5
    assert "hint: an earlier command deleted it; the response was lost" in again.err
    assert recorded(home) == [("delete", "done")]
    assert "earlier command" not in live(*by_title).err


def test_a_deletion_that_was_accepted_and_not_done_is_refused(
    live: Wacb, sandbox: Sandbox, home: Path
):
    make_profile(sandbox)
    liar = says("DELETE", PROFILE, 200, {"data": {"profileId": FIRST}}, arrives=False)
    assert live(*DELETE, handler=Altered(sandbox, liar)).code == 8
    assert recorded(home) == [("delete", "refused")]


def test_no_request_leaves_without_its_intent(live: Wacb, sandbox: Sandbox, home: Path):
    seen: list[list[tuple[str, str]]] = []

    class Watching(Altered):
        def __call__(self, method: str, *request: Any) -> Any:
            if method in ("POST", "PATCH", "DELETE"):
                seen.append(recorded(home))
            return super().__call__(method, *request)

    watching = Watching(sandbox)
    for line in (CREATE, UPDATE, DELETE):
        assert live(*line, handler=watching).code == 0
    assert [entries[-1] for entries in seen] == [
        ("create", "intent"),
        ("update", "intent"),
        ("delete", "intent"),
    ]
    assert recorded(home) == [("create", "done"), ("update", "done"), ("delete", "done")]

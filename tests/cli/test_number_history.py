"""`wacb number history`, and the journal when its file is torn or the disk refuses."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.cli.conftest import Watch, attached
from tests.cli.expect import ONE, TWO, done, failed, table
from tests.conftest import Wacb, profile_id
from tests.storage.bad_disk import full_disk, read_only
from wacb.sandbox.account import SID, WABA_ID
from wacb.sandbox.emulator import Sandbox

FIRST, SECOND = profile_id(1), profile_id(2)
ATTACH = ("number", "attach", ONE, "--profile")
DETACH = ("number", "detach", ONE)
ROLLBACK = ("number", "rollback", ONE)
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


@pytest.fixture(autouse=True)
def existing(two_profiles: None) -> None:
    """Two profiles; no number carries one."""


def history(live: Wacb, *line: str) -> list[str]:
    outcome = live("number", "history", *line)
    assert (outcome.code, outcome.err) == (0, "")
    return TIME.sub("TIME", outcome.out).splitlines()


def entry(action: str, old: str, new: str, number: str = ONE) -> str:
    return table("TIME", number, action, old, new, "done")


def test_history_shows_every_change_oldest_first(live: Wacb):
    live(*ATTACH, FIRST)
    live(*ATTACH, FIRST)  # unchanged: no entry
    live("number", "attach", TWO, "--profile", SECOND)
    live(*ATTACH, SECOND, "--replace")
    live(*ROLLBACK, "--yes")
    live(*DETACH, "--yes")
    lines = [
        entry("attach", "", FIRST),
        entry("attach", "", SECOND, TWO),
        entry("attach", FIRST, SECOND),
        entry("rollback", SECOND, FIRST),
        entry("detach", FIRST, ""),
    ]
    assert history(live) == lines
    assert history(live, ONE) == [line for line in lines if ONE in line]
    assert history(live, "001 555 010 0002") == [lines[1]]


def test_history_in_json_and_when_there_is_none(live: Wacb, home: Path):
    assert live("number", "history", "-o", "json") == done("[]")
    assert live("number", "history") == done("", "no changes in the journal")
    assert live("number", "history", ONE) == done("", f"no changes of number {ONE} in the journal")
    assert live("number", "history", "") == live("number", "show", "")
    before = (home / ".local/state/wacb/journal.jsonl").read_bytes()
    live(*ATTACH, FIRST)
    outcome = live("number", "history", "-o", "json")
    (value,) = json.loads(TIME.sub("TIME", outcome.out))
    assert value == {
        "time": "TIME",
        "account": SID,
        "number": ONE,
        "old": "",
        "new": FIRST,
        "action": "attach",
        "outcome": "done",
        "host": "api.ap.kaleyra.io",
        "waba_id": WABA_ID,
        "seq": len(before),
    }


def test_history_is_kept_by_account_and_asks_no_api(live: Wacb, wacb: Wacb, sandbox: Sandbox):
    live(*ATTACH, FIRST)
    before = sandbox.requests()
    assert wacb("number", "history", env={"WACB_SID": "HXOTHER"}).out == ""
    assert wacb("number", "history", env={"WACB_SID": SID}).out.count("\n") == 1
    assert wacb("number", "history") == failed(
        3,
        "the SID (WACB_SID) is missing; the journal is kept by SID",
        "set it, or run `wacb config init`",
    )
    assert sandbox.requests() == before


def test_a_torn_last_line_is_said_and_the_rest_is_read(live: Wacb, home: Path, sandbox: Sandbox):
    live(*ATTACH, FIRST)
    journal = home / ".local/state/wacb/journal.jsonl"
    whole = journal.read_bytes()
    journal.write_bytes(whole + whole[:40])
    warning = f"warning: line 7 of {journal} is incomplete, as after a crash: it was skipped\n"
    outcome = live("number", "history")
    assert (outcome.code, TIME.sub("TIME", outcome.out)) == (0, entry("attach", "", FIRST) + "\n")
    assert outcome.err == warning
    back = live(*ROLLBACK, "--yes")
    assert (back.code, back.err) == (
        0,
        f"{warning}to undo: wacb number attach {ONE} --profile {FIRST}\n",
    )
    assert attached(sandbox, ONE) == ""
    assert journal.read_bytes().startswith(whole + whole[:40] + b"\n")


def test_nothing_is_changed_where_the_journal_cannot_be_written(
    live: Wacb, home: Path, untouched: Watch
):
    journal = home / ".local/state/wacb/journal.jsonl"
    journal.unlink()
    journal.mkdir()
    with untouched():
        for numbers in ((ONE,), (ONE, TWO)):
            outcome = live("number", "attach", *numbers, "--profile", FIRST)
            assert outcome == failed(3, f"cannot write {journal}: it is not a regular file")


@pytest.mark.parametrize("numbers", [(ONE,), (ONE, TWO)], ids=["one", "several"])
def test_a_full_disk_keeps_the_journal_and_stops_the_change(
    live: Wacb, home: Path, sandbox: Sandbox, numbers: tuple[str, ...]
):
    live("number", "attach", "+15550100003", "--profile", SECOND)
    journal = home / ".local/state/wacb/journal.jsonl"
    before, one = journal.read_bytes(), ("--jobs", "1")
    with full_disk(len(before) + 10):
        outcome = live("number", "attach", *numbers, "--profile", FIRST, *one)
    assert (outcome.code, journal.read_bytes()) == (3, before)
    assert attached(sandbox, ONE) == ""
    assert f"cannot write {journal}: File too large" in outcome.err
    if len(numbers) > 1:
        assert [row.split("\t")[1] for row in outcome.out.splitlines()] == ["failed", "not tried"]


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [("422,PUT", "refused"), ("reset:9,PUT", "unknown"), ("429:9,PUT", "refused")],
)
def test_a_change_that_was_not_done_has_its_outcome(
    live: Wacb, sandbox: Sandbox, fault: str, outcome: str
):
    live(*ATTACH, FIRST)
    sandbox.add_fault(fault)
    assert live(*ATTACH, SECOND, "--replace", "--waba-id", "none").code in (6, 7)
    assert history(live)[-1] == table("TIME", ONE, "attach", FIRST, SECOND, outcome)


def test_after_a_lost_answer_nothing_is_believed(live: Wacb, sandbox: Sandbox):
    v1 = ("--waba-id", "none")
    live(*ATTACH, FIRST, *v1)
    sandbox.add_fault("reset:4,after,PUT")
    assert live(*ATTACH, SECOND, "--replace", *v1).code == 7
    assert live(*ATTACH, FIRST, *v1, "-q").code == 0
    assert attached(sandbox, ONE) == FIRST


def test_a_read_only_state_folder_stops_the_change(live: Wacb, home: Path, untouched: Watch):
    live("number", "attach", "+15550100003", "--profile", SECOND)
    folder = home / ".local/state/wacb"
    with untouched(), read_only(folder):
        outcome = live("number", "attach", ONE, "--profile", FIRST)
        assert live("number", "history").code == 0
    assert (outcome.code, outcome.out) == (3, "")
    assert outcome.err.startswith(f"error: cannot lock {folder}/journal.jsonl.lock: Permission")

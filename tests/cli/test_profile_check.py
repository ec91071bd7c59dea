"""`wacb profile check`: what is wrong with which template; --fix is in test_profile_fix.py."""

from __future__ import annotations

import json

import pytest

from tests.cli.checking import (
    CHECK,
    FAULTS,
    FOUR,
    ONE,
    ROWS,
    THREE,
    TWO,
    complete,
    make,
    make_faulty,
    report,
)
from tests.cli.conftest import Watch
from tests.cli.expect import CREATE, HOOK, NAMES, QUERY, TITLE, as_json, done, failed, table
from tests.conftest import Wacb
from wacb.sandbox.emulator import Sandbox

FIX_IT = "hint: pass --fix to fix them\n"
NONE = "no profile looks like one for incoming messages"


def test_complete_profiles_pass(live: Wacb, two_profiles: None, untouched: Watch):
    first, second = complete(1, TITLE), complete(2, "Second")
    shown = {"ok": True, "present": 14, "missing": [], "unknown": []}
    with untouched():
        assert live(*CHECK) == done(f"{first}\n{second}")
        assert live(*CHECK, "-q") == done(f"{ONE}\n{TWO}")
        assert live(*CHECK, "Second", ONE, TITLE) == done(f"{second}\n{first}")
        assert live(*CHECK, "Second", "-o", "json") == done(
            as_json([{"id": TWO, "title": "Second", **shown}])
        )


@pytest.mark.parametrize("fix", [(), ("--fix",)], ids=["check", "fix"])
def test_where_there_is_none_it_is_said(live: Wacb, sandbox: Sandbox, fix: tuple[str, ...]):
    assert live(*CHECK, *fix) == done(err=NONE)
    assert live(*CHECK, *fix, "-o", "json") == done("[]")
    assert live(*CHECK, *fix, "-q") == done()
    make(sandbox, "Delivery reports", body='{"id":"<id>","status":"<status>"}')
    skipped = (
        "note: 1 more profiles were not checked, as they do not look like ones for incoming "
        "messages; pass their IDs to check them"
    )
    assert live(*CHECK, *fix) == done(err=f"{skipped}\n{NONE}")


def test_any_profile_can_be_named(live: Wacb, sandbox: Sandbox):
    make(sandbox, "Delivery reports", body='{"id":"<id>","status":"<status>"}')
    said = (
        f"note: profile 'Delivery reports' ({ONE}): missing: {', '.join(map('<{}>'.format, NAMES))}"
    )
    assert live(*CHECK, "Delivery reports") == report(
        8,
        (table(ONE, "Delivery reports", "false", 0, ",".join(NAMES), ""),),
        f"{said}\nerror: profile 'Delivery reports' ({ONE}) failed the check\n{FIX_IT}",
    )


def test_every_fault_is_told(live: Wacb, sandbox: Sandbox, untouched: Watch):
    make_faulty(sandbox)
    said = f"{''.join(FAULTS)}error: 3 of 4 profiles failed the check\n{FIX_IT}"
    with untouched():
        assert live(*CHECK) == report(8, ROWS, said)
        assert live(*CHECK, "-q") == report(8, (ONE, TWO, THREE, FOUR), said)


def test_json_is_an_array_and_its_error_one_line(live: Wacb, sandbox: Sandbox):
    make_faulty(sandbox)
    outcome = live(*CHECK, "Misspelt", "Fine", "-o", "json")
    fine = {"id": FOUR, "title": "Fine", "ok": True, "present": 14, "missing": [], "unknown": []}
    wrong = {"ok": False, "present": 13, "missing": ["media_url"], "unknown": ["mediaurl"]}
    misspelt = {"id": TWO, "title": "Misspelt", **wrong}
    assert (outcome.code, outcome.out) == (8, as_json([misspelt, fine]) + "\n")
    error = json.loads(outcome.err.splitlines()[-1])["error"]
    message = "1 of 2 profiles failed the check"
    assert (error["code"], error["message"]) == ("check_failed", message)


def test_a_terminal_shows_a_table_and_cuts_no_name_on_stderr(on_screen: Wacb, sandbox: Sandbox):
    make(sandbox, "Incoming", url=HOOK)
    make(sandbox, "Fine", url=f"{HOOK}?{QUERY}")
    outcome = on_screen(*CHECK, "--color", "never")
    gap = " " * 37
    assert outcome.out == (
        f"ID{gap}  TITLE     OK       PRESENT  MISSING                 UNKNOWN\n"
        f"{ONE}  Incoming  ✗ false  0        body, mime_type, medi…\n"
        f"{TWO}  Fine      ✓ true   14\n"
    )
    assert outcome.code == 8
    assert ", ".join(f"<{name}>" for name in NAMES) in outcome.err.replace("\n", " ")


@pytest.mark.parametrize(
    ("reference", "code", "message", "hint"),
    [
        (
            "incoming",
            5,
            "no profile with ID or title 'incoming'",
            "run `wacb profile list` to see available profiles",
        ),
        (TITLE, 9, f"2 profiles are named '{TITLE}': {ONE}, {TWO}", "pass the ID of one of them"),
    ],
    ids=["absent", "two"],
)
def test_a_name_that_names_no_one_profile_is_refused(
    live: Wacb, reference: str, code: int, message: str, hint: str
):
    live(*CREATE)
    live(*CREATE, "--allow-duplicate-title")
    for how in ((), ("--fix", "--yes"), ("--fix", "--dry-run")):
        assert live(*CHECK, ONE, reference, *how) == failed(code, message, hint)


@pytest.mark.parametrize("option", ["--yes", "--dry-run"])
def test_what_belongs_to_fix_needs_it(live: Wacb, option: str):
    message = "--yes and --dry-run require --fix: a check alone changes nothing"
    assert live(*CHECK, option) == failed(2, message)


def test_no_default_stands_in_for_the_profile(live: Wacb, two_profiles: None):
    assert live(*CHECK, "-q", env={"WACB_PROFILE": ONE}) == done(f"{ONE}\n{TWO}")


def test_without_credentials_there_is_nothing_to_check(wacb: Wacb):
    for how in ((), ("--fix", "--dry-run")):
        outcome = wacb(*CHECK, ONE, *how)
        assert (outcome.code, outcome.out) == (3, "")

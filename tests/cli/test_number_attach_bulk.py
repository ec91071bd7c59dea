"""`wacb number attach` for many numbers: lists, one result a number, what goes wrong for some."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Answer, Refused, Watch, attached, fields, journaled, put, writes
from tests.cli.expect import (
    NINE,
    NO_V1_FIELD,
    ONE,
    THREE,
    TITLE,
    TWO,
    attachment_row,
    done,
    undo,
)
from tests.conftest import LIVE, Outcome, Wacb, profile_id
from tests.fake_api import Clock, make_client
from wacb.cli.app import App
from wacb.cli.number.report import allow_time
from wacb.sandbox.emulator import Sandbox

ATTACH = ("number", "attach")
FIRST, SECOND = profile_id(1), profile_id(2)
UNDO = "to undo: wacb number rollback NUMBER (once per number)"
PENDING = f"number {NINE} is pending; only approved numbers can be changed"
FINISH = "finish its registration in the Kaleyra console first"


@pytest.fixture(autouse=True)
def existing(two_profiles: None) -> None:
    """Two profiles; no number carries one."""


def row(number: str, result: str = "attached", old: str = "", new: str = FIRST) -> str:
    return attachment_row(number, result, old, new)


def rows(*lines: str) -> str:
    return "\n".join(lines)


def journal(home: Path) -> list[tuple[str, str, str]]:
    return [(e["number"], e["old"], e["new"]) for e in journaled(home)]


def test_several_numbers_get_one_profile(live: Wacb, sandbox: Sandbox, home: Path):
    line = (*ATTACH, ONE, TWO, THREE, "--profile", TITLE)
    assert live(*line) == done(rows(row(ONE), row(TWO), row(THREE)), UNDO)
    assert [attached(sandbox, number) for number in (ONE, TWO, THREE)] == [FIRST] * 3
    assert sorted(journal(home)) == [(number, "", FIRST) for number in (ONE, TWO, THREE)]
    same = (row(number, "unchanged", FIRST) for number in (ONE, TWO, THREE))
    assert live(*line) == done(rows(*same))


def test_the_numbers_are_listed_once_before_and_once_after(live: Wacb, sandbox: Sandbox):
    before = len(sandbox.requests())
    live(*ATTACH, ONE, TWO, THREE, "--profile", FIRST)
    sent = [(r.method, r.path.rpartition("/")[2]) for r in sandbox.requests()[before:]]
    looks = {("GET", "number"), ("GET", FIRST)}  # at once, so in any order
    assert (set(sent[:2]), sent[2:-2], set(sent[-2:])) == (looks, [("PUT", "update")] * 3, looks)


@pytest.mark.parametrize("source", ["file", "stdin"])
@pytest.mark.parametrize(
    "text",
    [
        f"{ONE}\n{TWO},Second\n",
        f"# our numbers\r\n\r\n1 (555) 010-0001 # shop\r\n{TWO},{SECOND}\r\n",
        f"\ufeffnumber,profile\n{ONE},\n{TWO},Second\n{ONE}",
        f'number,profile\n{ONE},"{TITLE}"\n{TWO},Second',
    ],
    ids=["plain", "comments, blank lines and CRLF", "BOM and a number twice", "quoted CSV"],
)
def test_a_list_names_numbers_and_profiles(
    live: Wacb, sandbox: Sandbox, tmp_path: Path, text: str, source: str
):
    file = tmp_path / "numbers.csv"
    file.write_bytes(text.encode())
    name = str(file) if source == "file" else "-"
    outcome = live(*ATTACH, "--from", name, "--profile", TITLE, input=text.encode())
    assert outcome == done(rows(row(ONE), row(TWO, new=SECOND)), UNDO)
    assert [attached(sandbox, number) for number in (ONE, TWO)] == [FIRST, SECOND]


def test_a_list_of_one_is_a_list(live: Wacb):
    outcome = live(*ATTACH, "--from", "-", "-o", "json", input=f"{ONE},Second\n")
    value = {"number": ONE, "result": "attached", "old": "", "new": SECOND, "verified": True}
    assert (json.loads(outcome.out), outcome.err) == ([value], f"{undo()}\n")
    assert live(*ATTACH, "--from", "-", "-q", input=f"{ONE},Second\n") == done(ONE)


def test_every_bad_line_is_named_before_anything_is_written(refused: Refused):
    lines = [f"+1556{n:07}" for n in range(500)]
    lines[6], lines[99], lines[498] = "+1555x", "12", f"{ONE},a,b"
    refused(
        (*ATTACH, "--from", "-", "--profile", FIRST),
        2,
        "3 bad lines in the number list: line 7: unexpected character 'x'; line 100: it has 2 "
        "digits, not 7 to 15; line 499 has 3 columns",
        "write `number` or `number,profile` on each line, a number with its country code "
        "like +919812345678; --profile is the default of lines without a profile",
        input="\n".join(lines),
    )


@pytest.mark.parametrize(
    ("line", "text", "message"),
    [
        (
            ("--from", "-"),
            f"{ONE},{FIRST}\n{ONE},{SECOND}\n",
            f"1 bad line in the number list: lines 1 and 2 have two profiles for {ONE}",
        ),
        (("--from", "-"), f"{ONE}\n", "1 bad line in the number list: line 1 has no profile"),
        (("--from", "-"), "# none\n", "the number list is empty"),
        (("--from", "-", ONE), "", "--from and NUMBER cannot be used together"),
        (
            ("--from", "-", "--incoming-url", "https://example.com/"),
            "",
            "--from and --incoming-url cannot be used together",
        ),
        (
            ("--from", "/absent"),
            "",
            "cannot read the number list /absent: No such file or director",
        ),
        (
            (ONE, "x", TWO, "y", "--profile", FIRST),
            "",
            "'x' is not a valid phone number: ",
        ),
        ((ONE, "--jobs", "0", "--profile", FIRST), "", "Invalid value for '--jobs': 0 is not in"),
    ],
)
def test_what_is_no_list_of_numbers_is_refused(
    live: Wacb, untouched: Watch, line: tuple[str, ...], text: str, message: str
):
    with untouched():
        outcome = live(*ATTACH, *line, input=text)
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err.startswith(f"error: {message}")


def test_the_others_are_done_where_some_fail(live: Wacb, sandbox: Sandbox):
    put(sandbox, SECOND, THREE)
    before = len(writes(sandbox))
    line = (*ATTACH, ONE, NINE, TWO, THREE, "--profile", FIRST)
    other = (
        f"number {THREE} already has profile Second ({SECOND}) attached; this would replace it "
        f"with {TITLE} ({FIRST})"
    )
    outcome = live(*line)
    assert outcome == Outcome(
        code=9,
        out=rows(
            row(ONE),
            f"{NINE}\tfailed\t\t\t\t{PENDING}",
            row(TWO),
            f"{THREE}\tfailed\t\t\t\t{other}\n",
        ),
        err=f"{UNDO}\n"
        "error: 2 of 4 numbers failed\n"
        f"  {NINE}: {PENDING}\n"
        f"  {THREE}: {other}\n"
        f"hint: {FINISH}; pass --replace to replace it\n",
    )
    assert len(writes(sandbox)) == before + 2
    again = live(*line, "--replace")
    assert (again.code, again.out.splitlines()[3]) == (9, row(THREE, old=SECOND))
    assert len(writes(sandbox)) == before + 3


def test_failures_that_do_not_agree_are_exit_1(live: Wacb):
    outcome = live(*ATTACH, NINE, "+15550199999", "--profile", FIRST, "-q")
    assert (outcome.code, outcome.out) == (1, "")


def test_each_row_of_json_has_its_error(live: Wacb):
    outcome = live(*ATTACH, NINE, ONE, "--profile", FIRST, "-o", "json")
    error = {
        "code": "refused",
        "message": PENDING,
        "hint": FINISH,
        "status": None,
        "api_code": None,
        "retryable": False,
    }
    nothing = dict.fromkeys(("result", "old", "new", "verified"))
    assert json.loads(outcome.out) == [
        {"number": NINE, **nothing, "error": error},
        {"number": ONE, "result": "attached", "old": "", "new": FIRST, "verified": True},
    ]
    first, last = outcome.err.splitlines()
    summary = {**error, "code": "bulk_failed", "message": "1 of 2 numbers failed"}
    assert (outcome.code, first, json.loads(last)) == (9, undo(), {"error": summary})


def test_many_failures_are_counted_not_listed(live: Wacb):
    numbers = [f"+1556{n:07}" for n in range(30)]
    outcome = live(*ATTACH, *numbers, "--profile", FIRST, "-q")
    assert (outcome.code, outcome.out) == (5, "")
    error, *named, more, hint = outcome.err.splitlines()
    assert (error, more) == ("error: 30 of 30 numbers failed", "  and 10 more")
    assert [line.split(":")[0] for line in named] == [f"  {number}" for number in numbers[:20]]
    assert hint == "hint: run `wacb number list` to see available numbers"


def test_fail_fast_writes_nothing_where_a_number_is_refused(live: Wacb, untouched: Watch):
    with untouched():
        outcome = live(*ATTACH, ONE, NINE, TWO, "--profile", FIRST, "--fail-fast")
    assert outcome.code == 9
    assert [line.split("\t")[1] for line in outcome.out.splitlines()] == [
        "not tried",
        "failed",
        "not tried",
    ]
    assert outcome.err == (
        "error: 1 of 3 numbers failed, 2 not tried\n"
        f"  {ONE}: number {ONE} was skipped: the run was stopped\n"
        f"  {NINE}: {PENDING}\n"
        f"  {TWO}: number {TWO} was skipped: the run was stopped\n"
        f"hint: {FINISH}\n"
    )


def test_fail_fast_stops_at_the_first_update_that_fails(live: Wacb, sandbox: Sandbox):
    sandbox.add_fault("422,before,PUT")
    outcome = live(*ATTACH, ONE, TWO, THREE, "--profile", FIRST, "--fail-fast", "--jobs", "1")
    assert outcome.code == 6
    assert "error: 1 of 3 numbers failed, 2 not tried\n" in outcome.err
    assert [attached(sandbox, number) for number in (ONE, TWO, THREE)] == [""] * 3


def test_the_next_run_finishes_what_a_broken_off_one_left(live: Wacb, sandbox: Sandbox):
    sandbox.add_fault("422,PUT,from=2")
    line = (*ATTACH, ONE, TWO, THREE, "--profile", FIRST, "--jobs", "1")
    assert live(*line).code == 6
    again = live(*line)
    results = [text.split("\t")[1] for text in again.out.splitlines()]
    assert (again.code, results) == (0, ["unchanged", "attached", "unchanged"])
    puts = [fields(request)["phone_number"] for request in writes(sandbox)[-4:]]
    assert puts == [ONE, TWO, THREE, TWO]  # the second one was refused


def test_a_dry_run_prints_every_request_and_fails_as_the_run_would(live: Wacb, untouched: Watch):
    line = (*ATTACH, ONE, TWO, "--profile", FIRST, "--dry-run")
    with untouched():
        fine, partly = live(*line), live(*line, NINE)
    assert (fine.code, fine.err) == (0, "")
    assert [text.split()[:3] for text in fine.out.splitlines()] == [["curl", "-X", "PUT"]] * 2
    assert (partly.code, partly.out) == (9, fine.out)
    assert partly.err.startswith(f"error: 1 of 3 numbers would fail\n  {NINE}: {PENDING}\n")
    as_json = live(*line, NINE, "-o", "json")  # which has no rows to name it
    assert json.loads(as_json.err)["error"]["details"] == [f"{NINE}: {PENDING}"]


def test_a_dry_run_without_credentials_looks_nothing_up(wacb: Wacb):
    outcome = wacb(*ATTACH, ONE, TWO, "--profile", FIRST, "--dry-run")
    assert (outcome.code, len(outcome.out.splitlines())) == (0, 2)
    assert outcome.err.startswith(
        "note: checked offline: without credentials the profile and the number were not looked up"
    )
    assert outcome.err.count("\n") == 1
    titled = wacb(*ATTACH, ONE, TWO, "--profile", "Second", "--dry-run")
    assert (titled.code, titled.out) == (2, "")


# compare and swap


def test_if_current_replaces_only_that_profile(live: Wacb, sandbox: Sandbox, untouched: Watch):
    put(sandbox, FIRST)
    line = (*ATTACH, ONE, "--profile", SECOND, "--if-current")
    with untouched():
        outcome = live(*line, profile_id(3))
    assert outcome == Outcome(
        code=9,
        out="",
        err=f"error: number {ONE} has profile {FIRST} attached, not {profile_id(3)}\n"
        f"hint: check with `wacb number show {ONE}`\n",
    )
    assert live(*line, "").err.startswith(
        f"error: number {ONE} has profile {FIRST} attached, not none\n"
    )
    assert live(*line, FIRST) == done(row(ONE, old=FIRST, new=SECOND), undo())
    assert live(*line, FIRST) == done(row(ONE, "unchanged", SECOND, SECOND))


def test_if_current_takes_a_title(live: Wacb, sandbox: Sandbox):
    put(sandbox, SECOND)
    line = (*ATTACH, ONE, "--profile", FIRST, "--if-current")
    assert live(*line, "Second", "-q") == done(ONE, undo())
    assert live(*line, "Nobody").code == 0  # it carries the profile already
    assert live(*ATTACH, ONE, "--profile", SECOND, "--if-current", "Nobody").code == 5


def test_if_current_is_refused_where_nobody_knows_the_present_profile(live: Wacb):
    line = (*ATTACH, ONE, "--waba-id", "", "--profile")
    refused = live(*line, SECOND, "--if-current", FIRST)
    assert refused == Outcome(
        code=9,
        out="",
        err=f"error: it is not known whether {ONE} has profile {FIRST} attached: the API "
        "does not show it, and the journal has no value\nhint: leave out --if-current\n",
    )
    note = f"note: the API does not show which profile number {ONE} has attached"
    assert live(*line, FIRST, "-q") == done(ONE, f"{note}\n{NO_V1_FIELD}")
    believed = f"{note}; according to the journal it is {FIRST}\n{NO_V1_FIELD}\n{undo()}"
    undo_v1 = believed.replace("wacb number", "wacb --waba-id '' number")
    assert live(*line, SECOND, "--if-current", FIRST, "-q") == done(ONE, undo_v1)


# what the user sees while it runs


def test_a_terminal_shows_a_bar_that_goes_away(on_screen: Wacb, sandbox: Sandbox):
    outcome = on_screen(*ATTACH, ONE, TWO, "--profile", FIRST, env={"NO_COLOR": "1"})
    assert outcome.code == 0
    assert "2/2" in outcome.err
    assert outcome.out.startswith("NUMBER ")
    assert "2/2" not in on_screen(*ATTACH, ONE, TWO, "--profile", FIRST, "-q").err


@pytest.mark.parametrize("dry_run", [(), ("--dry-run",)], ids=["attach", "dry run"])
def test_a_list_of_one_number_fails_like_a_single_number(live: Wacb, dry_run: tuple[str, ...]):
    line = (*ATTACH, "--from", "-", "--profile", FIRST, *dry_run)
    outcome = live(*line, input=f"{NINE}\n")
    assert (outcome.code, outcome.err) == (9, f"error: {PENDING}\nhint: {FINISH}\n")


@pytest.mark.parametrize(
    ("env", "seconds", "said"),
    [
        ({}, 200, "note: the time limit is 200 s for 50 numbers; --deadline sets another one\n"),
        ({"WACB_DEADLINE": "60"}, 60, ""),
    ],
    ids=["default", "set"],
)
def test_the_default_time_limit_grows_with_the_round_trips(
    home: Path,
    capsys: pytest.CaptureFixture[str],
    env: dict[str, str],
    seconds: float,
    said: str,
):
    clock = Clock()

    def api(*_: object) -> Answer:
        clock.sleep(2)
        return 200, [], iter([b'{"data": []}'])

    app = App(environ={**LIVE, "HOME": str(home), **env}, interactive=False)
    app.client = make_client(api, clock=clock)
    allow_time(app, 100, "50 numbers")
    assert app.deadline.seconds == float(env.get("WACB_DEADLINE", 120))  # nothing is measured yet
    app.client.check_access()
    allow_time(app, 100, "50 numbers")
    assert (app.deadline.seconds, capsys.readouterr().err) == (seconds, said)

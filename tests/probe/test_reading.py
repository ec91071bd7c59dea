"""`wacb api check`: reading alone tells which assumptions hold."""

from __future__ import annotations

import json
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from tests.cli.expect import ONE, TWO
from tests.conftest import LIVE, Outcome, Wacb, profile_id
from tests.fake_api import make_row
from tests.field.altered import (
    FIRST,
    NUMBERS,
    PROFILE,
    PROFILES,
    Altered,
    Rule,
    data,
    make_attached,
    rows,
    says,
)
from tests.probe.test_contracts import Values, expected, name, served_as, verdicts
from wacb import __version__
from wacb.api.assumptions import ASSUMPTIONS
from wacb.api.assumptions.model import SeenBy
from wacb.sandbox.emulator import Sandbox

SAME = [make_row(profile_id=profile_id(number)) for number in (1, 2)]
DETAILS = r"/phone_number_details$"

# what a second check confirms, once wacb is adapted
ADAPTED: list[Values] = [
    {"page_cap": 10, "profile_listing": "profiles"},
    {"offset_counts": "pages"},
    {"number_profile_member": "hook.id"},
]


def check(live: Wacb, sandbox: Sandbox, *line: str, **values: Any) -> Outcome:
    return live("api", "check", *line, handler=served_as(sandbox, values))


def test_every_assumption_that_reading_shows_is_judged(live: Wacb, account: Sandbox):
    outcome = live("api", "check", "-o", "json")
    found = json.loads(outcome.out)
    assert [each["id"] for each in found] == [
        each.id for each in ASSUMPTIONS.values() if each.seen_by is SeenBy.READING
    ]
    assert (outcome.code, outcome.err) == (0, "")
    assert verdicts(outcome, "not seen").keys() == {"page_cap"}
    assert all(request.method == "GET" for request in account.requests()[36:])


@pytest.mark.parametrize("values", ADAPTED, ids=name)
def test_apply_adapts_wacb_so_that_a_second_check_agrees(
    live: Wacb, account: Sandbox, values: Values
):
    first = check(live, account, "--apply", **values)
    assert first.code == 0
    assert all(f"= {value}\n" in first.err for value in expected(values).values())
    second = check(live, account, "-o", "json", **values)
    assert (second.code, verdicts(second)) == (0, {})
    listed = live("profile", "list", "-q", handler=served_as(account, values))
    assert len(listed.out.splitlines()) == 34


@pytest.mark.parametrize("empty", [[], None, {}], ids=str)
def test_an_empty_account_shows_little(live: Wacb, sandbox: Sandbox, empty: Any):
    handler = Altered(sandbox, data(PROFILES, lambda _: empty), data(NUMBERS, lambda _: empty))
    outcome = live("api", "check", "-o", "json", handler=handler)
    assert (outcome.code, verdicts(outcome)) == (0, {})
    assert verdicts(outcome, "confirmed").keys() == {"missing_profile_code"}


def test_one_profile_is_one_page_of_one_row(live: Wacb, sandbox: Sandbox):
    make_attached(sandbox, ONE)
    report = json.loads(live("api", "check", "-o", "json").out)
    evidence = {each["id"]: each["evidence"] for each in report}
    assert evidence["short_page_is_last"] == "the page has 1 row"


def test_numbers_are_not_seen_without_a_waba_id(live: Wacb, account: Sandbox):
    outcome = live("api", "check", "-o", "json", env={"WACB_WABA_ID": ""})
    assert {id for id in verdicts(outcome, "not seen") if id.startswith("number_")} == {
        *("number_listing", "number_members", "number_profile_member"),
        *("number_status", "number_details"),
    }
    known = live("api", "check", "-o", "json", env={"WACB_WABA_ID": "", "WACB_NUMBER": ONE})
    assert "number_details" in verdicts(known, "confirmed")


@pytest.mark.parametrize(
    ("rule", "refuted"),
    [
        (says("GET", PROFILES, 400, {"code": "RBC400", "message": "No"}), "profile_listing"),
        (data(PROFILES, lambda rows: [*rows, "x"]), "profile_listing"),
        (rows(PROFILES, lambda row: row | {"profile_id": None}), "profile_listing"),
        (rows(PROFILES, lambda row: row | {"headers": True}), "json_strings"),
        (data(PROFILES, lambda _: SAME), "offset_counts"),
        (data(NUMBERS, lambda rows: {"numbers": rows, "total": 9}), "number_listing"),
        (says("GET", DETAILS, 404, {"code": "WA404", "message": "No"}), "number_details"),
        (data(DETAILS, lambda row: row | {"phone_number": TWO}), "number_details"),
        (data(DETAILS, lambda row: row | {"hook": FIRST}), "number_details"),
        (says("GET", PROFILE, 400, {"code": "RBC400"}), "missing_profile_code"),
        (says("GET", PROFILE, 404, b"<html>", arrives=False), "missing_profile_code"),
        (says("GET", PROFILE, 200, {"data": {"profile_id": "x"}}), "missing_profile_code"),
    ],
)
def test_odd_responses_are_refuted(live: Wacb, account: Sandbox, rule: Rule, refuted: str):
    outcome = live("api", "check", "-o", "json", handler=Altered(account, rule))
    assert outcome.code == 8
    assert refuted in verdicts(outcome)


def test_the_offset_is_not_seen_if_the_order_of_rows_changes(live: Wacb, account: Sandbox):
    turns = count()
    mixed = data(PROFILES, lambda rows: rows[::-1] if next(turns) % 2 else rows)
    outcome = live("api", "check", "-o", "json", handler=Altered(account, mixed))
    assert "offset_counts" in verdicts(outcome, "not seen")


@pytest.mark.parametrize(("status", "code"), [(401, 4), (403, 4), (500, 7), (429, 7)])
def test_a_failure_that_says_nothing_about_the_api_ends_the_check(
    live: Wacb, account: Sandbox, status: int, code: int
):
    handler = Altered(account, says("GET", NUMBERS, status, {"code": "WA1", "message": "No"}))
    outcome = live("api", "check", handler=handler)
    assert (outcome.code, outcome.out) == (code, "")


def test_the_verdicts_are_shown_with_the_assumptions(live: Wacb, account: Sandbox):
    check(live, account, title_filter="finds nothing")
    shown = json.loads(live("api", "assumptions", "-o", "json").out)
    found = {each["id"]: each["verdict"] for each in shown}
    assert found["title_filter"] == "refuted"
    assert found["profile_listing"] == "confirmed"
    assert found["page_cap"] == "not seen"
    assert found["attach_field"] == "never checked"
    other = live("api", "assumptions", "-o", "json", env={"WACB_SID": "HXOTHER0000001IN"})
    assert {each["verdict"] for each in json.loads(other.out)} == {"never checked"}


def test_verdicts_that_cannot_be_kept_are_a_warning(live: Wacb, account: Sandbox, home: Path):
    (home / ".local/state/wacb").mkdir(parents=True)
    (home / ".local/state/wacb/checked").write_text("")
    outcome = live("api", "check", "-q")
    assert (outcome.code, outcome.out) == (0, "")
    assert outcome.err.startswith("warning: `api assumptions` will not show these results: cannot")


def test_a_refutation_names_the_command_that_adapts_wacb(live: Wacb, account: Sandbox):
    outcome = check(live, account, "-q", offset_counts="pages", title_filter="finds nothing")
    assert outcome.out == "offset_counts\ntitle_filter\n"
    assert outcome.err == (
        "error: assumptions offset_counts, title_filter do not hold for this account\n"
        "hint: run `wacb config set contract.offset_counts pages`, or pass --apply\n"
    )
    left = check(
        live, account, "-q", "--apply", offset_counts="pages", title_filter="finds nothing"
    )
    assert left.err == (
        "stored contract.offset_counts = pages\n"
        "error: assumption title_filter does not hold for this account\n"
    )


def test_storing_reports_that_comments_are_dropped(live: Wacb, account: Sandbox, home: Path):
    config = home / ".config/wacb/config.toml"
    config.parent.mkdir(parents=True)
    config.write_text("# mine\n")
    config.chmod(0o600)
    config.parent.chmod(0o700)
    outcome = check(live, account, "--apply", offset_counts="pages")
    assert "the comments in the config file were removed" in outcome.err


# -- the saved report

CANARY = "canary"


def test_the_saved_report_has_no_data_of_the_account(live: Wacb, sandbox: Sandbox, tmp_path: Path):
    for number in (ONE, TWO):
        make_attached(
            sandbox,
            number,
            title=f"{CANARY}-title {number[-1]}",
            url=f"https://{CANARY}.example/{CANARY}?{CANARY}={CANARY}",
            headers=f'{{"X-{CANARY}":"{CANARY}"}}',
            response_message=CANARY,
            events=f'["{CANARY}"]',
        )

    def keyed(row: dict[str, Any]) -> dict[str, Any]:
        profile, number = row["callback_profile_id"], row["phone_number"]
        keys = (profile, number, number[1:], f"{CANARY}-title", f"{CANARY}Title", f"{CANARY}.a")
        return {
            "phone_number": number,
            "name": f"{CANARY} name",
            "status": CANARY,
            "by": dict.fromkeys(keys, profile) if profile else {},
            **({number: {"inner": profile}} if profile else {}),
        }

    handler = Altered(
        sandbox,
        rows(PROFILES, lambda row: row | {"status": CANARY, CANARY: CANARY, "channel": CANARY}),
        rows(NUMBERS, keyed),
        data(DETAILS, lambda row: {CANARY: row, "verified_name": CANARY, "hook": FIRST}),
        says("GET", PROFILE, 400, {"code": CANARY, "message": CANARY}),
    )
    report = tmp_path / "report.json"
    outcome = live("api", "check", "--save", str(report), "-o", "json", handler=handler)
    assert outcome.code == 8
    known = (CANARY, ONE, ONE[1:], TWO, TWO[1:], FIRST, FIRST[3:], *LIVE.values())
    for text in (report.read_text(), outcome.out):
        assert [value for value in known if value.lower() in text.lower()] == []
    saved = json.loads(report.read_text())
    assert saved == {"wacb": __version__, "findings": json.loads(outcome.out)}
    member = next(each for each in saved["findings"] if each["id"] == "number_profile_member")
    assert member["evidence"].endswith("in 14 members not named here")
    assert member["override"] is None


def test_a_folder_or_device_is_not_overwritten(live: Wacb, tmp_path: Path):
    for path in (str(tmp_path), "/dev/null"):
        assert live("api", "check", "--save", path).err.startswith(
            f"error: {path} is not a regular file\n"
        )

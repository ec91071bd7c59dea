"""`wacb setup`: a first run, a second run, and what stops it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.actions import outputs
from tests.cli.conftest import Answer, Watch, attached, fields, put, writes
from tests.cli.expect import CREATE, HOOK, NINE, ONE, QUERY, THREE, TITLE, TWO, done, failed, undo
from tests.conftest import LIVE, Wacb, profile_id
from tests.fake_api import Network, answer, emulated, refusal
from tests.fault_server import FaultServer
from tests.fault_server import answer as whole_answer
from wacb.sandbox.account import API_KEY, SID
from wacb.sandbox.emulator import Sandbox

FIRST = profile_id(1)
SETUP = ("setup", "--url", HOOK, "--no-verify")
UNDO_EACH = "to undo: wacb number rollback NUMBER (once per number)"


def step(name: str, result: str, detail: str = "") -> str:
    return f"{name}\t{result}\t{detail}"


def profile_step(result: str, number: int = 1) -> str:
    return step("profile", result, f"'{TITLE}' ({profile_id(number)})")


def test_a_profile_is_created_and_attached_and_a_second_run_changes_nothing(
    live: Wacb, sandbox: Sandbox, untouched: Watch
):
    line = (*SETUP, "--number", ONE, "--number", TWO)
    rows = [profile_step("created"), step(ONE, "attached"), step(TWO, "attached")]
    assert live(*line) == done("\n".join(rows), UNDO_EACH)
    assert [attached(sandbox, number) for number in (ONE, TWO, THREE)] == [FIRST, FIRST, ""]
    assert [fields(each).get("callback_profile_id") for each in writes(sandbox)[1:]] == [FIRST] * 2
    with untouched():
        rows = [profile_step("unchanged"), step(ONE, "unchanged"), step(TWO, "unchanged")]
        assert live(*line) == done("\n".join(rows))


def test_setup_creates_a_profile_with_a_query(live: Wacb):
    line = (*SETUP, "--number", ONE, "--method", "get", "--title", "Support", "-o", "json")
    report = json.loads(live(*line).out)
    assert report["profile"]["url"] == f"{HOOK}?{QUERY}"
    assert (report["profile"]["title"], report["profile"]["result"]) == ("Support", "created")
    assert report["numbers"] == [
        {"number": ONE, "result": "attached", "old": "", "new": FIRST, "verified": True}
    ]
    assert report["verify"] == []


def test_quiet_prints_the_id_of_the_profile(live: Wacb):
    assert live(*SETUP, "--number", ONE, "-q") == done(FIRST, undo())


def test_values_come_from_the_environment(live: Wacb, sandbox: Sandbox):
    env = {"WACB_ENDPOINT": HOOK, "WACB_NUMBER": TWO, "WACB_PROFILE": "Support"}
    assert live("setup", "--no-verify", "-q", env=env).code == 0
    assert attached(sandbox, TWO) == FIRST
    assert live("profile", "show", "Support", "-q").out == f"{FIRST}\n"
    outcome = live("setup", "--no-verify", env=env | {"WACB_PROFILE": FIRST})
    message = "WACB_PROFILE is the ID of a profile, but a title is required"
    assert outcome == failed(2, message, "pass --title TEXT")


# ---------------------------------------------------------------- checks


def test_setup_runs_the_checks_of_verify(live: Wacb):
    with FaultServer(whole_answer(204)) as server:
        flags = ("--url", server.url + "/hook", "--allow-http", "--allow-local", "--send")
        outcome = live("setup", *flags, "--number", ONE, "--number", TWO, "-o", "json")
    report = json.loads(outcome.out)
    assert outcome.code == 0
    details = [link["detail"] for link in report["verify"] if link["link"] == "number"]
    assert details == [f"{ONE}: approved, {FIRST}", f"{TWO}: approved, {FIRST}"]
    assert [link["link"] for link in report["verify"] if not link["ok"]] == []


def test_a_check_that_fails_does_not_undo_the_rest(live: Wacb, sandbox: Sandbox):
    url = "http://127.0.0.1:1/hook"
    line = ("setup", "--url", url, "--allow-http", "--allow-local", "--number", ONE)
    outcome = live(*line, "--title", "Support")
    assert outcome.code == 7
    assert attached(sandbox, ONE) == FIRST
    rows = outcome.out.splitlines()
    assert rows[:2] == [step("profile", "created", f"'Support' ({FIRST})"), step(ONE, "attached")]
    assert next(row for row in rows if row.startswith("verify endpoint\tbroken"))
    assert "note: setup is complete, but a check afterwards failed\n" in outcome.err


# ---------------------------------------------------------------- refusals


def test_one_error_names_all_that_is_missing(wacb: Wacb, live: Wacb, untouched: Watch):
    endpoint = "the endpoint (--url or WACB_ENDPOINT), a number (--number or WACB_NUMBER)"
    with untouched():
        outcome = wacb("setup")
        assert outcome.code == 3
        assert f"missing: the SID (WACB_SID), the API key (WACB_API_KEY), {endpoint}" in outcome.err
        hint = "pass what is missing, or run this on a terminal"
        assert live("setup") == failed(2, f"missing: {endpoint}", hint)


def test_nothing_is_written_if_the_number_cannot_be_attached(
    live: Wacb, sandbox: Sandbox, two_profiles: None, untouched: Watch
):
    put(sandbox, profile_id(2))
    other = f"number {ONE} already has profile Second ({profile_id(2)}) attached"
    with untouched():
        outcome = live("setup", "--url", f"{HOOK}2", "--no-verify", "--number", ONE)
        assert outcome == failed(
            9, f"{other}; this would replace it with {TITLE}2", "pass --replace to replace it"
        )
        outcome = live("setup", "--url", f"{HOOK}2", "--number", NINE, "--number", TWO)
        assert outcome.code == 9
        assert f"1 of 2 numbers would fail\n  {NINE}: number {NINE} is pending;" in outcome.err


def test_replace_replaces_another_profile(live: Wacb, sandbox: Sandbox, two_profiles: None):
    put(sandbox, profile_id(2))
    rows = [profile_step("unchanged"), step(ONE, "attached", f"instead of {profile_id(2)}")]
    assert live(*SETUP, "--number", ONE, "--replace") == done("\n".join(rows), undo())
    assert attached(sandbox, ONE) == FIRST


def test_the_same_profile_replaces_none_where_the_api_does_not_show_it(live: Wacb):
    line = (*SETUP, "--number", ONE, "--waba-id", "none")
    for result in ("created", "unchanged"):
        assert live(*line).out == f"{profile_step(result)}\n{step(ONE, 'attached')}\n"


def test_update_existing_updates_a_profile_of_the_same_title(live: Wacb):
    assert live(*CREATE, "--allow-missing", "--response-message", "x").code == 0
    assert live(*SETUP, "--number", ONE).code == 0  # what was not asked for may differ
    line = ("setup", "--url", f"{HOOK}/2", "--title", TITLE, "--no-verify", "--number", ONE)
    outcome = live(*line)
    assert outcome.code == 9
    assert "pass --update-existing to change it, or pass another --title" in outcome.err
    assert live(*line, "--update-existing").out.startswith("profile\tupdated\t")


def test_an_unknown_outcome_says_how_to_go_on(over: Wacb):
    listed = {"phone_number": ONE, "status": "approved", "callback_profile_id": ""}
    network = Network(answer([]), answer([listed]), refusal(500), answer([]))
    outcome = over(network, *SETUP, "--number", ONE)
    assert outcome.code == 7
    assert "hint: run the same command again: it finds the profile or creates it\n" in outcome.err


def test_changes_are_reported_if_a_number_fails(over: Wacb, sandbox: Sandbox, tmp_path: Path):
    network = emulated(sandbox)

    def refuse(method: str, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        if method == "PUT" and TWO.encode() in body:
            return Network(refusal(400, "not this one"))(method, url, headers, body)
        return network(method, url, headers, body)

    outcome = over(refuse, *SETUP, "--number", ONE, "--number", TWO)
    assert outcome.code == 6
    assert outcome.out.splitlines()[:2] == [profile_step("created"), step(ONE, "attached")]
    assert outcome.out.splitlines()[2].startswith(f"{TWO}\tfailed\tchanging number {TWO} failed")
    assert f"error: 1 of 2 numbers failed\n  {TWO}: " in outcome.err


# ---------------------------------------------------------------- dry run, GitHub


def test_a_dry_run_prints_every_request(live: Wacb, wacb: Wacb, untouched: Watch):
    with untouched():
        outcome = live("setup", "--url", HOOK, "--number", ONE, "--dry-run", "-o", "json")
    requests = json.loads(outcome.out)["requests"]
    assert [each["method"] for each in requests] == ["POST", "PUT"]
    assert requests[1]["body"] == {"phone_number": ONE, "callback_profile_id": f"ID_OF_{TITLE}"}
    offline = wacb("setup", "--url", HOOK, "--number", ONE, "--dry-run")
    assert offline.code == 0
    assert [line.split()[2] for line in offline.out.splitlines()] == ["POST", "PUT"]


def test_github_gets_one_set_of_outputs(live: Wacb, tmp_path: Path):
    env = {"GITHUB_OUTPUT": str(tmp_path / "output"), "GITHUB_STEP_SUMMARY": str(tmp_path / "md")}
    line = (*SETUP, "--number", ONE, "--number", TWO, "--github", "-q")
    for result, changed in (("created", "true"), ("unchanged", "false")):
        (tmp_path / "output").write_text("")
        assert live(*line, env=env).code == 0
        expected = {"profile_id": FIRST, "result": result, "changed": changed}
        assert outputs(tmp_path / "output") == expected
    (tmp_path / "output").write_text("")
    assert live(*SETUP, "--number", NINE, "--github", env=env).code == 9
    expected = {"profile_id": "", "result": "failed", "changed": "false"}
    assert outputs(tmp_path / "output") == expected
    summary = (tmp_path / "md").read_text()
    assert summary.count("| Step | Result | Detail |") == 3
    why = "number &#43;15550100009 is pending; only approved numbers can be changed"
    assert summary.endswith(f"\n| --- | --- | --- |\n| setup | failed | {why} |\n\n")


# ---------------------------------------------------------------- on a terminal


def test_a_terminal_is_asked_for_everything(wacb: Wacb, sandbox: Sandbox, home: Path):
    answers = f"{SID}\n{API_KEY}\nin\n{LIVE['WACB_WABA_ID']}\nhook\n{HOOK}\n1, {TWO[1:]}\n"
    outcome = wacb("setup", "--no-verify", input=answers, tty=True)
    assert outcome.code == 0
    assert outcome.out.splitlines() == [
        profile_step("created"),
        step(ONE, "attached"),
        step(TWO, "attached"),
    ]
    assert "Error: the URL " in outcome.err
    assert NINE not in outcome.err
    assert API_KEY not in outcome.out + outcome.err
    again = wacb("setup", "--no-verify", input=f"{HOOK}\n1\n", tty=True)  # the account is stored
    assert again.out.splitlines() == [profile_step("unchanged"), step(ONE, "unchanged")]


@pytest.mark.parametrize(("word", "code"), [("y", 0), ("n", 9)])
def test_a_terminal_is_asked_about_another_profile(
    live: Wacb, sandbox: Sandbox, two_profiles: None, word: str, code: int
):
    put(sandbox, profile_id(2))
    outcome = live(*SETUP, "--number", ONE, "--number", TWO, input=f"{word}\n", tty=True)
    question = f"Replace profile Second ({profile_id(2)}) on number {ONE}? [y/N] {word}\n"
    assert question in outcome.err
    assert outcome.code == code
    assert attached(sandbox, ONE) == profile_id(1 if code == 0 else 2)


def test_what_an_update_changes_is_noted_once(live: Wacb):
    assert live(*SETUP, "--number", ONE, "--no-verify").code == 0
    line = ("setup", "--url", f"{HOOK}/new", "--title", "wacb-incoming-example-com-hook")
    options = ("--number", ONE, "--update-existing", "--no-verify")
    note = f"note: url: {HOOK} → {HOOK}/new\n"
    assert note in live(*line, *options, "--dry-run").err
    assert live(*line, *options, tty=True).err.count(note) == 1


@pytest.mark.parametrize("waba", ["none", "42"])
def test_numbers_that_cannot_be_listed_are_typed(wacb: Wacb, waba: str):
    line = (*SETUP, "--dry-run", "--waba-id", waba)
    outcome = wacb(*line, input=f"{ONE}, x\n{ONE}, {TWO}\n", tty=True)
    assert outcome.code == 0
    assert "Error: 'x' is not a valid phone number" in outcome.err
    assert all(f'"{number}"' in outcome.out for number in (ONE, TWO))


def test_refused_credentials_are_reported_before_any_prompt(over: Wacb):
    outcome = over(Network(answer({}, status=401)), "setup", tty=True)
    assert outcome.code == 4
    assert "Endpoint" not in outcome.err

"""`wacb apply`: exactly the plan, in an order in which no message falls into a gap."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.actions import outputs
from tests.cli.conftest import Answer, Handler, Showing, Watch, ask, attached, fields, put, writes
from tests.cli.expect import BODY, HOOK, NINE, ONE, QUERY, THREE, TWO, done, failed
from tests.cli.manifests import ENV, TOKEN, Manifest
from tests.conftest import LIVE, Outcome, Wacb, invoke, mark_shown, profile_id
from tests.fake_api import emulated
from wacb.cli.app import App
from wacb.sandbox.account import SID
from wacb.sandbox.emulator import Sandbox
from wacb.sandbox.in_process import exchange
from wacb.storage.create_lock import CreateLock

FIRST, SECOND, THIRD = (profile_id(number) for number in (1, 2, 3))
PROFILES = "/v1/SID/callback/profiles"
UNDO = "to undo: wacb number rollback NUMBER (once per number)\n"
AGAIN = "hint: run the same command again to finish the rest\n"
ROWS = f"""\
profile\tincoming\tcreated\t{FIRST}\t
profile\tsecond\tcreated\t{SECOND}\t
number\t{ONE}\tattached\t{FIRST}\t
number\t{TWO}\tattached\t{SECOND}\t
"""


@pytest.fixture
def manifest(tmp_path: Path) -> Manifest:
    return Manifest(tmp_path / "wacb.toml")


@pytest.fixture
def old(sandbox: Sandbox) -> str:
    """A profile that the file does not name, on two numbers."""
    profile = {"title": "Old hook", "http_method": "POST", "url": HOOK, "body": BODY}
    made = ask(sandbox, "POST", PROFILES, profile)["profile_id"]
    put(sandbox, made, ONE)
    put(sandbox, made, THREE)
    return str(made)


def rows(outcome: Outcome) -> list[tuple[str, ...]]:
    """Name and result of each change."""
    return [tuple(line.split("\t")[1:3]) for line in outcome.out.splitlines()]


def test_an_account_becomes_what_the_file_says(live: Wacb, manifest: Manifest, sandbox: Sandbox):
    outcome = live("apply", *manifest.file, "--yes", **manifest.how)
    assert (outcome.code, outcome.out) == (0, ROWS)
    shown = live("plan", *manifest.file, "-o", "table", **manifest.how)
    assert shown.out == "No changes. 4 resources match the file.\n"
    assert outcome.err.startswith("+ create  profile incoming\n    title             Incoming")
    assert outcome.err.endswith(UNDO)
    assert [attached(sandbox, number) for number in (ONE, TWO, THREE)] == [FIRST, SECOND, ""]
    posts = [fields(request) for request in writes(sandbox) if request.method == "POST"]
    assert [post["title"] for post in posts] == ["Incoming messages", "Second hook"]
    assert json.loads(posts[0]["headers"]) == {"X-Token": TOKEN}
    assert TOKEN not in outcome.out + outcome.err


def test_a_second_run_changes_nothing(live: Wacb, manifest: Manifest, sandbox: Sandbox):
    assert live("apply", *manifest.file, "--yes", **manifest.how).code == 0
    before = writes(sandbox)
    again = live("apply", *manifest.file, **manifest.how)  # there is nothing to consent to
    assert again == done(err="No changes. 4 resources match the file.")
    assert writes(sandbox) == before


def test_nothing_is_taken_away_before_all_else_is_in_place(
    live: Wacb, manifest: Manifest, sandbox: Sandbox, old: str
):
    put(sandbox, old, TWO)
    sandbox.requests()
    begin = len(writes(sandbox))
    manifest.edit(f'"{TWO}" = "second"', f'"{NINE}" = "second"')
    assert live("apply", *manifest.file, "--prune", "--yes", **manifest.how).code == 9  # pending
    manifest.edit(f'"{NINE}" = "second"', "")
    outcome = live("apply", *manifest.file, "--prune", "--yes", **manifest.how)
    assert outcome.code == 0
    assert rows(outcome) == [
        ("incoming", "created"),
        ("second", "created"),
        (ONE, "attached"),
        (TWO, "detached"),
        (THREE, "detached"),
        ("Old hook", "deleted"),
    ]
    methods = [request.method for request in writes(sandbox)[begin:]]
    assert methods == ["POST", "POST", "PUT", "PUT", "PUT", "DELETE"]
    assert fields(writes(sandbox)[begin + 2])["phone_number"] == ONE
    again = live("plan", *manifest.file, "--prune", "--detailed-exitcode", **manifest.how)
    assert again.code == 0


def test_what_the_file_does_not_name_stays_without_prune(
    live: Wacb, manifest: Manifest, sandbox: Sandbox, old: str
):
    assert live("apply", *manifest.file, "--yes", **manifest.how).code == 0
    assert attached(sandbox, THREE) == old
    assert ask(sandbox, "GET", f"{PROFILES}/{old}")["title"] == "Old hook"


def test_the_outcome_as_json(live: Wacb, manifest: Manifest):
    planned = json.loads(live("plan", *manifest.file, "-o", "json", **manifest.how).out)
    outcome = live("apply", *manifest.file, "--yes", "-o", "json", **manifest.how)
    value = json.loads(outcome.out)
    results = [(FIRST, "created"), (SECOND, "created"), (FIRST, "attached"), (SECOND, "attached")]
    expected = [
        change | {"id": id, "result": result}
        for change, (id, result) in zip(planned["changes"], results, strict=True)
    ]
    assert value == planned | {"changes": expected}
    again = live("apply", *manifest.file, "--yes", "-o", "json", **manifest.how)
    assert json.loads(again.out)["changes"] == []
    assert live("apply", *manifest.file, "--yes", "-q", **manifest.how).out == ""


def test_ids_alone(live: Wacb, manifest: Manifest):
    outcome = live("apply", *manifest.file, "--yes", "-q", **manifest.how)
    assert outcome.out == f"{FIRST}\n{SECOND}\n{FIRST}\n{SECOND}\n"
    manifest.edit(f'"{ONE}" = "incoming"\n"{TWO}" = "second"', "")
    assert live("apply", *manifest.file, "--prune", "--yes", "-q", **manifest.how).out == ""


# -- consent and review


def test_off_a_terminal_it_needs_yes(live: Wacb, manifest: Manifest, untouched: Watch):
    with untouched():
        outcome = live("apply", *manifest.file, **manifest.how)
    assert (outcome.code, outcome.out) == (9, "")
    assert outcome.err.endswith(
        "error: refusing to make these changes without confirmation\nhint: pass --yes\n"
    )


@pytest.mark.parametrize(("answer", "code"), [("y", 0), ("n", 9), ("", 9)])
def test_a_person_is_asked_after_the_plan_is_shown(
    live: Wacb, manifest: Manifest, sandbox: Sandbox, answer: str, code: int
):
    outcome = live("apply", *manifest.file, input=f"{answer}\n", tty=True, **manifest.how)
    assert outcome.code == code
    question = "Make these changes? [y/N] "
    assert question in outcome.err.partition("\nchecksum ")[2]
    assert bool(writes(sandbox)) == (code == 0)


def test_a_note_is_not_repeated_after_the_question(live: Wacb, manifest: Manifest):
    manifest.edit(f'"{TWO}" = "second"', "")
    outcome = live("apply", *manifest.file, input="y\n", tty=True, **manifest.how)
    assert outcome.code == 0
    assert outcome.err.count("note: ") == outcome.err.count("not used by any number") == 1


def test_a_file_that_is_a_pipe_is_read_once(live: Wacb, manifest: Manifest):
    reader, writer = os.pipe()
    os.write(writer, manifest.path.read_bytes())
    os.close(writer)
    line = ("apply", "-f", f"/dev/fd/{reader}")
    assert live(*line, input="y\n", tty=True, **manifest.how).out == ROWS
    os.close(reader)


def test_only_the_plan_that_was_reviewed_is_applied(
    live: Wacb, manifest: Manifest, sandbox: Sandbox, untouched: Watch
):
    plan = json.loads(live("plan", *manifest.file, "-o", "json", **manifest.how).out)
    line = ("apply", *manifest.file, "--yes", "--checksum")
    put_aside = manifest.path.read_text()
    manifest.edit("a=1", "a=2")
    with untouched():
        outcome = live(*line, plan["checksum"], **manifest.how)
    changed = json.loads(live("plan", *manifest.file, "-o", "json", **manifest.how).out)
    assert (outcome.code, outcome.out) == (9, "")
    assert outcome.err.endswith(
        "error: this is not the reviewed plan: its checksum is "
        f"{changed['checksum']}\n"
        f"hint: review the plan with `wacb plan -f {manifest.path}`: the file or the account "
        "changed\n"
    )
    manifest.write(put_aside)
    assert live(*line, plan["checksum"], **manifest.how).code == 0


def test_problems_forbid_all_of_it(live: Wacb, manifest: Manifest, untouched: Watch):
    manifest.edit(f'"{TWO}"', f'"{NINE}"')
    for option in ("--yes", "--dry-run"):
        with untouched():
            outcome = live("apply", *manifest.file, option, **manifest.how)
        assert (outcome.code, outcome.out) == (9, "")
        assert f"error: number {NINE} is pending; only" in outcome.err


# -- dry run


def test_a_dry_run_prints_the_requests(
    live: Wacb, manifest: Manifest, old: str, untouched: Watch, sandbox: Sandbox
):
    ask(sandbox, "PATCH", f"{PROFILES}/{old}", {"title": "Second hook"})
    put(sandbox, "", ONE)
    line = ("apply", *manifest.file, "--prune", "--dry-run", "-o", "json")
    with untouched():
        outcome = live(*line, **manifest.how)
    sent = [(request["method"], request["body"]) for request in json.loads(outcome.out)["requests"]]
    created = {
        "title": "Incoming messages",
        "http_method": "POST",
        "url": HOOK,
        "body": BODY,
        "headers": '{"X-Token":"***"}',
    }
    assert sent == [
        ("POST", created),
        (
            "PATCH",
            {"http_method": "GET", "url": f"https://example.com/get?a=1&{QUERY}", "body": ""},
        ),
        ("PUT", {"phone_number": ONE, "callback_profile_id": "ID_OF_incoming"}),
        ("PUT", {"phone_number": TWO, "callback_profile_id": FIRST}),
        ("PUT", {"phone_number": THREE, "callback_profile_id": ""}),
    ]
    assert outcome.err.endswith("replace *** with the secret before running this\n")


def test_a_dry_run_shows_the_file_where_a_variable_was(
    live: Wacb, manifest: Manifest, old: str, untouched: Watch
):
    manifest.write(
        """
        [profiles.incoming]
        title = "Of ${PLACE} office"
        method = "${M}"
        url = "https://${HOST}/hook"
        response_message = "${W}"
        events = ["${E}", "b"]
        [numbers]
        """
    )
    env = {"PLACE": "ab", "M": "post", "HOST": "h.example.com", "W": "zzz", "E": "evt"}
    with untouched():
        outcome = live("apply", *manifest.file, "--dry-run", "--prune", "-o", "json", env=env)
    requests = json.loads(outcome.out)["requests"]
    assert {**requests[0]["body"], "body": ""} == {
        "title": "Of ${PLACE} office",
        "http_method": "POST",
        "url": "https://${HOST}/hook",
        "body": "",
        "response_message": "${W}",
        "events": '["${E}","b"]',
    }
    assert [request["method"] for request in requests] == ["POST", "PUT", "PUT", "DELETE"]
    nothing = live("apply", *manifest.file, "--dry-run", env=env | {"WACB_API_KEY": ""})
    assert (nothing.code, nothing.out) == (3, "")


# -- failures


def test_a_failure_in_the_middle_says_what_was_done_and_the_next_run_finishes_it(
    live: Wacb, manifest: Manifest, sandbox: Sandbox, old: str
):
    put(sandbox, old, TWO)
    sandbox.add_fault("422,PUT")
    line = ("apply", *manifest.file, "--prune", "--yes")
    outcome = live(*line, **manifest.how)
    assert outcome.code == 6
    assert sorted(rows(outcome)) == sorted(
        [
            ("incoming", "created"),
            ("second", "created"),
            *([(ONE, "failed"), (TWO, "attached")] if attached(sandbox, ONE) == old else []),
            *([(ONE, "attached"), (TWO, "failed")] if attached(sandbox, TWO) == old else []),
            (THREE, "not tried"),
            ("Old hook", "not tried"),
        ]
    )
    error = outcome.err.partition(UNDO)[2].splitlines()
    assert error[0] == "error: 1 of 6 changes failed, 2 not tried"
    assert error[1].startswith("  changing number +1555010000")
    assert error[2] == AGAIN.rstrip()
    assert attached(sandbox, THREE) == old
    again = live(*line, **manifest.how)
    assert again.code == 0
    assert sorted(result for _, result in rows(again)) == ["attached", "deleted", "detached"]


def test_a_refusal_that_a_second_run_meets_again(live: Wacb, manifest: Manifest, sandbox: Sandbox):
    sandbox.add_fault("422:9,PUT")
    words = "Kaleyra rejected the request (422: The emulator was asked to return 422)"
    outcome = live("apply", *manifest.file, "--yes", **manifest.how)
    first, *details = outcome.err.partition("error: ")[2].splitlines()
    assert (outcome.code, first) == (6, "2 of 4 changes failed")
    assert [line.split(";")[0] for line in details] == [
        f"  changing number {number} failed: {words}" for number in (ONE, TWO)
    ]
    manifest.edit(f'"{TWO}" = "second"', "")
    outcome = live("apply", *manifest.file, "--yes", "-o", "json", **manifest.how)
    error = json.loads(outcome.err.splitlines()[-1])["error"]
    assert (outcome.code, error["code"]) == (6, "api_refused")
    assert error["message"] == f"changing number {ONE} failed: {words}"


def test_what_a_reviewed_plan_leaves_undone_is_reviewed_again(
    live: Wacb, over: Wacb, manifest: Manifest, sandbox: Sandbox
):
    def reviewed() -> tuple[str, ...]:
        line = ("plan", *manifest.file, "--prune", "-o", "json")
        plan = json.loads(live(*line, **manifest.how).out)
        return ("apply", *manifest.file, "--prune", "--yes", "--checksum", plan["checksum"])

    def interrupting(method: str, *rest: Any) -> Answer:
        if method == "PUT":
            signal.raise_signal(signal.SIGINT)
        return exchange(sandbox, method, *rest, sleep=lambda seconds: None)

    plan = f"`wacb plan -f {manifest.path} --prune`"
    hint = f"\nhint: review the remaining changes with {plan}: their checksum differs\n"
    sandbox.add_fault("422,POST")
    failing = live(*reviewed(), **manifest.how)
    assert (failing.code, failing.err.endswith(hint)) == (6, True)
    interrupted = over(interrupting, *reviewed(), **manifest.how)
    assert (interrupted.code, interrupted.err.endswith(hint)) == (130, True)


def test_a_number_waits_for_a_profile_that_could_not_be_created(
    live: Wacb, manifest: Manifest, sandbox: Sandbox, old: str
):
    sandbox.add_fault("422,POST")
    outcome = live("apply", *manifest.file, "--yes", "-o", "json", **manifest.how)
    assert outcome.code == 6
    changes = json.loads(outcome.out)["changes"]
    assert [(change["name"], change["result"]) for change in changes] == [
        ("incoming", None),
        ("second", "created"),
        (ONE, None),
        (TWO, "attached"),
    ]
    assert changes[0]["error"]["code"] == "api_refused"
    assert changes[2]["error"]["message"] == (
        f"number {ONE} was skipped: its profile is not in the desired state"
    )
    assert attached(sandbox, ONE) == old
    assert json.loads(outcome.err.splitlines()[-1])["error"]["code"] == "bulk_failed"


class Meanwhile:
    """The emulator, behind which somebody else acts before the first write."""

    def __init__(self, sandbox: Sandbox, act: Any) -> None:
        self.api: Handler = emulated(sandbox)
        self.act = act
        self.listings = 0

    def __call__(self, method: str, url: str, *rest: Any) -> Answer:
        self.listings += method == "GET" and url.partition("?")[0].endswith("/profiles")
        if self.listings == 2 and self.act:
            act, self.act = self.act, None
            act()
        return self.api(method, url, *rest)


@pytest.mark.parametrize("same", [True, False], ids=["as wanted", "with other content"])
def test_a_profile_that_appears_after_the_plan_is_no_reason_for_a_second_one(
    over: Wacb, manifest: Manifest, sandbox: Sandbox, same: bool
):
    profile = {
        "title": "Incoming messages",
        "http_method": "POST",
        "url": HOOK if same else "https://example.com/other",
        "body": BODY,
        "headers": json.dumps({"X-Token": TOKEN}),
    }
    act = partial(ask, sandbox, "POST", PROFILES, profile)
    outcome = over(Meanwhile(sandbox, act), "apply", *manifest.file, "--yes", **manifest.how)
    titles = [row["title"] for row in ask(sandbox, "GET", PROFILES)["profiles"]]
    assert sorted(titles) == ["Incoming messages", "Second hook"]
    assert outcome.code == (0 if same else 9)
    assert rows(outcome)[0] == ("incoming", "unchanged" if same else "failed")
    assert rows(outcome)[2] == (ONE, "attached" if same else "not tried")


def test_a_number_does_not_move_to_a_profile_whose_update_failed(
    live: Wacb, manifest: Manifest, sandbox: Sandbox, old: str
):
    profile = {"title": "Incoming messages", "http_method": "GET", "url": "https://dead.example/"}
    ask(sandbox, "POST", PROFILES, profile)
    sandbox.add_fault("422,PATCH")
    outcome = live("apply", *manifest.file, "--yes", **manifest.how)
    assert outcome.code == 6
    assert rows(outcome) == [
        ("second", "created"),
        ("incoming", "failed"),
        (ONE, "not tried"),
        (TWO, "attached"),
    ]
    assert attached(sandbox, ONE) == old


@pytest.mark.parametrize("fails", [False, True], ids=["shown", "not shown"])
def test_a_profile_that_got_a_number_meanwhile_is_not_deleted(
    over: Wacb, manifest: Manifest, sandbox: Sandbox, old: str, home: Path, fails: bool
):
    put(sandbox, "", ONE)
    put(sandbox, "", THREE)
    manifest.write("[numbers]\n")
    mark_shown(home)
    listings: list[str] = []

    def api(method: str, url: str, *rest: Any) -> Answer:
        if not url.endswith("/number"):
            return exchange(sandbox, method, url, *rest, sleep=lambda seconds: None)
        listings.append(url)
        if len(listings) == 2 and fails:
            return 403, [], iter([b"{}"])
        answer = exchange(sandbox, method, url, *rest, sleep=lambda seconds: None)
        if len(listings) == 1:
            put(sandbox, old, TWO)
        return answer

    outcome = over(api, "apply", *manifest.file, "--prune", "--yes", **manifest.how)
    assert rows(outcome) == [("Old hook", "failed")]
    assert outcome.code == (4 if fails else 9)
    assert ask(sandbox, "GET", f"{PROFILES}/{old}")["title"] == "Old hook"
    why = f"profile 'Old hook' ({old}) was not deleted: number {TWO} now uses it"
    assert fails or why in outcome.err


def test_a_profile_is_not_deleted_once_the_api_hides_what_a_number_has(
    over: Wacb, manifest: Manifest, sandbox: Sandbox, old: str, home: Path
):
    put(sandbox, "", ONE)
    put(sandbox, "", THREE)
    manifest.write("[numbers]\n")
    mark_shown(home)
    listings: list[str] = []

    def api(method: str, url: str, *rest: Any) -> Answer:
        status, _, chunks = exchange(sandbox, method, url, *rest, sleep=lambda seconds: None)
        content = b"".join(chunks)
        if url.endswith("/number"):
            listings.append(url)
            if len(listings) > 1:
                content = content.replace(b'"callback_profile_id"', b'"something_else"')
        return status, [], iter([content])

    outcome = over(api, "apply", *manifest.file, "--prune", "--yes", **manifest.how)
    assert (outcome.code, rows(outcome)) == (9, [("Old hook", "failed")])
    assert f"not deleted: the API does not show which profile {ONE}, {TWO}, " in outcome.err
    assert ask(sandbox, "GET", f"{PROFILES}/{old}")["title"] == "Old hook"


def agree(home: Path, manifest: Manifest, handler: Handler, act: Callable[[], object]) -> Outcome:
    """Agree to a plan, after something happened while the person was thinking."""

    class Thinking(App):
        def pause_deadline(self) -> AbstractContextManager[None]:
            act()
            return super().pause_deadline()

    app = Thinking(environ={"HOME": str(home), **LIVE, **ENV}, handler=handler, interactive=True)
    return invoke(app, "apply", *manifest.file, input="y\n")


NOT_REVIEWED = "error: this is not the reviewed plan: its checksum is "


def test_what_changes_while_a_person_thinks_is_noticed(
    manifest: Manifest, sandbox: Sandbox, old: str, home: Path
):
    outcome = agree(home, manifest, partial(exchange, sandbox), partial(put, sandbox, old, TWO))
    assert (outcome.code, outcome.out) == (9, "")
    assert NOT_REVIEWED in outcome.err
    assert attached(sandbox, ONE) == old


def test_what_is_journaled_while_a_person_thinks_is_noticed(
    over: Wacb, manifest: Manifest, sandbox: Sandbox, old: str, home: Path
):
    hidden = Showing(sandbox, b"callback_profile_id", b"hidden")
    attach = partial(over, hidden, "number", "attach", TWO, "--profile", old)
    outcome = agree(home, manifest, hidden, attach)
    assert (outcome.code, outcome.out) == (9, "")
    assert NOT_REVIEWED in outcome.err
    assert attached(sandbox, TWO) == old


def test_a_problem_that_comes_up_while_a_person_thinks_forbids_all_of_it(
    live: Wacb, manifest: Manifest, sandbox: Sandbox, home: Path
):
    assert live("apply", *manifest.file, "--yes", **manifest.how).code == 0
    put(sandbox, "")
    before = writes(sandbox)
    namesake = {"title": "Second hook", "http_method": "POST", "url": HOOK, "body": BODY}
    act = partial(ask, sandbox, "POST", PROFILES, namesake)
    outcome = agree(home, manifest, partial(exchange, sandbox), act)
    assert (outcome.code, outcome.out) == (9, "")
    error = f"error: 2 profiles are named 'Second hook': {SECOND}, {THIRD}\n"
    assert error in outcome.err
    assert [request.method for request in writes(sandbox)[len(before) :]] == ["POST"]


def test_a_profile_that_is_not_listed_yet_is_found_and_not_attached_again(
    over: Wacb, live: Wacb, manifest: Manifest, sandbox: Sandbox
):
    assert live("apply", *manifest.file, "--yes", **manifest.how).code == 0
    before = writes(sandbox)
    looked: list[str] = []

    def api(method: str, url: str, *rest: Any) -> Answer:
        if "/profiles?" in url and not looked:
            looked.append(url)
            return 200, [], iter([b'{"data": {"profiles": [], "total": 0}}'])
        return exchange(sandbox, method, url, *rest, sleep=lambda seconds: None)

    outcome = over(api, "apply", *manifest.file, "--yes", **manifest.how)
    assert outcome.code == 0
    assert {result for _, result in rows(outcome)} == {"unchanged"}
    assert (len(rows(outcome)), writes(sandbox)) == (4, before)


def test_a_create_of_which_nothing_is_known_is_finished_by_the_next_run(
    live: Wacb, manifest: Manifest, sandbox: Sandbox
):
    sandbox.add_fault("reset,before,POST")
    outcome = live("apply", *manifest.file, "--yes", **manifest.how)
    assert outcome.code == 7
    assert rows(outcome)[:3] == [
        ("incoming", "not known"),
        ("second", "created"),
        (ONE, "not tried"),
    ]
    assert "; run the same command again: it finds the profile or creates it\n" in outcome.err
    assert live("apply", *manifest.file, "--yes", **manifest.how).code == 0
    assert attached(sandbox, ONE) == SECOND


def test_the_end_of_the_time_is_told_once(over: Wacb, manifest: Manifest, sandbox: Sandbox):
    def api(method: str, url: str, *rest: Any) -> Answer:
        if method == "POST":
            return 429, [("Retry-After", "60")], iter([b"{}"])
        return exchange(sandbox, method, url, *rest, sleep=lambda seconds: None)

    line = ("apply", *manifest.file, "--yes", "--deadline", "5")
    outcome = over(api, *line, **manifest.how)
    assert outcome.code == 7
    assert [result for _, result in rows(outcome)] == ["failed", *["not tried"] * 3]
    assert "error: 1 of 4 changes failed, 3 not tried\n" in outcome.err
    assert outcome.err.count("would exceed the time limit") == 1


def test_a_profile_that_is_deleted_meanwhile_is_deleted(
    live: Wacb, manifest: Manifest, sandbox: Sandbox, old: str
):
    manifest.write("[numbers]\n")
    sandbox.add_fault("reset,after,DELETE")
    outcome = live("apply", *manifest.file, "--prune", "--yes", **manifest.how)
    assert outcome.code == 0
    assert rows(outcome) == [(ONE, "detached"), (THREE, "detached"), ("Old hook", "deleted")]


def test_notes_of_a_create_are_told(over: Wacb, manifest: Manifest, sandbox: Sandbox):
    manifest.edit(f'"{ONE}" = "incoming"', "")

    def api(method: str, url: str, *rest: Any) -> Answer:
        if method == "GET" and url.endswith(FIRST):
            return 500, [], iter([b""])
        status, _, chunks = exchange(sandbox, method, url, *rest, sleep=lambda seconds: None)
        return status, [], (chunk.replace(b'"headers"', b'"other"') for chunk in chunks)

    outcome = over(api, "apply", *manifest.file, "--yes", **manifest.how)
    assert outcome.code == 0
    assert "note: it could not be read back; it is shown as it was sent: " in outcome.err


def test_an_interrupted_run_is_reported_to_github(
    over: Wacb, manifest: Manifest, sandbox: Sandbox, tmp_path: Path
):
    def api(method: str, *rest: Any) -> Answer:
        if method == "POST":
            signal.raise_signal(signal.SIGINT)
        return exchange(sandbox, method, *rest, sleep=lambda seconds: None)

    output, summary = tmp_path / "output", tmp_path / "summary"
    env = ENV | {"GITHUB_OUTPUT": str(output), "GITHUB_STEP_SUMMARY": str(summary)}
    assert over(api, "apply", *manifest.file, "--yes", "--github", env=env).code == 130
    assert outputs(output)["changed"] == "true"
    assert "| not tried |" in summary.read_text()


@pytest.mark.parametrize("name", ["POST", "PUT"])
def test_ctrl_c_ends_it_between_two_requests_and_says_what_was_done(
    over: Wacb, manifest: Manifest, sandbox: Sandbox, old: str, name: str
):
    def api(method: str, *rest: Any) -> Answer:
        answer = exchange(sandbox, method, *rest, sleep=lambda seconds: None)
        if method == name and not pressed:
            pressed.append(method)
            signal.raise_signal(signal.SIGINT)
        return answer

    pressed: list[str] = []
    line = ("apply", *manifest.file, "--prune", "--yes")
    outcome = over(api, *line, **manifest.how)
    assert outcome.code == 130
    assert "finishing requests in progress; press Ctrl-C again to abort\n" in outcome.err
    assert outcome.err.endswith("\nhint: run the same command again to finish\n")
    results = [result for _, result in rows(outcome)]
    if name == "POST":
        assert results == ["created", *["not tried"] * 5]
        assert "error: interrupted: 1 created, 5 not tried\n" in outcome.err
    else:
        assert results[:2] == ["created", "created"]
        assert results[-2:] == ["not tried", "not tried"]
    assert over(api, *line, **manifest.how).code == 0
    assert attached(sandbox, THREE) == ""


@pytest.mark.parametrize("numbers", [True, False], ids=["with numbers", "profiles alone"])
def test_a_journal_that_cannot_be_written_forbids_all_changes(
    live: Wacb, manifest: Manifest, sandbox: Sandbox, home: Path, numbers: bool
):
    if not numbers:
        manifest.edit(f'"{ONE}" = "incoming"\n"{TWO}" = "second"', "")
    journal = home / ".local" / "state" / "wacb" / "journal.jsonl"
    journal.mkdir(parents=True)
    outcome = live("apply", *manifest.file, "--yes", **manifest.how)
    assert (outcome.code, outcome.out, writes(sandbox)) == (3, "", [])


def test_what_apply_changed_can_be_rolled_back(
    live: Wacb, manifest: Manifest, sandbox: Sandbox, old: str
):
    assert live("apply", *manifest.file, "--yes", **manifest.how).code == 0
    assert live("number", "rollback", ONE, "--yes").code == 0
    assert attached(sandbox, ONE) == old


# -- GitHub Actions


def test_plan_and_apply_report_to_github(live: Wacb, manifest: Manifest, tmp_path: Path):
    output, summary = tmp_path / "output", tmp_path / "summary"
    env = ENV | {"GITHUB_OUTPUT": str(output), "GITHUB_STEP_SUMMARY": str(summary)}
    plan = json.loads(live("plan", *manifest.file, "-o", "json", env=env).out)
    shown = live("plan", *manifest.file, "-o", "markdown", "--github", env=env)
    told = {"checksum": plan["checksum"], "changed": "true", "profile_ids": "{}"}
    assert outputs(output) == told
    assert summary.read_text() == shown.out + "\n"
    output.unlink()
    summary.unlink()
    line = ("apply", *manifest.file, "--yes", "--github", "--checksum", plan["checksum"])
    assert live(*line, env=env).code == 0
    ids = {"incoming": FIRST, "second": SECOND}
    assert outputs(output) == told | {"profile_ids": json.dumps(ids)}
    lines = summary.read_text().splitlines()
    assert lines[:4] == [
        "2 to create, 2 to attach, 0 unchanged",
        "",
        "| Action | Kind | Name | Result | Profile | Error |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    assert lines[4].startswith("| create | profile | incoming | created | SG&#95;")
    output.unlink()
    summary.unlink()
    again = live("apply", *manifest.file, "--yes", "--github", env=env)
    assert again.code == 0
    assert outputs(output)["changed"] == "false"
    assert json.loads(outputs(output)["profile_ids"]) == ids
    assert summary.read_text() == "No changes. 4 resources match the file.\n\n"


def test_a_failure_is_reported_to_github(
    live: Wacb, manifest: Manifest, tmp_path: Path, sandbox: Sandbox
):
    output, summary = tmp_path / "output", tmp_path / "summary"
    env = ENV | {"GITHUB_OUTPUT": str(output), "GITHUB_STEP_SUMMARY": str(summary)}
    sandbox.add_fault("422:9,PUT")
    assert live("apply", *manifest.file, "--yes", "--github", env=env).code == 6
    assert outputs(output)["changed"] == "true"
    assert (
        "| attach | number | &#43;15550100001 | failed |  | changing number" in summary.read_text()
    )


@pytest.mark.parametrize("line", [("plan",), ("apply", "--yes")], ids=str)
def test_outside_of_github_nothing_is_changed(
    live: Wacb, manifest: Manifest, untouched: Watch, line: tuple[str, ...]
):
    with untouched():
        assert live(*line, *manifest.file, "--github", **manifest.how) == failed(
            2,
            "--github requires the variable GITHUB_OUTPUT",
            "use --github in a job of GitHub Actions, which sets it",
        )


def test_an_unseen_number_is_attached_though_nothing_shows_it(
    over: Wacb, manifest: Manifest, sandbox: Sandbox
):
    hidden = Showing(sandbox, b"callback_profile_id", b"hidden")
    outcome = over(hidden, "apply", *manifest.file, "--yes", **manifest.how)
    assert (outcome.code, outcome.out) == (0, ROWS)
    assert attached(sandbox, ONE) == FIRST


def test_a_create_that_another_run_holds_is_waited_for_until_the_deadline(
    live: Wacb, manifest: Manifest, sandbox: Sandbox, home: Path
):
    folder = home / ".local" / "state" / "wacb" / "creates"
    lock = CreateLock(folder, host="api.kaleyra.io", sid=SID, title="Incoming messages")
    with lock.acquire(lambda: 0):
        line = ("apply", *manifest.file, "--yes", "--deadline", "0.5")
        outcome = live(*line, **manifest.how)
    assert outcome.code == 7
    assert "another wacb is creating the profile 'Incoming messages'" in outcome.err

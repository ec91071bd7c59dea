"""`wacb profile check --fix`: mends the template and nothing else, with consent, and says so."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import partial

import pytest

from tests.cli.checking import (
    CHECK,
    FAULTS,
    LOST_URL,
    ONE,
    ROWS,
    THREE,
    TWO,
    complete,
    make,
    make_faulty,
    report,
)
from tests.cli.conftest import Answer, Watch, ask, fields, writes
from tests.cli.expect import BODY, HOOK, as_json, done, failed
from tests.conftest import Outcome, Wacb, profile_id
from tests.fake_api import refusal
from wacb.sandbox.account import SID
from wacb.sandbox.emulator import Sandbox
from wacb.sandbox.in_process import exchange

FIX = (*CHECK, "--fix")
BOTH = (*FIX, TWO, THREE)
MENDED_URL = f"{LOST_URL}&contacts=<contacts>"
MISSPELT = BODY.replace("<media_url>", "<mediaurl>")


def masked(url: str) -> str:
    """The URL as notes show it."""
    return url.replace("7%2F8", "***")


SHOWN = (
    f"note: profile 'Misspelt' ({TWO}): correct misspelled placeholders\n"
    f"note: profile 'Misspelt' ({TWO}): body: {json.dumps(json.loads(MISSPELT))} → "
    f"{json.dumps(json.loads(BODY))}\n"
    f"note: profile 'Lost' ({THREE}): add the missing placeholders\n"
    f"note: profile 'Lost' ({THREE}): url: {masked(LOST_URL)} → {masked(MENDED_URL)}\n"
)
HOPELESS = (
    f"profile 'Encoded' ({ONE}) cannot be fixed: %3Cqqq%3E in query parameter 16 ('q') is "
    "encoded, so Kaleyra never fills it"
)
WHOLE = f"replace the whole template with `wacb profile update {ONE} --url URL`"


@pytest.fixture
def faulty(sandbox: Sandbox) -> None:
    """Three profiles with something wrong and one without."""
    make_faulty(sandbox)


def test_fix_mends_what_it_can_and_reports_the_rest(live: Wacb, faulty: None, sandbox: Sandbox):
    rows = (ROWS[0], complete(2, "Misspelt"), complete(3, "Lost"), ROWS[3])
    why = f"{FAULTS[0]}error: {HOPELESS}\nhint: {WHOLE}\n"
    assert live(*FIX, "--yes") == report(8, rows, f"{SHOWN}{why}")
    sent = [(request.path.rpartition("/")[2], fields(request)) for request in writes(sandbox)[4:]]
    assert sent == [(TWO, {"body": BODY}), (THREE, {"url": MENDED_URL})]
    assert live(*FIX) == report(8, rows, why)


def test_every_other_member_stays_byte_for_byte(live: Wacb, sandbox: Sandbox):
    body = ' {"n": 1.50, "u": "\\u00fc", ' + BODY[1:].replace("<from>", "&lt;from&gt;") + "\n"
    others = {
        "url": f"{HOOK}?a=%2f&b",
        "headers": '{ "X-A": "b" }',
        "response_message": "ok",
        "channel": "whatsapp",
        "events": '[ "a" ]',
    }
    make(sandbox, "Incoming", body=body, **others)
    path = f"/v1/SID/callback/profiles/{ONE}"
    before = ask(sandbox, "GET", path)
    assert live(*FIX, "Incoming", "--yes", "-q").out == f"{ONE}\n"
    changed = {"body": body.replace("&lt;from&gt;", "<from>"), "modified_at": before["created_at"]}
    assert ask(sandbox, "GET", path) == before | changed


def test_what_is_in_order_needs_no_consent(live: Wacb, two_profiles: None, untouched: Watch):
    with untouched():
        assert live(*FIX, "-q") == done(f"{ONE}\n{TWO}")
        assert live(*FIX, "--dry-run") == done(err="note: already up to date; no request needed")
        empty = live(*FIX, "--dry-run", "-o", "json")
    assert (empty.code, empty.out) == (0, as_json({"dry_run": True, "requests": []}) + "\n")


def test_consent_is_asked_once_after_the_difference(live: Wacb, faulty: None, untouched: Watch):
    question = "Fix 2 profiles? [y/N] "
    with untouched():
        assert live(*BOTH) == Outcome(
            code=9,
            out="",
            err=f"{SHOWN}error: refusing to fix 2 profiles without confirmation\n"
            "hint: pass --yes\n",
        )
        assert live(*BOTH, input="n\n", tty=True) == Outcome(
            code=9, out="", err=f"{SHOWN}{question}n\nerror: cancelled; nothing was changed\n"
        )
    yes = live(*BOTH, "-q", input="y\n", tty=True)
    assert yes == done(f"{TWO}\n{THREE}", f"{SHOWN}{question}y")


def test_consent_names_the_one_profile(live: Wacb, faulty: None):
    assert live(*FIX, THREE).err.splitlines()[2] == (
        f"error: refusing to fix profile 'Lost' ({THREE}) without confirmation"
    )


def test_a_dry_run_shows_the_requests(live: Wacb, faulty: None, untouched: Watch):
    with untouched():
        outcome = live(*BOTH, "--dry-run", "-o", "json")
    assert (outcome.code, outcome.err) == (0, SHOWN)
    requests = json.loads(outcome.out)["requests"]
    base = f"https://api.kaleyra.io/v1/{SID}/callback/profiles"
    assert [(request["method"], request["url"], request["body"]) for request in requests] == [
        ("PATCH", f"{base}/{TWO}", {"body": BODY}),
        ("PATCH", f"{base}/{THREE}", {"url": MENDED_URL}),
    ]


def test_a_dry_run_fails_where_the_real_run_would(live: Wacb, faulty: None, untouched: Watch):
    with untouched():
        outcome = live(*FIX, "--dry-run")
        alone = live(*FIX, ONE, "--dry-run")
    assert (outcome.code, outcome.out.count("curl -X PATCH ")) == (8, 2)
    assert outcome.err == f"{SHOWN}error: {HOPELESS}\nhint: {WHOLE}\n"
    assert alone == failed(8, HOPELESS, WHOLE)


def test_several_that_cannot_be_mended_are_all_named(live: Wacb, sandbox: Sandbox):
    make(sandbox, "Incoming", url=f"{HOOK}?q=<qqq>")
    make(sandbox, "Inbound", url=f"{HOOK}?body=me")
    outcome = live(*FIX, "--yes", "-q")
    assert (outcome.code, outcome.out) == (8, f"{ONE}\n{TWO}\n")
    assert outcome.err.splitlines()[-3:] == [
        "error: 2 of 2 profiles could not be fixed",
        f"  profile 'Incoming' ({ONE}) cannot be fixed: <qqq> in query parameter 1 ('q') is "
        f"not a Kaleyra placeholder; {WHOLE}",
        f"  profile 'Inbound' ({TWO}) cannot be fixed: the URL cannot be fixed without "
        f"changing query parameter 'body'; {WHOLE.replace(ONE, TWO)}",
    ]


class Unlucky:
    """The emulator, but for the updates of some profiles: their IDs, and the status instead."""

    def __init__(self, sandbox: Sandbox, instead: Mapping[str, int]) -> None:
        self.api = partial(exchange, sandbox)
        self.instead = instead

    def __call__(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        status = self.instead.get(url.rpartition("/")[2])
        if method != "PATCH" or status is None:
            return self.api(method, url, headers, body)
        return status, [], refusal(status, "oops").chunks()


def lost(profile: str) -> str:
    return (
        f"updating callback profile {profile} failed: the API is unavailable (500: oops); profile "
        f"{profile} may or may not have been updated"
    )


AGAIN = "run the same command again; it changes only what still differs"


def test_a_lost_answer_keeps_no_other_from_being_mended(over: Wacb, faulty: None, sandbox: Sandbox):
    outcome = over(Unlucky(sandbox, {TWO: 500}), *BOTH, "--yes")
    said = f"{SHOWN}{FAULTS[1]}error: {lost(TWO)}\nhint: {AGAIN}\n"
    assert outcome == report(7, (ROWS[1], complete(3, "Lost")), said)


@pytest.mark.parametrize(("second", "code"), [(500, 7), (422, 1)], ids=["alike", "different"])
def test_the_exit_code_is_what_the_failures_agree_on(
    over: Wacb, faulty: None, sandbox: Sandbox, second: int, code: int
):
    network = Unlucky(sandbox, {TWO: 500, THREE: second})
    outcome = over(network, *BOTH, "--yes", "-o", "json")
    assert (outcome.code, [row["ok"] for row in json.loads(outcome.out)]) == (code, [False, False])
    refused = f"updating callback profile {THREE} failed: Kaleyra rejected the request (422: oops)"
    *notes, last = outcome.err.splitlines()
    assert all(note.startswith("note: ") for note in notes)
    assert json.loads(last)["error"] == {
        "code": "bulk_failed",
        "message": "2 of 2 profiles could not be fixed",
        "hint": None,
        "status": None,
        "api_code": None,
        "retryable": False,
        "details": [
            f"{lost(TWO)}; {AGAIN}",
            refused if second == 422 else f"{lost(THREE)}; {AGAIN}",
        ],
    }


def test_a_mended_profile_may_be_attached(live: Wacb, faulty: None):
    attach = ("number", "attach", "+15550100001", "--profile", "Lost")
    assert live(*attach).code == 9
    assert live(*FIX, "Lost", "--yes").code == 0
    assert live(*attach).code == 0
    assert profile_id(3) in live("number", "show", "+15550100001").out

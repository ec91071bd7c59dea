"""`wacb api check --write`: its findings, and that no throw-away profile is left."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from itertools import combinations
from typing import Any

import pytest

from tests.cli.conftest import ask, put, writes
from tests.cli.expect import ONE
from tests.conftest import Outcome, Wacb, profile_id
from tests.examples import sampled
from tests.field.altered import (
    FIRST,
    PROFILE,
    PROFILES,
    Altered,
    Rule,
    make_attached,
    member,
    says,
)
from tests.probe.test_contracts import Values, name, served_as, verdicts
from wacb.api.assumptions import ASSUMPTIONS
from wacb.api.assumptions.model import SeenBy
from wacb.net.message import Handler
from wacb.probe.throw_away import DRAFT, ENDPOINT, TITLE
from wacb.sandbox.emulator import Sandbox

pytestmark = pytest.mark.beyond_contract
CHECK = ("api", "check", "--write", "--yes")
ATTACHING = {"attach_field", "attach_path", "attach_method", "v1_attach"}

REFUTED: list[Values] = [
    {"created_id": "none"},
    {"titles_repeat": False},
    {"listed_within": 600},
    {"headers_shown": False},
    {"update_fields": "refused"},
    {"clear_value": "refused"},
]
LOST = {"created_id": "none", "listed_within": 600}  # a profile of which nothing is shown
PAIRS = [one | other for one, other in combinations(REFUTED, 2) if one | other != LOST]


def titles(sandbox: Sandbox) -> list[str]:
    rows, _ = sandbox.store.profiles(title="", limit=100, offset=0)
    return [row["title"] for row in rows]


@pytest.fixture
def check(live: Wacb, sandbox: Sandbox, sleeps: list[float]) -> Wacb:
    """Check the account as it is behind another contract."""

    def run(*line: str, **values: Any) -> Outcome:
        return live(*CHECK, *line, "-o", "json", handler=served_as(sandbox, values, sleeps))

    return run


def test_writing_judges_what_reading_cannot_see(live: Wacb, sandbox: Sandbox):
    outcome = live(*CHECK, "-o", "json")
    assert (outcome.code, outcome.err) == (0, "")
    wanted = {each.id for each in ASSUMPTIONS.values() if each.seen_by is SeenBy.WRITING}
    assert wanted - ATTACHING <= verdicts(outcome, "confirmed").keys()
    assert titles(sandbox) == []
    methods = [request.method for request in writes(sandbox)]
    assert methods == ["POST", *["PATCH"] * 4, "POST", "DELETE", "DELETE"]


@pytest.mark.parametrize("values", [*REFUTED, *sampled(PAIRS, every=5)], ids=name)
def test_an_api_that_writes_differently_is_refuted(check: Wacb, sandbox: Sandbox, values: Values):
    outcome = check(**values)
    assert (outcome.code, verdicts(outcome).keys()) == (8, values.keys())
    assert titles(sandbox) == []


def test_the_time_limit_ends_the_wait_for_the_listing(check: Wacb, sandbox: Sandbox):
    outcome = check("--deadline", "10", listed_within=600)
    assert "listed_within" in verdicts(outcome, "not seen")
    assert titles(sandbox) == []


# -- what may go wrong


def test_a_profile_that_is_not_found_is_named_and_removed_by_the_next_run(
    check: Wacb, sandbox: Sandbox, sleeps: list[float]
):
    outcome = check(**LOST)
    assert outcome.code == 7
    error = json.loads(outcome.err)["error"]
    assert error["message"].endswith("; a throw-away profile may be left")
    assert error["hint"] == "run `wacb api check --write` again: it removes what is left"
    assert titles(sandbox) == [TITLE]
    sleeps.append(600)
    again = check()
    assert again.code == 0
    assert "note: removed 1 throw-away profile left by an earlier check\n" in again.err
    assert titles(sandbox) == []


def test_throw_away_profiles_are_recognized_by_title_and_endpoint(live: Wacb, sandbox: Sandbox):
    template = {"http_method": "POST", "body": DRAFT.body}
    rows = [
        {"title": TITLE, "url": f"{ENDPOINT}?x=1"},
        {"title": TITLE, "url": "https://example.com/hook"},
        {"title": "Mine", "url": ENDPOINT},
    ]
    for row in rows:
        ask(sandbox, "POST", "/v1/SID/callback/profiles", row | template)
    assert live(*CHECK, "-q").err == "note: removed 1 throw-away profile left by an earlier check\n"
    assert sorted(titles(sandbox)) == ["Mine", TITLE]


def test_a_throw_away_profile_on_a_number_is_kept(live: Wacb, sandbox: Sandbox):
    row = {"title": TITLE, "url": ENDPOINT, "http_method": "POST", "body": DRAFT.body}
    put(sandbox, ask(sandbox, "POST", "/v1/SID/callback/profiles", row)["profile_id"])
    before = writes(sandbox)
    outcome = live(*CHECK)
    assert outcome.code == 9
    assert f"the throw-away profile {FIRST} is attached to {ONE}" in outcome.err
    assert writes(sandbox) == before


@pytest.mark.parametrize("status", [401, 403])
def test_a_key_that_may_not_write_is_reported(live: Wacb, sandbox: Sandbox, status: int):
    said = {"code": "RBC401", "message": "No", "status": status}
    handler = Altered(sandbox, says("POST", PROFILES, status, said, arrives=False))
    outcome = live(*CHECK, "-o", "json", handler=handler)
    assert outcome.code == 4
    assert "the key may read the account, but not write" in outcome.err
    assert "profile_details" in verdicts(outcome, "not seen")


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        (says("POST", PROFILES, 400, {"code": "RBC400", "message": "No"}, arrives=False), 6),
        (says("PATCH", PROFILE, 401, {"code": "RBC001", "message": "No"}), 4),
        (says("PATCH", PROFILE, 500, {}), 7),
        (says("POST", PROFILES, 500, {}), 0),
        (says("POST", PROFILES, 500, {}, arrives=False), 7),
        (says("POST", PROFILES, 429, {}, arrives=False), 7),
    ],
)
def test_a_check_that_fails_leaves_no_profile(live: Wacb, sandbox: Sandbox, rule: Rule, code: int):
    outcome = live(*CHECK, handler=Altered(sandbox, rule))
    assert outcome.code == code
    assert titles(sandbox) == []


@pytest.mark.parametrize(("status", "code"), [(200, 7), (500, 7), (400, 6), (403, 4)])
def test_a_profile_that_cannot_be_deleted_is_named(
    live: Wacb, sandbox: Sandbox, status: int, code: int
):
    said = says("DELETE", PROFILE, status, {"data": {}, "code": "RBC1"}, arrives=False)
    outcome = live(*CHECK, handler=Altered(sandbox, said))
    assert outcome.code == code
    assert f"throw-away profiles may be left ({FIRST}, {profile_id(2)}): " in outcome.err


def test_nothing_is_written_if_a_profile_could_not_be_found_again(check: Wacb, sandbox: Sandbox):
    make_attached(sandbox, ONE)
    before = writes(sandbox)
    outcome = check(profile_listing="results")
    assert outcome.code == 8
    assert "nothing was written" in outcome.err
    assert writes(sandbox) == before


def test_a_listing_that_is_first_seen_when_it_has_a_profile_may_not_be_read(
    check: Wacb, sandbox: Sandbox
):
    outcome = check(profile_listing="results")
    assert outcome.code == 7
    assert "contains no list" in outcome.err
    assert titles(sandbox) == []


def test_an_update_without_effect_is_refuted(live: Wacb, sandbox: Sandbox):
    handler = Altered(sandbox, says("PATCH", PROFILE, 200, {"data": {}}, arrives=False))
    outcome = live(*CHECK, "-o", "json", handler=handler)
    assert {*verdicts(outcome)} == {"update_fields", "clear_value"}


@pytest.mark.parametrize(
    "said", [says("GET", PROFILE, 404, {"code": "RBC302"}), says("GET", PROFILE, 200, {"data": {}})]
)
def test_details_that_are_not_there_at_once_are_refuted(live: Wacb, sandbox: Sandbox, said: Rule):
    outcome = live(*CHECK, "-o", "json", handler=Altered(sandbox, said))
    assert {"listed_within", "update_fields", "clear_value"} <= verdicts(outcome).keys()


def test_profiles_of_earlier_runs_are_removed_without_a_waba_id_too(live: Wacb, sandbox: Sandbox):
    row = {"title": TITLE, "url": ENDPOINT, "http_method": "POST", "body": DRAFT.body}
    ask(sandbox, "POST", "/v1/SID/callback/profiles", row)
    assert live(*CHECK, "-q", env={"WACB_WABA_ID": ""}).code == 0
    assert titles(sandbox) == []


@pytest.mark.parametrize(("name", "value"), [("url", ENDPOINT), ("body", "{}")])
def test_values_that_the_api_changes_are_refuted(
    live: Wacb, sandbox: Sandbox, name: str, value: str
):
    outcome = live(*CHECK, "-o", "json", handler=Altered(sandbox, member(name, value)))
    assert [*verdicts(outcome)] == ["json_strings"]


def test_writing_needs_consent(live: Wacb, sandbox: Sandbox):
    outcome = live("api", "check", "--write")
    assert outcome.code == 9
    assert "refusing to create, change and delete throw-away profiles" in outcome.err
    assert writes(sandbox) == []
    declined = live("api", "check", "--write", tty=True, input="\n")
    assert declined.code == 9
    assert live("api", "check", "--write", tty=True, input="y\n").code == 0


def test_a_dry_run_names_what_would_be_sent(live: Wacb, sandbox: Sandbox):
    outcome = live("api", "check", "--write", "--dry-run", "-o", "json")
    sent = [
        (each["method"], each["url"].rpartition("/")[2])
        for each in json.loads(outcome.out)["requests"]
    ]
    name = "ID_OF_THE_THROW_AWAY_PROFILE"
    assert sent == [
        ("POST", "profiles"),
        *[("PATCH", name)] * 4,
        ("POST", "profiles"),
        ("DELETE", name),
        ("DELETE", f"{name}_2"),
    ]
    assert writes(sandbox) == []


# -- interrupted runs


class Breaking:
    """Another Kaleyra that interrupts the run at the n-th request."""

    def __init__(self, api: Handler, at: int, failure: BaseException, *, arrives: bool) -> None:
        self.api, self.left, self.failure, self.arrives = api, at, failure, arrives

    def __call__(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Any:
        self.left -= 1
        if self.left == 0 and not self.arrives:
            raise self.failure
        answer = self.api(method, url, headers, body)
        if self.left == 0:
            raise self.failure
        return answer


class Killed(BaseException):
    """The process is gone: nothing of it runs any more."""


BREAKS: dict[str, Callable[[], BaseException]] = {
    "Ctrl-C": KeyboardInterrupt,
    "a lost answer": ConnectionResetError,
    "kill": Killed,
}
ENDS = [(at, how, arrives) for at in range(1, 45) for how in BREAKS for arrives in (True, False)]


@pytest.mark.parametrize("end", sampled(ENDS, every=13), ids=str)
def test_the_next_run_removes_the_profiles_of_an_interrupted_run(
    live: Wacb, sandbox: Sandbox, sleeps: list[float], end: tuple[int, str, bool]
):
    at, how, arrives = end
    api = served_as(sandbox, {"listed_within": at % 4}, sleeps)
    network = Breaking(api, at, BREAKS[how](), arrives=arrives)
    with suppress(Killed):
        outcome = live(*CHECK, "-q", handler=network)
        assert (outcome.code == 130) == (how == "Ctrl-C" and network.left <= 0)
    sleeps.append(4)
    assert live(*CHECK, "-q", handler=api).code == 0
    assert titles(sandbox) == []

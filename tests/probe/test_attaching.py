"""`wacb api check --write --number … --profile …`: the way to attach a profile is found."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import attached, journaled, put, writes
from tests.cli.expect import ONE, TWO
from tests.conftest import LIVE, Outcome, Wacb, profile_id
from tests.documents import PAGES
from tests.examples import few, sampled
from tests.fake_api import Clock, make_api, make_client
from tests.field.altered import FIRST, UPDATE, Altered, Rule, make_attached, make_profile, says
from tests.probe.test_contracts import Values, served_as, verdicts
from tests.probe.test_writing import BREAKS, Breaking, Killed, titles
from wacb.probe.attach import check_attach
from wacb.probe.names import Names
from wacb.probe.ways import list_ways
from wacb.provision.number_change import NumberChange
from wacb.sandbox.contract import Contract
from wacb.sandbox.emulator import Sandbox
from wacb.storage.journal import Journal

pytestmark = pytest.mark.beyond_contract
SECOND = profile_id(2)
LINE = ("--number", ONE, "--profile", FIRST)
CHECK = ("api", "check", "--write", "--yes", *LINE)
SID, WABA = LIVE["WACB_SID"], LIVE["WACB_WABA_ID"]
NUMBER = "/v2/{sid}/whatsapp/{waba_id}/number"
V1 = "/v1/{sid}/whatsapp/number"
WAYS: list[Values] = [
    {"attach_field": "callbackProfileId"},
    {"attach_method": "PATCH"},
    {"attach_method": "POST", "attach_field": "profile_id"},
    {"attach_path": NUMBER},
    {"attach_method": "PATCH", "attach_path": NUMBER, "attach_field": "webhook_profile_id"},
    {"attach_path": V1},
    {"attach_method": "PATCH", "attach_path": V1, "attach_field": "profileId"},
]
DONE: Values = {"data": {}}  # the answer to an update
NO_EFFECT = [says(each, "/number", 200, DONE, arrives=False) for each in ("PUT", "PATCH", "POST")]
MEMBERS = ("callback_profile_id", "hook.profile", "webhook_profile")


class Watched(Altered):
    """Another contract, in which the profiles of the numbers are watched after every request."""

    def __init__(self, sandbox: Sandbox, *rules: Rule, **values: Any) -> None:
        super().__init__(Sandbox(sandbox.store, contract=Contract(**values)), *rules)
        self.sandbox = sandbox
        self.seen: set[str] = set()
        self.rest: set[str] = set()

    def __call__(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Any:
        answer = super().__call__(method, url, headers, body)
        self.seen.add(attached(self.sandbox, ONE))
        self.rest.add(attached(self.sandbox, TWO))
        return answer


@pytest.fixture
def account(sandbox: Sandbox) -> Sandbox:
    """Two complete profiles, the second of which is on TWO."""
    make_profile(sandbox, title="Hook")
    make_attached(sandbox, TWO, title="Other")
    return sandbox


def check(live: Wacb, network: Callable[..., Any], *line: str, **how: Any) -> Outcome:
    return live(*CHECK, *line, "-o", "json", handler=network, **how)


@pytest.mark.parametrize(
    ("old", "line"), [("", ()), (SECOND, ("--replace",))], ids=["no profile", "another one"]
)
def test_the_current_way_is_confirmed(
    live: Wacb, account: Sandbox, home: Path, old: str, line: tuple[str, ...]
):
    put(account, old)
    network = Watched(account)
    outcome = check(live, network, *line)
    assert (outcome.code, outcome.err) == (
        0,
        f"to undo: wacb number rollback '{ONE}'\n".replace("'", ""),
    )
    assert {"attach_field", "attach_path", "attach_method"} <= verdicts(outcome, "confirmed").keys()
    assert (network.seen, network.rest) == ({old, FIRST}, {SECOND})
    assert [(each["old"], each["new"]) for each in journaled(home)] == [(old, FIRST)]


@pytest.mark.parametrize("case", sampled(product(WAYS, MEMBERS), every=2), ids=str)
def test_another_way_is_found_and_stored(live: Wacb, account: Sandbox, case: tuple[Values, str]):
    way, member = case
    network = Watched(account, number_profile_member=member, v1_attach=False, **way)
    outcome = check(live, network, "--apply")
    assert outcome.code == 0
    refuted = verdicts(outcome)
    assert refuted.pop("number_profile_member", None) in (None, member)
    assert refuted == way
    assert (network.seen, network.rest) == ({"", FIRST}, {SECOND})
    assert titles(account) == ["Hook", "Other"]
    for line, wanted in (
        (("number", "attach", ONE, "--profile", SECOND, "--replace"), SECOND),
        (("number", "rollback", ONE, "--yes"), FIRST),
        (("number", "detach", ONE, "--yes"), ""),
    ):
        assert live(*line, handler=network).code == 0
        assert attached(account, ONE) == wanted


@pytest.mark.parametrize(
    ("member", "wanted"),
    [("hook.ref", {"number_profile_member": "hook.ref"}), (f"n{ONE[1:]}", {})],
    ids=["a name of the API", "a name made of the number"],
)
def test_the_first_profile_on_a_number_shows_by_which_member(
    live: Wacb, account: Sandbox, member: str, wanted: dict[str, str]
):
    put(account, "", TWO)
    outcome = check(live, Watched(account, number_profile_member=member))
    assert verdicts(outcome) == wanted
    assert "attach_field" in verdicts(outcome, "confirmed")


# -- what the API does not show


def test_a_person_confirms_a_profile_that_the_api_does_not_show(
    live: Wacb, account: Sandbox, home: Path
):
    way = {"attach_field": "callbackProfileId"}
    accepts = says("PUT", UPDATE, 200, DONE)  # also what has no effect
    network = Watched(account, accepts, number_profile_member="none", **way)
    outcome = check(live, network, "--apply", tty=True, input="n\ny\n")
    question = f"Does the console now show profile {FIRST} on {ONE}? [y/N] "
    assert " ".join(outcome.err.split()).count(question) == 2
    assert outcome.code == 0
    assert verdicts(outcome) == way
    assert attached(account, ONE) == FIRST
    assert [each["outcome"] for each in history(live)] == ["unknown", "done"]


def history(live: Wacb) -> list[dict[str, Any]]:
    return list(json.loads(live("number", "history", ONE, "-o", "json").out))


def test_without_a_terminal_a_hidden_profile_is_not_seen(live: Wacb, account: Sandbox):
    network = Watched(account, number_profile_member="none")
    outcome = check(live, network)
    assert outcome.code == 0
    assert "attach_field" in verdicts(outcome, "not seen")
    assert sum(method == "PUT" for method, _ in network.sent) == 1
    assert [each["outcome"] for each in history(live)] == ["unknown"]


def test_without_a_waba_id_the_documented_route_is_tried(live: Wacb, account: Sandbox):
    v1 = {"WACB_WABA_ID": ""}
    network = Watched(account, attach_field="callback_profile")
    outcome = check(live, network, tty=True, input="y\n", env=v1)
    assert verdicts(outcome) == {"v1_attach": "callback_profile"}
    assert attached(account, ONE) == FIRST
    assert {path for method, path in network.sent if method in ("PUT", "PATCH")} >= {
        f"/v1/{SID}/whatsapp/number"
    }
    assert not any(path.startswith("/v2/") for _, path in network.sent)


# -- no way works


NONE_WORKS: dict[str, tuple[list[Rule], Values]] = {
    "an unknown path": ([], {"attach_path": f"{NUMBER}/elsewhere", "attach_field": "x"}),
    "an unknown field": ([], {"attach_field": "x"}),
    "no update has an effect": (NO_EFFECT, {}),
}


@pytest.mark.parametrize("case", few(product(NONE_WORKS, (SECOND, "")), 3), ids=str)
def test_if_no_way_works_the_number_keeps_its_profile(
    live: Wacb, account: Sandbox, home: Path, case: tuple[str, str]
):
    name, old = case
    rules, values = NONE_WORKS[name]
    put(account, old)
    network = Watched(account, *rules, **values)
    outcome = check(live, network, "--replace", "--deadline", "86400")
    assert (outcome.code, verdicts(outcome)) == (8, {"attach_field": None})
    assert (network.seen, network.rest) == ({old}, {SECOND})
    assert journaled(home) == []
    registers = {"/add", "/verify", "/retry_otp"}
    posts = {path for method, path in network.sent if method == "POST"}
    assert not any(path.endswith((*registers, "/whatsapp/number")) for path in posts)


@pytest.mark.parametrize(
    ("field", "ending"),
    [("profile_id", "has it again"), ("hook", "wacb could not restore it")],
)
def test_a_profile_that_an_attempt_takes_away_is_put_back(
    live: Wacb, account: Sandbox, field: str, ending: str
):
    put(account, SECOND)

    def take_away(status: int, content: bytes) -> tuple[int, bytes]:
        if status != 200:
            put(account, "")
        return 200, json.dumps(DONE).encode()

    rule = Rule(method="PUT", path=UPDATE, answer=take_away)
    network = Watched(account, rule, attach_field=field)
    outcome = check(live, network, "--replace")
    assert outcome.code == 8
    lost = (
        f"number {ONE} lost its profile when wacb tried PUT with callback_profile_id, and {ending}"
    )
    assert json.loads(outcome.err)["error"]["message"] == lost
    assert attached(account, ONE) == (SECOND if field == "profile_id" else "")


def test_a_profile_that_is_already_attached_proves_nothing(live: Wacb, account: Sandbox):
    put(account, FIRST)
    before = writes(account)
    outcome = check(live, Watched(account))
    assert outcome.code == 0
    assert "attach_field" in verdicts(outcome, "not seen")
    assert [each for each in writes(account)[len(before) :] if each.method == "PUT"] == []


# -- refused before anything is written


@pytest.mark.parametrize(
    ("line", "code", "words"),
    [
        (("--number", "+15550100009", "--profile", FIRST), 9, "only approved numbers"),
        (("--number", "+15550100777", "--profile", FIRST), 5, "not found in WABA"),
        (("--number", ONE, "--profile", "nothing"), 5, "no profile with ID or title"),
        (("--number", ONE, "--profile", "Short"), 9, "placeholders"),
        (("--number", TWO, "--profile", FIRST), 9, "already has profile"),
    ],
)
def test_setup_refuses_what_attach_refuses_before_it_writes(
    live: Wacb, account: Sandbox, line: tuple[str, ...], code: int, words: str
):
    make_profile(account, title="Short", body='{"body":"<body>"}')
    before = writes(account)
    outcome = live("api", "check", "--write", "--yes", *line, "-o", "json")
    assert outcome.code == code
    assert words in outcome.err
    assert "profile_listing" in verdicts(outcome, "confirmed")
    assert writes(account) == before


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (("--write", "--number", ONE), "--number and --profile must be used together"),
        (("--write", "--profile", FIRST), "--number and --profile must be used together"),
        (LINE, "--number requires --write"),
        (("--write", "--replace"), "--replace requires --number and --profile"),
    ],
)
def test_options_that_require_another_are_refused_alone(
    live: Wacb, line: tuple[str, ...], message: str
):
    outcome = live("api", "check", *line)
    assert outcome.code == 2
    assert outcome.err.startswith(f"error: {message}\nhint: pass ")


# -- failures in the middle


@pytest.mark.parametrize(("status", "code"), [(401, 4), (500, 7), (429, 7)])
def test_a_failure_of_the_request_is_reported(live: Wacb, account: Sandbox, status: int, code: int):
    said = says("PUT", "/number", status, {"code": "WA1", "message": "No"}, arrives=False)
    patch = says("PATCH", "/number", status, {"code": "WA1", "message": "No"}, arrives=False)
    post = says("POST", "/number", status, {"code": "WA1", "message": "No"}, arrives=False)
    outcome = check(live, Altered(account, said, patch, post))
    assert outcome.code == code
    assert (attached(account, ONE), attached(account, TWO)) == ("", SECOND)


def test_the_outcome_of_a_lost_response_is_looked_up(live: Wacb, account: Sandbox):
    outcome = check(live, Altered(account, says("PUT", "/number/update", 500, {})))
    assert outcome.code == 0
    assert "attach_field" in verdicts(outcome, "confirmed")


@pytest.mark.parametrize("at", ["before the search", "during an attempt"])
def test_a_number_that_somebody_else_changed_meanwhile_is_left_alone(
    live: Wacb, account: Sandbox, at: str
):
    third = make_profile(account, title="Third")
    put(account, SECOND)
    other = served_as(account, {"attach_method": "PATCH"})
    sign = "DELETE" if at == "before the search" else "PUT"

    def network(method: str, url: str, headers: Mapping[str, str], body: bytes) -> Any:
        if method == sign:
            put(account, third)
            return (200, [], iter([b"{}"])) if sign == "PUT" else other(method, url, headers, body)
        return other(method, url, headers, body)

    outcome = check(live, network, "--replace")
    assert outcome.code == 9
    assert "was changed by somebody else in the meantime" in outcome.err
    assert attached(account, ONE) == third


def test_the_time_limit_ends_the_search(account: Sandbox, tmp_path: Path):
    put(account, SECOND)
    clock = Clock()
    client = make_client(Watched(account, *NO_EFFECT), clock=clock, deadline=10)
    client.shows_profiles = True
    journal = Journal(
        tmp_path / "journal.jsonl",
        account=SID,
        host="api.example",
        waba_id=WABA,
        clock=clock,
        warn=lambda text: None,
        remaining=client.remaining,
    )
    attached = check_attach(
        client,
        journal,
        NumberChange(ONE, SECOND, FIRST, shown=True),
        member=None,
        names=Names([]),
        ask=lambda: None,
        sleep=clock.sleep,
    )
    assert attached.error
    assert attached.error.message == "the time limit was reached after 3 ways of attaching"


ENDS = [(at, how, arrives) for at in range(20, 50) for how in BREAKS for arrives in (True, False)]


@pytest.mark.parametrize("end", sampled(ENDS, every=13), ids=str)
def test_an_interrupted_run_leaves_the_old_profile_or_the_new(
    live: Wacb, account: Sandbox, end: tuple[int, str, bool]
):
    at, how, arrives = end
    put(account, SECOND)
    watched = Watched(account, attach_method="PATCH", attach_field="callbackProfileId")
    network = Breaking(watched, at, BREAKS[how](), arrives=arrives)
    with suppress(Killed):
        check(live, network, "--replace")
    assert check(live, watched, "--replace").code in (0, 8)
    assert (watched.seen, watched.rest) == ({SECOND, FIRST}, {SECOND})
    assert (attached(account, ONE), titles(account)) == (FIRST, ["Hook", "Other"])


def test_the_report_of_writing_has_no_data_of_the_account(
    live: Wacb, account: Sandbox, tmp_path: Path
):
    put(account, SECOND)
    report = tmp_path / "report.json"
    way = {"attach_method": "PATCH", "attach_field": "profileId"}
    network = Watched(account, number_profile_member="hook.ref", **way)
    check(live, network, "--replace", "--save", str(report))
    found = report.read_text()
    assert '"hook.ref"' in found
    secrets = (ONE, ONE[1:], TWO, FIRST, SECOND, "Hook", "Other", SID, WABA, "example.com")
    assert [value for value in secrets if value in found] == []


# -- dry runs


@pytest.mark.parametrize("env", [{}, {"WACB_API_KEY": ""}], ids=["online", "offline"])
def test_a_dry_run_names_every_way(live: Wacb, account: Sandbox, env: dict[str, str]):
    before = writes(account)
    outcome = live("api", "check", "--write", *LINE, "--dry-run", "-o", "json", env=env)
    assert outcome.code == 0
    requests = json.loads(outcome.out)["requests"]
    ways = [each for each in requests if "whatsapp" in each["url"]]
    assert (ways[0]["method"], ways[0]["body"]) == (
        "PUT",
        {"phone_number": ONE, "callback_profile_id": FIRST},
    )
    assert len(ways) == len({json.dumps(each) for each in ways}) > 40
    assert all(FIRST in each["body"].values() and len(each["body"]) == 2 for each in ways)
    assert writes(account) == before


def test_the_guide_lists_the_ways_in_their_order():
    ways = list(list_ways(make_api()))
    table = PAGES["api"].partition("| | tried |")[2].partition("\n\n")[0]
    assert list(dict.fromkeys(way.path for way in ways)) == re.findall("`(/.*?)`", table)
    fields = re.findall("`([a-zA-Z_]+)`", table.partition("| fields |")[2])
    assert list(dict.fromkeys(way.field for way in ways)) == fields
    methods = [found.split(", ") for found in re.findall(r"\(([A-Z, ]+)\)", table)]
    for path, tried in zip(dict.fromkeys(way.path for way in ways), methods, strict=True):
        assert list(dict.fromkeys(way.method for way in ways if way.path == path)) == tried

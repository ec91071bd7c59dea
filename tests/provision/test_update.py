"""A profile is made what the user wants: created once, updated only where it differs."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.conftest import profile_id
from tests.fake_api import (
    BODY,
    PROFILES,
    Clock,
    Network,
    Reply,
    Sent,
    Turn,
    answer,
    emulated,
    make_client,
    make_draft,
    make_journal,
    make_profile,
    make_row,
    refusal,
)
from tests.provision.attaching import told
from tests.provision.lossy import make_lock
from wacb.api.client import Client
from wacb.errors import (
    Ambiguous,
    ApiRejected,
    CheckFailed,
    ConsentRequired,
    InvalidInput,
    OutcomeUnknown,
    Unavailable,
    Unsafe,
    WacbError,
)
from wacb.models import Encryption
from wacb.provision import update
from wacb.provision.compare import describe, differences
from wacb.provision.create import (
    IfExists,
    create_profile,
    prepare_create,
)
from wacb.provision.steps import CreateStep, ProfileResult
from wacb.provision.update import update_profile
from wacb.sandbox.emulator import Sandbox
from wacb.sandbox.store import Store
from wacb.template.build import build_url
from wacb.template.placeholders import INCOMING

TITLE = "Incoming messages"
GET_URL = build_url("https://example.com/hook", INCOMING)
NONE, MADE = answer([]), answer({"id": "SG_1"})
CURRENT = answer(make_row())
LISTED = answer([make_row()])
CHANGED = make_draft(url="https://example.com/new")


def ensure(
    client: Client, *, update: bool = False, clock: Clock | None = None, **changed: Any
) -> ProfileResult:
    clock = clock or Clock()
    lock = make_lock(clock)
    if_exists = IfExists.UPDATE if update else IfExists.KEEP
    step = prepare_create(client, make_draft(**changed), if_exists=if_exists, lock=lock)
    if isinstance(step, CreateStep):
        return create_profile(client, step.draft, sleep=clock.sleep)
    return update_profile(client, step, sleep=clock.sleep)


def run_update(
    *script: Turn, clock: Clock | None = None, **how: Any
) -> tuple[ProfileResult, Network]:
    """Update the profile of `make_row` to CHANGED; the script begins with the PATCH's answer."""
    clock, network = clock or Clock(), Network(*script)
    step = update.prepare_update(make_profile(), CHANGED)
    client = make_client(network, clock=clock, **how)
    return update_profile(client, step, sleep=clock.sleep), network


def failure(*script: Turn) -> WacbError:
    with pytest.raises(WacbError) as caught:
        run_update(*script)
    return caught.value


def writes(sandbox: Sandbox) -> list[tuple[str, Any]]:
    return [
        (request.method, json.loads(request.body))
        for request in sandbox.requests()
        if request.method != "GET"
    ]


def test_key_order_and_white_space_of_a_body_are_no_difference(sandbox: Sandbox) -> None:
    client = make_client(emulated(sandbox))
    ensure(client)
    turned = json.dumps(dict(reversed(json.loads(BODY).items())), indent=4)
    assert ensure(client, body=turned).status == "unchanged"


def test_other_content_is_refused_with_the_difference(sandbox: Sandbox) -> None:
    client = make_client(emulated(sandbox))
    ensure(client)
    with pytest.raises(Unsafe) as caught:
        ensure(client, url="https://example.com/new", response_message="ok")
    assert caught.value.message == (
        f"profile {TITLE!r} ({profile_id(1)}) already exists with different content; "
        "url: https://example.com/hook → https://example.com/new; response_message: none → ok"
    )
    assert caught.value.hint == "pass --update-existing to change it, or pass another --title"


def test_the_whole_list_is_searched_for_exactly_the_title() -> None:
    longer = make_row(profile_id="SG_2", title=f"{TITLE}, old")
    network = Network(answer({"profiles": [longer, make_row()], "total": 2}))
    outcome = ensure(make_client(network))
    assert (outcome.status, outcome.profile.id) == ("unchanged", "SG_1")
    assert [sent.url for sent in network.sent] == [f"{PROFILES}?limit=100&offset=0"]


def test_two_profiles_of_one_title_are_named(sandbox: Sandbox) -> None:
    client = make_client(emulated(sandbox))
    ids = [client.create_profile(make_draft()), client.create_profile(make_draft())]
    with pytest.raises(Ambiguous) as caught:
        ensure(client, update=True)
    assert caught.value.message == f"2 profiles are named {TITLE!r}: {ids[0]}, {ids[1]}"


RIVAL = f"profile SG_1 was created, but another machine may have created one named {TITLE!r}, too: "
AGAIN = "run the same command again with --if-not-exists: it finds the profile or creates it"


@pytest.mark.parametrize(
    ("turn", "looks", "why"),
    [
        (
            refusal(500, "oops"),
            6,
            "listing callback profiles failed: the API is unavailable (500: oops)",
        ),
        (refusal(401, "oops"), 1, "Kaleyra rejected the SID and API key (401: oops)"),
    ],
    ids=["500", "401"],
)
def test_a_rival_that_cannot_be_looked_for_is_no_success(turn: Turn, looks: int, why: str) -> None:
    clock = Clock()
    network = Network(NONE, MADE, turn, CURRENT, *[turn] * 5)
    with pytest.raises(Unavailable) as caught:
        ensure(make_client(network, clock=clock), clock=clock)
    assert told(caught.value) == (OutcomeUnknown, RIVAL + why, AGAIN)
    assert len(network.sent) == 3 + looks


def test_a_run_that_is_stopped_says_that_no_rival_was_looked_for() -> None:
    def stop(_: Sent) -> Reply:
        client.stop_sending()
        return NONE

    clock = Clock()
    client = make_client(Network(NONE, MADE, stop), clock=clock)
    outcome = ensure(client, clock=clock)
    assert outcome.status == "created"
    assert outcome.notes[0].startswith("it could not be read back; it is shown as it was sent: ")
    assert outcome.notes[1:] == ("it was not checked whether another machine created it, too",)
    assert clock.sleeps == []


def test_a_profile_that_appears_while_a_create_waits_is_not_made_twice() -> None:
    clock = Clock()
    busy = refusal(429)
    network = Network(NONE, Reply(status=429, body=busy.body, headers={"retry-after": "5"}), LISTED)
    with pytest.raises(ConsentRequired) as caught:
        ensure(make_client(network, clock=clock), clock=clock)
    assert caught.value.message == f"a profile named {TITLE!r} already exists: SG_1"
    assert [sent.method for sent in network.sent] == ["GET", "POST", "GET"]


def test_a_listing_that_hides_the_new_profile_for_some_seconds_is_waited_for() -> None:
    clock = Clock()
    network = Network(NONE, MADE, NONE, NONE, CURRENT, NONE, NONE, LISTED)
    outcome = ensure(make_client(network, clock=clock), clock=clock)
    assert (outcome.status, clock.sleeps) == ("created", [1, 2])


def test_a_new_profile_is_looked_for_no_longer_than_the_deadline() -> None:
    clock = Clock()
    network = Network(NONE, MADE, NONE, NONE, CURRENT, *[NONE] * 9)
    with pytest.raises(OutcomeUnknown) as caught:
        ensure(make_client(network, clock=clock, deadline=3), clock=clock)
    assert caught.value.message == f"{RIVAL}it is not listed yet"
    assert clock.sleeps == [1]


# -- a listing that lags


def lagging(sandbox: Sandbox, clock: Clock) -> Client:
    sandbox.add_fault("late:20s")
    return make_client(emulated(sandbox), clock=clock)


@pytest.mark.parametrize("update", [False, True], ids=["if not exists", "update"])
def test_a_profile_that_is_not_listed_yet_is_found_by_its_id(
    sandbox: Sandbox, update: bool
) -> None:
    client = lagging(sandbox, Clock())
    made = client.create_profile(make_draft())
    found = ensure(client, update=update)
    assert (found.status, found.profile.id) == ("unchanged", made)
    assert len(writes(sandbox)) == 1


def made_before(*script: Turn) -> tuple[ProfileResult, Network, Clock]:
    """Run once more, two seconds after SG_7 was created here; the listing shows nothing."""
    clock, network = Clock(), Network(*script)
    with make_journal(clock).record("create", title=TITLE) as made:
        made("SG_7")
    clock.now += 2
    return ensure(make_client(network, clock=clock), clock=clock), network, clock


@pytest.mark.parametrize(
    "other",
    [refusal(404, code="RBC302"), answer(make_row(profile_id="SG_7", title="Another title"))],
    ids=["deleted", "renamed"],
)
def test_a_profile_that_is_gone_is_created_again_at_once(other: Turn) -> None:
    outcome, network, clock = made_before(NONE, other, MADE, LISTED)
    assert (outcome.status, outcome.profile.id) == ("created", "SG_1")
    assert [sent.method for sent in network.sent] == ["GET", "GET", "POST", "GET"]
    assert clock.sleeps == []


def test_a_404_that_says_nothing_of_the_profile_is_not_believed() -> None:
    row = make_row(profile_id="SG_7")
    outcome, network, clock = made_before(NONE, refusal(404), NONE, answer(row))
    assert (outcome.status, outcome.profile.id) == ("unchanged", "SG_7")
    assert clock.sleeps == [3]
    gone = [NONE, refusal(404)] * 11
    outcome, network, clock = made_before(*gone, MADE, LISTED)
    assert (outcome.status, sum(clock.sleeps)) == ("created", 28)
    assert [sent.method for sent in network.sent].count("POST") == 1


def lose(clock: Clock, fault: str) -> Sandbox:
    """Create a profile so that its outcome is unknown; return the emulator that did it or not."""
    sandbox = Sandbox(Store(":memory:"), clock=clock, new_id=lambda: profile_id(1))
    client = lagging(sandbox, clock)
    sandbox.add_fault(fault)
    with pytest.raises(OutcomeUnknown):
        ensure(client, clock=clock)
    return sandbox


def test_a_create_whose_outcome_is_unknown_is_waited_for() -> None:
    clock = Clock()
    sandbox = lose(clock, "reset,after,POST")
    outcome = ensure(make_client(emulated(sandbox), clock=clock), clock=clock)
    assert (outcome.status, outcome.profile.id) == ("adopted", profile_id(1))
    assert clock.sleeps == [1, 2, 4] + [3] * 5


def test_a_create_that_does_not_appear_in_time_is_made_again() -> None:
    clock = Clock()
    sandbox = lose(clock, "reset,POST")
    outcome = ensure(make_client(emulated(sandbox), clock=clock), clock=clock)
    assert (outcome.status, outcome.profile.id) == ("created", profile_id(1))
    assert clock.sleeps == [1, 2, 4] + [3] * 7 + [2] + [1, 2, 4, 8, 15]


def test_without_the_time_to_wait_the_outcome_stays_unknown() -> None:
    clock = Clock()
    sandbox = lose(clock, "reset,after,POST")
    with pytest.raises(OutcomeUnknown) as caught:
        ensure(make_client(emulated(sandbox), clock=clock, deadline=10), clock=clock)
    assert (caught.value.message, caught.value.hint) == (
        f"it is still unknown whether the profile {TITLE!r} was created a moment ago",
        "run the same command again in 14 s, or pass a longer --deadline",
    )
    assert len(writes(sandbox)) == 1


def test_a_plain_create_may_make_a_second_one(sandbox: Sandbox) -> None:
    client = make_client(emulated(sandbox))
    client.create_profile(make_draft())
    lock = make_lock()
    step = prepare_create(client, make_draft(), if_exists=IfExists.DUPLICATE, lock=lock)
    assert isinstance(step, CreateStep)
    how: dict[str, Any] = {"sleep": Clock().sleep, "others": step.others}
    made = create_profile(client, step.draft, **how)
    assert made.profile.id == profile_id(2)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (None, "whatsapp", "is not set, and the API cannot change it to whatsapp"),
        ("whatsapp", "", "is whatsapp, and the API cannot change it to none"),
    ],
)
def test_the_channel_cannot_be_changed(old: str | None, new: str, words: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        update.prepare_update(make_profile(channel=old), make_draft(channel=new))
    assert caught.value.message == f"the channel of profile SG_1 {words}"
    assert caught.value.hint == "create another profile"


def test_the_requests_of_a_dry_run_hold_no_secret() -> None:
    api = make_client(Network()).api
    secret = make_draft(
        headers={"X-Token": "synthetic-token"}, secret_headers=frozenset(("X-Token",))
    )
    (create,) = CreateStep(secret).requests(api)
    (change,) = update.prepare_update(make_profile(), secret).requests(api)
    assert change.body == {"headers": '{"X-Token":"***"}'}
    assert "synthetic-token" not in f"{create}{change}"
    assert update.prepare_update(make_profile(), make_draft()).requests(api) == []


NEW = answer(make_row(url=CHANGED.url))
SG_1 = "callback profile SG_1"


@pytest.mark.parametrize(
    "lost", [refusal(500), refusal(503), ConnectionResetError()], ids=["500", "503", "reset"]
)
def test_an_update_whose_answer_is_lost_is_read_back(lost: Turn) -> None:
    outcome, network = run_update(lost, NEW)
    assert outcome.status == "updated"
    assert [sent.method for sent in network.sent] == ["PATCH", "GET"]


@pytest.mark.parametrize("first", [answer({}), refusal(500)], ids=["answered", "lost"])
@pytest.mark.parametrize("old", [0, 1, 2])
def test_an_update_may_become_visible_late(first: Turn, old: int) -> None:
    clock = Clock()
    outcome, _ = run_update(first, *[CURRENT] * old, NEW, clock=clock)
    assert (outcome.status, clock.sleeps) == ("updated", [0, 1, 2][: old + 1])


def test_no_look_at_an_update_waits_beyond_the_deadline() -> None:
    clock = Clock()
    with pytest.raises(CheckFailed):
        run_update(answer({}), CURRENT, clock=clock, deadline=2.5)
    assert clock.sleeps == [0, 1]


def test_an_update_that_is_not_seen_after_a_lost_answer_is_unknown() -> None:
    error = failure(refusal(500), CURRENT)
    assert (type(error), error.message, error.hint, error.status) == (
        OutcomeUnknown,
        f"updating {SG_1} failed: the API is unavailable (500); profile SG_1 may or may not "
        "have been updated",
        "run the same command again; it changes only what still differs",
        500,
    )


@pytest.mark.parametrize(
    ("algorithm", "known"),
    [("AES-128-CFB", False), ("AES-256-CFB", True)],
    ids=["key", "algorithm"],
)
def test_whether_a_lost_update_of_a_hidden_key_came_is_told_by_the_algorithm(
    algorithm: str, known: bool
) -> None:
    hidden = Encryption(algorithm="AES-128-CFB", key="hidden")  # as `profile update` has it
    key = "k" * (int(algorithm[4:7]) // 8)
    draft = make_draft(encryption=Encryption(algorithm=algorithm, key=key, iv="i" * 16))
    step = update.prepare_update(make_profile(encryption=hidden), draft)
    network = Network(refusal(500), answer(make_row(enc={"algo": algorithm})))
    if known:
        assert update_profile(make_client(network), step, sleep=Clock().sleep).status == "updated"
    else:
        with pytest.raises(OutcomeUnknown):
            update_profile(make_client(network), step, sleep=Clock().sleep)


@pytest.mark.parametrize(
    ("first", "verb"),
    [(refusal(500), "updating"), (answer({}), "reading")],
    ids=["lost", "updated"],
)
def test_an_update_that_cannot_be_read_back_is_unknown(first: Turn, verb: str) -> None:
    error = failure(first, refusal(500))
    assert (type(error), error.message) == (
        OutcomeUnknown,
        f"{verb} {SG_1} failed: the API is unavailable (500); profile SG_1 may or may not "
        "have been updated",
    )


def test_an_update_that_was_never_sent_is_just_unavailable() -> None:
    error = failure(ConnectionRefusedError())
    assert isinstance(error, Unavailable)
    assert not isinstance(error, OutcomeUnknown)


def test_an_update_that_is_refused_says_so() -> None:
    assert isinstance(failure(refusal(422, "no")), ApiRejected)


def test_an_update_that_is_stored_otherwise_is_a_failed_check() -> None:
    error = failure(answer({}), answer(make_row(url="https://example.com/old", title="Another")))
    assert (type(error), error.message, error.hint) == (
        CheckFailed,
        "profile SG_1 was updated, but the API stored it differently: title: Another → Incoming "
        "messages; url: https://example.com/old → https://example.com/new",
        "compare it with `wacb profile show SG_1`",
    )


def test_differences_are_described_without_secrets() -> None:
    old = make_profile(headers={"X-A": "synthetic-1"}, response_message="ok", events=("a",))
    key, iv = "k" * 16, "i" * 16
    draft = make_draft(
        headers={"X-A": "synthetic-2", "X-B": "synthetic-3"},
        encryption=Encryption(algorithm="AES-128-CFB", key=key, iv=iv),
        events=("b",),
        response_message="",
    )
    assert describe(differences(draft, old)) == [
        "headers: x-a: *** → x-a: ***, x-b: ***",
        "encryption: none → AES-128-CFB",
        "response_message: ok → none",
        'events: ["a"] → ["b"]',
    ]
    known = make_profile(encryption=Encryption(algorithm="AES-128-CFB", key="x" * 16, iv=iv))
    other = make_draft(encryption=Encryption(algorithm="AES-128-CFB", key=key, iv=iv))
    assert describe(differences(other, known)) == [
        "encryption: AES-128-CFB (key ***) → AES-128-CFB (key ***)"
    ]

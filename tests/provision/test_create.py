"""Create a profile exactly once whatever happens to the answer; find one by ID or title."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import profile_id
from tests.fake_api import (
    PROFILES,
    Clock,
    Network,
    Reply,
    answer,
    emulated,
    make_client,
    make_draft,
    make_journal,
    make_profile,
    make_row,
    refusal,
)
from tests.provision.lossy import LOST, LossyApi, make_lock
from wacb.api.client import Client
from wacb.errors import (
    ApiRejected,
    ConfigError,
    DeadlineExceeded,
    OutcomeUnknown,
    Skipped,
    Unavailable,
    WacbError,
)
from wacb.models import CallbackProfile, Encryption, Method
from wacb.provision import find, steps
from wacb.provision.create import IfExists, create_profile, prepare_create
from wacb.provision.steps import CreateStep, ProfileResult
from wacb.sandbox.emulator import Sandbox
from wacb.sandbox.store import Store
from wacb.template.inspect import inspect
from wacb.validation import looks_like_id

CREATED_AT = "2026-09-21T14:13:20.000Z"
TITLE = "Incoming messages"
UNKNOWN_ID = "SG_99999999-0000-4000-8000-000000000009"


def stored(number: int = 1, **changes: Any) -> CallbackProfile:
    """The emulator's n-th profile, made of a draft."""
    return make_profile(id=profile_id(number), created_at=CREATED_AT, **changes)


def titles(sandbox: Sandbox) -> list[str]:
    return [profile.title for profile in make_client(emulated(sandbox)).list_profiles()]


def add(sandbox: Sandbox, **changes: Any) -> str:
    return make_client(emulated(sandbox)).create_profile(make_draft(**changes))


def run(api: LossyApi | Network, clock: Clock, **how: Any) -> ProfileResult:
    return create_another(make_client(api, clock=clock, **how), clock)


def create_another(client: Client, clock: Clock) -> ProfileResult:
    """Create a profile whatever others have its title."""
    lock = make_lock(clock)
    step = prepare_create(client, make_draft(), if_exists=IfExists.DUPLICATE, lock=lock)
    assert isinstance(step, CreateStep)
    return create_profile(client, step.draft, sleep=clock.sleep, others=step.others)


# -- created


@pytest.mark.parametrize(
    ("turn", "message"),
    [
        (refusal(404), "callback profile SG_1 does not exist (404)"),
        (refusal(500), "reading callback profile SG_1 failed: the API is unavailable (500)"),
        (answer({}), "the response does not describe callback profile SG_1"),
        (ConnectionRefusedError(), "cannot connect to api.example: no connection"),
    ],
    ids=["not found", "unavailable", "no profile", "connect error"],
)
def test_a_profile_that_cannot_be_read_back_is_shown_as_sent(
    turn: Reply | Exception, message: str
) -> None:
    network = Network(answer([]), answer({"id": "SG_1"}), turn)
    assert run(network, Clock()) == ProfileResult(
        make_profile(),
        "created",
        (f"it could not be read back; it is shown as it was sent: {message}",),
    )


def test_as_sent_a_profile_is_all_that_was_asked_for() -> None:
    given: dict[str, Any] = {
        "method": Method.GET,
        "body": None,
        "headers": {"X-A": "b"},
        "encryption": Encryption(algorithm="AES-128-CFB", key="k" * 16, iv="i" * 16),
        "response_message": "thanks",
        "channel": "whatsapp",
        "events": ("a",),
    }
    assert steps.as_sent(make_draft(**given), "SG_1") == make_profile(**given)


# -- the answer is lost


@pytest.mark.parametrize("hidden", [0, 1, 2], ids=["1st look", "2nd look", "3rd look"])
@pytest.mark.parametrize("lost", LOST)
def test_a_create_whose_answer_was_lost_is_adopted(
    lost: str, hidden: int, sandbox: Sandbox
) -> None:
    add(sandbox, url="https://other.example/")
    api, clock = LossyApi(sandbox, LOST[lost], committed=True, hidden=hidden), Clock()
    assert run(api, clock) == ProfileResult(
        stored(2),
        "adopted",
        (f"another profile is also named 'Incoming messages' ({profile_id(1)})",),
    )
    assert (api.posts, clock.sleeps) == (1, [1, 2, 4][: hidden + 1])
    assert titles(sandbox) == [TITLE] * 2


@pytest.mark.parametrize(
    ("committed", "hidden"), [(False, 0), (True, 3)], ids=["never created", "shown too late"]
)
@pytest.mark.parametrize("lost", LOST)
def test_a_create_that_is_not_found_again_is_not_repeated(
    lost: str, committed: bool, hidden: int, sandbox: Sandbox
) -> None:
    add(sandbox)
    add(sandbox, title=f"{TITLE} 2")
    api = LossyApi(sandbox, LOST[lost], committed=committed, hidden=hidden)
    clock = Clock()
    with pytest.raises(OutcomeUnknown) as caught:
        run(api, clock)
    error = caught.value
    assert error.message.endswith("; profile 'Incoming messages' may or may not have been created")
    assert error.hint == (
        "run the same command again with --if-not-exists: it finds the profile or creates it"
    )
    assert (error.exit_code, api.posts, clock.sleeps) == (7, 1, [1, 2, 4])
    assert titles(sandbox).count(TITLE) == 1 + committed


@pytest.mark.parametrize(
    "look",
    [refusal(500), refusal(403), refusal(404), Reply(body=b"<html>"), Reply(status=302)],
    ids=["500", "403", "404", "html", "302"],
)
def test_a_look_that_fails_is_followed_by_the_next(look: Reply, sandbox: Sandbox) -> None:
    api = LossyApi(sandbox, LOST["reset"], committed=True, looks=(look, look))
    clock = Clock()
    assert run(api, clock) == ProfileResult(stored(), "adopted", ())
    assert (api.posts, clock.sleeps) == (1, [1, 2, 4])


def test_where_every_look_fails_the_outcome_stays_unknown(sandbox: Sandbox) -> None:
    api = LossyApi(sandbox, refusal(500), committed=True, looks=[refusal(403)] * 3)
    with pytest.raises(OutcomeUnknown) as caught:
        run(api, Clock())
    assert (caught.value.status, api.posts) == (500, 1)


@pytest.mark.parametrize(("deadline", "looks"), [(1, []), (3, [1]), (7.5, [1, 2, 4])])
def test_no_look_is_waited_for_past_the_deadline(
    deadline: float, looks: list[float], sandbox: Sandbox
) -> None:
    api, clock = LossyApi(sandbox, LOST["reset"]), Clock()
    with pytest.raises(OutcomeUnknown):
        run(api, clock, deadline=deadline)
    assert (api.posts, clock.sleeps) == (1, looks)


# -- remembered


def last(clock: Clock) -> tuple[str | None, list[float]]:
    """What the next run knows: the ID, and how long it waits before each further look."""
    clock.sleeps.clear()
    entry = make_journal(clock).last("create", title=TITLE)
    list(make_lock(clock).poll_listing(entry and entry.sent_until, lambda: 120))
    return entry and entry.profile, list(clock.sleeps)


def test_an_id_is_remembered(sandbox: Sandbox) -> None:
    clock = Clock()
    made = run(LossyApi(sandbox), clock)
    clock.now += 30
    assert last(clock) == (made.profile.id, [])
    adopted = run(LossyApi(sandbox, LOST["reset"], committed=True), clock)
    assert adopted.status == "adopted"
    clock.now += 30
    assert last(clock) == (adopted.profile.id, [])


def test_a_lost_answer_is_remembered_from_the_moment_it_was_lost(sandbox: Sandbox) -> None:
    clock = Clock()
    with pytest.raises(OutcomeUnknown):
        run(LossyApi(sandbox, LOST["reset"], committed=True, hidden=3), clock)
    assert last(clock) == (None, [3] * 7 + [2])  # 7 of the 30 seconds have passed


@pytest.mark.parametrize("turn", [refusal(422), refusal(401), ConnectionRefusedError()])
@pytest.mark.parametrize("once", [False, True], ids=["plain", "once"])
def test_what_was_surely_not_created_is_not_remembered(turn: Reply | Exception, once: bool) -> None:
    clock = Clock()
    client = make_client(Network(turn), clock=clock)
    others = None if once else frozenset[str]()
    with pytest.raises(WacbError):
        create_profile(client, make_draft(), sleep=clock.sleep, others=others)
    assert last(clock) == (None, [])


def test_a_create_that_a_stop_kept_from_being_sent_is_not_remembered() -> None:
    clock, network = Clock(), Network(answer({"id": "SG_1"}))
    client = make_client(network, clock=clock)
    client.stop_sending()
    with pytest.raises(Skipped):
        create_profile(client, make_draft(), sleep=clock.sleep)
    assert (network.sent, last(clock)) == ([], (None, []))


def test_a_run_that_is_killed_leaves_word_for_the_next(sandbox: Sandbox) -> None:
    clock = Clock()

    class Killed(BaseException):
        pass

    def killed(*request: Any) -> Any:
        raise Killed

    client = make_client(killed, clock=clock)
    with pytest.raises(Killed):
        create_profile(client, make_draft(), sleep=clock.sleep)
    clock.now += 119  # it might have waited as long as this to try again
    assert last(clock) == (None, [3] * 10)


def test_where_nothing_can_be_remembered_nothing_is_created(sandbox: Sandbox) -> None:
    journal = Path.home() / "journal.jsonl"
    journal.mkdir(parents=True)
    with pytest.raises(ConfigError, match=f"cannot write {journal}"):
        create_profile(make_client(emulated(sandbox)), make_draft(), sleep=Clock().sleep)
    assert sandbox.requests() == []


# -- not lost


@pytest.mark.parametrize(
    ("turn", "kind", "posts"),
    [
        (ConnectionRefusedError(), Unavailable, 4),
        (refusal(429), Unavailable, 4),
        (Reply(status=429, headers={"Retry-After": "600"}), DeadlineExceeded, 2),
        (refusal(400), ApiRejected, 1),
        (refusal(200, "no"), ApiRejected, 1),
    ],
    ids=["connect error", "429", "429 past the deadline", "400", "error in a 200"],
)
def test_what_was_surely_not_created_is_not_looked_for(
    turn: Reply | Exception, kind: type[WacbError], posts: int
) -> None:
    network = Network(answer([]), turn)
    with pytest.raises(WacbError) as caught:
        run(network, Clock())
    assert type(caught.value) is kind
    assert [sent.method for sent in network.sent] == ["GET"] + ["POST"] * posts


def test_a_create_that_was_turned_away_is_sent_again(sandbox: Sandbox) -> None:
    api = LossyApi(sandbox, refusal(429), times=3)
    assert run(api, Clock()) == ProfileResult(stored(), "created", ())
    assert (api.posts, titles(sandbox)) == (4, [TITLE])


def test_without_the_listing_nothing_is_created() -> None:
    network = Network(refusal(500))
    with pytest.raises(Unavailable):
        run(network, Clock())
    assert [sent.method for sent in network.sent] == ["GET"]


# -- at random


@pytest.mark.parametrize("runs", [50, pytest.param(400, marks=pytest.mark.thorough)])
def test_no_run_ever_creates_two_profiles(runs: int) -> None:
    outcomes = {_one_random_run(random.Random(seed)) for seed in range(runs)}
    assert outcomes == {"created", "adopted", "unavailable", "outcome_unknown", "ambiguous"}


def _one_random_run(chance: random.Random) -> str:
    """Create a profile over a bad line, now and then beside a rival; return the outcome."""
    sandbox = Sandbox(Store(":memory:"))
    older, rival = chance.choice((0, 0, 1, 2)), chance.random() < 0.15
    for _ in range(older):
        add(sandbox)
    lost = chance.choice([None, refusal(429), ConnectionRefusedError(), *LOST.values()])
    arrives = lost in LOST.values()
    failing = [None, None, refusal(500), ConnectionResetError(), Reply(body=b"<html>")]
    api = LossyApi(
        sandbox,
        lost,
        committed=arrives and chance.random() < 0.6,
        times=chance.randint(1, 5),
        hidden=chance.choice((0, 0, 1, 2, 3)),
        looks=[chance.choice(failing) for _ in range(chance.choice((0, 0, 3)))],
    )

    def handler(
        method: str, url: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[int, Sequence[tuple[str, str]], Iterator[bytes]]:
        if rival and method == "POST" and not api.posts:
            add(sandbox)
        return api(method, url, headers, body)

    clock = Clock()
    client = make_client(handler, clock=clock, uniform=chance.uniform)
    try:
        found = create_another(client, clock)
    except WacbError as error:
        outcome = error.code
        assert error.exit_code in (7, 9)
    else:
        outcome = found.status
        assert outcome == ("adopted" if arrives else "created")
        assert make_client(emulated(sandbox)).get_profile(found.profile.id) == found.profile
        assert len(found.notes) == older
    assert titles(sandbox).count(TITLE) - older - rival <= 1
    assert api.posts == 1 or not arrives
    return outcome


# -- found


def test_an_id_of_a_known_form_is_not_looked_for_among_the_titles() -> None:
    network = Network(answer(make_row(profile_id=UNKNOWN_ID)))
    find.find(make_client(network), UNKNOWN_ID)
    assert [sent.url for sent in network.sent] == [f"{PROFILES}/{UNKNOWN_ID}"]


def test_an_id_of_another_form_is_found_after_the_titles() -> None:
    network = Network(answer([]), answer(make_row(profile_id=77)))
    assert find.find(make_client(network), "77").id == "77"
    assert [sent.url for sent in network.sent] == [
        f"{PROFILES}?limit=100&offset=0&title=77",
        f"{PROFILES}/77",
    ]


@pytest.mark.parametrize(
    ("reference", "is_one"),
    [
        (UNKNOWN_ID, True),
        ("Abc_ABCDEF00-0000-4000-8000-00000000000f", True),
        (f"{UNKNOWN_ID}\n", False),
        (f"{UNKNOWN_ID}0", False),
        (UNKNOWN_ID.removeprefix("SG_"), False),
        ("SG_1", False),
        ("Incoming messages", False),
    ],
)
def test_an_id_is_known_by_its_form(reference: str, is_one: bool) -> None:
    assert looks_like_id(reference) is is_one


# -- templates


@pytest.mark.parametrize(
    ("profile", "present"),
    [
        (make_profile(), 14),
        (make_profile(method=Method.GET), 0),
        (make_profile(method=Method.GET, url="https://a.example/?a=<body>&b=<oops>"), 1),
        (make_profile(body='{"<body>": "<from>"}'), 1),
        (make_profile(body=None), 0),
    ],
    ids=["body", "URL without", "URL with", "body with a key", "no body"],
)
def test_a_template_is_looked_at_where_the_method_puts_it(
    profile: CallbackProfile, present: int
) -> None:
    assert inspect(profile).present == present

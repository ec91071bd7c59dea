"""What numbers and profiles are looked up: each thing once a run, whatever comes of it."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from tests.fake_api import (
    Network,
    Reply,
    answer,
    emulated,
    make_api,
    make_client,
    make_draft,
    make_profile,
    make_row,
    refusal,
)
from tests.provision.attaching import (
    FIRST,
    NEW,
    ONE,
    SECOND,
    UNLISTED,
    emulator,
    make_journal,
    make_look,
    make_numbers,
    record,
    stocked,
    told,
)
from wacb.errors import (
    Ambiguous,
    AuthenticationFailed,
    ConfigError,
    NotFound,
    Unavailable,
    WacbError,
)
from wacb.models import UNKNOWN, AttachedId, Number
from wacb.provision.lookup import AccountLookup, resolve_phone, spell_ids
from wacb.sandbox.account import WABA_ID
from wacb.sandbox.emulator import Sandbox
from wacb.validation import NO_COUNTRY_CODE, PHONE_HINT, InvalidPhone


def requests(sandbox: Sandbox) -> Counter[str]:
    """How often each thing was asked for since the profiles were made."""
    asked = [sent for sent in sandbox.requests() if sent.method == "GET"]
    return Counter(sent.path.rpartition("/")[2] for sent in asked)


def without_waba(sandbox: Sandbox, folder: Path) -> AccountLookup:
    return make_look(emulator(sandbox, api=make_api(waba_id=None)), folder)


# -- numbers


def test_the_numbers_are_listed_once_however_many_are_asked_for(tmp_path: Path) -> None:
    numbers = make_numbers(50)
    sandbox = stocked(numbers)
    look = make_look(emulator(sandbox), tmp_path)
    assert requests(sandbox) == {}
    assert [look.number(number).number for number in numbers] == numbers
    assert look.number(ONE) == Number(ONE, "Sandbox One", "approved", WABA_ID, None, "v2")
    with pytest.raises(NotFound) as caught:
        look.number(UNLISTED)
    assert told(caught.value) == (
        NotFound,
        f"number {UNLISTED} not found in WABA {WABA_ID}",
        "run `wacb number list` to see available numbers",
    )
    assert requests(sandbox) == {"number": 1}


def test_without_a_waba_id_the_details_of_each_number_are_fetched(tmp_path: Path) -> None:
    sandbox = stocked()
    look = without_waba(sandbox, tmp_path)
    assert look.number(ONE) == Number(ONE, "Sandbox One", "approved", None, UNKNOWN, "v1")
    with pytest.raises(NotFound) as caught:
        look.number(UNLISTED)
    assert caught.value.status == 404
    assert requests(sandbox) == {"phone_number_details": 2}
    with pytest.raises(ConfigError, match="only be listed with a WABA ID"):
        assert look.listed


@pytest.mark.parametrize(
    ("turn", "kind"),
    [
        (refusal(401), AuthenticationFailed),
        (refusal(500), Unavailable),
        (answer("none"), Unavailable),
    ],
    ids=["401", "500", "no list"],
)
def test_a_listing_that_fails_is_not_tried_again_for_every_number(
    turn: Reply, kind: type[WacbError], tmp_path: Path
) -> None:
    network = Network(turn)
    look = make_look(make_client(network), tmp_path)
    for number in make_numbers(3):
        with pytest.raises(kind):
            look.number(number)
    assert len(network.sent) == 1


# -- what a number carries


@pytest.mark.parametrize(
    ("shown", "believed", "present"),
    [
        (FIRST, SECOND, FIRST),
        (None, SECOND, None),
        (UNKNOWN, SECOND, SECOND),
        (UNKNOWN, None, None),
        (UNKNOWN, UNKNOWN, UNKNOWN),
    ],
    ids=["shown", "shown: none", "believed", "believed: none", "unknown"],
)
def test_what_the_api_shows_counts_and_then_what_the_journal_has(
    shown: AttachedId, believed: AttachedId, present: AttachedId, tmp_path: Path
) -> None:
    if believed is not UNKNOWN:
        record(make_journal(tmp_path), ONE, believed)
    look = make_look(make_client(Network(refusal(500))), tmp_path)
    assert look.attached_profile_id(Number(ONE, callback_profile_id=shown)) == present


def test_what_the_journal_has_of_another_number_says_nothing(tmp_path: Path) -> None:
    record(make_journal(tmp_path), UNLISTED, FIRST)
    look = make_look(make_client(Network(refusal(500))), tmp_path)
    assert look.attached_profile_id(Number(ONE)) is UNKNOWN


def test_the_journal_is_not_needed_where_the_api_shows_the_profile(tmp_path: Path) -> None:
    (tmp_path / "journal.jsonl").mkdir()
    look = make_look(make_client(Network(refusal(500))), tmp_path)
    assert look.attached_profile_id(Number(ONE, callback_profile_id=None)) is None
    with pytest.raises(ConfigError, match="cannot read"):
        look.attached_profile_id(Number(ONE))


# -- profiles


@pytest.mark.parametrize("reference", [FIRST, "Profile 1"], ids=["ID", "title"])
def test_a_profile_is_looked_up_once(reference: str, tmp_path: Path) -> None:
    sandbox = stocked()
    look = make_look(emulator(sandbox), tmp_path)
    assert [look.profile(reference).id for _ in range(3)] == [FIRST] * 3
    assert requests(sandbox).total() == 1


def test_several_profiles_are_kept_apart(tmp_path: Path) -> None:
    look = make_look(emulator(stocked(profiles=2)), tmp_path)
    found = [look.profile(each).id for each in (FIRST, SECOND, "Profile 1", FIRST)]
    assert found == [FIRST, SECOND, FIRST, FIRST]


def test_a_profile_found_by_its_id_is_the_one_the_api_shows(tmp_path: Path) -> None:
    look = make_look(
        make_client(Network(answer(make_row(profile_id=NEW, created_at=None)))), tmp_path
    )
    assert look.profile(NEW) == make_profile(id=NEW)


@pytest.mark.parametrize("reference", [NEW, "No such title"], ids=["ID", "title"])
def test_a_profile_that_does_not_exist_is_looked_up_once(reference: str, tmp_path: Path) -> None:
    sandbox = stocked()
    look = make_look(emulator(sandbox), tmp_path)
    failures = []
    for _ in range(2):
        with pytest.raises(NotFound) as caught:
            look.profile(reference)
        failures.append(told(caught.value))
        asked = requests(sandbox)
    assert failures[0] == failures[1]
    assert requests(sandbox) == asked


@pytest.mark.parametrize(
    ("turn", "kind"),
    [(refusal(401), AuthenticationFailed), (refusal(500), Unavailable)],
    ids=["401", "500"],
)
def test_a_look_at_a_profile_that_fails_is_not_tried_again_for_every_number(
    turn: Reply, kind: type[WacbError], tmp_path: Path
) -> None:
    network = Network(turn)
    look = make_look(make_client(network), tmp_path)
    for _ in range(3):
        with pytest.raises(kind):
            look.profile(NEW)
    assert len(network.sent) == 1


def test_a_title_of_two_profiles_is_looked_up_once(tmp_path: Path) -> None:
    sandbox = stocked()
    make_client(emulated(sandbox)).create_profile(make_draft(title="Profile 1"))
    look = make_look(emulator(sandbox), tmp_path)
    for _ in range(3):
        with pytest.raises(Ambiguous):
            look.profile("Profile 1")
    assert requests(sandbox) == {"profiles": 1}


LISTED = ("+15550100001", "+445550100001", "+15550100002")


@pytest.mark.parametrize(
    ("text", "suggestion"),
    [
        ("05550100001", "did you mean +15550100001 or +445550100001?"),
        ("0100002", "did you mean +15550100002?"),
        ("5550100009", PHONE_HINT),
    ],
    ids=["two", "one", "none"],
)
def test_digits_without_a_country_code_name_the_listed_numbers(text: str, suggestion: str):
    with pytest.raises(InvalidPhone) as caught:
        resolve_phone(text, lambda: LISTED)
    assert caught.value.message == f"{text!r} is not a valid phone number: {NO_COUNTRY_CODE}"
    assert caught.value.hint == suggestion


@pytest.mark.parametrize(
    ("shown", "spelled"),
    [
        ("sg_00000000-0000-4000-8000-00000000000a", "SG_00000000-0000-4000-8000-00000000000A"),
        ("another", "another"),
        (None, None),
    ],
    ids=["other case", "unknown", "none"],
)
def test_ids_are_spelled_as_the_profiles_spell_them(shown: str | None, spelled: str | None):
    number = Number(number=LISTED[0], callback_profile_id=shown)
    ids = ["SG_00000000-0000-4000-8000-00000000000A"]
    assert spell_ids([number], ids) == {LISTED[0]: number._replace(callback_profile_id=spelled)}

"""Attach to a number that carries another profile: consent, compare and swap, what is believed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.fake_api import Network, Reply, answer, make_client, make_row, refusal
from tests.provision.attaching import (
    FIRST,
    NEW,
    NOT_SHOWN,
    OLD,
    ONE,
    SECOND,
    emulator,
    make_journal,
    make_look,
    make_numbers,
    stocked,
    told,
    update,
    update_v1,
)
from wacb.api.client import Client
from wacb.errors import ConsentRequired, Unsafe, WacbError
from wacb.provision import attach
from wacb.provision.attach import NumberChange
from wacb.provision.lookup import AccountLookup
from wacb.template.placeholders import build_body, names

STATUS_BODY = build_body(names(with_status=True))
STATUS_NOTE = (
    f"the old profile {OLD} includes message status (delivered, read) and {NEW} does not: status "
    "callbacks would stop"
)
GONE_NOTE = f"the old profile {OLD} no longer exists"
SHOW = f"check with `wacb number show {ONE}`"


def prepare(look: AccountLookup, reference: str = NEW, **how: Any) -> NumberChange:
    return attach.prepare_attach(look, ONE, reference, **how)


def refused(look: AccountLookup, reference: str = NEW, **how: Any) -> WacbError:
    with pytest.raises(WacbError) as caught:
        prepare(look, reference, **how)
    return caught.value


def carrying(
    folder: Path, old: Reply | Exception | None = None, new: dict[str, Any] | None = None
) -> AccountLookup:
    """A look at a network in which number ONE carries the profile OLD."""
    numbers = answer([{"phone_number": ONE, "callback_profile_id": OLD}])
    profile = answer(new or make_row(profile_id=NEW))
    return make_look(make_client(Network(profile, numbers, old or answer(make_row()))), folder)


# -- consent


@pytest.mark.parametrize(
    ("old", "new", "notes"),
    [
        (answer(make_row()), make_row(profile_id=NEW), ()),
        (
            answer(make_row(profile_id=OLD, body=STATUS_BODY)),
            make_row(profile_id=NEW),
            (STATUS_NOTE,),
        ),
        (
            answer(make_row(profile_id=OLD, body=STATUS_BODY)),
            make_row(profile_id=NEW, body=STATUS_BODY),
            (),
        ),
        (answer(make_row()), make_row(profile_id=NEW, body=STATUS_BODY), ()),
        (refusal(404), make_row(profile_id=NEW), (GONE_NOTE,)),
    ],
    ids=["incoming", "status is lost", "status is kept", "status is new", "gone"],
)
def test_another_profile_is_replaced_with_consent_only(
    old: Reply, new: dict[str, Any], notes: tuple[str, ...], tmp_path: Path
) -> None:
    assert told(refused(carrying(tmp_path, old, new))) == (
        ConsentRequired,
        f"number {ONE} already has profile {OLD} attached; this would replace it with {NEW}"
        + "".join(f"; {note}" for note in notes),
        "pass --replace to replace it",
    )
    step = NumberChange(number=ONE, old=OLD, new=NEW, shown=True, notes=notes)
    assert prepare(carrying(tmp_path, old, new), replace=True) == step
    assert prepare(carrying(tmp_path, old, new), if_current=OLD) == step


def test_an_old_profile_that_cannot_be_looked_at_is_said(tmp_path: Path) -> None:
    step = prepare(carrying(tmp_path, refusal(500)), replace=True)
    said = f"the old profile could not be looked up: callback profile {OLD}: the API is "
    assert [note[: len(said)] for note in step.notes] == [said]


def test_an_old_profile_is_looked_up_once_however_many_numbers_carry_it(tmp_path: Path) -> None:
    numbers = make_numbers(20)
    sandbox = stocked(numbers, profiles=2)
    client = emulator(sandbox)
    for number in numbers:
        client.send(update(number))
    look, before = make_look(client, tmp_path), len(sandbox.requests())
    steps = [attach.prepare_attach(look, number, SECOND, replace=True) for number in numbers]
    assert [step.request for step in steps] == [update(number, SECOND) for number in numbers]
    asked = [sent.path.rpartition("/")[2] for sent in sandbox.requests()[before:]]
    assert asked == [SECOND, "number", FIRST]


def test_an_old_profile_that_is_gone_is_looked_up_once(tmp_path: Path) -> None:
    rows = [{"phone_number": number, "callback_profile_id": OLD} for number in make_numbers(3)]
    network = Network(answer(make_row(profile_id=NEW)), answer(rows), refusal(404))
    look = make_look(make_client(network), tmp_path)
    for number in make_numbers(3):
        assert attach.prepare_attach(look, number, NEW, replace=True).notes == (GONE_NOTE,)
    assert len(network.sent) == 3


# -- compare and swap


@pytest.mark.parametrize("replace", [False, True])
@pytest.mark.parametrize(
    ("expected", "words"), [(FIRST, FIRST), ("", "no profile")], ids=["another", "none"]
)
def test_another_profile_than_the_one_named_stays(
    expected: str, words: str, replace: bool, tmp_path: Path
) -> None:
    error = refused(carrying(tmp_path), if_current=expected, replace=replace)
    assert told(error) == (Unsafe, f"number {ONE} has profile {OLD} attached, not {words}", SHOW)


def test_a_free_number_does_not_carry_the_profile_named(tmp_path: Path) -> None:
    look = make_look(emulator(stocked()), tmp_path)
    assert told(refused(look, FIRST, if_current=OLD)) == (
        Unsafe,
        f"number {ONE} carries no profile, not {OLD}",
        SHOW,
    )
    step = NumberChange(number=ONE, old=None, new=FIRST, shown=True)
    assert prepare(look, FIRST, if_current="") == step


# -- where the API does not show what the number carries


def believing(client: Client, folder: Path, *profiles: str) -> AccountLookup:
    """A look with a journal in which number ONE was given these profiles in turn."""
    for profile in profiles:
        make_journal(folder).append(number=ONE, old=UNKNOWN, new=profile, action="attach")
    return make_look(client, folder)


def step_of(client: Client, **changes: Any) -> NumberChange:
    request = update(new=FIRST) if client.api.waba_id else update_v1(new=FIRST)
    return NumberChange(number=ONE, old=UNKNOWN, new=FIRST, request=request)._replace(**changes)


def test_without_a_value_in_the_journal_it_is_attached_and_said(
    unshown: Client, tmp_path: Path
) -> None:
    step = step_of(unshown, notes=(NOT_SHOWN,))
    assert prepare(make_look(unshown, tmp_path), FIRST) == step
    assert prepare(make_look(unshown, tmp_path), FIRST, replace=True) == step


@pytest.mark.parametrize(
    ("expected", "words"), [(SECOND, SECOND), ("", "no profile")], ids=["a profile", "none"]
)
def test_nothing_is_swapped_that_nobody_knows(
    expected: str, words: str, unshown: Client, tmp_path: Path
) -> None:
    error = refused(make_look(unshown, tmp_path), FIRST, if_current=expected)
    assert told(error) == (
        Unsafe,
        f"whether number {ONE} has profile {words} attached is not known: the API does not show it, and the "
        "journal has no value",
        "leave out --if-current",
    )


def test_the_last_value_of_the_journal_counts_as_the_present_one(
    unshown: Client, tmp_path: Path
) -> None:
    look = believing(unshown, tmp_path, FIRST, SECOND)
    note = f"{NOT_SHOWN}; according to the journal it is {SECOND}"
    assert told(refused(look, FIRST)) == (
        ConsentRequired,
        f"number {ONE} already has profile {SECOND} attached; this would replace it with {FIRST}; {note}",
        "pass --replace to replace it",
    )
    step = step_of(unshown, old=SECOND, notes=(note,))
    assert prepare(look, FIRST, replace=True) == step
    assert prepare(look, FIRST, if_current=SECOND) == step
    assert told(refused(look, FIRST, if_current="")) == (
        Unsafe,
        f"number {ONE} carries {SECOND}, not no profile",
        SHOW,
    )


def test_a_number_that_is_believed_to_be_free_is_free(unshown: Client, tmp_path: Path) -> None:
    look = believing(unshown, tmp_path, SECOND, "")
    step = step_of(unshown, old=None, notes=(f"{NOT_SHOWN}; according to the journal it is none",))
    assert prepare(look, FIRST) == step
    assert prepare(look, FIRST, if_current="") == step
    assert type(refused(look, FIRST, if_current=SECOND)) is Unsafe


def test_a_number_that_is_believed_to_carry_the_profile_is_left_as_it_is(
    unshown: Client, tmp_path: Path
) -> None:
    look = believing(unshown, tmp_path, FIRST)
    step = step_of(
        unshown,
        old=FIRST,
        request=None,
        notes=(f"{NOT_SHOWN}; according to the journal it is {FIRST}",),
    )
    assert prepare(look, FIRST) == step


def test_status_that_a_believed_profile_carries_is_said_to_get_lost(tmp_path: Path) -> None:
    rows = answer([{"phone_number": ONE}])
    old = answer(make_row(profile_id=OLD, body=STATUS_BODY))
    client = make_client(Network(answer(make_row(profile_id=NEW)), rows, old))
    note = f"{NOT_SHOWN}; according to the journal it is {OLD}"
    assert prepare(believing(client, tmp_path, OLD), replace=True).notes == (note, STATUS_NOTE)

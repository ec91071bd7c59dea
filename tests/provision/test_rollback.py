"""Take a profile off a number, and go back to what it carried before the last journaled change."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fake_api import Network, answer, make_api, make_client, make_draft, make_row
from tests.provision.attaching import (
    FIRST,
    NOT_SHOWN,
    OLD,
    ONE,
    PENDING,
    SECOND,
    UNLISTED,
    emulator,
    make_journal,
    make_look,
    stocked,
    told,
    update,
)
from wacb.api.client import Client
from wacb.errors import NotFound, Unsafe, WacbError
from wacb.provision import attach
from wacb.provision.attach import NumberChange
from wacb.storage.journal import Action

# -- detach


def detach(client: Client, folder: Path, number: str = ONE) -> NumberChange:
    return attach.prepare_detach(make_look(client, folder), client.api, number)


def test_a_profile_is_taken_off(tmp_path: Path) -> None:
    client = emulator(stocked())
    client.send(update())
    assert detach(client, tmp_path) == NumberChange(
        number=ONE, old=FIRST, new=None, action="detach", shown=True
    )


def test_the_value_that_detaches_may_be_another_one(tmp_path: Path) -> None:
    api = make_api(overrides={"detach_value": "none"})
    client = emulator(stocked(), api=api)
    client.send(update())
    step = detach(client, tmp_path)
    assert (step.new, step.request) == ("", update(new="none"))


def test_a_free_number_is_left_as_it_is(tmp_path: Path) -> None:
    assert detach(emulator(stocked()), tmp_path) == NumberChange(
        number=ONE, old=None, new=None, request=None, action="detach", shown=True
    )


@pytest.mark.parametrize("believed", [None, FIRST])
def test_a_number_that_does_not_show_its_profile_is_detached_all_the_same(
    believed: str | None, unshown: Client, tmp_path: Path
) -> None:
    note = NOT_SHOWN
    if believed:
        make_journal(tmp_path).append(number=ONE, old=None, new=believed, action="attach")
        note += f"; according to the journal it is {believed}"
    assert detach(unshown, tmp_path) == NumberChange(
        number=ONE,
        old=believed,
        new=None,
        action="detach",
        notes=(note,),
    )


def test_a_number_that_is_believed_to_be_free_is_left_as_it_is(
    unshown: Client, tmp_path: Path
) -> None:
    make_journal(tmp_path).append(number=ONE, old=FIRST, new=None, action="detach")
    note = f"{NOT_SHOWN}; according to the journal it is none"
    assert detach(unshown, tmp_path) == NumberChange(
        number=ONE, old=None, new=None, request=None, action="detach", notes=(note,)
    )


def test_without_credentials_no_number_is_looked_up() -> None:
    assert attach.prepare_detach(None, make_api(), ONE) == NumberChange(
        number=ONE,
        old=UNKNOWN,
        new=None,
        action="detach",
        notes=("checked offline: without credentials the number was not looked up",),
    )


def test_nothing_is_taken_off_a_number_that_is_pending_or_not_listed(tmp_path: Path) -> None:
    client = emulator(stocked())
    with pytest.raises(Unsafe, match="is pending; only approved numbers can be changed"):
        detach(client, tmp_path, PENDING)
    with pytest.raises(NotFound, match="is not among the numbers"):
        detach(client, tmp_path, UNLISTED)


# -- rollback


def change(folder: Path, old: str | None, new: str, action: Action = "attach") -> None:
    make_journal(folder).append(number=ONE, old=old, new=new, action=action)


def carrying(profile: str) -> Client:
    """The emulator with two profiles, `profile` on number ONE."""
    client = emulator(stocked(profiles=2))
    client.send(update(new=profile))
    return client


def prepare(client: Client, folder: Path, number: str = ONE) -> NumberChange:
    return attach.prepare_rollback(make_look(client, folder), number)


def refused(client: Client, folder: Path, number: str = ONE) -> WacbError:
    with pytest.raises(WacbError) as caught:
        prepare(client, folder, number)
    return caught.value


@pytest.mark.parametrize(
    ("old", "new"), [(FIRST, SECOND), ("", FIRST), (FIRST, "")], ids=["other", "none", "from none"]
)
def test_a_number_goes_back_to_what_it_carried_before(old: str, new: str, tmp_path: Path) -> None:
    change(tmp_path, old, new)
    assert prepare(carrying(new), tmp_path) == NumberChange(
        number=ONE, old=new, new=old, action="rollback", shown=True
    )


def test_rolling_back_twice_returns(tmp_path: Path) -> None:
    change(tmp_path, "", FIRST)
    change(tmp_path, FIRST, SECOND)
    change(tmp_path, SECOND, FIRST, "rollback")
    assert prepare(carrying(FIRST), tmp_path).new == SECOND


@pytest.mark.parametrize(("old", "new"), [(FIRST, SECOND), ("", FIRST)], ids=["other", "none"])
def test_a_number_that_does_not_show_its_profile_is_believed_to_carry_the_journaled_one(
    old: str, new: str, unshown: Client, tmp_path: Path
) -> None:
    change(tmp_path, old, new)
    assert prepare(unshown, tmp_path) == NumberChange(
        number=ONE,
        old=new,
        new=old,
        action="rollback",
        notes=(f"{NOT_SHOWN}; according to the journal it is {new}",),
    )


@pytest.mark.parametrize("old", [FIRST, ""], ids=["other", "none"])
def test_a_number_that_is_back_already_is_left_as_it_is(old: str, tmp_path: Path) -> None:
    change(tmp_path, old, SECOND)
    assert prepare(carrying(old), tmp_path) == NumberChange(
        number=ONE, old=old, new=old, request=None, action="rollback", shown=True
    )


@pytest.mark.parametrize(
    ("present", "new", "words"),
    [
        (SECOND, OLD, f"carries {SECOND}, and the journal's last value is {OLD}"),
        ("", OLD, f"carries no profile, and the journal's last value is {OLD}"),
        (SECOND, "", f"carries {SECOND}, and the journal's last value is no profile"),
    ],
    ids=["other", "detached", "attached"],
)
def test_a_number_that_was_changed_since_is_left_alone(
    present: str, new: str, words: str, tmp_path: Path
) -> None:
    change(tmp_path, FIRST, new)
    assert told(refused(carrying(present), tmp_path)) == (
        Unsafe,
        f"number {ONE} was changed since: it {words}",
        "SETIT",
    )


def test_without_a_journaled_change_there_is_no_way_back(tmp_path: Path) -> None:
    make_journal(tmp_path).append(number=UNLISTED, old=None, new=FIRST, action="attach")
    change(tmp_path, FIRST, FIRST)
    assert told(refused(carrying(FIRST), tmp_path)) == (
        NotFound,
        f"the journal has no change of number {ONE}",
        "run `wacb number history` to see the recorded changes",
    )


def test_what_nobody_knew_cannot_be_put_back(tmp_path: Path) -> None:
    change(tmp_path, None, FIRST)
    assert told(refused(carrying(FIRST), tmp_path)) == (
        Unsafe,
        f"the profile that number {ONE} had before is not known: the API did not show it",
        "SETIT",
    )


def test_a_profile_that_is_gone_cannot_be_put_back(tmp_path: Path) -> None:
    change(tmp_path, OLD, FIRST)
    error = refused(carrying(FIRST), tmp_path)
    assert (type(error), error.status) == (NotFound, 404)
    assert error.message.startswith(f"callback profile {OLD} does not exist")


def test_a_profile_that_is_disabled_cannot_be_put_back(tmp_path: Path) -> None:
    change(tmp_path, OLD, FIRST)
    rows = answer([{"phone_number": ONE, "callback_profile_id": FIRST}])
    client = make_client(Network(rows, answer(make_row(profile_id=OLD, status=3))))
    assert told(refused(client, tmp_path)) == (
        Unsafe,
        f"profile 'Incoming messages' ({OLD}) is disabled, so it delivers nothing",
        "enable it in the Kaleyra console; the API can't enable profiles",
    )


def test_a_profile_that_was_incomplete_is_put_back_as_it_was(tmp_path: Path) -> None:
    client = carrying(FIRST)
    third = client.create_profile(make_draft(body='{"a": "<body>"}'))
    change(tmp_path, third, FIRST)
    assert prepare(client, tmp_path).request == update(new=third)


def test_a_number_that_is_pending_or_not_listed_is_not_rolled_back(tmp_path: Path) -> None:
    for number in (PENDING, UNLISTED):
        make_journal(tmp_path).append(number=number, old=None, new=FIRST, action="attach")
    assert type(refused(carrying(FIRST), tmp_path, PENDING)) is Unsafe
    assert type(refused(carrying(FIRST), tmp_path, UNLISTED)) is NotFound

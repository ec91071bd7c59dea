"""What a plan says of a manifest and a live state."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from tests.fake_api import BODY
from tests.plan.planning import (
    FIRST,
    ONE,
    SECOND,
    THIRD,
    THREE,
    TWO,
    make_desired,
    make_live,
    make_manifest,
    make_number,
    stored,
)
from wacb.errors import Ambiguous, ConsentRequired, InvalidInput, NotFound, Unsafe, WacbError
from wacb.models import Encryption, Method, id_from_json
from wacb.plan.diff import diff
from wacb.plan.model import Change, Plan
from wacb.provision.number_change import NumberChange
from wacb.provision.steps import CreateStep
from wacb.storage.journal import Action
from wacb.template.placeholders import OUTGOING_STATUS, build_query

INCOMING = make_desired()
OTHER = make_desired("other", url="https://example.com/other")
GET: dict[str, Any] = {
    "method": Method.GET,
    "url": f"https://example.com/?{build_query(['from'])}",
    "body": None,
}


HIDDEN = "numbers not in the file are left alone where the API does not show their profiles: {}"
OTHERS = (
    "numbers in other WABAs can't be checked; a profile to be deleted may still be in use there"
)


def short(change: Change) -> tuple[Any, ...]:
    """An action, what it is about, and the values that change."""
    return change.action, change.name, dict(change.fields)


def told(errors: tuple[WacbError, ...]) -> list[tuple[type[WacbError], str, str | None]]:
    return [(type(error), error.message, error.hint) for error in errors]


def make_move(
    number: str,
    old: str | None,
    new: str | None,
    name: str | None = None,
    *,
    title: str | None = None,
    shown: bool = True,
) -> NumberChange:
    """A change of a number, its IDs as JSON has them."""
    ids = (id_from_json(old), id_from_json(new))
    action: Action = "detach" if ids[1] is None else "attach"
    return NumberChange(
        number, *ids, action=action, shown=shown, profile_name=name, old_title=title
    )


def changes(plan: Plan) -> list[tuple[Any, ...]]:
    assert plan.problems == ()
    return [short(change) for change in plan.changes]


def test_what_is_as_the_file_wants_it_is_unchanged():
    manifest = make_manifest(INCOMING, numbers={ONE: "incoming"})
    live = make_live(stored(INCOMING), numbers=(make_number(ONE, FIRST),))
    for prune in (False, True):
        plan = diff(manifest, live, prune=prune)
        assert (plan.changes, plan.unchanged, plan.ids) == ((), 2, {"incoming": FIRST})
        assert (plan.problems, plan.notes, plan.counts()) == ((), (), {})


def test_key_order_and_white_space_of_a_body_are_no_drift():
    body = json.dumps(dict(reversed(json.loads(BODY).items())), indent=3)
    assert not diff(
        make_manifest(INCOMING), make_live(stored(INCOMING, body=body)), prune=False
    ).changes


def test_a_profile_that_is_not_there_is_created_with_all_that_is_given():
    draft: dict[str, Any] = {
        "headers": {"X-Team": "blue"},
        "encryption": Encryption("aes-128-cfb", "k" * 16, "i" * 16),
        "events": ("b", "a"),
        "response_message": "ok",
        "channel": "whatsapp",
    }
    desired = make_desired(**draft)
    plan = diff(make_manifest(desired, notes=("odd",)), make_live(), prune=False)
    fields: dict[str, Any] = {
        "title": (None, "The incoming"),
        "method": (None, "POST"),
        "url": (None, "https://example.com/hook"),
        "body": (None, json.loads(BODY)),
        "headers": ({}, {"x-team": "***"}),
        "encryption": (None, {"algorithm": "AES-128-CFB", "key": "***"}),
        "response_message": (None, "ok"),
        "channel": (None, "whatsapp"),
        "events": (None, ["a", "b"]),
    }
    assert changes(plan) == [("create", "incoming", fields)]
    assert (plan.unchanged, plan.ids, plan.notes) == (0, {}, ("odd",))
    assert plan.changes[0].id is None
    assert plan.changes[0].work == CreateStep(draft=desired.draft)


def test_drift_is_an_update_field_by_field():
    live = stored(INCOMING, url="https://old.example.com/hook", body='{"body":"<body>"}')
    plan = diff(make_manifest(INCOMING), make_live(live), prune=False)
    fields: dict[str, Any] = {
        "url": ("https://old.example.com/hook", "https://example.com/hook"),
        "body": ({"body": "<body>"}, json.loads(BODY)),
    }
    assert changes(plan) == [("update", "incoming", fields)]
    assert (plan.changes[0].id, plan.ids) == (FIRST, {"incoming": FIRST})


def test_headers_are_masked_and_named_only_where_they_differ():
    desired = make_desired(headers={"X-A": "1", "X-B": "2", "X-C": "3"})
    live = stored(desired, headers={"x-a": "1", "X-B": "old", "X-D": "4"})
    plan = diff(make_manifest(desired), make_live(live), prune=False)
    fields = {"headers": ({"x-b": "***", "x-d": "***"}, {"x-b": "***", "x-c": "***"})}
    assert changes(plan) == [("update", "incoming", fields)]


def test_what_a_variable_made_is_never_shown():
    desired = make_desired(
        url="https://secret.example.com/hook",
        response_message="secret",
        sources={"url": "https://${HOST}/hook", "response_message": "${WORD}", "title": "${T}"},
    )
    live = stored(desired, url="https://older-secret.example.com/", response_message=None)
    plan = diff(make_manifest(desired), make_live(live), prune=False)
    fields = {"url": ("***", "https://${HOST}/hook"), "response_message": ("", "${WORD}")}
    assert changes(plan) == [("update", "incoming", fields)]
    created = diff(make_manifest(desired), make_live(), prune=False)
    assert "secret" not in repr(created)
    assert created.changes[0].fields["title"] == (None, "${T}")
    assert "secret" not in json.dumps(created.changes[0].as_json())


def test_a_title_that_two_profiles_carry_forbids_the_plan():
    live = make_live(stored(INCOMING, SECOND), stored(INCOMING, FIRST))
    plan = diff(make_manifest(INCOMING, numbers={ONE: "incoming"}), live, prune=False)
    message = f"2 profiles are named 'The incoming': {FIRST}, {SECOND}"
    hint = "keep one, and remove the others with `wacb profile delete ID`"
    assert (plan.changes, told(plan.problems)) == ((), [(Ambiguous, message, hint)])


def test_a_channel_that_cannot_be_changed_forbids_the_plan():
    desired = make_desired(channel="sms")
    plan = diff(make_manifest(desired), make_live(stored(desired, channel="whatsapp")), prune=False)
    said = f"the channel of profile {FIRST} is whatsapp, and the API cannot change it to sms"
    hint = "create another profile"
    assert (plan.changes, told(plan.problems)) == ((), [(InvalidInput, said, hint)])
    made = make_desired(channel="sms", sources={"channel": "${CH}"})
    plan = diff(make_manifest(made), make_live(stored(made, channel="whatsapp")), prune=False)
    said = f"the API cannot change the channel of profile incoming ({FIRST})"
    assert (plan.changes, told(plan.problems)) == ((), [(InvalidInput, said, hint)])


def test_a_key_that_the_api_does_not_show_is_said_not_to_be_compared():
    desired = make_desired(encryption=Encryption("AES-128-CFB", "k" * 16, "i" * 16))
    live = stored(desired, encryption=Encryption("AES-128-CFB"))
    plan = diff(make_manifest(desired), make_live(live), prune=False)
    assert (plan.changes, plan.notes) == (
        (),
        (
            f"the API does not show the key of profile incoming ({FIRST}), so it is not "
            "compared; "
            f"replace it with `wacb profile update {FIRST}`",
        ),
    )


def test_stored_literals_are_masked_and_those_of_the_file_shown():
    desired = make_desired(url="https://example.com/hook?team=7&tenant=acme")
    live = stored(
        desired,
        url="https://example.com/hook?team=6&token=old-secret&key=<from>&tenant=acme",
        body=json.dumps({**json.loads(BODY), "password": "old-secret", "n": {"token": [7]}}),
    )
    plan = diff(make_manifest(desired), make_live(live), prune=False)
    fields = plan.changes[0].fields
    assert fields["url"] == (
        "https://example.com/hook?team=***&token=***&key=<from>&tenant=acme",
        "https://example.com/hook?team=7&tenant=acme",
    )
    before, after = fields["body"]
    assert after == json.loads(BODY)
    assert {name: before[name] for name in ("password", "n")} == {
        "password": "***",
        "n": {"token": ["***"]},
    }


def test_a_header_of_the_file_is_shown_as_it_is_written_there():
    desired = make_desired(
        headers={"X-Team": "blue", "X-Token": "secret"},
        secret_headers=frozenset(["X-Token"]),
    )
    desired = replace(desired, headers={"X-Team": "blue", "X-Token": "${TOKEN}"})
    live = stored(desired, headers={"x-team": "red"})
    plan = diff(make_manifest(desired), make_live(live), prune=False)
    shown = ({"x-team": "***"}, {"x-team": "blue", "x-token": "${TOKEN}"})
    assert changes(plan) == [("update", "incoming", {"headers": shown})]


def test_a_number_whose_profile_a_variable_names_is_shown_as_it_is_written():
    manifest = replace(
        make_manifest(numbers={ONE: "Zq9", TWO: "Zq8"}), sources={ONE: "${N}", TWO: "${M}"}
    )
    live = make_live(
        stored(OTHER, SECOND, title="Zq9"), numbers=(make_number(ONE), make_number(TWO))
    )
    plan = diff(manifest, live, prune=False)
    assert [short(change) for change in plan.changes] == [
        ("attach", ONE, {"profile": ("", "${N}")})
    ]
    said = f"number {TWO}: no profile named '${{M}}' in the file or the account"
    assert told(plan.problems) == [
        (NotFound, said, "run `wacb profile list` to see available profiles")
    ]
    double = make_live(
        stored(OTHER, FIRST, title="Zq9"), stored(OTHER, SECOND, title="Zq9"), numbers=()
    )
    problem = diff(manifest, double, prune=False).problems[0]
    assert problem.message == f"2 profiles are named '${{N}}': {FIRST}, {SECOND}"


def test_an_id_of_a_profile_of_the_file_is_as_good_as_its_name():
    desired = make_desired(response_message="new")
    live = make_live(stored(desired, response_message="old"), numbers=(make_number(),))
    plan = diff(make_manifest(desired, numbers={ONE: FIRST}), live, prune=False)
    assert [short(change)[:2] for change in plan.changes] == [
        ("update", "incoming"),
        ("attach", ONE),
    ]
    assert plan.changes[1].work == make_move(ONE, "", FIRST, "incoming")


def test_a_number_is_attached_to_a_profile_that_is_there():
    live = make_live(stored(INCOMING), numbers=(make_number(ONE, ""), make_number(TWO, FIRST)))
    plan = diff(make_manifest(INCOMING, numbers={ONE: "incoming"}), live, prune=False)
    assert changes(plan) == [("attach", ONE, {"profile": ("", "incoming")})]
    assert (plan.changes[0].work, plan.unchanged) == (make_move(ONE, "", FIRST, "incoming"), 1)


def test_two_numbers_are_attached_to_one_profile():
    live = make_live(stored(INCOMING), numbers=(make_number(ONE, ""), make_number(TWO, "")))
    wanted = {ONE: "incoming", TWO: "incoming"}
    plan = diff(make_manifest(INCOMING, numbers=wanted), live, prune=False)
    assert [change.name for change in plan.changes] == [ONE, TWO]


def test_a_number_waits_for_a_profile_that_is_yet_to_be_created():
    live = make_live(numbers=(make_number(ONE, SECOND),))
    plan = diff(make_manifest(INCOMING, numbers={ONE: "incoming"}), live, prune=False)
    assert [short(change)[:2] for change in plan.changes] == [
        ("create", "incoming"),
        ("attach", ONE),
    ]
    assert plan.changes[1].work == make_move(ONE, SECOND, None, "incoming")
    assert plan.changes[1].fields == {"profile": (SECOND, "incoming")}


@pytest.mark.parametrize("reference", [SECOND, "The other"], ids=["ID", "title"])
def test_a_number_may_name_a_live_profile(reference: str):
    live = make_live(stored(OTHER, SECOND), numbers=(make_number(ONE, FIRST),))
    plan = diff(make_manifest(numbers={ONE: reference}), live, prune=False)
    assert changes(plan) == [("attach", ONE, {"profile": (FIRST, reference)})]
    assert plan.changes[0].work == make_move(ONE, FIRST, SECOND)


@pytest.mark.parametrize(
    ("believed", "old", "count"), [({}, None, 1), ({ONE: SECOND}, SECOND, 1), ({ONE: FIRST}, "", 0)]
)
def test_the_journal_counts_where_the_api_does_not_show_a_number(
    believed: dict[str, str], old: str | None, count: int
):
    live = make_live(stored(INCOMING), numbers=(make_number(ONE, None),), believed=believed)
    plan = diff(make_manifest(INCOMING, numbers={ONE: "incoming"}), live, prune=False)
    expected = [("attach", ONE, {"profile": (old, "incoming")})]
    assert changes(plan) == expected[:count]
    moves = [make_move(ONE, old, FIRST, "incoming", shown=False)]
    assert [change.work for change in plan.changes] == moves[:count]


def test_losing_message_status_with_the_old_profile_is_said():
    old = stored(OTHER, SECOND, body=json.dumps(dict.fromkeys(OUTGOING_STATUS, "<status>")))
    live = make_live(old, numbers=(make_number(ONE, SECOND),))
    plan = diff(make_manifest(INCOMING, numbers={ONE: "incoming"}), live, prune=False)
    assert plan.notes == (
        f"the old profile {SECOND} includes message status (delivered, read) and The incoming does "
        "not: status callbacks would stop",
    )


def test_what_forbids_an_attachment_is_a_problem_each():
    inactive = stored(OTHER, SECOND, status="auto-disabled")
    incomplete = stored(INCOMING, THIRD, title="Old hook", **GET)
    numbers = (make_number(ONE, ""), make_number(TWO, ""), make_number(THREE, "", status="pending"))
    wanted = {
        ONE: "The other",
        TWO: "Old hook",
        THREE: "incoming",
        "+15550199999": "incoming",
        "+15550199998": "Old hok",
    }
    plan = diff(
        make_manifest(INCOMING, numbers=wanted),
        make_live(inactive, incomplete, numbers=numbers),
        prune=False,
    )
    assert [change.action for change in plan.changes] == ["create"]
    assert [(type(error), error.message) for error in plan.problems] == [
        (Unsafe, f"profile 'The other' ({SECOND}) is auto-disabled, so it delivers nothing"),
        (
            ConsentRequired,
            f"profile 'Old hook' ({THIRD}) has 1 of 14 placeholders; missing: <body>, <mime_type>, "
            "<media_url>, <name>, <type>, <created_at>, <reply_to>, <wanumber>, <mobile>, "
            "<custom_response>, <message>, <contacts>, <location>",
        ),
        (Unsafe, f"number {THREE} is pending; only approved numbers can be changed"),
        (NotFound, "number +15550199999 not found in this WABA"),
        (
            NotFound,
            "number +15550199998: no profile named 'Old hok' in the file or the account",
        ),
    ]
    assert (
        plan.problems[-1].hint
        == "did you mean Old hook? choose from: Old hook, The other, incoming"
    )


def test_a_number_that_names_a_profile_where_there_is_none():
    plan = diff(
        make_manifest(numbers={ONE: "hook"}), make_live(numbers=(make_number(ONE),)), prune=False
    )
    said = f"number {ONE}: no profile named 'hook' in the file or the account"
    assert told(plan.problems) == [(NotFound, said, "none exists yet")]


def test_two_live_profiles_of_a_title_that_a_number_names_forbid_the_plan():
    live = make_live(stored(OTHER, FIRST), stored(OTHER, SECOND), numbers=(make_number(ONE),))
    plan = diff(make_manifest(numbers={ONE: "The other"}), live, prune=False)
    assert [type(error) for error in plan.problems] == [Ambiguous]


def test_a_pending_number_or_a_disabled_profile_that_is_right_already_forbids_nothing():
    live = make_live(
        stored(INCOMING, status="disabled"), numbers=(make_number(ONE, FIRST, status="pending"),)
    )
    plan = diff(make_manifest(INCOMING, numbers={ONE: "incoming"}), live, prune=False)
    assert (plan.changes, plan.problems, plan.unchanged) == ((), (), 2)
    assert plan.notes == (
        f"profile incoming ({FIRST}) is disabled, so it delivers nothing: enable it "
        "in the "
        "Kaleyra console",
    )


def test_a_profile_may_lack_placeholders_where_the_file_allows_it():
    desired = make_desired(allow_missing=True, **GET)
    live = make_live(stored(desired), numbers=(make_number(),))
    plan = diff(make_manifest(desired, numbers={ONE: "incoming"}), live, prune=False)
    assert changes(plan) == [("attach", ONE, {"profile": ("", "incoming")})]


def test_changes_stand_in_the_order_of_their_doing_and_of_their_names():
    profiles = [make_desired(name) for name in ("b", "a")]
    updated = make_desired("c", response_message="new")
    live = make_live(
        stored(updated, FIRST, response_message="old"),
        stored(OTHER, SECOND),
        numbers=(make_number(TWO), make_number(ONE), make_number(THREE, SECOND)),
    )
    manifest = make_manifest(*profiles, updated, numbers={TWO: "a", ONE: "b"})
    plan = diff(manifest, live, prune=True)
    assert [(change.action, change.kind, change.name, change.id) for change in plan.changes] == [
        ("create", "profile", "a", None),
        ("create", "profile", "b", None),
        ("update", "profile", "c", FIRST),
        ("attach", "number", ONE, None),
        ("attach", "number", TWO, None),
        ("detach", "number", THREE, None),
        ("delete", "profile", "The other", SECOND),
    ]
    assert plan.counts() == {"create": 2, "update": 1, "attach": 2, "detach": 1, "delete": 1}


# -- prune


def test_without_prune_nothing_that_the_file_does_not_name_is_touched():
    live = make_live(stored(OTHER, SECOND), numbers=(make_number(ONE, SECOND), make_number(TWO)))
    plan = diff(make_manifest(INCOMING, numbers={TWO: "incoming"}), live, prune=False)
    assert [change.action for change in plan.changes] == ["create", "attach"]


def test_prune_detaches_and_deletes_what_the_file_does_not_name():
    live = make_live(stored(INCOMING), stored(OTHER, SECOND), numbers=(make_number(ONE, SECOND),))
    plan = diff(make_manifest(INCOMING, numbers={}), live, prune=True)
    assert changes(plan) == [
        ("detach", ONE, {"profile": (SECOND, "")}),
        ("delete", "The other", {}),
    ]
    assert plan.changes[0].work == make_move(ONE, SECOND, "", title="The other")
    assert plan.changes[1].work == stored(OTHER, SECOND)


def test_prune_frees_a_profile_by_moving_its_number():
    live = make_live(stored(INCOMING), stored(OTHER, SECOND), numbers=(make_number(ONE, SECOND),))
    plan = diff(make_manifest(INCOMING, numbers={ONE: "incoming"}), live, prune=True)
    assert [change.action for change in plan.changes] == ["attach", "delete"]


def test_without_a_table_of_numbers_prune_leaves_numbers_and_their_profiles_alone():
    free = stored(OTHER, THIRD, title="Incoming, free")
    live = make_live(
        stored(OTHER, SECOND),
        free,
        numbers=(make_number(ONE, SECOND), make_number(TWO, SECOND), make_number(THREE)),
    )
    plan = diff(make_manifest(), live, prune=True)
    assert changes(plan) == [("delete", "Incoming, free", {})]
    assert plan.notes == (
        f"profile 'The other' ({SECOND}), not in the file, is kept: it is attached to number "
        f"{ONE} and 1 more",
        OTHERS,
    )


def test_prune_keeps_a_live_profile_that_a_number_of_the_file_names():
    live = make_live(stored(OTHER, SECOND), numbers=(make_number(ONE, SECOND),))
    plan = diff(make_manifest(numbers={ONE: "The other"}), live, prune=True)
    assert (plan.changes, plan.unchanged, plan.notes) == ((), 1, ())


def test_prune_leaves_alone_what_is_not_for_incoming_messages():
    status = stored(OTHER, SECOND, title="Delivery", body='{"status": "<status>"}')
    live = make_live(status, numbers=(make_number(ONE, SECOND),))
    plan = diff(make_manifest(numbers={}), live, prune=True)
    assert plan.changes == ()
    assert plan.notes == (
        f"number {ONE}, not in the file, has profile 'Delivery' ({SECOND}), which "
        "is not for incoming messages: left alone",
    )


def test_prune_leaves_alone_a_number_that_cannot_be_edited_and_what_it_carries():
    live = make_live(stored(OTHER, SECOND), numbers=(make_number(ONE, SECOND, status="pending"),))
    plan = diff(make_manifest(numbers={}), live, prune=True)
    assert plan.changes == ()
    assert plan.notes == (
        f"number {ONE}, not in the file, is pending: left alone",
        f"profile 'The other' ({SECOND}), not in the file, is kept: it is attached to number {ONE}",
    )


def test_prune_leaves_alone_what_only_the_journal_says_of_a_number():
    live = make_live(
        stored(OTHER, SECOND), numbers=(make_number(ONE, None),), believed={ONE: SECOND}
    )
    plan = diff(make_manifest(numbers={}), live, prune=True)
    assert plan.changes == ()
    assert plan.notes == (
        HIDDEN.format(1),
        f"profile 'The other' ({SECOND}), not in the file, is kept: it is attached to number {ONE}",
    )


@pytest.mark.parametrize(("channel", "count"), [("SMS", 0), ("WhatsApp", 1), ("default", 1)])
def test_prune_leaves_the_profiles_of_other_channels_alone(channel: str, count: int):
    live = make_live(stored(OTHER, SECOND, channel=channel), numbers=())
    plan = diff(make_manifest(numbers={}), live, prune=True)
    assert len(plan.changes) == count


def test_prune_judges_a_profile_of_the_file_as_it_will_be():
    desired = make_desired("status", body='{"status": "<status>"}', title="Status")
    live = make_live(stored(desired, body=BODY), numbers=(make_number(ONE, FIRST),))
    plan = diff(make_manifest(desired, numbers={}), live, prune=True)
    assert [change.action for change in plan.changes] == ["update"]


def test_prune_deletes_nothing_that_a_number_may_carry_unseen():
    live = make_live(
        stored(OTHER, SECOND), numbers=(make_number(ONE, None), make_number(TWO, None))
    )
    plan = diff(make_manifest(numbers={}), live, prune=True)
    assert plan.changes == ()
    assert plan.notes == (
        HIDDEN.format(2),
        f"profile 'The other' ({SECOND}), not in the file, is kept: it may be attached to "
        f"number {ONE} and 1 more",
    )


def test_prune_heeds_the_journal_of_a_number_that_is_not_listed():
    live = make_live(
        stored(OTHER, SECOND),
        numbers=(make_number(TWO, ""),),
        believed={ONE: SECOND, TWO: SECOND},
    )
    plan = diff(make_manifest(numbers={}), live, prune=True)
    assert plan.changes == ()
    assert plan.notes == (
        f"profile 'The other' ({SECOND}), not in the file, is kept: it is attached to number {ONE}",
    )


def test_prune_detaches_a_profile_that_does_not_exist_any_more():
    live = make_live(numbers=(make_number(ONE, THIRD),))
    plan = diff(make_manifest(numbers={}), live, prune=True)
    assert changes(plan) == [("detach", ONE, {"profile": (THIRD, "")})]


# -- the checksum


def test_the_checksum_is_that_of_the_account_and_of_what_is_shown():
    live = make_live(stored(INCOMING, url="https://old.example.com/"))
    plan = diff(make_manifest(INCOMING), live, prune=False)
    again = diff(make_manifest(INCOMING), live, prune=False)
    assert plan.checksum("one") == again.checksum("one") != plan.checksum("two")
    assert len(plan.checksum("one")) == 64
    other = make_live(stored(INCOMING, url="https://older.example.com/"))
    assert diff(make_manifest(INCOMING), other, prune=False).checksum("one") != plan.checksum("one")
    numbers = {ONE: "The other"}
    attach = [
        diff(
            make_manifest(numbers=numbers),
            make_live(stored(OTHER, profile, url=url), numbers=(make_number(),)),
            prune=False,
        ).checksum("one")
        for profile, url in (
            (FIRST, "https://a.b.c/"),
            (SECOND, "https://a.b.c/"),
            (FIRST, "https://a.b.d/"),
        )
    ]
    assert len(set(attach)) == 3
    elsewhere = make_live(stored(INCOMING, SECOND, url="https://old.example.com/"))
    assert diff(make_manifest(INCOMING), elsewhere, prune=False).checksum("one") != plan.checksum(
        "one"
    )

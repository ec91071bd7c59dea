"""`wacb profile delete`: with consent, and not while a number carries the profile."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path

import pytest

from tests.cli.conftest import Answer, Refused, Showing, Watch, attached, put, writes
from tests.cli.expect import (
    CREATE,
    ONE,
    THREE,
    TITLE,
    TWO,
    as_json,
    done,
    failed,
    profile_json,
    row,
)
from tests.conftest import HIDDEN, Wacb, mark_shown, profile_id
from tests.fake_api import refusal
from tests.field.altered import NUMBERS, Altered, data
from wacb.sandbox.account import SID
from wacb.sandbox.emulator import Sandbox
from wacb.sandbox.in_process import exchange
from wacb.sandbox.store import Store

ID = profile_id(1)
DELETE = ("profile", "delete", ID)
V1 = ("--waba-id", "")
UNKNOWN = "the profile may still be attached to a number"
UNSEEN = f"the API does not show which profile {ONE}, {TWO}, {THREE} and 1 more has"
NO_LIST = "without a WABA ID the numbers cannot be listed"
FORCE = "pass --force to delete it anyway"
FREE = "detach it with `wacb number detach NUMBER` first, or pass --force to delete it anyway"
NEEDS_YES = failed(
    9,
    f"refusing to delete profile '{TITLE}' ({ID}) without confirmation",
    "pass --yes",
)


@pytest.fixture(autouse=True)
def profile(live: Wacb, home: Path) -> None:
    """The profile that CREATE makes; the account's listing has shown profiles before."""
    assert live(*CREATE).code == 0
    mark_shown(home)


def deleted(sandbox: Sandbox) -> list[str]:
    return [request.path for request in writes(sandbox) if request.method == "DELETE"]


def carried(what: str) -> str:
    return f"note: it is attached to {what}: no callbacks will be delivered there"


@pytest.mark.parametrize("reference", [ID, TITLE])
def test_the_profile_is_deleted_and_shown_for_the_last_time(
    live: Wacb, sandbox: Sandbox, reference: str
):
    outcome = live("profile", "delete", reference, "--yes", "-o", "json")
    assert outcome == done(as_json(profile_json(result="deleted")))
    assert deleted(sandbox) == [f"/v1/{SID}/callback/profiles/{ID}"]
    assert live("profile", "show", ID).code == 5


@pytest.mark.parametrize(("form", "out"), [((), row()), (("-q",), ID)], ids=["tsv", "quiet"])
def test_what_is_printed(live: Wacb, form: tuple[str, ...], out: str):
    assert live(*DELETE, "--yes", *form) == done(out)


def test_a_dry_run_shows_the_request(live: Wacb, untouched: Watch):
    url = f"https://api.kaleyra.io/v1/{SID}/callback/profiles/{ID}"
    with untouched():
        outcome = live(*DELETE, "--dry-run")
    assert outcome == done(
        f"curl -X DELETE {url} -H \"api-key: $WACB_API_KEY\" -H 'accept: application/json'"
    )


# -- consent


def test_without_a_terminal_yes_is_needed(live: Wacb, untouched: Watch):
    with untouched():
        assert live(*DELETE) == NEEDS_YES
        assert live(*DELETE, "--force") == NEEDS_YES
        assert live(*DELETE, "--no-input", tty=True) == NEEDS_YES


def test_on_a_terminal_it_is_asked(live: Wacb, sandbox: Sandbox, untouched: Watch):
    question = f"Delete profile '{TITLE}' ({ID})? [y/N] "
    for text in ("n\n", "\n"):
        with untouched():
            outcome = live(*DELETE, input=text, tty=True)
        assert outcome.code == 9
        assert outcome.err == f"{question}{text}error: cancelled; nothing was changed\n"
    assert live(*DELETE, "-q", input="y\n", tty=True) == done(ID, f"{question}y")


# -- numbers that carry it


def test_a_profile_that_numbers_carry_is_refused(live: Wacb, sandbox: Sandbox, refused: Refused):
    put(sandbox, ID, ONE)
    put(sandbox, ID, TWO)
    message = f"profile '{TITLE}' ({ID}) is attached to {ONE}, {TWO}"
    refused((*DELETE, "--yes"), 9, message, FREE)


def test_of_thousands_of_numbers_the_first_are_named(live: Wacb, sandbox: Sandbox):
    numbers = [f"+1555{n:07}" for n in range(5000)]
    many = data(
        NUMBERS, lambda _: [{"phone_number": each, "callback_profile_id": ID} for each in numbers]
    )
    outcome = live(*DELETE, "--yes", handler=Altered(sandbox, many))
    named = f"{', '.join(numbers[:3])} and 4997 more"
    assert outcome == failed(9, f"profile '{TITLE}' ({ID}) is attached to {named}", FREE)


def test_a_profile_that_a_number_carries_is_deleted_by_force(live: Wacb, sandbox: Sandbox):
    put(sandbox, ID)
    with_force = live(*DELETE, "--force", "--yes", "-q")
    assert with_force == done(ID, carried(ONE))
    assert attached(sandbox, ONE) == ID


def test_another_profile_on_a_number_is_no_reason_to_refuse(live: Wacb, sandbox: Sandbox):
    live(*CREATE, "--title", "Second")
    put(sandbox, profile_id(2))
    assert live(*DELETE, "--yes", "-q") == done(ID)


def test_the_journal_says_what_v1_does_not(live: Wacb, sandbox: Sandbox, untouched: Watch):
    doubt = f"profile '{TITLE}' ({ID}) may still be attached to a number: {NO_LIST}"
    with untouched():
        assert live(*DELETE, "--yes", *V1) == failed(9, doubt, FORCE)
    assert live("number", "attach", ONE, "--profile", ID, *V1).code == 0
    with untouched():
        outcome = live(*DELETE, "--yes", *V1)
    message = f"profile '{TITLE}' ({ID}) is attached to {ONE} (by the journal)"
    assert outcome == failed(9, message, FREE.replace("wacb ", "wacb --waba-id '' "))
    note = carried(f"{ONE} (by the journal)")
    assert live(*DELETE, "--yes", "--force", "-q", *V1) == done(
        ID, f"{note}\nnote: {NO_LIST}: {UNKNOWN}"
    )


def test_what_the_api_shows_counts_more_than_the_journal(live: Wacb, sandbox: Sandbox):
    assert live("number", "attach", ONE, "--profile", ID).code == 0
    put(sandbox, "")
    assert live(*DELETE, "--yes", "-q") == done(ID)


def test_what_the_listing_does_not_show_is_only_deleted_by_force(over: Wacb):
    ids = iter((ID, profile_id(2)))
    sandbox = Sandbox(Store(":memory:"), new_id=lambda: next(ids), contract=HIDDEN)
    network = partial(exchange, sandbox)
    assert over(network, *CREATE).code == 0
    doubt = failed(
        9, f"profile '{TITLE}' ({ID}) may still be attached to a number: {UNSEEN}", FORCE
    )
    assert over(network, *DELETE, "--dry-run") == doubt
    assert over(network, "number", "attach", ONE, "--profile", ID).code == 0
    message = f"profile '{TITLE}' ({ID}) is attached to {ONE} (by the journal)"
    assert over(network, *DELETE, "--yes") == failed(9, message, FREE)
    assert over(network, *CREATE, "--title", "Second").code == 0
    line = ("number", "attach", ONE, "--profile", profile_id(2), "--replace")
    assert over(network, *line).code == 0
    assert over(network, *DELETE, "--yes") == doubt  # what the journal has is no evidence
    forced = over(network, *DELETE, "--yes", "--force", "-q")
    assert forced == done(ID, f"note: {UNSEEN}: {UNKNOWN}")


def test_an_empty_profile_proves_nothing_where_none_was_ever_shown(
    live: Wacb, sandbox: Sandbox, home: Path
):
    for mark in home.rglob("*.shown"):
        mark.unlink()
    doubt = failed(
        9, f"profile '{TITLE}' ({ID}) may still be attached to a number: {UNSEEN}", FORCE
    )
    assert live(*DELETE, "--yes") == doubt
    live(*CREATE, "--title", "Second")
    assert live("number", "attach", ONE, "--profile", "Second").code == 0
    assert live("number", "detach", ONE, "--yes").code == 0  # from now on the API is known to show
    assert live(*DELETE, "--yes", "-q") == done(ID)


def test_a_number_that_is_listed_twice_counts_twice(over: Wacb, sandbox: Sandbox):
    network = Showing(sandbox, TWO.encode(), ONE.encode())
    put(sandbox, ID, ONE)
    message = f"profile '{TITLE}' ({ID}) is attached to {ONE}"
    assert over(network, *DELETE, "--yes") == failed(9, message, FREE)


def test_a_number_that_is_not_listed_here_counts_by_the_journal(over: Wacb, sandbox: Sandbox):
    network = Showing(sandbox, b"", b"")
    assert over(network, "number", "attach", ONE, "--profile", ID).code == 0
    elsewhere = Showing(sandbox, ONE.encode(), b"+15550100777")
    message = f"profile '{TITLE}' ({ID}) is attached to +15550100777, {ONE} (by the journal)"
    assert over(elsewhere, *DELETE, "--yes") == failed(9, message, FREE)


class Lists(Showing):
    """The emulator, but for its listing of numbers."""

    def __call__(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        if url.endswith("/number"):
            reply = refusal(403, "no WhatsApp here")
            return reply.status, [], reply.chunks()
        return super().__call__(method, url, headers, body)


def test_only_force_deletes_what_cannot_be_looked_up(over: Wacb, sandbox: Sandbox):
    network = Lists(sandbox, b"", b"")
    outcome = over(network, *DELETE, "--yes")
    said = "Kaleyra rejected the SID and API key (403: no WhatsApp here)"
    assert (outcome.code, outcome.out) == (4, "")
    assert deleted(sandbox) == []
    forced = over(network, *DELETE, "--yes", "--force", "-q")
    assert forced == done(ID, f"note: {said}: {UNKNOWN}")


# -- refusals


def test_a_profile_that_is_not_there_is_not_found(refused: Refused):
    refused(
        ("profile", "delete", "incoming", "--yes"),
        5,
        "no profile with ID or title 'incoming'",
        "run `wacb profile list` to see available profiles",
    )


def test_two_profiles_of_the_title_are_named(live: Wacb, refused: Refused):
    live(*CREATE, "--allow-duplicate-title")
    message = f"2 profiles are named '{TITLE}': {ID}, {profile_id(2)}"
    refused(("profile", "delete", TITLE, "--yes"), 9, message, "pass the ID of one of them")


def test_no_default_stands_in_for_the_profile(live: Wacb, untouched: Watch):
    with untouched():
        assert live("profile", "delete", "--yes", env={"WACB_PROFILE": ID}).code == 2


def test_a_dry_run_without_credentials_shows_the_request(wacb: Wacb, sandbox: Sandbox):
    requests = sandbox.requests()
    assert wacb(*DELETE, "--dry-run") == done(
        f'curl -X DELETE "https://api.kaleyra.io/v1/$WACB_SID/callback/profiles/{ID}" '
        "-H \"api-key: $WACB_API_KEY\" -H 'accept: application/json'",
        "note: checked offline: without credentials it is not known whether a number uses it",
    )
    assert sandbox.requests() == requests
    message = (
        f"'{TITLE}' is not a valid profile ID, and titles can't be looked up without credentials"
    )
    outcome = wacb("profile", "delete", TITLE, "--dry-run")
    assert outcome == failed(2, message, "pass the profile's ID, or run `wacb config init`")

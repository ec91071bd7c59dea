"""`wacb profile update` where it is refused, without credentials, and when its answer is lost."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import partial

import pytest

from tests.cli.conftest import Answer, Refused, Showing, Watch
from tests.cli.expect import BODY, CREATE, HOOK, TITLE, done, failed, row
from tests.conftest import Wacb, profile_id
from tests.fake_api import Reply, refusal
from wacb.sandbox.account import SID
from wacb.sandbox.emulator import Sandbox
from wacb.sandbox.in_process import exchange

NEW = "https://example.com/new"
ID = profile_id(1)
UPDATE = ("profile", "update", ID)
PROFILE = f"/v1/{SID}/callback/profiles/{ID}"


@pytest.fixture(autouse=True)
def profile(live: Wacb) -> None:
    """The profile that CREATE makes."""
    assert live(*CREATE).code == 0


@pytest.mark.parametrize(
    "options", [(), ("--allow-missing", "--allow-http", "--allow-local")], ids=["none", "consents"]
)
def test_an_update_of_nothing_is_refused(refused: Refused, options: tuple[str, ...]):
    hint = "pass at least one of --url, --method, --title…"
    refused((*UPDATE, *options), 2, "nothing to update", hint)


def test_a_key_file_alone_is_refused(refused: Refused):
    line = (*UPDATE, "--encrypt-key-file", "key.toml")
    refused(line, 2, "--encrypt-key-file requires --encrypt ALGORITHM")


def test_the_channel_stays(refused: Refused):
    refused(
        (*UPDATE, "--channel", "whatsapp"),
        2,
        f"the channel of profile {ID} is not set, and the API cannot change it to whatsapp",
        "create another profile",
    )


def test_a_profile_that_is_not_understood_is_not_changed(
    over: Wacb, sandbox: Sandbox, untouched: Watch
):
    with untouched():
        outcome = over(Showing(sandbox, b'"body":', b'"body": 7, "was":'), *UPDATE, "--url", NEW)
    assert outcome == failed(
        9,
        f"profile '{TITLE}' ({ID}) was not changed: the API shows its body in a form that wacb "
        "doesn't understand",
        "change it in the Kaleyra console",
    )


def test_a_profile_that_is_not_there_is_not_found(refused: Refused):
    refused(
        ("profile", "update", "incoming", "--url", NEW),
        5,
        "no profile with ID or title 'incoming'",
        "run `wacb profile list` to see available profiles",
    )


def test_two_profiles_of_the_title_are_named(live: Wacb, refused: Refused):
    live(*CREATE, "--allow-duplicate-title")
    refused(
        ("profile", "update", TITLE, "--url", NEW),
        9,
        f"2 profiles are named '{TITLE}': {ID}, {profile_id(2)}",
        "pass the ID of one of them",
    )


def test_no_default_stands_in_for_the_profile_or_the_endpoint(live: Wacb):
    env = {"WACB_PROFILE": ID, "WACB_ENDPOINT": NEW}
    assert live("profile", "update", "--title", "Other", env=env).code == 2
    renamed = live(*UPDATE, "--title", "Other", "-o", "json", env=env)
    assert json.loads(renamed.out)["url"] == HOOK


def test_a_title_that_another_profile_has_is_refused(live: Wacb, untouched: Watch):
    live(*CREATE, "--title", "Second")
    line = ("profile", "update", "Second", "--title", TITLE)
    message = f"another profile is also named '{TITLE}' ({ID})"
    with untouched():
        for dry in ((), ("--dry-run",)):
            assert live(*line, *dry) == failed(9, message, "pass another --title")


def test_nobody_is_asked_for_method_or_url(live: Wacb):
    outcome = live(*UPDATE, "--title", "Other", "-q", tty=True)
    assert outcome == done(ID, f"note: title: {TITLE} → Other")


# -- without credentials


def test_a_dry_run_without_credentials_shows_what_is_given(wacb: Wacb, sandbox: Sandbox):
    given = ("--title", "Other", "--response-message", "ok", "--event", "a", "--body-file", "-")
    requests = sandbox.requests()
    outcome = wacb(*UPDATE, *given, "--dry-run", "-o", "json", input=BODY)
    assert outcome.err == (
        "note: checked offline: without credentials it is not known whether the profile exists "
        "and what it has already\n"
    )
    (request,) = json.loads(outcome.out)["requests"]
    assert (request["method"], request["url"]) == (
        "PATCH",
        f"https://api.kaleyra.io{PROFILE.replace(SID, '$WACB_SID')}",
    )
    assert request["body"] == {
        "title": "Other",
        "response_message": "ok",
        "events": '["a"]',
        "body": BODY,
    }
    assert sandbox.requests() == requests


def test_a_dry_run_without_credentials_masks_the_key(wacb: Wacb):
    outcome = wacb(*UPDATE, "--encrypt", "AES-256-CFB", "--dry-run", "-o", "json")
    (request,) = json.loads(outcome.out)["requests"]
    assert request["body"] == {"enc": {"algo": "AES-256-CFB", "key": "***", "IV": "***"}}


@pytest.mark.parametrize(
    "options",
    [
        ("--method", "get"),
        ("--url", NEW),
        ("--with-status",),
        ("--header", "X-A: 1"),
        ("--header-env", "X-A=HOME"),
        ("--basic-auth", "me"),
        ("--channel", "whatsapp"),
    ],
    ids=lambda options: options[0],
)
def test_without_credentials_nothing_is_guessed(wacb: Wacb, options: tuple[str, ...]):
    assert wacb(*UPDATE, *options, "--dry-run") == failed(
        3,
        f"the change by {options[0]} depends on the profile, which cannot be looked up without "
        "credentials",
        "set WACB_SID and WACB_API_KEY, or run `wacb config init`",
    )


def test_without_credentials_a_title_cannot_be_looked_up(wacb: Wacb):
    message = (
        f"'{TITLE}' is not a valid profile ID, and titles can't be looked up without credentials"
    )
    outcome = wacb("profile", "update", TITLE, "--title", "Other", "--dry-run")
    assert outcome == failed(2, message, "pass the profile's ID, or run `wacb config init`")


# -- lost answers


class Unlucky:
    """The emulator, whose answers to a PATCH get lost, after it took effect or without."""

    def __init__(self, sandbox: Sandbox, instead: Reply | Exception, *, took: bool) -> None:
        self.api = partial(exchange, sandbox)
        self.instead, self.took = instead, took

    def __call__(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        if method != "PATCH":
            return self.api(method, url, headers, body)
        if self.took:
            self.api(method, url, headers, body)
        if isinstance(self.instead, Exception):
            raise self.instead
        return self.instead.status, [], self.instead.chunks()


LOST: Mapping[str, Reply | Exception] = {
    "500": refusal(500, "oops"),
    "reset": ConnectionResetError(),
    "html": Reply(body=b"<p>"),
}


@pytest.mark.parametrize("case", LOST)
def test_an_update_whose_answer_is_lost_is_read_back(over: Wacb, sandbox: Sandbox, case: str):
    outcome = over(Unlucky(sandbox, LOST[case], took=True), *UPDATE, "--url", NEW)
    assert outcome == done(row(url=NEW), f"note: url: {HOOK} → {NEW}")


@pytest.mark.parametrize("case", LOST)
def test_an_update_that_is_not_seen_is_not_called_done(over: Wacb, sandbox: Sandbox, case: str):
    outcome = over(Unlucky(sandbox, LOST[case], took=False), *UPDATE, "--url", NEW)
    lines = outcome.err.splitlines()
    assert (outcome.code, outcome.out, len(lines)) == (7, "", 3)
    assert lines[1].endswith(f"; profile {ID} may or may not have been updated")
    assert lines[2] == "hint: run the same command again; it changes only what still differs"

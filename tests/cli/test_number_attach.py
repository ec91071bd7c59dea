"""`wacb number attach`: what is sent, what is printed, where its values come from."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import pytest

from tests.cli.conftest import Watch, ask, attached, fields, put, writes
from tests.cli.expect import (
    CREATE,
    NO_V1_FIELD,
    ONE,
    THREE,
    TITLE,
    TWO,
    as_json,
    attachment_row,
    done,
    failed,
    undo,
)
from tests.conftest import HIDDEN, Wacb, profile_id
from wacb.sandbox.account import SID, WABA_ID
from wacb.sandbox.emulator import Sandbox
from wacb.sandbox.in_process import Answer, exchange
from wacb.sandbox.store import Store

V1 = ("--waba-id", "")
V2_UPDATE = f"/v2/{SID}/whatsapp/{WABA_ID}/number/update"
V1_UPDATE = f"/v1/{SID}/whatsapp/number"


def attachment(result: str, old: str | None, new: str | None, verified: bool | None) -> str:
    number = {"number": ONE, "result": result, "old": old, "new": new, "verified": verified}
    return as_json(number)


@pytest.mark.parametrize("reference", [profile_id(1), TITLE])
def test_attach_sends_the_number_and_the_one_field(
    live: Wacb, two_profiles: None, sandbox: Sandbox, sleeps: list[float], reference: str
):
    outcome = live("number", "attach", ONE, "--profile", reference, "-o", "json")
    assert outcome == done(attachment("attached", "", profile_id(1), True), undo())
    update = writes(sandbox)[-1]
    assert (update.method, update.path) == ("PUT", V2_UPDATE)
    assert fields(update) == {"phone_number": ONE, "callback_profile_id": profile_id(1)}
    assert attached(sandbox, ONE) == profile_id(1)
    assert sleeps == [0]


def test_attach_in_each_form(live: Wacb, two_profiles: None):
    line = ("number", "attach", ONE, "--profile", profile_id(1))
    assert live(*line) == done(attachment_row(ONE, "attached", "", profile_id(1)), undo())
    assert live(*line, "-q") == done(ONE)
    assert live(*line, "-o", "table") == done(
        f"✓ Number {ONE} already has profile {TITLE}\n({profile_id(1)})\nverified:  ✓ true"
    )


def test_a_number_that_carries_the_profile_is_left_alone(
    live: Wacb, two_profiles: None, sandbox: Sandbox, untouched: Watch
):
    put(sandbox, profile_id(1))
    with untouched():
        outcome = live("number", "attach", ONE, "--profile", profile_id(1), "-o", "json")
    assert outcome == done(attachment("unchanged", profile_id(1), profile_id(1), True))


def test_another_profile_is_replaced(live: Wacb, two_profiles: None, sandbox: Sandbox):
    put(sandbox, profile_id(1))
    line = ("number", "attach", ONE, "--profile", "Second", "--replace", "-o", "json")
    assert live(*line) == done(attachment("attached", profile_id(1), profile_id(2), True), undo())
    assert attached(sandbox, ONE) == profile_id(2)


def test_the_end_of_status_callbacks_is_said(live: Wacb, two_profiles: None, sandbox: Sandbox):
    assert live(*CREATE, "--with-status", "--title", "Both").code == 0
    put(sandbox, profile_id(3))
    said = (
        f"the old profile {profile_id(3)} includes message status (delivered, read) and "
        f"{profile_id(1)} does not: status callbacks would stop"
    )
    line = ("number", "attach", ONE, "--profile", profile_id(1))
    message = f"number {ONE} already has profile Both ({profile_id(3)}) attached; this would "
    hint = "pass --replace to replace it"
    new = f"{TITLE} ({profile_id(1)})"
    assert live(*line) == failed(9, f"{message}replace it with {new}; {said}", hint)
    assert live(*line, "--replace", "-q") == done(ONE, f"note: {said}\n{undo()}")


def test_a_profile_that_cannot_be_looked_up_is_replaced_with_a_note(
    over: Wacb, two_profiles: None, sandbox: Sandbox
):
    put(sandbox, profile_id(1))

    def handler(method: str, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        if method == "GET" and url.endswith(profile_id(1)):
            raise ConnectionResetError
        return exchange(sandbox, method, url, headers, body)

    outcome = over(handler, "number", "attach", ONE, "--profile", profile_id(2), "--replace")
    assert outcome.code == 0
    assert "note: the old profile could not be looked up: " in outcome.err
    assert attached(sandbox, ONE) == profile_id(2)


def test_a_profile_that_went_away_is_replaced(live: Wacb, two_profiles: None, sandbox: Sandbox):
    put(sandbox, profile_id(1))
    ask(sandbox, "DELETE", f"/v1/SID/callback/profiles/{profile_id(1)}")
    line = ("number", "attach", ONE, "--profile", profile_id(2), "--replace", "-q")
    assert live(*line) == done(
        ONE, f"note: the old profile {profile_id(1)} no longer exists\n{undo()}"
    )


def test_number_and_profile_come_from_the_environment_or_the_config(
    live: Wacb, two_profiles: None, sandbox: Sandbox
):
    env = {"WACB_NUMBER": "+1 555 010 0002", "WACB_PROFILE": "Second"}
    line = ("number", "attach")
    assert live(*line, env=env) == done(
        attachment_row(TWO, "attached", "", profile_id(2)), undo(TWO)
    )
    for key, value in (("number", THREE), ("profile", profile_id(1))):
        assert live("config", "set", key, value, "--account", "a").code == 0
    assert live(*line) == done(attachment_row(THREE, "attached", "", profile_id(1)), undo(THREE))
    assert live(*line, ONE, "--profile", profile_id(2), "-q", env=env) == done(ONE, undo())
    assert [attached(sandbox, number) for number in (ONE, TWO, THREE)] == [
        profile_id(2),
        profile_id(2),
        profile_id(1),
    ]


NOT_SHOWN = f"note: the API does not show which profile number {ONE} has attached"


def test_attach_without_a_waba_id(live: Wacb, two_profiles: None, sandbox: Sandbox):
    line = ("number", "attach", ONE, "--profile", profile_id(1), "-o", "json", *V1)
    notes = f"{NOT_SHOWN}\n{NO_V1_FIELD}"
    assert live(*line) == done(attachment("attached", None, profile_id(1), None), notes)
    update = writes(sandbox)[-1]
    assert (update.method, update.path) == ("PUT", V1_UPDATE)
    assert fields(update) == {"wa_number": ONE, "callback_profile_id": profile_id(1)}
    assert attached(sandbox, ONE) == profile_id(1)
    again = live(*line[:5], "-o", "table", *V1)
    assert again.out == f"✓ Attached profile {TITLE} ({profile_id(1)}) to\nnumber {ONE}\n"


def test_attach_where_the_api_does_not_show_the_field(over: Wacb):
    sandbox = Sandbox(Store(":memory:"), new_id=lambda: profile_id(1), contract=HIDDEN)
    network = partial(exchange, sandbox)
    assert over(network, *CREATE).code == 0
    line = ("number", "attach", ONE, "--profile", profile_id(1), "-o", "json")
    assert over(network, *line) == done(
        attachment("attached", None, profile_id(1), None), NOT_SHOWN
    )
    assert fields(writes(sandbox)[-1])["callback_profile_id"] == profile_id(1)


def test_the_contract_can_be_corrected_in_the_config(over: Wacb, live: Wacb, sandbox: Sandbox):
    for key, value in (
        ("attach_field", "cb_id"),
        ("attach_path", "/v1/{sid}/wa/{waba_id}"),
        ("attach_method", "PATCH"),
    ):
        assert live("config", "set", f"contract.{key}", value).code == 0
    assert live(*CREATE).code == 0
    line = ("number", "attach", ONE, "--profile", profile_id(1), "--dry-run", "-o", "json")
    outcome = live(*line)
    assert outcome.code == 0
    assert f'"url": "https://api.kaleyra.io/v1/{SID}/wa/{WABA_ID}"' in outcome.out
    assert '"method": "PATCH"' in outcome.out
    assert f'"phone_number": "{ONE}",\n        "cb_id": "{profile_id(1)}"' in outcome.out


URL = "https://example.com/in"
NOT_COMPARED = (
    "note: the API does not show a number's incoming URL: it is neither compared nor journaled"
)


@pytest.mark.parametrize("waba", [(), V1], ids=["with a WABA ID", "without"])
@pytest.mark.parametrize("url", [URL, f"{URL}?t=7"], ids=["no query", "query"])
def test_an_incoming_url_is_stored_on_the_number_as_it_is(
    live: Wacb, sandbox: Sandbox, waba: tuple[str, ...], url: str
):
    line = ("number", "attach", ONE, "--incoming-url", url, "-o", "json", *waba)
    assert live(*line) == done(attachment("attached", None, None, None), NOT_COMPARED)
    (update,) = writes(sandbox)
    assert (update.method, update.path) == ("PUT", V1_UPDATE)
    assert fields(update) == {"wa_number": ONE, "incoming_url": url}


@pytest.mark.parametrize(
    "mark", ["<body>", "%3Cbody%3E", "&lt;body&gt;", "<phone_number>", "<no such name>"]
)
def test_an_incoming_url_has_no_placeholders(live: Wacb, untouched: Watch, mark: str):
    with untouched():
        outcome = live("number", "attach", ONE, "--incoming-url", f"{URL}?text={mark}")
    assert (outcome.code, outcome.out) == (2, "")
    assert f"contains {mark}" in outcome.err or "invalid character" in outcome.err


@pytest.mark.parametrize(
    ("url", "options"),
    [
        ("http://example.com/", ("--allow-http",)),
        ("https://localhost/", ("--allow-local",)),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_an_incoming_url_that_needs_consent(
    live: Wacb, sandbox: Sandbox, url: str, options: tuple[str, ...]
):
    line = ("number", "attach", ONE, "--incoming-url", url, "-q", *options)
    assert live(*line) == done(ONE, NOT_COMPARED)
    assert fields(writes(sandbox)[0])["incoming_url"] == url


def test_a_profile_from_the_environment_gives_way_to_an_incoming_url(live: Wacb):
    line = ("number", "attach", ONE, "--incoming-url", URL, "-q")
    assert live(*line, env={"WACB_PROFILE": "absent"}) == done(ONE, NOT_COMPARED)
    others = (("--profile", "absent"), ("--replace",), ("--if-current", ""), ("--allow-missing",))
    for more in others:
        message = f"{more[0]} and --incoming-url cannot be used together"
        assert live(*line, *more) == failed(2, message)

"""`wacb profile create` when the answer is lost: one profile, or an honest failure, never two."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import partial

import pytest

from tests.cli.conftest import Answer, writes
from tests.cli.expect import CREATE, HOOK, TITLE, as_json, done, failed, profile_json, row
from tests.conftest import Wacb, profile_id
from tests.fake_api import Reply, answer, refusal
from wacb.sandbox.emulator import Sandbox
from wacb.sandbox.in_process import exchange

LOST: Mapping[str, tuple[Reply | Exception, str]] = {
    "500": (
        refusal(500, "oops"),
        f"creating callback profile '{TITLE}' failed: the API is unavailable (500: oops)",
    ),
    "503": (
        refusal(503),
        f"creating callback profile '{TITLE}' failed: the API is unavailable (503)",
    ),
    "reset": (ConnectionResetError(), "api.kaleyra.io closed the connection"),
    "html": (
        Reply(body=b"<html>"),
        f"creating callback profile '{TITLE}' failed: api.kaleyra.io returned 200, but not JSON",
    ),
    "truncated": (Reply(body=b'{"da', torn=True), "api.kaleyra.io closed the connection"),
    "no ID": (answer({}), f"creating callback profile '{TITLE}' failed: the response has no ID"),
}
LOOK = "run the same command again with --if-not-exists: it finds the profile or creates it"


class Meddler:
    """The emulator, whose answers to some requests are replaced, on request after they took effect.

    `copies` is how often a create takes effect.
    """

    def __init__(self, sandbox: Sandbox, instead: Reply | Exception, *, copies: int) -> None:
        self.api = partial(exchange, sandbox)
        self.instead = instead
        self.copies = copies

    def __call__(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        if method != "POST":
            return self.api(method, url, headers, body)
        for _ in range(self.copies):
            self.api(method, url, headers, body)
        if isinstance(self.instead, Exception):
            raise self.instead
        return self.instead.status, list(self.instead.headers.items()), self.instead.chunks()


@pytest.mark.parametrize("case", LOST)
def test_a_profile_that_was_created_is_adopted(
    over: Wacb, sandbox: Sandbox, sleeps: list[float], case: str
):
    outcome = over(Meddler(sandbox, LOST[case][0], copies=1), *CREATE, "-o", "json")
    assert outcome == done(as_json(profile_json(result="adopted")))
    assert len(writes(sandbox)) == 1
    assert sleeps == [1]


@pytest.mark.parametrize("case", LOST)
def test_a_profile_that_was_not_created_is_not_sent_again(
    over: Wacb, sandbox: Sandbox, sleeps: list[float], case: str
):
    lost, said = LOST[case]
    message = f"{said}; profile '{TITLE}' may or may not have been created"
    assert over(Meddler(sandbox, lost, copies=0), *CREATE) == failed(7, message, LOOK)
    assert writes(sandbox) == []
    assert sleeps == [1, 2, 4]


def test_of_two_new_profiles_none_is_adopted(over: Wacb, sandbox: Sandbox):
    lost = LOST["500"][0]
    assert over(Meddler(sandbox, lost, copies=2), *CREATE) == failed(
        9,
        f"the response was lost, and 2 new profiles are named '{TITLE}': "
        f"{profile_id(1)}, {profile_id(2)}",
        "keep one of them and delete the others",
    )


def test_a_profile_that_was_there_before_is_not_adopted(live: Wacb, over: Wacb, sandbox: Sandbox):
    assert live(*CREATE).code == 0
    another = (*CREATE, "--allow-duplicate-title")
    assert over(Meddler(sandbox, LOST["reset"][0], copies=0), *another).code == 7
    note = f"note: another profile is also named '{TITLE}' ({profile_id(1)})"
    outcome = over(Meddler(sandbox, LOST["reset"][0], copies=1), *another)
    waiting = f"note: an earlier create of '{TITLE}' may not be listed yet: waiting up to 30 s for"
    assert outcome == done(row(2), f"{waiting} it to appear\n{note}")


def test_a_profile_of_other_content_is_not_adopted(over: Wacb, sandbox: Sandbox):
    class Other(Meddler):
        def __call__(self, method, url, headers, body):
            return super().__call__(method, url, headers, body.replace(b"/hook", b"/other"))

    assert over(Other(sandbox, LOST["reset"][0], copies=1), *CREATE).code == 7


@pytest.mark.parametrize("status", [400, 401, 422, 429])
def test_an_answer_that_says_no_is_final_but_for_429(
    over: Wacb, sandbox: Sandbox, sleeps: list[float], status: int
):
    no = refusal(status, "no way")
    outcome = over(Meddler(sandbox, no, copies=0), *CREATE)
    assert (outcome.code, outcome.out) == ({401: 4, 429: 7}.get(status, 6), "")
    assert "no way" in outcome.err
    assert len(sleeps) == (3 if status == 429 else 0)


class ReadBack:
    """The emulator, but for what it shows of one profile, whose row lacks its headers."""

    def __init__(self, sandbox: Sandbox, shown: Reply) -> None:
        self.api = partial(exchange, sandbox)
        self.shown = shown

    def __call__(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        if method == "GET" and profile_id(1) in url:
            return self.shown.status, [], self.shown.chunks()
        status, _, chunks = self.api(method, url, headers, body)
        return status, [], (chunk.replace(b'"headers"', b'"other"') for chunk in chunks)


def test_a_profile_that_the_api_stored_otherwise_is_an_error(over: Wacb, sandbox: Sandbox):
    stored = {"profile_id": profile_id(1), "title": TITLE, "http_method": "POST", "url": HOOK}
    outcome = over(ReadBack(sandbox, answer(stored | {"body": "{}"})), *CREATE)
    assert outcome == failed(
        8,
        f"profile {profile_id(1)} was created, but the API stored it differently: body",
        f"compare it with `wacb profile show {profile_id(1)}`",
    )


def test_a_profile_that_cannot_be_read_back_is_shown_as_it_was_sent(over: Wacb, sandbox: Sandbox):
    outcome = over(ReadBack(sandbox, refusal(500, "oops")), *CREATE, "-o", "json")
    assert json.loads(outcome.out) == profile_json(created_at=None, result="created")
    assert outcome.err == (
        "note: it could not be read back; it is shown as it was sent: "
        f"reading callback profile {profile_id(1)} failed: the API is unavailable (500: oops)\n"
    )

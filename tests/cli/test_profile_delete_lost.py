"""`wacb profile delete` when its answer is lost: a profile is called deleted when it is gone."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import partial
from pathlib import Path

import pytest

from tests.cli.conftest import Answer
from tests.cli.expect import CREATE, done, failed
from tests.conftest import Wacb, mark_shown, profile_id
from tests.fake_api import Reply, answer, refusal
from wacb.sandbox.emulator import Sandbox
from wacb.sandbox.in_process import exchange

ID = profile_id(1)
DELETE = ("profile", "delete", ID)
GONE = f"callback profile {ID} does not exist (404: The profile does not exist)"


@pytest.fixture(autouse=True)
def profile(live: Wacb, home: Path) -> None:
    """The profile that CREATE makes; the account's listing has shown profiles before."""
    assert live(*CREATE).code == 0
    mark_shown(home)


class Unlucky:
    """The emulator, whose answers to a DELETE get lost, after it took effect or without.

    `then` is what it says to whoever looks for the profile afterwards.
    """

    def __init__(
        self,
        sandbox: Sandbox,
        instead: Reply | Exception,
        *,
        took: bool,
        then: Reply | None = None,
    ) -> None:
        self.api = partial(exchange, sandbox)
        self.instead, self.took, self.then = instead, took, then
        self.deletes = 0

    def __call__(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        if method != "DELETE":
            if self.deletes and self.then:
                return self.then.status, [], self.then.chunks()
            return self.api(method, url, headers, body)
        self.deletes += 1
        if self.took:
            self.api(method, url, headers, body)
        if isinstance(self.instead, Exception):
            raise self.instead
        return self.instead.status, [], self.instead.chunks()


LOST: Mapping[str, tuple[Reply | Exception, str]] = {
    "500": (
        refusal(500, "oops"),
        f"deleting callback profile {ID} failed: the API is unavailable (500: oops)",
    ),
    "503": (refusal(503), f"deleting callback profile {ID} failed: the API is unavailable (503)"),
    "reset": (ConnectionResetError(), "api.kaleyra.io closed the connection"),
    "404 of a gateway": (
        Reply(status=404, body=b"<p>"),
        (
            f"deleting callback profile {ID} failed: "
            "something before the API answered 404, with an empty body"
        ),
    ),
}


@pytest.mark.parametrize("case", LOST)
def test_a_profile_that_is_gone_is_deleted(over: Wacb, sandbox: Sandbox, case: str):
    outcome = over(Unlucky(sandbox, LOST[case][0], took=True), *DELETE, "--yes", "-q")
    assert outcome == done(ID)
    assert over(partial(exchange, sandbox), *DELETE, "--yes") == failed(5, GONE)  # and settled


@pytest.mark.parametrize("case", LOST)
def test_a_profile_that_is_still_there_is_not_called_deleted(
    over: Wacb, sandbox: Sandbox, case: str
):
    lost, said = LOST[case]
    outcome = over(Unlucky(sandbox, lost, took=False), *DELETE, "--yes")
    message = f"{said}; profile {ID} still exists"
    assert outcome == failed(7, message, "run the same command again")
    as_json = over(Unlucky(sandbox, lost, took=False), *DELETE, "--yes", "-o", "json")
    status = json.loads(as_json.err)["error"]["status"]
    assert status == (lost.status if isinstance(lost, Reply) else None)


def test_a_profile_that_cannot_be_looked_up_may_still_be_there(over: Wacb, sandbox: Sandbox):
    network = Unlucky(sandbox, LOST["500"][0], took=True, then=refusal(401, "too late"))
    message = (
        f"{LOST['500'][1]}; profile {ID} may still exist: Kaleyra rejected the SID and API key "
        "(401: too late)"
    )
    assert over(network, *DELETE, "--yes") == failed(7, message, "run the same command again")


def test_a_delete_that_was_never_sent_is_just_unavailable(over: Wacb, sandbox: Sandbox):
    network = Unlucky(sandbox, ConnectionRefusedError(), took=False)
    outcome = over(network, *DELETE, "--yes")
    assert (outcome.code, "still exists" in outcome.err) == (7, False)


def test_a_delete_that_is_refused_says_so(over: Wacb, sandbox: Sandbox):
    network = Unlucky(sandbox, refusal(422, "not now"), took=False)
    message = f"deleting callback profile {ID} failed: Kaleyra rejected the request (422: not now)"
    assert over(network, *DELETE, "--yes") == failed(6, message)


DONE = pytest.mark.parametrize(
    "reply", [Reply(status=204), answer({"profileId": ID})], ids=["204", "as documented"]
)


@DONE
def test_a_success_is_read_back(over: Wacb, sandbox: Sandbox, reply: Reply):
    assert over(Unlucky(sandbox, reply, took=True), *DELETE, "--yes", "-q") == done(ID)


@DONE
def test_a_success_that_deleted_nothing_fails_a_check(over: Wacb, sandbox: Sandbox, reply: Reply):
    message = f"the API accepted the deletion of profile {ID}, but still returns it"
    hint = f"check with `wacb profile show {ID}`"
    outcome = over(Unlucky(sandbox, reply, took=False), *DELETE, "--yes", "-q")
    assert outcome == failed(8, message, hint)


def test_a_success_that_cannot_be_read_back_is_unknown(over: Wacb, sandbox: Sandbox):
    network = Unlucky(sandbox, Reply(status=204), took=True, then=refusal(500))
    message = (
        f"the API accepted the deletion; profile {ID} may still exist: reading callback profile "
        f"{ID} failed: the API is unavailable (500)"
    )
    outcome = over(network, *DELETE, "--yes", "-q")
    assert outcome == failed(7, message, "run the same command again")

"""A profile is called deleted when it is gone, and only then, whatever happens to the answer."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from tests.conftest import profile_id
from tests.fake_api import Reply, answer, emulated, make_client, make_draft, refusal
from tests.provision.lossy import LOST, Answered
from wacb.api.client import Client
from wacb.errors import OutcomeUnknown
from wacb.provision import delete
from wacb.sandbox.emulator import Sandbox

ID = profile_id(1)
ANSWERS: Mapping[str, Reply | Exception] = {
    **LOST,
    "404": refusal(404, "gone", code="RBC302"),
    "404 of a gateway": Reply(status=404),
}


class Line:
    """The emulator on a line that loses the answers to the first `times` DELETEs.

    Of these the emulator hears if they `arrive`.
    """

    def __init__(
        self, sandbox: Sandbox, lost: Reply | Exception, *, times: int, arrive: bool
    ) -> None:
        self._emulator = emulated(sandbox)
        self._lost = lost
        self._times = times
        self._arrive = arrive

    def __call__(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Answered:
        if method != "DELETE" or not self._times:
            return self._emulator(method, url, headers, body)
        self._times -= 1
        if self._arrive:
            self._emulator(method, url, headers, body)
        if isinstance(self._lost, Exception):
            raise self._lost
        return self._lost.status, list(self._lost.headers.items()), self._lost.chunks()


def run_delete(client: Client) -> str:
    """Delete the only profile: what the program says of it."""
    try:
        return delete.delete_profile(client, client.get_profile(ID)).status
    except OutcomeUnknown as error:
        return error.message.rpartition("; ")[2]


@pytest.mark.parametrize("arrive", [True, False], ids=["arrives", "does not arrive"])
@pytest.mark.parametrize("times", [1, 2, 99], ids=["once", "twice", "always"])
@pytest.mark.parametrize("case", ANSWERS)
def test_what_is_said_is_what_is_so(sandbox: Sandbox, case: str, times: int, arrive: bool):
    make_client(emulated(sandbox)).create_profile(make_draft())
    said = run_delete(make_client(Line(sandbox, ANSWERS[case], times=times, arrive=arrive)))
    left = make_client(emulated(sandbox)).profile_ids("Incoming messages")
    # a plain success that is none cannot be told from one
    if ANSWERS[case] not in (LOST["204"], LOST["no id"]):
        assert said == (f"profile {ID} still exists" if left else "deleted")


def test_a_look_that_fails_settles_nothing(sandbox: Sandbox):
    make_client(emulated(sandbox)).create_profile(make_draft())
    profile = make_client(emulated(sandbox)).get_profile(ID)

    def dead(method: str, url: str, headers: Mapping[str, str], body: bytes) -> Answered:
        raise ConnectionResetError

    with pytest.raises(OutcomeUnknown) as caught:
        delete.delete_profile(make_client(dead), profile)
    broke = "api.example closed the connection"
    assert (caught.value.message, caught.value.hint, caught.value.status) == (
        f"{broke}; profile {ID} may still exist: {broke}",
        "run the same command again",
        None,
    )


def test_what_was_lost_keeps_its_status(sandbox: Sandbox):
    make_client(emulated(sandbox)).create_profile(make_draft())
    client = make_client(Line(sandbox, refusal(500), times=99, arrive=False))
    with pytest.raises(OutcomeUnknown) as caught:
        delete.delete_profile(client, client.get_profile(ID))
    assert (caught.value.message, caught.value.status) == (
        f"callback profile {ID}: the API is unavailable (500); profile {ID} still exists",
        500,
    )


def test_the_documented_answer_is_believed(sandbox: Sandbox):
    make_client(emulated(sandbox)).create_profile(make_draft())
    done = answer({"profileId": ID})
    assert run_delete(make_client(Line(sandbox, done, times=1, arrive=True))) == "deleted"

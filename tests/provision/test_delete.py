"""A profile is called deleted when it is gone, and only then, whatever happens to the answer."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from tests.conftest import profile_id
from tests.examples import sampled
from tests.fake_api import Reply, emulated, make_client, make_draft, refusal
from tests.provision.lossy import LOST, Answered
from wacb.errors import CheckFailed, OutcomeUnknown
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


@pytest.mark.parametrize("arrive", [True, False], ids=["arrives", "does not arrive"])
@pytest.mark.parametrize("times", [1, 2, 99], ids=["once", "twice", "always"])
@pytest.mark.parametrize("case", sampled(ANSWERS, every=3))
def test_only_a_profile_that_is_gone_is_called_deleted(
    sandbox: Sandbox, case: str, times: int, arrive: bool
):
    make_client(emulated(sandbox)).create_profile(make_draft())
    client = make_client(Line(sandbox, ANSWERS[case], times=times, arrive=arrive))
    profile, pauses = client.get_profile(ID), list[float]()
    try:
        said = delete.delete_profile(
            client, profile, sleep=pauses.append, look_again=lambda: None
        ).status
    except (OutcomeUnknown, CheckFailed) as error:
        said = error.code
    left = make_client(emulated(sandbox)).titled_rows("Incoming messages")
    assert (said == "deleted") is not bool(left)
    if left:  # what a lost answer did shows at once, or not at all
        assert pauses == ([0, 1, 2] if said == "check_failed" else [0])

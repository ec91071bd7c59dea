"""What each kind of fault does, before the request has done its work, through both shells.

After it: test_faults_after.py. Whose turn it is: test_faults_turn.py.
"""

from __future__ import annotations

import pytest

from tests.sandbox.shells import PROFILES, Api, make_profile, make_sandbox, refused, statuses
from wacb.sandbox.account import API_KEY
from wacb.sandbox.in_process import exchange

STATUSES = {
    "401": "RBC001",
    "403": "RBC403",
    "404": "RBC404",
    "409": "RBC409",
    "422": "RBC422",
    "429": "RBC429",
    "500": "RBC500",
    "503": "RBC503",
}


@pytest.mark.parametrize(("kind", "code"), STATUSES.items())
def test_a_status_is_answered_and_nothing_changes(api: Api, kind: str, code: str) -> None:
    api.sandbox.add_fault(kind)
    answer = api("POST", PROFILES, make_profile())
    assert answer == refused(code, f"The emulator was asked to return {kind}", status=int(kind))
    assert answer.headers.get("retry-after") == ("1" if kind in ("429", "503") else None)
    assert api("GET", PROFILES).data["total"] == 0
    assert statuses(api.sandbox) == [int(kind), 200]


def test_a_page_instead_of_json_changes_nothing(api: Api) -> None:
    api.sandbox.add_fault("html")
    answer = api("POST", PROFILES, make_profile())
    assert (answer.status, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert answer.envelope.startswith("<!doctype html>")
    assert api("GET", PROFILES).data["total"] == 0


@pytest.mark.parametrize(("kind", "status"), [("reset", 0), ("truncate", 200)])
def test_a_broken_connection_changes_nothing(api: Api, kind: str, status: int) -> None:
    api.sandbox.add_fault(kind)
    with pytest.raises(ConnectionResetError):
        api("POST", PROFILES, make_profile())
    assert api("GET", PROFILES).data["total"] == 0
    assert statuses(api.sandbox) == [status, 200]


@pytest.mark.parametrize("kind", ["drip", "slow"])
def test_a_delayed_answer_is_the_genuine_one(api: Api, kind: str) -> None:
    api.sandbox.add_fault(kind)
    profile_id = api("POST", PROFILES, make_profile()).data["profile_id"]
    assert api("GET", f"{PROFILES}/{profile_id}").status == 200
    assert statuses(api.sandbox) == [200, 200]


def test_faults_strike_in_turn_as_often_as_they_were_told(api: Api) -> None:
    for spec in ("503:2", "429", "404:1"):
        api.sandbox.add_fault(spec)
    assert [api("GET", PROFILES).status for _ in range(6)] == [503, 503, 429, 404, 200, 200]


def test_a_fault_strikes_before_the_key_is_looked_at(api: Api) -> None:
    api.sandbox.add_fault("500")
    assert [api("GET", "/", headers={}).status for _ in range(2)] == [500, 401]


def test_in_process_a_drip_is_one_byte_at_a_time() -> None:
    sandbox, naps = make_sandbox(), list[float]()
    sandbox.add_fault("drip")
    status, headers, stream = exchange(
        sandbox, "GET", f"http://x{PROFILES}", {"API-KEY": API_KEY}, b"", sleep=naps.append
    )
    chunks = list(stream)
    assert (status, dict(headers)["content-length"]) == (200, str(len(chunks)))
    assert {len(chunk) for chunk in chunks} == {1}
    assert naps == [0.1] * len(chunks)


def test_in_process_a_truncated_body_breaks_in_the_middle() -> None:
    sandbox = make_sandbox()
    sandbox.add_fault("truncate")
    _, headers, stream = exchange(sandbox, "GET", f"http://x{PROFILES}", {}, b"")
    received = next(stream)
    assert 0 < len(received) < int(dict(headers)["content-length"])
    with pytest.raises(ConnectionResetError):
        next(stream)


def test_in_process_a_slow_request_is_held_before_it_is_looked_at() -> None:
    sandbox = make_sandbox()
    sandbox.add_fault("slow")
    seen: list[tuple[float, list[int]]] = []
    exchange(
        sandbox,
        "GET",
        f"http://x{PROFILES}",
        {"api-key": API_KEY},
        b"",
        sleep=lambda seconds: seen.append((seconds, statuses(sandbox))),
    )
    assert seen == [(10.0, [0])]
    assert statuses(sandbox) == [200]

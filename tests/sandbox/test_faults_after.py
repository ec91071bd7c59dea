"""Faults that strike once the request has done its work, through both shells."""

from __future__ import annotations

import pytest

from tests.sandbox.shells import (
    NUMBERS,
    ONE,
    PROFILES,
    Api,
    make_profile,
    make_sandbox,
    refused,
    statuses,
)
from wacb.sandbox.account import API_KEY
from wacb.sandbox.in_process import exchange


@pytest.mark.parametrize("kind", ["401", "429", "500", "503"])
def test_a_status_hides_what_was_done(api: Api, kind: str) -> None:
    api.sandbox.add_fault(f"{kind},after")
    answer = api("POST", PROFILES, make_profile())
    message = f"The emulator was asked to return {kind}"
    code = "RBC001" if kind == "401" else f"RBC{kind}"
    assert answer == refused(code, message, status=int(kind))
    assert answer.headers.get("retry-after") == ("1" if kind in ("429", "503") else None)
    assert api("GET", PROFILES).data["total"] == 1
    assert statuses(api.sandbox) == [int(kind), 200]


def test_a_page_hides_what_was_done(api: Api) -> None:
    api.sandbox.add_fault("html,after")
    answer = api("POST", PROFILES, make_profile())
    assert (answer.status, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert api("GET", PROFILES).data["total"] == 1


@pytest.mark.parametrize(("kind", "status"), [("reset", 0), ("truncate", 200)])
def test_a_broken_connection_hides_what_was_done(api: Api, kind: str, status: int) -> None:
    api.sandbox.add_fault(f"{kind},after")
    with pytest.raises(ConnectionResetError):
        api("POST", PROFILES, make_profile())
    assert api("GET", PROFILES).data["total"] == 1
    assert statuses(api.sandbox) == [status, 200]


@pytest.mark.parametrize("kind", ["drip", "slow"])
def test_a_delayed_answer_is_that_of_what_was_done(api: Api, kind: str) -> None:
    api.sandbox.add_fault(f"{kind},after")
    profile_id = api("POST", PROFILES, make_profile()).data["profile_id"]
    [row] = api("GET", PROFILES).data["profiles"]
    assert row["profile_id"] == profile_id
    assert statuses(api.sandbox) == [200, 200]


@pytest.mark.parametrize("point", ["before", "after"])
def test_every_write_is_kept_or_not(api: Api, point: str) -> None:
    profile_id = api.create()
    path, change = f"{PROFILES}/{profile_id}", {"title": "Another title"}
    attach = {"phone_number": ONE, "callback_profile_id": profile_id}
    api.sandbox.add_fault(f"503:3,{point}")
    assert api("PUT", f"{NUMBERS}/update", attach).status == 503
    assert api("PATCH", path, change).status == 503
    assert api.sandbox.requests()[-1].body == b'{"title": "Another title"}'
    shown = api("GET", path, headers={})
    assert shown.status == 503
    done = api.attached(), api("GET", path).data["title"]
    kept, lost = (profile_id, "Another title"), ("", "Incoming messages")
    assert done == (kept if point == "after" else lost)


@pytest.mark.parametrize(("point", "status"), [("before", 200), ("after", 404)])
def test_a_delete_is_carried_out_or_not(api: Api, point: str, status: int) -> None:
    path = f"{PROFILES}/{api.create()}"
    api.sandbox.add_fault(f"500,{point}")
    assert api("DELETE", path).status == 500
    assert api("GET", path).status == status


def test_a_refused_request_changes_nothing_after_either(api: Api) -> None:
    api.sandbox.add_fault("503,after")
    assert api("POST", PROFILES, make_profile(title="x")).status == 503
    assert api("GET", PROFILES).data["total"] == 0


def test_in_process_the_half_that_arrives_is_of_the_genuine_answer() -> None:
    sandbox = make_sandbox()
    url, headers = f"http://x{PROFILES}", {"api-key": API_KEY}
    _, _, stream = exchange(sandbox, "GET", url, headers, b"")
    whole = b"".join(stream)
    sandbox.add_fault("truncate,after")
    _, _, stream = exchange(sandbox, "GET", url, headers, b"")
    assert next(stream) == whole[: len(whole) // 2]


def test_in_process_a_slow_answer_is_held_once_the_work_is_done() -> None:
    sandbox = make_sandbox()
    sandbox.add_fault("slow,after")
    seen: list[tuple[float, list[int], bytes]] = []
    headers = {"api-key": API_KEY, "content-type": "application/json"}
    body = b'{"title": "abc", "http_method": "GET", "url": "https://example.com"}'

    def sleep(seconds: float) -> None:
        _, _, stream = exchange(sandbox, "GET", f"http://x{PROFILES}", headers, b"")
        seen.append((seconds, statuses(sandbox), b"".join(stream)))

    exchange(sandbox, "POST", f"http://x{PROFILES}", headers, body, sleep=sleep)
    [(seconds, so_far, listing)] = seen
    assert (seconds, so_far, b'"total": 1' in listing) == (10.0, [0, 200], True)
    assert statuses(sandbox) == [200, 200]

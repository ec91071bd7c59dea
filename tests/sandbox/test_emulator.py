"""What the emulator remembers besides its state: the log; and going back to the start."""

from __future__ import annotations

import threading
from functools import partial

from tests.sandbox.shells import NUMBERS, PROFILES, Api, Clock, make_profile, make_sandbox
from wacb.sandbox.emulator import LoggedRequest
from wacb.sandbox.routing import Request


def test_the_log_has_what_was_asked_and_answered(api: Api) -> None:
    api("GET", f"{PROFILES}?title=%3Ca", headers={"api-key": "wrong-key"})
    api.clock.now += 1
    api("POST", PROFILES, raw=b"{}")
    assert api.sandbox.requests() == [
        LoggedRequest(
            method="GET", path=PROFILES, query="title=%3Ca", body=b"", status=401, time=Clock.now
        ),
        LoggedRequest(
            method="POST", path=PROFILES, query="", body=b"{}", status=400, time=Clock.now + 1
        ),
    ]


def test_a_request_does_not_show_its_key() -> None:
    assert "secret" not in repr(Request(method="GET", path="/", headers={"api-key": "secret"}))


def test_the_log_keeps_the_newest_ten_thousand() -> None:
    sandbox = make_sandbox()
    for number in range(10_003):
        sandbox.handle(Request(method="GET", path=f"/{number}", headers={}))
    paths = [entry.path for entry in sandbox.requests()]
    assert (len(paths), paths[0], paths[-1]) == (10_000, "/3", "/10002")


def test_an_answer_that_left_the_log_is_forgotten() -> None:
    sandbox = make_sandbox()
    sandbox.add_fault("slow")
    held = sandbox.handle(Request(method="GET", path="/", headers={}))
    sandbox.reset()
    assert held.resume is not None
    assert held.resume().status == 401
    assert sandbox.requests() == []


def test_reset_goes_back_to_the_first_state(api: Api) -> None:
    first = api("GET", NUMBERS)
    api.create()
    body = {"id": "wn-15550100009", "phone_number": "+15550100009", "otp": "123456"}
    assert api("POST", f"{NUMBERS}/verify", body).status == 200
    api.sandbox.add_fault("500")
    api.sandbox.reset()
    assert api("GET", NUMBERS) == first
    assert api("GET", PROFILES).data == {"profiles": [], "total": 0}
    assert len(api.sandbox.requests()) == 2


def test_threads_lose_no_profile_and_no_fault(quick: Api) -> None:
    quick.sandbox.add_fault("503:40")
    answers: list[int] = []

    def work(name: str) -> None:
        fields = make_profile(title=name)
        answers.extend(quick("POST", PROFILES, fields).status for _ in range(30))

    threads = [threading.Thread(target=partial(work, f"Thread {n}")) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [200] * 80 + [503] * 40
    assert quick("GET", PROFILES).data["total"] == 80
    assert len(quick.sandbox.requests()) == 121

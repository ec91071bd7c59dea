"""Which request a fault strikes: its method, its turn, its chance."""

from __future__ import annotations

import threading
from collections import Counter
from random import Random

import pytest

from tests.sandbox.shells import PROFILES, Api, make_profile, make_sandbox
from wacb.sandbox.emulator import Sandbox
from wacb.sandbox.routing import Request


def ask(sandbox: Sandbox, method: str = "GET", *, times: int) -> list[int]:
    """Send requests without a key; the genuine answer is 401."""
    request = Request(method=method, path=PROFILES, headers={})
    return [sandbox.handle(request).status for _ in range(times)]


@pytest.mark.parametrize("method", ["POST", "GET", "PUT", "PATCH", "DELETE"])
def test_a_fault_of_one_method_leaves_the_others_alone(method: str) -> None:
    sandbox = make_sandbox()
    sandbox.add_fault(f"503:2,{method}")
    others = {"POST", "GET", "PUT", "PATCH", "DELETE"} - {method}
    assert {*(status for name in others for status in ask(sandbox, name, times=2))} == {401}
    assert ask(sandbox, method, times=3) == [503, 503, 401]


@pytest.mark.parametrize(
    ("specs", "expected"),
    [
        ("503,from=3", [401, 401, 503, 401, 401]),
        ("503:2,from=2", [401, 503, 503, 401, 401]),
        ("503:2 429", [503, 503, 429, 401, 401]),
        ("503:2,from=2 429", [429, 503, 503, 401, 401]),
        ("503 429,from=2", [503, 429, 401, 401, 401]),
        ("503:3 429,from=2", [503, 503, 503, 429, 401]),
        ("503,POST 429", [429, 401, 401, 401, 401]),
        ("503 503", [503, 503, 401, 401, 401]),
        ("503,from=2 503,from=4", [401, 503, 401, 503, 401]),
        ("429:100%", [429] * 5),
        ("503:2 429:100%,from=4", [503, 503, 401, 429, 429]),
        ("429:100% 503", [429] * 5),
    ],
)
def test_of_the_faults_that_are_due_the_first_one_strikes(specs: str, expected: list[int]) -> None:
    sandbox = make_sandbox()
    for spec in specs.split():
        sandbox.add_fault(spec)
    assert ask(sandbox, times=5) == expected


def test_counting_begins_when_a_fault_is_added_and_knows_one_method_only() -> None:
    sandbox = make_sandbox()
    ask(sandbox, "POST", times=3)
    sandbox.add_fault("503,POST,from=2")
    assert ask(sandbox, "GET", times=3) == [401] * 3
    assert ask(sandbox, "POST", times=3) == [401, 503, 401]


def test_the_nth_create_fails_over_either_shell(api: Api) -> None:
    api.sandbox.add_fault("503,after,POST,from=2")
    assert api("GET", PROFILES).status == 200
    assert [api("POST", PROFILES, make_profile()).status for _ in range(3)] == [200, 503, 200]
    assert api("GET", PROFILES).data["total"] == 3


def test_a_rate_is_met_about_as_often_as_it_says_and_has_no_end() -> None:
    sandbox = make_sandbox(random=Random(7))
    sandbox.add_fault("429:5%")
    sandbox.add_fault("503:5%")
    told = Counter(ask(sandbox, times=4_000))
    assert told.keys() == {401, 429, 503}
    assert 160 <= told[429] <= 240
    assert 160 <= told[503] <= 240


def test_a_seed_gives_the_same_faults_again_and_another_one_others() -> None:
    runs = []
    for options in ({}, {"random": Random(0)}, {"random": Random(1)}):
        sandbox = make_sandbox(**options)
        sandbox.add_fault("429:50%")
        runs.append(ask(sandbox, times=64))
    assert runs[0] == runs[1] != runs[2]


def test_reset_ends_a_rate(quick: Api) -> None:
    quick.sandbox.add_fault("429:100%")
    assert quick("GET", PROFILES).status == 429
    quick.sandbox.reset()
    assert quick("GET", PROFILES).status == 200


def test_threads_share_the_counts() -> None:
    sandbox = make_sandbox()
    sandbox.add_fault("503:300,GET,from=101")
    sandbox.add_fault("429:100,from=501")
    answers: list[int] = []

    def work() -> None:
        answers.extend(ask(sandbox, times=200))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Counter(answers) == {401: 400, 503: 300, 429: 100}

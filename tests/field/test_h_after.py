"""What was confirmed is what is there: a change is read back, and what is missing is reported."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import pytest

from tests.cli.conftest import Answer, ask, attached, put
from tests.cli.expect import CREATE, ONE, TWO
from tests.conftest import Wacb, profile_id
from wacb.sandbox.emulator import Sandbox
from wacb.sandbox.in_process import exchange

FIRST, SECOND = profile_id(1), profile_id(2)
Rows = list[dict[str, str]]


class Afterwards:
    """The emulator, but for what its listing of numbers shows once a number was changed."""

    def __init__(self, sandbox: Sandbox, alter: Callable[[Rows], Rows]) -> None:
        self._api = partial(exchange, sandbox)
        self._alter = alter
        self._changed = False

    def __call__(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        self._changed = self._changed or method == "PUT"
        status, _, chunks = self._api(method, url, headers, body)
        content = b"".join(chunks)
        if self._changed and url.endswith("/number"):
            answer = json.loads(content)
            content = json.dumps(answer | {"data": self._alter(answer["data"])}).encode()
        return status, [], iter([content])


def drop_number(rows: Rows) -> Rows:
    return [row for row in rows if row["phone_number"] != ONE]


def drop_member(rows: Rows) -> Rows:
    return [
        {name: value for name, value in row.items() if name != "callback_profile_id"}
        if row["phone_number"] == ONE
        else row
        for row in rows
    ]


@pytest.mark.parametrize(
    ("alter", "code", "reason"),
    [
        (drop_number, 8, "it is no longer listed"),
        (drop_member, 7, "the API no longer shows its profile"),
    ],
    ids=["the number", "its member"],
)
@pytest.mark.parametrize("numbers", [(ONE,), (ONE, TWO)], ids=["one number", "two numbers"])
def test_what_is_gone_after_a_change_is_reported(
    live: Wacb,
    sandbox: Sandbox,
    alter: Callable[[Rows], Rows],
    code: int,
    reason: str,
    numbers: tuple[str, ...],
):
    assert live(*CREATE).code == 0
    line = ("number", "attach", *numbers, "--profile", FIRST)
    outcome = live(*line, handler=Afterwards(sandbox, alter))
    assert outcome.code == code
    assert f"number {ONE} was changed, but could not be read back: {reason}" in outcome.err


def test_a_profile_that_is_deleted_while_it_is_attached_is_reported(live: Wacb, sandbox: Sandbox):
    assert live(*CREATE).code == 0

    def delete_attached(method: str, *request: Any) -> Answer:
        answered = exchange(sandbox, method, *request)
        if method == "PUT":
            ask(sandbox, "DELETE", f"/v1/SID/callback/profiles/{FIRST}")
        return answered

    line = ("number", "attach", ONE, "--profile", FIRST)
    outcome = live(*line, handler=delete_attached)
    assert outcome.code == 8
    assert outcome.err.splitlines()[-2:] == [
        f"error: number {ONE} was changed, but profile {FIRST} no longer exists",
        "hint: attach another one with `wacb number attach`",
    ]


class Throttled:
    """The emulator, but for a first PUT that has to wait; another terminal acts meanwhile."""

    def __init__(self, sandbox: Sandbox, meanwhile: Callable[[], object]) -> None:
        self._api = partial(exchange, sandbox)
        self._meanwhile = meanwhile
        self.puts = 0

    def __call__(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        if method == "PUT":
            self.puts += 1
            if self.puts == 1:
                self._meanwhile()
                return 429, [("retry-after", "5")], iter([b'{"status": 429}'])
        return self._api(method, url, headers, body)


@pytest.mark.parametrize(
    ("other", "code", "puts"), [(SECOND, 9, 1), ("", 0, 2), (FIRST, 0, 2)], ids=str
)
def test_a_number_is_looked_at_again_after_its_request_waited(
    live: Wacb, sandbox: Sandbox, other: str, code: int, puts: int
):
    for title in ("First", "Second"):
        assert live(*CREATE, "--title", title).code == 0
    network = Throttled(sandbox, partial(put, sandbox, other))
    outcome = live("number", "attach", ONE, "--profile", FIRST, handler=network)
    assert (outcome.code, network.puts) == (code, puts)
    assert attached(sandbox, ONE) == (other or FIRST)
    refusal = [
        f"error: number {ONE} was changed by somebody else in the meantime",
        f"hint: check with `wacb number show {ONE}`",
    ]
    assert (outcome.err.splitlines()[-2:] == refusal) is (code != 0)


def test_a_number_is_looked_at_again_after_another_one_waited(live: Wacb, sandbox: Sandbox):
    for title in ("First", "Second"):
        assert live(*CREATE, "--title", title).code == 0
    network = Throttled(sandbox, partial(put, sandbox, SECOND, TWO))
    line = ("number", "attach", ONE, TWO, "--jobs", "1", "--profile", FIRST)
    assert live(*line, handler=network).code == 9
    assert (attached(sandbox, ONE), attached(sandbox, TWO)) == (FIRST, SECOND)

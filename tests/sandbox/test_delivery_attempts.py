"""Tries, what is kept of them, and the profile that is disabled after ten failures in a row."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from itertools import count
from pathlib import Path

import pytest

from tests.sandbox.shells import NUMBERS, ONE, PROFILES, Api, Clock
from wacb.net.session import Session
from wacb.net.timeout import Deadline
from wacb.sandbox.delivery import Attempt, Delivery, deliver
from wacb.sandbox.outgoing import Incoming, prepare
from wacb.sandbox.store import Store

Answer = tuple[int, list[tuple[str, str]], Iterator[bytes]]
MESSAGE = Incoming(number=ONE, type="text", fields={"body": "Hello"})


class Line:
    """A network that answers these statuses in turn, then 200; 0 is a connection that breaks."""

    def __init__(self, *statuses: int) -> None:
        self.statuses = list(statuses)
        self.sent = 0

    def __call__(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        self.sent += 1
        status = self.statuses.pop(0) if self.statuses else 200
        if not status:
            raise ConnectionResetError
        return status, [("content-encoding", "gzip")], iter([b"x" * 100_000])


@pytest.fixture
def profile(quick: Api) -> str:
    made = quick.create(url="http://127.0.0.1:1/hook")
    changes = {"phone_number": ONE, "callback_profile_id": made}
    assert quick("PUT", f"{NUMBERS}/update", changes).status == 200
    return made


Send = Callable[..., Delivery]


@pytest.fixture
def send(quick: Api, profile: str) -> Send:
    """Deliver the message over a Line; each try takes a second, and a pause none."""

    def run(line: Line, *, pauses: list[float] | None = None, seconds: float = 60) -> Delivery:
        ticks = count()
        sleep = (lambda _: None) if pauses is None else pauses.append
        return deliver(
            quick.sandbox.store,
            MESSAGE,
            partial(prepare, quick.sandbox.store),
            session=Session(timeout=5, deadline=Deadline(seconds), handler=line),
            sleep=sleep,
            timer=lambda: float(next(ticks)),
        )

    return run


def status_of(api: Api, profile: str) -> int:
    return int(api("GET", f"{PROFILES}/{profile}").data["status"])


@pytest.mark.parametrize(
    ("answers", "statuses", "delivered"),
    [
        ((200,), [200], True),
        ((204,), [204], True),
        ((299,), [299], True),
        ((500, 200), [500, 200], True),
        ((0, 404, 201), [None, 404, 201], True),
        ((301, 400, 503, 200), [301, 400, 503], False),
        ((0, 0, 0, 200), [None, None, None], False),
    ],
    ids=str,
)
def test_three_tries_are_made_until_a_2xx_comes(
    quick: Api, send: Send, answers: tuple[int, ...], statuses: list[int | None], delivered: bool
):
    pauses: list[float] = []
    outcome = send(Line(*answers), pauses=pauses)
    assert outcome.attempts == tuple(Attempt(status=one, ms=1000.0) for one in statuses)
    assert (outcome.delivered, outcome.error is None) == (delivered, delivered)
    assert pauses == [0.5, 1.0][: len(statuses) - 1]
    (kept,) = quick.sandbox.store.messages()
    assert kept == {
        "number": ONE,
        "type": "text",
        "fields": {"body": "Hello"},
        "delivered": delivered,
        "attempts": [{"status": one, "ms": 1000.0} for one in statuses],
    }


@pytest.mark.parametrize(
    ("answers", "reason"),
    [
        ((500, 500, 404), "after 3 attempts: the endpoint returned 404"),
        ((500, 500, 0), "after 3 attempts: 127.0.0.1:1 closed the connection"),
    ],
    ids=["a status", "no answer"],
)
def test_the_last_failure_is_told(send: Send, answers: tuple[int, ...], reason: str):
    assert str(send(Line(*answers)).error) == f"the message was not delivered {reason}"


def test_no_more_is_tried_once_the_deadline_has_passed(send: Send):
    line = Line()
    outcome = send(line, seconds=0)
    assert (line.sent, [one.status for one in outcome.attempts]) == (0, [None])
    assert str(outcome.error).startswith(
        "the message was not delivered after 1 attempt: the time limit of "
    )


def test_ten_failures_in_a_row_disable_the_profile(quick: Api, send: Send, profile: str):
    line = Line(*[500] * 100)
    errors = [str(send(line).error) for _ in range(10)]
    once = "the message was not delivered after 3 attempts: the endpoint returned 500"
    assert errors[:9] == [once] * 9
    assert errors[9] == (
        f"{once}; profile {profile} is now auto-disabled after 10 failures in a row"
    )
    assert status_of(quick, profile) == 2
    late = send(line)
    assert str(late.error) == f"profile {profile} is auto-disabled, so nothing was delivered"
    assert (line.sent, late.attempts) == (30, ())


def test_a_delivery_begins_the_count_anew(quick: Api, send: Send, profile: str):
    nine = [500] * 27
    for line in (Line(*nine), Line(500, 500), Line(*nine)):
        while line.statuses:
            send(line)
    assert status_of(quick, profile) == 1
    assert not send(Line(500, 500, 500)).delivered
    assert status_of(quick, profile) == 2


def test_the_count_outlives_an_update_and_does_not_show(quick: Api, send: Send, profile: str):
    before = quick("GET", f"{PROFILES}/{profile}").data
    send(Line(500, 500, 500))
    assert quick("GET", f"{PROFILES}/{profile}").data == before
    for _ in range(9):
        assert quick("PATCH", f"{PROFILES}/{profile}", {"title": "Renamed"}).status == 200
        send(Line(500, 500, 500))
    assert status_of(quick, profile) == 2


def test_a_profile_deleted_on_the_way_is_not_brought_back(quick: Api, send: Send, profile: str):
    class Deleting(Line):
        def __call__(
            self, method: str, url: str, headers: Mapping[str, str], body: bytes
        ) -> Answer:
            quick.sandbox.store.delete_profile(profile)
            return super().__call__(method, url, headers, body)

    assert not send(Deleting(500, 500, 500)).delivered
    assert quick.sandbox.store.profile(profile) is None


def test_reset_forgets_messages_and_failures(quick: Api, send: Send, profile: str, clock: Clock):
    send(Line(500, 500, 500))
    quick.sandbox.reset()
    assert quick.sandbox.store.messages() == []
    assert quick.sandbox.store.count_failure(profile) == 1


def test_the_newest_thousand_messages_are_kept():
    with Store(":memory:") as store:
        serials = [store.add_message({"n": n}) for n in range(1, 1003)]
        store.save_message(1, {"n": "gone"})
        assert serials == list(range(1, 1003))
        assert [row["n"] for row in store.messages()] == list(range(3, 1003))


def test_a_file_from_before_there_were_messages_is_still_ours(tmp_path: Path):
    path = tmp_path / "sandbox.sqlite3"
    Store(path).close()
    old = sqlite3.connect(path)
    for table in ("messages", "failures", "hidden"):
        old.execute(f"DROP TABLE {table}")
    old.close()
    with Store(path) as store:
        assert store.add_message({}) == 1
        assert [store.count_failure("x") for _ in range(2)] == [1, 2]

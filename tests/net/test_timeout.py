from __future__ import annotations

import threading
from types import SimpleNamespace
from typing import Any

import pytest

from wacb.net.timeout import Connection, Deadline, Stage, TimedRequest


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_counts_down_from_its_making_and_stops_at_zero(clock: Clock) -> None:
    deadline = Deadline(120, clock=clock)
    seen = []
    for seconds in (0, 100, 19.5, 0.5, 1000):
        clock.now += seconds
        seen.append(deadline.remaining())
    assert (deadline.seconds, seen) == (120, [120, 20, 0.5, 0, 0])


def test_a_pause_does_not_count(clock: Clock) -> None:
    deadline = Deadline(10, clock=clock)
    clock.now += 4
    with deadline.paused():
        clock.now += 60
        assert deadline.remaining() == 6
    clock.now += 1
    assert deadline.remaining() == 5


def test_a_pause_within_a_pause_does_not_count_twice(clock: Clock) -> None:
    deadline = Deadline(10, clock=clock)
    with deadline.paused():
        clock.now += 3
        with deadline.paused():
            clock.now += 3
        clock.now += 3
        assert deadline.remaining() == 10
    clock.now += 1
    assert deadline.remaining() == 9


def test_an_interrupted_pause_ends(clock: Clock) -> None:
    deadline = Deadline(10, clock=clock)
    with pytest.raises(KeyboardInterrupt), deadline.paused():
        clock.now += 5
        raise KeyboardInterrupt
    clock.now += 1
    assert deadline.remaining() == 9


def test_a_deadline_can_be_extended(clock: Clock) -> None:
    deadline = Deadline(10, clock=clock)
    clock.now += 4
    deadline.extend(30)
    assert (deadline.seconds, deadline.remaining()) == (30, 26)


def test_runs_on_the_real_clock() -> None:
    assert 99 < Deadline(100).remaining() <= 100


# -- one request


class Recorded(Connection):
    """A connection that notes how it was ended."""

    def __init__(self, proxy: str | None = None) -> None:
        super().__init__(proxy)
        self.ends: list[str] = []
        self.closed = threading.Event()

    def close(self) -> None:
        self.ends.append("closed")
        self.closed.set()

    def shutdown(self) -> None:
        self.ends.append(f"shut down {self.socket}")


def make_request(seconds: float = 30) -> TimedRequest:
    return TimedRequest("api.example", timeout=seconds, deadline=Deadline(100))


def trace(request: TimedRequest, event: str, **info: Any) -> None:
    request.on_trace(f"connection.{event}", info)


def connected(request: TimedRequest, socket: str, *, event: str = "connect_tcp") -> None:
    """Report as httpcore does that a socket is connected."""
    extra = {"socket": socket}
    trace(request, f"{event}.started", host="api.example")
    trace(request, f"{event}.complete", return_value=SimpleNamespace(get_extra_info=extra.get))


def sends(request: TimedRequest, method: bytes) -> None:
    headers = SimpleNamespace(method=method)
    request.on_trace("http11.send_request_headers.started", {"request": headers})


@pytest.mark.parametrize(
    ("seconds", "left", "limit", "deadline"), [(5, 9, 5, None), (9, 5, 5, 5), (5, 5, 5, 5)]
)
def test_a_request_has_the_shorter_limit_and_says_whether_it_is_the_deadline(
    clock: Clock, seconds: float, left: float, limit: float, deadline: float | None
) -> None:
    total = Deadline(left, clock=clock)
    request = TimedRequest("api.example", timeout=seconds, deadline=total)
    assert (request.seconds, request.deadline) == (limit, deadline)
    assert (request.stage, request.sent) == (Stage.PREPARING, False)
    assert (request.proxy, request.peer) == (None, "api.example")


def test_a_result_leaves_the_connection_as_it_is() -> None:
    connection, request = Recorded("http://proxy.example"), make_request()
    seen = request.run(
        lambda: (request.stage, request.sent, threading.current_thread().name), connection
    )
    assert seen == (Stage.CONNECTING, False, "request to api.example")
    assert request.peer == "api.example through the proxy http://proxy.example"
    assert connection.ends == []


def test_a_failure_closes_the_connection() -> None:
    connection, request = Recorded(), make_request()
    with pytest.raises(ZeroDivisionError):
        request.run(lambda: 1 // 0, connection)
    assert connection.closed.wait(10)
    assert connection.ends == ["closed"]


def test_it_is_sent_from_the_moment_that_headers_leave_for_the_host() -> None:
    connection, request = Recorded("http://proxy.example"), make_request()
    seen: list[tuple[str | None, bool]] = []

    def work() -> None:
        for step in (
            lambda: connected(request, "plain"),
            lambda: sends(request, b"CONNECT"),
            lambda: connected(request, "encrypted", event="start_tls"),
            lambda: sends(request, b"POST"),
        ):
            step()
            seen.append((connection.socket, request.sent))

    request.run(work, connection)
    assert seen == [("plain", False), ("plain", False), ("encrypted", False), ("encrypted", True)]
    assert connection.ends == []


def test_nothing_leaves_once_a_request_is_given_up() -> None:
    connection, request = Recorded(), make_request(0.05)
    given_up, failed = threading.Event(), threading.Event()

    def work() -> None:
        assert given_up.wait(10)
        connected(request, "late")
        with pytest.raises(ConnectionAbortedError):
            sends(request, b"POST")
        failed.set()

    with pytest.raises(TimeoutError):
        request.run(work, connection)
    assert connection.ends == ["shut down None"]
    given_up.set()
    assert failed.wait(10)
    assert connection.closed.wait(10)
    assert connection.ends == [
        "shut down None",
        "shut down None",  # connecting
        "shut down late",  # connected
        "shut down late",  # about to send
        "closed",
    ]
    assert not request.sent

"""One request and what becomes of it: attempts, waits, the deadline, data or an error."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.fake_api import (
    HOST,
    Clock,
    Network,
    Reply,
    Sent,
    Turn,
    answer,
    emulated,
    make_api,
    make_draft,
    make_exchanger,
    refusal,
)
from wacb.api.requests import ApiRequest
from wacb.api.retry import RequestTrace, RetryingClient
from wacb.errors import (
    ApiRejected,
    AuthenticationFailed,
    DeadlineExceeded,
    Interrupted,
    NotFound,
    Redirected,
    Unavailable,
    WacbError,
)
from wacb.net.session import Session
from wacb.net.timeout import Deadline
from wacb.sandbox.emulator import Sandbox

HTML = b"<!doctype html><title>Hello</title>"
DEEP = b"[" * 100 + b"]" * 100
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
REPEATABLE = ("GET", "PUT", "DELETE")

# failure -> the methods that may be sent again after it
FAILURES: dict[str, tuple[Turn, tuple[str, ...]]] = {
    "connect error": (ConnectionRefusedError(), METHODS),
    "unknown host": (socket.gaierror(), METHODS),
    "429": (refusal(429), METHODS),
    "500": (refusal(500), ()),
    "502": (Reply(status=502, body=HTML), REPEATABLE),
    "503": (refusal(503), REPEATABLE),
    "504": (Reply(status=504), REPEATABLE),
    "reset after sending": (ConnectionResetError(), REPEATABLE),
    "timeout after sending": (TimeoutError(), REPEATABLE),
    "torn answer": (Reply(body=b"{", torn=True), REPEATABLE),
    "HTML 200": (Reply(body=HTML), ()),
    "empty 200": (Reply(), ()),
    "status 999": (Reply(status=999), ()),
}
NOT_SENT = ("connect error", "unknown host", "429")


def make_request(method: str = "GET", **changes: Any) -> ApiRequest:
    body = {"a": "<b>"} if method in ("POST", "PUT", "PATCH") else None
    fields = {
        "method": method,
        "url": f"{HOST}/v1/x",
        "body": body,
        "verb": "doing",
        "subject": "the thing",
    }
    return ApiRequest(**{**fields, **changes})


def failure(network: Network, method: str = "GET", **how: Any) -> WacbError:
    with pytest.raises(WacbError) as caught:
        make_exchanger(network, **how).send(make_request(method))
    return caught.value


# -- what goes out


@pytest.mark.parametrize("method", METHODS)
def test_every_request_carries_the_key_and_says_what_it_holds(method: str) -> None:
    network = Network(answer({"id": 1}))
    assert make_exchanger(network, key="k").send(make_request(method)) == {"id": 1}
    (sent,) = network.sent
    own = {"api-key", "accept", "content-type"}
    assert (sent.method, sent.url) == (method, f"{HOST}/v1/x")
    assert {name: value for name, value in sent.headers.items() if name in own} == {
        "api-key": "k",
        "accept": "application/json",
        **({"content-type": "application/json"} if sent.body else {}),
    }
    assert sent.body == (b"" if method in ("GET", "DELETE") else b'{"a":"<b>"}')


# -- attempts


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("name", FAILURES)
def test_a_request_is_repeated_where_that_can_do_no_harm(name: str, method: str) -> None:
    turn, repeated = FAILURES[name]
    network, clock = Network(turn), Clock()
    error = failure(network, method, clock=clock)
    assert (type(error), error.exit_code) == (Unavailable, 7)
    assert isinstance(error, Unavailable)
    assert error.sent == (name not in NOT_SENT)
    assert len(network.sent) == (4 if method in repeated else 1)
    assert len(clock.sleeps) == len(network.sent) - 1
    assert len({(sent.method, sent.url, sent.body) for sent in network.sent}) == 1


@pytest.mark.parametrize("name", [name for name, (_, repeated) in FAILURES.items() if repeated])
def test_an_attempt_that_succeeds_ends_the_repeating(name: str) -> None:
    network = Network(FAILURES[name][0], FAILURES[name][0], answer("data"), ConnectionResetError())
    assert make_exchanger(network).send(make_request()) == "data"
    assert len(network.sent) == 3


@given(st.sampled_from(("POST", "PATCH")), st.lists(st.sampled_from(sorted(FAILURES)), min_size=1))
def test_what_may_have_arrived_is_never_sent_twice(method: str, names: list[str]) -> None:
    network = Network(*(FAILURES[name][0] for name in names))
    failure(network, method)
    arrived = [name for name in names[: len(network.sent)] if name not in NOT_SENT]
    assert len(arrived) <= 1
    assert len(network.sent) <= 4


# -- waits


def test_waits_are_drawn_from_a_range_that_doubles() -> None:
    ranges: list[tuple[float, float]] = []
    clock = Clock()

    def uniform(low: float, high: float) -> float:
        ranges.append((low, high))
        return high / 4

    failure(Network(ConnectionResetError()), clock=clock, uniform=uniform)
    assert ranges == [(0, 0.5), (0, 1.0), (0, 2.0)]
    assert clock.sleeps == [0.125, 0.25, 0.5]


NOW = 1_790_000_000.0


def http_date(seconds: float) -> str:
    return format_datetime(datetime.fromtimestamp(NOW + seconds, UTC), usegmt=True)


@pytest.mark.parametrize("status", [429, 503])
def test_only_the_deadline_ends_a_patient_request_to_a_busy_api(status: int) -> None:
    network = Network(*[busy(2, status)] * 9, answer({"done": True}))
    assert make_exchanger(network).send(make_request("PUT"), until_deadline=True) == {"done": True}
    network, clock = Network(busy(2, status)), Clock()
    with pytest.raises(DeadlineExceeded):
        make_exchanger(network, clock=clock, deadline=31).send(
            make_request("PUT"), until_deadline=True
        )
    assert len(network.sent) == 16


@pytest.mark.parametrize(("others", "attempts"), [(6, 9), (0, 4)])
def test_a_throttled_request_is_repeated_while_others_get_through(
    others: int, attempts: int
) -> None:
    """A quota per second may turn one of many that are sent at once away more than four times."""
    clock = Clock()

    def quota(sent: Sent) -> Reply:
        clock.now += 0.01
        if sent.method == "PUT":
            return answer(None)
        if len(network.sent) <= 2 * others:
            exchanger.send(make_request("PUT"))
        return refusal(429)

    network = Network(quota)
    exchanger = make_exchanger(network, clock=clock)
    with pytest.raises(Unavailable):
        exchanger.send(make_request())
    assert [sent.method for sent in network.sent].count("GET") == attempts


def test_a_patient_request_meets_other_failures_four_times() -> None:
    network = Network(refusal(502))
    with pytest.raises(Unavailable):
        make_exchanger(network).send(make_request("PUT"), until_deadline=True)
    assert len(network.sent) == 4


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(
    ("text", "pause"),
    [
        pytest.param("7", 7, id="seconds"),
        pytest.param(" 0 ", 0.5, id="at once"),
        pytest.param("61", 60, id="over the cap"),
        pytest.param("9" * 400, 60, id="infinite"),
        pytest.param(http_date(9), 9, id="date"),
        pytest.param(http_date(-9), 0.5, id="past date"),
        pytest.param(http_date(3600), 60, id="date over the cap"),
        pytest.param("soon", 0.5, id="a word"),
        pytest.param("", 0.5, id="with an empty body"),
        pytest.param("-5", 0.5, id="negative"),
        pytest.param("1.5", 0.5, id="a fraction"),
        pytest.param("Wed, 99 Oct 2015 07:28:00 GMT", 0.5, id="no date"),
        pytest.param("1 Jan 2024 00:00:00 +" + "9" * 30, 0.5, id="absurd time zone"),
    ],
)
def test_the_api_may_say_how_long_to_wait(text: str, pause: float, status: int) -> None:
    clock = Clock()
    reply = Reply(status=status, headers={"Retry-After": text})
    exchanger = make_exchanger(Network(reply, answer(1)), clock=clock, now=lambda: NOW)
    assert exchanger.send(make_request()) == 1
    assert clock.sleeps == [pause]


@pytest.mark.parametrize("off", [-1e7, 1e7], ids=["slow", "fast"])
def test_a_date_to_wait_for_is_that_of_the_api_and_not_of_this_machine(off: float) -> None:
    clock = Clock()
    dates = {"Date": date_of(NOW), "Retry-After": date_of(NOW + 20)}
    network = Network(Reply(status=429, headers=dates), answer(1))
    make_exchanger(network, clock=clock, now=lambda: NOW + off).send(make_request())
    assert clock.sleeps == [20]


def date_of(seconds: float) -> str:
    return format_datetime(datetime.fromtimestamp(seconds, UTC), usegmt=True)


def test_a_slow_attempt_is_followed_by_another_read() -> None:
    clock, looks = Clock(), list[float]()

    def slow(sent: Sent) -> Reply:
        clock.now += 9
        return refusal(503)

    network = Network(slow, answer(1))
    request = make_request()._replace(method="PUT")
    exchanger = make_exchanger(network, clock=clock, uniform=lambda low, high: 0.0)
    exchanger.send(request, look_again=lambda: looks.append(clock.now))
    assert looks == [9]


@given(st.text(st.characters(exclude_categories=["Cs"])) | st.from_regex(r"\d\d? Jan \d+ .*"))
@example("0\x1f")
def test_any_retry_after_is_a_wait_within_the_cap(text: str) -> None:
    clock = Clock()
    network = Network(Reply(status=429, headers={"Retry-After": text}), answer(1))
    make_exchanger(network, clock=clock).send(make_request())
    assert 0 < clock.sleeps[0] <= 60


@pytest.mark.parametrize(("status", "sent"), [(429, False), (503, True)])
def test_a_wait_past_the_deadline_is_not_begun(status: int, sent: bool) -> None:
    clock = Clock()
    network = Network(Reply(status=status, headers={"Retry-After": "30"}))
    error = failure(network, clock=clock, deadline=30)
    assert isinstance(error, DeadlineExceeded)
    assert (error.message, error.hint, error.status, error.sent) == (
        f"doing the thing failed: "
        f"{'rate-limited' if status == 429 else 'the API is unavailable'} ({status}); retrying in "
        "30.0 s would exceed "
        "the time limit of 30 s",
        "try again later, or pass a longer --deadline",
        status,
        sent,
    )
    assert (len(network.sent), clock.sleeps) == (1, [])


def test_nothing_is_sent_after_the_deadline() -> None:
    clock, network = Clock(), Network(answer(1))
    exchanger = make_exchanger(network, clock=clock, deadline=10)
    assert exchanger.remaining() == 10
    clock.sleep(10)
    with pytest.raises(DeadlineExceeded) as caught:
        exchanger.send(make_request())
    assert (caught.value.sent, exchanger.remaining(), network.sent) == (False, 0, [])
    assert caught.value.message == (
        "the time limit of 10 s passed before anything was sent to api.example"
    )


# -- many threads


class HeldClock(Clock):
    """Seconds that pass when the test says so: who sleeps is held until then."""

    def __init__(self) -> None:
        super().__init__()
        self._asleep = threading.Semaphore(0)
        self._turn = threading.Condition()

    def sleep(self, seconds: float) -> None:
        with self._turn:
            self.sleeps.append(seconds)
            end = self.now + seconds
            self._asleep.release()
            assert self._turn.wait_for(lambda: self.now >= end, timeout=5)

    def await_sleepers(self, count: int) -> None:
        for _ in range(count):
            assert self._asleep.acquire(timeout=5)

    def advance(self, seconds: float) -> None:
        with self._turn:
            self.now += seconds
            self._turn.notify_all()


def busy(seconds: float, status: int = 429) -> Reply:
    return Reply(status=status, headers={"Retry-After": f"{seconds:g}"})


def make_shared(
    network: Network, clock: Clock, *, deadline: float = 120, **how: Any
) -> RetryingClient:
    """An exchanger for many threads, all on one clock."""
    session = Session(timeout=30, deadline=Deadline(deadline, clock=clock), handler=network)
    return RetryingClient(key="k", session=session, **{"clock": clock, "sleep": clock.sleep, **how})


@contextmanager
def workers(exchanger: RetryingClient) -> Iterator[Callable[..., list[Future[Any]]]]:
    """Send requests of some subjects, each in a thread of its own."""
    with ThreadPoolExecutor(16) as pool:
        yield lambda *subjects, **how: [
            pool.submit(exchanger.send, make_request(subject=subject, **how))
            for subject in subjects
        ]


def numbered(count: int) -> list[str]:
    return [f"number {number}" for number in range(count)]


@pytest.mark.parametrize("status", [429, 503])
def test_one_busy_answer_holds_all_threads(status: int) -> None:
    clock, network = HeldClock(), Network(busy(7, status), answer(1))
    with workers(make_shared(network, clock)) as send:
        futures = send("the first")
        clock.await_sleepers(1)
        clock.advance(2)
        futures += send(*numbered(7))
        clock.await_sleepers(7)
        assert (len(network.sent), clock.sleeps) == (1, [7] + [5] * 7)
        clock.advance(5)
        assert [future.result(5) for future in futures] == [1] * 8
    assert (len(network.sent), len(clock.sleeps)) == (9, 8)


def test_another_outage_holds_its_own_request_only() -> None:
    clock, network = HeldClock(), Network(busy(7, 502), answer(1))
    with workers(make_shared(network, clock)) as send:
        (held,) = send("the first")
        clock.await_sleepers(1)
        assert [future.result(5) for future in send(*numbered(7))] == [1] * 7
        assert not held.done()
        clock.advance(7)
        assert held.result(5) == 1


def test_busy_answers_of_requests_under_way_are_waited_for_once() -> None:
    told: list[float] = []
    clock, under_way = HeldClock(), threading.Barrier(8)

    def crowded(sent: Sent) -> Reply:
        under_way.wait(5)
        return busy(1)

    network = Network(*[crowded] * 8, answer(1))
    with workers(
        make_shared(network, clock, waiting=lambda seconds, failure: told.append(seconds))
    ) as send:
        futures = send(*numbered(8))
        clock.await_sleepers(8)
        clock.advance(1)
        assert [future.result(5) for future in futures] == [1] * 8
    assert (clock.now, clock.sleeps, told) == (1, [1] * 8, [1])
    assert len(network.sent) == 16


def test_who_waited_enough_goes_on_waiting_when_the_gate_was_closed_for_longer() -> None:
    clock = HeldClock()
    network = Network(busy(2, 502), busy(3), answer(1))
    with workers(make_shared(network, clock)) as send:
        (first,) = send("the first")
        clock.await_sleepers(1)
        clock.advance(1)
        (second,) = send("the second")
        clock.await_sleepers(1)
        clock.advance(1)
        clock.await_sleepers(1)
        assert (len(network.sent), clock.sleeps) == (2, [2, 3, 2])
        clock.advance(2)
        assert (first.result(5), second.result(5)) == (1, 1)


def test_a_request_that_is_not_repeated_holds_the_others_for_as_long_as_was_asked() -> None:
    clock, network = HeldClock(), Network(busy(7, 503), answer(1))
    exchanger = make_shared(network, clock)
    with pytest.raises(Unavailable):
        exchanger.send(make_request("POST"))
    with workers(exchanger) as send:
        (future,) = send("another")
        clock.await_sleepers(1)
        clock.advance(7)
        assert future.result(5) == 1
    assert clock.sleeps == [7]


def test_waiting_at_the_gate_uses_up_no_attempt() -> None:
    clock = Clock()
    network = Network(busy(1, 503), *[busy(1)] * 3, answer(1))
    exchanger = make_shared(network, clock)
    with pytest.raises(Unavailable):
        exchanger.send(make_request("POST"))
    assert exchanger.send(make_request()) == 1
    assert (len(network.sent), clock.sleeps) == (5, [1, 1, 1, 1])


def test_every_request_of_a_busy_bulk_run_ends_well() -> None:
    tries: dict[str, int] = {}
    waits: list[float] = []

    def moody(sent: Sent) -> Reply:
        number = int(sent.url.rpartition("/")[2])
        tries[sent.url] = tries.get(sent.url, 0) + 1
        return busy(1, (429, 503)[number % 2]) if tries[sent.url] <= number % 4 else answer(number)

    exchanger = make_shared(Network(moody), Clock(), sleep=waits.append)
    urls = [f"{HOST}/v1/{number}" for number in range(200)]
    with ThreadPoolExecutor(8) as pool:
        answers = pool.map(lambda url: exchanger.send(make_request("PUT", url=url)), urls)
        assert list(answers) == list(range(200))
    assert tries == {url: 1 + number % 4 for number, url in enumerate(urls)}
    assert set(waits) == {1}


def test_nothing_is_sent_when_the_gate_stays_closed_past_the_deadline() -> None:
    clock, network = Clock(), Network(busy(30))
    exchanger = make_shared(network, clock, deadline=30)
    for subject, sent in [("the first", True), ("the second", False)]:
        with pytest.raises(DeadlineExceeded) as caught:
            exchanger.send(make_request("PUT", subject=subject))
        error = caught.value
        said = "failed: rate-limited (429)" if sent else "was not tried: the API is busy"
        assert error.message == (
            f"doing {subject} {said}; retrying in 30.0 s would exceed the time limit of 30 s"
        )
        assert error.hint == "try again later, or pass a longer --deadline"
        assert (error.status, error.sent) == (429 if sent else None, False)
    assert (len(network.sent), clock.sleeps) == (1, [])


def test_a_gate_closed_past_the_deadline_ends_a_retry_with_its_own_failure() -> None:
    clock = HeldClock()
    network = Network(busy(5, 502), busy(30))
    with workers(make_shared(network, clock, deadline=30)) as send:
        (first,) = send("the first")
        clock.await_sleepers(1)
        (second,) = send("the second")
        assert isinstance(second.exception(5), DeadlineExceeded)
        clock.advance(5)
        error = first.exception(5)
    assert isinstance(error, DeadlineExceeded)
    assert (error.message, error.status, error.sent) == (
        "doing the first failed: the API is unavailable (502); retrying in 25.0 s would exceed the "
        "time limit of 30 s",
        502,
        True,
    )


# -- being told, being stopped


def test_of_a_wait_is_told_with_the_failure_before_it_begins() -> None:
    told: list[tuple[float, str, list[float]]] = []
    clock = Clock()

    def waiting(seconds: float, failure: Unavailable) -> None:
        told.append((seconds, failure.message, list(clock.sleeps)))

    network = Network(busy(12), busy(2, 502), busy(0.5, 502), answer(1))
    make_shared(network, clock, waiting=waiting, uniform=lambda low, high: 0.5).send(make_request())
    assert told == [
        (12, "doing the thing failed: rate-limited (429)", []),
        (2, "doing the thing failed: the API is unavailable (502)", [12]),
    ]
    assert clock.sleeps == [12, 2, 0.5]


def test_nothing_is_told_of_a_wait_that_is_not_begun() -> None:
    told: list[float] = []
    failure(Network(busy(30)), deadline=30, waiting=lambda seconds, failure: told.append(seconds))
    assert told == []


def test_halting_wakes_who_waits_and_starts_nothing_more() -> None:
    told = threading.Event()
    network = Network(refusal(503, "later"), answer(1))
    exchanger = make_shared(
        network,
        Clock(),
        sleep=None,
        uniform=lambda low, high: 60,
        waiting=lambda seconds, failure: told.set(),
    )
    with workers(exchanger) as send:
        (first,) = send("the first", method="PUT")
        assert told.wait(5)
        (second,) = send("the second")
        exchanger.stop_sending()
        error, unsent = first.exception(5), second.exception(5)
    assert isinstance(error, Unavailable)
    assert (error.message, error.sent) == (
        "doing the first failed: the API is unavailable (503: later)",
        True,
    )
    assert isinstance(unsent, Interrupted)
    assert unsent.message == "doing the second was not tried: the run was stopped"
    assert len(network.sent) == 1


def test_halting_lets_an_attempt_under_way_end() -> None:
    arrived, go = threading.Event(), threading.Event()

    def slow(sent: Sent) -> Reply:
        arrived.set()
        assert go.wait(5)
        return answer("data")

    exchanger = make_shared(Network(slow), Clock())
    with workers(exchanger) as send:
        (future,) = send("the thing")
        assert arrived.wait(5)
        exchanger.stop_sending()
        go.set()
        assert future.result(5) == "data"


@pytest.mark.parametrize("status", [429, 502])
def test_a_failure_after_halting_is_not_repeated(status: int) -> None:
    clock = Clock()

    def halting(sent: Sent) -> Reply:
        exchanger.stop_sending()
        return busy(1, status)

    network = Network(halting)
    exchanger = make_shared(network, clock)
    with pytest.raises(Unavailable) as caught:
        exchanger.send(make_request())
    assert (caught.value.status, len(network.sent), clock.sleeps) == (status, 1, [])


def test_nothing_is_sent_after_closing() -> None:
    network = Network(answer(1))
    exchanger = make_exchanger(network)
    exchanger.close()
    with pytest.raises(Interrupted):
        exchanger.send(make_request())
    assert network.sent == []


# -- answers


@pytest.mark.parametrize(
    ("reply", "data"),
    [
        pytest.param(answer([1, 2]), [1, 2], id="data"),
        pytest.param(answer(None), None, id="null"),
        pytest.param(answer(1, status=201), 1, id="201"),
        pytest.param(Reply(status=204), None, id="204"),
        pytest.param(Reply(status=204, body=HTML), None, id="204 with a body"),
        pytest.param(Reply(body=b'\xef\xbb\xbf{"id": 7}'), {"id": 7}, id="no envelope, a BOM"),
        pytest.param(Reply(body=b"[1]"), [1], id="an array"),
        pytest.param(Reply(body=DEEP), json.loads(DEEP), id="100 levels"),
    ],
)
def test_a_success_is_its_data(reply: Reply, data: Any) -> None:
    assert make_exchanger(Network(reply)).send(make_request("PUT")) == data


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "with an empty body"),
        (b" \r\n", "with an empty body"),
        (HTML, "but not JSON: Hello"),
        (b'{"data": {"a": 1}', "but not JSON"),
        (b'{"data": NaN}', "but not JSON"),
        (b'{"data": -Infinity}', "but not JSON"),
        (b'{"data": "\xff\xfe"}', "but not JSON"),
        (b"[" * 100_000, "but not JSON"),
        (b'{"error": ' + b"[" * 100 + b"]" * 100 + b"}", "but not JSON"),
        (b'{"a": ' * 101 + b"1" + b"}" * 101, "but not JSON"),
        (b'{"data": ' + b"9" * 5000 + b"}", "but not JSON"),
    ],
    ids=[
        "empty",
        "blank",
        "html",
        "torn",
        "nan",
        "infinity",
        "utf-8",
        "unclosed",
        "deep-arrays",
        "deep-objects",
        "digits",
    ],
)
def test_an_answer_that_is_not_json_is_no_answer(body: bytes, words: str) -> None:
    error = failure(Network(Reply(body=body)))
    assert (type(error), error.message, error.hint, error.status) == (
        Unavailable,
        f"doing the thing failed: api.example returned 200, {words}",
        "check that this is the API's host: run `wacb config show`",
        200,
    )


CREDENTIALS_HINT = (
    "run `wacb config show` to see where they come from. The key may be limited to certain IP "
    "addresses or deactivated, or was revoked when its creator left the account"
)


@pytest.mark.parametrize(
    ("reply", "kind", "message", "hint", "code"),
    [
        pytest.param(
            refusal(400, "url is wrong", "title is short", code="E13001", message="Bad"),
            ApiRejected,
            (
                "doing the thing failed: "
                "Kaleyra rejected the request (400: Bad; url is wrong; title is short)"
            ),
            None,
            "E13001",
            id="400",
        ),
        pytest.param(
            refusal(401, code="RBC001"),
            AuthenticationFailed,
            "Kaleyra rejected the SID and API key (401)",
            CREDENTIALS_HINT,
            "RBC001",
            id="401",
        ),
        pytest.param(
            refusal(403, "not from here"),
            AuthenticationFailed,
            "Kaleyra rejected the SID and API key (403: not from here)",
            CREDENTIALS_HINT,
            "RBC403",
            id="403",
        ),
        pytest.param(
            refusal(404, code="RBC302"),
            NotFound,
            "the thing does not exist (404)",
            None,
            "RBC302",
            id="404",
        ),
        pytest.param(
            Reply(status=404, body=HTML),
            Unavailable,
            "doing the thing failed: something before the API answered 404: Hello",
            "a proxy, firewall or gateway may be interfering; check that this is the API's host: "
            "run `wacb config show`",
            None,
            id="404 HTML",
        ),
        pytest.param(
            Reply(status=409, body=b'{"error": "taken", "message": "taken"}'),
            ApiRejected,
            "doing the thing failed: Kaleyra rejected the request (409: taken)",
            None,
            None,
            id="409",
        ),
        pytest.param(
            refusal(422, "x" * 501),
            ApiRejected,
            f"doing the thing failed: Kaleyra rejected the request (422: {'x' * 500})",
            None,
            "RBC422",
            id="422 in many words",
        ),
        pytest.param(
            refusal(500, "oops"),
            Unavailable,
            "doing the thing failed: the API is unavailable (500: oops)",
            "try again later",
            "RBC500",
            id="500",
        ),
        pytest.param(
            refusal(200, "no such thing"),
            ApiRejected,
            "doing the thing failed: Kaleyra rejected the request (200: no such thing)",
            None,
            "RBC200",
            id="error envelope in a 200",
        ),
        pytest.param(
            refusal(201, "x" * 501),
            ApiRejected,
            f"doing the thing failed: Kaleyra rejected the request (201: {'x' * 500})",
            None,
            "RBC201",
            id="error envelope in many words",
        ),
        pytest.param(
            Reply(body=b'{"status": 400}'),
            ApiRejected,
            "doing the thing failed: Kaleyra rejected the request (200: no reason given)",
            None,
            None,
            id="status in a 200",
        ),
    ],
)
def test_a_refusal_is_an_error_in_the_apis_words(
    reply: Reply, kind: type[WacbError], message: str, hint: str | None, code: str | None
) -> None:
    network = Network(reply)
    error = failure(network)
    assert (type(error), error.message, error.hint) == (kind, message, hint)
    assert (error.status, error.api_code) == (reply.status, code)
    assert len(network.sent) == 1


def test_a_404_to_what_names_no_existing_thing_is_about_the_path() -> None:
    with pytest.raises(NotFound) as caught:
        make_exchanger(Network(refusal(404, "none"))).send(make_request(existing=False))
    assert (caught.value.message, caught.value.hint) == (
        "doing the thing failed: api.example does not know the path (404: none)",
        "check the SID, --waba-id and --base-url: `wacb config show` shows where each comes from",
    )
    assert (caught.value.status, caught.value.api_code) == (404, "RBC404")


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("status", [300, 301, 302, 303, 304, 307, 308])
def test_a_redirect_is_refused_and_the_key_stays_here(status: int, method: str) -> None:
    network = Network(Reply(status=status, headers={"Location": "https://other.example/v1/x"}))
    error = failure(network, method)
    assert (type(error), error.message, error.hint, error.status) == (
        Redirected,
        f"api.example redirects to other.example ({status}); redirects are not followed",
        "copy the host from the console (API Domain) and pass it with --base-url or --region",
        status,
    )
    assert [sent.url for sent in network.sent] == [f"{HOST}/v1/x"]


@pytest.mark.parametrize(
    ("location", "target"),
    [
        ("http://user:secret@other.example:81/a?secret", "other.example:81"),
        ("//other.example", "other.example"),
        ("/v1/y", "no host"),
        ("http://[", "no host"),
        ("", "no host"),
    ],
)
def test_a_redirect_names_no_more_than_the_host(location: str, target: str) -> None:
    error = failure(Network(Reply(status=302, headers={"Location": location})))
    assert error.message == f"api.example redirects to {target} (302); redirects are not followed"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)
ENVELOPES = st.fixed_dictionaries(
    {}, optional=dict.fromkeys(("code", "message", "data", "error", "status"), JSON)
)


@given(
    st.sampled_from(METHODS),
    st.sampled_from((200, 201, 204, 302, 400, 401, 404, 429, 500, 503)) | st.integers(100, 999),
    st.binary() | (JSON | ENVELOPES).map(lambda value: json.dumps(value).encode()),
)
def test_any_answer_is_data_or_an_error_of_ours(method: str, status: int, body: bytes) -> None:
    network = Network(Reply(status=status, body=body))
    try:
        make_exchanger(network).send(make_request(method))
    except WacbError as error:
        assert error.status == status
        assert len(error.message) < 700
    else:
        assert 200 <= status < 300


# -- what -v is told


def test_every_attempt_is_traced_also_when_nothing_came() -> None:
    told: list[RequestTrace] = []

    clock = Clock()

    def slow(sent: Sent) -> Reply:
        clock.now += 0.01
        return answer(1)

    network = Network(ConnectionRefusedError(), refusal(503), slow)
    request = make_request("PUT")
    make_exchanger(network, key="k", clock=clock, trace=told.append).send(request)
    assert [(exchange.attempt, exchange.request) for exchange in told] == [
        (attempt, request) for attempt in (1, 2, 3)
    ]
    assert [exchange.response and exchange.response.status for exchange in told] == [None, 503, 200]
    assert 0 <= told[0].ms < 5000
    assert round(told[2].ms) == 10
    assert {tuple(exchange.headers.items()) for exchange in told} == {
        (("api-key", "k"), ("accept", "application/json"), ("content-type", "application/json"))
    }
    assert "'k'" not in repr(told)


def test_the_emulator_takes_a_request_and_turns_away_a_wrong_key(sandbox: Sandbox) -> None:
    request = make_api().create_profile(make_draft())
    created = make_exchanger(emulated(sandbox)).send(request)
    assert created == {"profile_id": "SG_00000000-0000-4000-8000-000000000001"}
    with pytest.raises(AuthenticationFailed, match="401: The SID or the API key is wrong"):
        make_exchanger(emulated(sandbox), key="other").send(request)

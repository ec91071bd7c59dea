"""What is delivered and to whom, and what is told of the answer."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator, Mapping
from contextlib import closing
from itertools import count
from typing import Any

import pytest

from tests.fault_server import FaultServer, answer
from tests.faults import OK
from wacb.callbacks.sender import (
    MAX_RESPONSE,
    Delivery,
    Outgoing,
    build,
    deliver,
    deliver_all,
    open_session,
    withhold,
)
from wacb.errors import CheckFailed, ConfigError, DeadlineExceeded, Unavailable
from wacb.models import CallbackProfile, Method
from wacb.net.session import Session
from wacb.net.timeout import Deadline

HOOK = "https://example.com/hook"
FIELDS = {"body": 'a "b" & c\n', "from": "15550123456"}
GET_HOOK = f"{HOOK}?own=%7e&b=<body>&f=<from>&s=<status>&x=<unknown>"
ENCODED = "b=a%20%22b%22%20%26%20c%0A&f=15550123456&s=&x=<unknown>"
SECRETS = {"Authorization": "Basic abc", "X-Api-Key": "k", "X-Plain": "p"}


def make_profile(method: Method = Method.POST, **changes: Any) -> CallbackProfile:
    url = HOOK if method.uses_body else GET_HOOK
    body = '{"b": "<body>", "n": 1.0}' if method.uses_body else None
    settings = {"url": url, "body": body, "headers": {}, **changes}
    return CallbackProfile(id="SG_1", title="T", method=method, **settings)


# -- what is sent


@pytest.mark.parametrize("method", [Method.GET, Method.DELETE])
def test_values_are_percent_encoded_in_the_kept_query(method: Method):
    assert build(make_profile(method), FIELDS) == Outgoing(
        method=method.value, url=f"{HOOK}?own=%7e&{ENCODED}", headers={}, body=None
    )


@pytest.mark.parametrize("method", [Method.POST, Method.PUT])
def test_values_are_escaped_in_the_json_body(method: Method):
    assert build(make_profile(method), FIELDS) == Outgoing(
        method=method.value,
        url=HOOK,
        headers={"content-type": "application/json"},
        body=b'{"b": "a \\"b\\" & c\\n", "n": 1.0}',
    )


def test_headers_of_the_profile_are_sent_as_they_are():
    headers = {"X-Plain": "p", "Content-Type": "text/json"}
    assert build(make_profile(headers=headers), FIELDS).headers == headers
    assert build(make_profile(Method.GET, headers=headers), FIELDS).headers == headers


def test_a_body_that_no_request_can_carry_is_made_one():
    assert build(make_profile(body='"\ud800"'), FIELDS).body == b'"?"'
    assert build(make_profile(body=None), FIELDS).body == b""


def test_each_value_is_encrypted_before_it_is_escaped():
    sealed = build(make_profile(Method.GET), FIELDS, encrypt=lambda text: f"+{len(text)}/=")
    assert sealed.url.endswith("b=%2B10%2F%3D&f=%2B11%2F%3D&s=&x=<unknown>")


@pytest.mark.parametrize(
    ("to", "url"),
    [
        ("http://127.0.0.1:8080", f"http://127.0.0.1:8080?own=%7e&{ENCODED}"),
        ("http://127.0.0.1/a?k=v", f"http://127.0.0.1/a?k=v&own=%7e&{ENCODED}"),
    ],
    ids=["bare", "with a query of its own"],
)
def test_the_query_of_the_template_moves_along(to: str, url: str):
    assert build(make_profile(Method.GET), FIELDS, to=to).url == url
    assert build(make_profile(Method.GET, url=f"{GET_HOOK}#f?"), FIELDS, to=to).url == url
    assert build(make_profile(Method.GET, url=HOOK), FIELDS, to=to).url == to
    assert build(make_profile(), FIELDS, to=to).url == to


@pytest.mark.parametrize(
    ("to", "trusted"),
    [
        (None, True),
        ("https://example.com/other?x=1", True),
        ("https://EXAMPLE.com:8443/", True),
        ("http://127.0.0.1:8080/", True),
        ("http://[::1]/", True),
        ("http://localhost/", True),
        ("http://example.com/hook", False),
        ("https://example.com.other.test/hook", False),
        ("https://www.example.com/hook", False),
        ("http://192.168.0.1/", False),
    ],
)
def test_headers_that_may_be_secret_go_to_their_own_host_only(to: str | None, trusted: bool):
    profile = make_profile(headers=SECRETS)
    shown, notes = withhold(profile, to)
    assert len(notes) == (0 if trusted else 3)
    sent = build(shown, FIELDS, to=to)
    content = {"content-type": "application/json"}
    assert sent.headers == (SECRETS if trusted else {}) | content
    assert "abc" not in repr(sent)


OTHER = "https://other.example/x"


def test_the_literals_of_a_template_go_to_their_own_host_only():
    said = (
        "{} in the template is sent as ***, as it may be a secret and --to is another host".format
    )
    url = "https://me:pass-word@example.com/h?token=s3cret&body=<body>&key=<from>"
    get = make_profile(Method.GET, url=url)
    shown, notes = withhold(get, OTHER)
    assert notes == [said("token")]
    assert build(shown, {"body": "b"}, to=OTHER).url == f"{OTHER}?token=***&body=b&key="
    body = '{"api_key": "s3cret", "b": ["<body>", 1.0, {"token": [7, 8]}]}'
    post = make_profile(url=url, body=body)
    shown, notes = withhold(post, OTHER)
    assert notes == [said("api_key"), said("token")]
    masked = '{"api_key":"***","b":["é",1.0,{"token":["***","***"]}]}'
    assert build(shown, {"body": "é"}, to=OTHER).body == masked.encode()
    for profile in (get, post, make_profile(body="[1,2 ]"), make_profile(body="no JSON")):
        assert withhold(profile, HOOK) == (profile, [])
    assert withhold(make_profile(body="[1,2 ]"), OTHER) == (make_profile(body="[1,2 ]"), [])
    shown, notes = withhold(make_profile(body="no JSON <body>"), OTHER)
    assert (shown.body, notes) == ("***<body>", [said("body")])


def test_user_info_is_not_sent():
    own = "?u=//a@b&body=<body>"
    profile = make_profile(Method.GET, url=f"https://me:pass-word@example.com{own}")
    assert build(profile, {"body": "b"}).url == "https://example.com?u=//a@b&body=b"
    post = make_profile(url="https://me@example.com/a@b")
    assert build(post, {}).url == "https://example.com/a@b"


@pytest.mark.parametrize("url", ["//x?body=<body>", "https://example.com/\ud800?body=<body>"])
def test_what_cannot_be_sent_is_refused_before_it_is_shown(url: str):
    with pytest.raises(ConfigError, match="is not the address of a server"):
        build(make_profile(Method.GET, url=url), FIELDS)


def test_an_endpoint_that_makes_no_sense_is_nobodys_host():
    profile = make_profile(url="https://[oops/", headers=SECRETS)
    assert withhold(profile, "https://example.com/")[0].headers == {}
    plain = make_profile(url="http://example.com/", headers=SECRETS)
    assert withhold(plain, "http://example.com/x") == (plain, [])


# -- what is told of the answer


@pytest.fixture
def session() -> Iterator[Session]:
    with closing(Session(timeout=30, deadline=Deadline(60))) as session:
        yield session


def told(*script: str | bytes, timeout: float = 5, **how: Any) -> tuple[Delivery, str]:
    """What is told of a delivery to a server, and the server's host."""
    with (
        FaultServer(*script) as server,
        closing(open_session(timeout=timeout, deadline=Deadline(30))) as session,
    ):
        outgoing = Outgoing("POST", f"{server.url}/hook?a=b", {"X-A": "b"}, b"{}")
        ticks = count(1.0, 0.0123456)
        delivery = deliver(session, outgoing, clock=lambda: next(ticks), **how)
    return delivery, server.url.removeprefix("http://")


def test_a_2xx_is_a_success():
    delivery, host = told(answer(204), n=3, type="image")
    assert delivery == Delivery(
        n=3,
        type="image",
        method="POST",
        url=f"http://{host}/hook?a=b",
        status=204,
        ms=12.3,
        ok=True,
        response="",
    )


LOCATIONS = {
    "another path": ("/hook/?token=secret", "/hook/"),
    "another host": ("https://me:secret@other.example/x?y", "https://other.example/x"),
    "long": ("/" + "x" * 999, "/" + "x" * 199),
}


@pytest.mark.parametrize("case", LOCATIONS)
def test_a_redirect_is_not_followed_but_named(case: str):
    location, shown = LOCATIONS[case]
    delivery, host = told(answer(308, b"", f"Location: {location}"))
    assert (delivery.status, delivery.ok, delivery.response) == (308, False, "")
    assert isinstance(delivery.error, CheckFailed)
    words = f"{host} redirects to {shown} (308); redirects are not followed"
    assert (delivery.error.message, delivery.error.status) == (words, 308)


@pytest.mark.parametrize("status", [304, 404, 500])
def test_another_answer_is_a_failure_with_its_words(status: int):
    delivery, host = told(answer(status, b"oops" * (status != 304)))
    assert (delivery.status, delivery.ok) == (status, False)
    assert delivery.response == ("" if status == 304 else "oops")
    assert isinstance(delivery.error, CheckFailed)
    assert delivery.error.message == f"{host} returned {status}"


@pytest.mark.parametrize(
    ("script", "words", "hint"),
    [
        (
            "refused",
            "cannot connect to {}: Connection refused",
            "is anything listening there? Try `wacb callback listen`",
        ),
        *(
            (
                script,
                "{} did not answer within 0.5 s",
                "try again, or pass a longer --timeout",
            )
            for script in ("silent", "drip body")
        ),
        (
            "garbage",
            "{} closed the connection, or did not answer with HTTP",
            "check the log of the server, and that it speaks HTTP",
        ),
    ],
)
def test_no_answer_is_a_failure_that_took_its_time(script: str, words: str, hint: str):
    delivery, host = told(script, timeout=0.5 if script in ("silent", "drip body") else 5)
    assert (delivery.status, delivery.response, delivery.ok) == (None, None, False)
    assert delivery.ms == 12.3
    assert isinstance(delivery.error, Unavailable)
    assert (delivery.error.message, delivery.error.hint) == (words.format(host), hint)
    assert delivery.error.sent == (script != "refused")


def test_where_the_deadline_has_passed_nothing_is_sent():
    with FaultServer() as server, closing(Session(timeout=1, deadline=Deadline(0))) as session:
        delivery = deliver(session, Outgoing("GET", server.url, {}, None))
        assert server.requests == []
    assert isinstance(delivery.error, DeadlineExceeded)


def test_what_cannot_be_sent_at_all_is_raised(session: Session):
    with FaultServer() as server:
        for url, headers in (("ftp://example.com", {}), (server.url, {"X": "a\nb"})):
            with pytest.raises(ConfigError):
                deliver(session, Outgoing("GET", url, headers, None))


TEXTS: Mapping[str, tuple[bytes, str]] = {
    "not UTF-8": (b"a\xffb", "a\ufffdb"),
    "long": (b"x" * 3 * 2**20, "x" * MAX_RESPONSE),
    "cut in a character": (b"x" * 16381 + "😀".encode(), "x" * MAX_RESPONSE),
    "torn at the end": (b"x\xf0\x9f", "x"),
    "a secret across the cut": (
        b"x" * (MAX_RESPONSE - 3) + b"secret!",
        "x" * (MAX_RESPONSE - 3) + "***",
    ),
}


@pytest.mark.parametrize("case", TEXTS)
def test_an_answer_is_text_of_a_limited_length(case: str):
    body, shown = TEXTS[case]
    delivery, _ = told(answer(200, body), hide=lambda t: t.replace("secret", "***"))
    assert (delivery.response, delivery.ok) == (shown, True)


def test_an_answer_that_goes_on_and_on_is_read_no_further():
    def chunks() -> Iterator[bytes]:
        yield from [b"x" * MAX_RESPONSE] * 5
        raise AssertionError("that was enough")

    def handler(*request: object) -> tuple[int, list[tuple[str, str]], Iterator[bytes]]:
        return 200, [], chunks()

    with closing(Session(timeout=30, deadline=Deadline(30), handler=handler)) as session:
        delivery = deliver(session, Outgoing("POST", HOOK, {}, b""))
    assert (delivery.status, delivery.response) == (200, "x" * MAX_RESPONSE)


def test_compressed_data_is_not_opened():
    delivery, _ = told(answer(200, b"\x1f\x8b..", "Content-Encoding: gzip"))
    assert (delivery.response, delivery.ok) == ("(compressed data)", True)


# -- many


def many(url: str, number: int) -> list[Outgoing]:
    return [Outgoing("POST", f"{url}/{n}", {}, b"{}") for n in range(1, number + 1)]


def test_each_is_sent_once_and_told_in_order(session: Session):
    told_of = []
    with FaultServer(OK) as server:
        outgoing = many(server.url, 20)
        deliveries = deliver_all(
            session,
            outgoing,
            type="reply",
            jobs=4,
            done=lambda each, delivery: told_of.append((each.url, delivery.n)),
        )
    assert [(one.n, one.type, one.url) for one in deliveries] == [
        (n, "reply", each.url) for n, each in enumerate(outgoing, start=1)
    ]
    assert all(one.ok for one in deliveries)
    paths = sorted(int(request.split()[1][1:]) for request in server.requests)
    assert paths == list(range(1, 21))
    assert sorted(told_of) == sorted((each.url, n) for n, each in enumerate(outgoing, start=1))


def test_failures_do_not_stop_the_others(session: Session):
    with FaultServer("500", "close after reading", OK) as server:
        deliveries = deliver_all(session, many(server.url, 3), type="text")
    assert [one.status for one in deliveries] == [500, None, 200]


def test_jobs_are_done_at_once():
    meeting = threading.Barrier(3, timeout=30)

    def handler(*request: object) -> tuple[int, list[tuple[str, str]], Iterator[bytes]]:
        meeting.wait()
        return 200, [], iter([b"met"])

    with closing(Session(timeout=30, deadline=Deadline(30), handler=handler)) as session:
        deliveries = deliver_all(session, many(HOOK, 3), type="text", jobs=3)
    assert [one.response for one in deliveries] == ["met"] * 3


def test_ctrl_c_ends_what_is_under_way_and_sends_nothing_more():
    def interrupt(outgoing: Outgoing, delivery: Delivery) -> None:
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

    with (
        FaultServer(OK, "silent") as server,
        closing(Session(timeout=30, deadline=Deadline(30))) as session,
        pytest.raises(KeyboardInterrupt),
    ):
        deliver_all(session, many(server.url, 50), type="text", jobs=2, done=interrupt)
    assert len(server.requests) <= 3

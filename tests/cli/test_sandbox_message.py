"""`wacb sandbox message`: what a person sees of a message that arrives in the emulator."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.cli.expect import NINE, ONE, as_json, done, failed, row, table
from tests.conftest import Outcome, Wacb, profile_id
from tests.sandbox.endpoint import Endpoint, listening
from wacb.callbacks.samples import sample
from wacb.sandbox.emulator import Sandbox

MESSAGE = ("sandbox", "message", "--to", ONE)
ENCRYPTED = ("--encrypt", "AES-128-CFB")
PASSWORD = {"WACB_BASIC_AUTH_PASSWORD": "synthetic-password"}
NO_PROFILE = (
    f"{ONE} has no profile attached, so nothing was delivered",
    f"run `wacb --sandbox number attach {ONE} --profile ID` to attach one",
)


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    with listening() as endpoint:
        yield endpoint


Attach = Callable[..., None]


@pytest.fixture
def attach(wacb: Wacb) -> Attach:
    """Create a profile of the real program's and put it on the first number."""

    def run(url: str, *more: str, method: str = "post") -> None:
        line = ("profile", "create", "--method", method, "--url", url, "--title", "local", *more)
        assert wacb("--sandbox", *line, env=PASSWORD).code == 0
        outcome = wacb("--sandbox", "number", "attach", ONE, "--profile", profile_id(1))
        assert outcome.code == 0, outcome

    return run


def steady(outcome: Outcome) -> Outcome:
    """An outcome without its times."""
    out = re.sub(r"[0-9.]+ ms", "N ms", outcome.out)
    out = re.sub(r'"ms": [0-9.]+', '"ms": 0', out)
    return replace(outcome, out=out, err=re.sub(r"[0-9]+ ms", "N ms", outcome.err))


@pytest.mark.parametrize(
    ("form", "shown"),
    [
        ((), table("wm-1", ONE, "text", "true", "200 in N ms")),
        (("-q",), "wm-1"),
        (
            ("-o", "json"),
            as_json(
                {
                    "id": "wm-1",
                    "number": ONE,
                    "type": "text",
                    "delivered": True,
                    "attempts": [{"status": 200, "ms": 0}],
                }
            ),
        ),
        (
            ("-o", "table"),
            f"id:         wm-1\nnumber:     {ONE}\ntype:       text\ndelivered:  ✓ true\n"
            "attempts:   200 in N ms",
        ),
    ],
    ids=["tsv", "quiet", "json", "record"],
)
def test_a_delivered_message_is_shown(
    wacb: Wacb, endpoint: Endpoint, attach: Attach, form: tuple[str, ...], shown: str
):
    attach(endpoint.url)
    assert steady(wacb(*MESSAGE, *form)) == done(shown)


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize(
    "more",
    [(), ("--basic-auth", "user"), ENCRYPTED, ("--basic-auth", "user", *ENCRYPTED)],
    ids=["plain", "basic auth", "encrypted", "both"],
)
def test_a_message_goes_through_the_profile(
    wacb: Wacb, endpoint: Endpoint, attach: Attach, method: str, more: tuple[str, ...]
):
    attach(endpoint.url, *more, method=method)
    assert wacb(*MESSAGE, "--type", "hostile").code == 0
    (request,) = endpoint.arrived
    assert request.method == method.upper()
    # user:synthetic-password
    basic = "Basic dXNlcjpzeW50aGV0aWMtcGFzc3dvcmQ=" if "--basic-auth" in more else None
    assert request.headers.get("authorization") == basic
    text = request.body.decode() or request.target
    assert ("15550123456" in text) == (ENCRYPTED[0] not in more)


def test_the_options_make_the_message(wacb: Wacb, endpoint: Endpoint, attach: Attach):
    attach(endpoint.url)
    line = ("--type", "image", "--text", 'As "promised"\n', "--from", "+44 7700 900123")
    for _ in range(2):
        assert wacb(*MESSAGE, *line, "--seed", "7").code == 0
    first, second = (json.loads(request.body) for request in endpoint.arrived)
    # not the clock of the emulator but the program's
    expected = sample(
        "image",
        number=ONE,
        sender="+447700900123",
        now=float(first["created_at"]),
        seed=7,
        text='As "promised"\n',
    )
    assert first == expected
    assert second["message"].replace(second["created_at"], first["created_at"]) == first["message"]


def test_a_naive_platform_is_imitated(wacb: Wacb, endpoint: Endpoint, attach: Attach):
    attach(endpoint.url, method="get")
    assert wacb(*MESSAGE, "--text", "a&b=c d", "--escape", "none").code == 0
    (request,) = endpoint.arrived
    assert request.target.startswith("/hook?body=a&b=c%20d&mime_type=&")


def test_the_number_may_come_from_the_environment(wacb: Wacb, endpoint: Endpoint, attach: Attach):
    attach(endpoint.url)
    outcome = wacb("sandbox", "message", "-q", env={"WACB_NUMBER": "1 (555) 010-0001"})
    assert outcome == done("wm-1")
    missing = failed(2, "--to is required", "pass --to NUMBER, or set WACB_NUMBER")
    assert wacb("sandbox", "message") == missing


def test_an_incoming_url_gets_the_message(wacb: Wacb, endpoint: Endpoint):
    line = ("number", "attach", ONE, "--incoming-url", endpoint.url, "--waba-id", "")
    assert wacb("--sandbox", *line).code == 0
    assert wacb(*MESSAGE, "--text", "Hello", "-q") == done("wm-1")
    (request,) = endpoint.arrived
    assert (request.method, request.target[:16]) == ("GET", "/hook?body=Hello")


def test_a_failure_is_tried_again(
    wacb: Wacb, endpoint: Endpoint, attach: Attach, sleeps: list[float]
):
    attach(endpoint.url)
    endpoint.statuses += [500, 0]
    sleeps.clear()
    shown = "500 in N ms, no response in N ms, 200 in N ms"
    assert steady(wacb(*MESSAGE)) == done(table("wm-1", ONE, "text", "true", shown))
    assert (len(endpoint.arrived), sleeps) == (3, [0.5, 1.0])


def test_a_message_that_is_not_delivered_fails_the_command(
    wacb: Wacb, endpoint: Endpoint, attach: Attach
):
    attach(endpoint.url)
    endpoint.statuses += [301, 404, 500]
    outcome = steady(wacb(*MESSAGE, "-o", "json"))
    message = "the message was not delivered after 3 attempts: the endpoint returned 500"
    assert outcome.code == 8
    assert json.loads(outcome.out)["attempts"] == [
        {"status": 301, "ms": 0},
        {"status": 404, "ms": 0},
        {"status": 500, "ms": 0},
    ]
    assert json.loads(outcome.out)["delivered"] is False
    assert json.loads(outcome.err)["error"] | {"hint": ""} == {
        "code": "check_failed",
        "message": message,
        "hint": "",
        "status": None,
        "api_code": None,
        "retryable": False,
    }


def test_ten_failures_in_a_row_end_it(wacb: Wacb, endpoint: Endpoint, attach: Attach):
    attach(endpoint.url)
    endpoint.statuses += [503] * 30
    outcomes = [wacb(*MESSAGE) for _ in range(10)]
    assert {outcome.code for outcome in outcomes} == {8}
    assert (
        f"profile {profile_id(1)} is now auto-disabled after 10 failures in a row\n"
        in outcomes[9].err
    )
    listed = row(url=endpoint.url, title="local").replace("\tactive\t", "\tauto-disabled\t")
    assert wacb("--sandbox", "profile", "list") == done(listed)
    refused = wacb("--sandbox", "number", "attach", "+15550100002", "--profile", "local")
    assert (refused.code, "is auto-disabled" in refused.err) == (9, True)
    assert wacb(*MESSAGE) == Outcome(
        code=8,
        out=table("wm-11", ONE, "text", "false", "") + "\n",
        err=f"error: profile {profile_id(1)} is auto-disabled, so nothing was delivered\n"
        f"hint: run `wacb --sandbox number attach {ONE} --replace --profile ID` to "
        "attach another one\n",
    )
    assert len(endpoint.arrived) == 30


def test_a_number_without_a_profile_gets_nothing(wacb: Wacb, sandbox: Sandbox):
    message, hint = NO_PROFILE
    outcome = Outcome(
        code=8,
        out=table("wm-1", ONE, "text", "false", "") + "\n",
        err=f"error: {message}\nhint: {hint}\n",
    )
    assert wacb(*MESSAGE) == outcome
    assert [kept["type"] for kept in sandbox.store.messages()] == ["text"]


@pytest.mark.parametrize(
    ("line", "code", "message", "hint"),
    [
        (
            ("--to", "+15550100099"),
            5,
            "+15550100099 was not found in the sandbox",
            "run `wacb --sandbox number list` to see its numbers",
        ),
        (
            ("--to", "12"),
            2,
            "'12' is not a valid phone number: it has 2 digits, not 7 to 15",
            "use + and the country code, like +919812345678",
        ),
        (
            ("--to", ONE, "--from", "me"),
            2,
            "'me' is not a valid phone number: unexpected character 'm'",
            "use + and the country code, like +919812345678",
        ),
        (
            ("--to", ONE, "--type", "sticker", "--text", "x"),
            2,
            "messages of type sticker have no text",
            "remove --text",
        ),
        (("--to", ONE, "--text", "\udcff"), 2, "the value for body is not valid UTF-8", None),
    ],
    ids=["unknown number", "no number", "no sender", "no text in a sticker", "no text"],
)
def test_what_cannot_arrive_is_refused(
    wacb: Wacb, sandbox: Sandbox, line: tuple[str, ...], code: int, message: str, hint: str | None
):
    for more in ((), ("--dry-run",)):
        assert wacb("sandbox", "message", *line, *more) == failed(code, message, hint)
    assert sandbox.store.messages() == []


def test_a_remote_endpoint_needs_a_flag(wacb: Wacb, sandbox: Sandbox, attach: Attach):
    attach("https://example.com/hook")
    for more in ((), ("--dry-run",)):
        assert wacb(*MESSAGE, *more) == failed(
            9,
            "the endpoint is on example.com, but the sandbox only delivers to this machine",
            "pass --allow-remote to send the message there",
        )
    assert sandbox.store.messages() == []
    outcome = wacb(*MESSAGE, "--allow-remote", "--dry-run")
    assert outcome.out.startswith("curl -X POST https://example.com/hook ")


def test_a_dry_run_shows_the_request_and_sends_nothing(
    wacb: Wacb, sandbox: Sandbox, endpoint: Endpoint, attach: Attach
):
    attach(endpoint.url, "--basic-auth", "user")
    outcome = wacb(*MESSAGE, "--text", "Hello", "--dry-run", "-o", "json")
    assert "***" in outcome.err
    (request,) = json.loads(outcome.out)["requests"]
    assert (request["method"], request["url"]) == ("POST", endpoint.url)
    assert request["headers"]["Authorization"] == "***"
    assert json.loads(request["body"])["body"] == "Hello"
    assert (endpoint.arrived, sandbox.store.messages()) == ([], [])
    message, hint = NO_PROFILE
    other = "+15550100002"
    unattached = failed(8, message.replace(ONE, other), hint.replace(ONE, other))
    assert wacb("sandbox", "message", "--to", other, "--dry-run") == unattached


def test_each_try_is_traced(wacb: Wacb, endpoint: Endpoint, attach: Attach):
    attach(endpoint.url, "--basic-auth", "user")
    endpoint.statuses += [0]
    outcome = steady(wacb(*MESSAGE, "-vv", "-q"))
    (body,) = {request.body.decode() for request in endpoint.arrived}
    first, second, *rest = outcome.err.splitlines()
    assert first == f"POST {endpoint.url} no response N ms attempt 1"
    assert second == f"POST {endpoint.url} 200 N ms attempt 2"
    assert rest == ["> Authorization: ***", "> Content-Type: application/json", f"> {body}"]
    assert steady(wacb(*MESSAGE, "-v", "-q")).err == f"POST {endpoint.url} 200 N ms attempt 1\n"


def test_a_query_is_traced_without_a_body(wacb: Wacb, endpoint: Endpoint, attach: Attach):
    attach(endpoint.url, method="get")
    outcome = steady(wacb(*MESSAGE, "-vv", "-q"))
    target = endpoint.arrived[0].target
    url = endpoint.url.replace("/hook", target)
    assert outcome.err == f"GET {url} 200 N ms attempt 1\n"


def test_the_time_for_a_try_is_the_users(wacb: Wacb, endpoint: Endpoint, attach: Attach):
    attach(endpoint.url)
    outcome = wacb(*MESSAGE, "--deadline", "0.000001")
    assert outcome.code == 8
    assert "not delivered after 1 attempt: the time limit of 1e-06 s passed" in outcome.err
    assert endpoint.arrived == []


def test_a_state_that_cannot_be_written_is_named(
    wacb: Wacb, sandbox: Sandbox, endpoint: Endpoint, attach: Attach, home: Path
):
    attach(endpoint.url)
    sandbox.store._connection.execute("PRAGMA query_only = ON")
    file = home / ".local" / "state" / "wacb" / "sandbox.sqlite3"
    assert wacb(*MESSAGE) == failed(
        3,
        f"the sandbox cannot use its state file {file}: attempt to write a readonly database",
        "free some space, or set XDG_STATE_HOME to another folder",
    )


def test_reset_forgets_the_messages(wacb: Wacb, sandbox: Sandbox):
    assert wacb(*MESSAGE).code == 8
    assert wacb("sandbox", "reset").code == 0
    assert sandbox.store.messages() == []


def test_pending_numbers_get_no_messages(wacb: Wacb):
    outcome = wacb("sandbox", "message", "--to", NINE)
    assert (outcome.code, outcome.err) == (
        8,
        f"error: {NINE} is pending and receives no messages\n"
        "hint: use an approved number, or add and confirm one with `wacb --sandbox number add`\n",
    )

"""The parts of the chain on their own; as a command it is in cli/test_verify.py."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.cli.expect import QUERY
from tests.fake_api import Clock
from wacb.errors import (
    Ambiguous,
    ApiRejected,
    AuthenticationFailed,
    CheckFailed,
    ConfigError,
    DeadlineExceeded,
    Interrupted,
    InvalidInput,
    NotFound,
    Skipped,
    Unavailable,
    WacbError,
)
from wacb.verify.checks import bare_url
from wacb.verify.result import ERROR_TYPES, CheckResult, Passed, run_check, skipped

HOOK = "https://example.com/hook"


def look(name: str, check: Callable[[], Passed]) -> CheckResult:
    return run_check(name, check, clock=Clock())


def failing(error: WacbError) -> Callable[[], Passed]:
    def check() -> Passed:
        raise error

    return check


@pytest.mark.parametrize(
    ("url", "bare"),
    [
        (HOOK, HOOK),
        (f"{HOOK}?", HOOK),
        (f"{HOOK}?{QUERY}", HOOK),
        (f"{HOOK}?team=7%2F8&{QUERY}&x=", f"{HOOK}?team=7%2F8&x="),
        (f"{HOOK}?a=1&b=x<body>y&c=%3Cfrom%3E&d=&lt;name&gt;&e=2", f"{HOOK}?a=1&e=2"),
        (f"{HOOK}/<wanumber>/in?a=1", f"{HOOK}//in?a=1"),
        (f"{HOOK}?<body>=1", HOOK),
        ("https://me:pass-word@example.com/hook?<body>=1", HOOK),
    ],
    ids=["plain", "empty query", "template", "own query", "encoded", "path", "key", "user info"],
)
def test_a_bare_url_holds_no_placeholder(url: str, bare: str):
    assert bare_url(url) == bare


def test_a_link_takes_the_time_of_its_check():
    clock = Clock()

    def slow() -> Passed:
        clock.sleep(0.0126)
        return Passed("fine", fix="go on")

    link = run_check("number", slow, clock=clock)
    assert link == CheckResult("number", True, 13, "fine", "go on")


def test_what_was_not_checked_took_no_time():
    expected = CheckResult("profile", None, None, "not checked: too early", "wait")
    assert look("profile", lambda: skipped("too early", "wait")) == expected


def test_what_nobody_can_tell_was_checked_all_the_same():
    assert look("number", lambda: Passed("hidden", None)) == CheckResult(
        "number", None, 0, "hidden"
    )


ERRORS = (
    *(InvalidInput("x"), ConfigError("x"), AuthenticationFailed("x"), NotFound("x")),
    *(ApiRejected("x"), Unavailable("x"), DeadlineExceeded("x"), CheckFailed("x"), Ambiguous("x")),
)
ENDS = {
    "config": (3, 3, 3, 3, 3, 3, 3, 3, 3),
    "credentials": (3, 3, 4, 3, 3, 7, 7, 3, 3),
    "number": (2, 3, 4, 5, 8, 7, 7, 8, 8),
    "profile": (8, 3, 4, 5, 8, 7, 7, 8, 8),
    "template": (8, 8, 8, 8, 8, 8, 8, 8, 8),
    "endpoint": (7, 7, 7, 7, 7, 7, 7, 7, 7),
    "delivery": (8, 8, 8, 8, 8, 8, 8, 8, 8),
}


@pytest.mark.parametrize("name", ERROR_TYPES)
def test_a_link_ends_the_command_with_a_code_of_its_own(name: str):
    links = [look(name, failing(error)) for error in ERRORS]
    assert tuple(link.error.exit_code for link in links if link.error) == ENDS[name]


def test_an_error_keeps_what_the_api_said():
    refusal = NotFound("no such thing", hint="make one", status=404, api_code="RBC302")
    link = look("profile", failing(refusal))
    error = link.error
    assert link == CheckResult("profile", False, 0, "no such thing", "make one", error)
    assert isinstance(error, NotFound)
    assert (error.message, error.hint) == ("verify: profile: no such thing", "make one")
    assert (error.status, error.api_code) == (404, "RBC302")


def test_a_failure_without_a_remedy_gets_one():
    link = look("credentials", failing(Unavailable("down")))
    assert link.fix == "wacb config show"
    assert link.error is not None
    assert link.error.hint == "wacb config show"


@pytest.mark.parametrize("error", [Interrupted("stop"), Skipped("stop")], ids=lambda e: e.code)
def test_an_interruption_is_no_finding(error: WacbError):
    with pytest.raises(Interrupted):
        look("endpoint", failing(error))

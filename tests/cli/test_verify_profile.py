"""`wacb verify`: profiles that are gone, not active or not complete."""

from __future__ import annotations

import pytest

from tests.cli.conftest import Showing, ask, attach_new
from tests.cli.expect import BODY, ONE
from tests.cli.verifying import (
    CONSOLE,
    FIRST,
    SECOND,
    VERIFY,
    check,
    good,
    line,
    skipped,
)
from tests.conftest import Wacb
from tests.fault_server import FaultServer
from wacb.sandbox.emulator import Sandbox


def test_a_profile_that_was_deleted_under_the_number(live: Wacb, sandbox: Sandbox, chain: str):
    ask(sandbox, "DELETE", f"/v1/SID/callback/profiles/{FIRST}")
    detail = f"callback profile {FIRST} does not exist (404: The profile does not exist)"
    fix = f"wacb number attach {ONE} --profile ID --replace"
    links = good(
        profile=line("profile", "broken", detail, fix),
        **skipped("template", "endpoint", "delivery"),
    )
    check(live(*VERIFY), 5, links, detail, fix)


@pytest.mark.parametrize(
    ("reference", "detail", "fix"),
    [
        (
            "Hok",
            "no profile with ID or title 'Hok'",
            "did you mean 'Hook'? run `wacb profile list` to see available profiles",
        ),
        (
            SECOND,
            f"callback profile {SECOND} does not exist (404: The profile does not exist)",
            "wacb profile list",
        ),
    ],
    ids=["title", "ID"],
)
def test_a_profile_that_does_not_exist(
    live: Wacb, chain: str, reference: str, detail: str, fix: str
):
    links = good(
        profile=line("profile", "broken", detail, fix),
        **skipped("template", "endpoint", "delivery"),
    )
    check(live(*VERIFY, "--profile", reference), 5, links, detail, fix)


def test_two_profiles_of_one_title(live: Wacb, sandbox: Sandbox, chain: str):
    attach_new(sandbox, chain)
    detail = f"2 profiles are named 'Hook': {FIRST}, {SECOND}"
    fix = "pass the ID of one of them"
    links = good(
        number=line("number", "ok", f"approved, {SECOND}"),
        profile=line("profile", "broken", detail, fix),
        **skipped("template", "endpoint", "delivery"),
    )
    check(live(*VERIFY, "--profile", "Hook"), 8, links, detail, fix)


@pytest.mark.parametrize(
    ("status", "word", "fix"),
    [
        (2, "auto-disabled", f"fix the endpoint, then {CONSOLE}"),
        (3, "disabled", CONSOLE),
    ],
    ids=["auto-disabled", "disabled"],
)
def test_a_profile_that_is_not_active(
    over: Wacb, sandbox: Sandbox, chain: str, status: int, word: str, fix: str
):
    off = Showing(sandbox, b'"status": 1', f'"status": {status}'.encode())
    detail = f"profile 'Hook' ({FIRST}) is {word}, so nothing is delivered"
    links = good(chain, profile=line("profile", "broken", detail, fix))
    check(over(off, *VERIFY), 8, links, detail, fix)


@pytest.mark.parametrize(
    ("body", "detail", "fix"),
    [
        (
            BODY.replace(',"contacts":"<contacts>"', ""),
            "13 of 14 placeholders; missing: <contacts>",
            f"wacb profile check {FIRST} --fix",
        ),
        (
            BODY.replace("<from>", "%3Cfrom%3E").replace("<media_url>", "<mediaurl>"),
            "12 of 14 placeholders; <mediaurl> in member 'media_url' is not a Kaleyra placeholder "
            "(did you mean <media_url>?); %3Cfrom%3E in member 'from' is encoded, so Kaleyra never "
            "fills it (did you mean <from>?)",
            f"wacb profile check {FIRST} --fix",
        ),
        (
            BODY.replace("<from>", "<sender>"),
            "13 of 14 placeholders; <sender> in member 'from' is not a Kaleyra placeholder; "
            "missing: <from>",
            f"replace the whole template with `wacb profile update {FIRST} --body-file FILE`",
        ),
    ],
    ids=["missing", "misspelt", "beyond repair"],
)
def test_a_template_that_is_not_complete(
    live: Wacb, sandbox: Sandbox, server: FaultServer, body: str, detail: str, fix: str
):
    url = attach_new(sandbox, f"{server.url}/hook", body=body)
    links = good(url, template=line("template", "broken", detail, fix))
    check(live(*VERIFY), 8, links, detail, fix)
    host = server.url.removeprefix("http://")
    links["delivery"] = line("delivery", "ok", f"{host} returned 200")
    check(live(*VERIFY, "--send"), 8, links, detail, fix)

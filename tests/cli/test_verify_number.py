"""`wacb verify`: numbers that are not listed, approved or attached."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import pytest

from tests.cli.conftest import Handler, Showing, attach_new
from tests.cli.expect import NINE, ONE, TWO
from tests.cli.registering import ADD, NEW
from tests.cli.verifying import (
    FIRST,
    NO_SEND,
    SECOND,
    VERIFY,
    check,
    good,
    line,
    passed,
    skipped,
    without_times,
)
from tests.conftest import Wacb
from tests.fake_api import Network, refusal
from wacb.sandbox.account import WABA_ID
from wacb.sandbox.emulator import Sandbox
from wacb.sandbox.in_process import exchange


def test_a_number_that_is_not_listed(live: Wacb, chain: str):
    other = "+15550100077"
    detail = f"number {other} not found in WABA {WABA_ID}"
    fix = "wacb number list"
    links = good(
        number=line("number", "broken", detail, fix),
        **skipped("profile", why="not checked: the number's profile is unknown"),
        **skipped("template", "endpoint", "delivery"),
    )
    check(live("verify", other), 5, links, detail, fix)


def test_what_was_named_is_checked_whatever_the_number_is_like(live: Wacb, chain: str):
    other = "+15550100077"
    detail = f"number {other} not found in WABA {WABA_ID}"
    fix = "wacb number list"
    again = f"wacb verify {other} --profile {FIRST} --send"
    links = good(
        chain,
        number=line("number", "broken", detail, fix),
        delivery=line("delivery", "skipped", NO_SEND, again),
    )
    check(live("verify", other, "--profile", FIRST), 5, links, detail, fix)


@pytest.mark.parametrize(
    ("number", "fix"),
    [
        (NEW, f"wacb number confirm {NEW} --otp CODE, or check the number in the Kaleyra console"),
        (
            NINE,
            "finish its registration in the Kaleyra console, or, if another machine added it, "
            f"run wacb number confirm {NINE} --id ID --otp CODE",
        ),
    ],
    ids=["added on this machine", "added elsewhere"],
)
def test_a_pending_number(live: Wacb, number: str, fix: str):
    live(*ADD)
    detail = f"{number} is pending; only approved numbers receive messages"
    links = good(
        number=line("number", "broken", detail, fix),
        **skipped("profile", why="not checked: the number has none"),
        **skipped("template", "endpoint", "delivery"),
    )
    check(live("verify", number), 8, links, detail, fix)


@pytest.mark.parametrize("waba", [(), ("--waba-id", "")], ids=["v2", "v1"])
def test_a_rejected_number_still_has_its_profile_checked(
    over: Wacb, sandbox: Sandbox, chain: str, waba: tuple[str, ...]
):
    rejected = Showing(sandbox, b'"approved"', b'"rejected"')
    outcome = over(rejected, *VERIFY, *waba, "--profile", "Hook")
    detail = f"{ONE} is rejected; only approved numbers receive messages"
    fix = "check the number in the Kaleyra console"
    again = ("wacb --waba-id ''" if waba else "wacb") + f" verify {ONE} --profile Hook --send"
    links = good(
        chain,
        number=line("number", "broken", detail, fix),
        delivery=line("delivery", "skipped", NO_SEND, again),
    )
    check(outcome, 8, links, detail, fix)


@pytest.mark.parametrize("named", [(), ("--profile", "Hook")], ids=["no profile", "a profile"])
def test_a_number_without_a_profile(live: Wacb, chain: str, named: tuple[str, ...]):
    detail = f"{TWO} has no profile attached"
    fix = f"wacb number attach {TWO} --profile {FIRST if named else 'ID'}"
    rest = {
        **skipped("profile", why="not checked: the number has none"),
        **skipped("template", "endpoint", "delivery"),
    }
    if named:
        again = f"wacb verify {TWO} --profile Hook --send"
        rest = {"delivery": line("delivery", "skipped", NO_SEND, again)}
    links = good(chain, number=line("number", "broken", detail, fix), **rest)
    check(live("verify", TWO, *named), 8, links, detail, fix)


def test_a_number_with_another_profile(live: Wacb, sandbox: Sandbox, chain: str):
    attach_new(sandbox, chain, title="Other")
    detail = f"{ONE} has profile {SECOND} attached, not {FIRST}"
    fix = f"wacb number attach {ONE} --profile {FIRST} --replace"
    again = f"wacb verify {ONE} --profile Hook --send"
    links = good(
        chain,
        number=line("number", "broken", detail, fix),
        delivery=line("delivery", "skipped", NO_SEND, again),
    )
    check(live(*VERIFY, "--profile", "Hook"), 8, links, detail, fix)


@pytest.mark.parametrize("status", [429, 401], ids=str)
def test_an_api_that_fails_halfway_keeps_its_exit_code(over: Wacb, sandbox: Sandbox, status: int):
    api: Handler = partial(exchange, sandbox)
    down = Network(refusal(status))

    def network(method: str, url: str, headers: Mapping[str, str], body: bytes) -> Any:
        return (down if "/whatsapp/" in url else api)(method, url, headers, body)

    outcome = over(network, *VERIFY, "-q")
    assert (outcome.code, outcome.out) == (7 if status == 429 else 4, "number\n")


V1 = ("--waba-id", "")
V1_VERIFY = f"wacb --waba-id '' verify {ONE}"


def test_v1_shows_no_profile_and_the_journal_fills_in(live: Wacb, chain: str, sandbox: Sandbox):
    unknown = "approved; the API does not show its profile"
    again = {"delivery": line("delivery", "skipped", NO_SEND, f"{V1_VERIFY} --send")}
    links = good(
        number=line("number", "skipped", unknown, f"{V1_VERIFY} --profile ID"),
        **skipped("profile", why="not checked: the number's profile is unknown"),
        **skipped("template", "endpoint", "delivery"),
    )
    links["number"] = links["number"].replace("\t\t", "\tMS\t")
    assert without_times(live(*VERIFY, *V1)) == passed(links)

    assert live("number", "attach", ONE, "--profile", "Hook", *V1).code == 0
    believed = f"{unknown} (last attached from here: {FIRST})"
    number = line("number", "skipped", believed)
    assert without_times(live(*VERIFY, *V1)) == passed(good(chain, number=number, **again))


def test_v1_takes_the_profile_that_is_named(live: Wacb, chain: str):
    number = line("number", "skipped", "approved; the API does not show its profile")
    again = f"{V1_VERIFY} --profile Hook --send"
    links = good(chain, number=number, delivery=line("delivery", "skipped", NO_SEND, again))
    assert without_times(live(*VERIFY, *V1, "--profile", "Hook")) == passed(links)


def test_v1_what_the_journal_says_counts(live: Wacb, sandbox: Sandbox, chain: str):
    attach_new(sandbox, chain, title="Other")
    assert live("number", "attach", ONE, "--profile", "Other", *V1).code == 0
    detail = f"{ONE} has profile {SECOND} attached, not {FIRST}"
    fix = f"wacb --waba-id '' number attach {ONE} --profile {FIRST} --replace"
    again = f"{V1_VERIFY} --profile Hook --send"
    links = good(
        chain,
        number=line("number", "broken", detail, fix),
        delivery=line("delivery", "skipped", NO_SEND, again),
    )
    check(live(*VERIFY, *V1, "--profile", "Hook"), 8, links, detail, fix)


def test_v1_a_number_that_does_not_exist(live: Wacb):
    outcome = live("verify", "+15550100077", *V1)
    assert outcome.code == 5
    assert outcome.err.startswith("error: verify: number: number +15550100077 does not exist (404")
    assert outcome.err.endswith("\nhint: check the numbers in the Kaleyra console\n")


def test_a_listing_that_is_not_there_is_no_fault_of_the_number(live: Wacb):
    outcome = live("verify", ONE, "--waba-id", "99")
    assert outcome.code == 5
    assert outcome.err.endswith(
        "hint: check the SID, --waba-id and --base-url: `wacb --waba-id 99 config show` shows "
        "where each comes from\n"
    )

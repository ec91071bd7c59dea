"""What every API command makes of an API that answers in no usable way."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import nullcontext

import pytest

from tests.cli.conftest import Watch
from tests.cli.expect import CREATE, ONE, failed
from tests.conftest import Wacb, profile_id
from tests.examples import sampled
from tests.fake_api import Network, Reply, Turn, answer, refusal
from wacb.sandbox.account import SID, WABA_ID

V1, V2 = "api.kaleyra.io", "api.ap.kaleyra.io"
PROFILES = "listing callback profiles"
PROFILE = f"reading callback profile {profile_id(1)}"
NUMBERS = f"listing the numbers of WABA {WABA_ID}"
# the first request of each: its host and what it is about
COMMANDS: dict[str, tuple[tuple[str, ...], str, str]] = {
    "profile create": (CREATE, V1, PROFILES),
    "profile list": (("profile", "list"), V1, PROFILES),
    "profile show": (("profile", "show", profile_id(1)), V1, PROFILE),
    "number list": (("number", "list"), V2, NUMBERS),
    "number show": (("number", "show", ONE), V2, NUMBERS),
    "number show V1": (("number", "show", ONE, "--waba-id", ""), V1, f"reading number {ONE}"),
    "number attach": (("number", "attach", ONE, "--profile", profile_id(1)), V1, PROFILE),
    "config init": (("config", "init"), V1, PROFILES),
}
HOST_OF_API = "check that this is the API's host: run `wacb config show`"
CREDENTIALS = (
    "run `wacb config show` to see where they come from. The key may be limited to certain IP "
    "addresses or deactivated, or was revoked when its creator left the account"
)
CONSOLE = "copy the host from the console (API Domain) and pass it with --base-url or --region"
AGAIN = "try again later; a proxy or firewall may be interfering"


class Flood:
    """Answers of 50 MB; `flooded` says whether more than 9 MiB of one were taken."""

    flooded = False

    def __call__(self, *_: object) -> tuple[int, list[tuple[str, str]], Iterator[bytes]]:
        return 200, [("content-type", "application/json")], self.chunks()

    def chunks(self) -> Iterator[bytes]:
        for size in range(0, 50_000_000, 64 * 1024):
            self.flooded |= size > 9 * 2**20
            yield b" " * (64 * 1024)


# answer, exit code, message, hint (None: any)
ANSWERS: dict[str, tuple[Turn, int, str, str | None]] = {
    "HTML": (
        Reply(body=b"<!doctype html><h1>Welcome</h1>", headers={"content-type": "text/html"}),
        7,
        "{subject} failed: {host} returned 200, but not JSON: Welcome",
        HOST_OF_API,
    ),
    "nothing": (
        Reply(),
        7,
        "{subject} failed: {host} returned 200, with an empty body",
        HOST_OF_API,
    ),
    "blanks": (
        Reply(body=b" \n"),
        7,
        "{subject} failed: {host} returned 200, with an empty body",
        HOST_OF_API,
    ),
    "an error in a 200": (
        Reply(body=b'{"error": "no such product", "message": "Not subscribed"}'),
        6,
        "{subject} failed: Kaleyra rejected the request (200: Not subscribed; no such product)",
        None,
    ),
    "an error list in a 200": (
        answer({}, error=[{"params": "quota"}], code="RBC999"),
        6,
        "{subject} failed: Kaleyra rejected the request (200: quota)",
        None,
    ),
    "a redirect": (
        Reply(status=302, headers={"location": "https://login.example/?next=1"}),
        3,
        "{host} redirects to login.example (302); redirects are not followed",
        CONSOLE,
    ),
    "401": (
        refusal(401, "bad key"),
        4,
        "Kaleyra rejected the SID and API key (401: bad key)",
        CREDENTIALS,
    ),
    "403": (refusal(403), 4, "Kaleyra rejected the SID and API key (403)", CREDENTIALS),
    "422": (
        refusal(422, "odd"),
        6,
        "{subject} failed: Kaleyra rejected the request (422: odd)",
        None,
    ),
    "500": (
        refusal(500, "oops"),
        7,
        "{subject} failed: the API is unavailable (500: oops)",
        "try again later",
    ),
    "reset": (ConnectionResetError(), 7, "{host} closed the connection", AGAIN),
    "truncated": (
        Reply(body=b'{"data": {"pro', torn=True),
        7,
        "{host} closed the connection",
        AGAIN,
    ),
}


@pytest.fixture(params=COMMANDS)
def ask(request: pytest.FixtureRequest, over: Wacb, untouched: Watch) -> Callable[..., None]:
    """Give every API command an answer, and check what it says of it."""
    line, host, subject = COMMANDS[request.param]

    def check(handler: object, code: int, message: str, hint: str | None) -> None:
        with nullcontext() if line is CREATE else untouched():  # which keeps a lock
            outcome = over(handler, *line)
        if hint and "--waba-id" in line:
            hint = hint.replace("`wacb ", "`wacb --waba-id '' ")
        expected = failed(code, message.format(subject=subject, host=host), hint)
        assert (outcome.code, outcome.out) == (code, "")
        if hint is None:
            assert outcome.err.startswith(expected.err)
        else:
            assert outcome == expected

    return check


@pytest.mark.parametrize("case", sampled(ANSWERS, every=3))
def test_an_answer_that_is_of_no_use(ask: Callable[..., None], case: str):
    turn, code, message, hint = ANSWERS[case]
    ask(Network(turn), code, message, hint)


def test_an_answer_of_50_mb_is_not_read_to_its_end(ask: Callable[..., None]):
    flood = Flood()
    message = "{host} sent a response larger than 8 MiB"
    ask(flood, 7, message, "check the host and the path")
    assert not flood.flooded


@pytest.mark.parametrize(
    ("case", "said"),
    [
        ("401", {"code": "credentials_refused", "status": 401, "api_code": "RBC401"}),
        ("500", {"code": "unavailable", "status": 500, "api_code": "RBC500", "retryable": True}),
        ("HTML", {"code": "unavailable", "status": 200, "api_code": None, "retryable": True}),
    ],
)
def test_an_error_is_json_where_json_was_asked_for(over: Wacb, case: str, said: dict[str, object]):
    turn, exit_code, message, hint = ANSWERS[case]
    outcome = over(Network(turn), "profile", "list", "-o", "json")
    assert (outcome.code, outcome.out, outcome.err.count("\n")) == (exit_code, "", 1)
    message = message.format(subject=PROFILES, host=V1)
    assert json.loads(outcome.err) == {
        "error": {"message": message, "hint": hint, "retryable": False, **said}
    }


def test_a_429_is_waited_for_as_long_as_it_asks(over: Wacb, sleeps: list[float]):
    busy = Reply(status=429, headers={"retry-after": "7"})
    outcome = over(Network(busy, busy, answer([])), "profile", "list", "-q")
    assert (outcome.code, outcome.out, outcome.err) == (0, "", "")
    assert sleeps == [7, 7]


def test_a_wait_beyond_the_deadline_is_not_begun(over: Wacb, sleeps: list[float]):
    busy = Reply(status=429, headers={"retry-after": "50"})
    outcome = over(Network(busy), "profile", "list", "--deadline", "40")
    assert outcome == failed(
        7,
        f"{PROFILES} failed: rate-limited (429); retrying in 50.0 s would exceed the "
        "time limit of 40 s",
        "try again later, or pass a longer --deadline",
    )
    assert sleeps == []


def test_the_key_goes_to_the_documented_hosts_only(over: Wacb):
    network = Network(answer([]))
    assert over(network, "profile", "list", "--region", "na", env={"WACB_WABA_ID": "7"}).code == 0
    line = ("number", "list", "-q", "--region", "na")
    assert over(network, *line, env={"WACB_WABA_ID": "7"}).code == 0
    assert [sent.url for sent in network.sent] == [
        f"https://api.na.kaleyra.ai/v1/{SID}/callback/profiles?limit=100&offset=0",
        f"https://api.na.kaleyra.io/v2/{SID}/whatsapp/7/number",
    ]

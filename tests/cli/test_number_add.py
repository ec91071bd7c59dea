"""`wacb number add`: what is sent and remembered, what is refused, and answers that go lost."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Refused, Showing, Watch, ask, fields, writes
from tests.cli.expect import CREATE, NAMES, ONE, TITLE, as_json, done, failed, table
from tests.cli.registering import (
    ADD,
    ID,
    LOST,
    NEW,
    NO_ID,
    V1,
    V1_HINT,
    V1_REFUSAL,
    Lossy,
    listed,
    remembered,
)
from tests.conftest import Wacb, profile_id
from tests.fake_api import Network, answer, refusal
from wacb.sandbox.account import SID, WABA_ID
from wacb.sandbox.emulator import Sandbox

BODY = {"phone_number": NEW, "name": "Shop", "verification_type": "sms", "country_code": "1"}
PATH = f"/v2/{SID}/whatsapp/{WABA_ID}/number/add"
HEADERS = (
    "-H \"api-key: $WACB_API_KEY\" -H 'accept: application/json' "
    "-H 'content-type: application/json'"
)
CURL = f"{HEADERS} --data-raw '{json.dumps(BODY, separators=(',', ':'))}'"
ABSENT = "SG_99999999-0000-4000-8000-000000000000"
OFFLINE = "note: checked offline: without credentials the profile was not looked up"


# -- what is sent, printed and remembered


def test_a_number_is_added_and_remembered(live: Wacb, sandbox: Sandbox, home: Path):
    outcome = live(*ADD, "-o", "json")
    assert outcome == done(as_json({"number": NEW, "id": ID, "profile": None}))
    (added,) = writes(sandbox)
    assert (added.method, added.path, fields(added)) == ("POST", PATH, BODY)
    assert listed(sandbox) == {
        "phone_number": NEW,
        "name": "Shop",
        "status": "pending",
        "callback_profile_id": "",
    }
    assert remembered(home) == {NEW: {"id": ID, "profile": None}}


@pytest.mark.parametrize("reference", [TITLE, profile_id(1)], ids=["title", "ID"])
def test_the_profile_is_remembered_by_its_id(
    live: Wacb, two_profiles: None, home: Path, reference: str
):
    outcome = live(*ADD, "--profile", reference)
    assert outcome == done(table(NEW, ID, profile_id(1)))
    assert remembered(home) == {NEW: {"id": ID, "profile": profile_id(1)}}


@pytest.mark.parametrize(
    ("form", "out"),
    [
        ((), table(NEW, ID, "")),
        (("-q",), ID),
        (("-o", "table"), f"number:  {NEW}\nid:      {ID}"),
    ],
    ids=["tsv", "quiet", "table"],
)
def test_add_in_each_form(live: Wacb, form: tuple[str, ...], out: str):
    assert live(*ADD, *form) == done(out)


def test_a_terminal_is_told_the_next_step(on_screen: Wacb):
    outcome = on_screen("--region", "in", *ADD, "--color", "never")
    assert outcome == done(
        f"number:  {NEW}\nid:      {ID}",
        f"next: wacb --region in number confirm {NEW} --otp CODE",
    )


@pytest.mark.parametrize(
    ("options", "sent"),
    [
        (("--verification", "voice"), {"verification_type": "voice"}),
        (("--verification", "SMS"), {"verification_type": "sms"}),
        (("--country-code", "+1"), {"country_code": "+1"}),
        (("--country-code", "us"), {"country_code": "US"}),
        (
            ("--name", "  Caf\u00e9 \u0928\u0940\u200c\u0932 "),
            {"name": "Caf\u00e9 \u0928\u0940\u200c\u0932"},
        ),
    ],
    ids=["voice", "SMS", "+1", "us", "name"],
)
def test_what_is_given_is_sent(
    live: Wacb, sandbox: Sandbox, options: tuple[str, ...], sent: dict[str, str]
):
    assert live(*ADD, *options, "-q") == done(ID)
    assert fields(writes(sandbox)[-1]) == BODY | sent


def test_the_number_is_brought_into_its_form(live: Wacb, sandbox: Sandbox):
    line = ("number", "add", "001 555 (010) 00.44", "--name", "Shop", "--country-code", "1")
    assert live(*line, "-q") == done(ID)
    assert fields(writes(sandbox)[-1]) == BODY


def test_number_and_profile_of_the_environment_are_not_used(live: Wacb, home: Path):
    env = {"WACB_NUMBER": ONE, "WACB_PROFILE": "absent"}
    assert live(*ADD, env=env) == done(table(NEW, ID, ""))
    line = ("number", "add", "--name", "Shop", "--country-code", "1")
    assert live(*line, env=env).code == 2


# -- refused before anything is sent


@pytest.mark.parametrize(
    ("options", "message", "hint"),
    [
        (
            ("--name", " \t"),
            r"' \t' is not a valid display name",
            "use text without control characters",
        ),
        (
            ("--name", "a\x1b[2J"),
            r"'a\x1b[2J' is not a valid display name",
            "use text without control characters",
        ),
        *[
            (
                ("--country-code", code),
                f"{code!r} is not a valid country code",
                "use a calling code like 91, or two letters",
            )
            for code in ("", "0", "1234", "++1", "USA", "\uff11")
        ],
        (
            ("--country-code", "+91"),
            f"number {NEW} does not begin with the country code +91",
            "check the number and --country-code",
        ),
    ],
)
def test_a_value_that_breaks_a_rule(
    refused: Refused, options: tuple[str, ...], message: str, hint: str
):
    refused((*ADD, *options), 2, message, hint)


def test_what_is_no_number(refused: Refused):
    line = ("number", "add", "12", "--name", "Shop", "--country-code", "1")
    refused(line, 2, "'12' is not a valid phone number: it has 2 digits, not 7 to 15")


@pytest.mark.parametrize("option", ["--name", "--country-code"])
def test_an_option_that_is_missing(refused: Refused, option: str):
    place = ADD.index(option)
    line = (*ADD[:place], *ADD[place + 2 :])
    hint = "run `wacb number add --help`"
    refused(line, 2, f"Missing option '{option}'.", hint)


def test_v1_cannot_add_a_number(refused: Refused):
    refused((*ADD, *V1), 3, V1_REFUSAL, V1_HINT)


def test_without_credentials_nothing_is_added(wacb: Wacb, home: Path):
    assert wacb(*ADD, "--waba-id", "7") == failed(
        3,
        "missing credentials: the SID (WACB_SID) and the API key (WACB_API_KEY)",
        "set the variables, run `wacb config init`, or add --sandbox to try it out",
    )
    assert not home.exists()


def test_a_profile_that_does_not_exist(refused: Refused):
    message = f"callback profile {ABSENT} does not exist (404: The profile does not exist)"
    refused((*ADD, "--profile", ABSENT), 5, message)


def test_a_profile_that_is_incomplete(refused: Refused, live: Wacb):
    options = ("--method", "get", "--url", "https://example.com/?a=<body>", "--title", "Brief")
    assert live(*CREATE, *options, "--allow-missing").code == 0
    left = ", ".join(f"<{name}>" for name in NAMES if name != "body")
    message = f"profile 'Brief' ({profile_id(1)}) has 1 of 14 placeholders; missing: {left}"
    refused((*ADD, "--profile", "Brief"), 9, message)


def test_a_profile_that_is_inactive(
    over: Wacb, two_profiles: None, sandbox: Sandbox, untouched: Watch
):
    network = Showing(sandbox, b'"status": 1', b'"status": 3')
    with untouched():
        outcome = over(network, *ADD, "--profile", TITLE)
    assert outcome == failed(
        9,
        f"profile '{TITLE}' ({profile_id(1)}) is disabled, so it delivers nothing",
        "enable it in the Kaleyra console; the API can't enable profiles",
    )


# -- dry runs


@pytest.mark.parametrize("profile", [(), ("--profile", TITLE)], ids=["plain", "profile"])
def test_a_dry_run_is_one_curl_command(
    live: Wacb, two_profiles: None, untouched: Watch, profile: tuple[str, ...]
):
    with untouched():
        outcome = live(*ADD, *profile, "--dry-run")
    assert outcome == done(f"curl -X POST https://api.ap.kaleyra.io{PATH} {CURL}")


def test_a_dry_run_without_credentials(wacb: Wacb, sandbox: Sandbox, home: Path):
    line = (*ADD, "--waba-id", "7", "--dry-run")
    url = '"https://api.ap.kaleyra.io/v2/$WACB_SID/whatsapp/7/number/add"'
    assert wacb(*line) == done(f"curl -X POST {url} {CURL}")
    assert wacb(*line, "--profile", ABSENT) == done(f"curl -X POST {url} {CURL}", OFFLINE)
    assert wacb(*line, "--profile", TITLE) == failed(
        2,
        f"'{TITLE}' is not a valid profile ID, and titles can't be looked up without credentials",
        "pass the profile's ID, or run `wacb config init`",
    )
    assert sandbox.requests() == []
    assert not home.exists()


# -- what goes wrong


def test_a_number_that_is_there_already(live: Wacb, two_profiles: None, home: Path):
    said = "Kaleyra rejected the request (400: The number is already registered)"
    line = ("number", "add", ONE, "--name", "Shop", "--country-code", "1")
    assert live(*line) == failed(6, f"registering number {ONE} failed: {said}")
    assert remembered(home) == {}
    assert live(*ADD).code == 0
    assert live(*ADD, "--profile", TITLE) == failed(6, f"registering number {NEW} failed: {said}")
    assert remembered(home) == {NEW: {"id": ID, "profile": None}}


@pytest.mark.parametrize("case", [*LOST, "no ID"])
def test_a_lost_answer_to_an_add_that_was_carried_out(
    over: Wacb, sandbox: Sandbox, sleeps: list[float], case: str
):
    lost, said = LOST.get(case, NO_ID)
    network = Lossy(sandbox, lost, committed=True)
    assert over(network, *ADD) == failed(
        7,
        f"{said}; number {NEW} is listed as pending, but its registration ID was in the lost "
        "response",
        f"run `wacb number confirm {NEW} --id ID` with the ID from the Kaleyra console",
    )
    assert network.posts == 1
    assert sleeps == [0]


@pytest.mark.parametrize("case", [*LOST, "no ID"])
def test_a_lost_answer_to_an_add_that_was_not(
    over: Wacb, sandbox: Sandbox, sleeps: list[float], case: str
):
    lost, said = LOST.get(case, NO_ID)
    network = Lossy(sandbox, lost)
    assert over(network, *ADD) == failed(
        7,
        f"{said}; number {NEW} may or may not have been added",
        f"check with `wacb number show {NEW}`; if it exists, run `wacb number confirm {NEW} --id "
        "ID` with the ID from the Kaleyra console",
    )
    assert network.posts == 1
    assert sleeps == [0, 1, 2]


@pytest.mark.parametrize("data", [[{"id": ID}], {"number": {"id": ID}}, {"data": [{"id": ID}]}])
def test_the_id_is_found_in_what_wraps_it(over: Wacb, data: object):
    assert over(Network(answer(data)), *ADD, "-q") == done(ID)


def test_a_number_that_may_be_unlisted_is_not_added_twice(over: Wacb, sandbox: Sandbox):
    assert over(Lossy(sandbox, LOST["reset"][0], committed=True), *ADD).code == 7
    network = Network(answer({"numbers": [{"phone_number": ONE}], "total": 2}))
    assert over(network, *ADD) == failed(
        7, "the API lists 1 of 2 numbers", "try again later, or compare with the Kaleyra console"
    )
    assert [sent.method for sent in network.sent] == ["GET"]


def test_a_lost_answer_loses_neither_the_profile_nor_an_id_that_is_known(
    over: Wacb, live: Wacb, two_profiles: None, sandbox: Sandbox, home: Path
):
    line = (*ADD, "--profile", TITLE)
    assert over(Lossy(sandbox, LOST["reset"][0]), *line).code == 7
    assert remembered(home) == {NEW: {"id": "", "profile": profile_id(1)}}
    assert live(*line, "-q") == done(ID)
    assert over(Lossy(sandbox, LOST["reset"][0]), *line, "--profile", "Second").code == 7
    assert remembered(home) == {NEW: {"id": ID, "profile": profile_id(2)}}


def test_the_deadline_ends_the_looking(over: Wacb, sandbox: Sandbox, sleeps: list[float]):
    assert over(Lossy(sandbox, LOST["reset"][0]), *ADD, "--deadline", "1.5").code == 7
    assert sleeps == [0, 1]


def test_an_add_that_was_turned_away_unread_is_forgotten(over: Wacb, home: Path):
    outcome = over(Network(refusal(429)), *ADD)
    message = f"registering number {NEW} failed: rate-limited (429)"
    assert outcome == failed(7, message, "try again later")
    assert remembered(home) == {}


@pytest.fixture
def file(home: Path) -> Path:
    """Where registrations are remembered; its folder is there."""
    path = home / ".local" / "state" / "wacb" / "registrations.json"
    path.parent.mkdir(parents=True)
    return path


def test_a_file_that_is_damaged_stops_the_add(live: Wacb, sandbox: Sandbox, file: Path):
    file.write_text("canary")
    assert live(*ADD) == failed(
        3,
        f"{file} was changed by another program",
        "remove this file; `wacb number confirm` then needs --id",
    )
    assert writes(sandbox) == []
    assert file.read_text() == "canary"


def test_a_disk_that_refuses_stops_the_add(live: Wacb, sandbox: Sandbox, file: Path):
    lock = file.with_name("registrations.json.lock")
    lock.mkdir()
    message = f"cannot lock {lock}: Is a directory"
    assert live(*ADD) == failed(3, message, "pass a file, not a folder")
    assert writes(sandbox) == []


def test_an_id_that_cannot_be_remembered_is_told(over: Wacb, sandbox: Sandbox, file: Path):
    network = Lossy(sandbox, before_post=lambda: file.write_text("[]"))
    assert over(network, *ADD) == failed(
        3,
        f"number {NEW} was added, but its registration ID {ID} could not be stored: {file} "
        "was changed by another program",
        f"confirm it with `wacb number confirm {NEW} --id {ID}`",
    )


def test_what_the_api_says_of_a_number_is_not_asked_for(live: Wacb, sandbox: Sandbox):
    assert live(*ADD).code == 0
    assert [request.method for request in sandbox.requests()] == ["POST"]
    assert ask(sandbox, "GET", f"/v2/SID/whatsapp/{NEW}/phone_number_details")["status"] == (
        "pending"
    )

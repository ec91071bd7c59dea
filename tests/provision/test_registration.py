"""What is remembered of registrations, and the rules for what the user gives of a new number."""

from __future__ import annotations

import json
import re
import threading
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fake_api import Network, Reply, answer, make_client, refusal
from wacb.errors import ApiRejected, ConfigError, InvalidInput, OutcomeUnknown, WacbError
from wacb.models import UNKNOWN
from wacb.provision import registration
from wacb.provision.registration_values import check_country_code, check_name, check_otp
from wacb.storage.identity import Identity
from wacb.storage.registrations import Registration, RegistrationStore

NEW = "+15550100044"
ENTRY = Registration(number=NEW, id="wn-1", profile="SG_1")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "registrations.json"


def of(file: Path, **other: Any) -> RegistrationStore:
    account = Identity(host="api.example", sid="HX1", waba_id="1")._replace(**other)
    return RegistrationStore(file.parent, account=account, remaining=lambda: 1.0)


# -- remembered


def test_nothing_is_remembered_at_first(file: Path):
    assert of(file).find(NEW) is None
    assert list(file.parent.iterdir()) == []


def test_what_is_kept_is_found_by_another_run(file: Path):
    of(file).save(ENTRY)
    assert of(file).find(NEW) == ENTRY
    assert of(file).find("+15550100045") is None
    assert file.stat().st_mode & 0o777 == 0o600
    entries = {NEW: {"id": "wn-1", "profile": "SG_1"}}
    assert json.loads(file.read_text()) == {"api.example/HX1/1": entries}


def test_the_last_that_is_kept_counts(file: Path):
    of(file).save(ENTRY)
    of(file).save(ENTRY._replace(id=UNKNOWN, profile=None))
    assert of(file).find(NEW) == Registration(number=NEW, id=UNKNOWN, profile=None)


def test_a_registration_is_known_by_its_id(file: Path):
    assert not of(file).has_id(NEW)
    of(file).save(ENTRY._replace(id=UNKNOWN))  # the answer that held it was lost
    assert not of(file).has_id(NEW)
    of(file).save(ENTRY)
    assert of(file).has_id(NEW)
    file.write_text("damaged")
    assert not of(file).has_id(NEW)


@pytest.mark.parametrize("other", [{"sid": "HX2"}, {"host": "mock.example"}, {"waba_id": "2"}])
def test_another_account_has_its_own(file: Path, other: dict[str, Any]):
    of(file).save(ENTRY)
    of(file, **other).save(ENTRY._replace(id="wn-2"))
    assert of(file).find(NEW) == ENTRY
    of(file, **other).finish(NEW, None)
    assert of(file, **other).find(NEW) is None
    assert of(file).find(NEW) == ENTRY


def test_what_version_0_1_kept_by_sid_alone_is_found_and_finished(file: Path):
    file.write_text(json.dumps({"HX1": {NEW: {"id": "wn-0", "profile": None}}}))
    assert of(file).find(NEW) == Registration(number=NEW, id="wn-0", profile=None)
    of(file).finish(NEW, ENTRY)
    assert of(file).find(NEW) == ENTRY
    assert of(file, host="mock.example").find(NEW) is None


def test_what_a_later_wacb_adds_stays(file: Path):
    kept = {"+1555": {"id": "x", "profile": None, "later": 1}}
    held = {"HX1": kept, "api.example/HX1/1": kept, "HX2": {}}
    file.write_text(json.dumps(held))
    of(file).save(ENTRY)
    of(file).finish(NEW, None)
    assert json.loads(file.read_text()) == held


@pytest.mark.parametrize(
    "text",
    [
        *("", "canary", "[]", "1", "null", '"HX1"', "[" * 100_000, '{"HX1": []}'),
        *('{"HX1": {"+1": 1}}', '{"HX1": {"+1": []}}', '{"HX1": {"+1": {"id": "canary"}}}'),
        '{"HX1": {"+1": {"id": null, "profile": null}}}',
        '{"HX1": {"+1": {"id": "", "profile": 7}}}',
    ],
)
def test_a_file_that_is_damaged_is_named_and_kept(file: Path, text: str):
    file.write_text(text)
    for use in (lambda: of(file).find(NEW), lambda: of(file).save(ENTRY)):
        with pytest.raises(
            ConfigError, match=f"^{re.escape(str(file))} was changed by another program"
        ) as caught:
            use()
        assert "canary" not in str(caught.value)
        assert caught.value.hint == "remove this file; `wacb number confirm` then needs --id"
    of(file).finish(NEW, ENTRY)
    assert file.read_text() == text


def test_runs_at_the_same_time_lose_nothing(file: Path):
    numbers = [f"+155501000{place}" for place in range(10, 30)]
    threads = [
        threading.Thread(target=of(file).save, args=(ENTRY._replace(number=number),))
        for number in numbers
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(of(file).find(number) == ENTRY._replace(number=number) for number in numbers)


# -- what is told of an answer that was lost or was no yes

OOPS = f"registering number {NEW} failed: the API is unavailable (500)"
CONSOLE = f"run `wacb number confirm {NEW} --id ID` with the ID from the Kaleyra console"
LISTED = answer([{"phone_number": NEW, "status": "pending"}])
NAMELESS: list[object] = [{}, [], None]


@pytest.mark.parametrize(
    ("script", "message", "hint", "status"),
    [
        (
            [refusal(500), answer([])],
            f"{OOPS}; number {NEW} may or may not have been added",
            f"check with `wacb number show {NEW}`; if it exists, {CONSOLE}",
            500,
        ),
        (
            [refusal(500), LISTED],
            f"{OOPS}; number {NEW} is listed as pending, but its registration ID was in the "
            "lost response",
            CONSOLE,
            500,
        ),
        *(
            (
                [answer(data), LISTED],
                f"registering number {NEW} failed: "
                f"the response has no ID; number {NEW} is listed as pending, "
                "but its registration ID was in the lost response",
                CONSOLE,
                None,
            )
            for data in NAMELESS
        ),
    ],
    ids=["lost", "lost but listed", "no ID", "an array", "nothing"],
)
def test_an_add_without_an_id_leaves_the_outcome_unknown(
    script: list[Reply], message: str, hint: str, status: int | None, file: Path
):
    client = make_client(Network(*script))
    request = client.api.add_number(NEW, name="Shop", country_code="1", verification="sms")
    sleeps: list[float] = []
    how: dict[str, Any] = {"number": NEW, "profile": "SG_1", "sleep": sleeps.append}
    with pytest.raises(OutcomeUnknown) as caught:
        registration.add(client, of(file), request, **how)
    error = caught.value
    assert (error.message, error.hint, error.status) == (message, hint, status)
    assert sleeps == ([0] if "is listed" in message else [0, 1, 2])
    assert of(file).find(NEW) == ENTRY._replace(id=UNKNOWN)


@pytest.mark.parametrize(
    ("turn", "kind", "message", "hint", "code"),
    [
        (
            refusal(500),
            OutcomeUnknown,
            f"confirming number {NEW} failed: the API is unavailable (500); number {NEW} may or "
            "may not be confirmed",
            f"check with `wacb number show {NEW}`; it is safe to run the same command again",
            None,
        ),
        (
            refusal(422, "wrong code"),
            ApiRejected,
            f"confirming number {NEW} failed: Kaleyra rejected the request (422: wrong code)",
            f"check the code and the ID, or send another code with `wacb number confirm {NEW} "
            "--resend`",
            "RBC422",
        ),
    ],
    ids=["lost", "refused"],
)
def test_a_code_that_was_not_surely_taken_is_an_error_with_the_status_of_the_answer(
    turn: Reply, kind: type[WacbError], message: str, hint: str, code: str | None
):
    client = make_client(Network(turn, LISTED))
    with pytest.raises(WacbError) as caught:
        registration.confirm(client, ENTRY, "123456", sleep=lambda seconds: None)
    error = caught.value
    assert (type(error), error.message, error.hint) == (kind, message, hint)
    assert (error.status, error.api_code) == (turn.status, code)


# -- the rules


@given(st.text())
def test_a_name_is_taken_or_refused(text: str):
    try:
        name = check_name(text)
    except InvalidInput as error:
        assert error.exit_code == 2
    else:
        assert name and name == text.strip()
        assert not re.search(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]", name)


@given(st.text(alphabet="0123456789+abZß \u0661\n", max_size=5))
def test_a_country_code_is_taken_or_refused(text: str):
    try:
        code = check_country_code(text, "+123456789")
    except InvalidInput as error:
        assert error.exit_code == 2
    else:
        assert re.fullmatch(r"\+?(1|12|123)|[A-Z]{2}", code)


@given(st.text(alphabet="0123456789aZ- \n_\u0661\x00", max_size=12))
def test_a_code_is_taken_or_refused_without_being_quoted(text: str):
    try:
        code = check_otp(text)
    except InvalidInput as error:
        assert str(error) == "the code must contain only letters and digits"
    else:
        assert code == re.sub(r"[ \n-]", "", text)
        assert code.isascii() and code.isalnum()

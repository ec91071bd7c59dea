"""Prepare an attachment: what the profile and the number must be like; the incoming URL."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.fake_api import (
    HOST,
    Network,
    answer,
    make_api,
    make_client,
    make_draft,
    make_row,
    refusal,
)
from tests.provision.attaching import (
    FIRST,
    NEW,
    NOT_SHOWN,
    ONE,
    PENDING,
    UNLISTED,
    emulator,
    make_look,
    stocked,
    told,
    update,
)
from wacb.api.client import Client
from wacb.api.requests import ApiRequest
from wacb.errors import (
    Ambiguous,
    ConsentRequired,
    InvalidInput,
    NotFound,
    TemplateError,
    Unavailable,
    Unsafe,
    WacbError,
)
from wacb.models import Method
from wacb.provision import attach
from wacb.provision.attach import NumberChange
from wacb.sandbox.account import SID, WABA_ID
from wacb.template.placeholders import INCOMING, build_url

V1, V2 = None, WABA_ID


def prepare(
    client: Client, folder: Path, reference: str = FIRST, number: str = ONE, **how: Any
) -> NumberChange:
    return attach.prepare_attach(make_look(client, folder), number, reference, **how)


def refused(
    client: Client, folder: Path, reference: str = FIRST, number: str = ONE, **how: Any
) -> WacbError:
    with pytest.raises(WacbError) as caught:
        prepare(client, folder, reference, number, **how)
    return caught.value


# -- the job itself


@pytest.mark.parametrize("reference", [FIRST, "Profile 1"], ids=["ID", "title"])
def test_a_profile_goes_on_a_free_number_with_v2(reference: str, tmp_path: Path) -> None:
    assert prepare(emulator(stocked()), tmp_path, reference) == NumberChange(
        number=ONE, old=None, new=FIRST, action="attach", shown=True
    )


def test_with_v1_nobody_knows_what_is_there(tmp_path: Path) -> None:
    client = emulator(stocked(), api=make_api(waba_id=V1))
    assert prepare(client, tmp_path) == NumberChange(
        number=ONE,
        old=UNKNOWN,
        new=FIRST,
        request=ApiRequest(
            method="PUT",
            url=f"{HOST}/v1/{SID}/whatsapp/number",
            body={"wa_number": ONE, "callback_profile_id": FIRST},
            subject=f"number {ONE}",
        ),
        action="attach",
        shown=False,
        notes=(NOT_SHOWN,),
    )


@pytest.mark.parametrize("waba_id", [V1, V2], ids=["V1", "V2"])
def test_preparing_writes_nothing(waba_id: str | None, tmp_path: Path) -> None:
    sandbox = stocked()
    made = len(sandbox.requests())
    prepare(emulator(sandbox, api=make_api(waba_id=waba_id)), tmp_path)
    assert {sent.method for sent in sandbox.requests()[made:]} == {"GET"}
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "how",
    [{}, {"replace": True}, {"if_current": NEW}, {"if_current": ""}, {"allow_missing": True}],
    ids=str,
)
def test_the_same_profile_is_left_as_it_is(how: dict[str, Any], tmp_path: Path) -> None:
    client = emulator(stocked())
    client.send(update())
    assert prepare(client, tmp_path, **how) == NumberChange(
        number=ONE, old=FIRST, new=FIRST, request=None, shown=True
    )


# -- refused because of the profile


def test_a_profile_that_does_not_exist(tmp_path: Path) -> None:
    assert type(refused(emulator(stocked()), tmp_path, NEW)) is NotFound
    assert type(refused(emulator(stocked()), tmp_path, "No such title")) is NotFound


def test_a_title_that_two_profiles_carry(tmp_path: Path) -> None:
    client = emulator(stocked())
    client.create_profile(make_draft(title="Profile 1"))
    assert type(refused(client, tmp_path, "Profile 1")) is Ambiguous


@pytest.mark.parametrize(
    ("status", "word"), [(2, "auto-disabled"), (3, "disabled"), (None, "unknown")]
)
@pytest.mark.parametrize("allow_missing", [False, True])
def test_a_profile_that_is_not_active(
    status: int | None, word: str, allow_missing: bool, tmp_path: Path
) -> None:
    client = make_client(Network(answer(make_row(status=status))))
    error = refused(client, tmp_path, NEW, allow_missing=allow_missing, replace=True)
    assert told(error) == (
        Unsafe,
        f"profile 'Incoming messages' (SG_1) is {word}, so it delivers nothing",
        "enable it in the Kaleyra console; the API can't enable profiles",
    )


@pytest.mark.parametrize("method", [Method.POST, Method.GET])
def test_a_profile_that_is_not_complete(method: Method, tmp_path: Path) -> None:
    client = emulator(stocked(profiles=0))
    if method.uses_body:
        draft = make_draft(body='{"a": "<body>", "b": "<from>"}')
    else:
        draft = make_draft(method=method, body=None, url="https://a.example/?a=<body>&b=<from>")
    client.create_profile(draft)
    missing = " ".join(f"<{name}>" for name in INCOMING if name not in ("body", "from"))
    assert told(refused(client, tmp_path)) == (
        ConsentRequired,
        f"profile 'Incoming messages' ({FIRST}) has 2 of 14 placeholders; missing: {missing}",
        f"repair it with `wacb profile check {FIRST} --fix`, or pass --allow-missing",
    )
    assert prepare(client, tmp_path, allow_missing=True).request == update()


# -- refused because of the number


def test_a_number_that_is_not_listed(tmp_path: Path) -> None:
    error = refused(emulator(stocked()), tmp_path, number=UNLISTED)
    assert told(error) == (
        NotFound,
        f"number {UNLISTED} not found in WABA {WABA_ID}",
        "run `wacb number list` to see available numbers",
    )
    client = emulator(stocked(), api=make_api(waba_id=V1))
    error = refused(client, tmp_path, number=UNLISTED)
    assert (type(error), error.status) == (NotFound, 404)
    assert error.message.startswith(f"number {UNLISTED} does not exist")


@pytest.mark.parametrize("waba_id", [V1, V2], ids=["V1", "V2"])
def test_a_number_that_is_not_approved(waba_id: str | None, tmp_path: Path) -> None:
    client = emulator(stocked(), api=make_api(waba_id=waba_id))
    assert told(refused(client, tmp_path, number=PENDING, replace=True)) == (
        Unsafe,
        f"number {PENDING} is pending; only approved numbers can be changed",
        "finish its registration in the Kaleyra console first",
    )


@pytest.mark.parametrize("status", ["on hold", None])
def test_a_number_of_unknown_status_is_taken(status: str | None, tmp_path: Path) -> None:
    rows = [{"phone_number": ONE, "status": status, "callback_profile_id": ""}]
    step = prepare(make_client(Network(answer(make_row()), answer(rows))), tmp_path, NEW)
    assert (step.new, step.request, step.notes) == ("SG_1", update(new="SG_1"), ())


def test_a_bad_profile_is_said_before_the_numbers_are_listed(tmp_path: Path) -> None:
    network = Network(answer(make_row(status=3)))
    refused(make_client(network), tmp_path, NEW)
    assert len(network.sent) == 1


# -- without credentials


def test_without_credentials_nothing_is_looked_up() -> None:
    assert attach.unseen(make_api(), ONE, NEW) == NumberChange(
        number=ONE,
        old=UNKNOWN,
        new=NEW,
        notes=(
            "checked offline: without credentials the profile and the number were not looked upwhether the profile exists, is active and "
            "complete, and whether the number is approved and free",
        ),
    )


def test_without_credentials_a_title_is_refused() -> None:
    with pytest.raises(InvalidInput) as caught:
        attach.unseen(make_api(), ONE, "Incoming messages")
    assert told(caught.value) == (
        InvalidInput,
        "'Incoming messages' is not a valid profile ID, and titles can't be looked up without credentials",
        "pass the profile's ID, or run `wacb config init`",
    )


# -- the incoming URL

ENDPOINT = "https://example.com/hook?a=1"
FULL_URL = build_url(ENDPOINT, INCOMING)
NOT_COMPARED = "the API does not show a number's incoming URL: it is neither compared nor journaled"
STORE_URL = ApiRequest(
    method="PUT",
    url=f"{HOST}/v1/{SID}/whatsapp/number",
    body={"wa_number": ONE, "incoming_url": FULL_URL},
    subject=f"number {ONE}",
)


@pytest.mark.parametrize("waba_id", [V1, V2], ids=["V1", "V2"])
def test_an_endpoint_is_stored_on_the_number(waba_id: str | None, tmp_path: Path) -> None:
    client = emulator(stocked(), api=make_api(waba_id=waba_id))
    look = make_look(client, tmp_path)
    assert attach.prepare_incoming_url(look, client.api, ONE, ENDPOINT) == NumberChange(
        number=ONE, old=UNKNOWN, new=UNKNOWN, request=STORE_URL, notes=(NOT_COMPARED,)
    )


def test_without_credentials_an_endpoint_is_only_written_out() -> None:
    assert attach.prepare_incoming_url(None, make_api(), ONE, ENDPOINT) == NumberChange(
        number=ONE,
        old=UNKNOWN,
        new=UNKNOWN,
        request=STORE_URL,
        notes=(NOT_COMPARED, "checked offline: without credentials the number was not looked up"),
    )


def test_an_endpoint_is_refused_for_a_number_that_is_pending_or_unknown(tmp_path: Path) -> None:
    client = emulator(stocked())
    look = make_look(client, tmp_path)
    with pytest.raises(Unsafe, match="is pending; only approved numbers can be changed"):
        attach.prepare_incoming_url(look, client.api, PENDING, ENDPOINT)
    with pytest.raises(NotFound, match="does not exist"):
        attach.prepare_incoming_url(look, client.api, UNLISTED, ENDPOINT)


def test_an_endpoint_with_an_incomplete_template_is_refused(tmp_path: Path) -> None:
    url = "https://example.com/?a=<body>"
    look = make_look(make_client(Network(refusal(500))), tmp_path)
    with pytest.raises(TemplateError, match="missing: <mime_type>"):
        attach.prepare_incoming_url(look, make_api(), ONE, url)
    step = attach.prepare_incoming_url(None, make_api(), ONE, url, allow_missing=True)
    assert step.request is not None
    assert step.request.body == {"wa_number": ONE, "incoming_url": url}


def test_a_look_that_fails_is_said_in_its_own_words(tmp_path: Path) -> None:
    network = Network(answer(make_row()), refusal(500, "oops"))
    assert told(refused(make_client(network), tmp_path, NEW)) == (
        Unavailable,
        f"the numbers of WABA {WABA_ID}: the API is unavailable (500: oops)",
        "try again later",
    )

"""What the API's JSON is read as, where no command shows it better."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fake_api import make_api, make_profile, make_row
from wacb import redaction
from wacb.api import responses
from wacb.api.envelope import Envelope, read_envelope
from wacb.api.listing import read_page
from wacb.api.responses import profile_row
from wacb.errors import Unavailable
from wacb.models import Encryption, Need, Number

NUMBER = "+919812345678"


def success(data: object) -> Envelope:
    return Envelope(code=None, message="", failed=False, data=data)


# -- the envelope


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        pytest.param(
            [1],
            Envelope(code=None, message="1", failed=False, data=[1], is_object=False),
            id="no object",
        ),
        pytest.param([{"id": 7}], success([{"id": 7}]), id="a list of one row"),
        pytest.param([{"data": 7}], success(7), id="an envelope in a list"),
        pytest.param({}, success(None)._replace(is_blank=True), id="nothing"),
        pytest.param({"message": None}, success(None), id="an empty envelope"),
        pytest.param(
            {"code": "RBC024", "message": "ok", "data": {"a": 1}, "error": {}, "status": 200},
            Envelope(code="RBC024", message="ok", failed=False, data={"a": 1}),
            id="success",
        ),
        pytest.param(
            {"id": 7},
            success({"id": 7}),
            id="without envelope",
        ),
        pytest.param(
            {"code": "E13001", "message": "bad", "data": {}, "error": [{"params": "a"}, "b"]},
            Envelope(code="E13001", message="bad; a; b", failed=True, data={}),
            id="error as list",
        ),
        pytest.param(
            {"error": {"params": "a", "more": ["b", 3, None]}, "message": "a", "data": None},
            Envelope(code=None, message="a; b", failed=True, data=None),
            id="error as object, words repeated",
        ),
        pytest.param(
            {"error": "no", "data": {}},
            Envelope(code=None, message="no", failed=True, data={}),
            id="error as text",
        ),
        pytest.param(
            {"error": [], "data": {}, "status": 404, "code": 12},
            Envelope(code="12", message="", failed=True, data={}),
            id="status alone",
        ),
        pytest.param(
            {"error": None, "data": {}, "status": "404"},
            Envelope(code=None, message="", failed=True, data={}),
            id="status as text",
        ),
    ],
)
def test_an_envelope_is_read_leniently(answer: object, expected: Envelope) -> None:
    assert read_envelope(json.dumps(answer).encode()) == expected


@pytest.mark.parametrize(
    ("data", "profile_id"),
    [
        ({"profile_id": "SG_1", "id": 2}, "SG_1"),
        ({"profileId": "SG_1"}, "SG_1"),
        ({"profile_id": None, "profileId": "", "id": 12}, "12"),
        ({"title": "Abc"}, None),
        ([{"id": 1}], "1"),
        (None, None),
    ],
)
def test_the_id_of_a_new_profile_has_three_names(data: object, profile_id: str | None) -> None:
    assert responses.created_id(data) == profile_id


# -- listings

ROWS: list[dict[str, Any]] = [{"id": 1, "title": "Abc"}, {"a": 2, "title": None}]


@pytest.mark.parametrize(
    ("data", "total"),
    [
        (ROWS, None),
        ({"rows": ROWS, "total": 7}, 7),
        ({"rows": ROWS, "total": 7.0}, 7),
        ({"rows": ROWS, "count": 7}, 7),
        ({"rows": ROWS, "total": "7", "count": 8}, 7),
        ({"rows": ROWS, "total": "many"}, None),
        ({"rows": ROWS, "count": 2}, None),
        ({"rows": ROWS, "total": True}, None),
        ({"profiles": None, "rows": ROWS, "total": 0}, 0),
        ({"data": {"rows": ROWS, "total": 7}}, 7),
    ],
)
def test_a_page_tells_the_total_where_it_is_a_number(data: object, total: int | None) -> None:
    page = read_page(data, "profiles")
    assert (page.rows, page.total, page.odd, page.more) == (ROWS, total, 0, False)


@pytest.mark.parametrize(
    "data", [{"callback": ROWS}, {"profiles": ROWS[0]}, {"0": ROWS[0], "1": ROWS[1]}], ids=str
)
def test_rows_in_a_place_that_is_not_known_are_not_an_empty_list(data: object) -> None:
    with pytest.raises(Unavailable, match="contains no list"):
        read_page(data, "profiles")


@pytest.mark.parametrize(
    ("missing", "needs"),
    [
        ("url", {Need.TEMPLATE, Need.ALL}),
        ("body", {Need.TEMPLATE, Need.ALL}),
        ("headers", {Need.ALL}),
        ("http_method", {Need.TEMPLATE, Need.ALL}),
        ("status", {Need.STATUS, Need.TEMPLATE, Need.ALL}),
    ],
)
def test_a_row_suffices_if_the_members_it_lacks_are_not_needed(
    missing: str, needs: set[Need]
) -> None:
    row = make_row()
    assert all(profile_row(row).shows(need) for need in Need)
    del row[missing]
    assert {need for need in Need if not profile_row(row).shows(need)} == needs


def test_the_template_of_a_get_profile_needs_no_body() -> None:
    row = make_row(http_method="GET")
    del row["body"]
    assert profile_row(row).shows(Need.TEMPLATE)
    assert not profile_row(row).shows(Need.ALL)


# -- profiles


def test_a_profile_as_documented() -> None:
    row = make_row(
        headers='{"X-A":"b"}',
        status=2,
        modified_at="2026-02-02T03:04:05.678Z",
        enc={"algo": "AES-128-CFB", "key": "k", "IV": "i"},
        response_message="thanks",
        channel="whatsapp",
        events='["a","b"]',
    )
    assert responses.parse_profile(row) == make_profile(
        headers={"X-A": "b"},
        status="auto-disabled",
        created_at="2026-01-02T03:04:05.678Z",
        modified_at="2026-02-02T03:04:05.678Z",
        encryption=Encryption(algorithm="AES-128-CFB", key="k", iv="i"),
        response_message="thanks",
        channel="whatsapp",
        events=("a", "b"),
    )


# -- numbers


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        pytest.param(
            {"phone_number": NUMBER, "name": "One", "status": "approved"},
            {"name": "One", "status": "approved"},
            id="profile not shown",
        ),
        pytest.param(
            {"wa_number": "91 98123-45678", "verified_name": "One", "callback_profile_id": None},
            {"name": "One", "callback_profile_id": None},
            id="no profile",
        ),
        pytest.param(
            {"display_phone_number": "00919812345678", "status": 1, "callback_profile_id": "SG_1"},
            {"status": "1", "callback_profile_id": "SG_1"},
            id="profile shown",
        ),
        pytest.param({"phone_number": "098123 45678", "country_code": "+91"}, {}, id="national"),
        pytest.param({"wa_number": 9812345678, "country_code": 91}, {}, id="digits alone"),
        pytest.param({"phone_number": NUMBER[1:], "country_code": "91"}, {}, id="with its code"),
        pytest.param({"phone_number": NUMBER, "country_code": "1"}, {}, id="+ and another code"),
        pytest.param({"phone_number": "a secret"}, {"number": "a secret"}, id="no phone number"),
        pytest.param({}, {"number": ""}, id="nothing"),
    ],
)
def test_a_listed_number_is_read_leniently(row: dict[str, Any], expected: dict[str, Any]) -> None:
    found = responses.parse_listed_number(row, make_api(waba_id="77"))
    assert found == Number(**{"number": NUMBER, "waba_id": "77", "api": "v2", **expected})


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        pytest.param(
            {"verified_name": "One", "name": "one", "status": "approved", "quality": "GREEN"},
            {"name": "One", "status": "approved"},
            id="object",
        ),
        pytest.param([{"name": "One"}], {"name": "One"}, id="array"),
        pytest.param([], {}, id="empty array"),
        pytest.param(None, {}, id="nothing"),
    ],
)
@pytest.mark.parametrize(
    ("waba_id", "api"), [(None, "v1"), ("77", "v2")], ids=["without WABA", "with WABA"]
)
def test_the_details_of_a_number_never_show_a_profile(
    data: object, expected: dict[str, Any], waba_id: str | None, api: str
) -> None:
    found = responses.parse_number_details(data, NUMBER, make_api(waba_id=waba_id))
    assert found == Number(number=NUMBER, waba_id=waba_id, api=api, **expected)


def test_the_details_of_another_number_are_no_answer() -> None:
    assert responses.parse_number_details({"wa_number": "919812345678"}, NUMBER, make_api())
    national = {"phone_number": "9812345678", "country_code": "91"}
    assert responses.parse_number_details(national, NUMBER, make_api())
    with pytest.raises(Unavailable, match=r"describes number \+15550100001, not \+919812345678"):
        responses.parse_number_details({"phone_number": "+15550100001"}, NUMBER, make_api())


# -- any JSON at all

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)


@given(
    st.dictionaries(
        st.sampled_from(sorted(make_row())) | st.text(max_size=3), json_values, max_size=8
    )
    | json_values
)
def test_any_json_is_read_or_refused(data: Any) -> None:
    assert isinstance(read_envelope(json.dumps(data).encode()).message, str)
    redaction.mask_api_json(data)
    responses.created_id(data)
    responses.parse_number_details(data, NUMBER, make_api())
    try:
        rows = read_page(data, "profiles").rows
    except Unavailable:
        rows = [data] if isinstance(data, dict) else []
    for row in rows:
        assert responses.parse_profile(row).id == profile_row(row).id
        responses.parse_listed_number(row, make_api())


@pytest.mark.parametrize(
    ("enc", "understood"),
    [({"algo": None, "key": ""}, True), ({"key": "k"}, False), (7, False)],
    ids=["all empty", "no algorithm", "number"],
)
def test_encryption_without_an_algorithm(enc: object, understood: bool) -> None:
    profile = responses.parse_profile(make_row(enc=enc))
    assert profile.encryption is None
    assert bool(profile.unreadable) is not understood

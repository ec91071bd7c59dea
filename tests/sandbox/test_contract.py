"""The emulator with another value for one assumption: what differs then."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.sandbox.shells import (
    NUMBERS,
    ONE,
    PROFILES,
    V1_NUMBER,
    Api,
    Clock,
    make_profile,
    make_sandbox,
    sends_in_process,
)
from wacb.api.assumptions import ASSUMPTIONS
from wacb.sandbox.account import SID
from wacb.sandbox.contract import AS_ASSUMED, KNOWN, Contract

PROFILE = "SG_00000000-0000-4000-8000-000000000001"
DETAILS = f"/v2/{SID}/whatsapp/{ONE}/phone_number_details"
UPDATE = f"{NUMBERS}/update"
LATER = Clock.now + 5


def make_api(**values: Any) -> Api:
    """An emulator with these values and one profile."""
    clock = Clock()
    sandbox = make_sandbox(contract=Contract(**values), clock=clock)
    api = Api(sandbox, sends_in_process(sandbox, lambda _: None), clock)
    assert api("POST", PROFILES, make_profile(headers='{"x": "y"}')).status == 200
    return api


def rows(api: Api, query: str = "") -> Any:
    return api("GET", f"{PROFILES}?{query}").data["profiles"]


def pages(api: Api, *offsets: int, limit: int = 4) -> list[int]:
    """The number of each row on some pages of an account with 24 profiles."""
    for number in range(2, 25):
        assert api("POST", PROFILES, make_profile(title=f"Number {number}")).status == 200
    found = [rows(api, f"limit={limit}&offset={offset}") for offset in offsets]
    return [int(row["profile_id"][-2:]) for page in found for row in page]


def attach(api: Api, method: str = "PUT", path: str = UPDATE, **fields: str) -> Any:
    """The status of an attachment, and what the listing shows then."""
    key = "wa_number" if path.startswith("/v1/") else "phone_number"
    status = api(method, path, {key: ONE, **fields}).status
    return status, api("GET", NUMBERS).data[0]


def row(**member: Any) -> dict[str, Any]:
    return {"phone_number": ONE, "name": "Sandbox One", "status": "approved", **member}


def found_titles(api: Api) -> list[int]:
    return [
        len(rows(api, f"title={title}"))
        for title in ("Incoming+messages", "Incoming", "incoming", "Else")
    ]


def change(api: Api, **fields: Any) -> tuple[int, dict[str, Any]]:
    """The status of an update, and its fields afterwards."""
    status = api("PATCH", f"{PROFILES}/{PROFILE}", fields).status
    shown = api("GET", f"{PROFILES}/{PROFILE}").data
    return status, {name: shown[name] for name in fields}


def new(api: Api) -> Any:
    return api("POST", PROFILES, make_profile(title="New")).data


def titled_twice(api: Api) -> list[int]:
    made = [api("POST", PROFILES, make_profile(title=title)).status for title in ("Same", "Same")]
    return [*made, change(api, title="Same")[0], change(api, title="Incoming messages")[0]]


def late(api: Api) -> list[int]:
    before = len(rows(api))
    api.clock.now = LATER
    return [before, len(rows(api))]


ATTACHED = {"callback_profile_id": PROFILE}
ID = "callback_profile_id"
MOVED = "/v2/{sid}/whatsapp/{waba_id}/number/profile"
MASKED = '{"x": "***"}'
TEXT = {"text": "<body>"}
# one value of an assumption, a request to the emulator, and its response
Case = tuple[dict[str, Any], Callable[[Api], Any], Any]
CASES: list[Case] = [
    ({"refused_key": 403}, lambda api: api("GET", PROFILES, headers={}).status, 403),
    (
        {"missing_profile_code": "RBC404"},
        lambda api: api("GET", f"{PROFILES}/x").envelope["code"],
        "RBC404",
    ),
    ({"profile_listing": "array"}, lambda api: len(api("GET", PROFILES).data), 1),
    (
        {"profile_listing": "data.rows"},
        lambda api: [*api("GET", PROFILES).data.get("data", ())],
        ["rows"],
    ),
    ({"profile_listing": "rows"}, lambda api: list(api("GET", PROFILES).data), ["rows"]),
    (
        {"profile_listing": "items with total"},
        lambda api: list(api("GET", PROFILES).data),
        ["items", "total"],
    ),
    ({"page_cap": 3}, lambda api: pages(api, 0, 3), [1, 2, 3, 4, 5, 6]),
    ({"offset_counts": "pages"}, lambda api: pages(api, 1, 2), [*range(5, 13)]),
    ({"short_page_is_last": False}, lambda api: pages(api, 0, 20, limit=21), [*range(1, 25)]),
    (
        {"short_page_is_last": False, "offset_counts": "pages"},
        lambda api: pages(api, 0, 1, limit=21),
        [*range(1, 25)],
    ),
    ({"lean_rows": "bare"}, lambda api: list(rows(api)[0]), ["profile_id", "title"]),
    (
        {"lean_rows": "incomplete details"},
        lambda api: "url" in api("GET", f"{PROFILES}/{PROFILE}").data,
        False,
    ),
    ({"lean_rows": "lean"}, lambda api: "url" in rows(api)[0], False),
    ({"title_filter": "exact"}, found_titles, [1, 0, 0, 0]),
    ({"title_filter": "any case"}, found_titles, [1, 1, 1, 0]),
    ({"title_filter": "finds nothing"}, found_titles, [0, 0, 0, 0]),
    ({"title_filter": "ignored"}, found_titles, [1, 1, 1, 1]),
    ({"listed_within": 5}, late, [0, 1]),
    (
        {"profile_details": "array"},
        lambda api: len(api("GET", f"{PROFILES}/{PROFILE}").data),
        1,
    ),
    (
        {"profile_details": "profile"},
        lambda api: list(api("GET", f"{PROFILES}/{PROFILE}").data),
        ["profile"],
    ),
    ({"profile_status": "digits"}, lambda api: rows(api)[0]["status"], "1"),
    ({"profile_status": "capitals"}, lambda api: rows(api)[0]["status"], "ACTIVE"),
    ({"profile_status": "none"}, lambda api: rows(api)[0]["status"], None),
    (
        {"json_strings": "json"},
        lambda api: [rows(api)[0][name] for name in ("body", "headers", "events")],
        [TEXT, {"x": "y"}, []],
    ),
    ({"headers_shown": False}, lambda api: rows(api)[0]["headers"], MASKED),
    ({"created_id": "uuid"}, new, {"uuid": PROFILE.replace("1", "2")}),
    ({"created_id": "profile"}, new, {"profile": {"profile_id": PROFILE.replace("1", "2")}}),
    ({"created_id": "none"}, new, {}),
    ({"titles_repeat": False}, titled_twice, [200, 409, 409, 200]),
    (
        {"update_fields": "refused"},
        lambda api: change(api, headers="{}"),
        (400, {"headers": '{"x": "y"}'}),
    ),
    (
        {"update_fields": "ignored"},
        lambda api: change(api, headers="{}", title="New"),
        (200, {"headers": '{"x": "y"}', "title": "New"}),
    ),
    (
        {"clear_value": "kept"},
        lambda api: change(api, headers=""),
        (200, {"headers": '{"x": "y"}'}),
    ),
    (
        {"clear_value": "refused"},
        lambda api: change(api, headers=""),
        (400, {"headers": '{"x": "y"}'}),
    ),
    ({"number_listing": "results"}, lambda api: list(api("GET", NUMBERS).data), ["results"]),
    (
        {"number_members": "msisdn, label"},
        lambda api: list(api("GET", NUMBERS).data[0]),
        ["msisdn", "label", "status", ID],
    ),
    (
        {"number_profile_member": "hook"},
        lambda api: attach(api, **ATTACHED),
        (200, row(hook=PROFILE)),
    ),
    (
        {"number_profile_member": "hook.id"},
        lambda api: attach(api, **ATTACHED),
        (200, row(hook={"id": PROFILE})),
    ),
    ({"number_profile_member": "none"}, lambda api: attach(api, **ATTACHED), (200, row())),
    (
        {"number_status": "online"},
        lambda api: [each["status"] for each in api("GET", NUMBERS).data[2:]],
        ["online", "pending"],
    ),
    (
        {"number_status": "APPROVED"},
        lambda api: [each["status"] for each in api("GET", NUMBERS).data[2:]],
        ["APPROVED", "PENDING"],
    ),
    ({"number_details": "array"}, lambda api: len(api("GET", DETAILS).data), 1),
    ({"number_details": "number"}, lambda api: list(api("GET", DETAILS).data), ["number"]),
    ({"number_details": "with profile"}, lambda api: api("GET", DETAILS).data.get(ID), ""),
    ({"attach_field": "hook"}, lambda api: attach(api, hook=PROFILE), (200, row(**ATTACHED))),
    ({"attach_field": "hook"}, lambda api: attach(api, **ATTACHED)[0], 400),
    (
        {"attach_path": MOVED},
        lambda api: attach(api, path=f"{NUMBERS}/profile", **ATTACHED),
        (200, row(**ATTACHED)),
    ),
    ({"attach_path": MOVED}, lambda api: attach(api, **ATTACHED)[0], 400),
    (
        {"attach_path": "/v1/{sid}/whatsapp/number", "v1_attach": False},
        lambda api: [attach(api, path=path, **ATTACHED)[0] for path in (V1_NUMBER, UPDATE)],
        [200, 400],
    ),
    ({"attach_method": "PATCH"}, lambda api: attach(api, "PATCH", **ATTACHED)[0], 200),
    ({"attach_method": "PATCH"}, lambda api: attach(api, **ATTACHED)[0], 400),
    ({"v1_attach": False}, lambda api: attach(api, path=V1_NUMBER, **ATTACHED)[0], 400),
    ({"detach_value": "0"}, lambda api: attach(api, **{ID: "0"}), (200, row(**{ID: "0"}))),
    ({"detach_value": "0"}, lambda api: attach(api, **{ID: ""})[0], 400),
]


def name(value: object) -> str | None:
    pairs = value.items() if isinstance(value, dict) and value.keys() <= KNOWN.keys() else ()
    return " and ".join(f"{id} {value}" for id, value in pairs) or None


@pytest.mark.parametrize(("values", "ask", "expected"), CASES, ids=name)
def test_another_value_changes_how_the_emulator_behaves(
    values: dict[str, Any], ask: Callable[[Api], Any], expected: Any
) -> None:
    assert all(KNOWN[id].allows(value) for id, value in values.items())
    assert ask(make_api()) != expected
    assert ask(make_api(**values)) == expected


def test_each_assumption_that_it_can_change_has_known_values_and_a_case() -> None:
    assert (
        KNOWN.keys() == set(AS_ASSUMED._fields) == {id for values, _, _ in CASES for id in values}
    )
    assert KNOWN.keys() <= ASSUMPTIONS.keys()
    assert all(KNOWN[id].allows(value) for id, value in AS_ASSUMED._asdict().items())

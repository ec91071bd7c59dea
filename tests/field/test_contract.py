"""The overrides of the config, against an API that needs them."""

from __future__ import annotations

import json
from functools import partial
from typing import Any
from urllib.parse import parse_qs

import pytest

from tests.cli.expect import ONE, TWO
from tests.conftest import Wacb
from tests.field.altered import FIRST, make_attached, make_profile
from wacb.sandbox.contract import Contract
from wacb.sandbox.emulator import Sandbox
from wacb.sandbox.in_process import exchange


@pytest.mark.parametrize(
    ("count", "values", "told", "asked"),
    [
        (12, {"page_cap": 10}, False, [0]),
        (12, {"page_cap": 10}, True, [0, 10]),
        (20, {"page_cap": 10}, True, [0, 10, 20]),
        (30, {"page_cap": 50}, False, [0, 30]),
        (30, {"page_cap": 50}, True, [0]),
        (130, {"offset_counts": "pages"}, True, [0, 1]),
        (25, {"page_cap": 10, "offset_counts": "pages"}, True, [0, 1, 2]),
    ],
)
def test_the_config_sets_how_pages_are_followed(
    live: Wacb, sandbox: Sandbox, count: int, values: dict[str, Any], told: bool, asked: list[int]
):
    for number in range(count):
        make_profile(sandbox, title=f"Hook {number}")
    for key, value in values.items() if told else ():
        live("config", "set", f"contract.{key}", str(value))
    other = Sandbox(sandbox.store, contract=Contract(profile_listing="array", **values))
    listed = live("profile", "list", "-q", handler=partial(exchange, other)).out.splitlines()
    assert [int(parse_qs(each.query)["offset"][0]) for each in other.requests()] == asked
    assert len(listed) == (count if told or count == 30 else 10)


@pytest.mark.parametrize("member", ["webhook", "callback.profile.id"])
def test_the_member_that_the_config_names_shows_the_profile(
    live: Wacb, sandbox: Sandbox, member: str
):
    make_attached(sandbox, ONE)
    other = Sandbox(sandbox.store, contract=Contract(number_profile_member=member))
    list_numbers = partial(live, "number", "list", "-o", "json", handler=partial(exchange, other))
    hidden = json.loads(list_numbers().out)
    live("config", "set", "contract.number_profile_member", member)
    shown = {row["number"]: row["callback_profile_id"] for row in json.loads(list_numbers().out)}
    assert {row["callback_profile_id"] for row in hidden} == {None}
    assert (shown[ONE], shown[TWO]) == (FIRST, "")

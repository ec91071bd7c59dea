"""The overrides of the config, against an API that needs them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.cli.expect import ONE, TWO
from tests.conftest import Wacb, profile_id
from tests.fake_api import make_row
from tests.field.altered import FIRST, NUMBERS, Altered, make_attached, rows
from wacb.sandbox.emulator import Sandbox


class Pages:
    """An API with `count` profiles, in pages of at most `cap`; `asked` are their offsets."""

    def __init__(self, count: int, *, cap: int, by_pages: bool = False) -> None:
        self.titles = [f"Hook {number}" for number in range(count)]
        self.cap, self.by_pages = cap, by_pages
        self.asked: list[int] = []

    def __call__(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[int, Sequence[tuple[str, str]], Iterator[bytes]]:
        query = parse_qs(urlsplit(url).query)
        size, offset = min(self.cap, int(query["limit"][0])), int(query["offset"][0])
        self.asked.append(offset)
        start = offset * size if self.by_pages else offset
        shown = [
            {**make_row(title=title), "profile_id": profile_id(number)}
            for number, title in enumerate(self.titles)
        ]
        return 200, [], iter([json.dumps({"data": shown[start : start + size]}).encode()])


@pytest.mark.parametrize(
    ("pages", "overrides", "asked"),
    [
        (Pages(12, cap=10), {}, [0]),
        (Pages(12, cap=10), {"page_cap": "10"}, [0, 10]),
        (Pages(20, cap=10), {"page_cap": "10"}, [0, 10, 20]),
        (Pages(30, cap=50), {}, [0, 30]),
        (Pages(30, cap=50), {"page_cap": "50"}, [0]),
        (Pages(130, cap=100, by_pages=True), {"offset_counts": "pages"}, [0, 1]),
        (Pages(25, cap=10, by_pages=True), {"offset_counts": "pages", "page_cap": "10"}, [0, 1, 2]),
    ],
)
def test_the_config_sets_how_pages_are_followed(
    live: Wacb, pages: Pages, overrides: dict[str, str], asked: list[int]
):
    for key, value in overrides.items():
        live("config", "set", f"contract.{key}", value)
    pages.asked = []
    listed = live("profile", "list", "-q", handler=pages).out.splitlines()
    assert pages.asked == asked
    assert (len(listed) == len(pages.titles)) == (overrides != {} or pages.cap == 50)


@pytest.mark.parametrize(
    ("member", "show"),
    [
        ("webhook", lambda attached: {"webhook": attached}),
        ("callback.profile.id", lambda attached: {"callback": {"profile": {"id": attached}}}),
    ],
)
def test_the_member_that_the_config_names_shows_the_profile(
    live: Wacb, sandbox: Sandbox, member: str, show: Any
):
    def rename(row: dict[str, Any]) -> dict[str, Any]:
        attached = row["callback_profile_id"]
        return {**row, "callback_profile_id": None, **show(attached)}

    make_attached(sandbox, ONE)
    list_numbers = partial(
        live, "number", "list", "-o", "json", handler=Altered(sandbox, rows(NUMBERS, rename))
    )
    hidden, live_config = json.loads(list_numbers().out), ("contract.number_profile_member", member)
    live("config", "set", *live_config)
    shown = {row["number"]: row["callback_profile_id"] for row in json.loads(list_numbers().out)}
    assert {row["callback_profile_id"] for row in hidden} == {""}
    assert (shown[ONE], shown[TWO]) == (FIRST, "")

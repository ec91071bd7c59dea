"""What only the README shows: its size, the demo, and the commands of every day."""

from __future__ import annotations

import re

import pytest

from tests.conftest import Wacb
from tests.documents import PAGES, README, blocks


def test_the_readme_is_read_in_ten_minutes():
    assert len(README.splitlines()) <= 150
    assert "\n$ " not in README.replace("\n$ wacb sandbox message", "")


def test_the_demo_ends_as_the_readme_shows(wacb: Wacb):
    (shown,) = [text for text in blocks("text") if "# A customer sends" in text]
    out = wacb("sandbox", "demo").out
    changing = re.compile(r"[0-9.]+ ms|\d\d:\d\d:\d\d")
    assert changing.sub("TIME", shown).strip() in changing.sub("TIME", out)


def test_the_picture_of_an_attachment_is_what_the_program_prints(live: Wacb):
    (shown,) = [text for text in blocks("text") if "verified:" in text]
    create = ("profile", "create", "--method", "post", "--url", "https://example.com/hook")
    live(*create, "--title", "support")
    outcome = live("number", "attach", "+15550100001", "--profile", "support", "-o", "table")
    ids = re.compile(r"[A-Z]{2}_[0-9a-f-]{36}")
    shown = ids.sub("ID", shown).replace("+919812345678", "+15550100001")
    assert shown == ids.sub("ID", outcome.out + outcome.err)


@pytest.mark.parametrize("page", PAGES)
def test_the_readme_links_to_every_page_of_the_guide(page: str):
    assert f"(src/wacb/guide/{page}.md)" in README

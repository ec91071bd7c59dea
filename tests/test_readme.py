"""What only the README shows: its size, the demo, and the commands of every day."""

from __future__ import annotations

import re

import pytest

from tests.cli.expect import ONE
from tests.conftest import Wacb
from tests.documents import PAGES, README, blocks
from tests.fault_server import FaultServer, answer
from wacb.sandbox.account import SID


def test_the_readme_is_read_in_ten_minutes():
    assert len(README.splitlines()) <= 150
    assert "\n$ " not in README.replace("\n$ wacb sandbox message", "")


def test_the_demo_ends_as_the_readme_shows(wacb: Wacb):
    (shown,) = [text for text in blocks("text") if "# A customer sends" in text]
    out = wacb("sandbox", "demo").out
    changing = re.compile(r"[0-9.]+ ms|\d\d:\d\d:\d\d")
    assert changing.sub("TIME", shown).strip() in changing.sub("TIME", out)


def test_the_picture_of_a_set_up_is_what_the_program_prints(
    live: Wacb, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("COLUMNS", "100")
    (shown,) = [text for text in blocks("text") if "STEP" in text]
    with FaultServer(answer(405), answer(200)) as server:
        line = ("setup", "--url", server.url, "--allow-http", "--allow-local", "--send")
        outcome = live(
            *line, "--title", "support", "--number", ONE, "--region", "in", "-o", "table"
        )
    ids = re.compile(r"[A-Z]{2}_[0-9a-f-]{36}")
    printed = outcome.out.replace(server.url.removeprefix("http://"), "example.com")
    shown = shown.replace("+919812345678", f"{ONE} ").replace("HXXXXXXXXX01IN", SID)
    assert ids.sub("ID", shown) == ids.sub("ID", printed)


@pytest.mark.parametrize("page", PAGES)
def test_the_readme_links_to_every_page_of_the_guide(page: str):
    assert f"(src/wacb/guide/{page}.md)" in README

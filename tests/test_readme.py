"""What only the README shows: the list of commands, the demo, how to run the tests."""

from __future__ import annotations

import re

from tests.conftest import Wacb
from tests.documents import README, blocks, marked


def test_the_demo_ends_as_the_readme_shows(wacb: Wacb):
    (shown,) = [text for text in blocks("text") if "# Somebody sends" in text]
    out = wacb("sandbox", "demo").out
    changing = re.compile(r"[0-9.]+ ms|\d\d:\d\d:\d\d")
    assert changing.sub("TIME", shown).strip() in changing.sub("TIME", out)


def test_the_commands_are_those_of_the_help(wacb: Wacb):
    (listed,) = blocks("text", marked("help", README))
    assert f"\nCommands:\n{listed}\nOptions:\n" in wacb("--help").out

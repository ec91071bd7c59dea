"""`wacb help`: the pages of the guide, and the help of every command."""

from __future__ import annotations

import json
import re

import pytest

from tests.cli.expect import done, failed
from tests.conftest import Wacb
from tests.documents import PAGES, blocks
from wacb.cli import COMMANDS
from wacb.cli.help import TOPICS


def summary(topic: str) -> str:
    return PAGES[topic].split("\n")[2]


def test_every_page_is_a_topic():
    assert sorted(TOPICS) == sorted(PAGES)


def test_the_topics_are_listed_with_their_summaries(wacb: Wacb):
    listed = "\n".join(f"{topic}\t{summary(topic)}" for topic in TOPICS)
    assert wacb("help") == done(listed)


def test_the_topics_are_a_table_on_a_terminal(on_screen: Wacb):
    outcome = on_screen("help", "--color", "never")
    title, *rows = outcome.out.splitlines()
    assert title == "TOPIC            SUMMARY"
    assert rows == [f"{topic:15}  {summary(topic)}" for topic in TOPICS]
    assert outcome.err == "Run `wacb help TOPIC` to read a page.\n"


@pytest.mark.parametrize("topic", TOPICS)
def test_a_page_is_markdown_in_a_pipe(wacb: Wacb, topic: str):
    assert wacb("help", topic) == done(PAGES[topic].rstrip("\n"))


@pytest.mark.parametrize("topic", TOPICS)
def test_a_page_is_rendered_on_a_terminal(on_screen: Wacb, topic: str):
    outcome = on_screen("help", topic, "--color", "never")
    assert (outcome.code, outcome.err) == (0, "")
    lines = outcome.out.splitlines()
    assert lines[0] == PAGES[topic].split("\n")[0].removeprefix("# ")
    assert not re.search(r"^#+ |^```|<!--|\x1b", outcome.out, re.MULTILINE)
    pasted = "".join(blocks("sh", PAGES[topic])).splitlines()
    assert {f"  {line}" for line in pasted} <= {*lines}


def test_a_rendered_page_has_color(on_screen: Wacb):
    out = on_screen("help", "quickstart").out
    assert out.startswith("\x1b[1mQuick start\x1b[0m\n")
    assert "\x1b[36m  wacb sandbox demo\x1b[0m\n" in out


@pytest.mark.parametrize("path", ["profile create", "profile", "help", "verify"])
def test_the_help_of_a_command_is_shown(wacb: Wacb, path: str):
    words = path.split()
    assert wacb("help", *words) == wacb(*words, "--help")


def test_the_topic_wins_over_a_command(wacb: Wacb, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(COMMANDS, "api", "A command.")
    assert wacb("help", "api") == done(PAGES["api"].rstrip("\n"))


@pytest.mark.parametrize(
    ("word", "near"),
    [
        ("quikstart", "did you mean `wacb help quickstart`? "),
        ("veryfy", "did you mean `wacb help verify`? "),
        ("github", "did you mean `wacb help ci`? "),
        ("rm", "did you mean `wacb help profile delete`? "),
        ("frobnicate", ""),
    ],
)
def test_an_unknown_topic_names_the_nearest(wacb: Wacb, word: str, near: str):
    hint = f"{near}run `wacb help` to list the topics"
    assert wacb("help", word) == failed(2, f"unknown help topic '{word}'", hint)


def test_an_unknown_topic_is_json_when_asked_for(wacb: Wacb):
    outcome = wacb("help", "quikstart", "-o", "json")
    assert outcome.code == 2
    assert json.loads(outcome.err)["error"]["code"] == "invalid_input"


def test_an_unknown_subcommand_names_the_nearest(wacb: Wacb):
    message = "No such command 'creat'. Did you mean `wacb profile create`?"
    hint = "run `wacb profile create --help`"
    assert wacb("help", "profile", "creat") == failed(2, message, hint)


def test_a_command_without_subcommands(wacb: Wacb):
    message = "`wacb plan` has no subcommands"
    assert wacb("help", "plan", "now") == failed(2, message, "run `wacb plan --help`")


def test_help_has_help(wacb: Wacb):
    assert wacb("help", "-h").out.startswith("Usage: wacb help [OPTIONS] [TOPIC|COMMAND...]")

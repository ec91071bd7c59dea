"""Unknown words: the command or option that a typo, or a habit from another tool, leads to."""

from __future__ import annotations

import pytest

from tests.cli.expect import CREATE, failed
from tests.conftest import Wacb, profile_id
from wacb.sandbox.account import WABA_ID

# an unknown command, and the one that is suggested
COMMANDS = {
    "profle list": "profile",
    "status": "verify",
    "doctor": "verify",
    "login": "config init",
    "auth login": "config init",
    "init": "setup",
    "whoami": "config show",
    "logs": "callback listen",
    "attach": "number attach",
    "atach": "number attach",
    "rollback": "number rollback",
    "serve": "sandbox serve",
    "create": "profile create",
    "ls": "profile list",
    "lst": "profile list",
    "rm support": "profile delete",
    "get profiles": "profile show",
    "profile lst": "profile list",
    "profile rm": "profile delete",
    "profile attach": "number attach",
    "profile login": "config init",
    "number atach": "number attach",
    "number rm": "number detach",
    "number verify": "verify",
    "config ls": "config list",
    "config delete": "config remove",
    "sandbox start": "sandbox serve",
}


@pytest.mark.parametrize("line", COMMANDS)
def test_an_unknown_command_leads_to_the_right_one(wacb: Wacb, line: str):
    meant, group = COMMANDS[line], line.partition(" ")[0]
    word = line.split()[1] if group in ("profile", "number", "config", "sandbox") else group
    message = f"No such command '{word}'. Did you mean `wacb {meant}`?"
    assert wacb(*line.split()) == failed(2, message, f"run `wacb {meant} --help`")


def test_the_word_version_leads_to_the_option(wacb: Wacb):
    assert wacb("version") == failed(2, "No such command 'version'. Did you mean `wacb --version`?")


@pytest.mark.parametrize("group", ["", "callback"])
def test_an_unknown_word_without_a_match_leads_to_the_help(wacb: Wacb, group: str):
    path = f"wacb {group}".strip()
    hint = f"run `{path} --help`"
    assert wacb(*group.split(), "frobnicate") == failed(2, "No such command 'frobnicate'.", hint)


OPTIONS = {
    "profile list --limt 3": "--limit",
    "profile list --json": "--output",
    "setup --endpoint https://example.com": "--url",
    "profile create --name x": "--title",
    "number detach +15550100001 -y": "--yes",
    "number attach +15550100001 --force": "--replace",
    "setup --phone +15550100001": "--number",
    "verify --debug": "--verbose",
}


@pytest.mark.parametrize("line", OPTIONS)
def test_an_unknown_option_names_the_one_that_is_meant(wacb: Wacb, line: str):
    name = next(word for word in line.split() if word.startswith("-"))
    message = f"No such option '{name}'. Did you mean '{OPTIONS[line]}'?"
    path = line.partition(" -")[0].partition(" +")[0]
    assert wacb(*line.split()) == failed(2, message, f"run `wacb {path} --help`")


@pytest.mark.parametrize(
    ("line", "hint"),
    [
        ("verify --bogus", "run `wacb verify --help`"),
        ("number show --number 1", "it is an argument here: `wacb number show NUMBER`"),
        ("profile show --id IN_1", "it is an argument here: `wacb profile show ID|TITLE`"),
        (
            "setup --api-key abcdef",
            "set WACB_API_KEY or run `wacb config init`; the key is never passed as an argument",
        ),
    ],
)
def test_an_unknown_option_leads_to_another_way(wacb: Wacb, line: str, hint: str):
    name = next(word for word in line.split() if word.startswith("-"))
    assert wacb(*line.split()) == failed(2, f"No such option '{name}'.", hint)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("profile list \u2013region in", "Got unexpected extra arguments (\u2013region in)"),
        ("\u2014region in", "No such command '\u2014region'."),
    ],
    ids=["extra", "command"],
)
def test_an_option_with_the_dash_of_a_word_processor_is_spelled(
    wacb: Wacb, line: str, message: str
):
    hint = "write it with two hyphens: --region (it begins with another dash)"
    assert wacb(*line.split()) == failed(2, message, hint)


def test_a_dash_in_a_value_is_not_the_fault(wacb: Wacb):
    line = ("profile", "create", "--title", "\u2013 new", "--method", "post", "extra")
    message = "Got unexpected extra argument (extra)"
    assert wacb(*line) == failed(2, message, "run `wacb profile create --help`")


NEARLY = {
    "another digit": ("+15550100007", " or ".join(f"+1555010000{digit}" for digit in "1239")),
    "a digit less": ("+1555010009", "+15550100009"),
    "a digit more": ("+155501000089", "+15550100009"),
    "two digits swapped": ("+15550100090", "+15550100009"),
    "many digits": ("+15550177777", None),
}


@pytest.mark.parametrize("case", NEARLY)
def test_an_unlisted_number_names_those_that_differ_in_one_digit(live: Wacb, case: str):
    assert live(*CREATE).code == 0
    number, near = NEARLY[case]
    guess = f"did you mean {near}? " if near else ""
    assert live("number", "attach", number, "--profile", profile_id(1)) == failed(
        5,
        f"number {number} not found in WABA {WABA_ID}",
        f"{guess}run `wacb number list` to see available numbers",
    )

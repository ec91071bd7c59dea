"""What reaches stdout and stderr, on a terminal and off it: forms, color, secrets, pipes."""

from __future__ import annotations

import json
import re
import sys
from typing import Any

import pytest

from tests.cli.conftest import Screen
from tests.cli.expect import (
    CREATE,
    NINE,
    ONE,
    THREE,
    TWO,
    attachment_row,
    done,
    profile_json,
    row,
)
from tests.conftest import Outcome, Wacb, profile_id
from tests.fake_api import Network, answer, make_row
from wacb.cli.streams import to_stderr
from wacb.sandbox.account import API_KEY, WABA_ID

NUMBERS = f"""\
NUMBER        NAME           STATUS      PROFILE  ENDPOINT
{ONE}  Sandbox One    ✓ approved
{TWO}  Sandbox Two    ✓ approved
{THREE}  Sandbox Three  ✓ approved
{NINE}  Sandbox Nine   ! pending"""
COLOURED = NUMBERS.replace("NUMBER  ", "\x1b[1mNUMBER\x1b[0m  ", 1)
for title in ("NAME", "STATUS", "PROFILE", "ENDPOINT"):
    COLOURED = COLOURED.replace(title, f"\x1b[1m{title}\x1b[0m", 1)
COLOURED = COLOURED.replace("✓ approved", "\x1b[32m✓ approved\x1b[0m")
COLOURED = COLOURED.replace("! pending", "\x1b[33m! pending\x1b[0m")
LIST = ("number", "list")
NEXT = f"next: wacb number attach --profile {profile_id(1)}"


class Latin(Screen):
    """A terminal without the signs of states."""

    encoding = "iso-8859-1"


def test_a_terminal_without_signs_shows_only_words(on_screen: Wacb):
    shown = on_screen(*LIST, out=Latin()).out
    assert re.sub(r"\x1b\[\d+m", "", shown).splitlines()[1] == f"{ONE}  Sandbox One    approved"


def test_a_message_on_a_terminal_is_broken_between_words(
    on_screen: Wacb, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("COLUMNS", "60")
    assert on_screen("profile", "show", "nobody") == Outcome(
        code=5,
        out="",
        err="\x1b[1;31merror:\x1b[0m no profile with ID or title 'nobody'\n"
        "\x1b[36mhint:\x1b[0m run `wacb profile list` to see available profiles\n",
    )
    monkeypatch.setenv("COLUMNS", "40")
    outcome = on_screen("profile", "show", "nobody", env={"NO_COLOR": "1"})
    assert outcome.err.splitlines() == [
        "error: no profile with ID or title",
        "'nobody'",
        "hint: run `wacb profile list` to see",
        "available profiles",
    ]


def test_a_terminal_gets_a_table_and_a_pipe_gets_tsv(live: Wacb, on_screen: Wacb):
    assert on_screen(*LIST) == done(COLOURED)
    assert live(*LIST) == live(*LIST, "-o", "tsv") == on_screen(*LIST, "-o", "tsv")


@pytest.mark.parametrize(
    ("flags", "env", "color"),
    [
        ((), {}, True),
        (("--color", "never"), {}, False),
        ((), {"NO_COLOR": "1"}, False),
        (("--color", "auto"), {"NO_COLOR": "1"}, False),
        (("--color", "always"), {"NO_COLOR": "1"}, True),
        ((), {"NO_COLOR": "1", "FORCE_COLOR": "1"}, False),
        ((), {"NO_COLOR": ""}, True),
        ((), {"CLICOLOR": "0"}, False),
        ((), {"CLICOLOR": "0", "FORCE_COLOR": "1"}, True),
    ],
)
def test_color_on_a_terminal(
    on_screen: Wacb, flags: tuple[str, ...], env: dict[str, str], color: bool
):
    assert on_screen(*LIST, *flags, env=env) == done(COLOURED if color else NUMBERS)


@pytest.mark.parametrize(
    ("flags", "env", "color"),
    [
        ((), {}, False),
        (("--color", "always"), {}, True),
        ((), {"FORCE_COLOR": "1"}, True),
        (("--color", "never"), {"FORCE_COLOR": "1"}, False),
    ],
)
def test_color_in_a_pipe(live: Wacb, flags: tuple[str, ...], env: dict[str, str], color: bool):
    assert live(*LIST, *flags, "-o", "table", env=env) == done(COLOURED if color else NUMBERS)


def test_the_next_step_is_shown_only_on_a_terminal(live: Wacb, on_screen: Wacb):
    line = (*CREATE, "-o", "tsv")
    assert on_screen(*line) == done(row(), NEXT)
    assert live(*line, "--title", "Second") == done(row(2, title="Second"))
    assert on_screen(*CREATE, "-q", "--title", "Third") == done(profile_id(3))


def test_a_record_is_bold_on_the_left(on_screen: Wacb):
    outcome = on_screen("number", "show", NINE)
    pairs = {
        "number": NINE,
        "name": "Sandbox Nine",
        "status": "\x1b[33m! pending\x1b[0m",
        "waba_id": WABA_ID,
    }
    lines = [
        f"\x1b[1m{name}:\x1b[0m{' ' * (9 - len(name))}{value}"
        for name, value in (pairs | {"api": "v2"}).items()
    ]
    assert outcome == done("\n".join(lines))


@pytest.mark.parametrize("columns", [20, 40, 79, 200])
def test_a_table_is_no_wider_than_the_terminal(
    live: Wacb, monkeypatch: pytest.MonkeyPatch, columns: int
):
    assert live(*CREATE).code == 0
    monkeypatch.setenv("COLUMNS", str(columns))
    for line in (LIST, ("profile", "list")):
        shown = live(*line, "-o", "table").out
        for text in shown.splitlines():
            assert len(text) <= columns or profile_id(1) in text
    assert profile_id(1) in shown


HOSTILE = "a\x1b[31m\tb\nc\u202ed\\e"


def profiles(**changes: Any) -> Network:
    return Network(answer([make_row(profile_id="SG_1", **changes)]))


def test_text_of_the_api_cannot_steer_a_terminal(over: Wacb, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("COLUMNS", "120")
    listing = ("profile", "list", "--limit", "1", "-o")
    shown = over(profiles(title=HOSTILE), *listing, "table").out
    assert shown.splitlines()[1].startswith(r"a\x1b[31m\tb\nc\u202ed\e  ")
    shown = over(profiles(title=HOSTILE), *listing, "tsv").out
    assert shown.split("\t")[1] == r"a\x1b[31m\tb\nc\u202ed\\e"
    shown = over(profiles(title=HOSTILE), *listing, "json").out
    assert r'"title": "a\u001b[31m\tb\nc\u202ed\\e"' in shown
    network = Network(answer([make_row(profile_id="SG_\x1b\n1")]))
    assert over(network, "profile", "list", "-q", "--limit", "1") == done(r"SG_\x1b\n1")


@pytest.mark.parametrize("form", ["table", "tsv", "json"])
def test_a_secret_that_the_api_repeats_is_masked(
    over: Wacb, monkeypatch: pytest.MonkeyPatch, form: str
):
    monkeypatch.setenv("COLUMNS", "30")
    network = profiles(title=f"{'x' * 12}{API_KEY}", body='{"a": ["sandbox-key", "<body>"]}')
    outcome = over(network, "profile", "list", "--limit", "1", "-o", form, "-vv")
    both = outcome.out + outcome.err
    assert (outcome.code, API_KEY in both, "sandbox-k" in both) == (0, False, False)
    assert f"{'x' * 12}***" in outcome.out


def test_a_secret_in_an_error_is_masked(over: Wacb):
    network = Network(answer({}, status=422, error=[{"params": f"{API_KEY} is odd"}]))
    for form in ("tsv", "json"):
        outcome = over(network, "profile", "list", "-o", form)
        assert (outcome.code, API_KEY in outcome.err) == (6, False)
        assert "*** is odd" in outcome.err


def test_a_note_is_not_data(live: Wacb):
    assert live("profile", "list", "-o", "json") == done("[]")
    line = ("number", "attach", ONE, "--incoming-url", "https://example.com/hook")
    assert live(*line).out == f"{attachment_row(ONE, 'attached', '', '', '')}\n"


@pytest.mark.parametrize("form", ["-o=json", "-oJSON", "--output=Json"])
def test_a_form_of_output_is_read_as_kubectl_reads_it(live: Wacb, form: str):
    assert live("profile", "list", form) == done("[]")
    refused = json.loads(live("profile", "list", form, "--bogus").err)["error"]
    assert refused["message"] == "No such option '--bogus'."


def test_json_keeps_non_ascii_text(over: Wacb):
    network = profiles(title="Grüße <&> 😀", response_message="日本")
    out = over(network, "profile", "list", "--limit", "1", "-o", "json").out
    assert '"title": "Grüße <&> 😀"' in out
    assert '"response_message": "日本"' in out
    assert list(profile_json()) == [
        line.split('"')[1] for line in out.splitlines() if line.startswith('    "')
    ]


def test_a_closed_stderr_loses_the_notes_alone(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sys, "stderr", None)  # as it is after `2>&-`
    to_stderr("note: nobody reads this")

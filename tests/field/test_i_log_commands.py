"""What others may write is never a command of GitHub Actions in a log, nor of a terminal."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator

import pytest

from tests.cli.expect import CREATE, ONE
from tests.conftest import Wacb
from wacb.cli.quoting import defuse, shell_quote
from wacb.jsontext import json_line, visible
from wacb.sandbox.emulator import Sandbox

NAME = "Shop\n::stop-commands::x\r\n  ::error::y ##[stop-commands]z"
ADD = ("number", "add", "+15550100077", "--country-code", "1", "--name")


def is_command(line: str) -> bool:
    """As the runner decides: blanks don't count, and the old form counts anywhere."""
    return line.strip().startswith("::") or "##[" in line


def lines(text: str) -> Iterator[str]:
    return (line for part in text.split("\n") for line in part.split("\r"))


@pytest.mark.parametrize(
    "line",
    [
        ("number", "show", ONE),
        *(
            pytest.param(line, marks=pytest.mark.thorough)
            for line in (
                ("number", "list"),
                ("profile", "list"),
                ("profile", "show", NAME),
                ("profile", "check"),
                ("verify", ONE),
                ("export",),
                ("number", "attach", ONE, "--profile", NAME),
                ("profile", "create", "--method", "post", "--title", NAME),
                (*ADD, NAME),
                (*CREATE, "--header", "X-Team: ##[add-mask]x", "--dry-run"),
            )
        ),
    ],
    ids=lambda line: " ".join(line[:2]),
)
@pytest.mark.parametrize("form", ["table", "tsv", "json"])
def test_a_name_is_never_a_command_in_a_log(
    live: Wacb, sandbox: Sandbox, line: tuple[str, ...], form: str
):
    sandbox.store.add_numbers([(ONE, NAME, "approved")])
    assert live(*CREATE).code == 0
    [profile] = sandbox.store.profiles(title="", limit=9, offset=0)[0]
    sandbox.store.save_profile({**profile, "title": NAME, "body": f"<body>{NAME}"})
    outcome = live(*line, *(("-o", form) if line != ("export",) else ()))
    assert not [text for text in lines(outcome.out + outcome.err) if is_command(text)]


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("::x", r"\u003a:x"),
        ("a\n \t::x", "a\n \t" + r"\u003a:x"),
        ("\u3000::x", "\u3000" + r"\u003a:x"),
        ("a ::x", "a ::x"),
        ("a##[x]", r"a\u0023#[x]"),
        ("a:b # c", "a:b # c"),
    ],
)
def test_only_what_a_runner_obeys_is_escaped(text: str, safe: str):
    assert defuse(text) == safe


def test_json_means_the_same_afterwards():
    assert defuse(json_line({"::": "##[x]"})) == r'{"::": "\u0023#[x]"}'


@pytest.mark.parametrize("shell", ["bash", pytest.param("zsh", marks=pytest.mark.thorough)])
@pytest.mark.parametrize("locale", ["C", "C.UTF-8"])
def test_a_shell_reads_back_what_is_escaped(shell: str, locale: str):
    text = "".join(map(chr, range(1, 256))) + "\u202e1 ' \\ $HOME `x` !! \u2028\u2066##[x]\t9"
    word = shell_quote(text)
    assert visible(word) == word
    done = subprocess.run(
        [shell, "-c", f"printf %s {word}"],
        capture_output=True,
        env={"LC_ALL": locale, "PATH": "/usr/bin:/bin"},
    )
    assert done.stdout == text.encode()


def test_a_dry_run_shows_no_control_character(live: Wacb):
    body = '{"text": "<body>\x9b31m \u202e \u2066 ##[add-mask]x"}'
    outcome = live(*CREATE, "--body-file", "-", "--allow-missing", "--dry-run", input=body)
    assert outcome.code == 0
    [line] = outcome.out.splitlines()
    assert (visible(line), [*filter(is_command, lines(line))]) == (line, [])
    assert r"\302\23331m \342\200\256 \342\201\246 \043#[add-mask]x" in line

"""`wacb completion`, and what TAB offers with its script."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from tests.cli.expect import done, failed
from tests.conftest import Outcome, Wacb

MARKS = {
    "bash": "complete -o nosort -F _wacb_completion wacb",
    "zsh": "#compdef wacb",
    "fish": "complete --no-files --command wacb",
}


@pytest.mark.parametrize("shell", MARKS)
def test_the_script_of_a_shell_is_printed(wacb: Wacb, shell: str):
    outcome = wacb("completion", shell)
    assert (outcome.code, outcome.err) == (0, "")
    assert MARKS[shell] in outcome.out
    assert f"_WACB_COMPLETE={shell}_complete" in outcome.out
    assert outcome.out == outcome.out.rstrip("\n") + "\n"


@pytest.mark.parametrize("shell", MARKS)
def test_the_shell_takes_its_script(wacb: Wacb, shell: str):
    if not shutil.which(shell):
        pytest.skip(f"{shell} is not installed")
    script = wacb("completion", shell).out
    subprocess.run([shell, "-n"], input=script, text=True, check=True)


def test_an_unknown_shell_is_refused(wacb: Wacb):
    hint = "run `wacb completion --help`"
    kinds = "'bash', 'zsh', 'fish'"
    message = f"Invalid value for '{{bash|zsh|fish}}': 'ksh' is not one of {kinds}."
    assert wacb("completion", "ksh") == failed(2, message, hint)
    message = "Missing argument '{bash|zsh|fish}'. Choose from: bash, zsh, fish"
    assert wacb("completion") == failed(2, message, hint)


NOUNS = [
    *("setup", "template", "profile", "number", "callback"),
    *("verify", "plan", "apply", "export", "api", "sandbox", "config", "completion", "help"),
]
OFFERED = {
    "": NOUNS,
    "p": ["profile", "plan"],
    "prifo": [],
    "prifo ": NOUNS,  # no word of it is an error yet
    "--sandbox n": ["number"],
    "number ": [
        *("list", "show", "attach", "detach", "history", "rollback", "add", "confirm"),
    ],
    "number at": ["attach"],
    "profile create --al": [
        *("--allow-http", "--allow-local", "--allow-missing", "--allow-duplicate-title"),
    ],
    "profile create --method p": ["post", "put"],
    "--region ": ["in", "sg", "eu", "na"],
    "profile list --ti": ["--title", "--timeout"],
    "config --no": ["--no-input"],
    "completion z": ["zsh"],
    "help pro": ["profile", "profiles"],
    "help profile ": [],
    "config set contract.attach_": [
        *("contract.attach_field", "contract.attach_path", "contract.attach_method"),
    ],
}


@pytest.mark.parametrize("typed", OFFERED)
def test_tab_offers_what_fits(wacb: Wacb, monkeypatch: pytest.MonkeyPatch, typed: str):
    words = ["wacb", *typed.split(" ")]
    monkeypatch.setenv("_WACB_COMPLETE", "bash_complete")
    monkeypatch.setenv("COMP_WORDS", "\n".join(words))
    monkeypatch.setenv("COMP_CWORD", str(len(words) - 1))
    offered = "\n".join(f"plain,{word}" for word in OFFERED[typed])
    assert wacb() == Outcome(code=0, out=f"{offered}\n", err="")


def test_tab_shows_what_a_command_is_for(wacb: Wacb, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("_WACB_COMPLETE", "zsh_complete")
    monkeypatch.setenv("COMP_WORDS", "wacb num")
    monkeypatch.setenv("COMP_CWORD", "1")
    what = "List WhatsApp numbers and manage their profiles."
    assert wacb() == done(f"plain\nnumber\n{what}")

"""TAB in real shells, set up by the lines of the guide: what they insert, and what they show."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.interactive import Shell
from tests.documents import PAGES, blocks
from tests.examples import sampled
from wacb.storage.completion_cache import CompletionCache
from wacb.storage.identity import Identity

SHELLS = ("bash", "zsh", "fish")
CONFIG = """\
default_account = "prod"
[accounts.prod]
sid = "HXPROD01IN"
[accounts.staging]
sid = "HXSTAGING01IN"
"""
PROFILES = {
    "IN_0001": "Incoming messages",
    "IN_0002": "support",
    "IN_0003": "sales one",
    "IN_0004": "sales two",
}
NUMBERS = {"+15550100001": "Shop", "+919812345679": "Café"}


def environment(folder: Path) -> dict[str, str]:
    """What the shell inherits, with a config file, and with listings remembered."""
    config, state = folder / "home" / ".config" / "wacb", folder / "home" / ".local" / "state"
    config.mkdir(parents=True)
    (config / "config.toml").write_text(CONFIG)
    account = Identity(host="api.ap.kaleyra.io", sid="HXPROD01IN", waba_id=None)
    listed = CompletionCache(state / "wacb", account=account)
    listed.store("profiles", PROFILES)
    listed.store("numbers", NUMBERS)
    return {
        "HOME": str(folder / "home"),
        "PATH": os.environ["PATH"],
        "TERM": "xterm",
        "LC_ALL": "C.UTF-8",
    }


def install_line(shell: str) -> str:
    """The lines of the guide that set up completion in a shell."""
    (lines,) = [text for text in blocks("sh", PAGES["quickstart"]) if f"wacb.{shell}" in text]
    return lines.strip().replace("\n", " && ")


@pytest.fixture(scope="module", params=SHELLS)
def shell(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Shell]:
    if not shutil.which(request.param):
        pytest.skip(f"{request.param} is not installed")
    folder = tmp_path_factory.mktemp(request.param)
    shell = Shell(request.param, install_line(request.param), folder, environment(folder))
    (folder / "numbers.csv").touch()
    (folder / "broken").write_text("[accounts\n")
    (folder / "saved").mkdir()
    (folder / "saved.txt").touch()
    yield shell
    shell.close()


INSERTED = {
    "a command": ("prof\tcr\t", ["profile", "create"]),
    "an option": ("verify --se\t", ["verify", "--send"]),
    "a choice": ("template --method pos\t", ["template", "--method", "post"]),
    "a key": ("config unset contract.attach_m\t", ["config", "unset", "contract.attach_method"]),
    "an account": ("--account st\t", ["--account", "staging"]),
    "a value of config": (
        "config set default_account pr\t",
        ["config", "set", "default_account", "prod"],
    ),
    "a title": ("profile show sup\t", ["profile", "show", "support"]),
    "a title with a space": ("profile show Inc\t", ["profile", "show", "Incoming messages"]),
    "the rest of a title": ("profile show sales\\ o\t", ["profile", "show", "sales one"]),
    "the rest in quotes": ('profile show "sales o\t', ["profile", "show", "sales one"]),
    "the rest in single quotes": ("profile show 'sales t\t", ["profile", "show", "sales two"]),
    "an ID": ("profile show IN_0002\t", ["profile", "show", "IN_0002"]),
    "a number": ("number show +9\t", ["number", "show", "+919812345679"]),
    "a number without plus": ("number show 91\t", ["number", "show", "+919812345679"]),
    "the number that is left": (
        "number attach +15550100001 +\t",
        ["number", "attach", "+15550100001", "+919812345679"],
    ),
    "a value after =": (
        "number attach --profile=Inc\t",
        ["number", "attach", "--profile=Incoming messages"],
    ),
    "a word after =": ("--account=prod number sh\t", ["--account=prod", "number", "show"]),
    "a word after a URL": (
        "--base-url http://127.0.0.1:8900 number sh\t",
        ["--base-url", "http://127.0.0.1:8900", "number", "show"],
    ),
    "a file": ("number attach --from num\t", ["number", "attach", "--from", "numbers.csv"]),
    "nothing of an account": ("--account no number show \t", ["--account", "no", "number", "show"]),
    "nothing of a broken file": (
        "--config broken --account \t",
        ["--config", "broken", "--account"],
    ),
}


@pytest.mark.parametrize("case", sampled(INSERTED, every=5))
def test_tab_inserts(shell: Shell, case: str):
    typed, words = INSERTED[case]
    assert shell.enter(f"wacb {typed}") == words


def test_tab_inserts_a_folder(shell: Shell):
    words = shell.enter("wacb callback listen --save sa\t")
    assert [word.rstrip("/") for word in words] == ["callback", "listen", "--save", "saved"]


# typed, and what is offered with its help
SHOWN = {
    "commands": ("p", {"profile": "Create", "plan": "Preview the changes"}),
    "options": ("profile list --t", {"--title": "Filter by title", "--timeout": "Time limit"}),
    "choices": ("--region ", {"in": "", "sg": "", "eu": "", "na": ""}),
    "accounts": ("--account ", {"prod": "the default account", "staging": ""}),
    "profiles": (
        "number attach --profile ",
        {title: identity for identity, title in PROFILES.items()} | PROFILES,
    ),
    "numbers": ("number detach ", NUMBERS),
}


@pytest.mark.parametrize("case", sampled(SHOWN, every=4))
def test_tab_shows(shell: Shell, case: str):
    typed, offered = SHOWN[case]
    if shell.name == "bash":  # it quotes, and has no place for help
        offered = {value.replace(" ", r"\ "): "" for value in offered}
    shell.show(
        f"wacb {typed}",
        *(
            rf"\n(?s:.*){re.escape(value)}" + (rf" +(-- |\(){help}" if help else r"\s")
            for value, help in offered.items()
        ),
    )

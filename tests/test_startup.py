"""Which modules a quick command loads, as the interpreter reports it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ID = "SG_00000000-0000-4000-8000-000000000001"
HOOK = "https://example.com/hook"
MAIN = """
import atexit, sys
atexit.register(lambda: print(*sys.modules, file=sys.__stderr__))
from wacb.__main__ import main
main()
"""
# libraries, and the parts of the standard library that cost as much as all of click
HEAVY = {
    *("httpx", "httpcore", "h11", "anyio", "rich", "uvicorn", "cryptography"),
    *("asyncio", "ssl", "http", "email", "socket", "sqlite3", "subprocess", "logging", "tempfile"),
    *("concurrent", "hashlib", "random", "dataclasses", "tomllib", "decimal", "base64", "string"),
}
# what no command needs to print its help or its version, or to answer a TAB
NOT_AT_THE_ROOT = {"json", "difflib"}

# What each command may load of wacb. Each addition costs half a millisecond.
ROOT = {
    *("", "cli", "cli.app", "cli.commands", "cli.completion", "cli.streams"),
    *("config", "config.regions", "errors"),
}
PRINTING = {
    *("cli.console", "cli.next_command", "cli.output", "cli.quoting", "cli.render", "cli.views"),
    "jsontext",
}
TEMPLATE = {
    *("cli.endpoint", "cli.options", "cli.prompts", "models", "validation"),
    *("storage", "storage.paths", "storage.permissions"),
    *("template", "template.build", "template.inspect", "template.placeholders"),
    *("urls", "urls.permissions"),
}
CREATE = {
    *(
        "cli.account",
        "cli.dry_run",
        "cli.encryption_keys",
        "cli.github",
        "cli.identity",
        "cli.input",
    ),
    *(
        "cli.profile",
        "cli.profile.create",
        "cli.profile.draft_options",
        "cli.profile.ensure",
        "cli.views.profiles",
    ),
    *("api", "api.requests", "api.responses", "api.values"),
    *("config.environment", "config.file", "config.key_command", "config.schema"),
    *("config.settings", "redaction", "sandbox", "sandbox.account", "urls.compare"),
    *("provision", "provision.compare", "provision.create", "provision.created"),
    *("provision.drafts", "provision.find", "provision.interrupt", "provision.steps"),
    "provision.update",
    *("storage.create_lock", "storage.encryption_keys", "storage.files", "storage.identity"),
    "storage.uptime",
    *("storage.text", "storage.toml", "template.move"),
}
COMMANDS = {
    "--version": ROOT,
    "--help": ROOT,
    f"template --method get --url {HOOK}": ROOT
    | PRINTING
    | TEMPLATE
    | {"cli.template", "cli.views.guide", "template.descriptions"},
    f"profile create --method post --url {HOOK} --dry-run": ROOT | PRINTING | TEMPLATE | CREATE,
}


def loaded(line: str, home: Path, **environ: str) -> set[str]:
    """Run a command line; return the names of the modules that were imported."""
    process = subprocess.run(
        [sys.executable, "-c", MAIN, *line.split()],
        env={"HOME": str(home), "PATH": os.environ["PATH"], **environ},
        capture_output=True,
        text=True,
        check=True,
    )
    names = set(process.stderr.splitlines()[-1].split())
    assert {"click", "wacb"} <= names
    return names


def of_wacb(names: set[str]) -> set[str]:
    below = {name.removeprefix("wacb").removeprefix(".") for name in names if name[:4] == "wacb"}
    return below - {"__main__"}


def others(names: set[str]) -> set[str]:
    return {name.partition(".")[0] for name in names}


@pytest.mark.parametrize("line", COMMANDS)
def test_a_quick_command_loads_nothing_but_what_it_needs(line: str, tmp_path: Path):
    names = loaded(line, tmp_path)
    assert of_wacb(names) - COMMANDS[line] == set()
    assert others(names) & HEAVY == set()
    if COMMANDS[line] is ROOT:
        assert others(names) & NOT_AT_THE_ROOT == set()


def test_a_tab_loads_little_more_than_the_root(tmp_path: Path):
    words = {"COMP_WORDS": "wacb pro", "COMP_CWORD": "1"}
    names = loaded("", tmp_path, _WACB_COMPLETE="bash_complete", **words)
    assert of_wacb(names) == ROOT | {"cli.completion.shells"}
    assert others(names) & (HEAVY | NOT_AT_THE_ROOT) == set()


def test_a_tab_that_offers_values_loads_nothing_heavy(tmp_path: Path):
    words = {"COMP_WORDS": "wacb profile show ", "COMP_CWORD": "3"}
    names = loaded("", tmp_path, _WACB_COMPLETE="bash_complete", **words)
    assert "wacb.cli.completion.values" in names
    assert others(names) & HEAVY == set()


LIBRARIES = {"httpx", "rich", "uvicorn", "cryptography"}


@pytest.mark.parametrize(
    "line",
    [
        "config show",
        f"number attach +15550100001 --profile {ID} --dry-run",
        "callback send --method post --to http://127.0.0.1/h --dry-run",
    ],
)
def test_what_sends_nothing_loads_no_library(line: str, tmp_path: Path):
    assert others(loaded(line, tmp_path)) & LIBRARIES == set()

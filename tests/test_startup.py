"""What a quick command must not load, as the interpreter reports it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ID = "SG_00000000-0000-4000-8000-000000000001"
HOOK = "https://example.com/hook"
# libraries, and the parts of the standard library that cost as much as all of click
HEAVY = {
    *("httpx", "httpcore", "h11", "anyio", "rich", "uvicorn", "cryptography"),
    *("asyncio", "ssl", "http", "email", "socket", "sqlite3", "subprocess", "logging", "tempfile"),
    *("concurrent", "hashlib", "random", "dataclasses", "tomllib", "decimal"),
}
COMMANDS = {
    "version": "--version",
    "help": "--help",
    "start": "",
    "help of a command": "profile create --help",
    "template": f"template --method get --url {HOOK}",
    "create, offline": f"profile create --method post --url {HOOK} --dry-run",
}


def loaded(line: str, home: Path, **environ: str) -> set[str]:
    """Run a command line; return the names of the packages that were imported."""
    process = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "wacb", *line.split()],
        env={"HOME": str(home), "PATH": os.environ["PATH"], **environ},
        capture_output=True,
        text=True,
        check=True,
    )
    lines = [line for line in process.stderr.splitlines() if line.startswith("import time:")]
    names = {line.rpartition("|")[2].strip().partition(".")[0] for line in lines}
    assert {"click", "wacb"} <= names
    return names


@pytest.mark.parametrize("name", COMMANDS)
def test_a_quick_command_loads_nothing_heavy(name: str, tmp_path: Path):
    assert loaded(COMMANDS[name], tmp_path) & HEAVY == set()


@pytest.mark.parametrize("typed", ["wacb profile sh", "wacb profile show "])
def test_a_tab_loads_nothing_heavy(typed: str, tmp_path: Path):
    words = {"COMP_WORDS": typed, "COMP_CWORD": str(len(typed.split(" ")) - 1)}
    assert loaded("", tmp_path, _WACB_COMPLETE="bash_complete", **words) & HEAVY == set()


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
    assert loaded(line, tmp_path) & LIBRARIES == set()

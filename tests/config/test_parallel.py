"""Twenty commands at once on one config file: every value that was set is there, nothing else."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import threading
import tomllib
from contextlib import ExitStack
from pathlib import Path
from subprocess import PIPE

import pytest

PROCESSES, WRITES = 20, 10
VALUES = {
    "sid": "HX{}",
    "waba_id": "{}",
    "profile": "Title {}",
    "endpoint": "https://example.com/{}",
    "number": "+1555010{:04}",
}
# Says that it is there, waits for its command lines, and runs them as `wacb` would.
WRITER = """
import json, sys
from wacb.cli import root
from wacb.cli.app import App
assert root.run(["config", "path"], App()) == 0
sys.stdout.flush()
for line in json.loads(sys.stdin.readline()):
    assert root.run(line, App()) == 0
"""


def accounts(path: Path) -> dict[str, dict[str, str]]:
    if not path.exists():
        return {}
    tables: dict[str, dict[str, str]] = tomllib.loads(path.read_text())["accounts"]
    return tables


@pytest.mark.thorough
def test_twenty_processes_keep_all_of_two_hundred_values(tmp_path: Path):
    path = tmp_path / "wacb" / "config.toml"
    expected: dict[str, dict[str, str]] = {}
    lines: list[list[tuple[str, ...]]] = [[] for _ in range(PROCESSES)]
    for number in range(PROCESSES * WRITES):
        # The keys of one account are set by different processes, at about the same time.
        account, key = f"a{number // len(VALUES)}", [*VALUES][number % len(VALUES)]
        value = VALUES[key].format(number)
        expected.setdefault(account, {})[key] = value
        lines[number % PROCESSES].append(("config", "set", key, value, "--account", account))

    command = [sys.executable, "-c", WRITER]
    env = {**os.environ, "XDG_CONFIG_HOME": str(tmp_path)}
    seen: list[int] = []
    with ExitStack() as stack:
        runs = [
            stack.enter_context(
                subprocess.Popen(command, env=env, text=True, stdin=PIPE, stdout=PIPE, stderr=PIPE)
            )
            for _ in lines
        ]
        for run in runs:
            assert run.stdout and run.stdout.readline() == f"{path}\n"
        for run, own in zip(runs, lines, strict=True):
            assert run.stdin
            print(json.dumps(own), file=run.stdin, flush=True)
        while any(run.poll() is None for run in runs):
            seen.append(sum(map(len, accounts(path).values())))
            threading.Event().wait(0.02)
        assert [run.communicate() for run in runs] == [("", "")] * PROCESSES

    assert [run.returncode for run in runs] == [0] * PROCESSES
    assert accounts(path) == expected
    assert tomllib.loads(path.read_text()).keys() == {"default_account", "accounts"}
    assert seen == sorted(seen), "a value was lost on the way"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert sorted(file.name for file in path.parent.iterdir()) == [
        "config.toml",
        "config.toml.lock",
    ]

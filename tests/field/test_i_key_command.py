"""A command that prints the API key: bounded in output and time, and nothing of it stays behind."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.cli.expect import done, failed
from tests.conftest import Outcome, Wacb
from tests.examples import sampled
from wacb.config.key_command import run_key_command
from wacb.sandbox.account import API_KEY, SID
from wacb.storage.permissions import make_folder

LIST = ("profile", "list", "-q")
BY_HAND = "run it in a shell to see why"


def write(home: Path, script: str) -> Path:
    """Store a command of the shell; it notes its process ID in the file that is returned."""
    note = home / "pid"
    file = home / ".config" / "wacb" / "config.toml"
    make_folder(file.parent)
    command = ["sh", "-c", f"echo $$ >{note}; {script}"]
    file.write_text(f'[accounts.a]\nsid = "{SID}"\napi_key_command = {json.dumps(command)}\n')
    file.chmod(0o600)
    return note


def is_gone(note: Path) -> bool:
    """Whether nothing of the command's group is left (what has ended counts for nothing)."""
    group = note.read_text().strip()
    for _ in range(200):
        listed = subprocess.run(["ps", "-eo", "pgid=,stat="], capture_output=True, text=True)
        lines = [line.split() for line in listed.stdout.splitlines()]
        if not any(line[0] == group and not line[1].startswith("Z") for line in lines):
            return True
        time.sleep(0.01)
    return False


def timed(wacb: Wacb, *line: str) -> tuple[Outcome, float]:
    began = time.monotonic()
    return wacb(*line), time.monotonic() - began


def test_a_daemon_that_holds_stdout_is_not_waited_for(wacb: Wacb, home: Path):
    note = write(home, f"sleep 60 & echo {API_KEY}")
    outcome, seconds = timed(wacb, *LIST)
    assert outcome == done()
    assert seconds < 10
    assert is_gone(note)


def test_output_without_end_is_cut_off(wacb: Wacb, home: Path):
    note = write(home, "yes canary")
    why = "the api_key_command 'sh' printed more than 64 KiB"
    assert wacb(*LIST) == failed(3, why, BY_HAND)
    assert is_gone(note)


def test_a_command_has_no_stdin_and_its_stderr_is_not_shown(
    capfd: pytest.CaptureFixture[str], tmp_path: Path
):
    (tmp_path / "data").write_text("not for the command\n")
    own = os.dup(0)
    with (tmp_path / "data").open() as data:
        os.dup2(data.fileno(), 0)
    try:
        command = ["sh", "-c", "cat; echo canary >&2; echo key"]
        assert run_key_command(command, seconds=20) == "key"
    finally:
        os.dup2(own, 0)
        os.close(own)
    assert capfd.readouterr() == ("", "")


def test_as_much_as_a_key_may_need_is_read():
    command = ["sh", "-c", "head -c 65536 /dev/zero | tr '\\0' k"]
    assert run_key_command(command, seconds=20) == "k" * 65536


@pytest.mark.parametrize(
    "script",
    ["sleep 60", pytest.param("trap '' TERM INT HUP; yes >/dev/null", marks=pytest.mark.thorough)],
)
def test_a_command_that_never_ends_is_ended_by_the_deadline(wacb: Wacb, home: Path, script: str):
    note = write(home, script)
    outcome, seconds = timed(wacb, *LIST, "--deadline", "0.3")
    message, hint = outcome.err.splitlines()
    assert (outcome.code, outcome.out, hint) == (3, "", f"hint: {BY_HAND}")
    assert re.fullmatch(r"error: the api_key_command 'sh' took longer than 0\.\d+ s", message)
    assert seconds < 5
    assert is_gone(note)


def test_ctrl_c_ends_the_command_as_well(home: Path):
    note = write(home, "sleep 60")
    process = subprocess.Popen(
        [sys.executable, "-m", "wacb", *LIST],
        env={"HOME": str(home), "PATH": os.environ["PATH"]},
        stderr=subprocess.PIPE,
        text=True,
    )
    for _ in range(1000):
        if note.exists() and note.read_text().endswith("\n"):
            break
        time.sleep(0.01)
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=10)
    assert (process.returncode, err) == (130, "\nerror: interrupted\n")
    assert is_gone(note)


@pytest.mark.parametrize("number", sampled([signal.SIGINT, signal.SIGTERM, signal.SIGHUP], every=3))
def test_a_signal_while_the_command_starts_leaves_no_process(
    monkeypatch: pytest.MonkeyPatch, number: signal.Signals
):
    started: list[int] = []
    fork = vars(subprocess)["_fork_exec"]

    def fork_under_fire(*arguments: object) -> int:
        started.append(fork(*arguments))
        signal.raise_signal(number)
        return started[0]

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(number, interrupt)
    monkeypatch.setattr(subprocess, "_fork_exec", fork_under_fire)
    try:
        with pytest.raises(KeyboardInterrupt):
            run_key_command(["sleep", "60"], seconds=20)
    finally:
        signal.signal(number, before)
    with pytest.raises(ProcessLookupError):
        os.kill(started[0], 0)


def test_a_signal_that_is_ignored_stays_so():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as under nohup
    try:
        command = ["sh", "-c", "kill -HUP $$; echo key"]
        assert run_key_command(command, seconds=20) == "key"
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)

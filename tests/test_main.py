"""`python -m wacb` and the installed command are the same program."""

from __future__ import annotations

import runpy
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from wacb import __main__ as entry


@pytest.fixture(autouse=True)
def process(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Ask for the version, and put back what the program changes in its process."""
    monkeypatch.setattr(sys, "argv", ["wacb", "--version"])
    for name in ("stdout", "stderr"):
        monkeypatch.setattr(sys, name, getattr(sys, name))
    handlers = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP)}
    yield
    for number, handler in handlers.items():
        signal.signal(number, handler)


def test_the_installed_command_runs_the_root_group(capfd: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit) as ended:
        entry.main()
    sys.stdout.flush()
    assert (ended.value.code, capfd.readouterr().out) == (0, "wacb 0.1.0\n")


def test_the_package_runs_as_a_module(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
):
    monkeypatch.delitem(sys.modules, "wacb.__main__")
    with pytest.raises(SystemExit) as ended:
        runpy.run_module("wacb", run_name="__main__")
    sys.stdout.flush()
    assert (ended.value.code, capfd.readouterr().out) == (0, "wacb 0.1.0\n")


SHUTDOWN = """
import sys, time
from wacb import __main__ as entry
from wacb.cli import streams

class Slow:
    def __del__(self, sleep=time.sleep, seconds=2 * streams._CHECK_EVERY):
        sleep(seconds)

sys.slow = Slow()
streams.give_up_blocked()  # as an interrupted command does
entry.main()
"""


def test_the_alarm_of_an_interrupted_command_does_not_end_the_shutdown_of_python():
    line = [sys.executable, "-c", SHUTDOWN, "--version"]
    ended = subprocess.run(line, capture_output=True, text=True, timeout=60)
    assert (ended.returncode, ended.stdout) == (0, "wacb 0.1.0\n"), ended

"""`python -m wacb` and the installed command are the same program."""

from __future__ import annotations

import runpy
import signal
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

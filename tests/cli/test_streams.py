"""A standard stream that cannot be written loses what it was to show, and nothing else."""

from __future__ import annotations

import errno
import os
import signal
import sys
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from threading import Event, Thread, main_thread

import pytest

from tests.cli.expect import ONE, failed
from tests.conftest import LIVE, Wacb, profile_id
from wacb.cli import root, streams
from wacb.cli.app import App
from wacb.sandbox.emulator import Sandbox
from wacb.sandbox.in_process import exchange

SECONDS = 20  # that a test waits at most for what must happen at once
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
Prepare = Callable[[str, int], None]


@pytest.fixture
def prepare(monkeypatch: pytest.MonkeyPatch) -> Iterator[Prepare]:
    """Let a standard stream write to a descriptor, as the program does at its start."""
    handlers = {number: signal.getsignal(number) for number in (*SIGNALS, signal.SIGALRM)}
    opened = []
    monkeypatch.setattr(sys, "unraisablehook", sys.unraisablehook)

    def prepare(name: str, descriptor: int) -> None:
        opened.append(descriptor)
        # the other stream belongs to pytest
        other = {"stdout": "stderr", "stderr": "stdout"}[name]
        kept = getattr(sys, other)
        monkeypatch.setattr(sys, name, os.fdopen(descriptor, "w", encoding="ascii", closefd=False))
        monkeypatch.setattr(sys, other, None)
        streams.prepare_process()
        setattr(sys, other, kept)

    yield prepare
    signal.setitimer(signal.ITIMER_REAL, 0)
    for number, handler in handlers.items():
        signal.signal(number, handler)
    for descriptor in opened:
        os.close(descriptor)


def run(*line: str) -> int:
    with pytest.raises(SystemExit) as ended:
        root.main(list(line), obj=App(environ={**LIVE, "WACB_SANDBOX": "1", "HOME": "/absent"}))
    assert isinstance(ended.value.code, int)
    return ended.value.code


def closed_pipe() -> int:
    reading, writing = os.pipe()
    os.close(reading)
    return writing


def test_a_closed_pipe_ends_quietly(prepare: Prepare, capfd: pytest.CaptureFixture[str]):
    prepare("stdout", closed_pipe())
    assert run("template", "--method", "post") == 0
    assert run("config", "show", "-o", "table") == 0  # what follows goes nowhere
    assert run("--help") == 0
    assert streams.is_unread(sys.stdout)
    assert capfd.readouterr() == ("", "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
@pytest.mark.parametrize("line", [("template", "--method", "post"), ("--help",)])
def test_a_full_disk_is_an_error(
    prepare: Prepare, capfd: pytest.CaptureFixture[str], line: tuple[str, ...]
):
    prepare("stdout", os.open("/dev/full", os.O_WRONLY))
    assert run(*line) == 1
    message = "cannot write to stdout: No space left on device"
    assert capfd.readouterr() == ("", failed(1, message).err)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
def test_a_full_disk_does_not_hide_what_failed(
    prepare: Prepare, capfd: pytest.CaptureFixture[str], home: Path, sandbox: Sandbox
):
    prepare("stdout", os.open("/dev/full", os.O_WRONLY))
    app = App(environ={"HOME": str(home), **LIVE}, handler=partial(exchange, sandbox))
    with pytest.raises(SystemExit) as ended:
        root.main(["verify", ONE, "--profile", profile_id(9)], obj=app)
    assert ended.value.code == 8
    assert "warning: cannot write to stdout: No space left" in capfd.readouterr().err


def test_a_broken_stderr_stops_nothing(
    live: Wacb, prepare: Prepare, two_profiles: None, home: Path, sandbox: Sandbox
):
    app = App(environ={"HOME": str(home), **LIVE}, handler=partial(exchange, sandbox))
    line = ["-v", "number", "attach", ONE, "--profile", profile_id(1)]
    prepare("stderr", closed_pipe())
    assert root.run(line, app) == 0
    assert root.run(["nosuch"], app) == 2
    assert root.run(["nosuch", "-o", "json"], app) == 2
    assert live("number", "history").out.count("\n") == 1


def test_a_character_that_the_encoding_lacks_is_escaped(prepare: Prepare):
    reading, writing = os.pipe()
    prepare("stdout", writing)
    print("Shop \u2713", flush=True)
    assert os.read(reading, 100) == b"Shop \\u2713\n"
    os.close(reading)


def test_only_a_terminal_is_lost_by_an_input_output_error():
    leading, following = os.openpty()
    terminal, file = streams.SafeFile(following), streams.SafeFile(leading)
    file._terminal = False
    for stream in (terminal, file):
        stream.error = OSError(errno.EIO, "Input/output error")
    assert (terminal.unread, file.unread) == (True, False)
    for descriptor in (leading, following):
        os.close(descriptor)


@pytest.mark.parametrize("before", [signal.SIG_DFL, signal.SIG_IGN], ids=["default", "ignored"])
def test_signals_end_a_command_unless_they_are_ignored(prepare: Prepare, before: signal.Handlers):
    descriptor = closed_pipe()
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, before)
    prepare("stdout", descriptor)
    for number in (signal.SIGTERM, signal.SIGHUP):
        if before == signal.SIG_IGN:
            assert signal.getsignal(number) == before
        else:
            with pytest.raises(KeyboardInterrupt):
                signal.raise_signal(number)


def full_pipe() -> tuple[int, int]:
    """A pipe whose reader does not read."""
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    with suppress(BlockingIOError):
        while os.write(writing, bytes(4096)):
            pass
    os.set_blocking(writing, True)
    return reading, writing


def signal_while_it_writes() -> None:
    """Send SIGTERM once the main thread is in a write."""
    thread = main_thread().ident or 0
    while sys._current_frames()[thread].f_code is not streams.SafeFile.write.__code__:
        Event().wait(0.01)
    os.kill(os.getpid(), signal.SIGTERM)


def test_a_signal_ends_a_write_that_waits_for_a_reader(prepare: Prepare):
    reading, writing = full_pipe()
    prepare("stdout", writing)
    Thread(target=signal_while_it_writes).start()
    assert run("--version") == 130
    os.close(reading)


def test_a_write_that_waits_after_the_signal_ends_as_well(prepare: Prepare):
    reading, writing = os.pipe()
    prepare("stdout", writing)
    streams.give_up_blocked()
    assert sys.stdout.write("x" * 1_000_000) == 1_000_000
    sys.stdout.flush()
    assert streams.is_unread(sys.stdout)
    os.close(reading)


def test_a_signal_is_not_lost_in_a_callback(prepare: Prepare, monkeypatch: pytest.MonkeyPatch):
    dropped: list[object] = []
    monkeypatch.setattr(sys, "__unraisablehook__", lambda args: dropped.append(args.exc_value))
    prepare("stdout", os.open(os.devnull, os.O_WRONLY))

    def fail(_: object) -> None:
        raise ZeroDivisionError

    with pytest.raises(KeyboardInterrupt):
        thing = Event()
        reference = weakref.ref(thing, lambda _: signal.raise_signal(signal.SIGTERM))
        del thing
        time.sleep(SECONDS)
    assert reference() is None
    thing = Event()
    reference = weakref.ref(thing, fail)
    del thing
    assert [type(error) for error in dropped] == [ZeroDivisionError]

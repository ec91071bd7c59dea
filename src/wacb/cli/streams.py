"""Standard streams that never fail: what cannot be written is dropped, and the work goes on."""

from __future__ import annotations

import errno
import io
import os
import select
import signal
import sys
from collections.abc import Mapping
from functools import partial
from types import FrameType
from typing import IO, NoReturn, TextIO

import click

_CHECK_EVERY = 0.5  # seconds
_REPEAT_AFTER = 0.01  # seconds


class SafeFile(io.FileIO):
    """A file whose first failed write is kept as `error`; what comes after it is dropped."""

    def __init__(self, descriptor: int) -> None:
        super().__init__(descriptor, "w", closefd=False)
        self._terminal = self.isatty()  # a terminal that is gone would not say so
        self.error: OSError | None = None

    def write(self, data: object) -> int:
        """Write bytes, or drop them."""
        if self.error is None:
            try:
                return super().write(data)  # type: ignore[arg-type]
            except OSError as error:
                self.error = error
        return memoryview(data).nbytes  # type: ignore[arg-type]

    def give_up(self) -> None:
        """If a write would have to wait for a reader, drop it and all that follows."""
        if not select.select((), (self,), (), 0)[1]:
            self.error = BrokenPipeError(errno.EPIPE, "nobody reads it")
            null = os.open(os.devnull, os.O_WRONLY)
            os.dup2(null, self.fileno())  # there goes a write that the signal interrupted
            os.close(null)

    @property
    def unread(self) -> bool:
        """Whether the reader has gone: a closed pipe or a lost terminal."""
        number = self.error.errno if self.error else None
        return number == errno.EPIPE or (number == errno.EIO and self._terminal)


def prepare_process() -> None:
    """Replace stdout and stderr by streams that never fail; let each signal end like Ctrl-C."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:  # as under nohup
            signal.signal(number, _interrupt)
    if sys.stdout is not None:  # as it is after `>&-`
        sys.stdout = _make_safe(sys.stdout)
    if sys.stderr is not None:
        sys.stderr = _make_safe(sys.stderr)


def _interrupt(number: int, frame: FrameType | None) -> NoReturn:
    give_up_blocked()
    sys.unraisablehook = partial(_repeat_if_lost, number)
    signal.default_int_handler(number, frame)


def _repeat_if_lost(number: int, dropped: sys.UnraisableHookArgs) -> None:
    """Send a signal again whose exception Python has dropped, as in a callback of an import."""
    if dropped.exc_type is not KeyboardInterrupt:
        sys.__unraisablehook__(dropped)
        return
    signal.signal(signal.SIGALRM, lambda *_: signal.raise_signal(number))
    signal.setitimer(signal.ITIMER_REAL, _REPEAT_AFTER)


def give_up_blocked() -> None:
    """Let no write wait for a reader of stdout or stderr, now or later. For signal handlers."""
    for stream in (sys.stdout, sys.stderr):
        file = _safe_file(stream)
        if file is not None:
            file.give_up()
    # A write that begins to wait from now on is interrupted by the next alarm.
    signal.signal(signal.SIGALRM, lambda number, frame: give_up_blocked())
    signal.setitimer(signal.ITIMER_REAL, _CHECK_EVERY)


def takes_color(choice: str, environ: Mapping[str, str], *, terminal: bool) -> bool:
    """Return whether to color a stream, by `--color` and the usual variables."""
    if choice != "auto":
        return choice == "always"
    if environ.get("NO_COLOR"):
        return False
    if environ.get("FORCE_COLOR"):
        return True
    # a dumb terminal shows escapes as text
    return terminal and environ.get("TERM") != "dumb" and environ.get("CLICOLOR") != "0"


def is_terminal(stream: IO[str] | None) -> bool:
    """Return whether a standard stream is a terminal. A closed one (`<&-`) is None."""
    return stream is not None and stream.isatty()


def to_stderr(line: str) -> None:
    """Write a line."""
    if sys.stderr is not None:  # as it is after `2>&-`
        click.echo(line, file=sys.stderr)


def is_unread(stream: IO[str] | None) -> bool:
    """Return whether the reader of a standard stream has gone."""
    file = _safe_file(stream)
    return file is not None and file.unread


def write_error(stream: IO[str] | None) -> OSError | None:
    """Return why a standard stream lost output that somebody would have read."""
    file = _safe_file(stream)
    if stream is None or file is None:
        return None
    stream.flush()
    return None if file.unread else file.error


def _safe_file(stream: IO[str] | None) -> SafeFile | None:
    raw = getattr(getattr(stream, "buffer", None), "raw", None)
    return raw if isinstance(raw, SafeFile) else None


def _make_safe(stream: TextIO) -> TextIO:
    """Wrap the stream's descriptor; a character that its encoding lacks is escaped."""
    return io.TextIOWrapper(
        io.BufferedWriter(SafeFile(stream.fileno())),
        encoding=stream.encoding,
        errors="backslashreplace",
        line_buffering=stream.isatty() or stream is sys.stderr,
    )

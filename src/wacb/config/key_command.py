"""Run an `api_key_command` within limits of time and output, and leave nothing of it behind."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import IO, TYPE_CHECKING

from wacb.config.schema import check_key
from wacb.errors import ConfigError, InvalidInput
from wacb.storage.text import decode_text, drop_line_end

if TYPE_CHECKING:
    from subprocess import Popen

_MAX_OUTPUT = 64 * 1024
_CHUNK = 8192
_POLL_SECONDS = 0.02
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def run_key_command(command: list[str], *, seconds: float) -> str:
    """Return the key that `command` prints within `seconds`.

    What counts is that the command itself ends: whatever else holds its stdout is ended with its
    process group. Raises ConfigError, which never contains the output.
    """
    program = f"the api_key_command {command[0]!r}"
    hint = "run it in a shell to see why"
    process: Popen[bytes] | None = None
    try:
        with _hold_signals():  # a signal in between would leave the process running
            process = _start(command, program)
        output = _read_output(process, seconds)
    except TimeoutError:
        raise ConfigError(f"{program} took longer than {seconds:.3g} s", hint=hint) from None
    finally:
        with _hold_signals():
            if process:
                _end_group(process)
    if len(output) > _MAX_OUTPUT:
        raise ConfigError(f"{program} printed more than 64 KiB", hint=hint)
    if process.returncode != 0:
        raise ConfigError(f"{program} failed with exit code {process.returncode}", hint=hint)
    try:
        return check_key(drop_line_end(decode_text(output)))
    except InvalidInput as error:
        raise ConfigError(f"{program}: {error.message}", hint=error.hint) from error
    except ValueError as error:
        raise ConfigError(f"the output of {program} {error}", hint=hint) from None


@contextmanager
def _hold_signals() -> Iterator[None]:
    """Hold back Ctrl-C, SIGTERM and SIGHUP until the block has ended."""
    arrived: list[int] = []
    handlers = {number: signal.getsignal(number) for number in _SIGNALS}
    for number, handler in handlers.items():
        if handler is not signal.SIG_IGN:  # which the command inherits
            signal.signal(number, lambda number, frame: arrived.append(number))
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
        for held in arrived:
            signal.raise_signal(held)


def _start(command: list[str], program: str) -> Popen[bytes]:
    import subprocess

    try:
        # only its stdout is used: wacb's stdin may have data, and its stderr may show the key
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
            process_group=0,
        )
    except (OSError, ValueError):
        raise ConfigError(f"cannot start {program}", hint="check that it is on PATH") from None


def _read_output(process: Popen[bytes], seconds: float) -> bytes:
    """Read until the command has ended or printed too much. Raises TimeoutError."""
    stdout = process.stdout
    assert stdout
    from subprocess import TimeoutExpired

    os.set_blocking(stdout.fileno(), False)
    end = time.monotonic() + seconds
    output = b""
    while True:
        ended = process.poll() is not None  # before reading: what it has printed is there then
        output += _read_ready(stdout, _MAX_OUTPUT + 1 - len(output))
        if ended or len(output) > _MAX_OUTPUT:
            return output
        left = end - time.monotonic()
        if left <= 0:
            raise TimeoutError
        with suppress(TimeoutExpired):
            process.wait(min(left, _POLL_SECONDS))


def _read_ready(stdout: IO[bytes], most: int) -> bytes:
    """Read what is there, and not wait for more."""
    output = b""
    while len(output) < most and (chunk := stdout.read(min(_CHUNK, most - len(output)))):
        output += chunk
    return output


def _end_group(process: Popen[bytes]) -> None:
    with suppress(ProcessLookupError, PermissionError):  # nothing is left of it
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert process.stdout
    process.stdout.close()

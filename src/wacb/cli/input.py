"""Input from stdin or a file: a key, a template, a list of numbers."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import BinaryIO

from wacb.errors import InvalidInput
from wacb.storage.text import decode_text

STDIN = Path("-")
_MOST_MIB = 64


def read_stdin() -> str:
    """Read the text on stdin; a closed one is empty. Raises InvalidInput."""
    try:
        return _read(sys.stdin.buffer, "stdin") if sys.stdin else ""
    except ValueError as error:
        raise InvalidInput(f"stdin {error}", hint="convert it to UTF-8") from None


def read_input(path: Path, what: str, *, hint: str = "pass a UTF-8 file, or - for stdin") -> str:
    """Read the text of a file, or of stdin for `-`. Raises InvalidInput naming `what` it is."""
    if path == STDIN:
        return read_stdin()
    try:
        with path.open("rb") as file:
            return _read(file, str(path))
    except OSError as error:
        reason = error.strerror
    except ValueError as error:
        reason = f"it {error}"
    raise InvalidInput(f"cannot read {what} {path}: {reason}", hint=hint)


def _read(file: BinaryIO, name: str) -> str:
    """Read a text that may have no end, such as a device's. Raises InvalidInput and ValueError."""
    most = _MOST_MIB * 1024 * 1024
    content = file.read(most + 1)
    if len(content) > most:
        raise InvalidInput(f"{name} is larger than {_MOST_MIB} MiB", hint="pass a smaller one")
    return decode_text(content)


def read_body(path: Path | None) -> str | None:
    """Read the template of `--body-file`; None without it."""
    return None if path is None else read_input(path, "the body file")

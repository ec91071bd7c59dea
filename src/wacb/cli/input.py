"""Input from stdin or a file: a key, a template, a list of numbers."""

from __future__ import annotations

import sys
from pathlib import Path

from wacb.errors import InvalidInput
from wacb.storage.text import decode_text

STDIN = Path("-")


def read_stdin() -> str:
    """Read the text on stdin; a closed one is empty. Raises InvalidInput."""
    try:
        return decode_text(sys.stdin.buffer.read()) if sys.stdin else ""
    except ValueError as error:
        raise InvalidInput(f"stdin {error}", hint="convert it to UTF-8") from None


def read_input(path: Path, what: str, *, hint: str = "pass a UTF-8 file, or - for stdin") -> str:
    """Read the text of a file, or of stdin for `-`. Raises InvalidInput naming `what` it is."""
    if path == STDIN:
        return read_stdin()
    try:
        return decode_text(path.read_bytes())
    except OSError as error:
        reason = error.strerror
    except ValueError as error:
        reason = f"it {error}"
    raise InvalidInput(f"cannot read {what} {path}: {reason}", hint=hint)


def read_body(path: Path | None) -> str | None:
    """Read the template of `--body-file`; None without it."""
    return None if path is None else read_input(path, "the body file")

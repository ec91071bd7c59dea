"""Input from stdin or a file: a key, a template, a list of numbers."""

from __future__ import annotations

import sys
from pathlib import Path

from wacb.errors import InvalidInput


def read_stdin() -> str:
    """Read stdin as UTF-8, with or without a byte order mark; a closed one is empty."""
    try:
        return sys.stdin.buffer.read().decode("utf-8-sig") if sys.stdin else ""
    except UnicodeDecodeError:
        raise InvalidInput("stdin is not UTF-8 text", hint="convert it to UTF-8") from None


def read_input(name: str, what: str, *, hint: str = "pass a UTF-8 file, or - for stdin") -> str:
    """Read the UTF-8 file `name`, or stdin for `-`. Raises InvalidInput naming `what` it is."""
    if name == "-":
        return read_stdin()
    try:
        return Path(name).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise InvalidInput(
            f"cannot read {what} {name}: {reason}",
            hint=hint,
        ) from error

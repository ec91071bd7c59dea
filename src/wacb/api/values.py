"""Members of the API's JSON, whatever type they come in."""

from __future__ import annotations

import re
from typing import Any

from wacb.jsontext import compact_json, read_json_or


def is_empty(value: Any) -> bool:
    """Return whether a member has no content; 0 and false are content."""
    return value is None or value in ("", [], {})


def unwrap(value: Any) -> Any:
    """Take the one element out of an array of one."""
    return value[0] if isinstance(value, list) and len(value) == 1 else value


def text(value: Any) -> str | None:
    """Read text or a number, None for anything else and for empty text."""
    value = unwrap(value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    return str(value) or None


def words(value: Any) -> str | None:
    """Read text or a number; write anything else as JSON, None for an empty value."""
    value = unwrap(value)
    return None if is_empty(value) else text(value) or compact_json(value)


def number(value: Any) -> int | None:
    """Read an integer, also from text, None for anything else."""
    digits = re.fullmatch(r"([0-9]{1,15})(?:\.0*)?", (text(value) or "").strip())
    return int(digits[1]) if digits else None


def structure(value: Any) -> Any:
    """Open text that holds JSON, and take out the one element of an array of one."""
    value = unwrap(value)
    return unwrap(read_json_or(value, value)) if isinstance(value, str) else value


def first(row: dict[str, Any], *names: str) -> str | None:
    """Read the first of these members that has text or a number."""
    return next((found for name in names if (found := text(row.get(name)))), None)

"""Write JSON values as YAML in block style."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from wacb.jsontext import compact_json

# a string that every YAML reader takes for a string; all others are quoted as in JSON
_PLAIN = re.compile(
    r"(?!(?:true|false|null|yes|no|on|off|y|n)\Z)[A-Za-z][A-Za-z0-9_./ -]*(?<! )", re.I
)


def dump_yaml(value: Mapping[str, Any]) -> str:
    """Write an object as YAML 1.2, members in their order, without a line break at the end."""
    return "\n".join(_lines(value))


def _lines(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping) and value:
        for name, member in value.items():
            first, *rest = _lines(member)
            nested = isinstance(member, Mapping | list) and bool(member)
            yield f"{_scalar(name)}:" + ("" if nested else f" {first}")
            yield from (f"  {line}" for line in ([first, *rest] if nested else rest))
    elif isinstance(value, list) and value:
        for item in value:
            first, *rest = _lines(item)
            yield f"- {first}"
            yield from (f"  {line}" for line in rest)
    else:
        yield _scalar(value)


def _scalar(value: Any) -> str:
    plain = isinstance(value, str) and _PLAIN.fullmatch(value)
    return value if plain else compact_json(value)

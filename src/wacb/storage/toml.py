"""TOML, read and written; its libraries, which take long to load, are loaded on first use."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from wacb.errors import ConfigError

# how a message of the parser starts, and what may be repeated of it
_REASONS = {
    "Cannot overwrite": "duplicate key",
    "Cannot declare": "duplicate table",
    "Expected '=' after": "a key needs = and a value",
    "Expected newline": "each line has one key = value",
    "Invalid value": "a value is missing, or a string lacks its quotes",
    "Unterminated string": "a string is not closed",
    "Illegal character '\\n'": "a string is not closed",
    'Expected "\'"': "a string is not closed",
    "Unclosed": "an array or a table is not closed",
    "Expected ']'": "a ] is missing",
    "Invalid statement": "a key with other characters than A-Z a-z 0-9 - _ needs quotes",
    "Invalid initial character": "a table in { } stands on one line, without a comma at its end",
}


def parse_toml(path: Path, text: str) -> dict[str, Any]:
    """Return the tables of `text`. The ConfigError names `path` and line, and quotes nothing."""
    import tomllib

    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        # the parser's message may quote a key, so only the place is taken from it
        place = re.search(r"\(at line (\d+), column \d+\)\Z", str(error))
        line = f" (line {place[1]})" if place else ""
        reasons = [words for start, words in _REASONS.items() if str(error).startswith(start)]
    hint = "; ".join((*reasons, "fix it in an editor"))
    raise ConfigError(f"{path} is not valid TOML{line}", hint=hint)


def dump_toml(data: Mapping[str, Any]) -> str:
    """Write tables as TOML. Raises ValueError or RecursionError for what TOML cannot hold."""
    import tomli_w

    return tomli_w.dumps(data)

"""Fill a template with the values of a message, as the platform does before it delivers.

assumed: value_escaping (api.md §7).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from urllib.parse import quote

from wacb.jsontext import compact_json
from wacb.template.placeholders import KNOWN, MARK
from wacb.urls import split_origin


def fill_url(url: str, values: Mapping[str, str]) -> str:
    """Replace every literal `<name>` by its value, percent-encoded (RFC 3986), in path and query.

    Everything else stays byte for byte. A known name that `values` lacks becomes empty, an unknown
    one stays. Scheme and host are never filled: a sender must not choose where callbacks go.
    """
    origin, rest = split_origin(url)
    return origin + _fill(rest, values, lambda text: quote(text, safe=""))


def fill_body(body: str, values: Mapping[str, str]) -> str:
    """Replace every literal `<name>` by its value, escaped for the inside of a JSON string.

    Everything else stays byte for byte, so JSON stays valid. Names are treated as in fill_url.
    assumed: value_escaping; keys and bodies that are not JSON are filled too; a bracket written as
    an escape (`\\u003c`) is not a placeholder.
    """
    return _fill(body, values, _escape_json)


def _escape_json(text: str) -> str:
    return compact_json(text)[1:-1]


def _fill(text: str, values: Mapping[str, str], escape: Callable[[str], str]) -> str:
    def value(mark: re.Match[str]) -> str:
        name = mark["name"]
        literal = mark["open"] == "<" and mark["close"] == ">"
        if not literal or (name not in values and name not in KNOWN):
            return mark[0]
        # Half a surrogate pair is not a character and cannot be encoded, so it becomes a `?`.
        return escape(values.get(name, "").encode(errors="replace").decode())

    return MARK.sub(value, text)

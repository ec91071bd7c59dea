"""Fill a template with the values of a message, as the platform does before it delivers.

How Kaleyra escapes values is not documented: percent-encoded in a URL, JSON-escaped in a body
(api-contract.md 7). Building and checking templates is placeholders.py's.
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

    All else stays byte for byte. A name of Kaleyra's that `values` lacks becomes empty, an unknown
    one stays. Scheme and host are never filled: who writes a message must not choose its way.
    """
    origin, rest = split_origin(url)
    return origin + _fill(rest, values, lambda text: quote(text, safe=""))


def fill_body(body: str, values: Mapping[str, str]) -> str:
    """Replace every literal `<name>` by its value, escaped for the inside of a JSON string.

    All else stays byte for byte, so valid JSON stays valid. Names are treated as in fill_url.
    assumed: keys are filled too, and so is a body that is no JSON; a bracket written as an escape
    (`\\u003c`) is none.
    """
    return _fill(body, values, _json_escaped)


def _json_escaped(text: str) -> str:
    return compact_json(text)[1:-1]


def _fill(text: str, values: Mapping[str, str], escape: Callable[[str], str]) -> str:
    def value(mark: re.Match[str]) -> str:
        name = mark["name"]
        literal = mark["open"] == "<" and mark["close"] == ">"
        if not literal or (name not in values and name not in KNOWN):
            return mark[0]
        # Half a surrogate pair is no character, so no request can carry it: it becomes a `?`.
        return escape(values.get(name, "").encode(errors="replace").decode())

    return MARK.sub(value, text)

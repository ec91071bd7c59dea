"""How a template is filled when a message arrives, written from api-contract.md 6 and 7 alone.

Knows neither the client's way to do it nor where the text goes.
"""

from __future__ import annotations

import json
import re
import string
from collections.abc import Callable, Mapping
from urllib.parse import quote

Escape = Callable[[str], str]

_INCOMING = (
    "body mime_type media_url from name type created_at reply_to wanumber mobile"
    " custom_response message contacts location"
)
_STATUS = (
    "id custom_response timestamp mobile message status phone_number error error_code ref"
    " ref1 ref2 price"
)
_TEMPLATE_STATUS = (
    "id time event message_template_id message_template_name message_template_language"
    " reason callback_profile_id company_id other_info"
)
_NAMES = frozenset(f"{_INCOMING} {_STATUS} {_TEMPLATE_STATUS}".split())
_PLACEHOLDER = re.compile(r"<([a-z0-9_]+)>")


def fill(template: str, values: Mapping[str, str], escape: Escape) -> str:
    """Put escaped values into the placeholders of a template, whose other characters stay.

    assumed: a name of another event's list is empty, one of none of the lists is no placeholder.
    """

    def value(found: re.Match[str]) -> str:
        name = found[1]
        return escape(values.get(name, "")) if name in _NAMES else found[0]

    return _PLACEHOLDER.sub(value, template)


def percent_encode(value: str) -> str:
    """Write a value for a URL: only the unreserved characters of RFC 3986 stay."""
    return quote(value, safe="")


def json_escape(value: str) -> str:
    """Write a value for the inside of a JSON string."""
    return json.dumps(value, ensure_ascii=False)[1:-1]


def percent_encode_naively(value: str) -> str:
    """Write a value for a URL as a naive platform does, encoding only what cannot be sent at all.

    What separates (`&`, `#`, `+`, `%`) stays, and so changes the meaning of the query.
    """
    return quote(value, safe=string.punctuation)

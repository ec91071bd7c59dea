"""Kaleyra's placeholders (api.md §6): their names, and how to build templates of them.

Nothing is ever re-encoded: URL libraries turn `<body>` into `%3Cbody%3E`, which Kaleyra does not
replace.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence

from wacb.errors import TemplateError
from wacb.jsontext import json_text, parse, strings
from wacb.urls import parameters, split_query


def _split_names(names: str) -> tuple[str, ...]:
    return tuple(names.split())


INCOMING = _split_names(
    "body mime_type media_url from name type created_at reply_to wanumber mobile"
    " custom_response message contacts location"
)
OUTGOING_STATUS = _split_names(
    "id custom_response timestamp mobile message status phone_number error error_code"
    " ref ref1 ref2 price"
)
TEMPLATE_STATUS = _split_names(
    "id time event message_template_id message_template_name message_template_language"
    " reason callback_profile_id company_id other_info"
)
KNOWN = tuple(dict.fromkeys(INCOMING + OUTGOING_STATUS + TEMPLATE_STATUS))
PLACEHOLDERS = frozenset(f"<{name}>" for name in KNOWN)

# assumed: incoming_signs (api.md §6)
_INCOMING_SIGNS = frozenset(("wanumber", "reply_to", "media_url", "mime_type"))
_STATUS_ONLY = frozenset(OUTGOING_STATUS) - frozenset(INCOMING)
# A name in angle brackets, literal or in a spelling that Kaleyra would not replace:
# percent-encoded (once or more), HTML-escaped, or JSON-escaped inside a decoded string.
MARK = re.compile(
    r"(?P<open><|%(?:25)*3C|&(?:amp;)*(?:lt|#0*60|#x0*3C);|\\u003C)"
    r"(?P<name>[A-Z][A-Z0-9_ -]*)"
    r"(?P<close>>|%(?:25)*3E|&(?:amp;)*(?:gt|#0*62|#x0*3E);|\\u003E)",
    re.IGNORECASE | re.ASCII,
)
_STRING_OR_SPACE = r'("[^"\\]*(?:\\.[^"\\]*)*")|[ \t\r\n]+'
_ESCAPE = r"\\(?:u00(3[Cc]|3[Ee]|26)|.)"


def names(*, with_status: bool = False) -> tuple[str, ...]:
    """List the 14 incoming names, optionally followed by the other outgoing-status names."""
    return tuple(dict.fromkeys(INCOMING + OUTGOING_STATUS)) if with_status else INCOMING


def build_query(names: Sequence[str]) -> str:
    """Build the query string of a GET template, `body=<body>&…`, without a leading `?`."""
    return "&".join(f"{name}=<{name}>" for name in names)


def build_body(names: Sequence[str]) -> str:
    """Build the JSON object of a POST template, one member per line."""
    return json_text({name: f"<{name}>" for name in names})


def append_query(url: str, query: str) -> str:
    """Append parameters to a URL, whose own characters are kept. Raises TemplateError for a `#`."""
    if "#" in url:
        raise TemplateError("the URL has a fragment (#…), which is never sent", hint="remove it")
    _, own = split_query(url)
    separator = "?" if own is None else "&" if own and not own.endswith("&") else ""
    return url + separator + query


def taken_keys(url: str, names: Collection[str]) -> list[tuple[str, str]]:
    """List the query keys of a URL that decode to one of `names`: raw and decoded."""
    _, query = split_query(url)
    return [(each.key, each.name) for each in parameters(query) if each.text and each.name in names]


def compact(text: str) -> str:
    """Return JSON text without white space, and with `<`, `>` and `&` never escaped.

    The order of keys, numbers and other escapes stay as written. Raises TemplateError for text that
    is not JSON and for a duplicate key.
    """
    parse(text)
    return re.sub(_STRING_OR_SPACE, lambda found: re.sub(_ESCAPE, _unescape, found[1] or ""), text)


def looks_incoming(text: str, title: str, events: Sequence[str]) -> bool:
    """Whether a profile is for incoming messages, judging by template, title or events.

    Encoded placeholders count: such a profile is meant for incoming messages, but broken.
    """
    if any(word in label.lower() for label in (title, *events) for word in ("incoming", "inbound")):
        return True
    return any(mark["name"] in _INCOMING_SIGNS for mark in _marks(text))


def has_status(text: str) -> bool:
    """Whether a template has a placeholder that only outgoing-status callbacks fill."""
    return any(is_literal(mark) and mark["name"] in _STATUS_ONLY for mark in _marks(text))


def _marks(text: str) -> Iterator[re.Match[str]]:
    """Find the placeholders of a template: in JSON's string values, else in the text itself."""
    try:
        texts = [value for _, value in strings(parse(text))]
    except TemplateError:
        texts = [text]
    for each in texts:
        yield from MARK.finditer(each)


def _unescape(found: re.Match[str]) -> str:
    return chr(int(found[1], 16)) if found[1] else found[0]


def is_literal(mark: re.Match[str]) -> bool:
    """Whether the brackets of a placeholder are such as Kaleyra replaces."""
    return mark["open"] == "<" and mark["close"] == ">"


def sort_names(marks: Iterable[re.Match[str]]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """List the names that Kaleyra does not know, and those that stand only encoded."""
    found = [*marks]
    literal = dict.fromkeys(mark["name"] for mark in found if is_literal(mark))
    encoded = dict.fromkeys(mark["name"] for mark in found if mark["name"] not in literal)
    return tuple(name for name in literal if name not in KNOWN), tuple(encoded)

"""Classify a callback by its fields: a message or another kind; and which values are filled."""

from __future__ import annotations

from collections.abc import Mapping, Set
from typing import Any

from wacb.template.placeholders import INCOMING, MARK, OUTGOING_STATUS, TEMPLATE_STATUS

MESSAGE = "message"
OTHER = "other"
STATUS = "a message status"
TEMPLATE = "a template status"
QUALITY = "a quality update"
PROBE = "a probe"
_PLAIN = "sent to an incoming URL, which gets no mime_type, custom_response or contacts"
# assumed: incoming_signs; fields that only incoming messages have
_SIGNS = frozenset(("wanumber", "reply_to", "media_url", "mime_type", "body"))
# assumed: incoming_url; what Kaleyra adds to the GET of a number's incoming URL, and never adds
_ADDED = frozenset(("body", "from", "name", "type", "created_at", "wanumber", "mobile"))
_ADDED |= {"message", "reply_to", "media_url"}
_NOT_ADDED = frozenset(("mime_type", "custom_response", "contacts"))
_OWN = frozenset(INCOMING).difference(OUTGOING_STATUS, TEMPLATE_STATUS)
_STATUS = frozenset(OUTGOING_STATUS).difference(INCOMING)
_TEMPLATE = frozenset(("message_template_id", "message_template_name"))
_QUALITY = frozenset(("event", "current_limit"))
_NOTHING: tuple[Any, ...] = (None, "", [], {})


def is_empty(value: Any) -> bool:
    """Whether a received value is empty."""
    return value in _NOTHING


def is_unfilled(name: str, value: Any) -> bool:
    """Whether a value is still the placeholder `<name>`, plain or escaped."""
    mark = MARK.fullmatch(value) if isinstance(value, str) else None
    return mark is not None and mark["name"].lower() == name


def has_value(name: str, value: Any) -> bool:
    """Whether the platform filled in a value."""
    return not is_empty(value) and not is_unfilled(name, value)


def classify(method: str, fields: Mapping[str, Any]) -> tuple[str, list[str]]:
    """Return the kind of a callback, MESSAGE or OTHER, and a note on what an OTHER is."""
    if method == "HEAD":
        return OTHER, [PROBE]
    own = _OWN & fields.keys()
    # one profile may serve messages and statuses; the names of the other kind are empty then
    if not any(has_value(name, fields[name]) for name in own):
        filled = {name for name, value in fields.items() if has_value(name, value)}
        if _TEMPLATE & filled:
            return OTHER, [TEMPLATE]
        if "status" in filled or len(_STATUS & filled) > 1:
            return OTHER, [STATUS]
    if len(own) > 1 or _SIGNS & own or isinstance(fields.get("message"), list | dict):
        return MESSAGE, [_PLAIN] if _is_plain(method, fields.keys()) else []
    return OTHER, [_classify_other(fields)]


def _is_plain(method: str, names: Set[str]) -> bool:
    """Return whether these are the names that Kaleyra adds to a number's incoming URL."""
    return method == "GET" and names >= _ADDED and not names & _NOT_ADDED


def classify_event(field: Any, value: Mapping[str, Any]) -> str:
    """Describe an event in Meta's format that has no message."""
    if "statuses" in value:
        return STATUS
    if _TEMPLATE & value.keys():
        return TEMPLATE
    if is_quality(value):
        return QUALITY
    return f"an event of {str(field)[:40]!r}" if field else "an event without a message"


def is_quality(fields: Mapping[str, Any]) -> bool:
    """Whether the fields report a change of a number's quality (api.md §7)."""
    return "display_phone_number" in fields and not _QUALITY.isdisjoint(fields)


def _classify_other(fields: Mapping[str, Any]) -> str:
    if is_quality(fields):
        return QUALITY
    if _TEMPLATE & fields.keys():
        return TEMPLATE
    if len(_STATUS & fields.keys()) > 1:
        return STATUS
    return "an unknown kind of callback" if fields else PROBE

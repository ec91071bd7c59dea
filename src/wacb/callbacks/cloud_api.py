"""Callbacks of V2 accounts: Meta's shape (`meta_object`, `extra_info`) in the names of the 14.

api-contract.md 7. Nothing is taken for granted about the values' types: what does not fit is left
out, and so missing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wacb.callbacks.classify import MESSAGE, OTHER, judge_event
from wacb.callbacks.payload import Wire
from wacb.template.placeholders import INCOMING

_MEDIA = frozenset(("image", "audio", "voice", "video", "document", "sticker"))
_ALWAYS = frozenset(("from", "name", "type", "created_at", "wanumber", "mobile", "message"))
# assumed: a field that a type, or this shape, does not have is empty as in the other shape, and
# not missing
_NEEDED = {
    "text": frozenset(("body",)),
    "location": frozenset(("location",)),
    "contacts": frozenset(("contacts",)),
    **dict.fromkeys(_MEDIA, frozenset(("mime_type", "media_url"))),
}
# where a message keeps what `body` repeats, in the member that its type names
_TEXTS = ("body", "caption", "text", "emoji")


def read_meta(
    wire: Wire, fields: Mapping[str, Any]
) -> tuple[str, dict[str, Any], list[str]] | None:
    """Return kind, fields and notes of a callback in Meta's shape, None for any other.

    Of a message the fields are as many of the 14 as it says, then the rest of `extra_info` and
    whatever else came; of an event without one they stay as they came.
    """
    meta, extra = (wire.opened(fields.get(name)) for name in ("meta_object", "extra_info"))
    if not isinstance(meta, dict):
        return None
    extra, value = _object(extra), _object(meta.get("value"))
    messages = [_object(message) for message in _list(value.get("messages"))]
    others = {name: item for name, item in fields.items() if name not in _SHAPE}
    if not messages:
        return OTHER, {**fields, **_opened(meta, extra)}, [judge_event(meta.get("field"), value)]
    said = _said(messages[0], value, extra)
    rest = {name: item for name, item in extra.items() if name not in INCOMING}
    count = len(messages)
    notes = [f"{count} messages in one callback, the first is shown"] if count > 1 else []
    return MESSAGE, {**others, **said, **rest}, notes


_SHAPE = ("meta_object", "extra_info")


def _opened(meta: dict[str, Any], extra: dict[str, Any]) -> dict[str, Any]:
    return {"meta_object": meta} | ({"extra_info": extra} if extra else {})


def _said(message: dict[str, Any], value: dict[str, Any], extra: dict[str, Any]) -> dict[str, Any]:
    """Put a message into the names of the 14, in their order."""
    type_ = message.get("type")
    content = _object(message.get(type_)) if isinstance(type_, str) else {}
    contact = _contact(value, message.get("from"))
    found = {
        "body": _text(content),
        "mime_type": content.get("mime_type"),
        "media_url": extra.get("media_url"),
        "from": message.get("from"),
        "name": _object(contact.get("profile")).get("name"),
        "type": type_,
        "created_at": message.get("timestamp"),
        "reply_to": extra.get("reply_to") or _object(message.get("context")).get("id"),
        "wanumber": _object(value.get("metadata")).get("display_phone_number"),
        "mobile": contact.get("wa_id") or message.get("from"),
        "custom_response": extra.get("custom_response"),
        "message": value["messages"],
        "contacts": message.get("contacts"),
        "location": message.get("location"),
    }
    needed = _ALWAYS | _NEEDED.get(type_ if isinstance(type_, str) else "", frozenset())
    return {
        name: "" if item is None else item
        for name, item in found.items()
        if item is not None or name not in needed
    }


def _contact(value: dict[str, Any], sender: Any) -> dict[str, Any]:
    """Return the sender among the contacts, else the first of them."""
    contacts = [_object(contact) for contact in _list(value.get("contacts"))]
    matching = [contact for contact in contacts if contact.get("wa_id") == sender]
    return next(iter(matching + contacts), {})


def _text(content: dict[str, Any]) -> Any:
    for name in _TEXTS:
        if isinstance(content.get(name), str):
            return content[name]
    kind = content.get("type")  # of an interactive message: button_reply or list_reply
    return _object(content.get(kind)).get("title") if isinstance(kind, str) else None


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []

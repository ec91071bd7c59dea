"""Read callbacks of V2 accounts, in Meta's format (`meta_object`, `extra_info`), as the 14 fields.

The format is in api.md §7. Values of an unexpected type are left out, so their fields are missing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from wacb.callbacks.classify import MESSAGE, OTHER, classify_event
from wacb.callbacks.payload import PayloadReader
from wacb.template.placeholders import INCOMING

_MEDIA = frozenset(("image", "audio", "voice", "video", "document", "sticker"))
# A sender with a username has no number, and a contact may have no name.
_ALWAYS = frozenset(("type", "created_at", "message"))
# assumed: message_fields; a field that a message type, or this format, does not have is empty as
# in the other format, not missing
_NEEDED = {
    "text": frozenset(("body",)),
    "location": frozenset(("location",)),
    "contacts": frozenset(("contacts",)),
    **dict.fromkeys(_MEDIA, frozenset(("mime_type", "media_url"))),
}
# where a message has its text, in the member named after its type
_TEXTS = ("body", "caption", "text", "emoji", "payload")


def read_cloud_api(
    reader: PayloadReader, fields: Mapping[str, Any]
) -> tuple[str, dict[str, Any], list[str]] | None:
    """Return kind, fields and notes of a callback in Meta's format, None for any other.

    The fields of a message are those of the 14 that it has, the rest of `extra_info` and all other
    received fields; those of an event without a message are as received.
    """
    meta, extra = (reader.parse_if_json(fields.get(name)) for name in ("meta_object", "extra_info"))
    changes = [*_find_changes(fields)] if meta is None else [meta]
    meta = next((change for change in changes if _messages(change)), [*changes, None][0])
    if not isinstance(meta, dict):
        return None
    extra, value = _object(extra), _object(meta.get("value"))
    messages = [_object(message) for change in changes for message in _messages(change)]
    others = {name: item for name, item in fields.items() if name not in _SHAPE}
    if not messages:
        parsed = _parsed_members(meta, extra) if "meta_object" in fields else {}
        return OTHER, {**fields, **parsed}, [classify_event(meta.get("field"), value)]
    message = _message_fields(messages[0], value, extra)
    rest = {name: item for name, item in extra.items() if name not in INCOMING}
    count = len(messages)
    notes = [f"{count} messages in one callback; showing the first"] if count > 1 else []
    return MESSAGE, {**others, **message, **rest}, notes


_SHAPE = ("meta_object", "extra_info", "object", "entry", "field", "value")


def _find_changes(fields: Mapping[str, Any]) -> Iterator[Any]:
    """Yield the changes in Meta's own envelope, or the fields if they are one by themselves."""
    for entry in _list(fields.get("entry")):
        yield from _list(_object(entry).get("changes"))
    if _messages(whole := dict(fields)):
        yield whole


def _messages(change: Any) -> list[Any]:
    return _list(_object(_object(change).get("value")).get("messages"))


def _parsed_members(meta: dict[str, Any], extra: dict[str, Any]) -> dict[str, Any]:
    return {"meta_object": meta} | ({"extra_info": extra} if extra else {})


def _message_fields(
    message: dict[str, Any], value: dict[str, Any], extra: dict[str, Any]
) -> dict[str, Any]:
    """Name the values of a message as the 14 fields, in their order."""
    type_ = message.get("type")
    content = _object(message.get(type_)) if isinstance(type_, str) else {}
    contact = _contact(value, message.get("from"))
    found = {
        "body": _text(content),
        "mime_type": content.get("mime_type"),
        "media_url": extra.get("media_url") or content.get("url"),
        "from": message.get("from"),
        "name": _object(contact.get("profile")).get("name"),
        "type": type_,
        "created_at": message.get("timestamp"),
        "reply_to": extra.get("reply_to")
        or _object(message.get("context")).get("id")
        or content.get("message_id"),  # of a reaction
        "wanumber": _object(value.get("metadata")).get("display_phone_number"),
        "mobile": contact.get("wa_id") or message.get("from"),
        "custom_response": extra.get("custom_response"),
        "message": value["messages"],
        "contacts": message.get("contacts"),
        "location": message.get("location"),
    }
    user_id = message.get("from_user_id") or contact.get("user_id")
    more = {} if user_id is None else {"from_user_id": user_id}
    needed = _ALWAYS | _NEEDED.get(type_ if isinstance(type_, str) else "", frozenset())
    return {
        name: "" if item is None else item
        for name, item in found.items()
        if item is not None or name not in needed
    } | more


def _contact(value: dict[str, Any], sender: Any) -> dict[str, Any]:
    """Return the sender among the contacts, else the first of them."""
    contacts = [_object(contact) for contact in _list(value.get("contacts"))]
    matching = [contact for contact in contacts if contact.get("wa_id") == sender]
    return next(iter(matching + contacts), {})


def _text(content: dict[str, Any]) -> Any:
    for name in _TEXTS:
        if isinstance(content.get(name), str):
            return content[name]
    kind = content.get("type")  # of an interactive message: button_reply, list_reply or nfm_reply
    reply = _object(content.get(kind)) if isinstance(kind, str) else {}
    return reply.get("title") or reply.get("body")


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []

"""Sample incoming messages of every type, as values of the 14 fields (api.md §6)."""

from __future__ import annotations

import string
from collections.abc import Callable, Iterable, Mapping
from random import Random
from typing import Any, NamedTuple

from wacb.errors import InvalidInput
from wacb.jsontext import compact_json, read_json
from wacb.template.placeholders import INCOMING
from wacb.validation import nearest

_LETTERS = string.ascii_letters + string.digits
_FIRST_NAMES = ("Asha", "Bruno", "Chioma", "Dmitri", "Elif", "Farid", "Greta", "Hana")
_LAST_NAMES = ("Almeida", "Banerjee", "Costa", "Dlamini", "Eriksen", "Fischer", "Gupta")
_TEXTS = (
    "Hello, is my order on its way?",
    "What time do you open on Sunday?",
    "Thank you, that was quick!",
    "Could you send me the invoice again?",
)
_CAPTIONS = ("This is how it arrived", "As promised", "Is it this one?")
_REPLIES = ("Yes, please", "No, thank you", "Call me back")
_EMOJI = ("👍", "❤️", "🎉")
_PLACES = (
    ("Market Hall", "1 Sample Street", 12.9716, 77.5946),
    ("Old Harbour", "25 Example Quay", -33.8568, 151.2153),
)
_HOSTILE = (
    "\"double\" 'single' `back` “curly”\n\r\n\tC:\\new\\u0041 &amp; a=b&c=d #hash 1+1 100 % %41 %zz"
    " <b>bold</b></script> {brace} [0] $HOME 👩‍👩‍👧 é e\u0301 مرحبا \u202eabc\u202c שלום"
)
_HOSTILE_LENGTH = 4096  # the longest text that WhatsApp allows
# Where the nested `message` has the text of `body`, by the type of the message.
_TEXT_AT = {
    "text": ("text", "body"),
    "image": ("image", "caption"),
    "video": ("video", "caption"),
    "document": ("document", "caption"),
    "reaction": ("reaction", "emoji"),
    "button": ("button", "text"),
    "interactive": ("interactive", "list_reply", "title"),
}


class _Content(NamedTuple):
    """A message's type, the nested member of that name, and the fields it fills."""

    type: str
    member: object
    fields: dict[str, str]


_Builder = Callable[[Random], _Content]


def sample(
    kind: str,
    *,
    number: str,
    sender: str,
    now: float,
    seed: int | None = None,
    text: str | None = None,
) -> dict[str, str]:
    """Make a message from `sender` to the business number, both E.164, at Unix time `now`.

    Returns the 14 incoming fields in their order, empty where `kind` (one of TYPES) has no value.
    The same seed makes the same message, None a new one. `text` replaces the sample's own. Raises
    InvalidInput for an unknown kind, and for a `text` if messages of that kind have none.
    """
    if kind not in _KINDS:
        raise _unknown_name("message type", kind, TYPES)
    # assumed: message_fields; numbers are sent without the +
    fields = _build_fields(
        _KINDS[kind],
        Random(seed),
        number.removeprefix("+"),
        sender.removeprefix("+"),
        str(int(now)),
    )
    if text is None:
        return fields
    if fields["type"] not in _TEXT_AT:
        raise InvalidInput(f"messages of type {kind} have no text", hint="remove --text")
    return override(fields, {"body": text})


def override(fields: Mapping[str, str], settings: Mapping[str, str]) -> dict[str, str]:
    """Copy a message made by `sample`, replacing the values in `settings`.

    A `body` also becomes the text or caption of the nested `message`, unless that is set too.
    Raises InvalidInput for a name that is not one of the 14 and for text that is not Unicode.
    """
    for name, value in settings.items():
        if name not in INCOMING:
            raise _unknown_name("field", name, INCOMING)
        if not _is_unicode(value):
            raise InvalidInput(f"the value for {name} is not valid UTF-8")
    changed = {**fields, **settings}
    if "body" in settings and "message" not in settings:
        changed["message"] = _replace_text(fields["message"], settings["body"])
    return changed


def _build_fields(
    build: _Builder, random: Random, number: str, sender: str, now: str
) -> dict[str, str]:
    name = f"{random.choice(_FIRST_NAMES)} {random.choice(_LAST_NAMES)}"
    content = build(random)
    filled = {
        "from": sender,
        "name": name,
        "type": content.type,
        "created_at": now,
        "wanumber": number,
        "mobile": sender,  # assumed: message_fields
        "custom_response": "false",
        **content.fields,
    }
    message = {
        "from": sender,
        "id": _message_id(random),
        "timestamp": now,
        "type": content.type,
        content.type: content.member,
        "profile": {"name": filled["name"]},
        "wa_number": number,
    }
    filled["message"] = compact_json([message])
    return {name: filled.get(name, "") for name in INCOMING}


def _replace_text(message: str, text: str) -> str:
    root = read_json(message)
    node: Any = root[0]
    if node["type"] not in _TEXT_AT:
        return message
    *path, last = _TEXT_AT[node["type"]]
    for step in path:
        node = node[step]
    node[last] = text
    return compact_json(root)


def _is_unicode(text: str) -> bool:
    """Whether a text can be encoded: arguments that are not UTF-8 cannot."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _unknown_name(what: str, name: str, known: Iterable[str]) -> InvalidInput:
    near = nearest(name.lower(), known)
    guess = f"did you mean {near}? " if near else ""
    hint = f"{guess}use one of {', '.join(known)}"
    return InvalidInput(f"{name!r} is not a valid {what}", hint=hint)


def _token(random: Random, length: int) -> str:
    return "".join(random.choices(_LETTERS, k=length))


def _message_id(random: Random) -> str:
    return f"wamid.{_token(random, 42)}=="


def _text(random: Random) -> _Content:
    body = random.choice(_TEXTS)
    return _Content("text", {"body": body}, {"body": body})


def _reply(random: Random) -> _Content:
    content = _text(random)
    return content._replace(fields={**content.fields, "reply_to": _message_id(random)})


def _hostile(random: Random) -> _Content:
    # The rest is plain: percent-encoded, 4 096 other characters exceed many servers' URL limit.
    body = _HOSTILE + _token(random, _HOSTILE_LENGTH - 2 * len(_HOSTILE)) + _HOSTILE
    return _Content("text", {"body": body}, {"body": body, "name": _HOSTILE})


def _media(
    wire_type: str, mime_type: str, suffix: str, *, captioned: bool = False, named: bool = False
) -> _Builder:
    def build(random: Random) -> _Content:
        file = _token(random, 16)
        fields = {"mime_type": mime_type, "media_url": f"https://media.example/{file}.{suffix}"}
        member = {"id": file, "mime_type": mime_type}
        if captioned:
            fields["body"] = member["caption"] = random.choice(_CAPTIONS)
        if named:
            member["filename"] = f"sample.{suffix}"
        return _Content(wire_type, member, fields)

    return build


def _location(random: Random) -> _Content:
    name, address, latitude, longitude = random.choice(_PLACES)
    place = {"latitude": latitude, "longitude": longitude, "name": name, "address": address}
    return _Content("location", place, {"location": compact_json(place)})


def _contacts(random: Random) -> _Content:
    first, last = random.choice(_FIRST_NAMES), random.choice(_LAST_NAMES)
    phone = f"1555010{random.randrange(10_000):04}"
    card = {
        "name": {"formatted_name": f"{first} {last}", "first_name": first, "last_name": last},
        "phones": [{"phone": f"+{phone}", "type": "CELL", "wa_id": phone}],
    }
    return _Content("contacts", [card], {"contacts": compact_json([card])})


def _reaction(random: Random) -> _Content:
    emoji, answered = random.choice(_EMOJI), _message_id(random)
    member = {"message_id": answered, "emoji": emoji}
    return _Content("reaction", member, {"body": emoji, "reply_to": answered})


def _button(random: Random) -> _Content:
    text = random.choice(_REPLIES)
    member = {"payload": _token(random, 8), "text": text}
    return _Content("button", member, {"body": text, "reply_to": _message_id(random)})


def _list(random: Random) -> _Content:
    title = random.choice(_REPLIES)
    row = {"id": _token(random, 8), "title": title, "description": "A row of the list"}
    member = {"type": "list_reply", "list_reply": row}
    return _Content("interactive", member, {"body": title, "reply_to": _message_id(random)})


# assumed: message_fields; the documentation has no sample of media, places, contacts and replies,
# nor says that an emoji, a button's text and a row's title are the `body`
_KINDS: dict[str, _Builder] = {
    "text": _text,
    "image": _media("image", "image/jpeg", "jpg", captioned=True),
    "audio": _media("audio", "audio/ogg; codecs=opus", "ogg"),
    "video": _media("video", "video/mp4", "mp4", captioned=True),
    "document": _media("document", "application/pdf", "pdf", captioned=True, named=True),
    "sticker": _media("sticker", "image/webp", "webp"),
    "location": _location,
    "contacts": _contacts,
    "reply": _reply,
    "reaction": _reaction,
    "button": _button,
    "list": _list,
    "hostile": _hostile,
}
TYPES = tuple(_KINDS)

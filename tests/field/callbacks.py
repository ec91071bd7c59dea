"""Callbacks as platforms, proxies and logs hand them over, made of one synthetic message."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote, urlencode

from tests.cli.expect import NAMES

SENDER, NUMBER = "919812345678", "+15550100001"
USER_ID = "US.13491208655302741918"
MESSAGE = [{"from": SENDER, "id": "wamid.A", "type": "text", "text": {"body": "Hi & bye"}}]
FOURTEEN: dict[str, Any] = {
    **dict.fromkeys(NAMES, ""),
    "body": "Hi & bye",
    "from": SENDER,
    "name": "Asha",
    "type": "text",
    "created_at": "1790000000",
    "wanumber": NUMBER,
    "mobile": SENDER,
    "custom_response": "false",
    "message": json.dumps(MESSAGE),
}
QUERY = urlencode(FOURTEEN, quote_via=quote)
BODY = json.dumps(FOURTEEN)


def v2(
    message: dict[str, Any] | None = None,
    *,
    contacts: list[dict[str, Any]] | None = None,
    extra: dict[str, Any] | None = None,
    lack: tuple[str, ...] = (),
    **value: Any,
) -> dict[str, Any]:
    """A callback of a V2 account; `lack` names members of the message that are left out."""
    whole = {
        "from": SENDER,
        "id": "wamid.A",
        "timestamp": "1790000000",
        "type": "text",
        "text": {"body": "Hi & bye"},
        **(message or {}),
    }
    if contacts is None:
        contacts = [{"profile": {"name": "Asha"}, "wa_id": SENDER}]
    content = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": NUMBER.removeprefix("+"), "phone_number_id": "1"},
        "contacts": contacts,
        "messages": [{name: item for name, item in whole.items() if name not in lack}],
        **value,
    }
    shown = {name: item for name, item in content.items() if item is not None}
    return {
        "meta_object": {"field": "messages", "value": shown},
        "extra_info": extra if extra is not None else {"waba_id": "100000000000001"},
    }


def interactive(kind: str, **content: Any) -> dict[str, Any]:
    """A V2 message that answers an interactive one."""
    return v2({"type": "interactive", "interactive": {"type": kind, kind: content}}, lack=("text",))


def typed(kind: str, content: Any = None, **how: Any) -> dict[str, Any]:
    """A V2 message of a type."""
    part = {} if content is None else {kind: content}
    return v2({"type": kind, **part}, lack=("text",), **how)


USERNAME = [{"profile": {"name": "Asha", "username": "@asha"}, "user_id": USER_ID}]
HIDDEN = v2({"from_user_id": USER_ID}, contacts=USERNAME, lack=("from",))
URL = "https://media.example/photo.jpg"
MEDIA = {"id": "1", "mime_type": "image/jpeg", "sha256": "x"}

# id, callback, and what its fields read
V2: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("username without a number", HIDDEN, {"from": "", "mobile": "", "name": "Asha"}),
    (
        "username, empty number",
        v2({"from": "", "from_user_id": USER_ID}, contacts=USERNAME),
        {"from": "", "name": "Asha"},
    ),
    (
        "user ID with the contact alone",
        v2(contacts=[{"user_id": USER_ID}], lack=("from",)),
        {"from": "", "name": ""},
    ),
    (
        "user ID beside the number",
        v2({"from_user_id": USER_ID}, contacts=[{"wa_id": SENDER, "user_id": USER_ID}]),
        {"from": SENDER, "mobile": SENDER, "name": ""},
    ),
    ("user ID in place of the number", v2({"from": USER_ID}, contacts=[]), {"from": USER_ID}),
    (
        "contact without a profile",
        v2(contacts=[{"wa_id": SENDER}]),
        {"name": "", "body": "Hi & bye"},
    ),
    ("profile without a name", v2(contacts=[{"profile": {}, "wa_id": SENDER}]), {"name": ""}),
    (
        "null for a profile",
        v2(contacts=[{"profile": None, "wa_id": SENDER}]),
        {"name": "", "mobile": SENDER},
    ),
    ("no contacts", v2(contacts=[]), {"name": "", "from": SENDER}),
    ("system message", typed("system", {"body": "moved"}, contacts=[]), {"body": "moved"}),
    ("unsupported message", typed("unsupported", errors=[{"code": 131051}]), {"body": ""}),
    ("message of unknown type", typed("unknown"), {"type": "unknown", "body": ""}),
    ("sent form", interactive("nfm_reply", name="flow", body="Sent"), {"body": "Sent"}),
    ("sent form without a text", interactive("nfm_reply", response_json="{}"), {"body": ""}),
    ("button of ours", interactive("button_reply", id="1", title="Yes"), {"body": "Yes"}),
    ("row of a list", interactive("list_reply", id="1", title="Two"), {"body": "Two"}),
    ("button without a context", typed("button", {"text": "No"}), {"body": "No", "reply_to": ""}),
    ("button with a payload alone", typed("button", {"payload": "NO"}), {"body": "NO"}),
    (
        "reaction",
        typed("reaction", {"message_id": "wamid.B", "emoji": "+"}),
        {"body": "+", "reply_to": "wamid.B"},
    ),
    (
        "reaction taken back",
        typed("reaction", {"message_id": "wamid.B"}),
        {"body": "", "reply_to": "wamid.B"},
    ),
    ("order without a text", typed("order", {"catalog_id": "1"}), {"type": "order", "body": ""}),
    (
        "image without a caption",
        typed("image", MEDIA, extra={"media_url": URL}),
        {"media_url": URL},
    ),
    ("image with its own link", typed("image", MEDIA | {"url": URL}), {"media_url": URL}),
    ("voice", typed("audio", MEDIA | {"voice": True}, extra={"media_url": URL}), {"type": "audio"}),
    ("first message of a chat", typed("request_welcome"), {"type": "request_welcome"}),
    ("advertisement", v2({"referral": {"source_id": "1"}}), {"body": "Hi & bye"}),
    ("no metadata but a WABA", v2(metadata={"phone_number_id": "1"}), {"wanumber": ""}),
    ("null for extra_info", v2() | {"extra_info": None}, {"from": SENDER}),
    ("text for both", {n: json.dumps(part) for n, part in v2().items()}, {"body": "Hi & bye"}),
    ("time as a number", v2({"timestamp": 1790000000}), {"created_at": 1790000000}),
    ("Meta's own part alone", v2()["meta_object"], {"from": SENDER, "wanumber": NUMBER[1:]}),
    (
        "Meta's whole envelope",
        {
            "object": "whatsapp_business_account",
            "entry": [{"id": "1", "changes": [v2()["meta_object"]]}],
        },
        {"from": SENDER, "name": "Asha", "body": "Hi & bye"},
    ),
]

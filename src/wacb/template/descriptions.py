"""What each placeholder stands for, as `template --describe` and the guide show it."""

from __future__ import annotations

from typing import NamedTuple

from wacb.template.placeholders import names

# assumed: status_placeholders (api.md §6)
_DESCRIPTIONS = {
    "body": ("Text of the message, or caption of a file", "Hello, are you open on Sunday?"),
    "mime_type": ("Media type of the attached file", "image/jpeg"),
    "media_url": ("Link to the attached file", "https://media.example/photo.jpg"),
    "from": ("Sender's number", "15550123456"),
    "name": ("Sender's WhatsApp name", "Asha Costa"),
    "type": ("Type of message: text, image, location, ...", "text"),
    "created_at": ("Time of the message in Unix seconds", "1790000000"),
    "reply_to": ("ID of your message that this one answers", "wamid.Example=="),
    "wanumber": ("Your WhatsApp number", "15550100001"),
    "mobile": ("Sender's number, repeated", "15550123456"),
    "custom_response": ("Always the word false", "false"),
    "message": ("Whole message as JSON text", '[{"type":"text","text":{"body":"Hello"}}]'),
    "contacts": ("Shared contacts as JSON text", '[{"name":{"first_name":"Asha"}}]'),
    "location": ("Shared location as JSON text", '{"latitude":12.97,"longitude":77.59}'),
    "id": ("ID of the message you sent", "wamid.Example=="),
    "timestamp": ("Time of the status in Unix seconds", "1790000000"),
    "status": ("New status: sent, delivered, read, failed", "delivered"),
    "phone_number": ("Recipient's number", "15550123456"),
    "error": ("Why the message failed", "Recipient not on WhatsApp"),
    "error_code": ("Code of that error", "470"),
    "ref": ("Reference you passed when sending", "order-7"),
    "ref1": ("Second reference", "shop-3"),
    "ref2": ("Third reference", "spring"),
    "price": ("Price of the message", "0.005"),
}


class Placeholder(NamedTuple):
    """A placeholder's name without brackets, what Kaleyra puts there, and a made-up value."""

    name: str
    meaning: str
    example: str


def describe_placeholders(*, with_status: bool = False) -> list[Placeholder]:
    """Describe each of the `names`, in their order."""
    return [Placeholder(name, *_DESCRIPTIONS[name]) for name in names(with_status=with_status)]

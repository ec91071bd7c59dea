"""Assumptions about messages and how they are delivered (api.md §6, §7)."""

from __future__ import annotations

from wacb.api.assumptions.model import Assumption, SeenBy

CALLBACKS = (
    Assumption(
        id="status_placeholders",
        sentence="The placeholders of message status mean what their names say.",
        matters_for="template --describe --with-status",
        seen_by=SeenBy.NOTHING,
    ),
    Assumption(
        id="incoming_signs",
        sentence="A profile is for incoming messages if it has `wanumber`, `reply_to`, "
        "`media_url` or `mime_type`, or if its title or events say so.",
        matters_for="profile check without arguments, apply --prune",
        seen_by=SeenBy.NOTHING,
    ),
    Assumption(
        id="message_fields",
        sentence="A message fills the fields that its type has; the others are empty.",
        matters_for="callback send, listen and decode",
        seen_by=SeenBy.NOTHING,
    ),
    Assumption(
        id="value_escaping",
        sentence="Values are percent-encoded in a query and JSON-escaped in a body.",
        matters_for="callback send, and every endpoint",
        seen_by=SeenBy.NOTHING,
    ),
    Assumption(
        id="delivery_tries",
        sentence="A delivery is tried three times; ten failures in a row disable the profile.",
        matters_for="the sandbox only",
        seen_by=SeenBy.NOTHING,
    ),
    Assumption(
        id="header_delivery",
        sentence="The headers of a profile are sent unchanged; a body is JSON unless they say "
        "otherwise.",
        matters_for="endpoints that require a header, such as Basic auth",
        seen_by=SeenBy.NOTHING,
    ),
    Assumption(
        id="encrypted_text",
        sentence="An encrypted value is base64; an empty one may stay empty.",
        matters_for="callback listen and decode with --decrypt",
        seen_by=SeenBy.NOTHING,
    ),
    Assumption(
        id="encryption_modes",
        sentence="CFB means CFB128; in GCM the last 16 bytes are the tag, and the IV has 12 or 16.",
        matters_for="profile create --encrypt, callback listen and decode with --decrypt",
        seen_by=SeenBy.NOTHING,
    ),
    Assumption(
        id="encryption_key",
        sentence="Key and IV are sent as their characters.",
        matters_for="profile create --encrypt",
        seen_by=SeenBy.NOTHING,
    ),
)

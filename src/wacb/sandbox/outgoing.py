"""Build the callback request of an incoming message (api.md §7): fill a template, choose the
profile, and check where the request may go.
"""

from __future__ import annotations

import json
import re
import string
from collections.abc import Callable, Mapping
from ipaddress import ip_address
from typing import NamedTuple
from urllib.parse import quote

from wacb.callbacks.encryption import Cipher
from wacb.errors import CheckFailed, ConsentRequired, NotFound
from wacb.models import Encryption
from wacb.sandbox.account import APPROVED
from wacb.sandbox.store import Row, Store
from wacb.urls import parse_address

Escape = Callable[[str], str]
_INCOMING = (
    "body mime_type media_url from name type created_at reply_to wanumber mobile"
    " custom_response message contacts location"
)
_ADDED = (
    *("body", "from", "name", "type", "created_at", "wanumber", "mobile", "message"),
    *("reply_to", "media_url"),
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
    """Replace the placeholders of a template by escaped values, and keep all other characters.

    assumed: value_escaping; placeholders of other events are empty, unknown names stay.
    """

    def value(found: re.Match[str]) -> str:
        name = found[1]
        return escape(values.get(name, "")) if name in _NAMES else found[0]

    return _PLACEHOLDER.sub(value, template)


def percent_encode(value: str) -> str:
    """Escape a value for a URL, except the unreserved characters of RFC 3986."""
    return quote(value, safe="")


def json_escape(value: str) -> str:
    """Escape a value for the inside of a JSON string."""
    return json.dumps(value, ensure_ascii=False)[1:-1]


def percent_encode_naively(value: str) -> str:
    """Escape a value for a URL like a naive platform, encoding only what cannot be sent.

    Separators (`&`, `#`, `+`, `%`) are kept, which changes the meaning of the query.
    """
    return quote(value, safe=string.punctuation)


DISABLED = 2  # the status of a profile that is auto-disabled


class Incoming(NamedTuple):
    """A message sent to a number: `fields` are the 14 of api.md §6."""

    number: str
    type: str
    fields: Mapping[str, str]


class Outgoing(NamedTuple):
    """The callback request of a message; `profile_id` is empty for the number's own URL."""

    profile_id: str
    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes | None

    def __repr__(self) -> str:  # without the headers, which may contain secrets
        return f"Outgoing({self.method} {self.url!r})"


def prepare(
    store: Store, message: Incoming, *, naive: bool = False, allow_remote: bool = False
) -> Outgoing:
    """Build the request for a message. `naive` does not escape values.

    Raises NotFound for a number the emulator does not know, CheckFailed if nothing would be
    delivered, ConsentRequired for an endpoint on another machine unless `allow_remote`, and
    ConfigError for one that is no address and where encryption is not installed.
    """
    profile = _find_profile(store, message.number)
    in_body = profile["http_method"] in ("POST", "PUT")
    escape = _build_escape(profile, in_body=in_body, naive=naive)
    if in_body:
        url, body = profile["url"], fill(profile["body"], message.fields, escape).encode()
    else:
        url, body = fill(profile["url"], message.fields, escape), None
    host = parse_address(url).host
    if not (allow_remote or _is_loopback(host)):
        raise ConsentRequired(
            f"the endpoint is on {host}, but the sandbox only delivers to this machine",
            hint="pass --allow-remote to send the message there",
        )
    return Outgoing(
        profile_id=profile["profile_id"],
        method=profile["http_method"],
        url=url,
        headers=_headers(profile, has_body=in_body),
        body=body,
    )


def _find_profile(store: Store, number: str) -> Row:
    """Find the profile of a number's messages, or make one of its incoming URL."""
    row = store.number(number)
    if row is None:
        raise NotFound(
            f"{number} was not found in the sandbox",
            hint="run `wacb --sandbox number list` to see its numbers",
        )
    profile_id = row["callback_profile_id"]
    if row["status"] != APPROVED:
        raise CheckFailed(
            f"{number} is {row['status']} and receives no messages",
            hint="use an approved number, or add and confirm one with `wacb --sandbox number add`",
        )
    if profile_id:  # assumed: profile_before_incoming_url
        return _check_usable(store.profile(profile_id), profile_id, number)
    if row["incoming_url"]:
        url = row["incoming_url"]
        # assumed: incoming_url (api.md §5)
        url += ("&" if "?" in url else "?") + "&".join(f"{name}=<{name}>" for name in _ADDED)
        return {"profile_id": "", "http_method": "GET", "url": url, "headers": "{}", "enc": None}
    raise CheckFailed(
        f"{number} has no profile attached, so nothing was delivered",
        hint=f"run `wacb --sandbox number attach {number} --profile ID` to attach one",
    )


def _check_usable(profile: Row | None, profile_id: str, number: str) -> Row:
    command = f"wacb --sandbox number attach {number} --replace --profile ID"
    hint = f"run `{command}` to attach another one"
    if profile is None:
        raise CheckFailed(f"profile {profile_id} of {number} no longer exists", hint=hint)
    if profile["status"] == DISABLED:
        raise CheckFailed(
            f"profile {profile_id} is auto-disabled, so nothing was delivered", hint=hint
        )
    return profile


def _build_escape(profile: Row, *, in_body: bool, naive: bool) -> Escape:
    if naive:
        escape: Escape = str if in_body else percent_encode_naively
    else:
        escape = json_escape if in_body else percent_encode
    if profile["enc"] is None:
        return escape

    algorithm, key, iv = (profile["enc"][name] for name in ("algo", "key", "IV"))
    cipher = Cipher(Encryption(algorithm=algorithm, key=key, iv=iv))
    return lambda value: escape(cipher.encrypt(value))


def _headers(profile: Row, *, has_body: bool) -> Mapping[str, str]:
    """Return the headers, with a Content-Type of JSON by default; assumed: header_delivery."""
    headers: dict[str, str] = json.loads(profile["headers"])
    if has_body and "content-type" not in {name.lower() for name in headers}:
        headers["Content-Type"] = "application/json"
    return headers


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"

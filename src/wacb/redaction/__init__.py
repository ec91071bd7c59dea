"""What may be shown, stored or sent elsewhere. What is not known to be harmless is a secret."""

from __future__ import annotations

import re
from binascii import a2b_base64
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import Any

from wacb.errors import InvalidInput
from wacb.jsontext import compact_json, open_body, parse_or_none
from wacb.models import Encryption, ProfileDraft
from wacb.template.placeholders import KNOWN, MARK
from wacb.urls import parameters, split_query, without_user_info

MASK = "***"

# -- headers

_HARMLESS = (
    r"(?i)(?:accept|content)(?:-.*)?|user-agent|cache-control|traceparent|x-request-id"
    r"|host|date|allow|retry-after|server|transfer-encoding"
)
_AUTHENTICATES = (
    r"(?i)authorization|cookie|key|token|secret|passw|credential|signature|session"
    r"|(?<![a-z])(?:auth|pwd|pass|sig|code|otp|pin|jwt|hmac)(?![a-z])"
)


def is_harmless_header(name: str) -> bool:
    """Return whether the value of a header of this name may be shown and sent to another host."""
    return re.fullmatch(_HARMLESS, name) is not None


def mask_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Mask the value of every header that is not known to be harmless."""
    return {name: value if is_harmless_header(name) else MASK for name, value in headers.items()}


def secrets_of_headers(headers: Mapping[str, str]) -> Iterator[str]:
    """Yield what must not be repeated of headers: values, credentials, the password of Basic."""
    for name, value in headers.items():
        if is_harmless_header(name):
            continue
        scheme, _, credentials = value.rpartition(" ")
        yield value
        yield credentials
        if scheme.lower() == "basic":
            with suppress(ValueError):  # the console may have stored anything
                yield a2b_base64(credentials).decode("utf-8", "replace").partition(":")[2]


def check_literal_header(name: str) -> str:
    """Return a header's name, unless its value must not be typed. Raises InvalidInput.

    Command lines can be seen by others, and files get into repositories.
    """
    if re.search(_AUTHENTICATES, name):
        raise InvalidInput(
            f"the header {name} authenticates, so its value must come from a variable",
            hint="use --header-env NAME=VARIABLE",
        )
    return name


# -- URLs and bodies

Secret = Callable[[str, Any], Any]
Plain = Callable[[str], str]


def _is_secret(name: str, value: str, *, filled: bool) -> bool:
    """Say of a parameter or member that it has more than placeholders, or the field of one."""
    return value != "" and name not in KNOWN if filled else _has_word(MARK.sub("", value))


def _has_word(text: str) -> bool:
    """Return whether text is more than what separates placeholders."""
    return re.search(r"\w", text) is not None


def map_url(url: str, *, secret: Secret, plain: Plain = str, filled: bool = False) -> str:
    """Replace secrets in query and fragment by `secret(key, value)`, all else by `plain`.

    `filled` says that the template was filled: what is under the name of a field is harmless then.
    """

    def written(key: str, name: str, value: str) -> str:
        hidden = _is_secret(name, value, filled=filled)
        return plain(key) + (secret(name, value) if hidden else plain(value))

    endpoint, query = split_query(url)
    place, mark, fragment = endpoint.partition("#")
    shown = written(f"{place}{mark}", "fragment", fragment)
    if query is None:
        return shown
    # a parameter without a `=` is a value without a name
    return f"{shown}?" + "&".join(
        written(f"{each.key}=", each.name, each.value)
        if "=" in each.text
        else written("", "query", each.text)
        for each in parameters(query)
    )


def map_body(
    value: Any,
    *,
    secret: Secret,
    plain: Plain = str,
    filled: bool = False,
    name: str = "body",
    authenticates: bool = False,
) -> Any:
    """Replace the texts of a body that are secrets by `secret(key, value)`, the rest by `plain`.

    A number is a secret only where a key above it `authenticates`: a manifest has no variables for
    numbers.
    """

    def below(item: Any, key: str) -> Any:
        above = authenticates or re.search(_AUTHENTICATES, key) is not None
        return map_body(
            item, secret=secret, plain=plain, filled=filled, name=key, authenticates=above
        )

    if isinstance(value, dict):
        return {key: below(item, key) for key, item in value.items()}
    if isinstance(value, list):
        return [below(item, name) for item in value]
    if isinstance(value, str):
        return secret(name, value) if _is_secret(name, value, filled=filled) else plain(value)
    if authenticates and isinstance(value, int | float) and not isinstance(value, bool):
        return secret(name, value)
    return value


def map_body_text(text: str, *, secret: Secret, filled: bool = False) -> str:
    """Replace the secrets in the text of a body, which stays unchanged where it has none."""
    value = open_body(text)
    mapped = map_body(value, secret=secret, filled=filled)
    if mapped == value:
        return text
    return str(mapped) if value == text else compact_json(mapped)


def mask_literal(name: str, value: Any) -> str:
    """Mask a secret, but for the placeholders in it."""
    if not isinstance(value, str):
        return MASK
    masked, end = "", 0
    for mark in MARK.finditer(value):
        masked += _mask_words(value[end : mark.start()]) + mark[0]
        end = mark.end()
    return masked + _mask_words(value[end:])


def _mask_words(text: str) -> str:
    return MASK if _has_word(text) else text


def mask_url(url: str, *, filled: bool = False) -> str:
    """Mask user info and secrets in the URL of a profile, or of a callback (`filled`)."""
    return map_url(without_user_info(url, f"{MASK}@"), secret=mask_literal, filled=filled)


def mask_body(text: str, *, filled: bool = False) -> str:
    """Mask secrets in the body of a profile, or of a callback (`filled`)."""
    return map_body_text(text, secret=mask_literal, filled=filled)


# -- profiles


def mask_draft(draft: ProfileDraft) -> ProfileDraft:
    """Copy a draft with the key and the headers that were not typed in this command masked."""
    encryption = draft.encryption and Encryption(draft.encryption.algorithm, MASK, MASK)
    headers = draft.headers and {
        name: MASK if name in draft.secret_headers else value
        for name, value in draft.headers.items()
    }
    return draft._replace(headers=headers, encryption=encryption)


def mask_field(name: str, value: Any, other: Any = None) -> Any:
    """Mask the secrets in one field of a profile, as `differences` writes it.

    Headers that `other` has, too, are left out. For notes, errors and plans, which end up in logs:
    what shows a profile itself prints URL and body whole, as the user must be able to compare them.
    """
    if name == "encryption":
        return value and {"algorithm": value[0]} | ({"key": MASK} if len(value) > 1 else {})
    if name == "headers":
        others = other or {}
        changed = {header for header, text in (value or {}).items() if others.get(header) != text}
        return dict.fromkeys(sorted(changed), MASK)
    if name == "url":
        return value and mask_url(value)
    return map_body(value, secret=mask_literal) if name == "body" else value


def mask_unless_written(name: str, old: Any, written: Any) -> Any:
    """Mask the secrets of a stored URL or body, but for those that a file spells out as well."""
    known: set[tuple[str, str]] = set()

    def learn(key: str, value: Any) -> Any:
        known.add((key, str(value)))
        return value

    def hide(key: str, value: Any) -> Any:
        return value if (key, str(value)) in known else mask_literal(key, value)

    if not (old and written):
        return mask_field(name, old)
    if name == "url":
        map_url(written, secret=learn)
        return map_url(without_user_info(old, f"{MASK}@"), secret=hide)
    map_body(written, secret=learn)
    return map_body(old, secret=hide)


def mask_change(name: str, old: Any, new: Any) -> tuple[Any, Any]:
    """Mask both values of a field that differs."""
    return mask_field(name, old, new), mask_field(name, new, old)


def mask_api_json(body: Any) -> Any:
    """Copy the JSON of an API request or response, its secrets masked.

    They are keys, header values, one-time codes and the literals in a profile's URL and body.
    """
    if isinstance(body, list):
        return [mask_api_json(item) for item in body]
    if not isinstance(body, dict):
        return body
    return {name: _mask_member(name, value) for name, value in body.items()}


def _mask_member(name: str, value: Any) -> Any:
    if name == "enc" and isinstance(value, dict):
        return {key: item if key == "algo" else MASK for key, item in value.items()}
    if name == "headers" and isinstance(headers := parse_or_none(value), dict):
        return compact_json(dict.fromkeys(headers, MASK))
    if name == "url" and isinstance(value, str):
        return mask_url(value)
    if name == "body":
        is_text = isinstance(value, str)
        return mask_body(value) if is_text else map_body(value, secret=mask_literal)
    secret = value and name in ("enc", "headers", "otp", "url")
    return MASK if secret else mask_api_json(value)


def has_mask(value: Any) -> bool:
    """Return whether a secret was masked anywhere in JSON."""
    return MASK in compact_json(value)

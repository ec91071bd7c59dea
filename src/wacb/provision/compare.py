"""Compare a live profile with a draft: one rule for create, adopt and update."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum, auto
from typing import Any

from wacb.jsontext import ascii_json, json_line, open_body
from wacb.models import UNKNOWN, CallbackProfile, Encryption, NewKey, ProfileDraft
from wacb.redaction import MASK, mask_change
from wacb.urls.compare import same_url
from wacb.validation import is_masked


class CompareKey(Enum):
    """When the keys of two encryptions are compared; their algorithms always are."""

    NEVER = auto()
    IF_SHOWN = auto()  # by the API
    ALWAYS = auto()  # a key that the API does not show counts as another one


def differences(
    draft: ProfileDraft,
    profile: CallbackProfile,
    *,
    key: CompareKey = CompareKey.IF_SHOWN,
    masked_differ: bool = False,
) -> dict[str, tuple[Any, Any]]:
    """Return each field of the draft in which the live profile differs: field -> (old, new).

    A body is compared as JSON, so key order and white space don't matter, but `1` is neither
    `true` nor `1.0`; a URL by RFC 3986. The case of a channel, and of a header's name and blanks
    around its value don't matter. A header whose value the API masks is equal to any other, unless
    `masked_differ`. assumed: headers_shown.
    """
    live, asked = profile.encryption, draft.encryption
    with_key = live is not None and (
        key is CompareKey.ALWAYS or (key is CompareKey.IF_SHOWN and live.key is not UNKNOWN)
    )
    present_headers, given = _fold_names(profile.headers), _fold_names(draft.headers)
    if not masked_differ:
        present_headers |= {
            name: given.get(name, value)
            for name, value in present_headers.items()
            if is_masked(value)
        }
    present: dict[str, Any] = {
        "title": profile.title,
        "method": profile.method,
        "url": profile.url,
        "body": open_body(profile.body),
        "headers": present_headers,
        "encryption": _encryption_values(live, with_key),
        "response_message": profile.response_message or "",
        "channel": profile.channel,
        "events": sorted(profile.events),
    }
    changes = {
        name: (present[name], new)
        for name, new in fields(draft, with_key=with_key).items()
        if not _same(name, present[name], new)
    }
    if with_key and isinstance(asked, NewKey):
        changes["encryption"] = (present["encryption"], _encryption_values(asked, with_key))
    return changes


def _same(name: str, old: Any, new: Any) -> bool:
    if name == "url":
        return same_url(old, new)
    if name == "channel":
        return str(old or "").lower() == str(new).lower()
    return ascii_json(old, sort_keys=True) == ascii_json(new, sort_keys=True)


def fields(draft: ProfileDraft, *, with_key: bool = True) -> dict[str, Any]:
    """Return every field that the draft sets, in the form that `differences` compares."""
    values: dict[str, Any] = {
        "title": draft.title,
        "method": draft.method,
        "url": draft.url,
        "body": open_body(draft.body),
        "headers": _fold_names(draft.headers),
        "encryption": _encryption_values(draft.encryption, with_key),
        "response_message": draft.response_message,
        "channel": draft.channel,
        "events": sorted(draft.events or ()),
    }
    return {name: value for name, value in values.items() if getattr(draft, name) is not None}


def describe(changes: Mapping[str, tuple[Any, Any]]) -> list[str]:
    """Write differences as lines, `field: old → new`, without header values and keys."""
    lines = []
    for name, values in changes.items():
        old, new = (as_text(name, value) for value in mask_change(name, *values))
        lines.append(f"{name}: {old} → {new}")
    return lines


def as_text(name: str, value: Any) -> str:
    """Write the masked value of a field on one line."""
    if not value:
        return "none"
    if name == "headers":
        return ", ".join(f"{header}: {shown}" for header, shown in value.items())
    if name == "encryption":
        return f"{value['algorithm']}{f' (key {MASK})' if 'key' in value else ''}"
    return value if isinstance(value, str) else json_line(value)


def _fold_names(headers: Mapping[str, str] | None) -> dict[str, str]:
    return {name.lower(): value.strip() for name, value in (headers or {}).items()}


def _encryption_values(
    encryption: Encryption | NewKey | None, with_key: bool
) -> tuple[str | None, ...] | None:
    """Return the algorithm and, where the keys are compared, key and IV, None for unknown ones."""
    if encryption is None:
        return None
    parts = (encryption.key, encryption.iv) if isinstance(encryption, Encryption) else (None, None)
    shown = tuple(None if part is UNKNOWN else part for part in parts)
    return (encryption.algorithm.upper(), *(shown if with_key else ()))

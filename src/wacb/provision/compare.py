"""Whether a live profile is what a draft asks for: one rule for create, adopt and update."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wacb.jsontext import ascii_json, json_line, open_body
from wacb.models import CallbackProfile, Encryption, ProfileDraft
from wacb.redaction import MASK, mask_change


def differences(draft: ProfileDraft, profile: CallbackProfile) -> dict[str, tuple[Any, Any]]:
    """Name every field the draft gives that the live profile has otherwise: field -> (old, new).

    A body is compared as JSON, so key order and white space don't matter, but `1` is neither
    `true` nor `1.0`; header names ignore case; an encryption key that the API does not show is
    compared by its algorithm (cli.md 7).
    """
    keys_known = bool(
        profile.encryption and profile.encryption.key and draft.encryption and draft.encryption.key
    )
    present: dict[str, Any] = {
        "title": profile.title,
        "method": profile.method,
        "url": profile.url,
        "body": open_body(profile.body),
        "headers": _folded(profile.headers),
        "encryption": _comparable(profile.encryption, keys_known),
        "response_message": profile.response_message or "",
        "channel": profile.channel,
        "events": sorted(profile.events),
    }
    asked = fields(draft, with_key=keys_known)
    return {
        name: (present[name], new)
        for name, new in asked.items()
        if ascii_json(present[name], sort_keys=True) != ascii_json(new, sort_keys=True)
    }


def fields(draft: ProfileDraft, *, with_key: bool = True) -> dict[str, Any]:
    """Give every field that the draft gives, in the form that `differences` compares."""
    values: dict[str, Any] = {
        "title": draft.title,
        "method": draft.method,
        "url": draft.url,
        "body": open_body(draft.body),
        "headers": _folded(draft.headers),
        "encryption": _comparable(draft.encryption, with_key),
        "response_message": draft.response_message,
        "channel": draft.channel,
        "events": sorted(draft.events or ()),
    }
    return {name: value for name, value in values.items() if getattr(draft, name) is not None}


def describe(changes: Mapping[str, tuple[Any, Any]]) -> list[str]:
    """Put differences into lines, `field: old → new`, without header values and keys."""
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


def _folded(headers: Mapping[str, str] | None) -> dict[str, str]:
    return {name.lower(): value for name, value in (headers or {}).items()}


def _comparable(encryption: Encryption | None, with_key: bool) -> tuple[Any, ...] | None:
    if encryption is None:
        return None
    algorithm = encryption.algorithm.upper()
    return (algorithm, encryption.key, encryption.iv) if with_key else (algorithm,)

"""Whether a live profile is what a draft asks for: one rule for create, adopt and update."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from wacb.models import CallbackProfile, Encryption, ProfileDraft


def differences(draft: ProfileDraft, profile: CallbackProfile) -> dict[str, tuple[Any, Any]]:
    """Name every field the draft gives that the live profile has otherwise: field -> (old, new).

    A body is compared as JSON, so key order and white space don't matter; header names ignore case;
    an encryption key that the API does not show is compared by its algorithm (cli.md 7).
    """
    pairs: dict[str, tuple[Any, Any]] = {
        "title": (profile.title, draft.title),
        "method": (profile.method, draft.method),
        "url": (profile.url, draft.url),
        "body": (_json(profile.body), _json(draft.body)),
        "headers": (_folded(profile.headers), _folded(draft.headers)),
        "encryption": _encryptions(profile.encryption, draft.encryption),
        "response_message": (profile.response_message or "", draft.response_message),
        "channel": (profile.channel, draft.channel),
        "events": (sorted(profile.events), sorted(draft.events or ())),
    }
    return {
        name: (old, new)
        for name, (old, new) in pairs.items()
        if getattr(draft, name) is not None and old != new
    }


def describe(changes: Mapping[str, tuple[Any, Any]]) -> list[str]:
    """Put differences into lines, `field: old → new`, without header values and keys."""
    return [
        f"{name}: {_shown(name, old)} → {_shown(name, new)}" for name, (old, new) in changes.items()
    ]


def _shown(name: str, value: Any) -> str:
    if not value:
        return "none"
    if name == "headers":
        return ", ".join(f"{header}: ***" for header in sorted(value))
    if name == "encryption":
        return f"{value[0]} (key ***)" if len(value) > 1 else str(value[0])
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _json(text: str | None) -> Any:
    """Open JSON text; text that is none is compared as it stands, and "" and "{}" are no body."""
    if text in (None, "", "{}"):
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _folded(headers: Mapping[str, str] | None) -> dict[str, str]:
    return {name.lower(): value for name, value in (headers or {}).items()}


def _encryptions(
    old: Encryption | None, new: Encryption | None
) -> tuple[tuple[Any, ...] | None, tuple[Any, ...] | None]:
    keys_known = bool(old and old.key and new and new.key)
    return _comparable(old, keys_known), _comparable(new, keys_known)


def _comparable(encryption: Encryption | None, with_key: bool) -> tuple[Any, ...] | None:
    if encryption is None:
        return None
    algorithm = encryption.algorithm.upper()
    return (algorithm, encryption.key, encryption.iv) if with_key else (algorithm,)

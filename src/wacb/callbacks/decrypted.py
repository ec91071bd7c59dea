"""Which values of a callback are decrypted: those of placeholders (api-contract.md 7)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from wacb.callbacks.classify import is_empty, is_unfilled
from wacb.errors import CheckFailed, InvalidInput
from wacb.template.placeholders import INCOMING, KNOWN

Decrypt = Callable[[str], str]

# Shorter base64 is as likely a word of the user's own; this much decrypts to text by no accident.
_CIPHERTEXT = re.compile(r"[A-Za-z0-9+/]{16,}={0,2}")


def decrypt_fields(fields: Mapping[str, Any], decrypt: Decrypt) -> dict[str, Any]:
    """Decrypt the values of the 14, and elsewhere what can be decrypted.

    Another value may be a constant, which is not encrypted, or come for a placeholder: it stays as
    it is where `decrypt` refuses it or, under a name of the user's own, where it is short. For one
    of the 14 the InvalidInput or CheckFailed of `decrypt` comes through, naming the field.
    """
    return {
        name: _placeholder(name, value, decrypt)
        if name in KNOWN and isinstance(value, str)
        else _tried(value, decrypt)
        for name, value in fields.items()
    }


def _placeholder(name: str, value: str, decrypt: Decrypt) -> str:
    if is_empty(value) or is_unfilled(name, value):
        return value
    try:
        return decrypt(value)
    except (InvalidInput, CheckFailed) as error:
        if name not in INCOMING:
            return value
        raise type(error)(f"the field {name}: {error.message}", hint=error.hint) from None


def _tried(value: Any, decrypt: Decrypt) -> Any:
    if isinstance(value, dict):
        return {name: _tried(item, decrypt) for name, item in value.items()}
    if isinstance(value, list):
        return [_tried(item, decrypt) for item in value]
    if not isinstance(value, str) or not _CIPHERTEXT.fullmatch(value):
        return value
    try:
        return decrypt(value)
    except (InvalidInput, CheckFailed):
        return value

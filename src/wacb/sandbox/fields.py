"""The rules a request's fields obey (api-contract.md 4 and 5), one function a kind of value.

A rule says what is wrong with a value, or None; `check` turns complaints into a 400.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from wacb.sandbox.routing import Refusal, parse_json

Rule = Callable[[Any], str | None]
_TITLE = re.compile(r"[A-Za-z0-9 _-]{3,}")
_URL = re.compile(r"https?://[A-Za-z0-9\[][^/?#\x00-\x20\x7f]*(?:[/?#][^\x00-\x20\x7f]*)?")
_NUMBER = re.compile(r"\+[1-9][0-9]{6,14}")
_COUNTRY = re.compile(r"\+?[1-9][0-9]{0,2}|[A-Z]{2}")
_ALGORITHM = re.compile(r"AES-(128|192|256)-(CFB|GCM)")


def check(fields: Mapping[str, Any], rules: Mapping[str, Rule], *required: str) -> None:
    """Refuse unknown, missing and wrong fields, naming each of them."""
    complaints = [f"{name} is required" for name in required if name not in fields]
    for name, value in fields.items():
        rule = rules.get(name, _unknown)
        complaint = rule(value)
        if complaint is not None:
            complaints.append(f"{name} {complaint}")
    if complaints:
        raise Refusal(400, "Validation failed", params=complaints)


def check_change(fields: Mapping[str, Any], rules: Mapping[str, Rule], *keys: str) -> None:
    """Check an update, which must hold its `keys` and something else besides."""
    check(fields, rules, *keys)
    if not fields.keys() - set(keys):
        raise Refusal(400, "There is nothing to change")


def text(value: Any) -> str | None:
    """Take any string."""
    return None if isinstance(value, str) else "must be a string"


def filled(value: Any) -> str | None:
    """Take any string but an empty one."""
    return text(value) or (None if value else "must not be empty")


def title(value: Any) -> str | None:
    """Take 3 or more ASCII letters, digits, spaces, hyphens and underscores."""
    return _matches(
        _TITLE, value, "must be 3 or more letters, digits, spaces, hyphens, underscores"
    )


def url(value: Any) -> str | None:
    """Take an http or https URL; its query may hold literal angle brackets."""
    return _matches(_URL, value, "must be an http or https URL")


def url_or_nothing(value: Any) -> str | None:
    """Take what `url` takes, or the empty string."""
    return None if value == "" else url(value)


def number(value: Any) -> str | None:
    """Take a phone number as `+919812345678`."""
    return _matches(_NUMBER, value, "must be a phone number in E.164 with a +")


def country(value: Any) -> str | None:
    """Take a calling code (`91`, `+91`) or a country's two letters; assumed: both."""
    return _matches(_COUNTRY, value, "must be a calling code or a country's two letters")


def one_of(*words: str) -> Rule:
    """Take one of these words, spelt exactly so."""

    def rule(value: Any) -> str | None:
        known = isinstance(value, str) and value in words
        return None if known else f"must be one of {', '.join(words)}"

    return rule


def object_text(value: Any) -> str | None:
    """Take a string that holds a JSON object."""
    return None if isinstance(_held(value), dict) else "must be a string holding a JSON object"


def headers_text(value: Any) -> str | None:
    """Take a string that holds a JSON object of strings."""
    held = _held(value)
    fits = isinstance(held, dict) and all(isinstance(member, str) for member in held.values())
    return None if fits else "must be a string holding a JSON object of strings"


def words_text(value: Any) -> str | None:
    """Take a string that holds a JSON array of strings."""
    held = _held(value)
    fits = isinstance(held, list) and all(isinstance(member, str) for member in held)
    return None if fits else "must be a string holding a JSON array of strings"


def encryption(value: Any) -> str | None:
    """Take exactly algo, key and IV, as long as the algorithm wants them."""
    if not isinstance(value, dict) or value.keys() != {"algo", "key", "IV"}:
        return "must be an object of algo, key and IV"
    if not all(isinstance(member, str) and member.isascii() for member in value.values()):
        return "must hold ASCII strings"
    named = _ALGORITHM.fullmatch(value["algo"])
    if named is None:
        return "algo must be AES-128, AES-192 or AES-256 with -CFB or -GCM"
    key_length = int(named[1]) // 8
    if len(value["key"]) != key_length:
        return f"key must have {key_length} characters for {value['algo']}"
    # assumed: GCM takes 12 characters, and 16 as well (api-contract.md 7)
    iv_lengths = (12, 16) if named[2] == "GCM" else (16,)
    return None if len(value["IV"]) in iv_lengths else f"IV has a wrong length for {value['algo']}"


def _matches(pattern: re.Pattern[str], value: Any, complaint: str) -> str | None:
    return None if isinstance(value, str) and pattern.fullmatch(value) else complaint


def _held(value: Any) -> Any:
    if not isinstance(value, str):
        return None
    try:
        return parse_json(value)
    except ValueError:
        return None


def _unknown(_value: Any) -> str:
    return "is not a field of this request"

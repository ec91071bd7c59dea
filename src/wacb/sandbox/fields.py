"""Rules for the fields of requests (api.md §4, §5): one function for each kind of value.

A rule returns what is wrong with a value, or None; `check` turns the problems into a 400.
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
    """Reject unknown, missing and invalid fields, naming each of them."""
    problems = [f"{name} is required" for name in required if name not in fields]
    for name, value in fields.items():
        rule = rules.get(name, _unknown)
        problem = rule(value)
        if problem is not None:
            problems.append(f"{name} {problem}")
    if problems:
        raise Refusal(400, "Validation failed", params=problems)


def check_change(fields: Mapping[str, Any], rules: Mapping[str, Rule], *keys: str) -> None:
    """Check an update, which must have its `keys` and at least one other field."""
    check(fields, rules, *keys)
    if not fields.keys() - set(keys):
        raise Refusal(400, "There is nothing to change")


def text(value: Any) -> str | None:
    """Accept any string."""
    return None if isinstance(value, str) else "must be a string"


def nonempty_text(value: Any) -> str | None:
    """Accept any string except an empty one."""
    return text(value) or (None if value else "must not be empty")


def title(value: Any) -> str | None:
    """Accept 3 or more ASCII letters, digits, spaces, hyphens and underscores."""
    return _matches(
        _TITLE, value, "must be 3 or more letters, digits, spaces, hyphens, underscores"
    )


def url(value: Any) -> str | None:
    """Accept an http or https URL; its query may contain literal angle brackets."""
    return _matches(_URL, value, "must be an http or https URL")


def url_or_nothing(value: Any) -> str | None:
    """Accept a URL or the empty string."""
    return None if value == "" else url(value)


def number(value: Any) -> str | None:
    """Accept a phone number like `+919812345678`."""
    return _matches(_NUMBER, value, "must be a phone number in E.164 with a +")


def country(value: Any) -> str | None:
    """Accept a calling code (`91`, `+91`) or two letters; assumed: registration_values."""
    return _matches(_COUNTRY, value, "must be a calling code or a country's two letters")


def one_of(*words: str) -> Rule:
    """Accept one of these words, case-sensitive."""

    def rule(value: Any) -> str | None:
        known = isinstance(value, str) and value in words
        return None if known else f"must be one of {', '.join(words)}"

    return rule


def object_text(value: Any) -> str | None:
    """Accept a string that contains a JSON object."""
    return (
        None
        if isinstance(_parse_text(value), dict)
        else "must be a string containing a JSON object"
    )


def headers_text(value: Any) -> str | None:
    """Accept a string that contains a JSON object of strings."""
    parsed = _parse_text(value)
    fits = isinstance(parsed, dict) and all(isinstance(member, str) for member in parsed.values())
    return None if fits else "must be a string containing a JSON object of strings"


def words_text(value: Any) -> str | None:
    """Accept a string that contains a JSON array of strings."""
    parsed = _parse_text(value)
    fits = isinstance(parsed, list) and all(isinstance(member, str) for member in parsed)
    return None if fits else "must be a string containing a JSON array of strings"


def encryption(value: Any) -> str | None:
    """Accept exactly algo, key and IV, of the lengths that the algorithm requires."""
    if not isinstance(value, dict) or value.keys() != {"algo", "key", "IV"}:
        return "must be an object of algo, key and IV"
    if not all(isinstance(member, str) and member.isascii() for member in value.values()):
        return "must contain ASCII strings"
    named = _ALGORITHM.fullmatch(value["algo"])
    if named is None:
        return "algo must be AES-128, AES-192 or AES-256 with -CFB or -GCM"
    key_length = int(named[1]) // 8
    if len(value["key"]) != key_length:
        return f"key must have {key_length} characters for {value['algo']}"
    # assumed: encryption_modes (api.md §7)
    iv_lengths = (12, 16) if named[2] == "GCM" else (16,)
    return (
        None if len(value["IV"]) in iv_lengths else f"IV has the wrong length for {value['algo']}"
    )


def _matches(pattern: re.Pattern[str], value: Any, problem: str) -> str | None:
    return None if isinstance(value, str) and pattern.fullmatch(value) else problem


def _parse_text(value: Any) -> Any:
    if not isinstance(value, str):
        return None
    try:
        return parse_json(value)
    except ValueError:
        return None


def _unknown(_value: Any) -> str:
    return "is not a field of this request"

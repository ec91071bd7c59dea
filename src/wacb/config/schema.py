"""The keys of the config file, and the rules for their values.

A rule returns the value in its normal form or raises InvalidInput.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from wacb.config.regions import REGIONS
from wacb.errors import InvalidInput
from wacb.jsontext import read_json_or
from wacb.urls import check_endpoint, is_loopback, parse_endpoint
from wacb.validation import parse_number, read_phone

Rule = Callable[[str], str]
MAX_SECONDS = 86_400
_BOOLEANS = {"1": "1", "true": "1", "yes": "1", "on": "1"}
_BOOLEANS |= {"0": "0", "false": "0", "no": "0", "off": "0"}


def check_account_name(name: str) -> str:
    """Return a valid name for a new account."""
    return _matching(r"[A-Za-z0-9_-]+", "a valid account name: use A-Z a-z 0-9 _ -")(name)


def is_command(value: Any) -> bool:
    """Return whether a value is a program with arguments that the system can start."""
    if not isinstance(value, list) or not value or not all(isinstance(a, str) for a in value):
        return False
    return value[0] != "" and not any(re.search(r"[\x00\ud800-\udfff]", a) for a in value)


def parse_command(text: str) -> list[str]:
    """Read an `api_key_command` from a JSON array of strings. Never repeats the text."""
    command = read_json_or(text, None)
    if is_command(command):
        return list(command)
    raise InvalidInput(
        "api_key_command is not a JSON array of strings that starts with a program",
        hint="""write it like '["op", "read", "op://vault/kaleyra/key"]'""",
    )


def check_key(key: str) -> str:
    """Return an API key that is valid in a header. Never repeats the key."""
    if not key:
        raise InvalidInput("the API key is empty")
    if not re.fullmatch(r"[!-~]+", key):
        raise InvalidInput(
            "the API key contains a character that is invalid in an HTTP header",
            hint="copy it again without spaces, line breaks or quotes",
        )
    if len(key) > 1 and key[0] == key[-1] and key[0] in "\"'":
        raise InvalidInput("the API key is in quotes", hint="set it again without the quotes")
    return key


def check_base_url(url: str) -> str:
    """Return the base URL without its trailing slash. Plain http is for loopback only.

    Never repeats the URL: an invalid one may contain a password.
    """
    for character, what in (("@", "user info"), ("?", "a query"), ("#", "a fragment")):
        if character in url:
            raise InvalidInput(f"the base URL contains {what} ({character})", hint=_BASE_URL)
    try:
        endpoint = parse_endpoint(check_endpoint(url, allow_http=True, allow_local=True))
    except InvalidInput:
        raise InvalidInput("the base URL is not a valid URL", hint=_BASE_URL) from None
    if endpoint.scheme == "http" and not is_loopback(endpoint.host):
        raise InvalidInput("plain http:// is only allowed for this machine", hint=_BASE_URL)
    return url.rstrip("/")


_BASE_URL = "write it like https://api.example.com, as the console shows it under API Domain"


def _matching(pattern: str, what: str, *, repeat: bool = True) -> Rule:
    """Make a rule. `repeat=False` hides the value, where a key may be pasted by mistake."""

    def rule(value: str) -> str:
        if re.fullmatch(pattern, value):
            return value
        raise InvalidInput(f"{repr(value) if repeat else 'the value'} is not {what}")

    return rule


def _one_of(*words: str) -> Rule:
    """Make a rule for words in any case."""

    def rule(value: str) -> str:
        for word in words:
            if value.lower() == word.lower():
                return word
        raise InvalidInput(f"{value!r} is not one of {', '.join(words)}")

    return rule


def _boolean(value: str) -> str:
    if value.lower() in _BOOLEANS:
        return _BOOLEANS[value.lower()]
    raise InvalidInput(f"{value!r} is not a valid yes or no", hint="use 1 or 0")


def _seconds(value: str) -> str:
    # float() also accepts nan, 1_0, non-ASCII digits and spaces, which are typos here
    number = re.fullmatch(r"(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?", value)
    if number and 0 < float(value) <= MAX_SECONDS:
        return value
    raise InvalidInput(f"{value!r} is not a valid number of seconds (up to {MAX_SECONDS})")


def _printable(value: str) -> str:
    if value and value.isprintable():
        return value
    raise InvalidInput(f"{value!r} is empty or contains a control character")


def _detach_value(value: str) -> str:
    return value and _printable(value)


def _page_cap(value: str) -> str:
    if re.fullmatch(r"[1-9][0-9]{0,3}", value):
        return value
    raise InvalidInput(f"{value!r} is not a valid number of rows (1 to 9999)")


_FIELD = _matching(r"[A-Za-z0-9_.-]+", "a valid field name")


ACCOUNT_RULES: dict[str, Rule] = {
    "sid": _matching(r"[A-Za-z0-9_]+", "a valid SID: letters, digits, underscores", repeat=False),
    "api_key": check_key,
    "region": _one_of(*REGIONS),
    "base_url": check_base_url,
    "waba_id": _matching(r"[0-9]+", "a valid WABA ID: digits only", repeat=False),
    "endpoint": lambda value: check_endpoint(value, allow_http=True, allow_local=True),
    "number": parse_number,
    "profile": _printable,
}
ACCOUNT_KEYS = (*ACCOUNT_RULES, "api_key_command")
RULES: dict[str, Rule] = ACCOUNT_RULES | {
    "number": read_phone,  # one without a country code may be listed
    "sandbox": _boolean,
    "no_input": _boolean,
    "timeout": _seconds,
    "deadline": _seconds,
}
CONTRACT_RULES: dict[str, Rule] = {
    "attach_field": _FIELD,
    "attach_path": _matching(r"/(?!/)[!-~]*", "a valid path: it must start with one /"),
    "attach_method": _one_of("PUT", "POST", "PATCH"),
    "detach_value": _detach_value,
    "number_profile_member": _FIELD,
    "offset_counts": _one_of("rows", "pages"),
    "page_cap": _page_cap,
}

"""The keys of the config file and the rules their values obey (cli.md 3, 11; api-contract.md 5).

A rule returns the value in its normal form or raises InvalidInput; who gave it is not known here.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from wacb.config.regions import REGIONS
from wacb.errors import InvalidInput
from wacb.jsontext import read_json_or
from wacb.urls import check_endpoint, is_loopback, parse_endpoint
from wacb.validation import parse_number

Rule = Callable[[str], str]
_MOST_SECONDS = 86_400
_BOOLEANS = {"1": "1", "true": "1", "yes": "1", "on": "1"}
_BOOLEANS |= {"0": "0", "false": "0", "no": "0", "off": "0"}


def check_account_name(name: str) -> str:
    """Return a name that a new account may have."""
    return _matching(r"[A-Za-z0-9_-]+", "an account's name: use A-Z a-z 0-9 _ -")(name)


def is_command(value: Any) -> bool:
    """Say whether a value is a program and its arguments as the system can start them."""
    if not isinstance(value, list) or not value or not all(isinstance(a, str) for a in value):
        return False
    return value[0] != "" and not any(re.search(r"[\x00\ud800-\udfff]", a) for a in value)


def parse_command(text: str) -> list[str]:
    """Read an `api_key_command` from a JSON array of strings. Never repeats the text."""
    command = read_json_or(text, None)
    if is_command(command):
        return list(command)
    raise InvalidInput(
        "api_key_command is not a JSON array of strings that begins with a program",
        hint="""write it like '["op", "read", "op://vault/kaleyra/key"]'""",
    )


def check_key(key: str) -> str:
    """Return an API key that a header can carry. Never repeats the key."""
    if not key:
        raise InvalidInput("the API key is empty")
    if not re.fullmatch(r"[!-~]+", key):
        raise InvalidInput(
            "the API key holds a character that no HTTP header can carry",
            hint="a space, a line break or a quote was probably copied along",
        )
    return key


def check_base_url(url: str) -> str:
    """Return the base URL without its trailing slash. Plain http is for loopback only.

    Never repeats the URL: one that breaks these rules may hold a password.
    """
    for character, what in (("@", "user info"), ("?", "a query"), ("#", "a fragment")):
        if character in url:
            raise InvalidInput(f"the base URL holds {what} ({character})", hint=_BASE_URL)
    try:
        endpoint = parse_endpoint(check_endpoint(url, allow_http=True, allow_local=True))
    except InvalidInput:
        raise InvalidInput("the base URL is not a valid URL", hint=_BASE_URL) from None
    if endpoint.scheme == "http" and not is_loopback(endpoint.host):
        raise InvalidInput("plain http:// is for this machine only", hint=_BASE_URL)
    return url.rstrip("/")


_BASE_URL = "write it like https://api.example.com, as the console shows it under API Domain"


def _matching(pattern: str, what: str, *, repeat: bool = True) -> Rule:
    """Make a rule. `repeat=False` hides the value, where a key is easily pasted by mistake."""

    def rule(value: str) -> str:
        if re.fullmatch(pattern, value):
            return value
        raise InvalidInput(f"{repr(value) if repeat else 'the value'} is not {what}")

    return rule


def _one_of(*words: str) -> Rule:
    return _matching("|".join(words), f"one of {', '.join(words)}")


def _boolean(value: str) -> str:
    if value.lower() in _BOOLEANS:
        return _BOOLEANS[value.lower()]
    raise InvalidInput(f"{value!r} is neither yes nor no", hint="write 1 or 0")


def _seconds(value: str) -> str:
    # The pattern keeps out what float() takes but nobody means: nan, 1_0, other digits, spaces.
    number = re.fullmatch(r"(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?", value)
    if number and 0 < float(value) <= _MOST_SECONDS:
        return value
    raise InvalidInput(f"{value!r} is not a number of seconds up to {_MOST_SECONDS}")


def _printable(value: str) -> str:
    if value and value.isprintable():
        return value
    raise InvalidInput(f"{value!r} is empty or holds a control character")


def _detach_value(value: str) -> str:
    return value and _printable(value)


ACCOUNT_RULES: dict[str, Rule] = {
    "sid": _matching(r"[A-Za-z0-9_]+", "a SID: letters, digits and underscores", repeat=False),
    "api_key": check_key,
    "region": _one_of(*REGIONS),
    "base_url": check_base_url,
    "waba_id": _matching(r"[0-9]+", "a WABA ID: digits only", repeat=False),
    "endpoint": lambda value: check_endpoint(value, allow_http=True, allow_local=True),
    "number": parse_number,
    "profile": _printable,
}
ACCOUNT_KEYS = (*ACCOUNT_RULES, "api_key_command")
RULES: dict[str, Rule] = ACCOUNT_RULES | {
    "sandbox": _boolean,
    "no_input": _boolean,
    "timeout": _seconds,
    "deadline": _seconds,
}
CONTRACT_RULES: dict[str, Rule] = {
    "attach_field": _matching(r"[A-Za-z0-9_.-]+", "a field name"),
    "attach_path": _matching(r"/(?!/)[!-~]*", "a path that begins with one /"),
    "attach_method": _one_of("PUT", "POST", "PATCH"),
    "detach_value": _detach_value,
}

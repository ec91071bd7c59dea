"""What a person types to register a number: its name, its country code, the code sent to it."""

from __future__ import annotations

import re

from wacb.errors import InvalidInput


def check_name(text: str) -> str:
    """Return a display name without the blanks around it, or raise InvalidInput."""
    name = text.strip()
    # not str.isprintable: the names of some languages need the joiners that it refuses
    if not name or re.search(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]", name):
        raise InvalidInput(
            f"{text!r} is not a valid display name", hint="use text without control characters"
        )
    return name


def check_country_code(text: str, number: str) -> str:
    """Return a country code if it fits the number (E.164), or raise InvalidInput."""
    # assumed: registration_values; it is sent as it was written, since no page says how
    code = text.strip().upper()
    if not re.fullmatch(r"\+?[1-9][0-9]{0,2}|[A-Z]{2}", code):
        raise InvalidInput(
            f"{text!r} is not a valid country code",
            hint="use a calling code like 91, or two letters",
        )
    if not code.isalpha() and not number.startswith(f"+{code.removeprefix('+')}"):
        raise InvalidInput(
            f"number {number} does not begin with the country code {code}",
            hint="check the number and --country-code",
        )
    return code


def check_otp(text: str) -> str:
    """Return a code without hyphens and blanks, or raise InvalidInput, which doesn't quote it."""
    code = re.sub(r"[\s-]", "", text)
    if not re.fullmatch(r"[A-Za-z0-9]+", code):
        raise InvalidInput(
            "the code must contain only letters and digits",
            hint="enter the code exactly as the number received it",
        )
    return code

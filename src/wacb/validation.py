"""Rules for single values: titles, phone numbers, headers, and the nearest right name.

Each function returns the value it was passed, or its normal form, or raises InvalidInput.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from wacb.errors import InvalidInput

_TITLE = re.compile(r"[A-Za-z0-9 _-]{3,}")
_E164 = re.compile(r"\+?[1-9][0-9]{6,14}")
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_MOST_NAMES = 20  # that a hint lists


def check_title(title: str) -> str:
    """Return `title` if the API will take it (api-contract.md 4), else raise InvalidInput."""
    if _TITLE.fullmatch(title):
        return title
    raise InvalidInput(
        f"the title {title!r} is not allowed",
        hint="use at least 3 characters out of A-Z a-z 0-9, space, hyphen and underscore",
    )


def parse_number(text: str) -> str:
    """Bring a phone number into E.164 (`+919812345678`).

    Spaces, dashes, dots and parentheses are dropped, a leading `00` is `+`.
    Raises InvalidInput for anything else than 7 to 15 ASCII digits.
    """
    compact = re.sub(r"[ \-.()]", "", text)
    compact = "+" + compact[2:] if compact.startswith("00") else compact
    if not _E164.fullmatch(compact):
        raise InvalidInput(
            f"{text!r} is not a phone number",
            hint="write it with its country code and 7 to 15 digits, like +919812345678",
        )
    return "+" + compact.lstrip("+")


def parse_header(text: str) -> tuple[str, str]:
    """Split `Name: value`. Raises InvalidInput, and never repeats the text: it may be a secret."""
    name, colon, value = text.partition(":")
    if not colon:
        # The text is not repeated, here and for a bad name: a secret may stand in it.
        raise InvalidInput("a header has no colon", hint="write 'Name: value'")
    return check_header(name.strip(" "), value.strip(" "))


def check_header(name: str, value: str) -> tuple[str, str]:
    """Return a header that HTTP can carry, else raise InvalidInput. Never repeats the value."""
    if not _TOKEN.fullmatch(name):
        raise InvalidInput(
            "a header name is empty or holds a character that none may hold",
            hint="use letters, digits and hyphens",
        )
    if not value or not value.isascii() or not value.isprintable():
        raise InvalidInput(
            f"the value of header {name} is empty or holds a line break, a control character or "
            "a character outside ASCII"
        )
    return name, value


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Return the known name that is nearest to `name`, None where none is near."""
    from difflib import get_close_matches

    return next(iter(get_close_matches(name, known, n=1)), None)


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Word a hint: the name nearest to `name`, and all the known ones unless they are many."""
    names = sorted(known)
    near = nearest(name, names)
    guess = f"did you mean {near}? " if near else ""
    more = f", … ({len(names)} in all)" if len(names) > _MOST_NAMES else ""
    return f"{guess}known: {', '.join(names[:_MOST_NAMES])}{more}" if names else "there is none yet"

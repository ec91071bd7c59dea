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
_MAX_NAMES = 20  # that a hint lists


def check_title(title: str) -> str:
    """Return `title` if the API accepts it (api.md §4), else raise InvalidInput."""
    if _TITLE.fullmatch(title):
        return title
    raise InvalidInput(
        f"{title!r} is not a valid title",
        hint="use at least 3 characters of A-Z a-z 0-9, space, hyphen and underscore",
    )


def parse_number(text: str) -> str:
    """Convert a phone number to E.164 (`+919812345678`).

    Spaces, dashes, dots and parentheses are dropped, a leading `00` is `+`.
    Raises InvalidInput unless it has 7 to 15 ASCII digits.
    """
    compact = re.sub(r"[ \-.()]", "", text)
    compact = "+" + compact[2:] if compact.startswith("00") else compact
    if not _E164.fullmatch(compact):
        raise InvalidInput(
            f"{text!r} is not a valid phone number",
            hint="use the country code and 7 to 15 digits, like +919812345678",
        )
    return "+" + compact.lstrip("+")


def parse_header(text: str) -> tuple[str, str]:
    """Split `Name: value`. Raises InvalidInput, and never repeats the text: it may be a secret."""
    name, colon, value = text.partition(":")
    if not colon:
        # The text is not repeated, here and for a bad name: a secret may stand in it.
        raise InvalidInput("the header has no colon", hint="write it as 'Name: value'")
    return check_header(name.strip(" "), value.strip(" "))


def check_header(name: str, value: str) -> tuple[str, str]:
    """Return a header that is valid in HTTP, else raise InvalidInput. Never repeats the value."""
    if not _TOKEN.fullmatch(name):
        raise InvalidInput(
            "the header name is empty or contains an invalid character",
            hint="use letters, digits and hyphens",
        )
    if not value or not value.isascii() or not value.isprintable():
        raise InvalidInput(
            f"the value of header {name} is empty or contains a line break, a control character "
            "or a non-ASCII character",
            hint="use printable ASCII characters",
        )
    return name, value


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Return the known name that is nearest to `name`, None where none is near."""
    from difflib import get_close_matches

    return next(iter(get_close_matches(name, known, n=1)), None)


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Make a hint: the nearest known name, and all of them unless there are many."""
    names = sorted(known)
    near = nearest(name, names)
    guess = f"did you mean {near}? " if near else ""
    more = f", … ({len(names)} in all)" if len(names) > _MAX_NAMES else ""
    return f"{guess}known: {', '.join(names[:_MAX_NAMES])}{more}" if names else "there is none yet"

"""Rules for single values: titles, phone numbers, headers, and the nearest right name.

Each function returns the value it was passed, or its normal form, or raises InvalidInput.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from unicodedata import category

from wacb.errors import InvalidInput, join_prose

_TITLE = re.compile(r"[A-Za-z0-9 _-]{3,}")
_LIKE_AN_ID = r"[A-Za-z]+_[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
_MISREAD = (
    (
        r"\A\(?(?:\+|00)? *[0-9]{1,3}\)?[ .-]*\( *0|[0-9][^0-9]*\( *0 *\)",
        "(0) after the country code",
    ),
    (r"[0-9][eE][+-]?[0-9]+\Z", "it has an exponent, like numbers in a spreadsheet"),
    (
        r"\A(\+?[0-9]+\.(0+|[0-9]{1,2})|[^.]*[0-9]\.0{1,2})\Z",
        "it has a decimal part, like numbers in a spreadsheet",
    ),
)
PHONE_HINT = "use + and the country code, like +919812345678"
NO_COUNTRY_CODE = "no + before the country code"
_TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_MAX_NAMES = 20  # that a hint lists


def looks_like_id(reference: str) -> bool:
    """Say whether a reference has the form of a profile ID (api.md §4)."""
    return re.fullmatch(_LIKE_AN_ID, reference) is not None


def check_title(title: str) -> str:
    """Return `title` if the API accepts it (api.md §4), else raise InvalidInput.

    One that looks like an ID is refused, too: no command could find the profile by it.
    """
    if looks_like_id(title):
        raise InvalidInput(
            f"{title!r} is the ID of a profile, and a title is needed", hint="choose another title"
        )
    if title != title.strip(" "):  # the API may cut them off, and the title is not found again
        raise InvalidInput(
            f"the title {title!r} begins or ends with a space", hint="leave the space out"
        )
    if _TITLE.fullmatch(title):
        return title
    raise InvalidInput(
        f"{title!r} is not a valid title",
        hint="use at least 3 characters of A-Z a-z 0-9, space, hyphen and underscore",
    )


def is_masked(value: str) -> bool:
    """Whether a value has stars or dots in place of a secret, as an API shows it."""
    return any(mask in value for mask in ("***", "•••"))


def fold_title(title: str) -> str:
    """Return a title for a comparison that ignores case and the length of its gaps."""
    return " ".join(title.split()).casefold()


class InvalidPhone(InvalidInput):
    """A text that is not a phone number; `problem` says why, and never repeats the text."""

    def __init__(
        self, text: str, problem: str, *, hint: str = PHONE_HINT, suggestion: str | None = None
    ) -> None:
        message = f"{text!r} is not a valid phone number: {problem}"
        super().__init__(message, hint=suggestion or hint)
        self.problem = join_prose("; ", filter(None, (problem, suggestion)))


def read_phone(text: str) -> str:
    """Return a phone number as E.164, or as digits alone where no + or 00 marks its country code.

    Separators and invisible characters are dropped. Raises InvalidPhone for anything else that is
    not a digit, since dropping it might make another number.
    """
    plain = "".join(map(_plain, text)).strip(" ")
    for pattern, problem in _MISREAD:
        if re.search(pattern, plain):
            raise InvalidPhone(text, problem)
    if plain[:1] in ("-", ".", ")"):
        raise InvalidPhone(text, f"unexpected character {plain[0]!r} at the start")
    compact = re.sub(r"[ \-.()]", "", plain)
    compact = "+" + compact[2:] if compact.startswith("00") else compact
    digits = compact.removeprefix("+")
    if other := re.search("[^0-9]", digits):
        raise InvalidPhone(text, f"unexpected character {name_character(other[0])}")
    if compact.startswith("+0"):
        raise InvalidPhone(text, "a country code never begins with 0")
    if not 7 <= len(digits) <= 15:
        plural = "" if len(digits) == 1 else "s"
        raise InvalidPhone(text, f"it has {len(digits)} digit{plural}, not 7 to 15")
    return compact


def parse_number(text: str) -> str:
    """Convert a phone number to E.164 (`+919812345678`).

    Raises InvalidPhone as read_phone does, and where no + or 00 marks the country code.
    """
    number = read_phone(text)
    if number.startswith("+"):
        return number
    hint = PHONE_HINT if number[0] == "0" else f"use +{number} if it begins with the country code"
    raise InvalidPhone(text, NO_COUNTRY_CODE, hint=hint)


def nearly(number: str) -> Iterator[str]:
    """Yield the variants of an E.164 number with one digit changed, added, removed or swapped."""
    for place in range(2, len(number) + 1):
        before, after = number[:place], number[place:]
        yield before[:-1] + after
        yield before[:-1] + after[:1] + before[-1] + after[1:]
        for digit in "0123456789":
            yield before[:-1] + digit + after
            yield before + digit + after


def _plain(char: str) -> str:
    """Return the separator of a keyboard for a typographic one, nothing for an invisible one."""
    kind = category(char)
    if kind == "Cf":
        return ""
    if kind == "Zs" or char == "\t":
        return " "
    return "-" if kind == "Pd" or char == "\u2212" else char


def name_character(char: str) -> str:
    """Name a character so that it is recognized even if it is invisible or looks like another."""
    if char.isascii() and char.isprintable():
        return repr(char)
    return f"U+{ord(char):04X}" + (f" ({char})" if char.isprintable() else "")


def parse_header(text: str) -> tuple[str, str]:
    """Split `Name: value`. Raises InvalidInput, and never repeats the text: it may be a secret."""
    name, colon, value = text.partition(":")
    if not colon:
        # The text is not repeated, here and for a bad name: a secret may stand in it.
        raise InvalidInput("the header has no colon", hint="write it as 'Name: value'")
    return check_header(name.strip(" "), value.strip(" "))


def check_header(name: str, value: str) -> tuple[str, str]:
    """Return a header that is valid in HTTP, else raise InvalidInput. Never repeats the value."""
    if not re.fullmatch(_TOKEN, name):
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
    """Return the known name that is nearest to `name`, None if none is near."""
    return next(iter(get_close_matches(name, known, n=1)), None)


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Make a hint: the nearest known name, and all of them unless there are many."""
    names = sorted(known)
    if not names:
        return "none exists yet"
    near = nearest(name, names)
    guess = f"did you mean {near}? " if near else ""
    more = f", … ({len(names)} in all)" if len(names) > _MAX_NAMES else ""
    return f"{guess}choose from: {', '.join(names[:_MAX_NAMES])}{more}"

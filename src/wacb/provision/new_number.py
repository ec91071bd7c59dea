"""What the user gives of a new number, checked before anything is asked of the API."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from wacb.errors import InvalidInput
from wacb.provision import attach, find

if TYPE_CHECKING:  # the client loads the HTTP library, which an offline dry run does without
    from wacb.provision.lookup import Look


def check_name(text: str) -> str:
    """Return a display name without the blanks around it, or raise InvalidInput."""
    name = text.strip()
    # not str.isprintable: the names of some languages need the joiners that it refuses
    if not name or re.search(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]", name):
        raise InvalidInput(
            f"{text!r} is no display name", hint="give some text without control characters"
        )
    return name


def check_country_code(text: str, number: str) -> str:
    """Return a country code if it fits the number (E.164), or raise InvalidInput."""
    # assumed: a calling code or two letters; it is sent as it was written, since no page says how
    code = text.strip().upper()
    if not re.fullmatch(r"\+?[1-9][0-9]{0,2}|[A-Z]{2}", code):
        raise InvalidInput(
            f"{text!r} is no country code", hint="give the calling code, like 91, or two letters"
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
            "the code may only hold letters and digits", hint="give it as the number received it"
        )
    return code


def find_profile(look: Look | None, reference: str) -> str:
    """Return the ID of a profile that may be attached later.

    `look` is None in a dry run without credentials. Raises NotFound, Ambiguous and Refused as
    prepare_attach does, InvalidInput for what is no ID where nothing can be looked up.
    """
    if not reference:
        raise InvalidInput("--profile is empty", hint="give an ID or a title, or leave it out")
    if look is None:
        find.require_id(reference)
        return reference
    profile = look.profile(reference)
    attach.check_profile(profile, allow_missing=False)
    return profile.id

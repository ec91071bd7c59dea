"""The behavior of the emulated API: the possible values of each assumption."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol

from wacb.errors import InvalidInput

WITH_TOTAL = " with total"
_SHAPES = ("data", "rows", "list", "items", "data.rows", "results")


class Contract(NamedTuple):
    """A value for each assumption, named by its ID; the defaults are what wacb assumes.

    `attach_path` is a pattern of the router. `one.other` names a member of an object.
    """

    refused_key: int = 401
    missing_profile_code: str = "RBC302"
    profile_listing: str = f"profiles{WITH_TOTAL}"
    page_cap: int = 100
    offset_counts: str = "rows"
    short_page_is_last: bool = True
    lean_rows: str = "complete"
    title_filter: str = "substring"
    listed_within: float = 0
    profile_details: str = "object"
    profile_status: str = "number"
    json_strings: str = "text"
    headers_shown: bool = True
    created_id: str = "profile_id"
    titles_repeat: bool = True
    update_fields: str = "updated"
    clear_value: str = "cleared"
    number_listing: str = "array"
    number_members: str = "phone_number, name"
    number_profile_member: str = "callback_profile_id"
    number_status: str = "approved"
    number_details: str = "object"
    attach_field: str = "callback_profile_id"
    attach_path: str = "/v2/{sid}/whatsapp/{waba_id}/number/update"
    attach_method: str = "PUT"
    v1_attach: bool = True
    detach_value: str = ""


AS_ASSUMED = Contract()


class Known(Protocol):
    """The known values of an assumption; `str` lists them."""

    def allows(self, value: Any) -> bool: ...


class OneOf:
    """One of these values, with its type."""

    def __init__(self, *values: object) -> None:
        self.values = values

    def __str__(self) -> str:
        return ", ".join(map(_as_toml, self.values))

    def allows(self, value: Any) -> bool:
        return (type(value), value) in [(type(each), each) for each in self.values]


class Text:
    """Text that matches a pattern."""

    def __init__(self, pattern: str, words: str) -> None:
        self._pattern = pattern
        self._words = words

    def __str__(self) -> str:
        return self._words

    def allows(self, value: Any) -> bool:
        return isinstance(value, str) and re.fullmatch(self._pattern, value, re.A) is not None


class Between:
    """A number of this type between two others."""

    def __init__(self, least: float, most: float, *, kinds: tuple[type, ...]) -> None:
        self._least = least
        self._most = most
        self._kinds = kinds

    def __str__(self) -> str:
        return f"{self._least} to {self._most}"

    def allows(self, value: Any) -> bool:
        return type(value) in self._kinds and self._least <= value <= self._most


_YES_NO = OneOf(True, False)
KNOWN: Mapping[str, Known] = {
    "refused_key": OneOf(401, 403),
    "missing_profile_code": OneOf("RBC302", "RBC404"),
    "profile_listing": OneOf(
        *("array", "profiles", *_SHAPES),
        *(f"{name}{WITH_TOTAL}" for name in ("profiles", *_SHAPES)),
    ),
    "page_cap": Between(1, 1000, kinds=(int,)),
    "offset_counts": OneOf("rows", "pages"),
    "short_page_is_last": _YES_NO,
    "lean_rows": OneOf("complete", "lean", "bare", "incomplete details"),
    "title_filter": OneOf("exact", "substring", "any case", "ignored", "finds nothing"),
    "listed_within": Between(0, 86_400, kinds=(int, float)),
    "profile_details": OneOf("object", "array", "profile", "entry"),
    "profile_status": OneOf("number", "digits", "word", "capitals", "other word", "none"),
    "json_strings": OneOf("text", "json"),
    "headers_shown": _YES_NO,
    "created_id": OneOf("profile_id", "profileId", "id", "profile", "uuid", "none"),
    "titles_repeat": _YES_NO,
    "update_fields": OneOf("updated", "ignored", "refused"),
    "clear_value": OneOf("cleared", "kept", "refused"),
    "number_listing": OneOf("array", "numbers", "number", "phone_numbers", *_SHAPES),
    "number_members": OneOf(
        *("phone_number, name", "wa_number, name"),
        *("display_phone_number, verified_name", "msisdn, label"),
    ),
    "number_profile_member": Text(
        r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*", 'the name of a member, or "none" to hide the profile'
    ),
    "number_status": OneOf(
        *("approved", "active", "connected", "verified", "live", "APPROVED", "online")
    ),
    "number_details": OneOf("object", "array", "number", "with profile"),
    "attach_field": Text(r"[A-Za-z_]\w*", "the name of a field"),
    "attach_path": Text(
        r"/v[12]/\{sid\}/whatsapp(/\{waba_id\})?/[\w/-]+",
        "a path like /v1/{sid}/whatsapp/number or /v2/{sid}/whatsapp/{waba_id}/number/profile",
    ),
    "attach_method": OneOf("PUT", "POST", "PATCH"),
    "v1_attach": _YES_NO,
    "detach_value": OneOf("", "0", "null", "none"),
}


def read_contract(values: Mapping[str, Any]) -> Contract:
    """Check values by the IDs of assumptions. Raises InvalidInput, which lists the known ones."""
    for id, value in values.items():
        if id not in KNOWN:
            raise InvalidInput(
                f"{id!r} is not an assumption that the sandbox can change",
                hint=f"choose from: {', '.join(KNOWN)}",
            )
        if not KNOWN[id].allows(value):
            raise InvalidInput(
                f"{_as_toml(value)} is not a known value of {id}", hint=f"known values: {KNOWN[id]}"
            )
    return Contract(**values)


def _as_toml(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f'"{value}"' if isinstance(value, str) else str(value)

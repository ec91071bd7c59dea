"""Responses of the Kaleyra API, read leniently into models.

What is not understood is kept in the API's own words, and named in `unreadable`.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from wacb.api import values
from wacb.api.requests import Api
from wacb.errors import InvalidInput, Unavailable
from wacb.models import (
    UNKNOWN,
    AttachedId,
    CallbackProfile,
    Encryption,
    Method,
    Need,
    Number,
    Unknown,
    same_id,
)
from wacb.validation import is_masked, parse_number, read_phone

NO_SUCH_PROFILE = "RBC302"  # assumed: missing_profile_code (api.md §3)
# assumed: profile_status (api.md §4)
STATUSES = {1: "active", 2: "auto-disabled", 3: "disabled"}


def open_one(data: Any, *names: str) -> dict[str, Any]:
    """Find the object that one thing is described by, alone in an array or under a name.

    Empty where there is none, or more than one.
    """
    data = values.unwrap(data)
    if not isinstance(data, dict):
        return {}
    # assumed: profile_details, number_details; a wrapping has no ID of its own
    inner = None if row_id(data) else next((data[n] for n in names if data.get(n)), None)
    return data if inner is None else open_one(inner, *names)


def created_id(data: Any) -> str | None:
    """Find the new profile's ID in the response to a create, None if it has none."""
    # assumed: created_id (api.md §4)
    return row_id(open_one(data, *PROFILE_NAMES))


class ProfileRow(NamedTuple):
    """A listed profile: its ID and title, "" if it has none, and all that the API shows."""

    id: str
    title: str
    members: dict[str, Any]

    @property
    def status(self) -> str | None:
        """Its status as CallbackProfile has it, None if it is not shown."""
        return _status(self.members["status"]) if "status" in self.members else None

    def lacks(self, need: Need) -> frozenset[str]:
        """Return the members that are needed and not shown; they are in the profile's details.

        assumed: lean_rows (api.md §4). A row may show null or "" for a template that it leaves out.
        """
        needed, shown = _NEEDED[need], self.members
        has_no_body = shown.get("http_method") in ("GET", "DELETE")
        if has_no_body and (need is Need.TEMPLATE or "body" in shown):
            needed -= {"body"}
        empty = {name for name in ("url", "body") if shown.get(name) in (None, "")}
        return frozenset(needed - (shown.keys() - empty))

    def shows(self, need: Need) -> bool:
        """Return whether it shows what is needed."""
        return not self.lacks(need)


ID_NAMES = ("profile_id", "profileId", "id")


def profile_row(row: dict[str, Any]) -> ProfileRow:
    """Read a row of the listing of profiles."""
    return ProfileRow(row_id(row) or "", values.words(row.get("title")) or "", row)


def row_id(row: dict[str, Any]) -> str | None:
    """The ID of a listed profile."""
    return values.first(row, *ID_NAMES)


def read_profile(data: Any, profile_id: str) -> dict[str, Any]:
    """Find the details of one profile. Raises Unavailable if they are not this profile's."""
    row = open_one(data, *PROFILE_NAMES)
    found = row_id(row)
    if found is None:
        raise Unavailable(f"the response does not describe callback profile {profile_id}")
    if not same_id(found, profile_id):
        raise Unavailable(f"the response describes callback profile {found}, not {profile_id}")
    return row


def parse_profile(row: dict[str, Any]) -> CallbackProfile:
    """Map the API's JSON to a profile; members that are not understood are in `unreadable`."""
    method, url, body = (values.unwrap(row.get(name)) for name in ("http_method", "url", "body"))
    verb = (values.text(method) or "").strip().upper()
    headers, encryption = _headers(row.get("headers")), _encryption(row.get("enc"))
    is_understood = {
        "method": verb in Method.__members__,
        "url": isinstance(url, str) or values.is_empty(url),
        "body": isinstance(body, str | dict) or values.is_empty(body),
        "headers": headers is not None,
        "encryption": encryption is not UNKNOWN,
    }
    return CallbackProfile(
        id=row_id(row) or "",
        title=values.words(row.get("title")) or "",
        method=Method(verb) if verb in Method.__members__ else Method.POST if body else Method.GET,
        url=values.words(url) or "",
        body=values.words(body),
        headers=headers or {},
        status=_status(row.get("status")),
        channel=values.words(row.get("channel")),
        events=_events(row.get("events")),
        encryption=None if encryption is UNKNOWN else encryption,
        response_message=values.words(row.get("response_message")),
        created_at=values.words(row.get("created_at")),
        modified_at=values.words(row.get("modified_at")),
        shown_method=None if is_understood["method"] else values.words(method),
        unreadable=tuple(name for name, understood in is_understood.items() if not understood),
    )


def _status(value: Any) -> str:
    shown = values.words(value) or "unknown"
    word = re.sub(r"[\s_-]+", "-", shown.strip().lower())
    known = STATUSES.get(values.number(value) or 0)
    return known or (word if word in STATUSES.values() else shown)


def _headers(value: Any) -> dict[str, str] | None:
    """Read an object, or names and values in an array; None for anything else, and a name twice."""
    value = values.structure(value)
    if values.is_empty(value):
        return {}
    rows = [value] if isinstance(value, dict) else value
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        return None
    headers: dict[str, Any] = {}
    for row in rows:
        name = values.first(row, "key", "name") if "value" in row and len(row) == 2 else None
        given = row if name is None else {name: row["value"]}
        if given.keys() & headers.keys():
            return None
        headers |= given
    texts = {name: values.text(item) for name, item in headers.items()}
    if any(text is None and not values.is_empty(headers[name]) for name, text in texts.items()):
        return None
    return {name: text or "" for name, text in texts.items()}


def _events(value: Any) -> tuple[str, ...]:
    value = values.structure(value)
    items = value if isinstance(value, list) else [value]
    return tuple(event for item in items if (event := values.words(item)))


def _encryption(value: Any) -> Encryption | Unknown | None:
    """Read an encryption, None if there is none, UNKNOWN where it is not understood."""
    value = values.structure(value)
    if values.is_empty(value):
        return None
    if not isinstance(value, dict):
        return UNKNOWN
    algorithm, key, iv = (values.text(value.get(name)) for name in ("algo", "key", "IV"))
    if algorithm is None:
        return None if all(map(values.is_empty, value.values())) else UNKNOWN
    key, iv = (None if part and is_masked(part) else part for part in (key, iv))
    return Encryption(algorithm=algorithm, key=key or UNKNOWN, iv=iv or UNKNOWN)


# assumed: number_members, number_profile_member (api.md §5)
NUMBER_NAMES = ("phone_number", "wa_number", "display_phone_number")
_ATTACHED = ("callback_profile_id", "callbackProfileId", "callback_profile", "callbackProfile")


def parse_listed_number(row: dict[str, Any], api: Api) -> Number:
    """Map one row of the V2 listing to a number, "" if it shows none."""
    return Number(
        number=_shown_number(row),
        name=values.first(row, "name", "verified_name"),
        status=values.words(row.get("status")),
        waba_id=api.waba_id,
        callback_profile_id=_attached_id(row, api),
        api="v2",
    )


def parse_number_details(data: Any, number: str, api: Api) -> Number:
    """Map the response of the details route to a number; it never shows the profile.

    Raises Unavailable if it shows another number.
    """
    row = open_one(data, *NUMBER_DETAILS)
    shown = _shown_number(row)
    if shown and shown != number:
        raise Unavailable(f"the response describes number {shown}, not {number}")
    return Number(
        number=number,
        name=values.first(row, "verified_name", "name"),
        status=values.words(row.get("status")),
        waba_id=api.waba_id,
        api="v2" if api.waba_id else "v1",
    )


def _shown_number(row: dict[str, Any]) -> str:
    """Write a row's number as E.164; what isn't one stays as the API shows it, "" if none.

    assumed: number_members (api.md §5). In its national form, the country code stands beside it.
    """
    text = values.first(row, *NUMBER_NAMES) or ""
    try:
        number = read_phone(text)
        code = (values.text(row.get("country_code")) or "").strip().removeprefix("+")
        if code.isdecimal() and not number.startswith(("+", code)):
            number = code + number.lstrip("0")
        return parse_number("+" + number.removeprefix("+"))
    except InvalidInput:  # the user may know what it means
        return text


def _attached_id(row: dict[str, Any], api: Api) -> AttachedId:
    """Read which profile a number has, UNKNOWN where that is not shown or not understood."""
    chosen = api.number_profile_member
    names = (chosen,) if chosen else (api.attach_field, *_ATTACHED)
    row = flatten(row) if chosen else row
    shown = [values.unwrap(row[name]) for name in names if name in row]
    filled = [value for value in shown if not _is_none(value, api.detach_value)]
    if not filled:
        return None if shown else UNKNOWN
    value = row_id(filled[0]) if isinstance(filled[0], dict) else values.text(filled[0])
    return UNKNOWN if value is None else value.strip()


def flatten(row: dict[str, Any], path: str = "") -> dict[str, Any]:
    """Return the members of a row, and as `one.other` those of the objects in it."""
    flat: dict[str, Any] = {}
    for name, value in row.items():
        flat[path + name] = value = values.structure(value)
        if isinstance(value, dict):
            flat |= flatten(value, f"{path}{name}.")
    return flat


def _is_none(value: Any, detached: str) -> bool:
    if isinstance(value, dict):
        return all(map(values.is_empty, value.values()))
    return not value or (values.text(value) or "").strip().lower() in _NONE | {detached.lower()}


_NONE = frozenset(("", "0", "null", "none"))
PROFILE_LISTS = ("profiles", "callback_profiles")
NUMBER_LISTS = ("numbers", "number", "phone_numbers")
PROFILE_NAMES = ("profile", "callback_profile", "data", "details")
NUMBER_DETAILS = ("number", "data", "details")
_TEMPLATE = frozenset(("url", "body", "http_method", "status"))
DETAILS = _TEMPLATE | {"headers"}
_NEEDED = {
    Need.NOTHING: frozenset[str](),
    Need.STATUS: frozenset(("status",)),
    Need.TEMPLATE: _TEMPLATE,
    Need.ALL: DETAILS,
}

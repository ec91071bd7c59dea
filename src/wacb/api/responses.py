"""Responses of the Kaleyra API, read leniently into models. A guess is marked `assumed:`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from wacb.api.requests import Api
from wacb.errors import InvalidInput, Unavailable
from wacb.jsontext import compact_json, parse_or_none
from wacb.models import UNKNOWN, CallbackProfile, Encryption, Method, Number
from wacb.validation import parse_number, read_phone

NO_SUCH_PROFILE = "RBC302"  # api.md §3
STATUSES = {"1": "active", "2": "auto-disabled", "3": "disabled"}  # api.md §4


class Envelope(NamedTuple):
    """A response of the API, read leniently (api.md §3): `error` changes type between routes."""

    code: str | None
    message: str
    failed: bool
    data: Any


def parse_envelope(answer: Any) -> Envelope:
    """Read an answer's JSON.

    `failed` means an error inside a 2xx: a filled `error`, or a `status` of 400 and up.
    `message` joins the API's message and every `params`.
    """
    if not isinstance(answer, dict):
        return Envelope(code=None, message="", failed=False, data=answer)
    error, status = answer.get("error"), answer.get("status")
    words = [answer.get("message"), *_params(error)]
    return Envelope(
        code=str(answer["code"]) if answer.get("code") else None,
        message="; ".join(dict.fromkeys(str(word) for word in words if word)),
        failed=bool(error) or (isinstance(status, int) and status >= 400),
        data=answer.get("data", answer),
    )


def _params(error: Any) -> Iterator[str]:
    if isinstance(error, list):
        for item in error:
            yield from _params(item)
    elif isinstance(error, dict):
        for value in error.values():
            yield from _params(value)
    elif isinstance(error, str):
        yield error


def created_id(data: Any) -> str | None:
    """Find the new profile's ID in the response to a create, None where it has none."""
    # assumed: the response to a create is not documented (api.md §4)
    return row_id(data) if isinstance(data, dict) else None


class ProfileRow(NamedTuple):
    """A listed profile: its ID and title, "" where it has none, and all that the API shows."""

    id: str
    title: str
    members: dict[str, Any]

    @property
    def partial(self) -> bool:
        """Whether it lacks what its details would show (api.md §4)."""
        return not {"url", "body", "headers", "http_method", "status"} <= self.members.keys()


class Page(NamedTuple):
    """A page of profiles, and the total number of profiles where the API shows it."""

    rows: list[ProfileRow]
    total: int | None


def profile_page(data: Any) -> Page:
    """Read one page of profiles. Raises Unavailable for anything else."""
    rows = _rows(data, "profiles", "data", "rows", "list", "items")
    total = _total(data, len(rows)) if isinstance(data, dict) else None
    return Page(
        rows=[ProfileRow(row_id(row) or "", str(row.get("title") or ""), row) for row in rows],
        total=total,
    )


def number_rows(data: Any) -> list[dict[str, Any]]:
    """Find the rows in the listing of numbers. Raises Unavailable for anything else."""
    return _rows(data, "numbers", "number", "phone_numbers", "data", "rows", "list", "items")


def _rows(data: Any, *names: str) -> list[dict[str, Any]]:
    """Find the rows of a listing: an array, or an object with one under any of `names`."""
    # assumed: the shape of a listing is not documented (api.md §4)
    if isinstance(data, dict):
        data = next((data[name] for name in names if isinstance(data.get(name), list)), None)
    if not isinstance(data, list) or not all(isinstance(row, dict) for row in data):
        raise Unavailable("the response contains no list")
    return data


def _total(page: Mapping[str, Any], rows: int) -> int | None:
    """Find the total number of rows; a `count` equal to the page's rows proves nothing."""
    total, count = (page[n] if type(page.get(n)) is int else None for n in ("total", "count"))
    return count if total is None and count != rows else total


def row_id(row: Mapping[str, Any]) -> str | None:
    """The ID of a listed profile."""
    return _first(row, "profile_id", "profileId", "id")


def parse_profile(row: Any) -> CallbackProfile:
    """Map the API's JSON to a profile. Raises Unavailable where it names no ID or method."""
    identity = row_id(row) if isinstance(row, dict) else None
    method = str(row.get("http_method", "")).upper() if identity else ""
    if not identity or method not in Method.__members__:
        raise Unavailable("the response does not describe a callback profile")
    headers, events = parse_or_none(row.get("headers")), parse_or_none(row.get("events"))
    return CallbackProfile(
        id=identity,
        title=str(row.get("title") or ""),
        method=Method(method),
        url=str(row.get("url") or ""),
        body=_body_text(row.get("body")),
        headers={str(k): str(v) for k, v in headers.items()} if isinstance(headers, dict) else {},
        status=STATUSES.get(str(row.get("status")), str(row.get("status") or "unknown")),
        channel=row.get("channel"),
        events=tuple(str(event) for event in events) if isinstance(events, list) else (),
        encryption=_encryption(row.get("enc")),
        response_message=row.get("response_message"),
        created_at=row.get("created_at"),
        modified_at=row.get("modified_at"),
    )


def parse_listed_number(row: Mapping[str, Any], api: Api) -> Number:
    """Map one row of the V2 listing to a number."""
    # assumed: the names of a row's members (api.md §5)
    shown = next((k for k in (api.attach_field, "callback_profile_id") if k in row), None)
    profile = UNKNOWN if shown is None else str(row[shown] or "") or None
    return Number(
        number=_e164(_first(row, "phone_number", "wa_number", "display_phone_number") or ""),
        name=_first(row, "name", "verified_name"),
        status=_first(row, "status"),
        waba_id=api.waba_id,
        callback_profile_id=None if profile == api.detach_value else profile,
        api="v2",
    )


def parse_number_details(data: Any, number: str, api: Api) -> Number:
    """Map the response of the details route to a number; it never shows the profile."""
    row = data[0] if isinstance(data, list) and data else data
    row = row if isinstance(row, dict) else {}
    return Number(
        number=number,
        name=_first(row, "verified_name", "name"),
        status=_first(row, "status"),
        waba_id=api.waba_id,
        api="v2" if api.waba_id else "v1",
    )


def _e164(text: str) -> str:
    try:
        return parse_number("+" + read_phone(text).removeprefix("+"))
    except InvalidInput:  # shown as received: the user may know what it means
        return text


def _first(row: Mapping[str, Any], *names: str) -> str | None:
    value = next((row[name] for name in names if row.get(name) not in (None, "")), None)
    return None if value is None else str(value)


def _encryption(value: Any) -> Encryption | None:
    if not isinstance(value, dict) or not value.get("algo"):
        return None
    key, iv = (value[n] if isinstance(value.get(n), str) else UNKNOWN for n in ("key", "IV"))
    return Encryption(algorithm=str(value["algo"]), key=key, iv=iv)


def _body_text(value: Any) -> str | None:
    return value if isinstance(value, str) or value is None else compact_json(value)

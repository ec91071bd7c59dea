"""The endpoints of callback profiles (api.md §4): create, list, get, update, delete."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from wacb.sandbox import fields
from wacb.sandbox.routing import Call, Refusal, Route
from wacb.sandbox.store import Row, Store

_BASE = "/v1/{sid}/callback/profiles"
_DEFAULT_LIMIT = 25
_MOST = 100  # assumed: page_cap
_COUNT = re.compile(r"[0-9]{1,9}")
_PATCHABLE: Mapping[str, fields.Rule] = {
    "title": fields.title,
    "http_method": fields.one_of("GET", "POST", "PUT", "DELETE"),
    "url": fields.url,
    "body": fields.object_text,
    "response_message": fields.text,
    "headers": fields.headers_text,
    "enc": fields.encryption,
    "events": fields.words_text,
}
_CREATABLE = {**_PATCHABLE, "channel": fields.text}
# assumed: clear_value; an empty string restores what a field had that was not set
_UNSET: Mapping[str, Any] = {
    "body": None,
    "response_message": None,
    "headers": "{}",
    "events": "[]",
}


@dataclass(frozen=True, slots=True)
class Profiles:
    """The profile endpoints of one store.

    `clock` returns Unix seconds, `new_id` profile IDs, `listing_delay` for how many seconds a
    profile created now is not listed.
    """

    store: Store
    clock: Callable[[], float]
    new_id: Callable[[], str]
    listing_delay: Callable[[], float]

    def routes(self) -> tuple[Route, ...]:
        """List the endpoints."""
        page = frozenset(("limit", "offset", "title"))
        return (
            Route("POST", _BASE, self.create),
            Route("GET", _BASE, self.list, page),
            Route("GET", _BASE + "/{id}", self.get),
            Route("PATCH", _BASE + "/{id}", self.update),
            Route("DELETE", _BASE + "/{id}", self.delete),
        )

    def create(self, call: Call) -> Row:
        """Add a profile; titles may repeat."""
        fields.check(call.fields, _CREATABLE, "title", "http_method", "url")
        given = {"enc": None, "channel": None, **_UNSET, **call.fields}
        row = {
            "profile_id": self.new_id(),
            **given,
            "body_type": None,
            "status": 1,
            "created_at": self._now(),
            "modified_at": None,
            "dynamic_variables": None,
            "replacers": {},
        }
        self._add(_check_body_fits_method(row))
        return {"profile_id": row["profile_id"]}

    def list(self, call: Call) -> Row:
        """Return one page of complete profiles."""
        limit = _read_count(call.query, "limit", _DEFAULT_LIMIT)
        offset = _read_count(call.query, "offset", 0)
        if not limit:
            raise Refusal(400, "limit must be at least 1")
        rows, total = self.store.profiles(
            title=call.query.get("title", ""),
            limit=min(limit, _MOST),
            offset=offset,
            now=self.clock(),
        )
        return {"profiles": rows, "total": total}

    def get(self, call: Call) -> Row:
        """Return one profile, with its encryption key in clear text."""
        return self._existing(call)

    def update(self, call: Call) -> Row:
        """Change the fields that are sent."""
        cleared = {
            name: _UNSET[name]
            for name, value in call.fields.items()
            if value == "" and name in _UNSET
        }
        changes = {name: value for name, value in call.fields.items() if name not in cleared}
        fields.check(changes, _PATCHABLE)
        if not call.fields:
            raise Refusal(400, "There is nothing to change")
        with self.store.transaction():
            row = {**self._existing(call), **changes, **cleared, "modified_at": self._now()}
            self.store.save_profile(_check_body_fits_method(row))
        return {"profile_id": row["profile_id"]}

    def delete(self, call: Call) -> Row:
        """Delete a profile, even if a number uses it."""
        if not self.store.delete_profile(call.params["id"]):
            raise _no_such_profile()
        return {"profileId": call.params["id"]}

    def _add(self, row: Row) -> None:
        delay = self.listing_delay()
        with self.store.transaction():
            self.store.add_profile(row)
            if delay:
                self.store.hide_profile(row["profile_id"], until=self.clock() + delay)

    def _existing(self, call: Call) -> Row:
        row = self.store.profile(call.params["id"])
        if row is None:
            raise _no_such_profile()
        return row

    def _now(self) -> str:
        moment = datetime.fromtimestamp(self.clock(), UTC)
        return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _check_body_fits_method(row: Row) -> Row:
    """Return the row if its body fits its method: only POST and PUT have one.

    assumed: left_over_body; `{}` means no body.
    """
    if row["http_method"] in ("POST", "PUT"):
        if row["body"] is None:
            raise Refusal(400, "Validation failed", params=["body is required for POST and PUT"])
        return row
    if row["body"] not in (None, "{}"):
        raise Refusal(400, "Validation failed", params=["body is not allowed for GET and DELETE"])
    return {**row, "body": None}


def _read_count(query: Mapping[str, str], name: str, default: int) -> int:
    text = query.get(name, str(default))
    if not _COUNT.fullmatch(text):
        raise Refusal(400, "Validation failed", params=[f"{name} must be a number"])
    return int(text)


def _no_such_profile() -> Refusal:
    return Refusal(404, "The profile does not exist", code="RBC302")

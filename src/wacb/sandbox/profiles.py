"""The endpoints of callback profiles (api.md §4): create, list, get, update, delete."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from wacb.sandbox import fields, shapes
from wacb.sandbox.contract import Contract
from wacb.sandbox.routing import Call, Refusal, Route
from wacb.sandbox.store import Row, Store

_BASE = "/v1/{sid}/callback/profiles"
_DEFAULT_LIMIT = 25
_SHORT_PAGE = 20  # rows of a first page that is not the last one
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
_RARE = ("headers", "enc", "events")
_CREATABLE = {**_PATCHABLE, "channel": fields.text}
# assumed: clear_value; an empty string resets a field to its default
_UNSET: Mapping[str, Any] = {
    "body": None,
    "response_message": None,
    "headers": "{}",
    "events": "[]",
}


@dataclass(frozen=True, slots=True)
class Profiles:
    """The profile endpoints of one store, as `contract` has them.

    `clock` returns Unix seconds, `new_id` profile IDs, `listing_delay` for how many seconds a
    profile created now is not listed.
    """

    store: Store
    contract: Contract
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
        """Add a profile."""
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
        return shapes.show_created(row["profile_id"], self.contract)

    def list(self, call: Call) -> Any:
        """Return one page of profiles."""
        limit = _read_count(call.query, "limit", _DEFAULT_LIMIT)
        offset = _read_count(call.query, "offset", 0)
        if not limit:
            raise Refusal(400, "limit must be at least 1")
        start, length = self._place(min(limit, self.contract.page_cap), offset)
        rows, total = self.store.profiles(
            title=call.query.get("title", ""),
            limit=length,
            offset=start,
            now=self.clock(),
            title_filter=self.contract.title_filter,
        )
        shown = [shapes.show_listed_profile(row, self.contract) for row in rows]
        return shapes.show_list(self.contract.profile_listing, shown, total)

    def _place(self, limit: int, offset: int) -> tuple[int, int]:
        """Return where a page starts and how many rows it has at most."""
        first = limit if self.contract.short_page_is_last else min(limit, _SHORT_PAGE)
        if self.contract.offset_counts == "pages":
            offset = offset and first + (offset - 1) * limit
        return offset, limit if offset else first

    def get(self, call: Call) -> Any:
        """Return one profile, with its encryption key in clear text."""
        shown = shapes.show_profile(self._existing(call), self.contract)
        return shapes.show_one(self.contract.profile_details, shown)

    def update(self, call: Call) -> Row:
        """Change the fields that are sent."""
        cleared = {
            name: _UNSET[name]
            for name, value in call.fields.items()
            if value == "" and name in _UNSET
        }
        if cleared and self.contract.clear_value == "refused":
            params = [f"{name} must not be empty" for name in cleared]
            raise Refusal(400, "Validation failed", params=params)
        changes = {name: value for name, value in call.fields.items() if name not in cleared}
        fields.check(changes, self._patchable())
        if not call.fields:
            raise Refusal(400, "There is nothing to change")
        if self.contract.clear_value == "kept":
            cleared = {}
        if self.contract.update_fields == "ignored":
            changes = {name: value for name, value in changes.items() if name not in _RARE}
        with self.store.transaction():
            row = {**self._existing(call), **changes, **cleared, "modified_at": self._now()}
            self._check_title(row)
            self.store.save_profile(_check_body_fits_method(row))
        return {"profile_id": row["profile_id"]}

    def delete(self, call: Call) -> Row:
        """Delete a profile, even if a number uses it."""
        if not self.store.delete_profile(call.params["id"]):
            raise self._no_such_profile()
        return {"profileId": call.params["id"]}

    def _patchable(self) -> Mapping[str, fields.Rule]:
        refused = _RARE if self.contract.update_fields == "refused" else ()
        return {name: rule for name, rule in _PATCHABLE.items() if name not in refused}

    def _check_title(self, row: Row) -> None:
        if self.contract.titles_repeat:
            return
        if self.store.has_title(row["title"], besides=row["profile_id"]):
            raise Refusal(409, "The title is already in use", params=["title is already in use"])

    def _add(self, row: Row) -> None:
        delay = self.listing_delay()
        with self.store.transaction():
            self._check_title(row)
            self.store.add_profile(row)
            if delay:
                self.store.hide_profile(row["profile_id"], until=self.clock() + delay)

    def _existing(self, call: Call) -> Row:
        row = self.store.profile(call.params["id"])
        if row is None:
            raise self._no_such_profile()
        return row

    def _no_such_profile(self) -> Refusal:
        code = self.contract.missing_profile_code
        return Refusal(404, "The profile does not exist", code=code)

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

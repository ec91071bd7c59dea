"""The endpoints of WhatsApp numbers, V1 and V2 (api.md §5): list, details, update, add, verify."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import partial
from typing import Any

from wacb.sandbox import fields, shapes
from wacb.sandbox.account import APPROVED, OTP, PENDING, WABA_ID
from wacb.sandbox.contract import Contract
from wacb.sandbox.routing import Call, Refusal, Route
from wacb.sandbox.store import Row, Store, number_row

_V1 = "/v1/{sid}/whatsapp"
_V2 = "/v2/{sid}/whatsapp"
_WABA = _V2 + "/{waba_id}/number"
_DESCRIBES: Mapping[str, fields.Rule] = {
    "incoming_url": fields.url_or_nothing,
    "display_image": fields.text,
    "address": fields.text,
    "business_description": fields.text,
    "business_category": fields.text,
    "contact_email": fields.text,
    "website": fields.text,
    "about": fields.text,
}
_ADD_V1 = {"wa_number": fields.number, "display_name": fields.nonempty_text, **_DESCRIBES}
_ADD_V2: Mapping[str, fields.Rule] = {
    "phone_number": fields.number,
    "name": fields.nonempty_text,
    # assumed: registration_values
    "verification_type": fields.one_of("sms", "voice", "SMS", "VOICE"),
    "country_code": fields.country,
}
_RETRY = {"id": fields.nonempty_text, "phone_number": fields.number}
_VERIFY = {**_RETRY, "otp": fields.nonempty_text}
_PLUS_AND_DIGITS = re.compile(r"\+?([0-9]+)")


class Numbers:
    """The number endpoints of one store, as a contract has them."""

    def __init__(self, store: Store, contract: Contract) -> None:
        self._store = store
        self._contract = contract

    def routes(self) -> tuple[Route, ...]:
        """List the endpoints."""
        return (
            Route("GET", _WABA, self.list),
            Route("POST", _WABA + "/add", self.add_v2),
            Route("POST", _WABA + "/verify", self.verify),
            Route("POST", _WABA + "/retry_otp", self.retry_otp),
            Route("GET", _V2 + "/{number}/phone_number_details", self.details),
            Route("GET", _V1 + "/{number}/phone_number_details", self.details),
            *self._updates(),
            Route("POST", _V1 + "/number", self.add_v1),
        )

    def _updates(self) -> list[Route]:
        """List the documented updates, and the one that sets the profile if it is another."""
        contract = self._contract
        profile = {contract.attach_field: fields.text}
        rules: dict[tuple[str, str], Mapping[str, fields.Rule]] = {
            ("PUT", _WABA + "/update"): {},
            ("PUT", _V1 + "/number"): {
                **_DESCRIBES,
                **(profile if contract.v1_attach else {}),
            },
        }
        attach = (contract.attach_method, contract.attach_path)
        rules[attach] = {**rules.get(attach, {}), **profile}
        return [
            Route(method, path, partial(self.update, path, change))
            for (method, path), change in rules.items()
        ]

    def list(self, call: Call) -> Any:
        """Return the numbers of the account's WABA."""
        _check_waba(call)
        rows = [shapes.show_number(row, self._contract) for row in self._store.numbers()]
        return shapes.show_list(self._contract.number_listing, rows, len(rows))

    def details(self, call: Call) -> Any:
        """Return the details of one number."""
        digits = _PLUS_AND_DIGITS.fullmatch(call.params["number"])
        row = self._existing(f"+{digits[1]}" if digits else "")
        return shapes.show_number_details(row, self._contract)

    def update(self, path: str, rules: Mapping[str, fields.Rule], call: Call) -> Row:
        """Set fields of an approved number."""
        key = "wa_number" if path.startswith("/v1/") else "phone_number"
        fields.check_change(call.fields, {key: fields.number, **rules}, key)
        _check_waba(call)
        changes = {name: value for name, value in call.fields.items() if name != key}
        self._update(call.fields[key], changes)
        return {key: call.fields[key]}

    def add_v1(self, call: Call) -> Row:
        """Register a number, pending until it is verified."""
        fields.check(call.fields, _ADD_V1, "wa_number", "display_name")
        described = {name: call.fields[name] for name in _DESCRIBES if name in call.fields}
        row = self._add(call.fields["wa_number"], call.fields["display_name"], described)
        return {"id": row["id"], "wa_number": row["phone_number"], "status": row["status"]}

    def add_v2(self, call: Call) -> Row:
        """Register a number, pending until it is verified."""
        fields.check(call.fields, _ADD_V2, *_ADD_V2)
        _check_waba(call)
        row = self._add(call.fields["phone_number"], call.fields["name"], {})
        return {name: row[name] for name in ("id", "phone_number", "status")}

    def verify(self, call: Call) -> Row:
        """Approve a pending number if the code is right."""
        fields.check(call.fields, _VERIFY, *_VERIFY)
        _check_waba(call)
        with self._store.transaction():
            row = self._pending(call)
            if call.fields["otp"] != OTP:
                raise Refusal(400, "The code is wrong", params=["otp is wrong"])
            row = {**row, "status": APPROVED}
            self._store.save_number(row)
        return {name: row[name] for name in ("id", "phone_number", "status")}

    def retry_otp(self, call: Call) -> Row:
        """Send the code of a pending number again."""
        fields.check(call.fields, _RETRY, *_RETRY)
        _check_waba(call)
        row = self._pending(call)
        return {name: row[name] for name in ("id", "phone_number", "status")}

    def _existing(self, number: str) -> Row:
        row = self._store.number(number)
        if row is None:
            raise Refusal(404, "The number does not exist")
        return row

    def _pending(self, call: Call) -> Row:
        row = self._existing(call.fields["phone_number"])
        if row["id"] != call.fields["id"]:
            raise Refusal(400, "Validation failed", params=["id does not match the number"])
        if row["status"] != PENDING:
            raise Refusal(400, "The number is not waiting for a code")
        return row

    def _add(self, number: str, name: str, described: Mapping[str, Any]) -> Row:
        with self._store.transaction():
            if self._store.number(number) is not None:
                raise Refusal(400, "The number is already registered")
            row = {**number_row(number, name=name, status=PENDING), **described}
            self._store.save_number(row)
        return row

    def _update(self, number: str, changes: Mapping[str, Any]) -> None:
        with self._store.transaction():
            row = self._existing(number)
            if row["status"] != APPROVED:
                raise Refusal(400, "Only an approved number can be edited")
            field = self._contract.attach_field
            if field in changes:
                profile = self._find_profile(changes[field])
                others = {name: value for name, value in changes.items() if name != field}
                changes = {**others, "callback_profile_id": profile}
            self._store.save_number({**row, **changes})

    def _find_profile(self, given: str) -> str:
        """Return the ID of an existing profile, "" for the value that detaches."""
        if given == self._contract.detach_value:
            return ""
        if self._store.profile(given) is None:
            params = [f"{self._contract.attach_field} is not a profile of this account"]
            raise Refusal(400, "Validation failed", params=params)
        return given


def _check_waba(call: Call) -> None:
    if call.params.get("waba_id", WABA_ID) != WABA_ID:
        raise Refusal(404, "The WhatsApp business account does not exist")

"""The emulator's state as a contract shows it: rows, lists and words."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from wacb.sandbox.account import APPROVED
from wacb.sandbox.contract import WITH_TOTAL, Contract
from wacb.sandbox.store import Row

_STATUSES: Mapping[str, Mapping[int, Any]] = {
    "number": {1: 1, 2: 2, 3: 3},
    "digits": {1: "1", 2: "2", 3: "3"},
    "word": {1: "active", 2: "auto-disabled", 3: "disabled"},
    "capitals": {1: "ACTIVE", 2: "AUTO_DISABLED", 3: "DISABLED"},
    "other word": {1: "running", 2: "suspended", 3: "stopped"},
    "none": {1: None, 2: None, 3: None},
}
_LEAN = {
    "lean": ("profile_id", "title", "http_method", "status", "channel", "created_at"),
    "bare": ("profile_id", "title"),
}


def show_list(shape: str, rows: Sequence[Row], total: int) -> Any:
    """Wrap the rows of a listing."""
    if shape == "array":
        return rows
    name = shape.removesuffix(WITH_TOTAL)
    return _nest(name, rows) | ({"total": total} if name != shape else {})


def show_one(shape: str, row: Row) -> Any:
    """Wrap the details of one thing."""
    return {"object": row, "array": [row]}.get(shape, {shape: row})


def _nest(path: str, value: Any) -> Row:
    """Put a value below the members of a path, `one.other`."""
    outer, _, inner = path.partition(".")
    return {outer: _nest(inner, value) if inner else value}


def show_profile(row: Row, contract: Contract) -> Row:
    """Show the details of a profile."""
    shown = {**row, "status": _STATUSES[contract.profile_status][row["status"]]}
    if contract.lean_rows == "incomplete details":
        del shown["url"]
    if not contract.headers_shown:
        names = json.loads(row["headers"])
        shown["headers"] = json.dumps(dict.fromkeys(names, "***"))
    if contract.json_strings == "json":
        for name in ("body", "headers", "events"):
            shown[name] = shown[name] and json.loads(shown[name])
    return shown


def show_listed_profile(row: Row, contract: Contract) -> Row:
    """Show a profile in a listing, where members may be missing."""
    shown = show_profile(row, contract)
    return {name: shown[name] for name in _LEAN.get(contract.lean_rows, shown)}


def show_created(profile_id: str, contract: Contract) -> Row:
    """Answer a create."""
    if contract.created_id == "none":
        return {}
    if contract.created_id == "profile":
        return {"profile": {"profile_id": profile_id}}
    return {contract.created_id: profile_id}


def show_number(row: Row, contract: Contract) -> Row:
    """Show a number in a listing."""
    number, name = contract.number_members.split(", ")
    shown = {number: row["phone_number"], name: row["name"], "status": number_status(row, contract)}
    if contract.number_profile_member == "none":
        return shown
    return shown | _nest(contract.number_profile_member, _profile(row, contract))


def show_number_details(row: Row, contract: Contract) -> Any:
    """Show the details of a number."""
    status = number_status(row, contract)
    shown = {
        "phone_number": row["phone_number"],
        "verified_name": row["name"],
        "status": status,
        "name_status": status,
        "quality_rating": "GREEN",
        "throughput": "STANDARD",
    }
    if contract.number_details == "with profile":
        return shown | {"callback_profile_id": _profile(row, contract)}
    return show_one(contract.number_details, shown)


def _profile(row: Row, contract: Contract) -> str:
    profile: str = row["callback_profile_id"]
    return profile or contract.detach_value


def number_status(row: Row, contract: Contract) -> str:
    """Return the status of a number in the words of the contract."""
    status: str = row["status"]
    if contract.number_status.isupper():
        return status.upper()
    return contract.number_status if status == APPROVED else status

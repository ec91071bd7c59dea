"""How numbers are shown: as listed, registered, changed, and changed before."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from wacb.cli.render import Column
from wacb.cli.views import View, error_json, members, record_json
from wacb.cli.views.profiles import count_words, summarize
from wacb.models import UNKNOWN, id_to_json, name_profile

if TYPE_CHECKING:
    from wacb.provision.number_change import NumberResult, Result
    from wacb.provision.numbers import NumberWithProfile


def _number_json(shown: NumberWithProfile) -> dict[str, Any]:
    names = ("number", "name", "status", "waba_id", "callback_profile_id", "api")
    values = {name: getattr(shown.number, name) for name in names}
    return values | {
        "callback_profile_id": id_to_json(shown.number.callback_profile_id),
        "profile": shown.profile and summarize(shown.profile),
        "last_change": shown.last_change and shown.last_change.as_json(),
    }


def _number_cells(value: Mapping[str, Any]) -> tuple[Any, ...]:
    names = ("number", "name", "status", "callback_profile_id", "api", "waba_id")
    profile = value["profile"]
    named = (profile["title"], profile["url"]) if profile else (None, None)
    count = count_words(profile["placeholders"]) if profile else None
    return (*(value[name] for name in names), *named, count)


def _number_row(shown: NumberWithProfile) -> tuple[Any, ...]:
    number, profile = shown.number, shown.profile
    start = (number.number, number.name, number.status)
    if profile is None:
        known = number.callback_profile_id
        return (*start, "not shown" if known is UNKNOWN else known, None)
    placeholders = summarize(profile)["placeholders"]
    incomplete = f" ({count_words(placeholders)})" if placeholders["missing"] else ""
    return (*start, profile.title + incomplete, profile.url)


def _change_words(change: Mapping[str, Any]) -> str:
    return f"{change['action']} at {change['time']} ({change['outcome']})"


def _profile_words(profile: Mapping[str, Any]) -> str:
    count = count_words(profile["placeholders"])
    named = name_profile(profile["id"], profile["title"])
    return f"{named}\n{profile['method']} {profile['url']}\n{count} placeholders"


NUMBER = View(
    as_json=_number_json,
    columns=(
        Column("NUMBER", keep=True),
        Column("NAME"),
        Column("STATUS", state=True),
        Column("PROFILE"),
        Column("ENDPOINT"),
    ),
    cells=_number_cells,
    table_cells=_number_row,
    id="number",
    none="no numbers in this WhatsApp business account",
    words={"profile": _profile_words, "last_change": _change_words},
    states=("status",),
)


def result_words(result: str | None, error_code: str | None) -> str:
    """Put the result of a change into one or two words."""
    unknown = {"interrupted": "not known", "outcome_unknown": "not known"}
    return result or {"not_tried": "not tried", **unknown}.get(error_code or "", "failed")


def status_words(result: Result[Any]) -> str:
    """Put a result into words."""
    return result_words(result.status, result.error.code if result.error else None)


def _change_cells(value: Mapping[str, Any]) -> tuple[Any, ...]:
    error = value.get("error") or {}
    shown = (value[name] for name in ("old", "new", "verified"))
    word = result_words(value["result"], error.get("code"))
    return (value["number"], word, *shown, error.get("message"))


def _result_json(result: NumberResult) -> dict[str, Any]:
    value: dict[str, Any] = {
        "number": result.change.number,
        "result": result.status,
        "old": id_to_json(result.change.old),
        "new": id_to_json(result.change.new),
        "verified": result.verified,
    }
    return value | ({"error": error_json(result.error)} if result.error else {})


def _change_headline(result: NumberResult) -> tuple[str, str]:
    change, status = result.change, result.status or ""
    old = change.replaced and name_profile(change.replaced, change.old_title)
    if change.incoming_url is not None:
        return status, f"Stored the incoming URL on number {change.number}"
    if not isinstance(change.new, str):
        had = f": it had {old}" if status == "detached" and old else ""
        done = "Detached the profile of" if status == "detached" else "No profile was attached to"
        return status, f"{done} number {change.number}{had}"
    new = name_profile(change.new, change.new_title)
    if status == "unchanged":
        return status, f"Number {change.number} already has profile {new}"
    replaced = f", instead of {old}" if old else ""
    return status, f"Attached profile {new} to number {change.number}{replaced}"


def _change_row(result: NumberResult) -> tuple[Any, ...]:
    change = result.change
    old, new = (
        title or id_to_json(profile_id)
        for title, profile_id in ((change.old_title, change.old), (change.new_title, change.new))
    )
    return (change.number, status_words(result), old, new, result.verified)


NUMBER_RESULT = View(
    as_json=_result_json,
    columns=(
        Column("NUMBER", keep=True),
        Column("RESULT", state=True),
        Column("OLD"),
        Column("NEW"),
        Column("VERIFIED", state=True),
    ),
    cells=_change_cells,
    id="number",
    table_cells=_change_row,
    states=("verified",),
    headline=_change_headline,
    told=("number", "result", "old", "new"),
)


REGISTRATION = View(
    as_json=record_json,
    columns=tuple(Column(title, keep=True) for title in ("NUMBER", "ID", "PROFILE")),
    cells=members("number", "id", "profile"),
    id="id",
)
HISTORY_ENTRY = View(
    as_json=lambda entry: entry.as_json(),
    columns=(
        Column("TIME", keep=True),
        Column("NUMBER", keep=True),
        Column("ACTION"),
        Column("OLD", keep=True),
        Column("NEW", keep=True),
        Column("OUTCOME", state=True),
    ),
    cells=members("time", "number", "action", "old", "new", "outcome"),
    id="number",
    none="no changes in the journal",
)

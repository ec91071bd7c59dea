"""Judge how profiles are listed and described."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from wacb.api import values
from wacb.api.envelope import is_api_code
from wacb.api.listing import find_path
from wacb.api.responses import (
    DETAILS,
    ID_NAMES,
    NO_SUCH_PROFILE,
    PROFILE_LISTS,
    PROFILE_NAMES,
    STATUSES,
    parse_profile,
    profile_row,
    read_profile,
)
from wacb.api.values import unwrap
from wacb.errors import Unavailable
from wacb.models import Need
from wacb.probe.look import Answer, Reading, Sheet
from wacb.probe.model import Finding, confirmed, not_seen, refuted
from wacb.probe.names import count_names, count_types, plural, type_name


def judge_profiles(reading: Reading) -> list[Finding]:
    """Judge the listing of profiles, its rows, and the details of some of them."""
    return [
        _judge_listing(reading),
        _judge_lean_rows(reading),
        _judge_filter(reading),
        _judge_details(reading),
        _judge_status(reading),
        _judge_json(reading),
        _judge_missing(reading.missing),
    ]


def describe_list(sheet: Sheet, names: tuple[str, ...]) -> str:
    """Return where the rows of a listing are, and what they are."""
    if sheet.answer.refusal:
        return describe_refusal(sheet.answer)
    path = find_path(sheet.answer.data, names)
    if path is None or sheet.page is None:
        return f"`data` is {type_name(sheet.answer.data)} without a known list"
    paging = [f"the total is {'given' if sheet.page.total is not None else 'not given'}"]
    paging += ["more are announced"] * sheet.page.more
    odd = [f"{plural(sheet.page.odd, 'row')} no objects"] * bool(sheet.page.odd)
    where = ".".join(filter(None, ("data", *path)))
    rows = plural(len(sheet.page.rows), "object")
    return "; ".join((f"`{where}` is a list of {rows}", *odd, *paging))


def describe_refusal(answer: Answer) -> str:
    """Name the status of a refusal and the API's code, but not its message."""
    refusal = answer.refusal
    if refusal is None:
        return "the request succeeded"
    code = refusal.api_code if is_api_code(refusal.api_code) else "none of the API"
    return f"status {refusal.status}, code {code}"


def _judge_listing(reading: Reading) -> Finding:
    id, first = "profile_listing", reading.pages[0]
    evidence = describe_list(first, PROFILE_LISTS)
    if first.page is None or first.page.odd:
        return refuted(id, evidence)
    if not first.rows:
        return not_seen(id, evidence)
    members = [row.members for row in first.rows]
    evidence += f"; IDs: {count_names(_first_named(members, ID_NAMES))}"
    return (refuted if "" in first.ids else confirmed)(id, evidence)


def _first_named(rows: Sequence[Mapping[str, Any]], names: Sequence[str]) -> list[str]:
    found = [[name for name in names if values.text(row.get(name))] for row in rows]
    return [each[0] for each in found if each]


def _judge_lean_rows(reading: Reading) -> Finding:
    id, lean = "lean_rows", [row for row in reading.rows if not row.shows(Need.ALL)]
    if not reading.rows:
        return not_seen(id, "there are no profiles")
    if not lean:
        return confirmed(id, f"all members are in {plural(len(reading.rows), 'row')}")
    lacking = [name for row in lean for name in sorted(row.lacks(Need.ALL))]
    evidence = f"missing in rows: {count_names(lacking)}"
    for row in lean:
        if row.id in reading.details:
            details = _open(reading.details[row.id], row.id)
            still = _NEEDED - row.members.keys() - details.keys()
            if still:
                return refuted(id, f"{evidence}; in the details too: {count_names(still)}")
    return confirmed(id, f"{evidence}; the details have them")


_NEEDED = DETAILS - {"status", "headers", "body"}  # what no profile can be without


def _open(answer: Answer, profile_id: str) -> dict[str, Any]:
    try:
        return read_profile(answer.data, profile_id)
    except Unavailable:
        return {}


def _judge_filter(reading: Reading) -> Finding:
    id = "title_filter"
    found = wanted = others = 0
    for title, sheet in reading.titled.items():
        exact = {row.id for row in reading.rows if row.title == title}
        wanted += len(exact)
        found += len(exact.intersection(sheet.ids))
        others += len(set(sheet.ids) - exact)
    if not wanted:
        return not_seen(id, "there are no titles")
    evidence = (
        f"of {plural(wanted, 'profile')} with {plural(len(reading.titled), 'title')}, it finds "
        f"{found}; others: {others}"
    )
    return (confirmed if found == wanted else refuted)(id, evidence)


def _judge_details(reading: Reading) -> Finding:
    id = "profile_details"
    if not reading.details:
        return not_seen(id, "there are no profiles")
    shapes, odd = [], 0
    for profile_id, answer in reading.details.items():
        shapes.append(describe_one(answer, PROFILE_NAMES))
        odd += not _open(answer, profile_id)
    evidence = "; ".join(dict.fromkeys(shapes))
    if odd:
        return refuted(id, f"{odd} of {len(shapes)} can't be read: {evidence}")
    return confirmed(id, evidence)


def describe_one(answer: Answer, names: Sequence[str]) -> str:
    """Return where the object is that describes one thing."""
    if answer.refusal:
        return describe_refusal(answer)
    data, path = unwrap(answer.data), ["data"]
    while isinstance(data, dict) and not profile_row(data).id:
        inner = next((name for name in names if isinstance(unwrap(data.get(name)), dict)), None)
        if inner is None:
            break
        data, path = unwrap(data[inner]), [*path, inner]
    kind = f"{type_name(data)}{', alone in a list' if isinstance(answer.data, list) else ''}"
    return f"`{'.'.join(path)}` is {kind}"


def _shown(reading: Reading) -> list[dict[str, Any]]:
    """Each listed profile, completed from the details that were read."""
    return [
        row.members | _open(reading.details.get(row.id, Answer()), row.id) for row in reading.rows
    ]


def _judge_status(reading: Reading) -> Finding:
    id = "profile_status"
    shown = [row for row in _shown(reading) if not values.is_empty(row.get("status"))]
    if not shown:
        return not_seen(id, f"`status` is shown in none of {plural(len(reading.rows), 'profile')}")
    unknown = sum(parse_profile(row).status not in STATUSES.values() for row in shown)
    evidence = f"`status` is {count_types(row['status'] for row in shown)}"
    if unknown:
        return refuted(id, f"{evidence}; not among the known values in {unknown}")
    return confirmed(id, evidence)


def _judge_json(reading: Reading) -> Finding:
    id, parts, unread = "json_strings", [], 0
    for name in ("body", "headers", "events"):
        shown = [row[name] for row in _shown(reading) if not values.is_empty(row.get(name))]
        parts += [f"`{name}` is {count_types(shown)}"] * bool(shown)
    for row in _shown(reading):
        unread += bool({"body", "headers"}.intersection(parse_profile(row).unreadable))
    if not parts:
        return not_seen(id, "no profile has one of them")
    if unread:
        return refuted(id, f"{'; '.join(parts)}; {plural(unread, 'profile')} can't be read")
    return confirmed(id, "; ".join(parts))


def _judge_missing(answer: Answer) -> Finding:
    id = "missing_profile_code"
    refusal = answer.refusal
    evidence = f"for an ID that no profile has: {describe_refusal(answer)}"
    known = refusal and refusal.status == 404 and refusal.api_code == NO_SUCH_PROFILE
    return (confirmed if known else refuted)(id, evidence)

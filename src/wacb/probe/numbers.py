"""Judge how numbers are listed, and where one shows its profile."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from wacb.api import values
from wacb.api.listing import find_gap
from wacb.api.requests import Api
from wacb.api.responses import (
    NUMBER_DETAILS,
    NUMBER_LISTS,
    NUMBER_NAMES,
    flatten,
    parse_listed_number,
    parse_number_details,
)
from wacb.errors import Unavailable
from wacb.models import Number, fold_id, same_id
from wacb.probe.look import Reading
from wacb.probe.model import Finding, confirmed, not_seen, refuted
from wacb.probe.names import Names, count_names, count_types, plural
from wacb.probe.profiles import describe_list, describe_one

_NO_WABA = "without a WABA ID, numbers can't be listed"


def judge_numbers(reading: Reading, api: Api) -> list[Finding]:
    """Judge the listing of numbers, and the details of one number."""
    sheet = reading.numbers
    rows = sheet.page.rows if sheet and sheet.page else []
    numbers = [parse_listed_number(row, api) for row in rows]
    return [
        _judge_listing(reading, numbers),
        _judge_members(rows, numbers),
        judge_member(reading, api, rows, numbers),
        _judge_status(numbers),
        _judge_details(reading, api),
    ]


def _judge_listing(reading: Reading, numbers: Sequence[Number]) -> Finding:
    id, sheet = "number_listing", reading.numbers
    if sheet is None:
        return not_seen(id, _NO_WABA)
    evidence, page = describe_list(sheet, NUMBER_LISTS), sheet.page
    if page is None:
        return refuted(id, evidence)
    count = len({number.number for number in numbers})
    if find_gap(count, odd=page.odd, total=page.total, more=page.more, what="numbers"):
        return refuted(id, f"{evidence}; not all are listed")
    return (confirmed if numbers else not_seen)(id, evidence)


def _judge_members(rows: Sequence[dict[str, Any]], numbers: Sequence[Number]) -> Finding:
    id = "number_members"
    if not rows:
        return not_seen(id, "no numbers are listed")
    known = (*NUMBER_NAMES, "name", "verified_name", "status")
    evidence = count_names(name for row in rows for name in known if name in row)
    unread = sum(not number.number.startswith("+") for number in numbers)
    if unread:
        return refuted(id, f"{evidence}; {plural(unread, 'row')} without a number")
    return confirmed(id, evidence)


def judge_member(
    reading: Reading, api: Api, rows: Sequence[dict[str, Any]], numbers: Sequence[Number]
) -> Finding:
    """Find the member of a listed number whose value is the ID of a profile of this account."""
    id = "number_profile_member"
    ids = {fold_id(row.id): row.id for row in reading.rows}
    if not rows:
        return not_seen(id, "no numbers are listed")
    found = [
        (number, path, held)
        for row, number in zip(rows, numbers, strict=True)
        for path, held in _find_ids(row, ids)
    ]
    read = {number.number for number, _, held in found if _is_read(number, held)}
    names = Names(reading.answers)
    paths = [path for _, path, _ in found if names.is_public(path)]
    evidence = f"profiles' IDs: {count_names(paths) or 'in none'} of {plural(len(rows), 'number')}"
    if len(paths) < len(found):
        evidence += f"; in {plural(len(found) - len(paths), 'member')} not named here"
    if not found:
        return not_seen(id, evidence)
    if all(number.number in read for number, _, _ in found):
        return confirmed(id, evidence)
    best = max(dict.fromkeys(paths), key=paths.count, default=None)
    return refuted(id, evidence, value=best)


def _find_ids(row: dict[str, Any], ids: dict[str, str]) -> Iterator[tuple[str, str]]:
    for path, value in flatten(row).items():
        held = values.text(value)
        if held and fold_id(held.strip()) in ids:
            yield path, held.strip()


def _is_read(number: Number, held: str) -> bool:
    return same_id(number.callback_profile_id, held)


def _judge_status(numbers: Sequence[Number]) -> Finding:
    id, shown = "number_status", [number for number in numbers if number.status]
    if not shown:
        return not_seen(id, f"`status` is shown in none of {plural(len(numbers), 'number')}")
    evidence = f"`status` is {count_types(number.status for number in shown)}"
    unknown = sum(number.approved is None for number in shown)
    if unknown:
        return refuted(id, f"{evidence}; not among the known words in {unknown}")
    return confirmed(id, evidence)


def _judge_details(reading: Reading, api: Api) -> Finding:
    id = "number_details"
    ids = {fold_id(row.id): row.id for row in reading.rows}
    for number, answer in reading.number_details.items():
        evidence = describe_one(answer, NUMBER_DETAILS)
        if answer.refusal:
            return refuted(id, evidence)
        try:
            parse_number_details(answer.data, number, api)
        except Unavailable:
            return refuted(id, f"{evidence}; it describes another number")
        if found := [*_find_ids({"data": answer.data}, ids)]:
            shown = [path for path, _ in found if Names(reading.answers).is_public(path)]
            return refuted(id, f"{evidence}; it has a profile's ID: {count_names(shown)}")
        return confirmed(id, evidence)
    return not_seen(id, "no number is known")

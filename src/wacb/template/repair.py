"""Repair a template that has one possible meaning: encoded, misspelt and missing placeholders."""

from __future__ import annotations

import re
from collections.abc import Iterable

from wacb.errors import TemplateError
from wacb.jsontext import append_members, parse_object, strings, substitute
from wacb.template.placeholders import (
    KNOWN,
    MARK,
    TemplateReport,
    append_query,
    build_query,
    check_body,
    check_url,
    inspect_body,
    inspect_url,
    taken_keys,
)

PLACEHOLDERS = frozenset(f"<{name}>" for name in KNOWN)


def repair_url(url: str) -> str:
    """Make a GET template complete: spell its placeholders right, append the missing ones.

    Everything else stays byte for byte, a complete template as a whole. Raises TemplateError for a
    placeholder that could be none or several, and for a query key that has another value.
    """
    right = _corrections(MARK.finditer(url), inspect_url(url))
    url = MARK.sub(lambda mark: right.get(mark["name"]) or mark[0], url)
    check_url(url, allow_missing=True)
    missing = inspect_url(url).missing
    _refuse_taken("the URL", [f"query key {key!r}" for key, _ in taken_keys(url, missing)])
    return append_query(url, build_query(missing)) if missing else url


def repair_body(text: str) -> str:
    """Make a POST template complete, as repair_url does; missing members go to the end.

    Numbers, the keys' order and white space stay as they are written. Raises TemplateError as
    repair_url does, and for a body that is no JSON object.
    """
    values = [value for _, value in strings(parse_object(text))]
    marks = (mark for value in values for mark in MARK.finditer(value))
    right = _corrections(marks, inspect_body(text))
    text = substitute(text, MARK, lambda mark: right.get(mark["name"]))
    check_body(text, allow_missing=True)
    missing = inspect_body(text).missing
    taken = [f"member {name!r}" for name in missing if name in parse_object(text)]
    _refuse_taken("the body", taken)
    members = ",".join(f'"{name}":"<{name}>"' for name in missing)
    return append_members(text, members) if missing else text


def _corrections(marks: Iterable[re.Match[str]], report: TemplateReport) -> dict[str, str]:
    """Find what to write for the wrong names of a template: name -> `<right name>`.

    A misspelt one is left out where the right one is there already or is claimed by another: then
    it may mean something else, and the check that follows names it.
    """
    spelled = {mark["name"] for mark in marks}
    wrong = (*report.unknown, *report.encoded)
    meant = {name: _meant(name) for name in wrong}
    claimed = list(meant.values())
    return {
        name: f"<{known}>"
        for name, known in meant.items()
        if known == name or (known and known not in spelled and claimed.count(known) == 1)
    }


def _meant(name: str) -> str | None:
    """Find the one placeholder that a name can only be: itself but for case, or a slip away."""
    if name in KNOWN:
        return name
    word = _folded(name)
    near = [known for known in KNOWN if word == _folded(known)] or [
        known
        for known in KNOWN
        # <uid> and <refs> are other things, not an id or a ref written wrong
        if len(known) > 3 and _one_slip(word, _folded(known))
    ]
    return near[0] if len(near) == 1 else None


def _folded(name: str) -> str:
    return re.sub("[ _-]", "", name.lower())


def _one_slip(word: str, other: str) -> bool:
    """Say whether a letter lost, added, changed or swapped with the next makes one the other."""
    same = next((at for at, (a, b) in enumerate(zip(word, other, strict=False)) if a != b), None)
    cut = min(len(word), len(other)) if same is None else same
    left, right = word[cut:], other[cut:]
    swapped = left[1::-1] + left[2:]
    return right in (left[1:], swapped) or left[1:] == right[1:] or left == right[1:]


def _refuse_taken(what: str, places: list[str]) -> None:
    if places:
        raise TemplateError(f"{what} cannot be repaired without changing {' and '.join(places)}")

"""Repair encoded, misspelled and missing placeholders where the meaning is unambiguous."""

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
    """Complete a GET template: correct misspelled placeholders, append the missing ones.

    Everything else stays byte for byte. Raises TemplateError for a placeholder that is ambiguous or
    unknown, and for a query parameter that has another value.
    """
    right = _corrections(MARK.finditer(url), inspect_url(url))
    url = MARK.sub(lambda mark: right.get(mark["name"]) or mark[0], url)
    check_url(url, allow_missing=True)
    missing = inspect_url(url).missing
    _check_not_taken("the URL", [f"query parameter {key!r}" for key, _ in taken_keys(url, missing)])
    return append_query(url, build_query(missing)) if missing else url


def repair_body(text: str) -> str:
    """Complete a POST template like repair_url; missing members are added at the end.

    Numbers, the order of keys and white space are kept. Raises TemplateError as repair_url does,
    and for a body that is not a JSON object.
    """
    values = [value for _, value in strings(parse_object(text))]
    marks = (mark for value in values for mark in MARK.finditer(value))
    right = _corrections(marks, inspect_body(text))
    text = substitute(text, MARK, lambda mark: right.get(mark["name"]))
    check_body(text, allow_missing=True)
    missing = inspect_body(text).missing
    taken = [f"member {name!r}" for name in missing if name in parse_object(text)]
    _check_not_taken("the body", taken)
    members = ",".join(f'"{name}":"<{name}>"' for name in missing)
    return append_members(text, members) if missing else text


def _corrections(marks: Iterable[re.Match[str]], report: TemplateReport) -> dict[str, str]:
    """Map the wrong names of a template to the right placeholder: name -> `<right name>`.

    A misspelled name is left out if the right one is present or another misspelling claims it: it
    may mean something else, and the check that follows reports it.
    """
    spelled = {mark["name"] for mark in marks}
    wrong = (*report.unknown, *report.encoded)
    meant = {name: _closest_placeholder(name) for name in wrong}
    claimed = list(meant.values())
    return {
        name: f"<{known}>"
        for name, known in meant.items()
        if known == name or (known and known not in spelled and claimed.count(known) == 1)
    }


def _closest_placeholder(name: str) -> str | None:
    """Return the only placeholder that equals a name except for case or one typo."""
    if name in KNOWN:
        return name
    word = _normalize(name)
    near = [known for known in KNOWN if word == _normalize(known)] or [
        known
        for known in KNOWN
        # <uid> and <refs> are not misspellings of <id> and <ref>
        if len(known) > 3 and _is_one_typo_apart(word, _normalize(known))
    ]
    return near[0] if len(near) == 1 else None


def _normalize(name: str) -> str:
    return re.sub("[ _-]", "", name.lower())


def _is_one_typo_apart(word: str, other: str) -> bool:
    """Whether one letter lost, added, changed or swapped with the next turns one into the other."""
    same = next((at for at, (a, b) in enumerate(zip(word, other, strict=False)) if a != b), None)
    cut = min(len(word), len(other)) if same is None else same
    left, right = word[cut:], other[cut:]
    swapped = left[1::-1] + left[2:]
    return right in (left[1:], swapped) or left[1:] == right[1:] or left == right[1:]


def _check_not_taken(what: str, places: list[str]) -> None:
    if places:
        raise TemplateError(f"{what} cannot be repaired without changing {' and '.join(places)}")

"""Repair a template that has one possible meaning: separators, spelling, missing placeholders."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from wacb.errors import TemplateError
from wacb.jsontext import NotJson, append_members, parse_object, read_template, strings, substitute
from wacb.template.inspect import (
    LOOKALIKE,
    PARAMETER,
    Inspection,
    inspect_body,
    inspect_url,
    read_lookalike,
    require_complete,
)
from wacb.template.placeholders import KNOWN, MARK, append_query, build_query, taken_keys
from wacb.urls import split_query

_SEPARATOR = rf"(?i)(?:&(?:amp;)+|&#0*38;|&#x0*26;|%26|;|(?<!^)\?)(?={PARAMETER})"
_FIRST = rf"(?i)(?<![/:])(?:%3F|[&/])(?=(?:[^&=/?#%<]+=[^&/?#<]*&)*{PARAMETER}(?:[&#]|$))"
_STRING_OR_COMMA = r'(?s)("[^"\\]*(?:\\.[^"\\]*)*")|,(?=\s*[}\]])'


class Repaired(NamedTuple):
    """A complete template; `done` names each repair."""

    text: str
    done: tuple[str, ...]


def repair_url(url: str) -> Repaired:
    """Make a GET template complete: join its parameters by `&`, spell its placeholders right,
    append the missing ones.

    Everything else stays byte for byte, a complete template as a whole. Raises TemplateError for a
    placeholder that could be none or several, and for a query key that has another value.
    """
    steps = (
        ("correct misspelled placeholders", _spell_url),
        ("separate the parameters by &", _join_parameters),
        ("move the query before the #", _leave_fragment),
        ("write ? before the query", _begin_query),
        ("add the missing placeholders", _complete_url),
    )
    done = []
    for words, step in steps:
        before, url = url, step(url)
        done += [words] if url != before else []
    require_complete(inspect_url(url), allow_missing=True)
    return Repaired(url, tuple(done))


def repair_body(text: str) -> Repaired:
    """Make a POST template complete, as repair_url does; missing members go to the end.

    A byte order mark and a comma before a closing bracket are removed. Numbers, the keys' order
    and white space stay unchanged. Raises TemplateError as repair_url does, and for a body that is
    not a JSON object otherwise.
    """
    steps = (
        ("remove the byte order mark", lambda text: text.removeprefix("\ufeff")),
        ("remove the comma before a closing bracket", _drop_commas),
        ("correct misspelled placeholders", _spell_body),
        ("add the missing placeholders", _complete_body),
    )
    done = []
    for words, step in steps:
        before, text = text, step(text)
        done += [words] if text != before else []
    return Repaired(text, tuple(done))


def _join_parameters(url: str) -> str:
    """Write `&` for what was meant as one, where a placeholder is lost by it."""
    arriving = inspect_url(url).arriving
    path, query = split_query(url)
    text = url if query is None else query.lstrip("?")
    joined = re.sub(_SEPARATOR, lambda found: found[0] if found["name"] in arriving else "&", text)
    return joined if query is None else f"{path}?{joined}"


def _leave_fragment(url: str) -> str:
    """Move a query, or the rest of one, from the fragment to where it is sent."""
    sent, mark, fragment = url.partition("#")
    arriving = inspect_url(url).arriving
    if all(found["name"] in arriving for found in re.finditer(PARAMETER, fragment)):
        return url
    if re.match(PARAMETER, fragment):
        route, query = "", fragment
    else:
        route, _, query = re.sub("[?&]", "\0", fragment, count=1).partition("\0")
    return append_query(sent, query) + (mark + route if route else "")


def _begin_query(url: str) -> str:
    sent, mark, fragment = url.partition("#")
    return url if "?" in sent else re.sub(_FIRST, "?", sent, count=1) + mark + fragment


def _spell_url(url: str) -> str:
    url = re.sub(LOOKALIKE, lambda found: _write_name(read_lookalike(found)) or found[0], url)
    right = _corrections(MARK.finditer(url), inspect_url(url))
    return MARK.sub(lambda mark: right.get(mark["name"]) or mark[0], url)


def _complete_url(url: str) -> str:
    inspection = inspect_url(url)
    require_complete(inspection, allow_missing=True)
    missing = inspection.missing
    _check_not_taken("the URL", [f"query parameter {key!r}" for key, _ in taken_keys(url, missing)])
    sent, mark, fragment = url.partition("#")
    return append_query(sent, build_query(missing)) + mark + fragment if missing else url


def _drop_commas(text: str) -> str:
    try:
        read_template(text)
    except NotJson:
        return re.sub(_STRING_OR_COMMA, lambda found: found[1] or "", text)
    return text


def _spell_body(text: str) -> str:
    parse_object(text)
    text = substitute(text, LOOKALIKE, lambda found: _write_name(read_lookalike(found)))
    values = [value for _, value in strings(parse_object(text))]
    marks = (mark for value in values for mark in MARK.finditer(value))
    right = _corrections(marks, inspect_body(text))
    return substitute(text, MARK, lambda mark: right.get(mark["name"]))


def _complete_body(text: str) -> str:
    inspection = inspect_body(text)
    require_complete(inspection, allow_missing=True)
    missing = inspection.missing
    taken = [f"member {name!r}" for name in missing if name in parse_object(text)]
    _check_not_taken("the body", taken)
    members = ",".join(f'"{name}":"<{name}>"' for name in missing)
    return append_members(text, members) if missing else text


def _write_name(name: str | None) -> str | None:
    return name and f"<{name}>"


def _corrections(marks: Iterable[re.Match[str]], report: Inspection) -> dict[str, str]:
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
        raise TemplateError(f"{what} cannot be fixed without changing {' and '.join(places)}")

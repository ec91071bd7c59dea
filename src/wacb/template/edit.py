"""Change a template that exists: repair it, or move it between the URL's query and the JSON body.

Works on the text: what is not a template's own keeps its bytes. How a template is built and what is
wrong with one stands in placeholders.py, how JSON is read and edited in jsontext.py.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from urllib.parse import quote, unquote

from wacb.errors import TemplateError
from wacb.jsontext import append_members, parse_object, strings, substitute
from wacb.template.placeholders import (
    KNOWN,
    MARK,
    SEPARATOR,
    TemplateReport,
    append_query,
    build_query,
    check_body,
    check_url,
    compact,
    inspect_body,
    inspect_url,
    taken_keys,
)

_PLACEHOLDERS = frozenset(f"<{name}>" for name in KNOWN)
# What RFC 3986 lets stand in a query, without the delimiters & = + and the ; of an HTML escape.
_SAFE = "!$'()*,/:?@"


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


def query_to_body(url: str) -> tuple[str, str]:
    """Move a GET template into a body: return the URL without it, and compact JSON.

    The URL is endpoint_of's. Raises TemplateError for a key that no JSON object can hold: one that
    stands twice, or is no text once decoded.
    """
    rest, template = _split(url)
    members: dict[str, str] = {}
    for key, value in template:
        try:
            name = unquote(key, errors="strict")
        except UnicodeDecodeError:
            raise TemplateError(f"the query key {key!r} is not UTF-8") from None
        if name in members:
            raise TemplateError(f"the query key {key!r} stands twice in the URL")
        members[name] = value
    return rest, compact(json.dumps(members))


def body_to_query(url: str, body: str) -> str:
    """Move a POST template into the query: append a parameter for every member of the body.

    Raises TemplateError for a member that is no single placeholder, or whose key already stands in
    the URL, and for a body that is no JSON object.
    """
    members = parse_object(body)
    faults = [
        f"member {key!r} is no single placeholder"
        for key, value in members.items()
        if not isinstance(value, str) or value not in _PLACEHOLDERS
    ]
    faults += [
        f"the query key {key!r} already stands in the URL" for key, _ in taken_keys(url, members)
    ]
    if faults:
        raise TemplateError(
            f"the body cannot become a query: {'; '.join(faults)}",
            hint="give a template of your own: --url with the placeholders in it",
        )
    query = "&".join(f"{_quoted(key)}={value}" for key, value in members.items())
    return append_query(url, query) if query else url


def endpoint_of(url: str) -> str:
    """Return a GET URL without the parameters whose value is one placeholder.

    The other parameters keep their bytes and order. A `?` or `&` that would end the URL goes too,
    so what `build_url` made of `…/hook?` comes back as `…/hook`; with no such parameter the URL
    stays as it is.
    """
    return _split(url)[0]


def _split(url: str) -> tuple[str, list[tuple[str, str]]]:
    """Part a URL from the (key, value) of its template, as they are spelled there."""
    path, _, query = url.partition("?")
    kept, template = [], []
    for parameter in re.split(SEPARATOR, query):
        key, _, value = parameter.partition("=")
        if value in _PLACEHOLDERS:
            template.append((key, value))
        else:
            kept.append(parameter)
    if not template:
        return url, []
    rest = "&".join(kept).rstrip("&")
    return f"{path}?{rest}" if rest else path, template


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


def _quoted(key: str) -> str:
    try:
        return quote(key, safe=_SAFE)
    except UnicodeEncodeError:
        raise TemplateError(f"the key {key!r} of the body is not valid text") from None

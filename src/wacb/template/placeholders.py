"""Kaleyra's placeholders (api.md §6): their names, and how to build and check templates of them.

Nothing is ever re-encoded: URL libraries turn `<body>` into `%3Cbody%3E`, which Kaleyra does not
replace.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import NamedTuple

from wacb.errors import TemplateError
from wacb.jsontext import TYPOGRAPHIC_QUOTE, json_text, parse, parse_object, strings
from wacb.models import CallbackProfile
from wacb.urls import parameters, split_query
from wacb.validation import nearest


def _split_names(names: str) -> tuple[str, ...]:
    return tuple(names.split())


INCOMING = _split_names(
    "body mime_type media_url from name type created_at reply_to wanumber mobile"
    " custom_response message contacts location"
)
OUTGOING_STATUS = _split_names(
    "id custom_response timestamp mobile message status phone_number error error_code"
    " ref ref1 ref2 price"
)
TEMPLATE_STATUS = _split_names(
    "id time event message_template_id message_template_name message_template_language"
    " reason callback_profile_id company_id other_info"
)
KNOWN = tuple(dict.fromkeys(INCOMING + OUTGOING_STATUS + TEMPLATE_STATUS))

# assumed: names that only profiles for incoming messages have (api.md §6)
_INCOMING_SIGNS = frozenset(("wanumber", "reply_to", "media_url", "mime_type"))
_STATUS_ONLY = frozenset(OUTGOING_STATUS) - frozenset(INCOMING)
# A name in angle brackets, literal or in a spelling that Kaleyra would not replace:
# percent-encoded (once or more), HTML-escaped, or JSON-escaped inside a decoded string.
MARK = re.compile(
    r"(?P<open><|%(?:25)*3C|&(?:amp;)*(?:lt|#0*60|#x0*3C);|\\u003C)"
    r"(?P<name>[A-Z][A-Z0-9_ -]*)"
    r"(?P<close>>|%(?:25)*3E|&(?:amp;)*(?:gt|#0*62|#x0*3E);|\\u003E)",
    re.IGNORECASE | re.ASCII,
)
_STRING_OR_SPACE = r'("[^"\\]*(?:\\.[^"\\]*)*")|[ \t\r\n]+'
_ESCAPE = r"\\(?:u00(3[Cc]|3[Ee]|26)|.)"


class TemplateReport(NamedTuple):
    """The placeholders of a template, names without brackets.

    `present` counts the incoming names found as literal `<name>`, `missing` lists the rest of the
    14; `unknown` are in none of Kaleyra's lists, `encoded` have only escaped brackets.
    """

    present: int
    missing: tuple[str, ...]
    unknown: tuple[str, ...]
    encoded: tuple[str, ...]


def names(*, with_status: bool = False) -> tuple[str, ...]:
    """List the 14 incoming names, optionally followed by the other outgoing-status names."""
    return tuple(dict.fromkeys(INCOMING + OUTGOING_STATUS)) if with_status else INCOMING


def build_query(names: Sequence[str]) -> str:
    """Build the query string of a GET template, `body=<body>&…`, without a leading `?`."""
    return "&".join(f"{name}=<{name}>" for name in names)


def build_body(names: Sequence[str]) -> str:
    """Build the JSON object of a POST template, one member per line."""
    return json_text({name: f"<{name}>" for name in names})


def build_url(url: str, names: Sequence[str], *, allow_missing: bool = False) -> str:
    """Append the GET template to `url`, whose own characters are kept.

    A URL that already has a placeholder is a custom template: checked, not changed.
    Raises TemplateError as check_url does, and if a query parameter would be duplicated.
    """
    own = MARK.search(url) is not None
    check_url(url, allow_missing=allow_missing or not own)
    if own:
        return url
    if taken := taken_keys(url, names):
        key, name = taken[0]
        raise TemplateError(
            f"the URL already has the query parameter {key!r}",
            hint=f"remove or rename it: wacb adds {name}=<{name}>",
        )
    return append_query(url, build_query(names))


def append_query(url: str, query: str) -> str:
    """Append parameters to a URL, whose own characters are kept. Raises TemplateError for a `#`."""
    if "#" in url:
        raise TemplateError("the URL has a fragment (#…), which is never sent", hint="remove it")
    _, own = split_query(url)
    separator = "?" if own is None else "&" if own and not own.endswith("&") else ""
    return url + separator + query


def taken_keys(url: str, names: Collection[str]) -> list[tuple[str, str]]:
    """List the query keys of a URL that decode to one of `names`: raw and decoded."""
    _, query = split_query(url)
    return [(each.key, each.name) for each in parameters(query) if each.text and each.name in names]


def compact(text: str) -> str:
    """Return JSON text without white space, and with `<`, `>` and `&` never escaped.

    The order of keys, numbers and other escapes stay as written. Raises TemplateError for text that
    is not JSON and for keys that check_body rejects.
    """
    parse(text)
    return re.sub(_STRING_OR_SPACE, lambda found: re.sub(_ESCAPE, _unescape, found[1] or ""), text)


def check_url(url: str, *, allow_missing: bool = False) -> None:
    """Raise TemplateError unless `url` has all 14 placeholders and no wrong one."""
    parts = _url_parts(url)
    for place, text in parts:
        if quote := re.search(TYPOGRAPHIC_QUOTE, text):
            raise TemplateError(
                f"{place} contains the typographic quote {quote[0]}", hint="remove it"
            )
    _check(
        parts,
        allow_missing=allow_missing,
        hint="add the missing ones, or remove all placeholders to let wacb add them "
        "(--allow-missing accepts the URL unchanged)",
    )


def check_body(text: str, *, allow_missing: bool = False) -> None:
    """Raise TemplateError unless `text` is a JSON object with all 14 placeholders and no wrong one.

    Placeholders count in string values at any depth, but not in keys.
    """
    _check(
        [(f"member {path!r}", value) for path, value in strings(parse_object(text))],
        allow_missing=allow_missing,
        hint="add the missing ones (--allow-missing accepts the body unchanged)",
    )


def inspect_url(url: str) -> TemplateReport:
    """Report on the placeholders of a URL. Never raises."""
    return _report(MARK.finditer(url))


def inspect_body(text: str) -> TemplateReport:
    """Report on a JSON body's string values, or on the plain text of another. Never raises."""
    return _report(_marks(text))


def looks_incoming(text: str, title: str, events: Sequence[str]) -> bool:
    """Whether a profile is for incoming messages, judging by template, title or events.

    Encoded placeholders count: such a profile is meant for incoming messages, but broken.
    """
    if any(word in label.lower() for label in (title, *events) for word in ("incoming", "inbound")):
        return True
    return any(mark["name"] in _INCOMING_SIGNS for mark in _marks(text))


def has_status(text: str) -> bool:
    """Whether a template has a placeholder that only outgoing-status callbacks fill."""
    return any(_is_is_is_literal(mark) and mark["name"] in _STATUS_ONLY for mark in _marks(text))


def _marks(text: str) -> Iterator[re.Match[str]]:
    """Find the placeholders of a template: in JSON's string values, else in the text itself."""
    try:
        texts = [value for _, value in strings(parse(text))]
    except TemplateError:
        texts = [text]
    for each in texts:
        yield from MARK.finditer(each)


def _is_is_is_literal(mark: re.Match[str]) -> bool:
    return mark["open"] == "<" and mark["close"] == ">"


def _report(marks: Iterable[re.Match[str]]) -> TemplateReport:
    found = {mark[0]: mark for mark in marks}.values()  # one of each spelling, in order
    literal = dict.fromkeys(mark["name"] for mark in found if _is_is_is_literal(mark))
    encoded = dict.fromkeys(mark["name"] for mark in found if mark["name"] not in literal)
    missing = tuple(name for name in INCOMING if name not in literal)
    return TemplateReport(
        present=len(INCOMING) - len(missing),
        missing=missing,
        unknown=tuple(name for name in literal if name not in KNOWN),
        encoded=tuple(encoded),
    )


def _check(parts: list[tuple[str, str]], *, allow_missing: bool, hint: str) -> None:
    """Raise one TemplateError that lists everything wrong with the (place, text) of `parts`."""
    found = [(place, mark) for place, text in parts for mark in MARK.finditer(text)]
    report = _report(mark for _, mark in found)
    problems, explained = [], set()
    for place, mark in found:
        if mark["name"] in (report.unknown if _is_is_is_literal(mark) else report.encoded):
            meant = _suggest(mark["name"])
            question = f" (did you mean <{meant}>?)" if meant else ""
            literal = "is not a Kaleyra placeholder"
            what = literal if _is_is_is_literal(mark) else "is encoded, so Kaleyra never fills it"
            problems.append(f"{mark[0]} in {place} {what}{question}")
            explained.add(meant)
    missing = [name for name in report.missing if name not in explained and not allow_missing]
    if missing:
        problems.append("missing: " + ", ".join(f"<{name}>" for name in missing))
    if problems:
        raise TemplateError("; ".join(problems), hint=hint if missing else None)


def _suggest(name: str) -> str | None:
    """Return the name itself if it is known, else the closest known one."""
    return name if name in KNOWN else nearest(name.lower(), KNOWN)


def _url_parts(url: str) -> list[tuple[str, str]]:
    """Split a URL into (place, text): the part before the query, then each query parameter."""
    path, query = split_query(url)
    parts = ((f"query parameter {each.key!r}", each.text) for each in parameters(query))
    return [("the path", path), *parts]


def _unescape(found: re.Match[str]) -> str:
    return chr(int(found[1], 16)) if found[1] else found[0]


def inspect_template(profile: CallbackProfile) -> TemplateReport:
    """Report on the template of a profile, which is in its URL or its body."""
    if profile.method.uses_body:
        return inspect_body(profile.template)
    return inspect_url(profile.template)

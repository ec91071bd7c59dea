"""Kaleyra's placeholders: their names, the templates built of them, what is wrong with a template.

Pure text in, text or TemplateError out (cli.md 6, api-contract.md 6). Nothing is ever re-encoded:
URL libraries turn `<body>` into `%3Cbody%3E`, which Kaleyra does not replace.
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


def _listed(names: str) -> tuple[str, ...]:
    return tuple(names.split())


INCOMING = _listed(
    "body mime_type media_url from name type created_at reply_to wanumber mobile"
    " custom_response message contacts location"
)
OUTGOING_STATUS = _listed(
    "id custom_response timestamp mobile message status phone_number error error_code"
    " ref ref1 ref2 price"
)
TEMPLATE_STATUS = _listed(
    "id time event message_template_id message_template_name message_template_language"
    " reason callback_profile_id company_id other_info"
)
KNOWN = tuple(dict.fromkeys(INCOMING + OUTGOING_STATUS + TEMPLATE_STATUS))

# assumed: what tells an incoming-message profile from the others (api-contract.md 6)
_INCOMING_SIGNS = frozenset(("wanumber", "reply_to", "media_url", "mime_type"))
_STATUS_ONLY = frozenset(OUTGOING_STATUS) - frozenset(INCOMING)
# A name in angle brackets, literal or in one of the spellings that Kaleyra would not replace:
# percent-encoded (once or more), HTML-escaped, JSON-escaped inside a string already decoded.
MARK = re.compile(
    r"(?P<open><|%(?:25)*3C|&(?:amp;)*(?:lt|#0*60|#x0*3C);|\\u003C)"
    r"(?P<name>[A-Z][A-Z0-9_ -]*)"
    r"(?P<close>>|%(?:25)*3E|&(?:amp;)*(?:gt|#0*62|#x0*3E);|\\u003E)",
    re.IGNORECASE | re.ASCII,
)
_STRING_OR_SPACE = r'("[^"\\]*(?:\\.[^"\\]*)*")|[ \t\r\n]+'
_ESCAPE = r"\\(?:u00(3[Cc]|3[Ee]|26)|.)"


class TemplateReport(NamedTuple):
    """What a template holds, names without brackets.

    `present` counts the incoming names that stand as literal `<name>`, `missing` lists the rest of
    the 14; `unknown` are in none of Kaleyra's lists, `encoded` stand only with escaped brackets.
    """

    present: int
    missing: tuple[str, ...]
    unknown: tuple[str, ...]
    encoded: tuple[str, ...]


def names(*, with_status: bool = False) -> tuple[str, ...]:
    """List the 14 incoming names, on request with the outgoing-status names not among them."""
    return tuple(dict.fromkeys(INCOMING + OUTGOING_STATUS)) if with_status else INCOMING


def build_query(names: Sequence[str]) -> str:
    """Write the query string of a GET template, `body=<body>&…`, without a leading `?`."""
    return "&".join(f"{name}=<{name}>" for name in names)


def build_body(names: Sequence[str]) -> str:
    """Write the JSON object of a POST template, one member a line."""
    return json_text({name: f"<{name}>" for name in names})


def build_url(url: str, names: Sequence[str], *, allow_missing: bool = False) -> str:
    """Append the GET template to `url`, whose own characters stay as they are.

    One that already holds a placeholder is a template of the user's own: checked, not changed.
    Raises TemplateError as check_url does, and where a query key would stand twice.
    """
    own = MARK.search(url) is not None
    check_url(url, allow_missing=allow_missing or not own)
    if own:
        return url
    if taken := taken_keys(url, names):
        key, name = taken[0]
        raise TemplateError(
            f"the query key {key!r} already stands in the URL",
            hint=f"remove or rename it: wacb adds {name}=<{name}>",
        )
    return append_query(url, build_query(names))


def append_query(url: str, query: str) -> str:
    """Join more parameters to a URL, whose own characters stay. Raises TemplateError for a `#`."""
    if "#" in url:
        raise TemplateError("the URL has a fragment (#…), which is never sent", hint="remove it")
    _, own = split_query(url)
    separator = "?" if own is None else "&" if own and not own.endswith("&") else ""
    return url + separator + query


def taken_keys(url: str, names: Collection[str]) -> list[tuple[str, str]]:
    """List the query keys of a URL that mean one of `names`: as spelled there, and decoded."""
    _, query = split_query(url)
    return [(each.key, each.name) for each in parameters(query) if each.text and each.name in names]


def compact(text: str) -> str:
    """Return JSON text without white space, and with `<`, `>` and `&` never escaped.

    All else (keys' order, numbers, other escapes) stays as written. Raises TemplateError for what
    is not JSON and for keys that check_body refuses.
    """
    parse(text)
    return re.sub(_STRING_OR_SPACE, lambda found: re.sub(_ESCAPE, _unescape, found[1] or ""), text)


def check_url(url: str, *, allow_missing: bool = False) -> None:
    """Raise TemplateError unless all 14 placeholders stand in `url` and none is wrong."""
    parts = _url_parts(url)
    for place, text in parts:
        if quote := re.search(TYPOGRAPHIC_QUOTE, text):
            raise TemplateError(f"{place} holds the typographic quote {quote[0]}", hint="remove it")
    _check(
        parts,
        allow_missing=allow_missing,
        hint="with any placeholder in the URL all must be there: add the missing ones, or leave "
        "all out and wacb adds them (--allow-missing takes the URL as it is)",
    )


def check_body(text: str, *, allow_missing: bool = False) -> None:
    """Raise TemplateError unless `text` is a JSON object and all 14 placeholders stand in it.

    A placeholder stands in a string value at any depth; one in a key does not count.
    """
    _check(
        [(f"member {path!r}", value) for path, value in strings(parse_object(text))],
        allow_missing=allow_missing,
        hint="add the missing ones (--allow-missing takes the body as it is)",
    )


def inspect_url(url: str) -> TemplateReport:
    """Report on the placeholders of a URL. Never raises."""
    return _report(MARK.finditer(url))


def inspect_body(text: str) -> TemplateReport:
    """Report on a JSON body's string values, or on the plain text of another. Never raises."""
    return _report(_marks(text))


def looks_incoming(text: str, title: str, events: Sequence[str]) -> bool:
    """Say whether a profile is one for incoming messages, by template, title or events.

    Encoded placeholders count: such a profile is meant for incoming messages, and broken.
    """
    if any(word in label.lower() for label in (title, *events) for word in ("incoming", "inbound")):
        return True
    return any(mark["name"] in _INCOMING_SIGNS for mark in _marks(text))


def carries_status(text: str) -> bool:
    """Say whether a template holds a placeholder that outgoing-status callbacks alone fill."""
    return any(_literal(mark) and mark["name"] in _STATUS_ONLY for mark in _marks(text))


def _marks(text: str) -> Iterator[re.Match[str]]:
    """Find the placeholders of a template: in JSON's string values, else in the text itself."""
    try:
        texts = [value for _, value in strings(parse(text))]
    except TemplateError:
        texts = [text]
    for each in texts:
        yield from MARK.finditer(each)


def _literal(mark: re.Match[str]) -> bool:
    return mark["open"] == "<" and mark["close"] == ">"


def _report(marks: Iterable[re.Match[str]]) -> TemplateReport:
    found = {mark[0]: mark for mark in marks}.values()  # one of each spelling, in order
    literal = dict.fromkeys(mark["name"] for mark in found if _literal(mark))
    encoded = dict.fromkeys(mark["name"] for mark in found if mark["name"] not in literal)
    missing = tuple(name for name in INCOMING if name not in literal)
    return TemplateReport(
        present=len(INCOMING) - len(missing),
        missing=missing,
        unknown=tuple(name for name in literal if name not in KNOWN),
        encoded=tuple(encoded),
    )


def _check(parts: list[tuple[str, str]], *, allow_missing: bool, hint: str) -> None:
    """Raise one TemplateError that tells everything wrong with the (place, text) of `parts`."""
    found = [(place, mark) for place, text in parts for mark in MARK.finditer(text)]
    report = _report(mark for _, mark in found)
    faults, explained = [], set()
    for place, mark in found:
        if mark["name"] in (report.unknown if _literal(mark) else report.encoded):
            meant = _nearest(mark["name"])
            question = f" (did you mean <{meant}>?)" if meant else ""
            what = "is unknown to Kaleyra" if _literal(mark) else "is encoded, so never filled"
            faults.append(f"{mark[0]} in {place} {what}{question}")
            explained.add(meant)
    missing = [name for name in report.missing if name not in explained and not allow_missing]
    if missing:
        faults.append("missing: " + ", ".join(f"<{name}>" for name in missing))
    if faults:
        raise TemplateError("; ".join(faults), hint=hint if missing else None)


def _nearest(name: str) -> str | None:
    """Find the placeholder that a name is, or was probably meant to be."""
    return name if name in KNOWN else nearest(name.lower(), KNOWN)


def _url_parts(url: str) -> list[tuple[str, str]]:
    """Split a URL into (place, text): what precedes the query, then every query parameter."""
    path, query = split_query(url)
    parts = ((f"query key {each.key!r}", each.text) for each in parameters(query))
    return [("the path", path), *parts]


def _unescape(found: re.Match[str]) -> str:
    return chr(int(found[1], 16)) if found[1] else found[0]


def inspect_template(profile: CallbackProfile) -> TemplateReport:
    """Look at a profile's template where its method puts it."""
    if profile.method.uses_body:
        return inspect_body(profile.template)
    return inspect_url(profile.template)

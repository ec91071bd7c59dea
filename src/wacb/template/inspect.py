"""One inspection of a template: which placeholders arrive, and what keeps the others from it."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from wacb.errors import TemplateError
from wacb.jsontext import TYPOGRAPHIC_QUOTE, NotJson, explain_syntax, read_template, strings
from wacb.models import CallbackProfile
from wacb.template.placeholders import INCOMING, KNOWN, MARK, is_literal, sort_names
from wacb.urls import Parameter, parameters, split_query
from wacb.validation import nearest

_NAMES = "|".join(sorted(KNOWN, key=len, reverse=True))
# A parameter that is a placeholder of Kaleyra's, as in `text=<body>`.
PARAMETER = rf"(?P<key>[^&=;<>#?/,|%]+)=<(?P<name>{_NAMES})>"
_SEPARATOR = rf"(?i)(?P<wrong>&(?:amp;)+|%26|%2C|[;,|])(?={PARAMETER})"
_NO_QUERY = rf"(?i)(?:%3F|[&/;])?{PARAMETER}"
LOOKALIKE = r"[<\uff1c\ufe64][^<>\uff1c\uff1e\"=&]{1,80}?[>\uff1e\ufe65]"
# Cyrillic, Greek and Armenian letters that look like Latin ones
_CONFUSABLE = str.maketrans(
    "\u0430\u0441\u0435\u0456\u043e\u0440\u0443\u0501\u0585\u03bf\u03bd\u0261\u0455\u0445",
    "aceiopydoovgsx",
)
# A # inside an HTML-escaped bracket is reported as part of the escape.
_FRAGMENT = r"(?ai)#(?!(?<=&#)(?:0*6[02]|x0*3[CE]);)"
_FOREIGN = rf"\{{\{{\s*(?P<name>{_NAMES})\s*\}}\}}"
_URL_HINT = (
    "add the missing ones, or remove all placeholders to let wacb add them "
    "(--allow-missing accepts the URL unchanged)"
)
NO_URL = "it has no URL"
_BODY_HINT = "add the missing ones (--allow-missing accepts the body unchanged)"


class Fault(NamedTuple):
    """A problem with a template, in words that name the place.

    `names` are the placeholders it keeps from arriving; --allow-missing accepts it if `excusable`.
    """

    text: str
    names: tuple[str, ...] = ()
    hint: str | None = None
    excusable: bool = False


class Inspection(NamedTuple):
    """What a template delivers, names without brackets.

    `arriving` are the placeholders that an endpoint can read. `unknown` are in none of Kaleyra's
    lists, `encoded` stand only with escaped brackets.
    """

    arriving: frozenset[str]
    unknown: tuple[str, ...]
    encoded: tuple[str, ...]
    faults: tuple[Fault, ...]
    hint: str

    @property
    def missing(self) -> tuple[str, ...]:
        """Those of the 14 that do not arrive."""
        return tuple(name for name in INCOMING if name not in self.arriving)

    @property
    def present(self) -> int:
        """How many of the 14 arrive."""
        return len(INCOMING) - len(self.missing)

    @property
    def complete(self) -> bool:
        """Whether all 14 arrive and nothing is wrong."""
        return not (self.missing or self.faults)

    @property
    def absent(self) -> tuple[str, ...]:
        """Those of the 14 that do not arrive for no other reason than that they are not there."""
        explained = {name for fault in self.faults for name in fault.names}
        return tuple(name for name in self.missing if name not in explained)

    @property
    def sentence(self) -> str:
        """Everything that is wrong."""
        hinted = (f"{each.text} ({each.hint})" if each.hint else each.text for each in self.faults)
        return "; ".join((*hinted, *self.name_absent()))

    def name_absent(self) -> Iterator[str]:
        """Yield the clause that names the absent placeholders, if any."""
        if self.absent:
            yield "missing: " + ", ".join(f"<{name}>" for name in self.absent)


def inspect(profile: CallbackProfile) -> Inspection:
    """Inspect a profile's template where its method puts it; without a URL, nothing arrives."""
    if not split_query(profile.url)[0]:
        fault = Fault(NO_URL, INCOMING)
        return Inspection(frozenset(), (), (), (fault,), _URL_HINT)
    if profile.method.uses_body:
        return inspect_body(profile.template or "{}")
    return inspect_url(profile.template)


def require_complete(inspection: Inspection, *, allow_missing: bool = False) -> None:
    """Raise one TemplateError that names everything wrong.

    `allow_missing` lets placeholders be absent, and stand where they are not a parameter.
    """
    faults = [each for each in inspection.faults if not (allow_missing and each.excusable)]
    absent = () if allow_missing else tuple(inspection.name_absent())
    if faults or absent:
        hints = (each.hint for each in faults if each.hint)
        hint = next(hints, inspection.hint if absent else None)
        raise TemplateError("; ".join((*(each.text for each in faults), *absent)), hint=hint)


# -- URLs


def inspect_url(url: str) -> Inspection:
    """Inspect the URL of a GET or DELETE template. Never raises.

    A placeholder arrives as the whole value of a query parameter of its own, before any `#`.
    """
    path, query = split_query(url.partition("#")[0])
    every = parameters(query)
    counts = Counter(each.name for each in every if each.text)
    whole = {at: _read_whole(each) for at, each in enumerate(every)}
    arriving = frozenset(name for at, name in whole.items() if name and counts[every[at].name] == 1)
    sent, *fragment = re.split(_FRAGMENT, url, maxsplit=1)
    shown = parameters(split_query(sent)[1])
    places = [("the path", path), *_name_parameters(shown)]
    places += [("the fragment (behind #)", text) for text in fragment]
    unknown, encoded = sort_names(MARK.finditer(url))
    faults = [
        *_find_characters(places, arriving),
        *_find_wrong_names(places, unknown, encoded),
        *_find_structure(path, query, "".join(fragment), arriving),
        *_find_repeated(every, counts),
    ]
    explained = {name for fault in faults for name in fault.names}
    faults += _find_misplaced(places, arriving | explained)
    return Inspection(arriving, unknown, encoded, tuple(faults), _URL_HINT)


def _read_whole(parameter: Parameter) -> str | None:
    """Return the name of the placeholder that is the whole value of a readable parameter.

    A receiver sees the key of `&amp;from=…` as `amp;from`, and that of `??from=…` as `?from`.
    Kaleyra's own page has a template with quotes around each placeholder.
    """
    value = parameter.value
    if len(value) > 2 and value[0] == value[-1] == '"':
        value = value[1:-1]
    mark = MARK.fullmatch(value)
    readable = parameter.key and not parameter.key.lower().startswith(("?", "amp;"))
    return mark["name"] if mark and is_literal(mark) and readable else None


def _name_parameters(every: Sequence[Parameter]) -> list[tuple[str, str]]:
    filled = [each for each in every if each.text]
    return [
        (f"query parameter {at} ({each.key!r})", each.text) for at, each in enumerate(filled, 1)
    ]


def _find_structure(
    path: str, query: str | None, fragment: str, arriving: frozenset[str]
) -> Iterator[Fault]:
    """Find a missing `?`, wrong separators and a fragment that keep placeholders from arriving."""
    lost = [each for each in re.finditer(_NO_QUERY, path) if each["name"] not in arriving]
    if query is None and lost:
        names = tuple(each["name"] for each in lost)
        text = f"the URL has no '?' before its parameters, at {lost[0][0]!r}"
        yield Fault(text, names, hint="write '?' there")
    at = 0
    wrong: dict[str, tuple[str, tuple[str, ...]]] = {}
    for each in parameters(query):
        at += bool(each.text)
        ends = [*re.finditer(_SEPARATOR, f"&{each.text}" if at > 1 else each.text)]
        names = _lost_names(each.text, arriving)
        if ends and names:
            place, before = wrong.get(ends[0]["wrong"], (f"query parameter {at}", ()))
            wrong[ends[0]["wrong"]] = place, before + names
    for separator, (place, names) in wrong.items():
        yield Fault(
            f"{separator!r} separates parameters in {place}, where only '&' does",
            names,
            hint="write '&' between parameters",
        )
    if names := _lost_names(fragment, arriving):
        text = f"<{names[0]}> stands behind the '#' of the URL, and what does is never sent"
        yield Fault(text, names, hint="write the query before the '#'")


def _lost_names(text: str, arriving: frozenset[str]) -> tuple[str, ...]:
    found = (mark["name"] for mark in MARK.finditer(text) if is_literal(mark))
    return tuple(name for name in found if name not in arriving)


def _find_repeated(every: Sequence[Parameter], counts: Counter[str]) -> Iterator[Fault]:
    for key in (key for key, count in counts.items() if count > 1):
        texts = " ".join(each.text for each in every if each.name == key)
        if names := tuple(mark["name"] for mark in MARK.finditer(texts)):
            yield Fault(f"duplicate query parameter {key!r}", names, hint="remove one of them")


def _find_misplaced(places: Sequence[tuple[str, str]], excused: frozenset[str]) -> Iterator[Fault]:
    """Find the placeholders that stand elsewhere than as a whole value, and nowhere else."""
    for place, text in places:
        for name in dict.fromkeys(_lost_names(text, excused)):
            if name in INCOMING:
                words = f"<{name}> in {place} is not the whole value of a query parameter"
                hint = f"write {name}=<{name}> behind the '?'"
                yield Fault(words, (name,), hint=hint, excusable=True)


# -- bodies


def inspect_body(text: str) -> Inspection:
    """Inspect a JSON body. Never raises.

    A placeholder arrives in a string value at any depth; one in a key does not count.
    """
    try:
        root, faults = read_template(text)
    except NotJson as error:
        hint = explain_syntax(text, error.position)
        fault = Fault(f"the body is not JSON: {error}", INCOMING, hint)
        return Inspection(frozenset(), (), (), (fault,), _BODY_HINT)
    if not isinstance(root, dict):
        fault = Fault("the body is not a JSON object", INCOMING, 'write {"body": "<body>", …}')
        return Inspection(frozenset(), (), (), (fault,), _BODY_HINT)
    places = [(f"member {path!r}", value) for path, value in strings(root)]
    marks = [mark for _, value in places for mark in MARK.finditer(value)]
    unknown, encoded = sort_names(marks)
    arriving = frozenset(mark["name"] for mark in marks if is_literal(mark))
    found = [
        *(Fault(text, INCOMING) for text in faults),
        *_find_characters(places, arriving),
        *_find_wrong_names(places, unknown, encoded),
    ]
    return Inspection(arriving, unknown, encoded, tuple(found), _BODY_HINT)


# -- both


def _find_wrong_names(
    places: Sequence[tuple[str, str]], unknown: Sequence[str], encoded: Sequence[str]
) -> Iterator[Fault]:
    for place, mark in ((place, mark) for place, text in places for mark in MARK.finditer(text)):
        if mark["name"] in (unknown if is_literal(mark) else encoded):
            meant = _nearest(mark["name"])
            question = f" (did you mean <{meant}>?)" if meant else ""
            literal = "is not a Kaleyra placeholder"
            words = literal if is_literal(mark) else "is encoded, so Kaleyra never fills it"
            yield Fault(f"{mark[0]} in {place} {words}{question}", (meant,) if meant else ())


def _nearest(name: str) -> str | None:
    """Find the placeholder that a name is, or was probably meant to be."""
    return name if name in KNOWN else nearest(name.lower(), KNOWN)


def _find_characters(
    places: Sequence[tuple[str, str]], arriving: frozenset[str]
) -> Iterator[Fault]:
    """Find quotes, invisible characters and look-alikes in what was meant as a placeholder."""
    for place, text in places:
        if place.startswith(("query", "the path")) and (
            quote := re.search(TYPOGRAPHIC_QUOTE, text)
        ):
            yield Fault(f"{place} contains the typographic quote {quote[0]}", hint="remove it")
        for found in () if text.isascii() else re.finditer(LOOKALIKE, text):
            if name := read_lookalike(found):
                codes = ", ".join(f"U+{ord(sign):04X}" for sign in found[0] if not sign.isascii())
                yield Fault(f"<{name}> in {place} contains {codes}", (name,))
        for found in re.finditer(_FOREIGN, text) if "{{" in text else ():
            if found["name"] not in arriving:
                words = f"{found[0]} in {place} is not a Kaleyra placeholder"
                yield Fault(words, (found["name"],), hint=f"write <{found['name']}>")


def read_lookalike(found: re.Match[str]) -> str | None:
    """Return the name that a text only looks like, for invisible or foreign characters in it."""
    if found[0].isascii():
        return None
    plain = unicodedata.normalize("NFKC", found[0]).translate(_CONFUSABLE)
    plain = "".join(sign for sign in plain if unicodedata.category(sign) != "Cf")
    return plain[1:-1] if plain[1:-1] in KNOWN else None

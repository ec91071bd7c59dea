"""JSON as text: read, searched, edited in place, and written so that a terminal can show it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

from wacb.errors import TemplateError

# DEL, C1 (NEL among them), bidi controls, line and paragraph separator, surrogates
_HARMFUL = r"\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff"
_UNSAFE = rf"[\x00-\x1f{_HARMFUL}]"
_UNSAFE_IN_JSON = rf"[{_HARMFUL}]"
_SHORT_ESCAPES = {"\t": r"\t", "\n": r"\n", "\r": r"\r"}


def visible(text: str) -> str:
    r"""Neutralise what would steer a terminal or cannot be written, as `\n`, `\x1b`, `\u202e`."""
    if text.isascii() and text.isprintable():
        return text  # the usual case, found out faster than by the pattern
    return re.sub(_UNSAFE, _escape, text)


def _escape(match: re.Match[str]) -> str:
    character = match[0]
    code = ord(character)
    return _SHORT_ESCAPES.get(character) or (f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}")


def json_text(value: object) -> str:
    r"""Write `value` as indented JSON without a final newline.

    Only what a terminal or UTF-8 cannot take is escaped (as `\u009b`), so a parser sees no change.
    """
    return _dumps(value, indent=2)


def json_line(value: object) -> str:
    """Write `value` as JSON on one line, for NDJSON."""
    return _dumps(value, indent=None)


@cache
def _encoder(indent: int | None) -> Callable[[object], str]:
    return json.JSONEncoder(ensure_ascii=False, indent=indent).encode


def _dumps(value: object, *, indent: int | None) -> str:
    text: str = _encoder(indent)(value)
    if text.isascii() and "\x7f" not in text:
        return text  # the usual case here, too
    return re.sub(_UNSAFE_IN_JSON, lambda match: f"\\u{ord(match[0]):04x}", text)


MOST_LEVELS = 100  # of JSON: the parser takes more than code that walks it can
_QUOTES = tuple("\u201c\u201d\u201e\u201f\u2018\u2019\u201a\u201b")  # “ ” „ ‟ and single ones
TYPOGRAPHIC_QUOTE = f"[{''.join(_QUOTES)}]"
_QUOTE_AS_DELIMITER = rf"[{{\[,:]\s*({TYPOGRAPHIC_QUOTE})|({TYPOGRAPHIC_QUOTE})\s*[}}\],:]"
_STRING = re.compile(r'"((?:[^"\\]|\\.)*)"(\s*:)?')  # what a colon follows is a key
_HIGH_LOW = r"\\u[Dd][89ABab]..\\u[Dd][C-Fc-f].."  # two escapes that are one character
_CHARACTER = re.compile(rf"{_HIGH_LOW}|\\u....|\\.|.", re.DOTALL)


def is_deep(value: object) -> bool:
    """Say whether parsed JSON has more levels than code that walks or prints it can take."""
    level = [value]
    for _ in range(MOST_LEVELS):
        level = [
            inner
            for outer in level
            if isinstance(outer, dict | list)
            for inner in (outer.values() if isinstance(outer, dict) else outer)
        ]
    return bool(level)


def parse(text: str) -> object:
    """Read JSON. The error names the place and never repeats the content."""
    try:
        # Only strings matter: read as a float, an integer of 5 000 digits is no error.
        return json.loads(
            text, object_pairs_hook=_members, parse_int=float, parse_constant=_refuse_constant
        )
    except json.JSONDecodeError as error:
        raise TemplateError(
            f"the body is not JSON: line {error.lineno}, column {error.colno}",
            hint=_reason(text, error.pos),
        ) from None
    except RecursionError:
        raise TemplateError("the body is nested too deeply") from None


def parse_object(text: str) -> dict[str, object]:
    """Read a JSON object. Raises TemplateError for anything else."""
    root = parse(text)
    if not isinstance(root, dict):
        raise TemplateError("the body is no JSON object", hint='write {"body": "<body>", …}')
    return root


def strings(root: object) -> Iterator[tuple[str, str]]:
    """Yield the (path, value) of every string, in the order of the text, however deep."""
    stack = [("", root)]
    while stack:
        path, node = stack.pop()
        if isinstance(node, str):
            yield path.removeprefix("."), node
        elif isinstance(node, dict):
            stack += [(f"{path}.{key}", value) for key, value in reversed(node.items())]
        elif isinstance(node, list):
            stack += [(f"{path}[{at}]", node[at]) for at in reversed(range(len(node)))]


def substitute(
    text: str, pattern: re.Pattern[str], replace: Callable[[re.Match[str]], str | None]
) -> str:
    """Replace what `pattern` finds in the string values, however they are escaped; not in keys.

    `text` is valid JSON, and all of it that is not replaced stays as it is written. What `replace`
    returns must need no escaping; for None the match stays too.
    """

    def edited(found: re.Match[str]) -> str:
        if found[2]:
            return found[0]
        written: list[str] = _CHARACTER.findall(found[1])  # one entry a character of the value
        for match in reversed([*pattern.finditer(json.loads(found[0]))]):
            new = replace(match)
            if new is not None:
                written[match.start() : match.end()] = [new]
        return f'"{"".join(written)}"'

    return _STRING.sub(edited, text)


def append_members(text: str, members: str) -> str:
    """Write `members`, as in `"a":"b","c":"d"`, at the end of a valid JSON object."""
    end = text.rindex("}")
    kept = text[:end].rstrip()
    comma = "" if kept.endswith("{") else ","
    return kept + comma + members + text[len(kept) :]


def _members(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members: dict[str, object] = {}
    for key, value in pairs:
        if key in members:
            raise TemplateError(f"the key {key!r} stands twice in one object of the body")
        if key.startswith(_QUOTES) and key.endswith(_QUOTES):
            raise TemplateError(f"the key {key!r} of the body has typographic quotes around it")
        members[key] = value
    return members


def _refuse_constant(name: str) -> object:
    raise TemplateError(f"the body is not JSON: it holds {name}")


def _reason(text: str, position: int) -> str | None:
    if quote := re.search(_QUOTE_AS_DELIMITER, text):
        return f'it has typographic quotes ({quote[1] or quote[2]}): JSON takes straight ones (")'
    if text.startswith("<", position):
        return 'a placeholder stands between quotes, like "<body>"'
    return None


def open_body(text: str | None) -> Any:
    """Open JSON text; "" and "{}" are no body, and what is no JSON, or too deep, stays text."""
    if text in (None, "", "{}"):
        return None
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return text
    return text if is_deep(value) else value


def parse_or_none(value: Any) -> Any:
    """Open a string that holds JSON; anything else stays as it is, broken JSON is None."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return None


def compact_json(value: Any) -> str:
    """Write JSON as the API is sent it: no white space, placeholders with literal brackets."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))

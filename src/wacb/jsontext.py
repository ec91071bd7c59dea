"""JSON as text: one lenient reader, one writer, edits in place, and what a terminal can show."""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

from wacb.errors import TemplateError

MAX_DEPTH = 100  # levels of JSON: the parser takes more than code that walks it can
MAX_DIGITS = 640  # of an integer that Python always converts, whatever its settings

Members = Callable[[list[tuple[str, Any]]], dict[str, Any]]


class NotJson(ValueError):
    """Text is not JSON. The message says why and never repeats the text."""

    def __init__(self, reason: str, position: int = 0) -> None:
        super().__init__(reason)
        self.position = position


class JsonReader:
    """Read JSON, the same way everywhere: UTF-8 with or without a BOM, no NaN or Infinity.

    `max_depth` is the number of levels, None for as many as the parser takes. Of a duplicate key
    the last value counts, unless `members` makes an object's dict otherwise. A number that Python
    cannot hold is not JSON; with `huge_as_text` it stays the text it is. Without a `members` that
    keeps something, any number of threads can share a reader.
    """

    def __init__(
        self,
        *,
        max_depth: int | None = MAX_DEPTH,
        huge_as_text: bool = False,
        members: Members | None = None,
    ) -> None:
        self._max_depth = max_depth
        self._decode = json.JSONDecoder(
            object_pairs_hook=members,
            parse_int=_integer_or_text if huge_as_text else _integer,
            parse_float=_float_or_text if huge_as_text else _float,
            parse_constant=_reject_number,
        ).decode

    def __call__(self, text: str | bytes) -> Any:
        """Return the value that `text` spells. Raises NotJson."""
        try:
            text = text if isinstance(text, str) else text.decode("utf-8-sig")
            value = self._decode(text)
        except json.JSONDecodeError as error:
            raise _locate(text, error.pos) from None
        except UnicodeDecodeError:
            raise NotJson("it is not UTF-8") from None
        except RecursionError:
            raise NotJson("it is nested too deeply") from None
        most = self._max_depth
        if most is not None and text.count("[") + text.count("{") > most and is_deep(value, most):
            raise NotJson("it is nested too deeply")
        return value


def _locate(text: str | bytes, position: int) -> NotJson:
    """Name the place of a mistake; of a comma too many, Python versions report either end."""
    text = text if isinstance(text, str) else text.decode("utf-8-sig")
    closing = re.compile(r",\s*(?=[}\]])").match(text, position)
    position = closing.end() if closing else position
    line, column = text.count("\n", 0, position) + 1, position - text.rfind("\n", 0, position)
    return NotJson(f"line {line}, column {column}", position)


def _integer(text: str) -> int:
    return int(text) if len(text) <= MAX_DIGITS else _reject_number("a number of too many digits")


def _float(text: str) -> float:
    value = float(text)
    return value if math.isfinite(value) else _reject_number("a number that is too large")


def _integer_or_text(text: str) -> int | str:
    return int(text) if len(text) <= MAX_DIGITS else text


def _float_or_text(text: str) -> float | str:
    value = float(text)
    return value if math.isfinite(value) else text


def _reject_number(name: str) -> Any:
    raise NotJson(f"it contains {name}")


read_json = JsonReader()


def is_deep(value: object, max_depth: int = MAX_DEPTH) -> bool:
    """Return whether parsed JSON has more levels than code that walks or prints it can take."""
    level = [value]
    for _ in range(max_depth):
        level = [
            inner
            for outer in level
            if isinstance(outer, dict | list)
            for inner in (outer.values() if isinstance(outer, dict) else outer)
        ]
    return bool(level)


def read_json_or(text: str | bytes, default: Any) -> Any:
    """Return the value that `text` spells, `default` where it is not JSON."""
    try:
        return read_json(text)
    except NotJson:
        return default


def open_body(text: str | None) -> Any:
    """Return the value of a body, None for an empty one ("" and "{}"); other text stays text."""
    return read_json_or(text, text) if text and text != "{}" else None


def parse_or_none(value: Any) -> Any:
    """Open a string that holds JSON; other values stay the same, broken JSON is None."""
    return read_json_or(value, None) if isinstance(value, str) else value


# -- writing


def json_text(value: object) -> str:
    r"""Write `value` as indented JSON without a final newline.

    Only what a terminal or UTF-8 cannot take is escaped (as `\u009b`), so a parser sees no change.
    """
    return _escape_harmful(json.dumps(value, ensure_ascii=False, indent=2))


def json_line(value: object) -> str:
    """Write `value` as JSON on one line for a terminal or NDJSON, escaped as by json_text."""
    return _escape_harmful(json.dumps(value, ensure_ascii=False))


def compact_json(value: object) -> str:
    """Write `value` without white space, every character literal. Raises ValueError for NaN."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def ascii_json(value: object, *, indent: int | None = None, sort_keys: bool = False) -> str:
    """Write `value` in ASCII, for files and comparisons; on one line without `indent`."""
    return json.dumps(value, indent=indent, sort_keys=sort_keys)


# -- what a terminal can show

# DEL, C1 (NEL among them), bidi controls, line and paragraph separator, surrogates
_HARMFUL = r"\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff"
CONTROLLING = rf"[\x00-\x1f{_HARMFUL}]"
_SHORT_ESCAPES = {"\t": r"\t", "\n": r"\n", "\r": r"\r"}


def visible(text: str) -> str:
    r"""Escape what would steer a terminal or cannot be written, as `\n`, `\x1b`, `\u202e`."""
    if text.isascii() and text.isprintable():
        return text  # the usual case, found out faster than by the pattern
    return re.sub(CONTROLLING, _escape, text)


def _escape(match: re.Match[str]) -> str:
    character = match[0]
    code = ord(character)
    return _SHORT_ESCAPES.get(character) or (f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}")


def _escape_harmful(text: str) -> str:
    if text.isascii() and "\x7f" not in text:
        return text  # the usual case here, too
    return re.sub(rf"[{_HARMFUL}]", lambda match: f"\\u{ord(match[0]):04x}", text)


# -- the body of a template

_QUOTES = tuple("\u201c\u201d\u201e\u201f\u2018\u2019\u201a\u201b")  # “ ” „ ‟ and single ones
TYPOGRAPHIC_QUOTE = f"[{''.join(_QUOTES)}]"
_QUOTE_AS_DELIMITER = rf"[{{\[,:]\s*({TYPOGRAPHIC_QUOTE})|({TYPOGRAPHIC_QUOTE})\s*[}}\],:]"
_STRING = r'"((?:[^"\\]|\\.)*)"(\s*:)?'  # what a colon follows is a key
_HIGH_LOW = r"\\u[Dd][89ABab]..\\u[Dd][C-Fc-f].."  # two escapes that are one character
_CHARACTER = rf"(?s){_HIGH_LOW}|\\u....|\\.|."


def parse(text: str) -> object:
    """Read the JSON of a body, however deep. Raises TemplateError, also for a duplicate key."""
    try:
        root, faults = read_template(text)
    except NotJson as error:
        hint = explain_syntax(text, error.position)
        raise TemplateError(f"the body is not JSON: {error}", hint=hint) from None
    if faults:
        raise TemplateError(faults[0])
    return root


def read_template(text: str) -> tuple[object, list[str]]:
    """Read the JSON of a body, and what is wrong with its keys. Raises NotJson.

    A duplicate key is left out of its object: which value arrives depends on the receiver.
    """
    faults: list[str] = []

    def members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        counts = Counter(key for key, _ in pairs)
        for key, count in counts.items():
            if count > 1:
                faults.append(f"duplicate key {key!r} in one object of the body")
            if key.startswith(_QUOTES) and key.endswith(_QUOTES):
                faults.append(f"the key {key!r} of the body has typographic quotes around it")
        return {key: value for key, value in pairs if counts[key] == 1}

    if text.startswith("\ufeff"):
        raise NotJson("it begins with a byte order mark (U+FEFF)")
    # only strings matter here: a number of 5 000 digits is not an error
    return JsonReader(max_depth=None, huge_as_text=True, members=members)(text), faults


def parse_object(text: str) -> dict[str, object]:
    """Read a JSON object. Raises TemplateError for anything else."""
    root = parse(text)
    if not isinstance(root, dict):
        raise TemplateError("the body is not a JSON object", hint='write {"body": "<body>", …}')
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
    text: str, pattern: re.Pattern[str] | str, replace: Callable[[re.Match[str]], str | None]
) -> str:
    """Replace what `pattern` finds in the string values of valid JSON; keys stay.

    All text that is not replaced keeps its characters, escapes included. What `replace` returns
    must need no escaping; for None the match stays too.
    """

    def edit(found: re.Match[str]) -> str:
        if found[2]:
            return found[0]
        written: list[str] = re.findall(_CHARACTER, found[1])  # one entry a character of the value
        for match in reversed([*re.finditer(pattern, read_json(found[0]))]):
            new = replace(match)
            if new is not None:
                written[match.start() : match.end()] = [new]
        return f'"{"".join(written)}"'

    return re.sub(_STRING, edit, text)


def append_members(text: str, members: str) -> str:
    """Write `members`, as in `"a":"b","c":"d"`, at the end of a valid JSON object."""
    end = text.rindex("}")
    kept = text[:end].rstrip()
    comma = "" if kept.endswith("{") else ","
    return kept + comma + members + text[len(kept) :]


def explain_syntax(text: str, position: int) -> str | None:
    """Say what to do about the mistake at a position of text that is not JSON, if it is known."""
    if quote := re.search(_QUOTE_AS_DELIMITER, text):
        return f'use straight quotes (") instead of typographic ones ({quote[1] or quote[2]})'
    if text.startswith("<", position):
        return 'write a placeholder between quotes, like "<body>"'
    if text.startswith("&quot;", position):
        return 'write " instead of &quot;'
    if text.startswith("'", position):
        return "use double quotes instead of single ones"
    if text.startswith(("}", "]"), position) and text[:position].rstrip().endswith(","):
        return f"remove the comma before the {text[position]}"
    return None

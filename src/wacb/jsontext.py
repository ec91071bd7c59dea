"""JSON as the text it stands in: read strictly, searched and edited without writing it anew.

Knows nothing of placeholders (placeholders.py) and nothing of what the API answers (contract/).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator

from wacb.errors import TemplateError

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

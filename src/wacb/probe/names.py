"""Words for evidence: types and counts of members, and names that reveal no account data."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from wacb.jsontext import read_json_or

_MAX_NAME = 60


def _split(text: str) -> list[str]:
    """Split text into lower-case words, also `camelCase`."""
    return [word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[0-9]+", text)]


# parts of names that may also occur in the account's data, such as its URLs
_TECHNICAL = frozenset(
    _split(
        "active api attached attributes callback channel config configuration current data default "
        "details event events hook http id ids inbound incoming info link message messages meta "
        "method name number path phone platform profile profiles ref reference setting settings "
        "source status target type update url uuid value wa waba webhook whatsapp"
    )
)


def type_name(value: Any) -> str:
    """Name the JSON type of a value; distinguish text that contains an object or a list."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, int | float):
        return "a number"
    if isinstance(value, str):
        inner = read_json_or(value, None)
        kind = isinstance(inner, dict | list) and type_name(inner).removeprefix("a").strip("n ")
        return f"text with a JSON {kind}" if kind else "text" if value else "empty text"
    return "a list" if isinstance(value, list) else "an object"


def count_types(values: Iterable[Any]) -> str:
    """Return the types of values with counts: `text in 2, null in 1`."""
    counts = Counter(map(type_name, values))
    return ", ".join(f"{name} in {count}" for name, count in sorted(counts.items()))


def count_names(names: Iterable[str]) -> str:
    """Return how often names of wacb's own vocabulary were found: "`id` in 2"."""
    return ", ".join(f"`{name}` in {count}" for name, count in sorted(Counter(names).items()))


def plural(count: int, thing: str) -> str:
    """Write a count: `1 profile`, `2 profiles`."""
    return f"{count} {thing}{'' if count == 1 else 's'}"


class Names:
    """Distinguish names of the API from names made of the account's data.

    An object may be keyed by numbers, IDs or titles; such a name never leaves the account.
    """

    def __init__(self, answers: Iterable[Any]) -> None:
        self._words: set[str] = set()
        self._whole: set[str] = set()
        for text in _texts([*answers]):
            self._whole.add(_squeeze(text))
            self._words.update(_split(text))

    def is_public(self, name: str) -> bool:
        """Return whether a member's name, or path of names joined by `.`, is one of the API."""
        return len(name) <= _MAX_NAME and all(map(self._is_public, name.split(".")))

    def _is_public(self, name: str) -> bool:
        if not re.fullmatch(r"[A-Za-z]+(?:[_-][A-Za-z]+)*", name):
            return False
        words = set(_split(name))
        if words <= _TECHNICAL:
            return True
        return _squeeze(name) not in self._whole and not (words - _TECHNICAL) & self._words


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
    elif value is not None and not isinstance(value, bool):
        yield str(value)


def _squeeze(text: str) -> str:
    return "".join(_split(text))

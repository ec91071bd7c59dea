"""Find the callback in what logs, proxies and platforms wrap around it."""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, NamedTuple
from urllib.parse import urlencode

from wacb.callbacks import classify
from wacb.callbacks.payload import PayloadReader, looks_like_form
from wacb.jsontext import NotJson, compact_json
from wacb.template.placeholders import INCOMING
from wacb.urls import is_url_or_path, split_query

_DEPTH = 6  # levels of wrapping
_STRUCTURES = ("message", "contacts", "location")
_BODIES = ("body", "rawBody", "content", "json", "form", "data", "payload")
_QUERIES = ("args", "query", "queryStringParameters", "rawQueryString")
_URLS = ("url", "uri", "path", "request_uri", "requestUrl", "originalUrl")
_OUTER = ("req", "request", "httpRequest", "event", "jsonPayload", "params")
_REQUEST = re.compile(
    r'(?:GET|POST|PUT|DELETE) (?:path=)?"?(?P<target>(?:https?:/)?/\S+?)"?(?:\s|$)'
)


class Found(NamedTuple):
    """One callback: a query string or a JSON body, and the `path` of members that led to it.

    `names` is how many of the 14 it has.
    """

    query: str
    body: str
    path: str
    names: int


def unwrap(text: str) -> list[Found]:
    """Return the callbacks of a text, in their order; none if it is itself one."""
    if text.startswith('"'):
        with suppress(NotJson):
            return [*_search(PayloadReader().json(text), "a string of JSON", _DEPTH)]
    value = PayloadReader().parse_if_json(text)
    if isinstance(value, dict):
        return _find_inside(value, "", _DEPTH) or []
    if not isinstance(value, str):
        return [*_search(value, "", _DEPTH)]
    is_line = text.startswith(("b'", "'")) or _REQUEST.search(text)
    if looks_like_form(text.removeprefix("?")) and not is_line:
        pairs = PayloadReader().pairs(text)
        opened = [PayloadReader().parse_if_json(member) for member in (*pairs.values(), *pairs)]
        whole = not any(name in pairs for name in INCOMING)
        return [each for item in opened if whole for each in _search(item, "", _DEPTH)]
    return [*_search_text(text)]


def _is_callback(value: dict[str, Any]) -> bool:
    """Whether JSON is a callback: two of the 14 have a value, or it has Meta's shape."""
    names = [name for name in _names(value) if classify.has_value(name, value[name])]
    return _has_metas_shape(value) or len(names) > 1


def _has_metas_shape(value: dict[str, Any]) -> bool:
    inner = value.get("value")
    messages = isinstance(inner, dict) and "messages" in inner
    return messages or "meta_object" in value or "entry" in value


def _names(value: dict[str, Any]) -> list[str]:
    """List those of the 14 that an object has; a `body` that is an object itself wraps one."""
    text = {name for name, item in value.items() if not isinstance(item, dict)}
    return [name for name in INCOMING if name in text or (name in _STRUCTURES and name in value)]


def _size(value: dict[str, Any]) -> int:
    return len(INCOMING if _has_metas_shape(value) else _names(value))


def _find_inside(value: dict[str, Any], path: str, depth: int) -> list[Found] | None:
    """Return the callbacks that an object wraps, None if it is one itself.

    A log entry has a name, type or message of its own, but fewer of the 14 than what it wraps.
    """
    found = [*_search_members(value, path, depth)] if depth > 0 else []
    own = _size(value)
    return None if _is_callback(value) and all(each.names <= own for each in found) else found


def _search(value: Any, path: str, depth: int) -> Iterator[Found]:
    if isinstance(value, str):
        yield from _search_member(value, path, depth)
    elif isinstance(value, dict):
        inside = _find_inside(value, path, depth)
        if inside is None:
            inside = [Found("", compact_json(value), path, _size(value))]
        yield from inside
    elif isinstance(value, list) and depth > 0:
        for at, item in enumerate(value):
            yield from _search(item, f"{path}[{at}]", depth - 1)


def _search_members(value: dict[str, Any], path: str, depth: int) -> Iterator[Found]:
    coded = value.get("isBase64Encoded") is True
    names = (*_BODIES, *_QUERIES, *_URLS, *_OUTER, *(value if len(value) == 1 else ()))
    for name in names:
        item = value.get(name)
        if coded and name == "body" and isinstance(item, str):
            with suppress(ValueError):  # a body that is not base64 stays the text it is
                item = b64decode(item).decode("utf-8", "replace")
        found = [*_search(item, f"{path}.{name}".removeprefix("."), depth - 1)]
        if not found and len(value) == 1:
            found = [*_search(PayloadReader().parse_if_json(name), path, depth - 1)]
        if found:
            yield from found
            return
    if isinstance(body := value.get("body"), dict) and body:
        yield Found("", compact_json(body), f"{path}.body".removeprefix("."), _size(body))


def _search_member(text: str, path: str, depth: int) -> Iterator[Found]:
    opened = PayloadReader().parse_if_json(text)
    if not isinstance(opened, str):
        yield from _search(opened, path, depth - 1)
        return
    request = _REQUEST.search(text)
    target = request["target"] if request else text
    query = split_query(target)[1] or "" if is_url_or_path(target) else text
    if looks_like_form(query) and _is_callback(pairs := PayloadReader().pairs(query)):
        yield Found(urlencode(pairs), "", path, _size(pairs))


def _search_text(text: str) -> Iterator[Found]:
    """Find callbacks in lines of logs and in requests as they are sent."""
    found = [each for line in text.splitlines() for each in _search_line(line)]
    yield from found or _search_braces(text)


def _search_line(line: str) -> Iterator[Found]:
    place = "the request line" if _REQUEST.search(line) else "the text around it"
    found = [*_search_member(line, place, 1)]
    yield from found or _search_braces(line)


def _search_braces(text: str) -> Iterator[Found]:
    start, end = text.find("{"), text.rfind("}")
    opened = PayloadReader().parse_if_json(text[start : end + 1])
    if start >= 0 and not isinstance(opened, str):
        yield from _search(opened, "the text around it", _DEPTH)

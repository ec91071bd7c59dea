"""Where a URL or a body holds a secret: user info, and what its own name calls one, as in
`?token=…` and `{"api_key": …}`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

from wacb.template.placeholders import MARK, SEPARATOR
from wacb.validation import authenticates

Secret = Callable[[str, Any], Any]
Plain = Callable[[str], str]
_USER_INFO = re.compile(r"\A((?:[^/?#]*//)?)[^/?#]+@")


def without_user_info(url: str, mark: str = "") -> str:
    """Return the URL as it is sent, with `mark` in the place of user info and its @."""
    return _USER_INFO.sub(rf"\1{mark}", url)


def map_url(url: str, *, secret: Secret, plain: Plain = str) -> str:
    """Replace the query values whose key authenticates by `secret(key, value)`.

    Placeholders stay; the rest goes through `plain`.
    """
    path, mark, query = url.partition("?")
    written = []
    for parameter in re.split(SEPARATOR, query):
        key, equals, value = parameter.partition("=")
        hidden = authenticates(unquote(key)) and _is_literal(value)
        value = secret(unquote(key), value) if hidden else plain(value)
        written.append(plain(key) + equals + value)
    return plain(path) + mark + "&".join(written)


def map_body(value: Any, *, secret: Secret, plain: Plain = str, name: str = "") -> Any:
    """Replace the texts and numbers of members whose name authenticates, however deep below.

    `name` is that of such a member above. Placeholders stay; other texts go through `plain`.
    """
    if isinstance(value, dict):
        return {
            key: map_body(
                item, secret=secret, plain=plain, name=name or (key if authenticates(key) else "")
            )
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [map_body(item, secret=secret, plain=plain, name=name) for item in value]
    if isinstance(value, str):
        return secret(name, value) if name and _is_literal(value) else plain(value)
    if name and isinstance(value, int | float) and not isinstance(value, bool):
        return secret(name, value)
    return value


def _is_literal(value: str) -> bool:
    return value != "" and not MARK.search(value)

"""A live profile as a table of a manifest, its secrets as variables. The file is write.py's."""

from __future__ import annotations

import json
import re
from collections.abc import Container, Iterator
from contextlib import suppress
from itertools import count, product
from typing import Any

from wacb.errors import InvalidInput, TemplateError
from wacb.jsontext import is_deep, parse_object
from wacb.literals import map_body, map_url
from wacb.models import CallbackProfile, Encryption
from wacb.storage import encryption_keys
from wacb.template import placeholders
from wacb.validation import authenticates, check_endpoint


class Secrets:
    """The secrets of one profile: `values` maps variables to them."""

    def __init__(self, table: str, taken: Container[str]) -> None:
        self.values: dict[str, str] = {}
        self._table = table
        self._taken = taken

    def hide(self, what: str, secret: Any) -> str:
        """Return the reference to a new variable for the secret of `what`, a header or the like.

        Raises InvalidInput for one that is no text, as no variable can be.
        """
        if not isinstance(secret, str):
            raise InvalidInput(f"member {what!r} of its body may be a secret, and is no text")
        # before a digit stands an underscore, too: no name begins with one
        base = re.sub(r"[^A-Z0-9]+|^(?=[0-9])", "_", f"{self._table}_{what}".upper())
        name = next(
            name
            for name in numbered(base, "_")
            if name not in self._taken and name not in self.values and name != "WACB_API_KEY"
        )
        self.values[name] = secret
        return f"${{{name}}}"


def numbered(base: str, separator: str) -> Iterator[str]:
    """Yield `base`, then it with a 2 behind it, a 3 and so on."""
    yield base
    yield from (f"{base}{separator}{number}" for number in count(2))


def as_table(profile: CallbackProfile, secrets: Secrets, *, local: bool) -> dict[str, Any]:
    """Say what a profile is in as few keys as do. Raises InvalidInput where that can't be said."""
    table = {
        "title": escaped(profile.title),
        "method": profile.method.lower(),
        **_url(profile, secrets),
        **({} if local else _permissions(profile.url)),
        # the API may show something else than text
        "response_message": escaped(str(profile.response_message or "")),
        "channel": escaped(str(profile.channel or "")),
        "events": [escaped(event) for event in profile.events],
        "headers": {
            name: secrets.hide(name, value) if authenticates(name) else escaped(value)
            for name, value in profile.headers.items()
        },
        "encryption": _encryption(profile.encryption, secrets),
    }
    body = _body(profile.body or "{}", secrets) if profile.method.uses_body else {}
    return {name: value for name, value in table.items() if value or name == "title"} | body


def escaped(text: str) -> str:
    """Write text so that no part of it is taken for a variable."""
    return text.replace("$", "$$")


def _url(profile: CallbackProfile, secrets: Secrets) -> dict[str, Any]:
    """Give the keys of a URL; the template that wacb appends by itself is left out."""
    url = profile.url
    if profile.method.uses_body:
        return {"url": _hidden_in_url(url, secrets)}
    if not placeholders.MARK.search(url):
        raise InvalidInput("its URL holds no placeholder, and a manifest would add them")
    for with_status in (False, True):
        names = placeholders.names(with_status=with_status)
        endpoint = url[: -len("?" + placeholders.build_query(names))]
        with suppress(TemplateError):
            if placeholders.build_url(endpoint, names) == url:
                return {"url": _hidden_in_url(endpoint, secrets), "with_status": with_status}
    missing = placeholders.inspect_url(url).missing
    return {"url": _hidden_in_url(url, secrets), "allow_missing": bool(missing)}


def _hidden_in_url(url: str, secrets: Secrets) -> str:
    """Put variables where a query key says that its value is a secret."""
    return map_url(url, secret=secrets.hide, plain=escaped)


def _permissions(url: str) -> dict[str, bool]:
    """Give the keys that an endpoint needs which breaks a rule, none where they don't help."""
    for http, private in product((False, True), repeat=2):
        with suppress(InvalidInput):
            check_endpoint(url, allow_http=http, allow_local=private)
            return {"allow_http": http, "allow_local": private}
    return {}


def _encryption(encryption: Encryption | None, secrets: Secrets) -> dict[str, str]:
    """Give the table of a key; one that the API does not show is a variable all the same."""
    if encryption is None:
        return {}
    cipher, _, mode = encryption.algorithm.upper().rpartition("-")
    key = str(encryption.key or "0" * encryption_keys.KEY_LENGTHS.get(cipher, 0))
    iv = str(encryption.iv or "0" * encryption_keys.IV_LENGTHS.get(mode, (0,))[0])
    return {
        "algorithm": escaped(encryption.algorithm),
        "key": secrets.hide("encryption_key", key),
        "iv": secrets.hide("encryption_iv", iv),
    }


def _body(text: str, secrets: Secrets) -> dict[str, Any]:
    """Give the keys of a body, none where it is the template that wacb makes by itself."""
    if is_deep(parse_object(text)):  # strict, but it makes floats of integers
        raise InvalidInput("its body is nested too deeply")
    try:
        members = json.loads(text)
    except ValueError:
        raise InvalidInput("its body holds a number of too many digits") from None
    for with_status in (False, True):
        names = placeholders.names(with_status=with_status)
        if members == {name: f"<{name}>" for name in names}:
            return {"with_status": True} if with_status else {}
    body = map_body(members, secret=secrets.hide, plain=escaped)
    allowed = {"allow_missing": True} if placeholders.inspect_body(text).missing else {}
    return {**allowed, "body": json.dumps(body) if _holds_null(body) else body}


def _holds_null(value: Any) -> bool:
    """Say whether a value holds what TOML has no word for."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return value is None or any(map(_holds_null, inner))

"""What may be shown, stored or sent elsewhere: one policy for secrets."""

from __future__ import annotations

import re
from binascii import b2a_base64
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from wacb.errors import InvalidInput
from wacb.jsontext import compact_json, json_line, open_body, parse_or_none, visible
from wacb.template.placeholders import MARK
from wacb.urls import parameters, split_query, without_user_info

_AUTHENTICATES = re.compile(r"authorization|cookie|key|token|secret|password", re.IGNORECASE)


def authenticates(name: str) -> bool:
    """Say whether a header of this name carries a secret."""
    return _AUTHENTICATES.search(name) is not None


def check_literal_header(name: str) -> None:
    """Raise InvalidInput for a header that authenticates: arguments can be seen by others."""
    if authenticates(name):
        raise InvalidInput(
            f"the header {name} authenticates, so its value must not stand on a command line",
            hint=f"put the value into a variable and use --header-env {name}=VARIABLE",
        )


Secret = Callable[[str, Any], Any]
Plain = Callable[[str], str]


def map_url(url: str, *, secret: Secret, plain: Plain = str) -> str:
    """Replace the query values whose key authenticates by `secret(key, value)`.

    Placeholders stay; the rest goes through `plain`.
    """
    endpoint, query = split_query(url)
    written = []
    for each in parameters(query):
        hidden = authenticates(each.name) and _is_literal(each.value)
        value = secret(each.name, each.value) if hidden else plain(each.value)
        written.append(plain(each.key) + each.text[len(each.key) :][:1] + value)
    return plain(endpoint) + ("" if query is None else "?" + "&".join(written))


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


MASK = "***"
SHORTEST_SECRET = 6
SHOWN_HEADERS = frozenset(
    ("accept", "accept-encoding", "content-length", "content-type", "host", "user-agent")
).union(("allow", "content-encoding", "date", "retry-after", "server", "transfer-encoding"))


def mask_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Mask the value of every header that is not known to be harmless."""
    return {
        name: value if name.lower() in SHOWN_HEADERS else MASK for name, value in headers.items()
    }


class Redactor:
    """Replace known secrets by `***`, however they are encoded (quality.md 1.13).

    Run it over values before they are cut or laid out: half a secret is not recognised. Secrets
    of fewer than 6 characters are let through, for they would blot out ordinary words.
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._secrets: set[str] = set()
        self.add(*secrets)

    def add(self, *secrets: str) -> None:
        """Take further secrets into account from now on."""
        self._secrets.update(secret for secret in secrets if len(secret) >= SHORTEST_SECRET)
        longest_first = sorted(self._secrets, key=lambda secret: (-len(secret), secret))
        forms = dict.fromkeys(form for secret in longest_first for form in _forms(secret))
        self._pattern = re.compile("|".join(forms) or r"(?!)")

    def __call__(self, text: str) -> str:
        """Return `text` without any known secret."""
        while True:  # `***` and its surroundings may spell another secret
            text, found = self._pattern.subn(MASK, text)
            if not found:
                return text


def _forms(secret: str) -> Iterator[str]:
    """Yield patterns of a secret: raw or percent-encoded, escaped once or twice, in base64."""
    yield "".join(map(_percent_encoded, secret))
    yield "".join(map(_backslash_escaped, secret))
    twice = json_line(json_line(secret)[1:-1])[1:-1]  # in JSON that is a string of JSON
    if "\\" in twice:
        yield re.escape(twice)
    yield from _in_base64(secret.encode("utf-8", "surrogatepass"))


def _percent_encoded(character: str) -> str:
    if character.isascii() and character.isalnum():
        return character
    encoded = character.encode("utf-8", "surrogatepass").hex("%")
    plus = r"|\+" if character == " " else ""
    return f"(?:(?i:%{encoded})|{re.escape(character)}{plus})"


def _backslash_escaped(character: str) -> str:
    r"""Match a character in JSON, TSV or a Python literal, where a bare `\` stands for nothing."""
    if character.isascii() and character.isalnum():
        return character
    spellings = {character, visible(character), json_line(character)[1:-1]} - {"\\"}
    if character in "/'":
        spellings.add(f"\\{character}")
    units = character.encode("utf-16-be", "surrogatepass").hex("u", 2).replace("u", r"\\u")
    return f"(?:{'|'.join(map(re.escape, sorted(spellings)))}|(?i:\\\\u{units}))"


def _in_base64(data: bytes) -> Iterator[str]:
    """Match `data` inside a longer base64 text, at each of the three ways bytes can fall.

    The characters it shares with its neighbours are taken too: they hold bits of it.
    """
    neighbour = r"(?:[A-Za-z0-9_+-]|\\?/|%2[BbFf])?"
    for shift, shared in enumerate((0, 2, 3)):
        end, torn = divmod((shift + len(data)) * 4, 3)
        core = b2a_base64(bytes(shift) + data, newline=False).decode()[shared:end]
        core = core.replace("/", r"(?:\\?/|_|%2[Ff])").replace("+", r"(?:[+-]|%2[Bb])")
        tail = f"{neighbour}(?:=|%3[Dd]){{0,2}}" if torn else ""
        yield f"{neighbour if shift else ''}{core}{tail}"


def masked(name: str, old: Any, new: Any) -> tuple[Any, Any]:
    """Take the secrets out of both values of a field, and the headers in which they agree.

    In a URL and a body, what the name of a parameter or a member calls a secret is one. This is
    for notes, errors and plans, which end up in logs: what shows a profile itself prints its URL
    and body whole, as the user must be able to compare them.
    """
    if name == "encryption":
        return _masked_key(old), _masked_key(new)
    if name == "headers":
        before, after = old or {}, new or {}
        return _masked_headers(before, after), _masked_headers(after, before)
    if name == "url":
        return _masked_url(old), _masked_url(new)
    if name == "body":
        return map_body(old, secret=_mask), map_body(new, secret=_mask)
    return old, new


def _masked_key(value: tuple[Any, ...] | None) -> dict[str, str] | None:
    if value is None:
        return None
    return {"algorithm": value[0]} | ({"key": "***"} if len(value) > 1 else {})


def _masked_url(url: str | None) -> str | None:
    return url and map_url(without_user_info(url, "***@"), secret=_mask)


def _mask(name: str, value: Any) -> str:
    return "***"


def _masked_headers(values: Mapping[str, str], others: Mapping[str, str]) -> dict[str, str]:
    return {name: "***" for name in sorted(values) if values[name] != others.get(name)}


def redacted(body: Any) -> Any:
    """Copy a request's or answer's JSON with keys, header values and one-time codes masked.

    So is what the name of a parameter of a URL or of a member of a body calls a secret.
    """
    if isinstance(body, list):
        return [redacted(item) for item in body]
    if not isinstance(body, dict):
        return body
    return {name: _redacted_member(name, value) for name, value in body.items()}


def _redacted_member(name: str, value: Any) -> Any:
    if name == "enc" and isinstance(value, dict):
        return {key: item if key == "algo" else "***" for key, item in value.items()}
    if name == "headers" and isinstance(headers := parse_or_none(value), dict):
        return compact_json(dict.fromkeys(headers, "***"))
    if name in ("url", "body") and isinstance(value, str):
        return _without_literals(name, value)
    return "***" if value and name in ("enc", "headers", "otp") else redacted(value)


def _without_literals(name: str, text: str) -> str:
    value = open_body(text) if name == "body" else text
    shown, _ = masked(name, value, None)
    if shown == value:
        return text
    return shown if isinstance(shown, str) else compact_json(shown)

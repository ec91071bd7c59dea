"""Find secrets that are known in other text, and mask them there."""

from __future__ import annotations

import re
from binascii import b2a_base64
from collections.abc import Iterable, Iterator

from wacb.jsontext import json_line, visible
from wacb.redaction import MASK

MIN_LENGTH = 6  # characters of a secret that is looked for


class Redactor:
    """Replace known secrets by `***`, however they are encoded.

    Run it over values before they are cut or laid out: half a secret is not recognized. Secrets
    of fewer than 6 characters are let through, for they would blot out ordinary words.
    """

    def __init__(self, secrets: Iterable[str]) -> None:
        known = {secret for secret in secrets if len(secret) >= MIN_LENGTH}
        longest_first = sorted(known, key=lambda secret: (-len(secret), secret))
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
    *_, twice = _in_json(secret)
    if "\\" in twice:
        yield re.escape(twice)
    yield from _in_base64(secret.encode("utf-8", "surrogatepass"))


def mask_repeated(text: str, secrets: Iterable[str]) -> str:
    """Mask secrets, of which there may be thousands, where words or JSON repeat them."""
    for secret in sorted(secrets, key=len, reverse=True):
        for form in _in_json(secret) if len(secret) >= MIN_LENGTH else ():
            text = text.replace(form, MASK)
    return text


def _in_json(secret: str) -> Iterator[str]:
    """Yield a secret, how JSON spells it, and how JSON in a string of JSON does."""
    for _ in range(3):
        yield secret
        secret = json_line(secret)[1:-1]


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

"""Variables in the strings of a manifest: `${NAME}` is read from the environment, `$$` is a `$`.

No error contains the value of a variable.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import NamedTuple

from wacb import jsontext
from wacb.errors import InvalidInput

_MARK = re.compile(r"\$(?:\$|\{(?:([A-Za-z_][A-Za-z0-9_]*)\})?)")
_API_KEY = "WACB_API_KEY"


class ResolvedText(NamedTuple):
    """A string of the file: its source, its value, and the variables it uses."""

    source: str
    value: str
    variables: tuple[str, ...] = ()

    @property
    def variables_phrase(self) -> str:
        """Name the text in a sentence: `the value of ${A} and ${B}`."""
        return f"the value of {_join_references(self.variables)}"


class Variables:
    """Replace variables, and collect their values."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self._secrets: dict[str, None] = {}

    @property
    def secrets(self) -> tuple[str, ...]:
        """Return every value that was used, once."""
        return tuple(self._secrets)

    def fill(self, text: str) -> ResolvedText:
        """Replace the variables of a string.

        Raises InvalidInput if one is malformed, not set or empty.
        """
        return self._fill(text, str, lambda replace: _MARK.sub(replace, text))

    def fill_json(self, text: str) -> ResolvedText:
        """Replace variables anywhere in JSON text by escaped values. Raises as fill."""
        return self._fill(text, _escape_json, lambda replace: _MARK.sub(replace, text))

    def fill_values(self, text: str) -> ResolvedText:
        """Replace variables in the string values of JSON text, not in keys. Raises as fill."""
        return self._fill(
            text, _escape_json, lambda replace: jsontext.substitute(text, _MARK, replace)
        )

    def _fill(
        self,
        source: str,
        spell: Callable[[str], str],
        substitute: Callable[[Callable[[re.Match[str]], str]], str],
    ) -> ResolvedText:
        names: set[str] = set()

        def replace(found: re.Match[str]) -> str:
            if found[0] == "$$":
                return "$"
            name = found[1] or ""
            names.add(name)
            return spell(self._environ.get(name, ""))

        value = substitute(replace)
        self._check(names)
        text = ResolvedText(source, value, tuple(sorted(names)))
        try:
            value.encode()
        except UnicodeEncodeError:
            subject = f"{text.variables_phrase} is" if names else "is"
            raise InvalidInput(f"{subject} not valid text") from None
        self._secrets |= dict.fromkeys(self._environ[name] for name in text.variables)
        return text

    def _check(self, names: set[str]) -> None:
        if "" in names:
            raise InvalidInput(
                "contains a ${ that is not a variable", hint="use ${NAME}, or $${ for a literal ${"
            )
        if _API_KEY in names:
            raise InvalidInput(
                f"${{{_API_KEY}}} is not allowed: it would send the API key to an endpoint",
                hint="use another variable",
            )
        # an empty one, as CI makes of a missing secret, would erase what is stored
        if missing := sorted(name for name in names if not self._environ.get(name)):
            noun, verb = ("variable", "is") if len(missing) == 1 else ("variables", "are")
            state = "empty" if names.issubset(self._environ) else "not set"
            raise InvalidInput(
                f"the {noun} {_join_references(missing)} {verb} {state}",
                hint="set it in the environment",
            )


def _join_references(names: list[str] | tuple[str, ...]) -> str:
    return " and ".join(f"${{{name}}}" for name in names)


def _escape_json(value: str) -> str:
    return jsontext.compact_json(value)[1:-1]

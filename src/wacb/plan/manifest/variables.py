"""The variables of a manifest's strings: `${NAME}` is read from the environment, `$$` is a `$`.

No failure repeats the value of a variable.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import NamedTuple

from wacb import jsontext
from wacb.errors import InvalidInput

_MARK = re.compile(r"\$(?:\$|\{(?:([A-Za-z_][A-Za-z0-9_]*)\})?)")
_API_KEY = "WACB_API_KEY"


class Text(NamedTuple):
    """A string of the file: as it is written there, its value, and the variables that made it."""

    written: str
    value: str
    variables: tuple[str, ...] = ()

    @property
    def made_by(self) -> str:
        """Name the variables in a sentence: `what ${A} and ${B} make of it`."""
        verb = "makes" if len(self.variables) == 1 else "make"
        return f"what {_named(self.variables)} {verb} of it"


class Variables:
    """Fill in variables, and remember what they held."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self._secrets: dict[str, None] = {}

    @property
    def secrets(self) -> tuple[str, ...]:
        """Return every value that was filled in, once, but for the empty one."""
        return tuple(filter(None, self._secrets))

    def fill(self, text: str) -> Text:
        """Fill in a string. Raises InvalidInput for a broken reference or an unset variable."""
        return self._fill(text, str, lambda replace: _MARK.sub(replace, text))

    def fill_json(self, text: str) -> Text:
        """Fill in JSON text, in which a value is escaped, wherever it stands. Raises as fill."""
        return self._fill(text, _escaped, lambda replace: _MARK.sub(replace, text))

    def fill_values(self, text: str) -> Text:
        """Fill in the string values of valid JSON text, but not its keys. Raises as fill."""
        return self._fill(text, _escaped, lambda replace: jsontext.substitute(text, _MARK, replace))

    def _fill(
        self,
        written: str,
        spell: Callable[[str], str],
        substitute: Callable[[Callable[[re.Match[str]], str]], str],
    ) -> Text:
        names: set[str] = set()

        def replace(found: re.Match[str]) -> str:
            if found[0] == "$$":
                return "$"
            name = found[1] or ""
            names.add(name)
            return spell(self._environ.get(name, ""))

        value = substitute(replace)
        self._check(names)
        text = Text(written, value, tuple(sorted(names)))
        try:
            value.encode()
        except UnicodeEncodeError:
            what = f"{text.made_by} is" if names else "is"
            raise InvalidInput(f"{what} not valid text") from None
        self._secrets |= dict.fromkeys(self._environ[name] for name in text.variables)
        return text

    def _check(self, names: set[str]) -> None:
        if "" in names:
            raise InvalidInput(
                "holds a ${ that begins no reference", hint="write ${NAME}, or $${ for the signs"
            )
        if _API_KEY in names:
            raise InvalidInput(
                f"${{{_API_KEY}}} is refused: a profile would send the API key away",
                hint="use a variable of its own",
            )
        if unset := sorted(names.difference(self._environ)):
            what = "variable" if len(unset) == 1 else "variables"
            verb = "is" if len(unset) == 1 else "are"
            raise InvalidInput(
                f"the {what} {_named(unset)} {verb} not set", hint="set it in the environment"
            )


def _named(names: list[str] | tuple[str, ...]) -> str:
    return " and ".join(f"${{{name}}}" for name in names)


def _escaped(value: str) -> str:
    return jsontext.compact_json(value)[1:-1]

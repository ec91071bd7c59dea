"""The tables of a manifest: values taken out by type, and what is wrong with any, at its place.

What the values mean is known elsewhere: profile_table.py, read.py.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple, ParamSpec, TypeVar

from wacb.errors import InvalidInput, TemplateError
from wacb.jsontext import compact_json
from wacb.plan.manifest.variables import Text, Variables
from wacb.validation import did_you_mean

T = TypeVar("T")
P = ParamSpec("P")
Path = tuple[str, ...]
_DEEPEST = 4  # keys of a path: profiles, its name, headers, theirs
# What a rule advises to a command line, and how a file says it.
_IN_A_FILE = {
    "pass --allow-http": "set allow_http = true",
    "pass --allow-local": "set allow_local = true",
    "--allow-missing": "allow_missing = true",
    "use --header-env NAME=VARIABLE": 'write "${NAME}", and set NAME in the environment',
    "use --basic-auth USER for a password": 'write headers = { Authorization = "${NAME}" }',
}


class Fault(NamedTuple):
    """Something wrong at a place of the file."""

    path: Path
    sentence: str
    hint: str | None


class Faults:
    """What is wrong with a file, all of it."""

    def __init__(self) -> None:
        self._found: list[Fault] = []

    def add(self, path: Path, sentence: str, hint: str | None = None) -> None:
        """Note a fault, whose hint may be one that was written for a command line."""
        for option, words in _IN_A_FILE.items():
            hint = hint and hint.replace(option, words)
        self._found.append(Fault(path, sentence, hint))

    def raise_any(self, file: str, content: Mapping[str, Any]) -> None:
        """Raise one InvalidInput for all faults, in the order of the file's keys."""
        if not self._found:
            return
        ranks = {path: rank for rank, path in enumerate(_paths(content, ()))}
        found = sorted(self._found, key=lambda fault: _rank(fault.path, ranks))
        if len(found) == 1:
            path, sentence, hint = found[0]
            raise InvalidInput(f"{file}: {place(path)}: {sentence}", hint=hint)
        raise InvalidInput(
            f"{file} has {len(found)} faults",
            details=tuple(
                f"{place(path)}: {sentence}" + (f"; {hint}" if hint else "")
                for path, sentence, hint in found
            ),
        )


class Table:
    """A table of the file, at its place, whose strings have their variables filled in."""

    def __init__(
        self, content: Mapping[str, Any], path: Path, faults: Faults, variables: Variables
    ) -> None:
        self.content = content
        self.path = path
        self.faults = faults
        self.variables = variables

    def refuse_unknown(self, known: tuple[str, ...]) -> None:
        """Note every key that is none of `known`."""
        for key in self.content:
            if key not in known:
                self.refuse(key, "is no known key", did_you_mean(key, known))

    def refuse(self, key: str, sentence: str, hint: str | None = None) -> None:
        """Note a fault of a key."""
        self.faults.add((*self.path, key), sentence, hint)

    def table(self, key: str) -> Table | None:
        """Return the table below a key, None where there is none."""
        value = self.content.get(key)
        if isinstance(value, dict):
            return Table(value, (*self.path, key), self.faults, self.variables)
        if value is not None:
            self.refuse(key, "must be a table")
        return None

    def flag(self, key: str) -> bool:
        """Return a boolean, False where there is none."""
        value = self.content.get(key, False)
        if not isinstance(value, bool):
            self.refuse(key, "must be true or false")
        return bool(value)  # of a wrong one too, so that nothing else is refused in its place

    def text(self, key: str, *, required: bool = False) -> Text | None:
        """Return a string, filled in; None where there is none, or none that is right."""
        if key in self.content:
            return self.filled(key, self.content[key])
        if required:
            self.refuse(key, "is missing")
        return None

    def filled(self, key: str, value: object) -> Text | None:
        """Fill in a value of `key` that must be a string."""
        if isinstance(value, str):
            return self.attempt(key, self.variables.fill, value)
        self.refuse(key, "must be a string")
        return None

    def check(self, key: str, text: Text | None, rule: Callable[[str], T]) -> T | None:
        """Apply a rule, whose words may quote the text.

        Where variables made it, the words are shown only if the text as written gets the same.
        """
        if text is None:
            return None
        try:
            return rule(text.value)
        except InvalidInput as error:
            fault = error
        if not text.variables or _words(rule, text.written) == (fault.message, fault.hint):
            self.refuse(key, fault.message, fault.hint)
        elif isinstance(fault, TemplateError):  # whose hint may quote as well
            self.refuse(key, f"{text.made_by} is refused", "check what it does to the template")
        else:
            self.refuse(key, f"{text.made_by} is refused", fault.hint or "check the value")
        return None

    def attempt(self, key: str, act: Callable[P, T], *args: P.args, **kw: P.kwargs) -> T | None:
        """Call what may raise an InvalidInput that never repeats a variable's value."""
        try:
            return act(*args, **kw)
        except InvalidInput as error:
            self.refuse(key, error.message, error.hint)
        return None


def one_of(words: Iterable[str]) -> Callable[[str], str]:
    """Make a rule: one of some words, in any case. It never repeats what it refuses."""
    known = {word.lower(): word for word in words}

    def rule(value: str) -> str:
        if value.lower() in known:
            return known[value.lower()]
        raise InvalidInput("is not a known one", hint=f"known: {', '.join(known.values())}")

    return rule


def not_empty(value: str) -> str:
    """Be the rule that takes any text with a character in it."""
    if not value:
        raise InvalidInput("is empty", hint="leave it out, or fill it in")
    return value


def _words(rule: Callable[[str], object], text: str) -> tuple[str, str | None] | None:
    """Return what a rule says against a text, if it does."""
    try:
        rule(text)
    except InvalidInput as error:
        return error.message, error.hint
    return None


def _paths(content: Mapping[str, Any], above: Path) -> Iterator[Path]:
    """List the paths of all keys, in the file's order."""
    for key, value in content.items():
        path = (*above, key)
        yield path
        if isinstance(value, dict) and len(path) < _DEEPEST:
            yield from _paths(value, path)


def _rank(path: Path, ranks: Mapping[Path, int]) -> int:
    """Say how far down a path stands: a missing key where its table begins."""
    return ranks[path] if path in ranks else ranks[path[:-1]]


def place(path: Path) -> str:
    """Write a path as one finds it in the file: `[profiles.incoming] url`."""
    names = [name if re.fullmatch("[A-Za-z0-9_-]+", name) else _quoted(name) for name in path]
    header = 2 if path[0] == "profiles" else 1
    table, key = ".".join(names[:header]), ".".join(names[header:])
    if len(path) == 1:
        return table
    return f"[{table}] {key}".rstrip(" ")


def _quoted(name: str) -> str:
    return compact_json(name)

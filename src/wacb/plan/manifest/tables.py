"""The tables of a manifest: read values by type, and collect problems with their place."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, ParamSpec, TypeVar

from wacb.errors import InvalidInput, TemplateError, join_prose
from wacb.jsontext import compact_json
from wacb.plan.manifest.variables import ResolvedText, Variables
from wacb.validation import did_you_mean

T = TypeVar("T")
P = ParamSpec("P")
Path = tuple[str, ...]
_MAX_KEYS = 4  # of a path: profiles, its name, headers, the header
# Advice of rules for the command line, and the equivalent in a file.
_IN_A_FILE = {
    "pass --allow-http": "set allow_http = true",
    "pass --allow-local": "set allow_local = true",
    "--allow-missing": "allow_missing = true",
    "use --header-env NAME=VARIABLE": 'write "${NAME}", and set NAME in the environment',
    "use --basic-auth USER for a password": 'use headers = { Authorization = "${NAME}" }',
}


class Problem(NamedTuple):
    """A problem at a place of the file."""

    path: Path
    sentence: str
    hint: str | None


class Problems:
    """All problems of a file."""

    def __init__(self) -> None:
        self._found: list[Problem] = []

    def add(self, path: Path, sentence: str, hint: str | None = None) -> None:
        """Add a problem; options of the command line in its hint are translated."""
        for option, setting in _IN_A_FILE.items():
            if hint and option in hint:
                hint = hint.replace(option, setting)
        self._found.append(Problem(path, sentence, hint))

    def raise_if_any(self, file: str, content: Mapping[str, Any]) -> None:
        """Raise one InvalidInput for all problems, in the order of the file's keys."""
        if not self._found:
            return
        ranks = {path: rank for rank, path in enumerate(_paths(content, ()))}
        found = sorted(self._found, key=lambda problem: _rank(problem.path, ranks))
        if len(found) == 1:
            path, sentence, hint = found[0]
            raise InvalidInput(f"{file}: {place(path)}: {sentence}", hint=hint)
        raise InvalidInput(
            f"{file} has {len(found)} problems",
            details=tuple(
                join_prose("; ", filter(None, (f"{place(path)}: {sentence}", hint)))
                for path, sentence, hint in found
            ),
        )


@dataclass(frozen=True, slots=True)
class Table:
    """A table of the file, at its place, whose strings may contain variables."""

    content: Mapping[str, Any]
    path: Path
    problems: Problems
    variables: Variables

    def reject_unknown_keys(self, known: tuple[str, ...]) -> None:
        """Add a problem for every key that is not in `known`."""
        for key in self.content:
            if key not in known:
                self.error(key, "is not a valid key", did_you_mean(key, known))

    def error(self, key: str, sentence: str, hint: str | None = None) -> None:
        """Add a problem of a key."""
        self.problems.add((*self.path, key), sentence, hint)

    def table(self, key: str) -> Table | None:
        """Return the table of a key, None if there is none."""
        value = self.content.get(key)
        if isinstance(value, dict):
            return Table(value, (*self.path, key), self.problems, self.variables)
        if value is not None:
            self.error(key, "must be a table")
        return None

    def boolean(self, key: str) -> bool:
        """Return a boolean, False if there is none."""
        value = self.content.get(key, False)
        if not isinstance(value, bool):
            self.error(key, "must be true or false")
        return bool(value)  # any wrong value counts as true, to avoid follow-up problems

    def text(self, key: str, *, required: bool = False) -> ResolvedText | None:
        """Return a string with variables replaced, None if it is missing or invalid."""
        if key in self.content:
            return self.resolve(key, self.content[key])
        if required:
            self.error(key, "is missing")
        return None

    def resolve(self, key: str, value: object) -> ResolvedText | None:
        """Replace the variables in a value of `key`, which must be a string."""
        if isinstance(value, str):
            return self.try_(key, self.variables.fill, value)
        self.error(key, "must be a string")
        return None

    def check(self, key: str, text: ResolvedText | None, rule: Callable[[str], T]) -> T | None:
        """Apply a rule whose message may quote the text.

        If the text uses variables, the message is only shown if the source gets the same one.
        """
        if text is None:
            return None
        try:
            return rule(text.value)
        except InvalidInput as error:
            problem = error
        if not text.variables or _rejection(rule, text.source) == (problem.message, problem.hint):
            self.error(key, problem.message, problem.hint)
        elif isinstance(problem, TemplateError):  # its hint may quote the text too
            self.error(
                key,
                f"{text.variables_phrase} is not valid",
                "check the template with the value filled in",
            )
        else:
            self.error(
                key, f"{text.variables_phrase} is not valid", problem.hint or "check the value"
            )
        return None

    def try_(self, key: str, act: Callable[P, T], *args: P.args, **kw: P.kwargs) -> T | None:
        """Call a function whose InvalidInput never contains the value of a variable."""
        try:
            return act(*args, **kw)
        except InvalidInput as error:
            self.error(key, error.message, error.hint)
        return None


def one_of(words: Iterable[str]) -> Callable[[str], str]:
    """Make a rule: one of some words, in any case. Its message never repeats the value."""
    known = {word.lower(): word for word in words}

    def rule(value: str) -> str:
        if value.lower() in known:
            return known[value.lower()]
        raise InvalidInput("is not a valid value", hint=f"use one of {', '.join(known.values())}")

    return rule


def not_empty(value: str) -> str:
    """Apply the rule that a text must not be empty."""
    if not value:
        raise InvalidInput("is empty", hint="remove it or set a value")
    return value


def _rejection(rule: Callable[[str], object], text: str) -> tuple[str, str | None] | None:
    """Return message and hint of a rule that rejects a text, else None."""
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
        if isinstance(value, dict) and len(path) < _MAX_KEYS:
            yield from _paths(value, path)


def _rank(path: Path, ranks: Mapping[Path, int]) -> int:
    """Return the position of a path in the file; of a missing key, that of its table."""
    return ranks[path] if path in ranks else ranks[path[:-1]]


def place(path: Path) -> str:
    """Write a path as in the file: `[profiles.incoming] url`."""
    names = [name if re.fullmatch("[A-Za-z0-9_-]+", name) else _quote(name) for name in path]
    header = 2 if path[0] == "profiles" else 1
    table, key = ".".join(names[:header]), ".".join(names[header:])
    if len(path) == 1:
        return table
    return f"[{table}] {key}".rstrip(" ")


def _quote(name: str) -> str:
    return compact_json(name)

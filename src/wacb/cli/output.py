"""What a command says: data on stdout, everything else on stderr, secrets on neither (cli.md 4)."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import cached_property
from typing import IO, TYPE_CHECKING, Any

import click

from wacb.errors import WacbError

if TYPE_CHECKING:
    from wacb.redaction import Redactor


def is_terminal(stream: IO[str] | None) -> bool:
    """Say whether a standard stream is a terminal. One that the caller closed (`<&-`) is None."""
    return stream is not None and stream.isatty()


def to_stderr(line: str) -> None:
    """Write a line, or leave it: that nobody reads is no reason to break off what is under way."""
    try:
        click.echo(line, err=True)
    except OSError:
        give_up(sys.stderr)


def give_up(stream: IO[str]) -> None:
    """Send what could not be written nowhere: else Python tries once more, and exits with 120."""
    with suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


class Output:
    """The two streams of a command, secrets on neither.

    `reach` rewrites the commands that a line on stderr names, so that they reach this account.
    """

    def __init__(self, *, color: Callable[[], bool], reach: Callable[[str], str]) -> None:
        self.format: str | None = None
        self.quiet = False
        self._color = color
        self._reach = reach
        self._secrets: list[str] = []
        self._write: Callable[[str], None] = to_stderr

    @cached_property
    def redact(self) -> Redactor:
        """The one function that everything printed goes through."""
        from wacb.redaction import Redactor

        return Redactor(self._secrets)

    def keep_secret(self, *secrets: str | None) -> None:
        """Never print any of these values."""
        for secret in secrets:
            if secret:
                self._secrets.append(secret)
        self.__dict__.pop("redact", None)

    # -- stdout

    def raw(self, text: str) -> None:
        """Print text as it is: a template, a request, a path."""
        try:
            click.echo(self._hide(text), color=True)
        except BrokenPipeError:  # the reader has enough: end quietly (cli.md 4)
            give_up(sys.stdout)
            raise click.exceptions.Exit(0) from None
        except OSError as error:
            give_up(sys.stdout)
            raise WacbError(f"cannot write to stdout: {error.strerror}") from error

    def json(self, value: Any) -> None:
        """Print a value as JSON."""
        from wacb.jsontext import json_text

        self.raw(json_text(value))

    def json_line(self, value: Any) -> None:
        """Print a value as one line of JSON, at once."""
        from wacb.jsontext import json_line

        self.raw(json_line(value))

    def markdown(self, text: str) -> None:
        """Print Markdown: rendered on a terminal, as it is in a pipe."""
        if self.to_terminal:
            from wacb.cli.console import markdown

            text = markdown(text, width=self.width, color=self.color)
        self.raw(text)

    def one(self, thing: Any) -> None:
        """Print one thing: a record on a terminal, a row in a pipe, an object as JSON."""
        from wacb.cli import render
        from wacb.cli.views import VIEWS

        view = VIEWS[type(thing)]
        value = self._without_secrets(view.as_json(thing))
        if self.quiet:
            self.raw(self._shown(value[view.id]))
        elif self.chosen == "json":
            self.json(value)
        elif self.chosen == "tsv":
            self.raw(render.tsv([view.cells(value)]))
        else:
            shown = [
                (name, view.words[name](item) if name in view.words else item)
                for name, item in value.items()
                if item not in (None, "", [], {})
            ]
            self.raw(render.record(shown, width=self.width, color=self.color))

    def named(self, values: Mapping[str, Any], *, whole: Mapping[str, Any], id: str) -> None:
        """Print values whose names vary, one a line; as JSON the `whole` they are a part of."""
        from wacb import jsontext
        from wacb.cli import render

        shown = self._without_secrets(values)
        if self.quiet:
            self.raw(self._shown(id))
        elif self.chosen == "json":
            self.json(self._without_secrets(whole))
        elif shown and self.chosen == "tsv":
            rows = [
                (name, jsontext.json_line(item) if isinstance(item, list) else item)
                for name, item in shown.items()
            ]
            self.raw(render.tsv(rows))
        elif shown:
            self.raw(render.record([*shown.items()], width=self.width, color=self.color))

    def many(self, things: Sequence[Any], kind: type, *, none: str | None = None) -> None:
        """Print a list of one kind: a table on a terminal, rows in a pipe, an array as JSON.

        `none` is what to say of an empty one on stderr instead of the kind's own sentence.
        """
        from wacb import jsontext
        from wacb.cli import render
        from wacb.cli.views import VIEWS

        view = VIEWS[kind]
        values = [self._without_secrets(view.as_json(thing)) for thing in things]
        if self.quiet:
            shown = (self._shown(value[view.id]) for value in values)
            lines = "\n".join(filter(None, shown))
        elif self.chosen == "json":
            lines = jsontext.json_text(values)
        elif self.chosen == "tsv":
            lines = render.tsv([view.cells(value) for value in values])
        else:
            lines = render.table(
                view.columns,
                [view.cells(value)[: len(view.columns)] for value in values],
                width=self.width,
                color=self.color,
            )
        if lines:
            self.raw(lines)
        elif not self.quiet:
            self.say(none or view.none)

    def _without_secrets(self, value: Any) -> Any:
        """Redact before the layout: half a secret, cut in a table, is not recognised any more."""
        if isinstance(value, str):
            return self._hide(value)
        if isinstance(value, Mapping):
            return {name: self._without_secrets(item) for name, item in value.items()}
        return [self._without_secrets(i) for i in value] if isinstance(value, list) else value

    def _shown(self, identity: object) -> str:
        from wacb.jsontext import visible

        return visible("" if identity is None else str(identity))

    @property
    def width(self) -> int:
        """Columns of the terminal."""
        import shutil

        return shutil.get_terminal_size().columns

    @property
    def chosen(self) -> str:
        """The form of the output: what was asked for, else what fits stdout (cli.md 3)."""
        return self.format or ("table" if self.to_terminal else "tsv")

    @property
    def color(self) -> bool:
        """Whether stdout takes colour."""
        return self._color()

    @property
    def to_terminal(self) -> bool:
        """Whether stdout is a terminal."""
        return is_terminal(sys.stdout)

    # -- stderr

    @contextmanager
    def progress(self, total: int) -> Iterator[Callable[[], None]]:
        """Show a bar on a terminal, and nothing off it; what it gives is called for each step."""
        if self.quiet or not is_terminal(sys.stderr):
            yield lambda: None
            return
        from wacb.cli.render import progress_bar

        with progress_bar(total, color=self.color) as bar:
            self._write = bar.say
            try:
                yield bar.advance
            finally:
                self._write = to_stderr

    def say(self, text: str) -> None:
        """Tell a person something that is not the data."""
        from wacb.jsontext import visible

        self._write(visible(self._hide(self._reach(text))))

    def note(self, *texts: str) -> None:
        """Tell what a person should know beside the data, a line each."""
        for text in texts:
            self.say(f"note: {text}")

    def warn(self, text: str) -> None:
        """Tell what may be wrong."""
        self.say(f"warning: {text}")

    def hint(self, text: str) -> None:
        """Name the next step, on a terminal only: a script's stderr stays quiet on success."""
        if is_terminal(sys.stderr) and not self.quiet:
            self.say(text)

    def error(self, error: WacbError, *, as_json: Mapping[str, Any] | None) -> None:
        """Print a failure: a sentence and its remedy, or the JSON error of cli.md 4."""
        if as_json is not None:
            from wacb.jsontext import json_line

            to_stderr(self._hide(json_line({"error": as_json})))
            return
        self.say(f"error: {error.message}")
        for line in error.details:
            self.say(f"  {line}")
        if error.hint:
            self.say(f"hint: {error.hint}")

    def _hide(self, text: str) -> str:
        return self.redact(text) if self._secrets else text

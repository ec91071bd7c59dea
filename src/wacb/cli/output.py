"""What a command prints: data on stdout, everything else on stderr, secrets on neither."""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import cached_property
from typing import TYPE_CHECKING, Any

import click

from wacb.cli import console, render, streams
from wacb.cli.quoting import defuse
from wacb.cli.streams import is_terminal, to_stderr
from wacb.cli.views import View, error_json
from wacb.errors import Command, Prose, WacbError
from wacb.jsontext import json_line, json_text, visible

if TYPE_CHECKING:
    from wacb.cli.activity import Activity


class Output:
    """The two streams of a command.

    `color` says whether a stream takes color, which is a terminal or not, `render_commands` writes
    a text with its commands as they reach the account in use, `make_redactor` returns what hides
    secrets in a text, `mask_repeated` hides what the API may repeat, and `measure_width` returns
    the columns of the terminal.
    """

    def __init__(
        self,
        *,
        color: Callable[..., bool],
        render_commands: Callable[[str], str],
        make_redactor: Callable[[Sequence[str]], Callable[[str], str]],
        mask_repeated: Callable[[str, Collection[str]], str],
        measure_width: Callable[[], int],
    ) -> None:
        self.format: str | None = None
        self.quiet = False
        self.activity: Activity | None = None
        self._color = color
        self._render_commands = render_commands
        self._make_redactor = make_redactor
        self._mask_repeated = mask_repeated
        self._measure_width = measure_width
        self._secrets: list[str] = []
        self._stored: set[str] = set()
        self._write: Callable[[str], None] = to_stderr

    @cached_property
    def redact(self) -> Callable[[str], str]:
        """The one function that everything printed goes through."""
        return self._make_redactor(self._secrets)

    def keep_secret(self, *secrets: str | None) -> None:
        """Never print any of these values."""
        self._secrets += filter(None, secrets)
        self.__dict__.pop("redact", None)

    def keep_from_words(self, secrets: Iterable[str]) -> None:
        """Print none of these values on stderr or in an error; stdout shows profiles as they are.

        They are looked for as they are written, as a listing may bring thousands.
        """
        self._stored.update(filter(None, secrets))

    def working(self, words: str) -> AbstractContextManager[None]:
        """Show on a terminal what is being done, if it takes a moment."""
        if not self.activity or self._write is not to_stderr or not is_terminal(sys.stderr):
            return nullcontext()
        return self.activity.work(defuse(visible(self._hide_in_words(words))))

    def clear(self) -> None:
        """Remove the spinner before anything is printed."""
        if self.activity:
            self.activity.clear()

    # -- stdout

    def text(self, text: str) -> None:
        """Print text unchanged but for secrets: a template, a request, a path."""
        self.clear()
        # with `file`, click keeps to the stream's own encoding
        click.echo(defuse(self._hide(text)), file=sys.stdout, color=True)

    def json(self, value: Any) -> None:
        """Print a value as JSON."""
        self.text(json_text(self._clean(value)))

    def json_line(self, value: Any) -> None:
        """Print a value as one line of JSON, at once."""
        self.text(json_line(value))

    def markdown(self, text: str) -> None:
        """Print Markdown: rendered on a terminal, unchanged in a pipe."""
        if self.to_terminal:
            text = console.markdown(text, width=self.width, color=self.color)
        self.text(text)

    def record(self, thing: Any, view: View, *, whole: bool = False) -> None:
        """Print one thing: a record on a terminal, a row in a pipe, an object as JSON.

        A record with a headline has all members below it only if `whole`.
        """
        value = self._clean(view.as_json(thing))
        if self.quiet:
            self.text(_id_text(value[view.id]))
        elif self.chosen == "json":
            self.json(value)
        elif self.chosen == "tsv":
            self.text(render.tsv([view.cells(value)]))
        else:
            if view.headline:
                state, sentence = view.headline(thing)
                line = self._hide(sentence)
                self.text(
                    render.headline(
                        state, line, width=self.width, color=self.color, signs=self.signs
                    )
                )
            told = view.told if view.headline and not whole else ()
            self._show_members(value, view, told)

    def _show_members(self, value: Mapping[str, Any], view: View, told: Collection[str]) -> None:
        shown = [
            (name, view.words[name](item) if name in view.words else item)
            for name, item in value.items()
            if item not in (None, "", [], {}) and name not in told
        ]
        if shown:
            text = render.record(
                shown, width=self.width, color=self.color, states=view.states, signs=self.signs
            )
            self.text(text)

    def fields(self, values: Mapping[str, Any], *, whole: Mapping[str, Any], id: str) -> None:
        """Print values whose names vary, one a line; as JSON the `whole` they are a part of."""
        shown = self._clean(values)
        if self.quiet:
            self.text(_id_text(id))
        elif self.chosen == "json":
            self.json(whole)
        elif shown and self.chosen == "tsv":
            rows = [
                (name, json_line(item) if isinstance(item, list) else item)
                for name, item in shown.items()
            ]
            self.text(render.tsv(rows))
        elif shown:
            self.text(render.record([*shown.items()], width=self.width, color=self.color))

    def table(self, things: Sequence[Any], view: View, *, none: str | None = None) -> None:
        """Print a list: a table on a terminal, rows in a pipe, an array as JSON.

        For an empty one `none` goes to stderr, by default the view's own sentence.
        """
        values = [self._clean(view.as_json(thing)) for thing in things]
        if self.quiet:
            lines = "\n".join(filter(None, (_id_text(value[view.id]) for value in values)))
        elif self.chosen == "json":
            lines = json_text(values)
        elif self.chosen == "tsv":
            lines = render.tsv([view.cells(value) for value in values])
        else:
            lines = render.table(
                view.columns,
                [self._clean(view.row(thing)) for thing in things],
                width=self.width,
                color=self.color,
                signs=self.signs,
            )
        if lines:
            self.text(lines)
        elif not self.quiet:
            self.message(none or view.none)

    def steps(
        self, things: Sequence[Any], view: View, *, whole: Mapping[str, Any], id: str
    ) -> None:
        """Print the steps of a job; as JSON print `whole`, with -q its ID."""
        if self.quiet:
            self.text(_id_text(id))
        elif self.chosen == "json":
            self.json(whole)
        else:
            self.table(things, view)

    def _clean(self, value: Any, hide: Callable[[str], str] | None = None) -> Any:
        """Redact before the layout: half a secret, cut in a table, is not recognized."""
        hide = hide or self._hide
        if isinstance(value, str):
            return hide(self._render_commands(value) if isinstance(value, Prose) else value)
        if isinstance(value, Mapping):  # the words of an error may be the API's
            return {
                name: self._clean(item, self._hide_in_words if name == "error" else hide)
                for name, item in value.items()
            }
        return [self._clean(item, hide) for item in value] if isinstance(value, list) else value

    def _hide(self, text: str) -> str:
        return self.redact(text) if self._secrets else text

    def _hide_in_words(self, text: str) -> str:
        # a copy, as another thread may add to them
        return self._hide(self._mask_repeated(text, [*self._stored]) if self._stored else text)

    @property
    def width(self) -> int:
        """Columns of the terminal."""
        return self._measure_width()

    @property
    def chosen(self) -> str:
        """The form of the output: the one asked for, else the one that suits stdout."""
        return self.format or ("table" if self.to_terminal else "tsv")

    @property
    def color(self) -> bool:
        """Whether stdout takes color."""
        return self._color(terminal=self.to_terminal)

    @property
    def signs(self) -> bool:
        """Whether stdout has the signs of states."""
        return console.has_signs(getattr(sys.stdout, "encoding", None))

    @property
    def unread(self) -> bool:
        """Whether the reader of stdout has gone."""
        return streams.is_unread(sys.stdout)

    @property
    def to_terminal(self) -> bool:
        """Whether stdout is a terminal."""
        return is_terminal(sys.stdout)

    # -- stderr

    @contextmanager
    def progress(self, total: int) -> Iterator[Callable[[], None]]:
        """Show a bar on a terminal for more than one step; call what it yields after each."""
        if total < 2 or self.quiet or not is_terminal(sys.stderr) or self._write is not to_stderr:
            yield lambda: None
            return
        self.clear()
        with console.progress_bar(total, color=self.color) as bar:
            self._write = bar.print
            try:
                yield bar.advance
            finally:
                self._write = to_stderr

    def message(self, text: str, *, label: str = "", whole: Collection[str] = ()) -> None:
        """Print a line for people; on a terminal, commands and phrases in `whole` stay unbroken."""
        line = defuse(visible(self._hide_in_words(f"{label}{self._render_commands(text)}")))
        if is_terminal(sys.stderr):
            line = console.wrap(line, self.width, whole=[*whole, *self._commands_in(text)])
            line = console.paint_label(line, label, color=self._color(terminal=True))
        self.clear()
        self._write(line)

    def _commands_in(self, text: str) -> list[str]:
        """Return the command lines in a text."""
        parts = text.parts if isinstance(text, Prose) else ()
        return [self._render_commands(Prose(part)) for part in parts if isinstance(part, Command)]

    def note(self, *texts: str) -> None:
        """Print what is worth knowing beside the data, a line each."""
        for text in texts:
            self.message(text, label="note: ")

    def warn(self, text: str) -> None:
        """Print what may be wrong."""
        self.message(text, label="warning: ")

    def hint(self, text: str, *, whole: Collection[str] = ()) -> None:
        """Print the next step, on a terminal only: a script's stderr stays quiet on success."""
        if is_terminal(sys.stderr) and not self.quiet:
            self.message(text, whole=whole)

    def error(self, error: WacbError, *, as_json: bool = False) -> None:
        """Print a failure: a sentence and its remedy, or one line of JSON."""
        if as_json:
            self.clear()
            to_stderr(defuse(json_line(self._clean({"error": error_json(error)}))))
            return
        self.message(error.message, label="error: ")
        for line in error.details:
            self.message(line, label="  ")
        if error.hint:
            self.message(error.hint, label="hint: ")


def _id_text(identity: object) -> str:
    return visible("" if identity is None else str(identity))

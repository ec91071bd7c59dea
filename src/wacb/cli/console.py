"""What rich draws for a terminal, and how wide it says a text is."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from io import StringIO
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from rich.markdown import Markdown

_COMMENT = r"(?ms)^<!--.*?-->\n"
_STYLES = {
    "markdown.h1": "bold",
    "markdown.h2": "bold",
    "markdown.code": "cyan",
    "markdown.code_block": "cyan",
    "markdown.table.border": "dim",
    "markdown.table.header": "bold",
}


class Mark(NamedTuple):
    """How a state is shown: the sign before its word, and the color."""

    sign: str
    style: Literal["green", "red", "yellow"]


GOOD, BAD, WARNING = Mark("✓", "green"), Mark("✗", "red"), Mark("!", "yellow")
_STATES = {
    GOOD: "ok active approved connected verified live complete confirmed delivered true done "
    "created updated unchanged adopted deleted attached detached documented",
    BAD: "broken failed refused disabled auto-disabled rejected refuted false",
    WARNING: "pending unverified in_review submitted skipped incomplete unknown",
}
_MARKS = {word: mark for mark, words in _STATES.items() for word in words.split()}
_MARKS |= dict.fromkeys(("not known", "not tried", "not seen", "not shown"), WARNING)


def mark_of(state: str) -> Mark | None:
    """Return how a state is shown, in any case; None for any other word."""
    return _MARKS.get(state.lower())


def has_signs(encoding: str | None) -> bool:
    """Return whether a stream of this encoding has the signs of states."""
    try:
        "".join(mark.sign for mark in _STATES).encode(encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


_LABELS = {"error: ": "1;31", "warning: ": "33", "note: ": "2", "hint: ": "36"}
_JOINT = "\ue000"  # stands for a blank at which no line is broken


def paint_label(line: str, label: str, *, color: bool) -> str:
    """Color the label that a line begins with."""
    if not color or label not in _LABELS:
        return line
    return f"\x1b[{_LABELS[label]}m{label.rstrip()}\x1b[0m {line[len(label) :]}"


def wrap(text: str, width: int, *, whole: Collection[str] = (), hang: str = "") -> str:
    """Break a text between words into lines of at most `width` cells, one word at least.

    What is `whole` counts as a word. The lines after the first are indented like it, or by `hang`.
    """
    if cell_width(text) <= width:
        return text
    for phrase in whole:
        text = text.replace(phrase, phrase.replace(" ", _JOINT))
    words = text.lstrip(" ")
    indent = text[: len(text) - len(words)]
    hang = hang or indent
    lines = wrap_words(words, width - len(hang))
    return indent + f"\n{hang}".join(lines).replace(_JOINT, " ")


def wrap_words(text: str, width: int) -> list[str]:
    """Break a text between words into lines of at most `width` cells, one word at least."""
    lines = [""]
    for word in text.split(" "):
        longer = f"{lines[-1]} {word}" if lines[-1] else word
        if lines[-1] and cell_width(longer) > width:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines


def cell_width(text: str) -> int:
    """Measure how many terminal cells `text` takes."""
    if text.isascii():
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)


class Bar(NamedTuple):
    """A progress bar: `advance` moves it by one step, `print` writes a line above it."""

    advance: Callable[[], None]
    print: Callable[[str], None]


@contextmanager
def progress_bar(total: int, *, color: bool) -> Iterator[Bar]:
    """Show on stderr how many of `total` steps are done, until left; then the bar is gone."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

    columns = (BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    console = Console(stderr=True, no_color=not color)
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("", total=total)
        yield Bar(
            lambda: bar.advance(task),
            lambda line: console.print(
                line, markup=False, highlight=False, emoji=False, soft_wrap=True
            ),
        )


class Spinner:
    """A spinner with a line of text on stderr, removed by `stop`."""

    def __init__(self, words: str, *, color: bool) -> None:
        from rich.console import Console
        from rich.status import Status

        console = Console(stderr=True, no_color=not color)
        has_signs = console.encoding.lower().startswith("utf")
        self._dots = "…" if has_signs else "..."
        self._status = Status("", console=console, spinner="dots" if has_signs else "line")
        self.update(words)
        self._status.start()

    def update(self, words: str) -> None:
        """Change the text."""
        from rich.text import Text

        self._status.update(Text(words + self._dots))

    def stop(self) -> None:
        """Remove the line."""
        self._status.stop()


def markdown(text: str, *, width: int, color: bool) -> str:
    """Render Markdown for a terminal, without a final newline."""
    from rich.console import Console
    from rich.theme import Theme

    console = Console(
        file=StringIO(),
        width=width,
        force_terminal=color,
        color_system="standard" if color else None,
        no_color=not color,
        theme=Theme(_STYLES),
    )
    with console.capture() as capture:
        console.print(_page(re.sub(_COMMENT, "", text)), crop=False)
    return "\n".join(line.rstrip() for line in capture.get().strip("\n").split("\n"))


def _page(text: str) -> Markdown:
    from rich.console import Console, ConsoleOptions, RenderResult
    from rich.markdown import CodeBlock, Heading, Markdown
    from rich.text import Text

    class Left(Heading):
        def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
            yield Text(str(self.text), style=self.style_name)

    class Whole(CodeBlock):  # a command that is wrapped or padded cannot be copied
        def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
            lines = (f"  {line}".rstrip() for line in str(self.text).rstrip().split("\n"))
            style = "markdown.code_block"
            yield Text("\n".join(lines), style=style, no_wrap=True, overflow="ignore")

    class Page(Markdown):
        elements = Markdown.elements | {"heading_open": Left, "fence": Whole}

    return Page(text, hyperlinks=False)

"""What rich draws for a terminal."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.markdown import Markdown

_COMMENT = re.compile(r"^<!--.*?-->\n", re.MULTILINE | re.DOTALL)
_STYLES = {
    "markdown.h1": "bold",
    "markdown.h2": "bold",
    "markdown.code": "cyan",
    "markdown.code_block": "cyan",
    "markdown.table.border": "dim",
    "markdown.table.header": "bold",
}


def markdown(text: str, *, width: int, color: bool) -> str:
    """Render Markdown for a terminal, without a final newline."""
    from io import StringIO

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
        console.print(_page(_COMMENT.sub("", text)), crop=False)
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
        elements = Markdown.elements | {
            "heading_open": Left,
            "fence": Whole,
        }

    return Page(text, hyperlinks=False)

"""`wacb help`: the pages of the guide, and the help of every command."""

from __future__ import annotations

from importlib.resources import files
from typing import NamedTuple

import click
from click.shell_completion import CompletionItem

from wacb.cli.app import App, pass_app
from wacb.cli.commands import Command, Group
from wacb.cli.suggestions import suggest_topic
from wacb.cli.views.guide import TOPIC
from wacb.errors import Command as NextCommand
from wacb.errors import InvalidInput, Prose

TOPICS = (
    *("quickstart", "credentials", "placeholders", "profiles", "numbers", "bulk", "manifest"),
    *("ci", "receiving", "encryption", "output", "troubleshooting", "api"),
)


class Topic(NamedTuple):
    """A page of the guide and its first sentence."""

    topic: str
    summary: str


def _offer_words(
    ctx: click.Context, param: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Offer the commands, then the topics of the guide."""
    root = ctx.find_root().command
    assert isinstance(root, Group)
    words = {} if ctx.params["words"] else root.table | dict(topics())
    return [
        CompletionItem(word, help=text)
        for word, text in words.items()
        if word.startswith(incomplete)
    ]


@click.command(cls=Command)
@click.argument("words", metavar="[TOPIC|COMMAND...]", nargs=-1, shell_complete=_offer_words)
@click.pass_context
@pass_app
def command(app: App, ctx: click.Context, *, words: tuple[str, ...]) -> None:
    """Show a page of the guide.

    Without a topic, lists the topics. With the name of a command, shows that command's --help.

    \b
    Example:
      wacb help quickstart
      wacb help profile create
    """
    if not words:
        app.out.table(topics(), TOPIC)
        app.out.hint(Prose("Run `", NextCommand("help", "TOPIC"), "` to read a page."))
    elif len(words) == 1 and words[0] in TOPICS:
        app.out.markdown(_page(words[0]))
    else:
        app.out.text(_help_of(ctx.find_root(), words))


def topics() -> list[Topic]:
    """List the pages, each with the sentence below its title."""
    return [Topic(name, _page(name).split("\n", 3)[2]) for name in TOPICS]


def _page(topic: str) -> str:
    return files("wacb").joinpath("guide", f"{topic}.md").read_text("utf-8").rstrip("\n")


def _help_of(root: click.Context, words: tuple[str, ...]) -> str:
    """Return what `--help` of a command prints. Raises InvalidInput if there is no such command."""
    context, (first, *_) = root, words
    assert isinstance(root.command, Group)
    if first not in root.command.table:
        near = suggest_topic(first, (*TOPICS, *root.command.table))
        near = near or root.command.meaning(root, first)
        guess = f"did you mean `wacb help {near}`? " if near else ""
        hint = f"{guess}run `wacb help` to list the topics"
        raise InvalidInput(f"unknown help topic {first!r}", hint=hint)
    for word in words:
        group = context.command
        if not isinstance(group, Group):
            raise InvalidInput(
                f"`{context.command_path}` has no subcommands",
                hint=f"run `{context.command_path} --help`",
            )
        _, command, _ = group.resolve_command(context, [word])
        assert command is not None
        context = click.Context(command, info_name=word, parent=context, **command.context_settings)
    return context.get_help()

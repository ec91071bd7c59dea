"""The answer to a TAB, as click's scripts for bash, zsh and fish read it."""

from __future__ import annotations

import os
from contextlib import redirect_stderr
from itertools import pairwise
from typing import Any

import click
from click.shell_completion import (
    BashComplete,
    CompletionItem,
    FishComplete,
    ShellComplete,
    ZshComplete,
)

from wacb.cli.app import App
from wacb.errors import WacbError


class _Bash(BashComplete):
    """Join the words that readline splits at = and :, and quote, which it does not."""

    def get_completion_args(self) -> tuple[list[str], str]:
        args, incomplete = super().get_completion_args()
        *words, last = _join_words([*args, incomplete])
        return words, last

    def format_completion(self, item: CompletionItem[Any]) -> str:
        if item.type == "plain" and not self._in_quotes():
            # two, because `read` in the script takes one away
            return f"{item.type},{item.value}".replace(" ", r"\\ ")
        return super().format_completion(item)

    def _in_quotes(self) -> bool:
        place = int(os.environ["COMP_CWORD"])
        here = os.environ["COMP_WORDS"].split("\n")[place : place + 1]
        return "".join(here).startswith(("'", '"'))


class _WholeWord(ShellComplete):
    """Offer `--option=value` as one word, as the shell reads it."""

    def get_completions(self, args: list[str], incomplete: str) -> list[CompletionItem[str]]:
        items = super().get_completions(args, incomplete)
        option, equals, _ = incomplete.partition("=")
        if equals and option.startswith("--"):
            for item in items:
                item.value = f"{option}={item.value}"
        return items


class _Zsh(_WholeWord, ZshComplete):
    pass


class _Fish(_WholeWord, FishComplete):
    def format_completion(self, item: CompletionItem[str]) -> str:
        # the script cuts its lines at a comma
        item.help = item.help and item.help.replace(",", ";")
        return super().format_completion(item)


_SHELLS: dict[str, type[ShellComplete]] = {"bash": _Bash, "zsh": _Zsh, "fish": _Fish}


def answer(root: click.Command, app: App, shell: str) -> None:
    """Print what fits at the cursor, by the variables that click's script sets.

    A failure or a warning prints nothing: a message would end up in the middle of the user's line.
    """
    try:
        with redirect_stderr(None):
            text = _SHELLS[shell](root, {"obj": app}, "wacb", "_WACB_COMPLETE").complete().encode()
    except (WacbError, click.ClickException, OSError, ValueError, LookupError, KeyboardInterrupt):
        text = b""
    click.echo(text)


def _join_words(words: list[str]) -> list[str]:
    """Join the words that bash splits: `--option`, `=`, `value`."""
    joined = words[:1]
    for before, word in pairwise(words):
        if word in _BREAKS or before in _BREAKS:
            joined[-1] += word
        else:
            joined.append(word)
    return joined


_BREAKS = ("=", ":")

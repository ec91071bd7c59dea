"""Commands to run next, with the options that reach the account in use."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from functools import partial

from wacb.errors import Command, Prose

# commands that write an account into the file, and those that need none
_FILE_COMMANDS = ("config init", "config set", "config unset")
_ALL_ACCOUNTS = ("config list", "config use", "config remove")
_NO_ACCOUNT = ("template", "completion", "help", "sandbox", "callback listen", "callback decode")


def render(flags: Mapping[str, str], text: str) -> str:
    """Write a text with its commands as they reach the account of these `flags`."""
    return text.render(partial(_command_line, flags)) if isinstance(text, Prose) else text


def next_command(flags: Mapping[str, str]) -> str:
    """Return the start of a command line that reaches the account of these `flags`."""
    sandbox = ["--sandbox"] if "sandbox" in flags else []
    options = _options(flags, "config", "account", "region", "base_url", "waba_id")
    return " ".join(("wacb", *sandbox, *options))


def _command_line(flags: Mapping[str, str], command: Command) -> str:
    if command.name.startswith(_NO_ACCOUNT):
        return command.render()
    if command.name.startswith(_ALL_ACCOUNTS):
        return command.render(" ".join(("wacb", *_options(flags, "config"))))
    if command.name.startswith(_FILE_COMMANDS):
        return command.render(" ".join(("wacb", *_options(flags, "config", "account"))))
    return command.render(next_command(flags))


def _options(flags: Mapping[str, str], *names: str) -> list[str]:
    return [
        f"--{name.replace('_', '-')} {shlex.quote(flags[name])}" for name in names if name in flags
    ]

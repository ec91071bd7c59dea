"""Name the next command so that it reaches the account in use."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from functools import partial

from wacb.errors import Command, Prose

# commands that reach an account, and those that write one into the file
_API = re.compile(
    r"\bwacb (?=(?:(?:profile|number|verify|plan|apply|export|callback)|config show)\b)"
)
_FILE = re.compile(r"\bwacb (?=config (?!show\b))")


def program(flags: Mapping[str, str]) -> str:
    """Write the start of a next command, which reaches the same account as these `flags` do."""
    given = _given(flags, "config", "account", "region", "base_url", "waba_id")
    return " ".join(("wacb", *(["--sandbox"] if "sandbox" in flags else []), *given))


_FILE_COMMANDS = ("config init", "config set", "config unset", "config use", "config remove")
_NO_ACCOUNT = ("template", "completion", "help", "sandbox", "callback listen", "callback decode")


def render(flags: Mapping[str, str], text: str) -> str:
    """Write a text so that the commands in it reach the account of these `flags`."""
    return text.render(partial(_command_line, flags)) if isinstance(text, Prose) else text


def _command_line(flags: Mapping[str, str], command: Command) -> str:
    if command.name.startswith(_NO_ACCOUNT):
        return command.render()
    if command.name.startswith(_FILE_COMMANDS):
        return command.render(" ".join(("wacb", *_given(flags, "config", "account"))))
    return command.render(program(flags))


def reaching(flags: Mapping[str, str], text: str) -> str:
    """Rewrite the commands that a text names so that they reach the account of these `flags`."""
    if isinstance(text, Prose):
        return render(flags, text)
    file = " ".join(("wacb", *_given(flags, "config", "account")))
    for pattern, start in ((_API, program(flags)), (_FILE, file)):
        text = pattern.sub(start.replace("\\", r"\\") + " ", text)
    return text


def _given(flags: Mapping[str, str], *names: str) -> list[str]:
    return [
        f"--{name.replace('_', '-')} {shlex.quote(flags[name])}" for name in names if name in flags
    ]

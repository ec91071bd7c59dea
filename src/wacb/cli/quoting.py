"""Text for places that obey some of it: logs of GitHub Actions, and shells."""

from __future__ import annotations

import re
import shlex

from wacb.jsontext import CONTROLLING, visible

_SHORT = {"\t": r"\t", "\n": r"\n", "\r": r"\r"}


def defuse(text: str) -> str:
    r"""Escape (`\u003a`) what GitHub Actions takes for a command: `::` at a start, `##[` anywhere.

    Blanks before it do not count. JSON and TOML mean the same afterwards.
    """
    if "::" not in text and "##[" not in text:
        return text
    return re.sub(r"(?m)^([^\S\n]*):(?=:)", r"\1\\u003a", text).replace("##[", r"\u0023#[")


def shell_quote(text: str) -> str:
    r"""Quote a word for a shell; control characters as `$'\n'`, which bash, zsh and ksh know."""
    if visible(text) == text and "##[" not in text:
        return shlex.quote(text)
    escaped = re.sub(r"['\\]", r"\\\g<0>", text).replace("##[", r"\043#[")
    return f"$'{re.sub(CONTROLLING, _escape_for_shell, escaped)}'"


def _escape_for_shell(match: re.Match[str]) -> str:
    """Escape a character by its bytes: three octal digits end by themselves."""
    octal = "".join(f"\\{byte:03o}" for byte in match[0].encode("utf-8", "surrogatepass"))
    return _SHORT.get(match[0]) or octal

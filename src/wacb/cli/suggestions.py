"""Suggestions for unknown commands, options and topics: words of other tools, and typos."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping

import click

from wacb.errors import InvalidInput
from wacb.validation import nearest

Tables = Mapping[str, Collection[str]]  # the verbs of each group

# words of other tools, and the command for them here
_HABITS = {
    **dict.fromkeys(("init", "start", "install", "webhook"), "setup"),
    **dict.fromkeys(("login", "auth", "configure"), "config init"),
    "logout": "config remove",
    **dict.fromkeys(("whoami", "env"), "config show"),
    **dict.fromkeys(("switch", "account"), "config use"),
    **dict.fromkeys(("status", "doctor", "check", "test"), "verify"),
    **dict.fromkeys(("logs", "tail", "forward"), "callback listen"),
    **dict.fromkeys(("trigger", "ping"), "callback send"),
    **dict.fromkeys(("undo", "revert"), "number rollback"),
    **dict.fromkeys(("link", "connect"), "number attach"),
    **dict.fromkeys(("diff", "preview"), "plan"),
    **dict.fromkeys(("deploy", "push"), "apply"),
    **dict.fromkeys(("pull", "dump"), "export"),
    **dict.fromkeys(("docs", "man", "guide"), "help"),
    "version": "--version",
}
# synonyms: each stands for whichever verb a group has
_SYNONYMS = (
    ("list", "ls"),
    ("show", "get", "describe", "view", "info"),
    ("create", "new", "add"),
    ("delete", "remove", "rm", "del", "detach", "unset"),
    ("update", "edit", "set"),
    ("serve", "start", "run"),
    ("reset", "clear"),
)
_OPTIONS = {
    **dict.fromkeys(("json", "format"), ("output",)),
    **dict.fromkeys(("endpoint", "webhook"), ("url",)),
    "name": ("title",),
    **dict.fromkeys(("phone", "to"), ("number",)),
    **dict.fromkeys(("force", "f", "y"), ("yes", "replace")),
    "debug": ("verbose",),
    **dict.fromkeys(("file", "input"), ("from", "body-file")),
}
_TOPICS = {
    **dict.fromkeys(("github", "gitlab", "actions"), "ci"),
    **dict.fromkeys(("install", "start", "tutorial"), "quickstart"),
    **dict.fromkeys(("errors", "debug"), "troubleshooting"),
    **dict.fromkeys(("webhook", "tunnel"), "receiving"),
    **dict.fromkeys(("json", "formats"), "output"),
    **dict.fromkeys(("login", "auth", "accounts"), "credentials"),
}
_DASHES = "\u2012\u2013\u2014\u2015\u2212"


def name_dash(words: Iterable[str]) -> str | None:
    """Return the hint for an option that begins with what a word processor makes of `--`."""
    for word in words:
        plain = word.lstrip(_DASHES)
        if plain not in ("", word):
            return f"write it with two hyphens: --{plain} (it begins with another dash)"
    return None


def suggest_command(group: str, word: str, root: Collection[str], groups: Tables) -> str | None:
    """Return the command that an unknown `word` after `group` ("" after wacb itself) means.

    Words of other tools come before typos, and the group's own verbs before others.
    """
    tables = {"": root, **groups}
    habit = _HABITS.get(word)
    if habit and not group:
        return habit
    verbs = [word, *(verb for words in _SYNONYMS if word in words for verb in words)]
    near = nearest(word, tables[group])
    anywhere = nearest(word, {verb for own in groups.values() for verb in own})
    return (
        _find(verbs, {group: tables[group]})
        or _find([word] if group else verbs, tables)
        or habit
        or _find([near], {group: tables[group]})
        or (None if group else _find([anywhere], groups))
    )


def unknown_option(context: click.Context, name: str) -> InvalidInput:
    """Return the error for an option that a command does not have, with what it most likely means.

    The value after it is never repeated: it may be a key.
    """
    path, params = context.command_path, context.command.params
    names = [text for param in params for text in param.opts if text.startswith("--")]
    known = {text.removeprefix("--"): text for text in names}
    arguments = [each.human_readable_name for each in params if isinstance(each, click.Argument)]
    word = name.lstrip("-")
    hint = f"run `{path} --help`"
    near = next((known[each] for each in _OPTIONS.get(word, ()) if each in known), None)
    if word in ("api-key", "key", "token"):
        hint = "set WACB_API_KEY or run `wacb config init`; the key is never passed as an argument"
    elif fitting := [each for each in arguments if word in re.findall(r"\w+", each.lower())]:
        hint = f"it is an argument here: `{path} {fitting[0]}`"
    elif near := near or known.get(nearest(word, known) or ""):
        return InvalidInput(f"No such option {name!r}. Did you mean {near!r}?", hint=hint)
    return InvalidInput(f"No such option {name!r}.", hint=hint)


def suggest_topic(word: str, known: Collection[str]) -> str | None:
    """Return what `word` means of the topics and commands that `wacb help` knows."""
    return _TOPICS.get(word) or nearest(word, known)


def _find(verbs: Iterable[str | None], tables: Tables) -> str | None:
    """Return the first command with one of the verbs, in the order of the verbs."""
    found = (f"{name} {verb}" for verb in verbs for name, own in tables.items() if verb in own)
    return next(found, "").lstrip() or None

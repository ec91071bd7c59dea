"""The values that TAB offers, from files on this machine only, and what listings leave for it.

These are click's `shell_complete` functions. What they raise is kept from the prompt by tab.py.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping

import click
from click.shell_completion import CompletionItem

from wacb.cli.app import App
from wacb.config.regions import REGIONS
from wacb.sandbox.account import SID
from wacb.storage.completion_cache import Kind, Listed
from wacb.storage.encryption_keys import ALGORITHMS

Items = list[CompletionItem]
# What no shell takes for anything else, but for the spaces in a title: tab.py quotes these.
_PLAIN = re.compile(r"[\w+.][\w+. -]*")


def remember(app: App, kind: Kind, entries: Mapping[str, str]) -> None:
    """Keep a complete listing for the next TAB: profile titles by ID, or names by number."""
    hide = app.out.redact  # the API may repeat the key
    _listed(app).keep(kind, {hide(name): hide(text) for name, text in entries.items()})


def accounts(ctx: click.Context, param: click.Parameter, incomplete: str) -> Items:
    """Offer the accounts of the config file."""
    file = _app(ctx).config_file
    usual = file.data.get("default_account")
    names = {name: "the default account" if name == usual else "" for name in file.accounts}
    return _fitting(ctx, param, names, incomplete)


def profiles(ctx: click.Context, param: click.Parameter, incomplete: str) -> Items:
    """Offer the titles that name one profile only, and the IDs of all."""
    known = _listed(_app(ctx)).entries("profiles")
    uses = Counter(known.values())
    titles = {title: identity for identity, title in known.items() if uses[title] == 1}
    return _fitting(ctx, param, titles | known, incomplete)


def numbers(ctx: click.Context, param: click.Parameter, incomplete: str) -> Items:
    """Offer the numbers of the account."""
    return _fitting(ctx, param, _listed(_app(ctx)).entries("numbers"), incomplete)


def sandbox_numbers(ctx: click.Context, param: click.Parameter, incomplete: str) -> Items:
    """Offer the numbers of the sandbox, whichever account is in use."""
    return _fitting(ctx, param, listed_of_sandbox(_app(ctx)).entries("numbers"), incomplete)


def files(ctx: click.Context, param: click.Parameter, incomplete: str) -> Items:
    """Let the shell offer its files."""
    return [CompletionItem(incomplete, type="file")]


def folders(ctx: click.Context, param: click.Parameter, incomplete: str) -> Items:
    """Let the shell offer its folders."""
    return [CompletionItem(incomplete, type="dir")]


def algorithms(ctx: click.Context, param: click.Parameter, incomplete: str) -> Items:
    """Offer the ways to encrypt, which are taken in any case."""
    return _fitting(ctx, param, dict.fromkeys(ALGORITHMS, ""), incomplete)


def config_values(ctx: click.Context, param: click.Parameter, incomplete: str) -> Items:
    """Offer values of the key that stands before."""
    offers = {"default_account": accounts, "number": numbers, "profile": profiles}
    key = ctx.params["key"]
    if key in offers:
        return offers[key](ctx, param, incomplete)
    return _fitting(ctx, param, dict.fromkeys(REGIONS if key == "region" else (), ""), incomplete)


def help_words(ctx: click.Context, param: click.Parameter, incomplete: str) -> Items:
    """Offer the topics of the guide, then the commands."""
    from wacb.cli import COMMANDS
    from wacb.cli.help import topics

    words = {} if ctx.params["words"] else COMMANDS | dict(topics())
    return _fitting(ctx, param, words, incomplete)


def listed_of_sandbox(app: App) -> Listed:
    """Return what is remembered of the sandbox."""
    return Listed(app.state_folder, account=SID)


def _listed(app: App) -> Listed:
    if app.settings.sandbox:
        return listed_of_sandbox(app)

    return Listed(app.state_folder, account=app.settings.get("sid") or "")


def _app(ctx: click.Context) -> App:
    return ctx.find_root().ensure_object(App)


def _fitting(
    ctx: click.Context, param: click.Parameter, values: Mapping[str, str], incomplete: str
) -> Items:
    """Offer what begins like the word on the line and was not given before, with its help."""
    before = ctx.params.get(param.name or "")
    given = before if isinstance(before, tuple) else ()
    begun = incomplete.removeprefix("+")  # a number may be written without it
    return [
        CompletionItem(value, help=text if text.isprintable() else None)
        for value, text in values.items()
        if value.removeprefix("+").startswith(begun)
        and value not in given
        and _PLAIN.fullmatch(value)
    ]

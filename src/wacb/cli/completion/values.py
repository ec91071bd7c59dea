"""The values that TAB offers, from files on this machine only, and the cache they come from."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping

import click
from click.shell_completion import CompletionItem

from wacb.cli.app import App
from wacb.cli.identity import SANDBOX, identify
from wacb.config.regions import REGIONS
from wacb.storage.completion_cache import CompletionCache, Kind
from wacb.storage.encryption_keys import ALGORITHMS

Items = list[CompletionItem]
# No shell gives these a meaning, except the spaces in a title, which shells.py quotes.
_PLAIN = re.compile(r"[\w+.][\w+. -]*")


def store_listing(app: App, kind: Kind, entries: Mapping[str, str]) -> None:
    """Cache a complete listing for the next TAB: profile titles by ID, or names by number."""
    hide = app.out.redact  # the API may repeat the key
    _account_cache(app).store(kind, {hide(name): hide(text) for name, text in entries.items()})


def files(ctx: click.Context, param: click.Parameter, incomplete: str) -> Items:
    """Complete file names, by the shell."""
    return [CompletionItem(incomplete, type="file")]


def folders(ctx: click.Context, param: click.Parameter, incomplete: str) -> Items:
    """Complete folder names, by the shell."""
    return [CompletionItem(incomplete, type="dir")]


def accounts(ctx: click.Context, param: click.Parameter, incomplete: str) -> Items:
    """Offer the accounts of the config file."""
    file = _app(ctx).config_file
    default = file.data.get("default_account")
    names = {name: "the default account" if name == default else "" for name in file.accounts}
    return _matching(ctx, param, names, incomplete)


def profiles(ctx: click.Context, param: click.Parameter, incomplete: str) -> Items:
    """Offer the titles that only one profile has, and the IDs of all."""
    known = _account_cache(_app(ctx)).entries("profiles")
    uses = Counter(known.values())
    titles = {title: identity for identity, title in known.items() if uses[title] == 1}
    return _matching(ctx, param, titles | known, incomplete)


def numbers(ctx: click.Context, param: click.Parameter, incomplete: str) -> Items:
    """Offer the numbers of the account."""
    return _matching(ctx, param, _account_cache(_app(ctx)).entries("numbers"), incomplete)


def sandbox_numbers(ctx: click.Context, param: click.Parameter, incomplete: str) -> Items:
    """Offer the numbers of the sandbox, whichever account is in use."""
    return _matching(ctx, param, sandbox_cache(_app(ctx)).entries("numbers"), incomplete)


def algorithms(ctx: click.Context, param: click.Parameter, incomplete: str) -> Items:
    """Offer the encryption algorithms."""
    return _matching(ctx, param, dict.fromkeys(ALGORITHMS, ""), incomplete)


def config_values(ctx: click.Context, param: click.Parameter, incomplete: str) -> Items:
    """Offer values for the key before the cursor."""
    offers = {"default_account": accounts, "number": numbers, "profile": profiles}
    key = ctx.params["key"]
    if key in offers:
        return offers[key](ctx, param, incomplete)
    return _matching(ctx, param, dict.fromkeys(REGIONS if key == "region" else (), ""), incomplete)


def sandbox_cache(app: App) -> CompletionCache:
    """Return the cached listings of the sandbox."""
    return CompletionCache(app.state_folder, account=SANDBOX)


def _account_cache(app: App) -> CompletionCache:
    return CompletionCache(app.state_folder, account=identify(app.settings))


def _app(ctx: click.Context) -> App:
    return ctx.find_root().ensure_object(App)


def _matching(
    ctx: click.Context, param: click.Parameter, values: Mapping[str, str], incomplete: str
) -> Items:
    """Offer the values that begin like the word on the line, unless it has them already."""
    before = ctx.params.get(param.name or "")
    given = before if isinstance(before, tuple) else ()
    prefix = incomplete.removeprefix("+")  # a number may be written without it
    return [
        CompletionItem(value, help=text if text.isprintable() else None)
        for value, text in values.items()
        if value.removeprefix("+").startswith(prefix)
        and value not in given
        and _PLAIN.fullmatch(value)
    ]

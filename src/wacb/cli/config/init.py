"""`wacb config init`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from itertools import chain
from pathlib import Path
from typing import Any

import click

from wacb import errors
from wacb.cli.app import App, pass_app
from wacb.cli.commands import Command
from wacb.cli.config.api_key import api_key_options, read_key
from wacb.cli.prompts import ask
from wacb.config.accounts import (
    account_of,
    has_key,
    host,
    keeps_key,
    list_accounts,
    merge,
    merge_account,
)
from wacb.config.file import COMMENTS_DROPPED, check_values
from wacb.config.regions import REGIONS
from wacb.config.schema import RULES
from wacb.config.settings import DEFAULTS, resolve
from wacb.errors import AuthenticationFailed, Prose, WacbError

_INTRODUCTION = (
    "You'll find these values in the Kaleyra console.",
    "Credentials are saved only after they have been verified.",
)
_QUESTIONS = {
    "sid": "SID (Developer > API Key)",
    "api_key": "API key (same page; input hidden)",
    "stored_key": "API key (same page; input hidden; Enter to keep the stored key)",
    "region": "Region (the API Domain of the console)",
    "waba_id": "WABA ID (shown next to the number; Enter to skip)",
    "endpoint": "Default webhook URL (Enter to skip)",
}

_MERGED = ("sid", "api_key", "region", "base_url", "waba_id", "endpoint")
_MORE_KEYS = 3  # times that a refused key is asked for again


@click.command(cls=Command)
@click.option("--sid", metavar="SID", help="SID of the account. [env: WACB_SID]")
@click.option(
    "--endpoint", metavar="URL", help="Default endpoint of new profiles. [env: WACB_ENDPOINT]"
)
@api_key_options
@click.option("--no-check", is_flag=True, help="Save without verifying the credentials.")
@pass_app
def command(
    app: App,
    *,
    sid: str | None,
    endpoint: str | None,
    api_key_stdin: bool,
    api_key_file: Path | None,
    no_check: bool,
) -> None:
    """Store an account after checking its credentials.

    Takes --account, --region, --base-url and --waba-id, too, and prompts on a terminal for what is
    missing. Values of an existing account that you do not pass stay; without --account, the account
    of this SID is used. The console shows the SID and the API key under Developer > API Key, the
    host of your region under API Domain, and the WABA ID next to the number. The key is never
    passed as an argument.

    \b
    Example:
      wacb config init --sid HXXXXXXXXXXIN --region in --api-key-file key.txt
    """
    app.config_file = app.load_config(must_exist=False)
    key = read_key(app, api_key_stdin, api_key_file)
    store_account(app, {"sid": sid, "endpoint": endpoint, "api_key": key}, check=not no_check)
    app.out.hint(Prose("next: ", errors.Command("setup")))


def store_account(
    app: App,
    options: Mapping[str, str | None],
    *,
    check: bool = True,
    optional: Sequence[str] = ("waba_id", "endpoint"),
) -> None:
    """Store an account; what is missing is prompted for on a terminal.

    `options` are the values that were passed, `optional` what is asked for though it may be empty.
    With `check` the account is only stored once the API accepts it.
    """
    given = _read_given(app, options)
    if app.interactive and not (given.get("sid") and "api_key" in given):
        for line in _INTRODUCTION:
            app.out.message(line)
    account, given["sid"] = _choose_account(app, given.get("sid"))
    stored = app.config_file.accounts.get(account, {})
    values = _complete(app, stored, given, optional)
    if check:
        values = _verify(app, stored, values)
    _save(app, account, values)


def _read_given(app: App, options: Mapping[str, str | None]) -> dict[str, str]:
    """Take values from options, then from the environment; an empty one removes a stored one.

    An account of the file that `--account` names keeps its own connection over the environment's.
    """
    flags = {**app.flags, **options}
    if flags.get("account") not in app.config_file.accounts:
        flags.pop("account", None)
    found = resolve(flags, app.environ, app.config_file).given
    given = {name: found[name].value or "" for name in _MERGED if name in found}
    app.out.keep_secret(given.get("api_key"))
    return given


def _choose_account(app: App, sid: str | None) -> tuple[str, str]:
    """Return the account to write and its SID, which is prompted for on a terminal."""
    named, file = app.chosen_account, app.config_file
    if not (named or sid or app.interactive) and len(file.accounts) > 1:
        named = file.usual_account()
        if named is None:
            raise file.no_usual_account()
    usual = named or (file.usual_account() if file.accounts else None) or ""
    stored = file.accounts.get(usual, {}).get("sid")
    if not sid:
        sid = stored if stored and not app.interactive else None
        sid = sid or _ask(app, "sid", option="--sid", default=stored)
    return named or account_of(file, sid), sid


def _complete(
    app: App, stored: Mapping[str, Any], given: Mapping[str, str], optional: Sequence[str]
) -> dict[str, str]:
    """Add what is prompted for to the values that were passed; the stored ones are defaults."""
    check_values(given)
    values = dict(given)
    _require_key(app, stored, values, optional=True)
    if not app.interactive:
        return values
    if not values.get("region") and not merge(stored, values).get("base_url"):
        values["region"] = ask(
            app,
            _QUESTIONS["region"],
            option="--region",
            choices=tuple(REGIONS),
            rule=_read_region,
            default=stored.get("region", DEFAULTS["region"]),
        )
        _require_key(app, stored, values)
    for name in optional:
        if name not in values:
            values[name] = _ask(app, name, default=stored.get(name, ""))
    return values


def _read_region(answer: str) -> str:
    """Take a region, or the API Domain that the console shows for it."""
    url = "https://" + answer.removeprefix("https://").rstrip("/")
    return RULES["region"](next((name for name in REGIONS if url in REGIONS[name]), answer))


def _require_key(
    app: App, stored: Mapping[str, Any], values: dict[str, str], *, optional: bool = False
) -> None:
    """Prompt for the key where none was passed, and the stored one belongs to another host or SID.

    An `optional` question is asked on a terminal also where the stored key may stay.
    """
    if values.get("api_key"):
        return
    keeps = keeps_key(stored, values)
    if keeps and not (optional and app.interactive):
        return
    if not keeps and has_key(stored):
        app.out.note(f"the stored API key belongs to SID {stored.get('sid')} at {host(stored)}")
    question = "stored_key" if keeps else "api_key"
    if key := _ask_key(app, question, default="" if keeps else None):
        values["api_key"] = key


def _ask_key(app: App, question: str = "api_key", default: str | None = None) -> str:
    option = "--api-key-stdin or --api-key-file"
    key = ask(
        app,
        _QUESTIONS[question],
        option=option,
        rule=RULES["api_key"],
        default=default,
        hide_input=True,
    )
    app.out.keep_secret(key)
    return key


def _ask(app: App, name: str, *, option: str | None = None, default: str | None = None) -> str:
    return ask(app, _QUESTIONS[name], option=option, rule=RULES[name], default=default)


def _verify(app: App, stored: Mapping[str, Any], values: dict[str, str]) -> dict[str, str]:
    """Try the account, on a terminal with another key where one is refused; return what works."""
    refused = 0
    with closing(app.session):
        while True:
            try:
                _try_account(app, merge(stored, values)).client.check_access()
            except AuthenticationFailed as error:
                refused += 1
                if refused > _MORE_KEYS or not app.interactive:
                    raise
                app.out.error(error)
            except WacbError:
                if app.interactive:
                    again = _repeat(values)
                    app.out.note(Prose("to start again with these answers: `", again, "`"))
                raise
            else:
                app.out.message("Credentials verified")
                return values
            values = {**values, "api_key": _ask_key(app)}


def _repeat(values: Mapping[str, str]) -> errors.Command:
    """Return the command that has every answer but the key."""
    names = [name for name in _MERGED if name != "api_key" and values.get(name)]
    options = [(f"--{name.replace('_', '-')}", values[name]) for name in names]
    return errors.Command("config init", *chain.from_iterable(options))


def _save(app: App, account: str, values: Mapping[str, str]) -> None:
    before = list_accounts(app.config_file)
    default = next((each.name for each in before if each.default), None)
    if merge_account(app.config_path, values, account=account, remaining=app.remaining):
        app.out.note(COMMENTS_DROPPED)
    app.out.message(
        f"Saved account {account!r} to {app.config_path} (plain text, readable only by you)"
    )
    if default and account not in (each.name for each in before):
        use = errors.Command("config use", account)
        app.out.note(
            Prose(f"{default!r} is still the default account; run `", use, "` to change it")
        )
    for name in ("region", "base_url", "waba_id"):  # the account has them now
        app.flags.pop(name, None)
    if before and account != default:
        app.flags["account"] = account  # so that the next command reaches it


def _try_account(app: App, values: Mapping[str, Any]) -> App:
    """Build an App for an account that is not stored yet, with the session of this one."""
    other = app.for_accounts({"new": values})
    other.verbosity = app.verbosity
    other.session = app.session
    other.out = app.out
    return other

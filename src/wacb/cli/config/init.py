"""`wacb config init`."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import click

from wacb.cli.app import App, pass_app
from wacb.cli.commands import Command
from wacb.cli.config.api_key import api_key_options, given_key
from wacb.cli.prompts import ask
from wacb.config import file
from wacb.config.file import ConfigFile
from wacb.config.regions import REGIONS
from wacb.config.schema import RULES
from wacb.config.settings import DEFAULTS

_INTRODUCTION = (
    "The Kaleyra console shows what is asked for here.",
    "Nothing is stored before the API has taken it.",
)
_QUESTIONS = {
    "sid": "SID (console: Developer > API Key)",
    "api_key": "API key (beside it; not shown as you type)",
    "region": "Region (console: API Domain)",
    "waba_id": "WABA ID (console: beside the WhatsApp number; empty for none)",
    "endpoint": "Your URL that is to receive messages (empty for none)",
}


@click.command(cls=Command)
@click.option("--sid", metavar="SID", help="SID of the account. [WACB_SID]")
@click.option("--endpoint", metavar="URL", help="Endpoint of new profiles. [WACB_ENDPOINT]")
@api_key_options
@click.option("--no-check", is_flag=True, help="Store without trying the connection.")
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
    """Store an account and check the connection.

    Takes --account, --region, --base-url and --waba-id, too, and asks on a terminal for what is
    missing. The console shows SID and API key under Developer > API Key, the host of a region under
    API Domain, the WABA ID beside the WhatsApp number. The key never stands on the command line.

    \b
    Example:
      wacb config init --sid HXXXXXXXXXXIN --region in --api-key-file key.txt
    """
    app.config_file = ConfigFile.load(app.config_path, must_exist=False)
    given = {"sid": sid, "endpoint": endpoint} | {
        name: app.flags.get(name) for name in ("region", "base_url", "waba_id")
    }
    values = _complete(app, given, given_key(app, api_key_stdin, api_key_file))
    account = app.chosen_account or "default"
    file.check_values(values)
    if not no_check:
        with closing(_trying(app, values).client) as client:
            client.check_access()
        app.out.say("the API accepts SID and key")
    before = app.config_file.accounts.get(account, {})
    file.init_account(app.config_path, values, account=account)
    dropped = [key for key in file.CONNECTION if key in before and key not in values]
    if dropped:
        app.out.note(f"no longer stored, as it was not given again: {', '.join(dropped)}")
    app.out.say(f"account {account} is stored in {app.config_path} (plain text, mode 0600)")
    url = "" if "endpoint" in values else " --url https://example.com/hook"
    for name in ("region", "base_url", "waba_id"):  # the account has them now
        app.flags.pop(name, None)
    app.out.hint(f"next: wacb profile create --method post{url}")


def _complete(app: App, given: dict[str, str | None], key: str | None) -> dict[str, str]:
    """Take values from flags, then the environment, then the person at the terminal."""
    found = {name: given[name] or app.environ.get(f"WACB_{name.upper()}") for name in given}
    key = key or app.environ.get("WACB_API_KEY")
    if app.interactive and not (found["sid"] and key):
        for line in _INTRODUCTION:
            app.out.say(line)
    found["sid"] = found["sid"] or _ask(app, "sid", option="--sid")
    found["api_key"] = key or _ask(
        app, "api_key", option="--api-key-stdin or --api-key-file", hide_input=True
    )
    app.out.keep_secret(found["api_key"])
    if app.interactive:
        if not found["region"] and not found["base_url"]:
            found["region"] = _ask(
                app, "region", choices=tuple(REGIONS), default=DEFAULTS["region"]
            )
        for name in ("waba_id", "endpoint"):
            found[name] = found[name] or _ask(app, name, default="", show_default=False)
    return {name: value for name, value in found.items() if value}


def _ask(app: App, name: str, *, option: str = "", **how: Any) -> str:
    return ask(app, _QUESTIONS[name], option=option, rule=RULES[name], **how)


def _trying(app: App, values: Mapping[str, str]) -> App:
    """Make another App for an account that is not stored yet, with this one's way to the API."""
    other = app.apart({"new": values})
    other.verbosity = app.verbosity
    other.session = app.session
    other.out = app.out
    return other

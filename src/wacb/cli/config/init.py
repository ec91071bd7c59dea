"""`wacb config init`."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

import click

from wacb import errors
from wacb.cli.app import App, pass_app
from wacb.cli.commands import Command
from wacb.cli.config.api_key import api_key_options, read_key
from wacb.cli.prompts import ask
from wacb.config import file
from wacb.config.environment import read_secret
from wacb.config.file import ConfigFile
from wacb.config.regions import REGIONS
from wacb.config.schema import RULES
from wacb.config.settings import DEFAULTS
from wacb.errors import Prose

_INTRODUCTION = (
    "You'll find these values in the Kaleyra console.",
    "Credentials are saved only after they have been verified.",
)
_QUESTIONS = {
    "sid": "SID (Developer > API Key)",
    "api_key": "API key (same page; input hidden)",
    "region": "Region (the API Domain of the console)",
    "waba_id": "WABA ID (shown next to the number; Enter to skip)",
    "endpoint": "Default webhook URL (Enter to skip)",
}


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
    missing. The console shows the SID and the API key under Developer > API Key, the host of your
    region under API Domain, and the WABA ID next to the number. The key is never passed as an
    argument.

    \b
    Example:
      wacb config init --sid HXXXXXXXXXXIN --region in --api-key-file key.txt
    """
    app.config_file = ConfigFile.load(app.config_path, must_exist=False)
    options = {"sid": sid, "endpoint": endpoint} | {
        name: app.flags.get(name) for name in ("region", "base_url", "waba_id")
    }
    values = _complete(app, options, read_key(app, api_key_stdin, api_key_file))
    account = app.chosen_account or "default"
    file.check_values(values)
    if not no_check:
        with closing(_try_account(app, values).client) as client:
            client.check_access()
        app.out.message("Credentials verified")
    before = app.config_file.accounts.get(account, {})
    if file.init_account(app.config_path, values, account=account):
        app.out.note(file.COMMENTS_DROPPED)
    dropped = [key for key in file.CONNECTION if key in before and key not in values]
    if dropped:
        app.out.note(f"removed {', '.join(map(repr, dropped))} (not given this time)")
    app.out.message(
        f"Saved account {account!r} to {app.config_path} (plain text, readable only by you)"
    )
    for name in ("region", "base_url", "waba_id"):  # the account has them now
        app.flags.pop(name, None)
    url = () if "endpoint" in values else ("--url", "https://example.com/hook")
    app.out.hint(Prose("next: ", errors.Command("profile create", "--method", "post", *url)))


def _complete(app: App, options: dict[str, str | None], key: str | None) -> dict[str, str]:
    """Take values from options, then the environment, then prompts on a terminal."""
    found = {
        name: value or app.environ.get(f"WACB_{name.upper()}") for name, value in options.items()
    }
    key = key or read_secret(app.environ, "WACB_API_KEY")
    if app.interactive and not (found["sid"] and key):
        for line in _INTRODUCTION:
            app.out.message(line)
    found["sid"] = found["sid"] or _ask(app, "sid", option="--sid")
    found["api_key"] = key or _ask(
        app, "api_key", option="--api-key-stdin or --api-key-file", hide_input=True
    )
    app.out.keep_secret(found["api_key"])
    if app.interactive:
        if not found["region"] and not found["base_url"]:
            found["region"] = ask(
                app,
                _QUESTIONS["region"],
                option="--region",
                choices=tuple(REGIONS),
                default=DEFAULTS["region"],
            )
        for name in ("waba_id", "endpoint"):
            found[name] = found[name] or _ask(app, name, default="")
    return {name: value for name, value in found.items() if value}


def _ask(
    app: App,
    name: str,
    *,
    option: str | None = None,
    default: str | None = None,
    hide_input: bool = False,
) -> str:
    return ask(
        app,
        _QUESTIONS[name],
        option=option,
        rule=RULES[name],
        default=default,
        hide_input=hide_input,
    )


def _try_account(app: App, values: Mapping[str, str]) -> App:
    """Build an App for an account that is not stored yet, with the session of this one."""
    other = app.for_accounts({"new": values})
    other.verbosity = app.verbosity
    other.session = app.session
    other.out = app.out
    return other

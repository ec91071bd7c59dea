"""`wacb config set`."""

from __future__ import annotations

from pathlib import Path

import click

from wacb import errors
from wacb.cli import completion
from wacb.cli.app import App, pass_app
from wacb.cli.commands import Command
from wacb.cli.config.api_key import api_key_options, read_key
from wacb.cli.prompts import ask
from wacb.config import file
from wacb.errors import InvalidInput, Prose

_OVERRIDDEN_BY = {"region": "base_url", "api_key_command": "api_key"}


@click.command(cls=Command)
@click.argument("key", type=click.Choice(file.KEYS), metavar="KEY")
@click.argument("value", required=False, shell_complete=completion.config_values)
@api_key_options
@pass_app
def command(
    app: App, *, key: str, value: str | None, api_key_stdin: bool, api_key_file: Path | None
) -> None:
    """Set a value of the current account.

    --account NEW creates an account. Keys: sid, api_key, api_key_command, region, base_url,
    waba_id, endpoint, number, profile, default_account and contract.attach_field, .attach_path,
    .attach_method, .detach_value, .number_profile_member, .offset_counts, .page_cap.

    \b
    Example:
      wacb config set endpoint https://example.com/hook
      wacb config set api_key --api-key-file key.txt
    """
    if key == "api_key":
        value = _read_new_key(app, value, api_key_stdin, api_key_file)
    elif api_key_stdin or api_key_file:
        raise InvalidInput(
            f"--api-key-stdin and --api-key-file cannot be used with {key}",
            hint="use them to set api_key",
        )
    elif value is None:
        unset = errors.Command("config unset", key)
        again = errors.Command("config set", key, "VALUE")
        raise InvalidInput(
            f"the value of {key} is missing",
            hint=Prose("run `", again, "`, or `", unset, "` to remove it"),
        )
    if file.set_value(
        app.config_path, key, value, account=app.chosen_account, remaining=app.remaining
    ):
        app.out.note(file.COMMENTS_DROPPED)
    if key == "base_url" and app.settings.stores_key:
        app.out.note(f"the stored API key of this account is now sent to {value}")
    other = _OVERRIDDEN_BY.get(key)
    if other and app.settings.stored(other):
        unset = errors.Command("config unset", other)
        app.out.note(Prose(f"{other} still overrides {key}; run `", unset, "` to remove it"))


def _read_new_key(app: App, value: str | None, from_stdin: bool, path: Path | None) -> str:
    if value is not None:
        raise InvalidInput(
            "an API key on the command line can be read by every process on this machine",
            hint="use --api-key-stdin or --api-key-file PATH, or omit the value to be prompted",
        )
    key = read_key(app, from_stdin, path) or ask(
        app, "API key", option="--api-key-stdin or --api-key-file", hide_input=True
    )
    app.out.keep_secret(key)
    return key

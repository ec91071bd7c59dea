"""`wacb config remove`."""

from __future__ import annotations

import click

from wacb.cli import completion
from wacb.cli.app import App, pass_app
from wacb.cli.commands import Command
from wacb.cli.options import yes_option
from wacb.cli.prompts import confirm
from wacb.config.accounts import list_accounts, remove_account
from wacb.config.file import COMMENTS_DROPPED


@click.command(cls=Command)
@click.argument("name", shell_complete=completion.accounts)
@yes_option
@pass_app
def command(app: App, *, name: str, yes: bool) -> None:
    """Remove an account from the config file.

    Its stored API key is removed with it. Encryption keys and the journal stay in the state folder:
    the profiles and numbers at Kaleyra are not touched.

    \b
    Example:
      wacb config remove test
    """
    app.config_file.check_account(name, "NAME")
    accounts = list_accounts(app.config_file)
    (account,) = (each for each in accounts if each.name == name)
    if account.key == "stored":
        app.out.note("its API key is stored in this file only, and is removed with it")
    app.out.note(f"its encryption keys, journal and other records stay in {app.state_folder}")
    confirm(app, f"remove account {name!r} from {app.config_path}", yes=yes)
    if remove_account(app.config_path, name, remaining=app.remaining):
        app.out.note(COMMENTS_DROPPED)
    app.out.message(f"Removed account {name!r}")
    others = [each.name for each in accounts if each.name != name]
    if account.default and len(others) > 1:
        app.out.note(f"there is no default account now; choose one of {', '.join(others)}")

"""`wacb export`."""

from __future__ import annotations

import click

from wacb.cli.app import App, pass_app
from wacb.cli.commands import Command
from wacb.cli.options import read_jobs_option
from wacb.plan.manifest.export import write
from wacb.provision.lookup import spell_ids


@click.command(cls=Command)
@read_jobs_option
@pass_app
def command(app: App) -> None:
    """Export the account as a wacb.toml file.

    Use it to take over an account that was set up by hand: `wacb plan` then finds no changes.
    The file has no secrets: variables stand in for them, and stderr lists their names. Needs a
    WABA ID, because only the V2 API lists numbers.

    \b
    Example:
      wacb export > wacb.toml
    """
    app.check_credentials()
    app.api.list_numbers()  # raises without a WABA ID, before anything is sent
    listed, rows = app.client.both(
        lambda: app.lookup.listed, lambda: app.client.profile_rows().require_whole()
    )
    numbers = [
        number._replace(callback_profile_id=app.lookup.attached_profile_id(number))
        for number in listed.values()
    ]
    titles, profiles = app.client.complete_titled(rows, lambda row: True)
    spelled = spell_ids(numbers, titles)
    exported = write([*profiles.values()], [*spelled.values()], local=app.accepts_local)
    app.out.text(exported.text.removesuffix("\n"))
    app.out.note(*exported.notes)
    if exported.variables:
        names = ", ".join(exported.variables)
        app.out.note(f"set these variables before you run plan or apply: {names}")

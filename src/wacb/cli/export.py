"""`wacb export`."""

from __future__ import annotations

import click

from wacb.cli.app import App, pass_app
from wacb.cli.commands import Command
from wacb.plan.manifest.export import write


@click.command(cls=Command)
@pass_app
def command(app: App) -> None:
    """Write the live state as a wacb.toml.

    Use it to take over an account that was set up by hand: `wacb plan` finds nothing to do in
    what it writes. No secret stands in the file: variables take their place, and their names are
    listed on stderr. Needs a WABA ID: only the V2 API lists numbers.

    \b
    Example:
      wacb export > wacb.toml
    """
    numbers = [
        number._replace(callback_profile_id=app.lookup.attached_profile_id(number))
        for number in app.lookup.listed.values()
    ]
    exported = write([*app.client.list_profiles()], numbers, local=app.accepts_local)
    app.out.text(exported.text.removesuffix("\n"))
    app.out.note(*exported.notes)
    if exported.variables:
        names = ", ".join(exported.variables)
        app.out.note(f"set these variables before plan or apply: {names}")

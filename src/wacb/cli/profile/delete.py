"""`wacb profile delete`."""

from __future__ import annotations

import click

from wacb.cli import completion
from wacb.cli.app import App, pass_app
from wacb.cli.commands import Command
from wacb.cli.dry_run import show_requests
from wacb.cli.options import dry_run_option, output_options, yes_option
from wacb.cli.prompts import confirm
from wacb.cli.views.profiles import PROFILE_RESULT
from wacb.provision import delete, find


@click.command(cls=Command)
@click.argument("reference", metavar="ID|TITLE", shell_complete=completion.profiles)
@click.option("--force", is_flag=True, help="Delete it even if a number carries it.")
@yes_option
@dry_run_option
@output_options
@pass_app
def command(app: App, *, reference: str, force: bool, yes: bool, dry_run: bool) -> None:
    """Delete a callback profile that no number carries.

    Asks first on a terminal, and needs --yes elsewhere. There is no way back.

    \b
    Example:
      wacb profile delete wacb-incoming-example-com-hook --yes
    """
    if dry_run and not app.has_credentials:
        find.require_id(reference)
        app.out.note("without credentials it was not looked up whether a number carries it")
        show_requests(app, [app.api.delete_profile(reference)])
        return
    step = delete.prepare_delete(app.look, reference, force=force)
    app.out.note(*step.notes)
    profile = step.profile
    if dry_run:
        show_requests(app, [app.api.delete_profile(profile.id)])
        return
    confirm(app, f"delete profile {profile.id} ({profile.title})", yes=yes)
    deleted = delete.delete(app.client, profile)
    app.out.note(*deleted.notes)
    app.out.record(deleted, PROFILE_RESULT)

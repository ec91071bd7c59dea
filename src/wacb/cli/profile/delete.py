"""`wacb profile delete`."""

from __future__ import annotations

from functools import partial

import click

from wacb.cli import completion
from wacb.cli.app import App, pass_app
from wacb.cli.commands import Command, Section
from wacb.cli.dry_run import show_requests
from wacb.cli.options import dry_run_option, option, output_options, yes_option
from wacb.cli.prompts import confirm_unchanged, require_unchanged
from wacb.cli.views.profiles import PROFILE_RESULT
from wacb.provision import find
from wacb.provision.delete import DeleteStep, delete_profile, prepare_delete


@click.command(cls=Command)
@click.argument("reference", metavar="ID|TITLE", shell_complete=completion.profiles)
@option(
    "--force", section=Section.SAFETY, is_flag=True, help="Delete even if attached to a number."
)
@yes_option
@dry_run_option
@output_options
@pass_app
def command(app: App, *, reference: str, force: bool, yes: bool, dry_run: bool) -> None:
    """Delete an unused callback profile.

    Asks for confirmation on a terminal; elsewhere pass --yes. This cannot be undone.

    \b
    Example:
      wacb profile delete wacb-incoming-example-com-hook --yes
    """
    if dry_run and not app.has_credentials:
        find.require_id(reference)
        app.out.note(
            "checked offline: without credentials it is not known whether a number uses it"
        )
        show_requests(app, [app.api.delete_profile(reference)])
        return

    def look() -> DeleteStep:
        return prepare_delete(app.lookup, reference, force=force)

    step = look()
    app.out.note(*step.notes)
    profile = step.profile
    if dry_run:
        show_requests(app, [app.api.delete_profile(profile.id)])
        return
    action = f"delete profile {profile.label}"
    confirm_unchanged(app, action, yes=yes, shown=step, look=look)
    deleted = delete_profile(
        app.client,
        profile,
        sleep=app.sleep,
        look_again=partial(require_unchanged, app, step, look),
    )
    app.out.note(*deleted.notes)
    app.out.record(deleted, PROFILE_RESULT, whole=app.verbosity > 0)

"""`wacb number detach`."""

from __future__ import annotations

import click

from wacb.cli.app import App, pass_app
from wacb.cli.commands import Command
from wacb.cli.number.consent import name_in_question
from wacb.cli.number.report import online_lookup, run_one, show_changes
from wacb.cli.number.targets import read_number
from wacb.cli.options import dry_run_option, number_argument, output_options, yes_option
from wacb.cli.prompts import confirm_unchanged
from wacb.provision import attach
from wacb.provision.number_change import NumberChange, NumberResult


@click.command(cls=Command)
@number_argument
@yes_option
@dry_run_option
@output_options
@pass_app
def command(app: App, *, number: str, yes: bool, dry_run: bool) -> None:
    """Detach the profile from a number.

    The number stops delivering callbacks; `wacb number rollback` restores its profile. Asks for
    confirmation on a terminal; elsewhere pass --yes.

    \b
    Example:
      wacb number detach +919812345678 --yes
    """
    target = read_number(app, number)

    def look() -> NumberChange:
        return attach.prepare_detach(online_lookup(app, dry_run=dry_run), target)

    change = look()
    if dry_run:
        show_changes(app, [NumberResult(change)])
        return
    if change.is_needed and not yes:
        action = f"detach {name_in_question(app, change.old)} from {target}"
        confirm_unchanged(app, action, yes=False, shown=change, look=look)
    run_one(app, change)

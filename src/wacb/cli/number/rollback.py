"""`wacb number rollback`."""

from __future__ import annotations

import click

from wacb.cli.app import App, pass_app
from wacb.cli.commands import Command
from wacb.cli.number.consent import name_in_question
from wacb.cli.number.report import run_one, show_changes
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
    """Restore the number's previous profile.

    Use it to undo the last change made from this machine. Refused if the number was changed by
    someone else since. Asks for confirmation on a terminal; elsewhere pass --yes. Run again, it
    changes nothing.

    \b
    Example:
      wacb number rollback +919812345678 --yes
    """
    target = read_number(app, number)

    def look() -> NumberChange:
        return attach.prepare_rollback(app.lookup, target)

    change = look()
    if dry_run:
        show_changes(app, [NumberResult(change)])
        return
    if change.is_needed and not yes:
        old, new = (name_in_question(app, each) for each in (change.old, change.new))
        action = f"restore {target} from {old} to {new}"
        confirm_unchanged(app, action, yes=False, shown=change, look=look)
    run_one(app, change)

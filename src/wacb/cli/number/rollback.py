"""`wacb number rollback`."""

from __future__ import annotations

import click

from wacb.cli.app import App, pass_app
from wacb.cli.commands import Command
from wacb.cli.number.report import run_one, show_step
from wacb.cli.options import dry_run_option, number_argument, output_options, yes_option
from wacb.cli.prompts import confirm
from wacb.provision import attach
from wacb.validation import parse_number


@click.command(cls=Command)
@number_argument
@yes_option
@dry_run_option
@output_options
@pass_app
def command(app: App, *, number: str, yes: bool, dry_run: bool) -> None:
    """Put back the profile that a number carried before its last change.

    The journal on this machine knows it; if somebody changed the number since, nothing is done.
    Asks first on a terminal, and needs --yes elsewhere. Rolling back twice returns.

    \b
    Example:
      wacb number rollback +919812345678 --yes
    """
    step = attach.prepare_rollback(app.look, parse_number(number))
    if dry_run:
        show_step(app, step)
        return
    if step.request:
        way = f"from {step.old or 'no profile'} to {step.new or 'no profile'}"
        confirm(app, f"put number {step.number} back {way}", yes=yes)
    run_one(app, step)

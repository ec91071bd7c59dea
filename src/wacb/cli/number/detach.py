"""`wacb number detach`."""

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
    """Take the callback profile off a number, which then delivers nothing.

    Asks first on a terminal, and needs --yes elsewhere. `wacb number rollback` puts it back.

    \b
    Example:
      wacb number detach +919812345678 --yes
    """
    target = parse_number(number)
    look = None if dry_run and not app.has_credentials else app.look
    step = attach.prepare_detach(look, app.api, target)
    if dry_run:
        show_step(app, step)
        return
    if step.request:
        confirm(app, f"take profile {step.old or '(not shown)'} off number {target}", yes=yes)
    run_one(app, step)

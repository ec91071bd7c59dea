"""`wacb plan`."""

from __future__ import annotations

import shlex

import click

from wacb.cli.app import App, pass_app
from wacb.cli.commands import Command
from wacb.cli.github import check_github, github_option, write_github
from wacb.cli.options import plan_output_options
from wacb.cli.plan.load import DEFAULT_FILE, make_plan, outputs, plan_options, refuse_problems
from wacb.cli.plan.view import as_markdown, show_plan

CHANGES_PENDING = 10  # cli.md 5


@click.command(cls=Command)
@plan_options
@click.option("--detailed-exitcode", is_flag=True, help="Exit with 10 when there is a change.")
@github_option
@plan_output_options
@pass_app
def command(app: App, *, file: str, prune: bool, detailed_exitcode: bool, github: bool) -> None:
    """Show what would make the account as a file wants it.

    Compares wacb.toml with the profiles and numbers that are there, and changes nothing. What
    somebody changed in the console shows as an update. `wacb export` writes a first file.

    \b
    Example:
      wacb plan --detailed-exitcode
    """
    if github:
        check_github(app)
    plan = make_plan(app, file, prune=prune)
    show_plan(app, plan)
    if github:
        outs = outputs(app, plan, ids=dict(plan.ids), changed=bool(plan.changes))
        write_github(app, outs, as_markdown(app, plan))
    refuse_problems(plan)
    if plan.changes:
        options = ["-f", shlex.quote(file)] * (file != DEFAULT_FILE) + ["--prune"] * prune
        app.out.hint(" ".join(("next: wacb apply", *options)))
    if detailed_exitcode and plan.changes:
        click.get_current_context().exit(CHANGES_PENDING)

"""`wacb plan`."""

from __future__ import annotations

from pathlib import Path

import click

from wacb.cli.app import App, pass_app
from wacb.cli.commands import Command
from wacb.cli.github import check_github, github_option, write_github
from wacb.cli.options import plan_output_options, read_jobs_option
from wacb.cli.plan.load import (
    make_plan,
    outputs,
    plan_options,
    read_manifest,
    refuse_problems,
    same_plan,
)
from wacb.cli.plan.view import as_markdown, show_plan
from wacb.errors import Prose

CHANGES_PENDING = 10  # exit code


@click.command(cls=Command)
@plan_options
@click.option("--detailed-exitcode", is_flag=True, help="Exit with code 10 if there are changes.")
@github_option
@read_jobs_option
@plan_output_options
@pass_app
def command(app: App, *, file: Path, prune: bool, detailed_exitcode: bool, github: bool) -> None:
    """Preview the changes wacb.toml would make.

    Compares the file with the account and changes nothing; a change made in the console shows as an
    update. Start with a file from `wacb export`.

    \b
    Example:
      wacb plan --detailed-exitcode
    """
    if github:
        check_github(app)
    plan = make_plan(app, read_manifest(app, file, prune=prune), prune=prune)
    app.out.note(*plan.notes)
    show_plan(app, plan)
    if github:
        outs = outputs(app, plan, ids=dict(plan.ids), changed=bool(plan.changes))
        write_github(app, outs, as_markdown(app, plan))
    refuse_problems(plan)
    if plan.changes and file.is_file():  # a pipe cannot be read again
        app.out.hint(Prose("next: ", same_plan("apply", file, prune=prune)))
    if detailed_exitcode and plan.changes:
        click.get_current_context().exit(CHANGES_PENDING)

"""`wacb apply`."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import click

from wacb.cli.app import App, pass_app
from wacb.cli.commands import Command
from wacb.cli.create_lock import create_lock
from wacb.cli.dry_run import show_requests
from wacb.cli.github import check_github, github_option, markdown_table, write_github
from wacb.cli.number.report import interrupted_by, stop_of, word_of
from wacb.cli.options import dry_run_option, output_options, yes_option
from wacb.cli.plan.load import checksum_of, make_plan, outputs, plan_options, refuse_problems
from wacb.cli.plan.view import as_json, as_lines, summary
from wacb.cli.prompts import confirm
from wacb.cli.views.plan import CHANGE_RESULT
from wacb.errors import BulkFailed, Skipped, Unsafe, WacbError
from wacb.plan.apply import Apply, Outcome, requests
from wacb.plan.model import Move, Plan

_MOVED = ("attached", "detached")


@click.command(cls=Command)
@plan_options
@click.option("--checksum", metavar="SUM", help="Do it only if the plan has this checksum.")
@yes_option
@github_option
@dry_run_option
@output_options
@pass_app
def command(
    app: App,
    *,
    file: str,
    prune: bool,
    checksum: str | None,
    yes: bool,
    github: bool,
    dry_run: bool,
) -> None:
    """Make the account as a file wants it.

    Plans again, shows the plan, asks, and does exactly that: profiles before numbers, and nothing
    is taken away before the rest is in place. Needs --yes off a terminal. A run that broke off is
    finished by the next one.

    \b
    Example:
      wacb apply --yes
    """
    if github:
        check_github(app)
    plan = make_plan(app, file, prune=prune)
    if not dry_run:
        for line in as_lines(app, plan, color=False):
            app.out.message(line)
    refuse_problems(plan)
    _check_reviewed(app, plan, checksum)
    if dry_run:
        show_requests(app, requests(plan, app.api))
        return
    if plan.changes and not yes:
        confirm(app, "make these changes", yes=False)
        del app.journal  # a person may think for hours, and others write to it meanwhile
        again = make_plan(app, file, prune=prune)
        refuse_problems(again)
        _check_reviewed(app, again, checksum_of(app, plan))
        plan = again
    outcomes, interrupted = _carry_out(app, plan) if plan.changes else ([], False)
    _show(app, plan, outcomes)
    if github:
        _report(app, plan, outcomes)
    error = interrupted_by(outcomes) if interrupted else _failure(outcomes)
    if error and checksum:
        error.hint = "run `wacb plan` first: what is left to do is another plan, to be reviewed"
    if error:
        raise error


def _check_reviewed(app: App, plan: Plan, checksum: str | None) -> None:
    current = checksum_of(app, plan)
    if checksum is not None and checksum != current:
        raise Unsafe(
            f"this is not the plan that was reviewed: its checksum is {current}",
            hint="somebody changed the file or the account since: look at it with `wacb plan`",
        )


def _carry_out(app: App, plan: Plan) -> tuple[list[Outcome], bool]:
    """Do it; the second value says whether it was interrupted."""
    with app.out.progress(len(plan.changes)) as advance:
        stop = stop_of(app)
        run = Apply(
            app.client,
            app.journal,
            claim=partial(create_lock, app),
            sleep=app.sleep,
            stop=stop,
            tell=app.out.note,
            done=advance,
        )
        return run.carry_out(plan), stop.interrupted


def _show(app: App, plan: Plan, outcomes: Sequence[Outcome]) -> None:
    if app.out.format == "json" and not app.out.quiet:
        shown = as_json(app, plan)
        changes = [CHANGE_RESULT.as_json(outcome) for outcome in outcomes]
        app.out.json(shown | {"changes": changes})
    elif outcomes:
        app.out.table(outcomes, CHANGE_RESULT)
    deleted = {outcome.id for outcome in outcomes if outcome.result == "deleted"}
    moved = [outcome.change.work for outcome in outcomes if outcome.result in _MOVED]
    if any(isinstance(move, Move) and move.old not in (None, *deleted) for move in moved):
        app.out.message("undo, for each changed number: wacb number rollback NUMBER")


def _report(app: App, plan: Plan, outcomes: Sequence[Outcome]) -> None:
    made = {
        outcome.change.name: outcome.id
        for outcome in outcomes
        if outcome.change.kind == "profile" and outcome.change.action != "delete" and outcome.id
    }
    changed = any(outcome.result not in (None, "unchanged") for outcome in outcomes)
    table = markdown_table(
        app,
        ("Action", "Kind", "Name", "Result", "Profile", "Error"),
        [
            (
                outcome.change.action,
                outcome.change.kind,
                outcome.change.name,
                word_of(outcome),
                outcome.id or "",
                outcome.error.message if outcome.error else "",
            )
            for outcome in outcomes
        ],
    )
    text = f"{summary(plan)}\n\n{table}" if outcomes else summary(plan)
    write_github(app, outputs(app, plan, ids={**plan.ids, **made}, changed=changed), text)


def _failure(outcomes: Sequence[Outcome]) -> WacbError | None:
    """Make one error for all that failed, None where nothing did."""
    failed = [outcome.error for outcome in outcomes if outcome.error]
    if not failed:
        return None
    tried = [error for error in failed if not isinstance(error, Skipped)]
    not_tried = len(failed) - len(tried)
    return BulkFailed(
        f"{len(tried)} of {len(outcomes)} changes failed"
        + (f", {not_tried} not tried" if not_tried else ""),
        tried,
        hint="run the same command again to finish the rest",
    )

"""`wacb apply`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import click

from wacb.cli.app import App, pass_app
from wacb.cli.commands import Command, Section
from wacb.cli.dry_run import show_requests
from wacb.cli.github import check_github, github_option, markdown_table, write_github
from wacb.cli.number.report import (
    FINISH,
    UNDO_EACH,
    allow_time,
    graceful_interrupt,
    interrupted_error,
)
from wacb.cli.options import dry_run_option, option, output_options, write_jobs_option, yes_option
from wacb.cli.plan.load import (
    checksum_of,
    make_plan,
    outputs,
    plan_options,
    read_manifest,
    refuse_problems,
    same_plan,
)
from wacb.cli.plan.view import as_json, as_lines, summary
from wacb.cli.prompts import confirm
from wacb.cli.views.numbers import status_words
from wacb.cli.views.plan import CHANGE_RESULT
from wacb.errors import BulkFailed, NotReached, Prose, Skipped, Unsafe, WacbError
from wacb.errors import Command as NextCommand
from wacb.models import UNKNOWN
from wacb.plan.apply import PlanResult, PlanRunner, requests
from wacb.plan.model import Plan
from wacb.provision.attach import JOBS
from wacb.provision.number_change import NumberChange


@click.command(cls=Command)
@plan_options
@option(
    "--checksum",
    section=Section.SAFETY,
    metavar="SUM",
    help="Apply only if the plan's checksum matches.",
)
@yes_option
@github_option
@dry_run_option
@write_jobs_option
@output_options
@pass_app
def command(
    app: App,
    *,
    file: Path,
    prune: bool,
    checksum: str | None,
    yes: bool,
    github: bool,
    dry_run: bool,
) -> None:
    """Apply wacb.toml to the account.

    Shows the plan, asks for confirmation (elsewhere than on a terminal pass --yes) and makes its
    changes: profiles before numbers, removals last. Run it again to finish an interrupted run.

    \b
    Example:
      wacb apply --yes
    """
    if github:
        check_github(app)
    manifest = read_manifest(app, file, prune=prune)
    plan = make_plan(app, manifest, prune=prune)
    app.out.note(*plan.notes)
    if not dry_run:
        for line in as_lines(app, plan, color=False):
            app.out.message(line)
    refuse_problems(plan)
    plan_first = same_plan("plan", file, prune=prune)
    _check_reviewed(app, plan, checksum, plan_first)
    if dry_run:
        show_requests(app, requests(plan, app.api))
        return
    if plan.changes and not yes:
        again = partial(make_plan, app, manifest, prune=prune)
        plan = _confirm(app, plan, again, plan_first)
    results, interrupted = _execute(app, plan) if plan.changes else ([], False)
    _show(app, plan, results)
    if github:
        _report(app, plan, results)
    error = interrupted_error(results) if interrupted else _combine_errors(results)
    if error and checksum:
        error.hint = Prose(
            "review the remaining changes with `", plan_first, "`: their checksum differs"
        )
    if error:
        raise error


def _confirm(app: App, plan: Plan, make: Callable[[], Plan], plan_first: NextCommand) -> Plan:
    """Ask, and plan again: it may take hours until the answer."""
    confirm(app, "make these changes", yes=False)
    app.look_again()
    again = make()
    app.out.note(*(note for note in again.notes if note not in plan.notes))
    refuse_problems(again)
    _check_reviewed(app, again, checksum_of(app, plan), plan_first)
    return again


def _check_reviewed(app: App, plan: Plan, checksum: str | None, plan_first: NextCommand) -> None:
    current = checksum_of(app, plan)
    if checksum is not None and checksum != current:
        raise Unsafe(
            f"this is not the reviewed plan: its checksum is {current}",
            hint=Prose("review the plan with `", plan_first, "`: the file or the account changed"),
        )


def _execute(app: App, plan: Plan) -> tuple[list[PlanResult], bool]:
    """Make the changes; the second value says whether the run was interrupted."""
    interrupt = graceful_interrupt(app)
    jobs = app.jobs or JOBS
    allow_time(app, _count_trips(plan, jobs, app.api.paging.size), f"{len(plan.changes)} changes")
    with app.out.progress(len(plan.changes)) as advance:
        runner = PlanRunner(
            app.client,
            app.journal,
            lock=app.create_lock,
            sleep=app.sleep,
            interrupt=interrupt,
            notify=app.out.note,
            done=advance,
            jobs=jobs,
        )
        return runner.execute(plan), interrupt.interrupted


def _count_trips(plan: Plan, jobs: int, page: int) -> float:
    """Count the round trips of a plan, one after the other, roughly."""
    profiles = sum(change.kind == "profile" for change in plan.changes)
    pages = (profiles + len(plan.ids)) / page  # listed before each create
    return profiles * (5 + pages) + 2 * (len(plan.changes) - profiles) / jobs


def _show(app: App, plan: Plan, results: Sequence[PlanResult]) -> None:
    if app.out.format == "json" and not app.out.quiet:
        shown = as_json(app, plan)
        changes = [CHANGE_RESULT.as_json(result) for result in results]
        app.out.json(shown | {"changes": changes})
    elif results:
        app.out.table(results, CHANGE_RESULT)
    deleted = {result.change.id for result in results if result.status == "deleted"}
    changed = [
        result.change.work for result in results if result.status in ("attached", "detached")
    ]
    if any(
        isinstance(change, NumberChange) and change.old is not UNKNOWN and change.old not in deleted
        for change in changed
    ):
        app.out.message(UNDO_EACH)


def _report(app: App, plan: Plan, results: Sequence[PlanResult]) -> None:
    ids = {
        result.change.name: result.change.id
        for result in results
        if result.change.kind == "profile" and result.change.action != "delete" and result.change.id
    }
    changed = any(result.status not in (None, "unchanged") for result in results)
    table = markdown_table(
        app,
        ("Action", "Kind", "Name", "Result", "Profile", "Error"),
        [
            (
                result.change.action,
                result.change.kind,
                result.change.name,
                status_words(result),
                result.change.id or "",
                result.error.message if result.error else "",
            )
            for result in results
        ],
    )
    text = f"{summary(plan)}\n\n{table}" if results else summary(plan)
    write_github(app, outputs(app, plan, ids={**plan.ids, **ids}, changed=changed), text)


def _combine_errors(results: Sequence[PlanResult]) -> WacbError | None:
    """Return one error for all that failed, None if nothing did."""
    failed = [result.error for result in results if result.error]
    if len(results) == 1 or not failed:
        return failed[0] if failed else None
    tried = [error for error in failed if not isinstance(error, Skipped | NotReached)]
    skipped = len(failed) - len(tried)
    return BulkFailed(
        f"{len(tried)} of {len(results)} changes failed"
        + (f", {skipped} not tried" if skipped else ""),
        [error for error in failed if not isinstance(error, Skipped)],
        details=list(dict.fromkeys(error.in_one_line for error in tried)),
        hint=FINISH if skipped or any(error.retryable for error in tried) else None,
    )

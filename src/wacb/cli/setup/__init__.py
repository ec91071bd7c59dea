"""`wacb setup`."""

from __future__ import annotations

import click

from wacb.cli import completion
from wacb.cli.app import App, pass_app
from wacb.cli.commands import Command, refuse_empty
from wacb.cli.dry_run import show_requests
from wacb.cli.github import check_github, github_option
from wacb.cli.number.report import make_changes, raise_failures, show_undo
from wacb.cli.options import (
    METHODS,
    collect,
    combine,
    dry_run_option,
    endpoint_options,
    option,
    output_options,
    replace_option,
    update_existing_option,
)
from wacb.cli.profile.ensure import (
    expected_profile,
    note_changes,
    prepare_profile,
    preview_profile,
)
from wacb.cli.setup.job import Job, SetupOptions, confirm_replaced, prepare_numbers, read_job
from wacb.cli.setup.report import SetupReport, reporting
from wacb.cli.verify import raise_failed, run_checks
from wacb.provision.create import find_or_create_again

_options = combine(
    option(
        "--url",
        metavar="URL",
        callback=refuse_empty,
        help="Your endpoint, which receives the callbacks. [env: WACB_ENDPOINT]",
    ),
    option(
        "--number",
        "numbers",
        multiple=True,
        metavar="NUMBER",
        help="Number to attach the profile to (repeatable). [env: WACB_NUMBER]",
        shell_complete=completion.numbers,
    ),
    option(
        "--method",
        type=click.Choice(METHODS, case_sensitive=False),
        default="post",
        help="HTTP method of callbacks [default: post].",
    ),
    option(
        "--title",
        metavar="TEXT",
        help="Title of the profile [default: derived from the endpoint]. [env: WACB_PROFILE]",
    ),
    update_existing_option,
    replace_option,
    endpoint_options,
    collect(SetupOptions, "options"),
)
_check_options = combine(
    option("--no-verify", is_flag=True, help="Skip the checks at the end."),
    option("--send", is_flag=True, help="Deliver a sample callback to the endpoint at the end."),
)


@click.command(cls=Command)
@_options
@_check_options
@github_option
@dry_run_option
@output_options
@pass_app
def command(
    app: App, *, options: SetupOptions, no_verify: bool, send: bool, github: bool, dry_run: bool
) -> None:
    """Set up incoming messages: create a profile, attach it, verify.

    Use it for the whole job. It creates a complete profile for your endpoint, or reuses one that
    exists, attaches it to the numbers and checks every step up to your endpoint. A second run
    changes nothing. On a terminal, it asks for what is missing.

    \b
    Example:
      wacb setup --url https://example.com/hook --number +919812345678
    """
    if github:
        check_github(app)
    job = read_job(app, options, dry_run=dry_run)
    if dry_run:
        _show(app, job)
        return
    with reporting(app, github=github) as report:
        _set_up(app, job, report)
        if not no_verify:
            first, *more = job.numbers
            profile = report.profile_id
            report.checks = run_checks(app, first, profile, more_numbers=more, send=send)
    if any(check.ok is False for check in report.checks):
        app.out.note("setup is complete, but a check afterwards failed")
    raise_failed(app, report.checks)


def _show(app: App, job: Job) -> None:
    """Print the requests of a dry run."""
    step = preview_profile(app, job.draft, job.policy, key_file=None)
    note_changes(app, step)
    numbers = prepare_numbers(app, job, expected_profile(step))
    raise_failures(app, numbers, would=True)
    changes = [item.change for item in numbers if item.change.is_needed]
    show_requests(app, [*step.requests(app.api), *(each.request(app.api) for each in changes)])


def _set_up(app: App, job: Job, report: SetupReport) -> None:
    """Create or reuse the profile and attach it, after checking that both are possible."""
    replaced = confirm_replaced(app, job)
    with prepare_profile(app, job.draft, job.policy, key_file=None) as prepared:
        numbers = prepare_numbers(app, job, expected_profile(prepared.step), replaced)
        raise_failures(app, numbers, would=True)
        with find_or_create_again():
            report.profile = prepared.execute()
    app.out.note(*report.profile.notes)
    if report.profile.status != "unchanged":
        app.look_again()
        numbers = prepare_numbers(app, job, report.profile.profile, replaced)
    report.numbers, interrupted = make_changes(app, numbers)
    app.look_again()
    show_undo(app, report.numbers)
    raise_failures(app, report.numbers, interrupted=interrupted)

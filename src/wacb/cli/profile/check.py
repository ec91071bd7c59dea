"""`wacb profile check`."""

from __future__ import annotations

from collections.abc import Sequence

import click

from wacb.cli import completion
from wacb.cli.app import App, pass_app
from wacb.cli.commands import Command
from wacb.cli.dry_run import show_requests
from wacb.cli.options import dry_run_option, output_options, read_jobs_option, yes_option
from wacb.cli.prompts import confirm_unchanged
from wacb.cli.views.profiles import PROFILE_CHECK
from wacb.errors import BulkFailed, CheckFailed, InvalidInput
from wacb.provision import check
from wacb.provision.check import Checked, Repair
from wacb.provision.compare import describe


@click.command(cls=Command)
@click.argument("references", metavar="[ID|TITLE]...", nargs=-1, shell_complete=completion.profiles)
@click.option("--fix", is_flag=True, help="Fix placeholders; leave everything else unchanged.")
@yes_option
@dry_run_option
@read_jobs_option
@output_options
@pass_app
def command(app: App, *, references: tuple[str, ...], fix: bool, yes: bool, dry_run: bool) -> None:
    """Check templates for missing, unknown and encoded placeholders.

    Without an argument, every profile that looks like one for incoming messages is checked. --fix
    shows its changes first and asks for confirmation on a terminal; elsewhere pass --yes.

    \b
    Example:
      wacb profile check wacb-incoming-example-com-hook
    """
    if not fix and (yes or dry_run):
        raise InvalidInput("--yes and --dry-run require --fix: a check alone changes nothing")
    found, skipped = check.check(app.client, references)
    if skipped:
        app.out.note(
            f"{skipped} more profiles were not checked, as they do not look like ones for "
            "incoming messages; pass their IDs to check them"
        )
    if fix:
        _fix(app, found, references, yes=yes, dry_run=dry_run)
    else:
        _report(app, found)
        _raise_faults(found)


def _fix(
    app: App, found: Sequence[Checked], references: Sequence[str], *, yes: bool, dry_run: bool
) -> None:
    repairs = [check.prepare_repair(checked) for checked in found if not checked.ok]
    _show_differences(app, repairs)
    if dry_run:
        steps = [repair.step for repair in repairs if repair.step]
        if steps or not repairs:
            show_requests(app, [request for step in steps for request in step.requests(app.api)])
    else:
        if action := _describe([repair.checked for repair in repairs if repair.step]):

            def look() -> Sequence[Checked]:
                return check.check(app.client, references)[0]

            confirm_unchanged(app, action, yes=yes, shown=found, look=look)
        repairs = check.execute(app.client, repairs, sleep=app.sleep)
        repaired = {repair.checked.profile.id: repair.checked for repair in repairs}
        _report(app, [repaired.get(checked.profile.id, checked) for checked in found])
    _raise_failures(repairs)


def _report(app: App, found: Sequence[Checked]) -> None:
    """Print the results; the faults of a template go to stderr, too, where they are not cut."""
    for checked in found:
        if not checked.ok:
            app.out.note(f"profile {checked.profile.label}: {checked.faults}")
    app.out.table(found, PROFILE_CHECK)


def _raise_faults(found: Sequence[Checked]) -> None:
    broken = [checked for checked in found if not checked.ok]
    if broken:
        raise CheckFailed(
            f"{len(broken)} of {len(found)} profiles failed the check"
            if len(found) > 1
            else f"profile {broken[0].profile.label} failed the check",
            hint="pass --fix to fix them",
        )


def _show_differences(app: App, repairs: Sequence[Repair]) -> None:
    for repair in repairs:
        changes = describe(repair.step.changes if repair.step else {})
        for line in (*filter(None, (", ".join(repair.done),)), *changes):
            app.out.note(f"profile {repair.checked.profile.label}: {line}")


def _describe(faulty: Sequence[Checked]) -> str:
    if len(faulty) > 1:
        return f"fix {len(faulty)} profiles"
    return f"fix profile {faulty[0].profile.label}" if faulty else ""


def _raise_failures(repairs: Sequence[Repair]) -> None:
    """Raise the error of each profile that could not be fixed, as one."""
    errors = [repair.error for repair in repairs if repair.error]
    if len(errors) == 1:
        raise errors[0]
    if errors:
        raise BulkFailed(f"{len(errors)} of {len(repairs)} profiles could not be fixed", errors)

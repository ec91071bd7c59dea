"""Make prepared changes of numbers and report them: shared by the commands that change one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from math import ceil
from typing import Any

from wacb.cli.app import App
from wacb.cli.dry_run import show_requests
from wacb.cli.github import markdown_table, write_github
from wacb.cli.views.numbers import NUMBER_RESULT, status_words
from wacb.errors import (
    BulkFailed,
    Command,
    ConfigError,
    Interrupted,
    NotReached,
    Prose,
    Skipped,
    join_prose,
)
from wacb.models import UNKNOWN, same_id
from wacb.provision.attach import JOBS
from wacb.provision.bulk import BulkRunner
from wacb.provision.interrupt import GracefulInterrupt
from wacb.provision.lookup import AccountLookup
from wacb.provision.number_change import NumberChange, NumberResult, Result

UNDO_EACH = Prose("to undo: ", Command("number rollback", "NUMBER"), " (once per number)")
FINISH = "run the same command again to finish the rest"


def online_lookup(app: App, *, dry_run: bool) -> AccountLookup | None:
    """Return the lookup of the account, None in a dry run without credentials."""
    return None if dry_run and not app.has_credentials else app.lookup


def allow_time(app: App, trips: float, work: str) -> None:
    """Raise the default time limit to suffice for this many consecutive round trips."""
    seconds = ceil(trips * app.client.round_trip)
    if app.settings.source("deadline") == "default" and seconds > app.deadline.seconds:
        app.deadline.extend(seconds)
        app.out.note(f"the time limit is {seconds} s for {work}; --deadline sets another one")


def require_prepared(app: App, item: NumberResult, *, github: bool) -> None:
    """Raise the reason why a single number's change could not be prepared."""
    if item.error:
        if github:
            _write_github(app, [item])
        raise item.error


def show_changes(app: App, prepared: Sequence[NumberResult]) -> None:
    """Print the requests of a dry run. Raises BulkFailed as run_many does."""
    changes = [item.change for item in prepared if not item.error]
    _show_notes(app, changes)
    requests = [change.request(app.api) for change in changes if change.is_needed]
    if requests or len(changes) == len(prepared):
        show_requests(app, requests)
    raise_failures(app, prepared, would=True)


def run_one(app: App, change: NumberChange, *, github: bool = False) -> None:
    """Make one number's change and print the result. Raises what went wrong."""
    results, interrupted = make_changes(app, [NumberResult(change)])
    (result,) = results
    if not result.error and not interrupted:
        app.out.record(result, NUMBER_RESULT)
    show_undo(app, results)
    if github:
        _write_github(app, results)
    if result.error:
        raise result.error
    if interrupted:
        unseen = "" if result.verified else ", and not read back"
        raise Interrupted(f"interrupted: number {change.number} is {result.status}{unseen}")


def run_many(app: App, prepared: Sequence[NumberResult], *, fail_fast: bool, github: bool) -> None:
    """Make many changes and print one result a number.

    Raises BulkFailed when some failed, with the exit code they agree on, and Interrupted.
    """
    results, interrupted = make_changes(app, prepared, fail_fast=fail_fast)
    app.out.table(_without_failed(results) if app.out.quiet else results, NUMBER_RESULT)
    show_undo(app, results)
    if github:
        _write_github(app, results)
    raise_failures(app, results, interrupted=interrupted)


def make_changes(
    app: App, prepared: Sequence[NumberResult], *, fail_fast: bool = False
) -> tuple[list[NumberResult], bool]:
    """Make changes; return the results, and whether Ctrl-C ended the run."""
    _show_notes(app, [item.change for item in prepared if not item.error])
    interrupt = graceful_interrupt(app)
    with app.out.progress(len(prepared)) as advance:
        runner = BulkRunner(
            app.client,
            app.journal,
            sleep=app.sleep,
            jobs=app.jobs or JOBS,
            fail_fast=fail_fast,
            done=advance,
            interrupt=interrupt,
        )
        results = runner.execute(prepared)
    return results, interrupt.interrupted


def graceful_interrupt(app: App) -> GracefulInterrupt:
    """Return the handler that ends a run on Ctrl-C with a message."""
    message = "finishing requests in progress; press Ctrl-C again to abort"
    return GracefulInterrupt(app.client, lambda: app.out.message(message))


def _without_failed(results: Sequence[NumberResult]) -> list[NumberResult]:
    return [result for result in results if not result.error]


def interrupted_error(results: Sequence[Result[Any]]) -> Interrupted:
    """Return the error of a run that Ctrl-C ended, with the count of each result."""
    message = f"interrupted: {_count_results(results)}"
    return Interrupted(message, hint="run the same command again to finish")


def _count_results(results: Sequence[Result[Any]]) -> str:
    words = Counter(map(status_words, results))
    return ", ".join(f"{count} {word}" for word, count in sorted(words.items()))


def raise_failures(
    app: App, results: Sequence[NumberResult], *, interrupted: bool = False, would: bool = False
) -> None:
    """Raise one error for all that failed, or Interrupted.

    It names the numbers, but not in JSON: there the rows do. `would` says that this is before
    anything was done.
    """
    if interrupted:
        right = _without_failed(results)
        if any(result.status != "unchanged" and result.verified is None for result in right):
            app.out.note("it was not checked whether the changes took effect")
        raise interrupted_error(results)
    errors = [result.error for result in results if result.error]
    if not errors:
        return
    if len(results) == 1:
        raise errors[0]
    tried = [error for error in errors if not isinstance(error, Skipped | NotReached)]
    late = [error for error in errors if isinstance(error, NotReached)]
    lines = [
        f"{result.change.number}: {result.error}"
        for result in results
        if result.error and result.error not in late
    ]
    hints = dict.fromkeys(error.hint for error in tried if error.hint)
    again = not tried or any(error.retryable for error in tried)
    message = f"{len(tried)} of {len(results)} numbers {'would fail' if would else 'failed'}"
    if changed := sum(1 for result in results if result.error and result.status):
        message += f", {changed} of them changed anyway"
    if skipped := len(errors) - len(tried):
        message += f", {skipped} not tried"
    if late:
        message = f"time limit reached: {_count_results(results)}"
    raise BulkFailed(
        message,
        [*tried, *late],
        details=lines if would or app.out.format != "json" else [],
        hint=FINISH if again else join_prose("; ", hints),
    )


def _show_notes(app: App, changes: Sequence[NumberChange]) -> None:
    app.out.note(*dict.fromkeys(note for change in changes for note in change.notes))


def _write_github(app: App, results: Sequence[NumberResult]) -> None:
    profiles = {result.change.new for result in results if isinstance(result.change.new, str)}
    words = {"failed" if result.error else result.status or "failed" for result in results}
    changed = any(result.status in ("attached", "detached") for result in results)
    rows = (
        (
            result.change.number,
            status_words(result),
            *(value if isinstance(value, str) else "" for value in result.change[1:3]),
            result.error.message if result.error else "",
        )
        for result in results
    )
    write_github(
        app,
        {
            "profile_id": profiles.pop() if len(profiles) == 1 else "",
            "result": words.pop() if len(words) == 1 else "mixed",
            "changed": str(changed).lower(),
        },
        markdown_table(app, ("Number", "Result", "Old profile", "New profile", "Error"), rows),
    )


def show_undo(app: App, results: Sequence[NumberResult]) -> None:
    """Print the command that restores what the journal knows."""
    changes = [
        result.change
        for result in results
        if result.status in ("attached", "detached")
        and UNKNOWN not in (result.change.old, result.change.new)
        and not same_id(result.change.old, result.change.new)
        and not isinstance(result.error, ConfigError)
    ]
    if len(changes) == 1:
        app.out.message(Prose("to undo: ", _undo(changes[0])))
    elif changes:
        app.out.message(UNDO_EACH)


def _undo(change: NumberChange) -> Command:
    """Return the command that undoes a change; another rollback changes nothing."""
    if change.action != "rollback":
        return Command("number rollback", change.number)
    if isinstance(change.old, str):
        replace = ("--replace",) if isinstance(change.new, str) else ()
        return Command("number attach", change.number, "--profile", change.old, *replace)
    return Command("number detach", change.number)

"""Carry out prepared changes of numbers and report them: shared by the commands that change one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from wacb.cli.app import App
from wacb.cli.dry_run import show_requests
from wacb.cli.github import markdown_table, write_github
from wacb.cli.views.numbers import NUMBER_RESULT, result_words
from wacb.errors import BulkFailed, ConfigError, Interrupted, Skipped
from wacb.plan.apply import Outcome
from wacb.provision.attach import Attachment, AttachStep
from wacb.provision.bulk import Prepared, Run
from wacb.provision.interrupt import Stop


def step_of(app: App, item: Prepared, *, github: bool) -> AttachStep:
    """Return a single number's step, or raise the reason why it has none."""
    if item.step:
        return item.step
    failed = Attachment(item.number, None, None, None, error=item.error)
    if github:
        _write_github(app, [failed])
    raise failed.error or Skipped(f"number {item.number} was not tried")


def show_step(app: App, step: AttachStep) -> None:
    """Print the request of a dry run, and what there is to say about it."""
    _show_notes(app, [step])
    show_requests(app, [step.request] if step.request else [])


def run_one(app: App, step: AttachStep, *, github: bool = False) -> None:
    """Carry out one number's step and print the outcome. Raises what went wrong."""
    _show_notes(app, [step])
    run = Run(app.client, app.journal, sleep=app.sleep, stop=stop_of(app))
    (result,) = run.carry_out([Prepared(step.number, step)])
    if not result.error and not run.stop.interrupted:
        app.out.record(result, NUMBER_RESULT)
    _show_undo(app, [result])
    if github:
        _write_github(app, [result])
    if result.error:
        raise result.error
    if run.stop.interrupted:
        seen = "" if result.verified else ", and not read back"
        raise Interrupted(f"interrupted: number {result.number} is {result.result}{seen}")


def stop_of(app: App) -> Stop:
    """Make what ends a run on Ctrl-C, and says so."""
    says = "waiting for the requests under way; Ctrl-C again gives them up"
    return Stop(app.client, lambda: app.out.message(says))


def show_steps(app: App, prepared: Sequence[Prepared]) -> None:
    """Print the requests of a bulk dry run. Raises BulkFailed as run_many does."""
    steps = [item.step for item in prepared if item.step]
    _show_notes(app, steps)
    requests = [step.request for step in steps if step.request]
    if requests or len(steps) == len(prepared):
        show_requests(app, requests)
    results = [Attachment(item.number, None, None, None, error=item.error) for item in prepared]
    _raise_failures(app, results, would=True)


def run_many(
    app: App, prepared: Sequence[Prepared], *, jobs: int, fail_fast: bool, github: bool
) -> None:
    """Carry out many steps and print one outcome a number.

    Raises BulkFailed when some failed, with the exit code they agree on, and Interrupted.
    """
    _show_notes(app, [item.step for item in prepared if item.step])
    with app.out.progress(len(prepared)) as advance:
        run = Run(
            app.client,
            app.journal,
            sleep=app.sleep,
            jobs=jobs,
            fail_fast=fail_fast,
            done=advance,
            stop=stop_of(app),
        )
        results = run.carry_out(prepared)
    right = [result for result in results if not result.error]
    app.out.table(right if app.out.quiet else results, NUMBER_RESULT)
    _show_undo(app, results)
    if github:
        _write_github(app, results)
    if run.stop.interrupted:
        if any(result.result != "unchanged" and result.verified is None for result in right):
            app.out.note("the changed numbers were not read back")
        raise interrupted_by(results)
    _raise_failures(app, results)


def word_of(outcome: Attachment | Outcome) -> str:
    """Put what became of one number, or of one change of a plan, into one or two words."""
    return result_words(outcome.result, outcome.error.code if outcome.error else None)


def interrupted_by(outcomes: Sequence[Attachment | Outcome]) -> Interrupted:
    """Make the error of a run that Ctrl-C ended: how many came to what."""
    words = Counter(map(word_of, outcomes))
    summary = ", ".join(f"{count} {word}" for word, count in sorted(words.items()))
    return Interrupted(f"interrupted: {summary}", hint="run the same command again to finish")


def _raise_failures(app: App, results: Sequence[Attachment], *, would: bool = False) -> None:
    """Raise one error for all that failed. It names them, but not in JSON: there the rows do."""
    errors = [result.error for result in results if result.error]
    if not errors:
        return
    tried = [error for error in errors if not isinstance(error, Skipped)]
    lines = [f"{result.number}: {result.error}" for result in results if result.error]
    hints = dict.fromkeys(error.hint for error in tried if error.hint)
    again = not tried or any(error.retryable for error in tried)
    message = f"{len(tried)} of {len(results)} numbers {'would fail' if would else 'failed'}"
    if changed := sum(1 for result in results if result.error and result.result):
        message += f", {changed} of them changed all the same"
    if not_tried := len(errors) - len(tried):
        message += f", {not_tried} not tried"
    raise BulkFailed(
        message,
        tried,
        details=lines if would or app.out.format != "json" else [],
        hint="run the same command again to finish the rest" if again else "; ".join(hints),
    )


def _show_notes(app: App, steps: Sequence[AttachStep]) -> None:
    app.out.note(*dict.fromkeys(note for step in steps for note in step.notes))


def _write_github(app: App, results: Sequence[Attachment]) -> None:
    profiles = {result.new for result in results if result.new}
    words = {"failed" if result.error else result.result or "failed" for result in results}
    changed = any(result.result in ("attached", "detached") for result in results)
    write_github(
        app,
        {
            "profile_id": profiles.pop() if len(profiles) == 1 else "",
            "result": words.pop() if len(words) == 1 else "mixed",
            "changed": str(changed).lower(),
        },
        markdown_table(
            app,
            ("Number", "Result", "Old profile", "New profile", "Error"),
            (
                (
                    result.number,
                    word_of(result),
                    result.old or "",
                    result.new or "",
                    result.error.message if result.error else "",
                )
                for result in results
            ),
        ),
    )


def _show_undo(app: App, results: Sequence[Attachment]) -> None:
    """Name the command that puts back what was there, where the journal knows that."""
    numbers = [
        result.number
        for result in results
        if result.result in ("attached", "detached")
        and None not in (result.old, result.new)
        and not isinstance(result.error, ConfigError)
    ]
    if len(numbers) == 1:
        app.out.message(f"undo: wacb number rollback {numbers[0]}")
    elif numbers:
        app.out.message("undo, for each changed number: wacb number rollback NUMBER")

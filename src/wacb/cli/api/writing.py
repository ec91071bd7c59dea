"""The part of `wacb api check --write` that writes."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

from wacb.cli.app import App
from wacb.cli.dry_run import show_requests
from wacb.cli.number.report import online_lookup
from wacb.cli.number.targets import read_number
from wacb.cli.prompts import ask_yes, confirm_unchanged
from wacb.errors import CheckFailed, Command, InvalidInput, Prose, WacbError
from wacb.models import UNKNOWN
from wacb.probe.attach import Attached, check_attach, list_attempts
from wacb.probe.look import Reading
from wacb.probe.model import Finding, Verdict
from wacb.probe.names import Names, plural
from wacb.probe.throw_away import TITLE
from wacb.probe.write import check_by_writing, list_writes
from wacb.provision.attach import offline_change, prepare_attach
from wacb.provision.number_change import NumberChange

_NEEDED = ("profile_listing", "profile_details")  # to find a throw-away profile again


class WriteOptions(NamedTuple):
    """The options that control what a check writes."""

    write: bool
    number: str | None
    profile: str | None
    replace: bool
    yes: bool

    def check(self) -> None:
        """Raise InvalidInput if an option lacks another one that it requires."""
        if (self.number is None) != (self.profile is None):
            raise InvalidInput(
                "--number and --profile must be used together",
                hint=Prose("pass both; run `", Command("profile list"), "` to see the profiles"),
            )
        if self.number is not None and not self.write:
            raise InvalidInput("--number requires --write", hint="pass --write, too")
        if self.replace and self.number is None:
            raise InvalidInput("--replace requires --number and --profile", hint="pass them, too")


def show_writes(app: App, options: WriteOptions) -> None:
    """Print the requests of a dry run."""
    requests = list_writes(app.api)
    if options.number is not None:
        change = _prepare(app, options, dry_run=True)
        app.out.note(*change.notes, "a real run stops at the first way of attaching that works")
        requests += list_attempts(app.api, change.number, str(change.new))
    show_requests(app, requests)


def write(
    app: App, options: WriteOptions, reading: Reading, found: Sequence[Finding]
) -> tuple[list[Finding], WacbError | None]:
    """Check by writing, after consent; return the findings and the error that ended it."""
    findings: list[Finding] = []
    try:
        _require_readable(found)
        change = None if options.number is None else _prepare(app, options)
        _confirm(app, options, change)
        lock = app.create_lock(TITLE)
        written = check_by_writing(app.client, lock=lock, sleep=app.sleep)
        if written.removed:
            app.out.note(
                f"removed {plural(written.removed, 'throw-away profile')} left by an earlier check"
            )
        findings += written.findings
        if written.error or change is None:
            return findings, written.error
        attached = _attach(app, change, reading, found)
        return [*findings, *attached.findings], attached.error
    except WacbError as error:
        return findings, error


def _require_readable(found: Sequence[Finding]) -> None:
    wrong = [each.id for each in found if each.verdict is Verdict.REFUTED and each.id in _NEEDED]
    if wrong:
        raise CheckFailed(
            f"nothing was written, because wacb could not find a throw-away profile again: "
            f"{', '.join(wrong)} refuted"
        )


def _prepare(app: App, options: WriteOptions, *, dry_run: bool = False) -> NumberChange:
    number = read_number(app, options.number or "")
    lookup = online_lookup(app, dry_run=dry_run)
    if lookup is None:
        return offline_change(number, options.profile or "")
    return prepare_attach(lookup, number, options.profile or "", replace=options.replace)


def _confirm(app: App, options: WriteOptions, change: NumberChange | None) -> None:
    action = "create, change and delete throw-away profiles"
    if change:
        app.out.note(*change.notes)
        action += f", and attach profile {change.new} to {change.number}"
    look = partial(_prepare, app, options) if change else lambda: None
    confirm_unchanged(app, action, yes=options.yes, shown=change, look=look)


def _attach(app: App, change: NumberChange, reading: Reading, found: Sequence[Finding]) -> Attached:
    question = f"Does the console now show profile {change.new} on {change.number}?"
    member = next((each.value for each in found if each.id == "number_profile_member"), None)
    attached = check_attach(
        app.client,
        app.journal,
        change,
        member=member,
        names=Names(reading.answers),
        ask=lambda: ask_yes(app, question),
        sleep=app.sleep,
    )
    if attached.changed and change.old is not UNKNOWN:
        app.out.message(Prose("to undo: ", Command("number rollback", change.number)))
    return attached

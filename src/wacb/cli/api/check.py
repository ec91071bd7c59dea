"""`wacb api check`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from wacb import __version__
from wacb.cli import completion
from wacb.cli.api.writing import WriteOptions, show_writes, write
from wacb.cli.app import App, pass_app
from wacb.cli.commands import Command
from wacb.cli.options import (
    FilePath,
    collect,
    combine,
    dry_run_option,
    output_options,
    profile_option,
    replace_option,
    yes_option,
)
from wacb.cli.state import open_verdicts
from wacb.cli.views.findings import FINDING
from wacb.config.file import COMMENTS_DROPPED, set_value
from wacb.errors import CheckFailed, InvalidInput, Prose, WacbError, join_prose
from wacb.errors import Command as Line
from wacb.jsontext import json_text
from wacb.probe.look import read_account
from wacb.probe.model import Finding, Verdict
from wacb.probe.read import judge_reading, merge
from wacb.storage import files

_write_options = combine(
    click.option("--write", is_flag=True, help="Also create and delete throw-away profiles."),
    click.option(
        "--number",
        metavar="NUMBER",
        help="Number to try attaching a profile to (with --write).",
        shell_complete=completion.numbers,
    ),
    profile_option("Profile to attach to it."),
    replace_option,
    yes_option,
    collect(WriteOptions, "options"),
)


@click.command(cls=Command)
@_write_options
@click.option(
    "--apply", "adapt", is_flag=True, help="Store settings that adapt wacb to this account."
)
@click.option(
    "--save",
    metavar="FILE",
    type=FilePath(),
    help="Write a report without account data to this file.",
    shell_complete=completion.files,
)
@dry_run_option
@output_options
@pass_app
def command(
    app: App, *, options: WriteOptions, adapt: bool, save: Path | None, dry_run: bool
) -> None:
    """Check whether the API is what wacb assumes.

    Use it when a command fails although the account is in order, and before you rely on wacb with a
    new account. It reads profiles and numbers, and changes nothing without --write. With --number
    and --profile, it tries the known ways to attach that profile until one works. -q prints only
    the IDs of refuted assumptions.

    \b
    Example:
      wacb api check
      wacb api check --write --number +919812345678 --profile support --apply
    """
    options.check()
    if save and save.exists() and not save.is_file():
        raise InvalidInput(f"{save} is not a regular file", hint="pass the name of a new file")
    if dry_run:
        show_writes(app, options)
        return
    findings, error = _check(app, options)
    _remember(app, findings)
    if save:
        report = [finding.as_json() for finding in findings]
        files.create(save, json_text({"wacb": __version__, "findings": report}) + "\n")
    wrong = [finding for finding in findings if finding.verdict is Verdict.REFUTED]
    app.out.table(wrong if app.out.quiet else findings, FINDING)
    _settle(app, wrong, error, adapt=adapt)


def _check(app: App, options: WriteOptions) -> tuple[list[Finding], WacbError | None]:
    """Read, then write with --write; return the findings and the error that ended it early."""
    reading = read_account(app.client, app.settings.get("number"))
    found = judge_reading(reading, app.client.api)
    if not options.write:
        return found, None
    app.client.api = app.client.api.adapt(_overrides(found))
    written, error = write(app, options, reading, found)
    return merge([*found, *written]), error


def _overrides(findings: Sequence[Finding]) -> dict[str, str]:
    pairs = [pair for finding in findings if (pair := finding.override)]
    return {key.removeprefix("contract."): value for key, value in pairs}


def _remember(app: App, findings: Sequence[Finding]) -> None:
    verdicts = {finding.id: finding.verdict.value for finding in findings}
    try:
        open_verdicts(app.api, app.state_folder).add(verdicts, remaining=app.remaining)
    except files.WRITE_ERRORS as error:
        app.out.warn(f"`api assumptions` will not show these results: {error.message}")


def _settle(app: App, wrong: Sequence[Finding], error: WacbError | None, *, adapt: bool) -> None:
    """Store the settings, or name them. Raises `error`, or CheckFailed for what they don't fix."""
    values = _overrides(wrong)
    for key, value in values.items() if adapt else ():
        name = f"contract.{key}"
        if set_value(app.config_path, name, value, account=None, remaining=app.remaining):
            app.out.note(COMMENTS_DROPPED)
        app.out.message(f"stored {name} = {value}")
    left = [finding.id for finding in wrong if not (adapt and finding.override)]
    if error:
        raise error
    if not left:
        return
    lines = [
        Prose("`", Line("config set", f"contract.{key}", value), "`")
        for key, value in values.items()
    ]
    hint = Prose("run ", join_prose(" and ", lines), ", or pass --apply") if lines else None
    subject = "assumption" if len(left) == 1 else "assumptions"
    verb = "does" if len(left) == 1 else "do"
    raise CheckFailed(
        f"{subject} {', '.join(left)} {verb} not hold for this account",
        hint=None if adapt else hint,
    )

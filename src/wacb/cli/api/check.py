"""`wacb api check`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from wacb import __version__
from wacb.cli import completion
from wacb.cli.app import App, pass_app
from wacb.cli.commands import Command
from wacb.cli.options import FilePath, output_options
from wacb.cli.state import open_verdicts
from wacb.cli.views.findings import FINDING
from wacb.config.file import COMMENTS_DROPPED, set_value
from wacb.errors import CheckFailed, InvalidInput, Prose, join_prose
from wacb.errors import Command as Line
from wacb.jsontext import json_text
from wacb.probe.model import Finding, Verdict
from wacb.probe.read import check_by_reading
from wacb.storage import files


@click.command(cls=Command)
@click.option("--apply", "adapt", is_flag=True, help="Store the settings that adapt wacb.")
@click.option(
    "--save",
    metavar="FILE",
    type=FilePath(),
    help="Write a report without data of the account, for a bug report.",
    shell_complete=completion.files,
)
@output_options
@pass_app
def command(app: App, *, adapt: bool, save: Path | None) -> None:
    """Check whether the API is what wacb assumes.

    Use it when a command fails although the account is in order, and before you rely on wacb with a
    new account. It reads profiles and numbers, compares them with every assumption that reading can
    show, and changes nothing. -q prints only the IDs of refuted assumptions.

    \b
    Example:
      wacb api check
      wacb api check --save report.json
    """
    if save and save.exists() and not save.is_file():
        raise InvalidInput(f"{save} is not a regular file", hint="pass the name of a new file")
    findings = check_by_reading(app.client, app.settings.get("number"))
    _remember(app, findings)
    if save:
        report = [finding.as_json() for finding in findings]
        files.create(save, json_text({"wacb": __version__, "findings": report}) + "\n")
    wrong = [finding for finding in findings if finding.verdict is Verdict.REFUTED]
    app.out.table(wrong if app.out.quiet else findings, FINDING)
    _settle(app, wrong, adapt=adapt)


def _remember(app: App, findings: Sequence[Finding]) -> None:
    verdicts = {finding.id: finding.verdict.value for finding in findings}
    try:
        open_verdicts(app.api, app.state_folder).add(verdicts, remaining=app.remaining)
    except files.WRITE_ERRORS as error:
        app.out.warn(f"`api assumptions` will not show these results: {error.message}")


def _settle(app: App, wrong: Sequence[Finding], *, adapt: bool) -> None:
    """Store what adapts wacb, or name it. Raises CheckFailed for what is left."""
    values = dict(pair for finding in wrong if (pair := finding.override))
    if adapt:
        for key, value in values.items():
            if set_value(app.config_path, key, value, account=None, remaining=app.remaining):
                app.out.note(COMMENTS_DROPPED)
            app.out.message(f"stored {key} = {value}")
    left = [finding.id for finding in wrong if not (adapt and finding.override)]
    if not left:
        return
    lines = [Prose("`", Line("config set", *pair), "`") for pair in values.items()]
    hint = Prose("run ", join_prose(" and ", lines), ", or pass --apply") if lines else None
    verb = "does" if len(left) == 1 else "do"
    raise CheckFailed(
        f"{', '.join(left)} {verb} not hold for this account",
        hint=None if adapt else hint,
    )

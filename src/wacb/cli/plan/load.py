"""What `plan` and `apply` share: reading the file, making the plan, refusing a bad one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from wacb.cli import completion
from wacb.cli.app import App
from wacb.cli.input import read_input
from wacb.cli.options import combine
from wacb.errors import BulkFailed, InvalidInput
from wacb.jsontext import json_line
from wacb.plan.diff import diff
from wacb.plan.manifest.read import parse
from wacb.plan.model import Plan, look

F = TypeVar("F", bound="Callable[..., Any]")
DEFAULT_FILE = "wacb.toml"


def plan_options(command: F) -> F:
    """Add the options that decide what a plan is."""
    return combine(
        click.option(
            "-f",
            "--file",
            metavar="FILE",
            default=DEFAULT_FILE,
            help=f"The file (default {DEFAULT_FILE}); - is stdin.",
            shell_complete=completion.files,
        ),
        click.option("--prune", is_flag=True, help="Take away what the file does not name, too."),
    )(command)


def make_plan(app: App, file: str, *, prune: bool) -> Plan:
    """Read the file and the live state, and compare them. What is odd is said on stderr."""
    text = read_input(file, "the manifest", hint="name one with -f, or write it by `wacb export`")
    manifest = parse(text, file=file, environ=app.environ, local=app.accepts_local)
    app.out.keep_secret(*manifest.secrets)
    if prune and not manifest.profiles and manifest.numbers is None:
        raise InvalidInput(
            f"{file} names nothing, and --prune would take everything else away",
            hint="is this the right file? An empty table [numbers] in it says so",
        )
    plan = diff(manifest, look(app.client, app.journal, manifest, prune=prune), prune=prune)
    app.out.note(*plan.notes)
    return plan


def checksum_of(app: App, plan: Plan) -> str:
    """Give the checksum of a plan for the account in use."""
    return plan.checksum(" ".join((app.api.v1, app.api.sid, app.api.waba_id or "")))


def refuse_problems(plan: Plan) -> None:
    """Raise what forbids the plan, if anything does."""
    if len(plan.problems) == 1:
        raise plan.problems[0]
    if plan.problems:
        raise BulkFailed(f"{len(plan.problems)} things forbid this plan", plan.problems)


def outputs(app: App, plan: Plan, *, ids: dict[str, str], changed: bool) -> dict[str, str]:
    """Give the outputs for GitHub Actions (cli.md 11)."""
    return {
        "changed": str(changed).lower(),
        "checksum": checksum_of(app, plan),
        "profile_ids": json_line(ids),
    }

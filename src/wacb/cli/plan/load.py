"""Read the manifest, make the plan and refuse a bad one, for `plan` and `apply`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from wacb.cli import completion
from wacb.cli.app import App
from wacb.cli.input import STDIN, read_input
from wacb.cli.options import FilePath, combine
from wacb.errors import BulkFailed, Command, InvalidInput, Prose
from wacb.jsontext import json_line
from wacb.plan.diff import diff
from wacb.plan.manifest.model import Manifest
from wacb.plan.manifest.read import parse
from wacb.plan.model import Plan, read_live_state

F = TypeVar("F", bound="Callable[..., Any]")
DEFAULT_FILE = Path("wacb.toml")


def plan_options(command: F) -> F:
    """Add the options that decide what a plan is."""
    return combine(
        click.option(
            "-f",
            "--file",
            metavar="FILE",
            type=FilePath(),
            default=DEFAULT_FILE,
            help=f"Manifest to use; - reads stdin [default: {DEFAULT_FILE}].",
            shell_complete=completion.files,
        ),
        click.option("--prune", is_flag=True, help="Also remove resources missing from the file."),
    )(command)


def same_plan(command: str, file: Path, *, prune: bool) -> Command:
    """Return a command for the same file and options."""
    options = ["-f", str(file)] * (file != DEFAULT_FILE) + ["--prune"] * prune
    return Command(command, *options)


def read_manifest(app: App, file: Path, *, prune: bool) -> Manifest:
    """Read the file, once: it may be a pipe."""
    text = read_input(
        file,
        "the manifest",
        hint=Prose("pass one with -f, or create it with `", Command("export"), "`"),
    )
    name = "stdin" if file == STDIN else str(file)
    manifest = parse(text, file=name, environ=app.environ, local=app.accepts_local)
    app.out.keep_secret(*manifest.secrets)
    if prune and not manifest.profiles and manifest.numbers is None:
        raise InvalidInput(
            f"{name} is empty, and --prune would remove everything else",
            hint="check that this is the right file; add an empty table [numbers] if it is",
        )
    return manifest


def make_plan(app: App, manifest: Manifest, *, prune: bool) -> Plan:
    """Read the live state, and compare it with the file."""
    manifest, live = read_live_state(app.client, app.journal, manifest, prune=prune)
    return diff(manifest, live, prune=prune)


def checksum_of(app: App, plan: Plan) -> str:
    """Return the checksum of a plan for the account in use."""
    return plan.checksum(" ".join((app.api.v1, app.api.sid, app.api.waba_id or "")))


def refuse_problems(plan: Plan) -> None:
    """Raise what blocks the plan, if anything does."""
    if len(plan.problems) == 1:
        raise plan.problems[0]
    if plan.problems:
        raise BulkFailed(f"this plan has {len(plan.problems)} blocking problems", plan.problems)


def outputs(app: App, plan: Plan, *, ids: dict[str, str], changed: bool) -> dict[str, str]:
    """Return the outputs for GitHub Actions."""
    return {
        "changed": str(changed).lower(),
        "checksum": checksum_of(app, plan),
        "profile_ids": json_line(ids),
    }

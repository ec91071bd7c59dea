"""`wacb number attach`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import click

from wacb.cli import completion
from wacb.cli.app import App, pass_app
from wacb.cli.commands import Command
from wacb.cli.github import check_github, github_option
from wacb.cli.input import read_input
from wacb.cli.number.report import run_many, run_one, show_step, show_steps, step_of
from wacb.cli.number.targets import Wanted, from_arguments, parse
from wacb.cli.options import (
    allow_missing_option,
    dry_run_option,
    endpoint_options,
    output_options,
    profile_option,
)
from wacb.cli.prompts import choose_number, choose_profile
from wacb.errors import InvalidInput
from wacb.provision import attach
from wacb.provision.attach import AttachStep
from wacb.provision.bulk import prepare_all


@click.command(cls=Command)
@click.argument("numbers", metavar="[NUMBER]...", nargs=-1, shell_complete=completion.numbers)
@profile_option("Profile to attach. [WACB_PROFILE]")
@click.option(
    "--from",
    "file",
    metavar="FILE",
    help="Attach many: lines of NUMBER or NUMBER,PROFILE; - is stdin.",
    shell_complete=completion.files,
)
@click.option("--incoming-url", metavar="URL", help="Store an endpoint on the number itself (V1).")
@click.option("--replace", is_flag=True, help="Replace another profile that is there.")
@click.option(
    "--if-current",
    metavar="ID|TITLE",
    help="Replace this profile, and no other.",
    shell_complete=completion.profiles,
)
@allow_missing_option
@click.option(
    "--jobs",
    type=click.IntRange(1, 64),
    default=attach.JOBS,
    metavar="N",
    help=f"How many numbers at a time (default {attach.JOBS}).",
)
@click.option("--fail-fast", is_flag=True, help="Stop at the first number that fails.")
@endpoint_options
@github_option
@dry_run_option
@output_options
@pass_app
def command(
    app: App,
    /,
    *,
    numbers: tuple[str, ...],
    file: str | None,
    jobs: int,
    fail_fast: bool,
    github: bool,
    dry_run: bool,
    **how: Any,
) -> None:
    """Attach a callback profile to numbers.

    The profile must be active and complete, the number approved; another profile on it is only
    replaced with --replace, or --if-current. Every change is journaled and can be undone. Without
    arguments on a terminal you choose from what exists.

    \b
    Example:
      wacb number attach +919812345678 --profile wacb-incoming-example-com-hook
      wacb number attach --from numbers.csv --profile wacb-incoming-example-com-hook
    """
    if github:
        check_github(app)
    wanted = _wanted(app, numbers, file, how)
    steps = [(one.number, partial(_step, app, one, dry_run=dry_run, **how)) for one in wanted]

    prepared = prepare_all(steps, fail_fast=fail_fast)
    if file is None and len(numbers) <= 1:
        step = step_of(app, prepared[0], github=github)
        if dry_run:
            show_step(app, step)
        else:
            run_one(app, step, github=github)
    elif dry_run:
        show_steps(app, prepared)
    else:
        run_many(app, prepared, jobs=jobs, fail_fast=fail_fast, github=github)


def _wanted(
    app: App, numbers: Sequence[str], file: str | None, how: Mapping[str, Any]
) -> Sequence[Wanted]:
    """Read which numbers shall carry which profile, or the incoming URL in its place."""
    profile, incoming_url = how["profile"], how["incoming_url"]
    for option, value in (("--profile", profile), ("--incoming-url", incoming_url)):
        if value == "":  # as by a variable of the shell that is not set
            raise InvalidInput(f"{option} is empty", hint="give it a value, or leave it out")
    for one, other, said in (
        (profile, incoming_url, "--profile and --incoming-url"),
        (file, incoming_url, "--from and --incoming-url"),
        (how["replace"], incoming_url, "--replace and --incoming-url"),
        (how["if_current"] is not None, incoming_url, "--if-current and --incoming-url"),
        (file, numbers, "--from and NUMBER"),
    ):
        if one and other:
            raise InvalidInput(f"{said} exclude each other")
    reference = profile or incoming_url or app.settings.get("profile")
    if file is not None:
        return parse(read_input(file, "the number list"), profile=reference)
    chosen = numbers or (app.settings.get("number") or choose_number(app),)
    from_arguments(chosen, "")  # a bad number is said before a profile is asked for
    return from_arguments(chosen, reference or choose_profile(app))


def _step(
    app: App,
    wanted: Wanted,
    *,
    dry_run: bool,
    profile: str | None,
    incoming_url: str | None,
    allow_http: bool,
    allow_local: bool,
    allow_missing: bool,
    **conditions: Any,
) -> AttachStep:
    look = None if dry_run and not app.has_credentials else app.look
    if incoming_url:
        app.check_endpoint(incoming_url, allow_http=allow_http, allow_local=allow_local)
        return attach.prepare_incoming_url(
            look, app.api, wanted.number, incoming_url, allow_missing=allow_missing
        )
    if look is None:
        return attach.unseen(app.api, wanted.number, wanted.profile)
    return attach.prepare_attach(
        look, wanted.number, wanted.profile, allow_missing=allow_missing, **conditions
    )

"""`wacb number attach`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

import click

from wacb.cli import completion
from wacb.cli.app import App, pass_app
from wacb.cli.commands import Command, Section, refuse_empty
from wacb.cli.endpoint import check_endpoint
from wacb.cli.github import check_github, github_option
from wacb.cli.input import read_input
from wacb.cli.number.consent import ask_to_replace
from wacb.cli.number.report import (
    allow_time,
    online_lookup,
    require_prepared,
    run_many,
    run_one,
    show_changes,
)
from wacb.cli.number.targets import AttachTarget, from_arguments, parse, read_number
from wacb.cli.options import (
    FilePath,
    allow_missing_option,
    collect,
    combine,
    dry_run_option,
    endpoint_options,
    option,
    output_options,
    profile_option,
    replace_option,
    write_jobs_option,
)
from wacb.cli.prompts import choose_attachable, choose_profile
from wacb.errors import InvalidInput
from wacb.provision import attach
from wacb.provision.number_change import NumberChange, NumberResult
from wacb.provision.prepare import prepare_all


class AttachOptions(NamedTuple):
    """The options of what is attached, and over what."""

    incoming_url: str | None
    replace: bool
    if_current: str | None
    allow_missing: bool
    allow_http: bool
    allow_local: bool


_source_options = combine(
    click.argument("numbers", metavar="[NUMBER]...", nargs=-1, shell_complete=completion.numbers),
    profile_option("Profile to attach. [env: WACB_PROFILE]"),
    option(
        "--from",
        "file",
        metavar="FILE",
        type=FilePath(),
        help="Read many numbers: lines of NUMBER or NUMBER,PROFILE; - reads stdin.",
        shell_complete=completion.files,
    ),
)
_attach_options = combine(
    replace_option,
    option(
        "--if-current",
        section=Section.SAFETY,
        metavar="ID|TITLE",
        help="Replace only if this profile is attached.",
        shell_complete=completion.profiles,
    ),
    allow_missing_option,
    option(
        "--fail-fast",
        section=Section.SAFETY,
        is_flag=True,
        help="Stop at the first number that fails.",
    ),
    endpoint_options,
    write_jobs_option,
    option(
        "--incoming-url",
        section=Section.RARE,
        metavar="URL",
        callback=refuse_empty,
        help="Store a plain URL on the number itself instead (V1); Kaleyra adds the fields to it.",
    ),
    collect(AttachOptions, "options"),
)


@click.command(cls=Command)
@_source_options
@_attach_options
@github_option
@dry_run_option
@output_options
@pass_app
def command(
    app: App,
    *,
    numbers: tuple[str, ...],
    profile: str | None,
    file: Path | None,
    options: AttachOptions,
    fail_fast: bool,
    github: bool,
    dry_run: bool,
) -> None:
    """Attach a profile to numbers.

    The profile must be active and complete, and the number approved. Another profile on the number
    is replaced only with --replace or --if-current. Every change is journaled and can be undone.
    Without arguments, the number is WACB_NUMBER, or you choose from a list on a terminal.

    \b
    Example:
      wacb number attach +919812345678 --profile support
      wacb number attach --from numbers.csv --profile support
    """
    if github:
        check_github(app)
    _check_options(numbers, profile, file, options)
    targets = _read_targets(app, numbers, file, profile or options.incoming_url)
    is_bulk = file is not None or len(numbers) > 1
    prepare = partial(_prepare_all, app, targets, fail_fast=fail_fast, dry_run=dry_run)
    if _asks_to_replace(app, options, file, dry_run=dry_run):
        prepared = prepare(options._replace(replace=True))
        if replaced := ask_to_replace(app, prepared):
            prepared = prepare(options, replaced=replaced)
    else:
        prepared = prepare(options)
    if not is_bulk:
        require_prepared(app, prepared[0], github=github)
    if dry_run:
        show_changes(app, prepared)
    elif is_bulk:
        run_many(app, prepared, fail_fast=fail_fast, github=github)
    else:
        run_one(app, prepared[0].change, github=github)


def _check_options(
    numbers: Sequence[str], profile: str | None, file: Path | None, options: AttachOptions
) -> None:
    """Raise InvalidInput for options that contradict each other."""
    url = options.incoming_url
    conflicts = (
        ("--profile", profile, "--incoming-url", url),
        ("--from", file, "--incoming-url", url),
        ("--replace", options.replace, "--incoming-url", url),
        ("--if-current", options.if_current is not None, "--incoming-url", url),
        ("--allow-missing", options.allow_missing, "--incoming-url", url),
        ("--from", file, "NUMBER", numbers),
    )
    for name, one, other_name, other in conflicts:
        if one and other:
            raise InvalidInput(f"{name} and {other_name} cannot be used together")


def _read_targets(
    app: App, numbers: Sequence[str], file: Path | None, reference: str | None
) -> Sequence[AttachTarget]:
    """Read the numbers and the profile of each, or the incoming URL in its place."""
    reference = reference or app.settings.get("profile")
    read = partial(read_number, app)
    if file is not None:
        return parse(read_input(file, "the number list"), profile=reference, read=read)
    chosen = numbers or (app.settings.get("number") or choose_attachable(app)[0],)
    from_arguments(chosen, "", read=read)  # report a bad number before asking for a profile
    return from_arguments(chosen, reference or choose_profile(app), read=read)


def _asks_to_replace(app: App, options: AttachOptions, file: Path | None, *, dry_run: bool) -> bool:
    """Return whether to ask before another profile on a number is replaced."""
    decided = options.replace or options.if_current is not None or options.incoming_url
    return app.interactive and not (decided or file or dry_run)


def _prepare_all(
    app: App,
    targets: Sequence[AttachTarget],
    options: AttachOptions,
    *,
    replaced: Mapping[str, str] = MappingProxyType({}),
    fail_fast: bool,
    dry_run: bool,
) -> list[NumberResult]:
    """Prepare the change of every number; `replaced` has the profiles that may be replaced."""
    items = []
    for target in targets:
        current = replaced.get(target.number, options.if_current)
        prepare = partial(_prepare, app, options._replace(if_current=current), target)
        items.append((target.number, partial(prepare, dry_run=dry_run)))
    lookup = online_lookup(app, dry_run=dry_run)
    if lookup and not options.incoming_url:
        # look up one number first: V1 has no list, and this shows how long the API takes
        lookup.look_ahead(
            numbers=[targets[0].number], profiles=[target.profile for target in targets]
        )
        allow_time(app, 2 * len(targets) / (app.jobs or attach.JOBS), f"{len(targets)} numbers")
    return prepare_all(items, lookup.client if lookup else None, fail_fast=fail_fast)


def _prepare(
    app: App, options: AttachOptions, target: AttachTarget, *, dry_run: bool
) -> NumberChange:
    lookup = online_lookup(app, dry_run=dry_run)
    if url := options.incoming_url:
        check_endpoint(app, url, allow_http=options.allow_http, allow_local=options.allow_local)
        return attach.prepare_incoming_url(lookup, target.number, url)
    if lookup is None:
        return attach.offline_change(target.number, target.profile)
    return attach.prepare_attach(
        lookup,
        target.number,
        target.profile,
        replace=options.replace,
        if_current=options.if_current,
        allow_missing=options.allow_missing,
    )

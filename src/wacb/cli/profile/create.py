"""`wacb profile create`."""

from __future__ import annotations

import click

from wacb.cli.app import App, pass_app
from wacb.cli.commands import Command, Section
from wacb.cli.dry_run import show_requests
from wacb.cli.encryption_keys import with_key
from wacb.cli.github import check_github, github_option, markdown_table, write_github
from wacb.cli.options import (
    combine,
    dry_run_option,
    option,
    output_options,
    update_existing_option,
)
from wacb.cli.profile.draft_options import DraftOptions, draft_options, new_draft
from wacb.cli.profile.ensure import note_changes, prepare_profile, preview_profile
from wacb.cli.views.profiles import PROFILE_RESULT
from wacb.errors import Command as NextCommand
from wacb.errors import InvalidInput, Prose
from wacb.provision.create import IfExists
from wacb.provision.steps import ProfileResult

_existing_options = combine(  # what to do with a profile of the same title
    option(
        "--if-not-exists",
        section=Section.SAFETY,
        is_flag=True,
        help="Do nothing if an identical profile exists.",
    ),
    update_existing_option,
    option(
        "--allow-duplicate-title",
        section=Section.SAFETY,
        is_flag=True,
        help="Create another profile of the same title.",
    ),
)


@click.command(cls=Command)
@draft_options(
    url="Your endpoint, which receives the callbacks. [env: WACB_ENDPOINT]",
    title="Title of the profile [default: derived from the endpoint].",
    header="Header to send.",
)
@_existing_options
@github_option
@dry_run_option
@output_options
@pass_app
def command(
    app: App,
    *,
    draft: DraftOptions,
    if_not_exists: bool,
    update_existing: bool,
    allow_duplicate_title: bool,
    github: bool,
    dry_run: bool,
) -> None:
    """Create a callback profile with the full template.

    Use it once for each endpoint; then attach the profile to your numbers. The profile is read back
    and compared. A title that exists is refused; a script that may run again adds --if-not-exists
    or --update-existing.

    \b
    Example:
      wacb profile create --method post --url https://example.com/hook
    """
    if github:
        check_github(app)
    key_file = draft.encrypt_key_file
    wanted = with_key(app, new_draft(app, draft), draft.encrypt, key_file, dry_run=dry_run)
    if_exists = _policy(
        if_not_exists=if_not_exists,
        update_existing=update_existing,
        duplicate=allow_duplicate_title,
    )
    if dry_run:
        step = preview_profile(app, wanted, if_exists, key_file=key_file)
        note_changes(app, step)
        show_requests(app, step.requests(app.api))
        return
    with prepare_profile(app, wanted, if_exists, key_file=key_file) as prepared:
        result = prepared.execute()
    app.out.note(*result.notes)
    app.out.record(result, PROFILE_RESULT, whole=app.verbosity > 0)
    if github:
        _report(app, result)
    attach = NextCommand("number attach", "--profile", result.profile.id)
    app.out.hint(Prose("next: ", attach))


def _policy(*, if_not_exists: bool, update_existing: bool, duplicate: bool) -> IfExists:
    if duplicate and (if_not_exists or update_existing):
        raise InvalidInput(
            "--allow-duplicate-title cannot be used with --if-not-exists or --update-existing"
        )
    if update_existing:
        return IfExists.UPDATE
    if if_not_exists:
        return IfExists.KEEP
    return IfExists.DUPLICATE if duplicate else IfExists.REFUSE


def _report(app: App, result: ProfileResult) -> None:
    changed = result.status in ("created", "updated", "adopted")
    outputs = {"profile_id": result.profile.id, "result": result.status}
    row = (result.profile.id, result.profile.title, result.status)
    summary = markdown_table(app, ("Profile", "Title", "Result"), [row])
    write_github(app, outputs | {"changed": str(changed).lower()}, summary)

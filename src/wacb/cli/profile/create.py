"""`wacb profile create`."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path

import click

from wacb.cli.app import App, pass_app
from wacb.cli.commands import Command, Section
from wacb.cli.dry_run import show_requests
from wacb.cli.encryption_keys import store_key, with_key
from wacb.cli.github import check_github, github_option, markdown_table, write_github
from wacb.cli.options import combine, dry_run_option, option, output_options
from wacb.cli.profile.draft_options import DraftOptions, draft_options, new_draft
from wacb.cli.prompts import confirm
from wacb.cli.views.profiles import PROFILE_RESULT
from wacb.errors import Command as NextCommand
from wacb.errors import InvalidInput, Prose
from wacb.models import NewKey, ProfileDraft
from wacb.provision.compare import CompareKey, describe
from wacb.provision.create import IfExists, create_profile, prepare_create, title_taken_error
from wacb.provision.steps import CreateStep, ProfileResult, ProfileStep
from wacb.provision.update import refuse_key_exchange, update_profile
from wacb.storage.create_lock import CreateLock

_existing_options = combine(  # what to do with a profile of the same title
    option(
        "--if-not-exists",
        section=Section.SAFETY,
        is_flag=True,
        help="Do nothing if an identical profile exists.",
    ),
    option(
        "--update-existing",
        section=Section.SAFETY,
        is_flag=True,
        help="Update a profile of the same title if it exists.",
    ),
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
    title="Title of the profile [default: made from the endpoint].",
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
    result = _ensure(app, wanted, if_exists, key_file, dry_run=dry_run)
    if result is None:
        return
    app.out.note(*result.notes)
    app.out.record(result, PROFILE_RESULT)
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


def _ensure(
    app: App, draft: ProfileDraft, if_exists: IfExists, key_file: Path | None, *, dry_run: bool
) -> ProfileResult | None:
    """Create the profile, or find or update the one of its title; None in a dry run."""
    if dry_run and not app.has_credentials:
        app.out.note(
            "checked offline: without credentials it is not known whether the profile exists"
        )
        show_requests(app, CreateStep(draft).requests(app.api))
        return None
    lock = app.create_lock(draft.title)
    with nullcontext() if dry_run else lock.acquire(app.remaining):
        # a run on a machine without the key file must not replace the key of a profile
        new_key = isinstance(draft.encryption, NewKey) and key_file is None
        key = CompareKey.NEVER if new_key else CompareKey.IF_SHOWN
        step = prepare_create(app.client, draft, if_exists=if_exists, lock=lock, key=key)
        if isinstance(step, CreateStep):
            if step.others and if_exists is IfExists.REFUSE:
                _ask_for_duplicate(app, draft.title, step.others, dry_run=dry_run)
        else:
            if key_file is None:
                refuse_key_exchange(step)
            app.out.note(*describe(step.changes))
        if dry_run:
            show_requests(app, step.requests(app.api))
            return None
        return _execute(app, step, lock, key_file)


def _ask_for_duplicate(app: App, title: str, others: frozenset[str], *, dry_run: bool) -> None:
    """Ask on a terminal whether to create another profile of a title, else refuse it."""
    taken = title_taken_error(title, others)
    if dry_run or not app.interactive:
        raise taken
    app.out.message(taken.message)
    confirm(app, "create another one", yes=False)


def _execute(app: App, step: ProfileStep, lock: CreateLock, key_file: Path | None) -> ProfileResult:
    if isinstance(step, CreateStep):
        draft = store_key(app, step, key_file).draft
        return create_profile(app.client, draft, lock=lock, sleep=app.sleep, others=step.others)
    return update_profile(app.client, store_key(app, step, key_file))


def _report(app: App, result: ProfileResult) -> None:
    changed = result.status in ("created", "updated", "adopted")
    outputs = {"profile_id": result.profile.id, "result": result.status}
    row = (result.profile.id, result.profile.title, result.status)
    summary = markdown_table(app, ("Profile", "Title", "Result"), [row])
    write_github(app, outputs | {"changed": str(changed).lower()}, summary)

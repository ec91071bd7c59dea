"""`wacb profile create`."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

import click

from wacb.cli.app import App, pass_app
from wacb.cli.commands import Command
from wacb.cli.create_lock import create_lock
from wacb.cli.dry_run import show_requests
from wacb.cli.encryption_keys import store_key, without_key_to_come
from wacb.cli.github import check_github, github_option, markdown_table, write_github
from wacb.cli.options import dry_run_option, output_options
from wacb.cli.profile.draft_options import draft_from, draft_options
from wacb.cli.views.profiles import PROFILE_RESULT
from wacb.provision import create
from wacb.provision.compare import describe
from wacb.provision.steps import ProfileResult, ProfileStep


@click.command(cls=Command)
@draft_options
@click.option(
    "--if-not-exists",
    is_flag=True,
    help="Leave a profile of the same title and content as it is.",
)
@click.option(
    "--update-existing",
    is_flag=True,
    help="Change a profile of the same title, and only what differs.",
)
@github_option
@dry_run_option
@output_options
@pass_app
def command(
    app: App,
    /,
    *,
    if_not_exists: bool,
    update_existing: bool,
    github: bool,
    dry_run: bool,
    **options: Any,
) -> None:
    """Create a callback profile with the full template.

    Use it once for each endpoint; then attach the profile to your numbers. The answer is read back
    and compared. A script that may run again adds --if-not-exists or --update-existing.

    \b
    Example:
      wacb profile create --method post --url https://example.com/hook
    """
    if github:
        check_github(app)
    draft = draft_from(app, dry_run=dry_run, **options)
    once = if_not_exists or update_existing
    claim = create_lock(app, draft.title) if once or not dry_run else None
    with claim.held(app.client.remaining) if claim and once and not dry_run else nullcontext():
        step = ProfileStep(draft=draft, claim=claim)
        if once and claim:
            client = None if dry_run and not app.has_credentials else app.client
            wanted = without_key_to_come(draft, options["encrypt_key_file"])
            step = create.prepare_once(client, wanted, update=update_existing, claim=claim)
            step = step._replace(draft=step.draft._replace(encryption=draft.encryption))
        for line in (*step.notes, *describe(step.changes)):
            app.out.note(line)
        if dry_run:
            show_requests(app, step.requests(app.api))
            return
        step = store_key(app, step, options["encrypt_key_file"])
        made = create.execute(app.client, step, sleep=app.sleep)

    app.out.note(*made.notes)
    app.out.record(made, PROFILE_RESULT)
    if github:
        _report(app, made)
    app.out.hint(f"next: wacb number attach --profile {made.profile.id}")


def _report(app: App, made: ProfileResult) -> None:
    changed = made.result in ("created", "updated", "adopted")
    outputs = {"profile_id": made.profile.id, "result": made.result}
    row = (made.profile.id, made.profile.title, made.result)
    summary = markdown_table(app, ("Profile", "Title", "Result"), [row])
    write_github(app, outputs | {"changed": str(changed).lower()}, summary)

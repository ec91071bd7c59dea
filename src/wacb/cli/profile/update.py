"""`wacb profile update`."""

from __future__ import annotations

from contextlib import suppress

import click

from wacb.cli import completion
from wacb.cli.app import App, pass_app
from wacb.cli.commands import Command
from wacb.cli.dry_run import show_requests
from wacb.cli.encryption_keys import key_file_of, store_key, with_key
from wacb.cli.options import dry_run_option, output_options
from wacb.cli.profile.draft_options import DraftOptions, changed_draft, draft_options
from wacb.cli.views.profiles import PROFILE_RESULT
from wacb.errors import Ambiguous, ConfigError, InvalidInput, Prose
from wacb.errors import Command as NextCommand
from wacb.models import CallbackProfile, Method
from wacb.provision import find
from wacb.provision.compare import CompareKey, describe
from wacb.provision.steps import UpdateStep
from wacb.provision.update import prepare_update, refuse_key_exchange, update_profile
from wacb.storage import files

# These allow what a change may lead to, and change nothing by themselves.
_NO_CHANGE = ("allow_http", "allow_local", "allow_missing")
# The change of these depends on the template, the headers or the channel that the profile has.
_NEEDS_LIVE = {
    "method": "--method",
    "url": "--url",
    "with_status": "--with-status",
    "headers": "--header",
    "env_headers": "--header-env",
    "basic_auth": "--basic-auth",
    "channel": "--channel",
}
_OFFLINE = (
    "checked offline: without credentials it is not known whether the profile exists and what it "
    "has already"
)


@click.command(cls=Command)
@click.argument("reference", metavar="ID|TITLE", shell_complete=completion.profiles)
@draft_options(
    url="New endpoint; the template moves along.",
    title="New title of the profile.",
    header="Header to send in addition to the present ones; 'NAME:' removes one.",
)
@dry_run_option
@output_options
@pass_app
def command(app: App, *, reference: str, draft: DraftOptions, dry_run: bool) -> None:
    """Update a callback profile.

    Only the options you pass are changed. A switch between GET and POST moves the template from the
    query to the body and back. The changes are shown, old → new.

    \b
    Example:
      wacb profile update support --url https://example.com/new
    """
    given = {name for name, value in draft._asdict().items() if value not in (None, (), False)}
    if not given.difference(_NO_CHANGE):
        raise InvalidInput(
            "nothing to update", hint="pass at least one of --url, --method, --title…"
        )
    offline = dry_run and not app.has_credentials
    live = _offline_profile(reference, given) if offline else find.find(app.client, reference)
    step = _prepare(app, live, draft, dry_run=dry_run)
    if not offline:
        _refuse_namesakes(app, step)
    app.out.note(*([_OFFLINE] if offline else describe(step.changes)))
    if dry_run:
        show_requests(app, step.requests(app.api))
        return
    if not step.changes:
        app.out.hint("already up to date; nothing was changed")
    updated = update_profile(
        app.client, store_key(app, step, draft.encrypt_key_file), sleep=app.sleep
    )
    app.out.note(*updated.notes)
    app.out.record(updated, PROFILE_RESULT, whole=app.verbosity > 0)
    _note_old_key(app, step)


def _offline_profile(reference: str, given: set[str]) -> CallbackProfile:
    """Return a stand-in for a profile of which only the ID is known.

    Raises InvalidInput for a title, and ConfigError if more has to be known.
    """
    find.require_id(reference)
    for name, option in _NEEDS_LIVE.items():
        if name in given:
            raise ConfigError(
                f"the change by {option} depends on the profile, which cannot be looked up without "
                "credentials",
                hint=Prose(
                    "set WACB_SID and WACB_API_KEY, or run `", NextCommand("config init"), "`"
                ),
            )
    return CallbackProfile(id=reference, title="", method=Method.POST, url="")


def _prepare(
    app: App, live: CallbackProfile, options: DraftOptions, *, dry_run: bool
) -> UpdateStep:
    key_file = options.encrypt_key_file
    draft = changed_draft(app, live, options)
    draft = with_key(app, draft, options.encrypt, key_file, dry_run=dry_run)
    # what the user names is sent even if the API hides the present value: a key file, and headers
    key = CompareKey.IF_SHOWN if key_file is None else CompareKey.ALWAYS
    step = prepare_update(live, draft, key=key, masked_differ=True)
    if key_file is None:
        refuse_key_exchange(step)
    return step


def _note_old_key(app: App, step: UpdateStep) -> None:
    """Note where the key of a renamed profile is. Another account may use it, too."""
    if "title" not in step.changes or "encryption" in step.changes:
        return
    with suppress(ConfigError):
        old, new = (key_file_of(app, title) for title in step.changes["title"])
        if files.read_text(old) is not None and files.read_text(new) is None:
            app.out.note(f"its key stays in {old}; with the new title it is looked for in {new}")


def _refuse_namesakes(app: App, step: UpdateStep) -> None:
    """Raise Ambiguous where another profile has the new title: no command could name one by it."""
    rows = app.client.titled_rows(step.draft.title) if "title" in step.changes else ()
    if others := ", ".join(sorted(row.id for row in rows)):
        raise Ambiguous(
            f"another profile is also named {step.draft.title!r} ({others})",
            hint="pass another --title",
        )

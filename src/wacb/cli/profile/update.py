"""`wacb profile update`."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

import click

from wacb.cli import completion
from wacb.cli.app import App, pass_app
from wacb.cli.commands import Command
from wacb.cli.dry_run import show_requests
from wacb.cli.encryption_keys import store_key, with_key
from wacb.cli.options import dry_run_option, endpoint_options, method_option, output_options
from wacb.cli.profile.draft_options import content, content_options, header_option
from wacb.cli.views.profiles import PROFILE_RESULT
from wacb.errors import Ambiguous, ConfigError, InvalidInput
from wacb.models import CallbackProfile, Method, ProfileDraft
from wacb.provision import find, update
from wacb.provision.compare import describe
from wacb.provision.drafts import updated_draft
from wacb.provision.steps import ProfileStep
from wacb.redaction import secrets_of_headers
from wacb.storage import files, paths

# These allow what a change may lead to, and change nothing by themselves.
_NO_CHANGE = ("allow_http", "allow_local", "allow_missing")
# What these lead to depends on the template, the headers or the channel that the profile has.
_NEEDS_LIVE = {
    "method": "--method",
    "url": "--url",
    "with_status": "--with-status",
    "headers": "--header",
    "env_headers": "--header-env",
    "basic_auth": "--basic-auth",
    "channel": "--channel",
}
_NOT_LOOKED = (
    "without credentials the profile was not looked up: whether it exists, and what of this it "
    "has already"
)


@click.command(cls=Command)
@click.argument("reference", metavar="ID|TITLE", shell_complete=completion.profiles)
@method_option
@click.option("--url", metavar="URL", help="New endpoint; the template moves along.")
@click.option(
    "--with-status",
    is_flag=True,
    help="Add the placeholders of message status (delivered, read) that are missing.",
)
@endpoint_options
@click.option("--title", help="New name of the profile.")
@header_option("Header to send beside those that are there; 'NAME:' takes one away.")
@content_options
@dry_run_option
@output_options
@pass_app
def command(app: App, /, *, reference: str, dry_run: bool, **options: Any) -> None:
    """Change a callback profile, and only what differs.

    What is not given stays as it is. A switch between GET and POST moves the template from the
    query to the body and back. What changes is shown, old → new.

    \b
    Example:
      wacb profile update wacb-incoming-example-com-hook --url https://example.com/new
    """
    given = {name for name, value in options.items() if value not in (None, (), False)}
    if not given.difference(_NO_CHANGE):
        raise InvalidInput(
            "nothing is given to change", hint="say what, like --url, --method or --title"
        )
    unseen = dry_run and not app.has_credentials
    live = _unseen(reference, given) if unseen else find.find(app.client, reference)
    draft = _draft(app, live, dry_run=dry_run, **options)
    key_file = options["encrypt_key_file"]
    step = update.prepare_update(_comparable(live, key_file), draft)
    if not unseen:
        _refuse_namesakes(app, step)
    app.out.note(*([_NOT_LOOKED] if unseen else describe(step.changes)))
    if dry_run:
        show_requests(app, step.requests(app.api))
        return
    if not step.changes:
        app.out.hint("nothing differs, so nothing was changed")
    updated = update.update(app.client, store_key(app, step, key_file))
    app.out.note(*updated.notes)
    app.out.record(updated, PROFILE_RESULT)
    _note_old_key(app, step)


def _unseen(reference: str, given: set[str]) -> CallbackProfile:
    """Stand in for a profile of which only the ID is known.

    Raises InvalidInput for a title, and ConfigError where more has to be known.
    """
    find.require_id(reference)
    for name, option in _NEEDS_LIVE.items():
        if name in given:
            raise ConfigError(
                f"what {option} changes depends on the profile, which cannot be looked up without "
                "credentials",
                hint="set WACB_SID and WACB_API_KEY, or run `wacb config init`",
            )
    return CallbackProfile(id=reference, title="", method=Method.POST, url="")


def _draft(
    app: App,
    live: CallbackProfile,
    *,
    dry_run: bool,
    method: str | None,
    encrypt: str | None,
    encrypt_key_file: Path | None,
    **options: Any,
) -> ProfileDraft:
    chosen = None if method is None else Method(method.upper())
    app.out.keep_secret(*secrets_of_headers(live.headers))
    draft = updated_draft(live, method=chosen, **content(app, removable=True, **options))
    return with_key(app, draft, encrypt, encrypt_key_file, dry_run=dry_run)


def _comparable(live: CallbackProfile, key_file: Path | None) -> CallbackProfile:
    """Let the key in a file that was named differ from one that the API hides, so that it is sent.

    By its algorithm alone (cli.md 7) no key could be exchanged for another.
    """
    if key_file is None or live.encryption is None or live.encryption.key:
        return live
    return live._replace(encryption=live.encryption._replace(key="hidden"))


def _note_old_key(app: App, step: ProfileStep) -> None:
    """Say where the key of a profile that was renamed is. Another account may use it, too."""
    if "title" not in step.changes or "encryption" in step.changes:
        return
    old, new = (paths.key_file(app.state_folder, title) for title in step.changes["title"])
    with suppress(ConfigError):
        if files.read_text(old) is not None and files.read_text(new) is None:
            app.out.note(f"its key stays in {old}; by the new title it is looked for in {new}")


def _refuse_namesakes(app: App, step: ProfileStep) -> None:
    """Raise Ambiguous where another profile has the new title: no command could name one by it."""
    others = app.client.profile_ids(step.draft.title) if "title" in step.changes else ()
    if others:
        raise Ambiguous(
            f"another profile has the title {step.draft.title!r}: {', '.join(sorted(others))}",
            hint="give another --title",
        )

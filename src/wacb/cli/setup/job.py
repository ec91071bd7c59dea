"""What `wacb setup` has to do: its options, its prompts and the changes of the numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import NamedTuple

from wacb.cli.account import missing_error
from wacb.cli.app import App
from wacb.cli.config.init import store_account
from wacb.cli.endpoint import read_endpoint
from wacb.cli.number.consent import ask_to_replace
from wacb.cli.number.targets import from_arguments, read_number
from wacb.cli.profile.ensure import expected_profile, preview_profile
from wacb.cli.prompts import choose_attachable
from wacb.errors import InvalidInput
from wacb.models import UNKNOWN, CallbackProfile, Method, ProfileDraft
from wacb.provision import attach
from wacb.provision.create import IfExists
from wacb.provision.drafts import build_draft
from wacb.provision.number_change import NumberChange, NumberResult
from wacb.provision.prepare import prepare_all
from wacb.validation import looks_like_id


class SetupOptions(NamedTuple):
    """The options of what is set up. None means not given."""

    url: str | None
    numbers: tuple[str, ...]
    method: str
    title: str | None
    update_existing: bool
    replace: bool
    allow_http: bool
    allow_local: bool


class Job(NamedTuple):
    """A profile, what to do where its title exists, and the numbers (E.164) to attach it to.

    With `replace` another profile on a number is replaced without a question.
    """

    draft: ProfileDraft
    policy: IfExists
    numbers: tuple[str, ...]
    replace: bool


def read_job(app: App, options: SetupOptions, *, dry_run: bool) -> Job:
    """Ask for what is missing on a terminal, credentials first; otherwise report all of it.

    Raises ConfigError if credentials are missing, InvalidInput if only other values are.
    """
    url = options.url or app.settings.get("endpoint")
    numbers = options.numbers or tuple(filter(None, (app.settings.get("number"),)))
    if not app.interactive:
        _require(app, url, numbers, dry_run=dry_run)
    elif not (app.has_credentials or dry_run):
        store_account(app, {}, optional=("waba_id",))
        app.reload()
    elif app.has_credentials and not (url and numbers):
        app.client.check_access()  # before any prompt
    draft = _read_draft(app, options)
    targets = from_arguments(
        numbers or choose_attachable(app, many=True), "", read=partial(read_number, app)
    )
    return Job(
        draft=draft,
        policy=IfExists.UPDATE if options.update_existing else IfExists.KEEP,
        numbers=tuple(target.number for target in targets),
        replace=options.replace,
    )


def _require(app: App, url: str | None, numbers: Sequence[str], *, dry_run: bool) -> None:
    """Raise one error for all that is missing."""
    credentials = [] if dry_run else app.missing_credentials
    missing = [
        *credentials,
        *([] if url else ["the endpoint (--url or WACB_ENDPOINT)"]),
        *([] if numbers else ["a number (--number or WACB_NUMBER)"]),
    ]
    message = f"missing: {', '.join(missing)}"
    if credentials:
        raise missing_error(message)
    if missing:
        raise InvalidInput(message, hint="pass what is missing, or run this on a terminal")


def _read_draft(app: App, options: SetupOptions) -> ProfileDraft:
    title = options.title
    if title is None and (title := app.settings.get("profile")) and looks_like_id(title):
        raise InvalidInput(
            f"{app.settings.source('profile')} is the ID of a profile, but a title is required",
            hint="pass --title TEXT",
        )
    allow_http, allow_local = options.allow_http, options.allow_local
    return build_draft(
        method=Method(options.method.upper()),
        url=read_endpoint(app, options.url, allow_http=allow_http, allow_local=allow_local),
        title=title,
        allow_http=allow_http or app.accepts_local,
        allow_local=allow_local or app.accepts_local,
    )


def confirm_replaced(app: App, job: Job) -> Mapping[str, str]:
    """Ask on a terminal whether to replace other profiles; return which may be, by number."""
    if job.replace or not app.interactive or not any(map(partial(_has_profile, app), job.numbers)):
        return {}
    step = preview_profile(app, job.draft, job.policy, key_file=None)
    changed = job._replace(replace=True)
    return ask_to_replace(app, prepare_numbers(app, changed, expected_profile(step)))


def _has_profile(app: App, number: str) -> bool:
    return isinstance(app.lookup.attached_profile_id(app.lookup.number(number)), str)


def prepare_numbers(
    app: App,
    job: Job,
    profile: CallbackProfile,
    replaced: Mapping[str, str] = MappingProxyType({}),
) -> list[NumberResult]:
    """Prepare to attach a profile, whose ID is "" until it is created; errors are kept.

    `replaced` has the profiles that may be replaced, by their number.
    """

    def prepare(number: str) -> NumberChange:
        if not app.has_credentials:  # in a dry run
            name = profile.title
            return NumberChange(number, UNKNOWN, profile.id or UNKNOWN, profile_name=name)
        return attach.prepare_attach_of(
            app.lookup,
            number,
            profile,
            replace=job.replace,
            if_current=replaced.get(number),
        )

    items = [(number, partial(prepare, number)) for number in job.numbers]
    return prepare_all(items, app.client if app.has_credentials else None, fail_fast=False)

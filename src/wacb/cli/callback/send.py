"""`wacb callback send`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import click

from wacb.callbacks.samples import TYPES, override, sample
from wacb.callbacks.sender import Delivery, Outgoing, build, deliver_all, open_session, withhold
from wacb.cli.app import App, pass_app
from wacb.cli.callback.deliveries import raise_failures, show_outgoing, trace
from wacb.cli.ciphers import encryption_of
from wacb.cli.commands import Command, Section
from wacb.cli.input import read_body
from wacb.cli.options import (
    METHODS,
    FilePath,
    allow_missing_option,
    body_file_option,
    collect,
    combine,
    dry_run_option,
    option,
    output_options,
    profile_option,
    template_options,
)
from wacb.cli.prompts import ask, choose_profile
from wacb.cli.views.deliveries import DELIVERY
from wacb.errors import InvalidInput
from wacb.models import CallbackProfile, Method
from wacb.provision import find
from wacb.provision.drafts import build_draft
from wacb.provision.steps import as_sent
from wacb.redaction import secrets_of_headers
from wacb.urls import check_endpoint, split_query
from wacb.validation import parse_number

NUMBER = "+15550100001"  # the first of the sandbox
SENDER = "+15550123456"


class TemplateOptions(NamedTuple):
    """The options that decide a template and its endpoint, as they are on the command line."""

    method: str | None
    url: str | None
    with_status: bool
    allow_http: bool
    allow_local: bool
    body_file: Path | None
    allow_missing: bool


_profile_options = combine(
    profile_option("Profile to send with. [env: WACB_PROFILE]"),
    template_options(),
    body_file_option,
    allow_missing_option,
    collect(TemplateOptions, "template"),
    option(
        "--to",
        section=Section.ENDPOINT,
        metavar="URL",
        help="Deliver to this URL instead of the profile's endpoint.",
    ),
    click.option(
        "--encrypt-key-file",
        "key_file",
        metavar="FILE",
        type=FilePath(),
        help="Encryption file to use if the API does not show the key.",
    ),
)
_message_options = combine(
    click.option(
        "--type",
        "kind",
        type=click.Choice(TYPES),
        default="text",
        metavar="TYPE",
        help=f"Message type: {', '.join(TYPES)}. [default: text]",
    ),
    click.option(
        "--set", "settings", multiple=True, metavar="NAME=VALUE", help="Set a field of the message."
    ),
    click.option(
        "--count",
        type=click.IntRange(1, 10_000),
        default=1,
        metavar="N",
        help="Number of messages to send. [default: 1]",
    ),
    click.option(
        "--jobs",
        type=click.IntRange(1, 64),
        default=1,
        metavar="N",
        help="Number of parallel requests. [default: 1]",
    ),
    click.option(
        "--seed",
        type=int,
        metavar="N",
        help="Seed for reproducible messages (timestamps still vary).",
    ),
)


@click.command(cls=Command)
@_profile_options
@_message_options
@dry_run_option
@output_options
@pass_app
def command(
    app: App,
    *,
    profile: str | None,
    template: TemplateOptions,
    to: str | None,
    key_file: Path | None,
    kind: str,
    settings: tuple[str, ...],
    count: int,
    jobs: int,
    seed: int | None,
    dry_run: bool,
) -> None:
    """Send sample messages to an endpoint as Kaleyra would.

    Use it to test your endpoint. It fills the template of a profile, or the default one, and uses
    the profile's headers and encryption. Each message is sent once.

    \b
    Example:
      wacb callback send --profile support --type image
      wacb callback send --method post --to http://127.0.0.1:8080/hook
    """
    if to is not None:
        check_endpoint(to, allow_http=True, allow_local=True)
    wanted = _parse_settings(settings)
    if _uses_stored_profile(profile, template):
        reference = profile or app.settings.get("profile") or choose_profile(app)
        target = find.find(app.client, reference)
    else:
        target = _build_unsaved_profile(app, to, template)
    messages = _make_messages(app, kind, wanted, count, seed)
    outgoing = _build_callbacks(app, target, to, key_file, messages)
    if dry_run:
        show_outgoing(app, outgoing)
    else:
        _deliver(app, outgoing, kind, jobs)


def _parse_settings(pairs: Sequence[str]) -> dict[str, str]:
    for pair in pairs:
        if "=" not in pair:
            raise InvalidInput(
                f"--set {pair!r} is not NAME=VALUE", hint="use a form like --set body=Hello"
            )
    return {name: value for name, _, value in (pair.partition("=") for pair in pairs)}


def _uses_stored_profile(profile: str | None, template: TemplateOptions) -> bool:
    """Whether to send with a stored profile. Raises InvalidInput for options that contradict."""
    defined = template.method or template.url
    for name, value in template._asdict().items():
        if value and (profile or not defined):
            rule = "and --profile cannot be used together" if profile else "requires --method"
            raise InvalidInput(f"--{name.replace('_', '-')} {rule}")
    return not defined


def _build_unsaved_profile(app: App, to: str | None, options: TemplateOptions) -> CallbackProfile:
    """Build a profile as `profile create` would, without storing it."""
    chosen = options.method or ask(app, "Method", option="--method", choices=METHODS)
    own = options.url or app.settings.get("endpoint")
    accepts = app.accepts_local or not own  # --to may be any URL
    draft = build_draft(
        method=Method(chosen.upper()),
        url=own or split_query(to or "")[0] or ask(app, "Endpoint URL", option="--url"),
        body=read_body(options.body_file),
        allow_http=options.allow_http or accepts,
        allow_local=options.allow_local or accepts,
        with_status=options.with_status,
        allow_missing=options.allow_missing,
    )
    return as_sent(draft, "")


def _make_messages(
    app: App, kind: str, wanted: dict[str, str], count: int, seed: int | None
) -> list[dict[str, str]]:
    number = parse_number(app.settings.get("number") or NUMBER)
    seeds = [None] * count if seed is None else range(seed, seed + count)
    return [
        override(sample(kind, number=number, sender=SENDER, now=app.now(), seed=each), wanted)
        for each in seeds
    ]


def _build_callbacks(
    app: App,
    profile: CallbackProfile,
    to: str | None,
    key_file: Path | None,
    messages: Sequence[dict[str, str]],
) -> list[Outgoing]:
    app.out.keep_secret(*secrets_of_headers(profile.headers))
    encrypt = encryption_of(app, profile, key_file)
    shown, notes = withhold(profile, to)
    app.out.note(*notes)
    return [build(shown, fields, to=to, encrypt=encrypt) for fields in messages]


def _deliver(app: App, outgoing: Sequence[Outgoing], kind: str, jobs: int) -> None:
    session = open_session(timeout=app.settings.timeout, deadline=app.deadline)
    with app.out.progress(len(outgoing)) as advance:

        def done(each: Outgoing, delivery: Delivery) -> None:
            trace(app, each, delivery)
            advance()

        deliveries = deliver_all(
            session, outgoing, type=kind, jobs=jobs, hide=app.out.redact, done=done
        )
    app.out.table(deliveries, DELIVERY)
    raise_failures(deliveries)

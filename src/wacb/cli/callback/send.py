"""`wacb callback send`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from wacb.callbacks.samples import TYPES, override, sample
from wacb.callbacks.sender import Delivery, Outgoing, build, deliver_all, open_session, withhold
from wacb.cli.app import App, pass_app
from wacb.cli.callback.deliveries import judge, show_outgoing, trace
from wacb.cli.commands import Command, Option, Section
from wacb.cli.encryption_keys import encryption_of
from wacb.cli.input import read_input
from wacb.cli.options import (
    METHODS,
    allow_missing_option,
    body_file_option,
    dry_run_option,
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

NUMBER = "+15550100001"  # the sandbox's first
SENDER = "+15550123456"


@click.command(cls=Command)
@profile_option("Profile to deliver through. [env: WACB_PROFILE]")
@template_options
@body_file_option
@allow_missing_option
@click.option(
    "--to",
    cls=Option,
    section=Section.ENDPOINT,
    metavar="URL",
    help="Deliver there, and not to the endpoint.",
)
@click.option(
    "--encrypt-key-file",
    "key_file",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Key to encrypt with, where the API does not show it.",
)
@click.option(
    "--type", "kind", type=click.Choice(TYPES), default="text", help="Type of the message."
)
@click.option(
    "--set", "settings", multiple=True, metavar="NAME=VALUE", help="Value of a placeholder."
)
@click.option(
    "--count",
    type=click.IntRange(1, 10_000),
    default=1,
    metavar="N",
    help="How many messages. [default: 1]",
)
@click.option(
    "--jobs",
    type=click.IntRange(1, 64),
    default=1,
    metavar="N",
    help="How many at a time. [default: 1]",
)
@click.option(
    "--seed", type=int, metavar="N", help="Make the same messages again, but for the time in them."
)
@dry_run_option
@output_options
@pass_app
def command(
    app: App,
    /,
    *,
    to: str | None,
    key_file: Path | None,
    kind: str,
    settings: tuple[str, ...],
    count: int,
    jobs: int,
    seed: int | None,
    dry_run: bool,
    **template: Any,
) -> None:
    """Deliver sample messages through a stored profile or an endpoint.

    Use it to see whether your endpoint takes what Kaleyra will send: the stored template is filled,
    the profile's headers and encryption are used. Each message is sent once.

    \b
    Example:
      wacb callback send --profile wacb-incoming-example-com-hook --type image
      wacb callback send --method post --to http://127.0.0.1:8080/hook --type hostile
    """
    if to is not None:
        check_endpoint(to, allow_http=True, allow_local=True)
    wanted = _settings(settings)
    profile = _stored(app, **template) or _adhoc(app, to, **template)
    outgoing = _outgoing(app, profile, to, key_file, _messages(app, kind, wanted, count, seed))
    if dry_run:
        show_outgoing(app, outgoing)
    else:
        _deliver(app, outgoing, kind, jobs)


def _settings(pairs: Sequence[str]) -> dict[str, str]:
    for pair in pairs:
        if "=" not in pair:
            raise InvalidInput(f"--set {pair!r} is not NAME=VALUE", hint="like --set body=Hello")
    return {name: value for name, _, value in (pair.partition("=") for pair in pairs)}


def _stored(
    app: App, *, profile: str | None, method: str | None, url: str | None, **others: Any
) -> CallbackProfile | None:
    """Find the stored profile that is meant; None where the template is given on the line."""
    given = {"--method": method, "--url": url}
    given |= {f"--{name.replace('_', '-')}": value for name, value in others.items()}
    for option, value in given.items():
        if value and (profile or not (method or url)):
            what = "and --profile exclude each other" if profile else "needs --method"
            raise InvalidInput(f"{option} {what}")
    if method or url:
        return None

    reference = profile or app.settings.get("profile") or choose_profile(app)
    return find.find(app.client, reference)


def _adhoc(
    app: App,
    to: str | None,
    *,
    profile: None,
    method: str | None,
    url: str | None,
    body_file: str | None,
    allow_http: bool,
    allow_local: bool,
    **how: Any,
) -> CallbackProfile:
    """Build a profile that is stored nowhere, as `profile create` would."""
    chosen = method or ask(app, "Method", option="--method", choices=METHODS)
    own = url or app.settings.get("endpoint")
    accepts = app.accepts_local or not own  # --to may be any
    draft = build_draft(
        method=Method(chosen.upper()),
        url=own or split_query(to or "")[0] or ask(app, "Endpoint URL", option="--url"),
        body=None if body_file is None else read_input(body_file, "the body file"),
        allow_http=allow_http or accepts,
        allow_local=allow_local or accepts,
        **how,
    )
    return as_sent(draft, "")


def _messages(
    app: App, kind: str, wanted: dict[str, str], count: int, seed: int | None
) -> list[dict[str, str]]:
    number = app.settings.get("number") or NUMBER
    seeds = [None] * count if seed is None else range(seed, seed + count)
    return [
        override(sample(kind, number=number, sender=SENDER, now=app.now(), seed=each), wanted)
        for each in seeds
    ]


def _outgoing(
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
    judge(deliveries)

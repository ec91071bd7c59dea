"""`wacb verify`."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from functools import partial

import click

from wacb.callbacks.samples import sample
from wacb.callbacks.sender import Delivery, Outgoing, build, deliver, open_session
from wacb.cli import completion
from wacb.cli.app import App, pass_app
from wacb.cli.callback.deliveries import trace
from wacb.cli.callback.send import NUMBER, SENDER
from wacb.cli.ciphers import encryption_of
from wacb.cli.commands import Command
from wacb.cli.next_command import render
from wacb.cli.number.registrations import open_store
from wacb.cli.options import output_options, profile_option
from wacb.cli.prompts import choose_number
from wacb.cli.views.verify import CHECK_RESULT
from wacb.models import CallbackProfile
from wacb.redaction import secrets_of_headers
from wacb.validation import read_phone
from wacb.verify.checks import Inputs
from wacb.verify.result import CheckResult
from wacb.verify.runner import run_all


@click.command(cls=Command)
@click.argument("number", metavar="[NUMBER]", required=False, shell_complete=completion.numbers)
@profile_option("Profile that the number should have attached. [env: WACB_PROFILE]")
@click.option("--send", is_flag=True, help="Deliver a sample callback to the endpoint.")
@output_options
@pass_app
def command(app: App, *, number: str | None, profile: str | None, send: bool) -> None:
    """Check every step from credentials to endpoint.

    Use it when messages do not arrive. It checks the config, credentials, number, profile, template
    and endpoint, and changes nothing. The first failed check decides the exit code. -q prints only
    the names of failed checks.

    \b
    Example:
      wacb verify +919812345678
      wacb verify +919812345678 --send
    """
    wanted = None if number is None else read_phone(number)
    results = run_checks(app, wanted, profile, send=send)
    failed = [result for result in results if result.ok is False]
    app.out.table(failed if app.out.quiet else results, CHECK_RESULT)
    raise_failed(app, results)


def run_checks(
    app: App,
    number: str | None,
    profile: str | None,
    *,
    more_numbers: Sequence[str] = (),
    send: bool,
) -> list[CheckResult]:
    """Run every check; each result has its fix as the user would type it."""
    results = run_all(
        partial(_prepare, app, number, profile),
        choose=lambda: choose_number(app),
        more_numbers=more_numbers,
        send=send,
    )
    return [each._replace(fix=each.fix and render(app.flags, each.fix)) for each in results]


def raise_failed(app: App, results: Sequence[CheckResult]) -> None:
    """Raise the error of the first failed check; print the others."""
    failed = [result for result in results if result.ok is False]
    for result in failed[1:]:
        app.out.message(f"also broken: {result.name}: {result.detail}; {result.fix}")
    errors = [result.error for result in results if result.error]
    if errors:
        raise errors[0]


def _prepare(app: App, number: str | None, profile: str | None) -> Inputs:
    settings = app.settings
    return Inputs(
        lookup=app.lookup,
        remembered=open_store(app),
        number=number or settings.get("number"),
        reference=profile or settings.get("profile"),
        server="the built-in sandbox" if settings.sandbox else f"SID {app.api.sid}, {app.api_host}",
        sample=partial(_sample, app),
        deliver=partial(_deliver, app),
    )


def _sample(app: App, profile: CallbackProfile, number: str | None) -> Outgoing:
    app.out.keep_secret(*secrets_of_headers(profile.headers))
    message = sample("text", number=number or NUMBER, sender=SENDER, now=app.now())
    return build(profile, message, encrypt=encryption_of(app, profile, None))


def _deliver(app: App, outgoing: Outgoing) -> Delivery:
    # the real network, even with `--sandbox`, which replaces only the API
    with closing(open_session(timeout=app.settings.timeout, deadline=app.deadline)) as session:
        delivery = deliver(session, outgoing, hide=app.out.redact)
    trace(app, outgoing, delivery)
    return delivery

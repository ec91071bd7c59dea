"""`wacb number confirm`."""

from __future__ import annotations

import click

from wacb.cli.app import App, pass_app
from wacb.cli.commands import Command
from wacb.cli.dry_run import show_requests
from wacb.cli.number.registrations import open_store, show
from wacb.cli.number.report import run_one
from wacb.cli.number.targets import read_number
from wacb.cli.options import dry_run_option, number_argument, output_options
from wacb.cli.prompts import ask
from wacb.cli.views.numbers import NUMBER
from wacb.config.environment import read_secret
from wacb.errors import Command as NextCommand
from wacb.errors import InvalidInput, Prose
from wacb.provision import attach, registration, registration_values
from wacb.provision.numbers import NumberWithProfile
from wacb.redaction import MASK
from wacb.storage.registrations import Registration


@click.command(cls=Command)
@number_argument
@click.option("--otp", metavar="CODE", help="Code that was sent to the number. [env: WACB_OTP]")
@click.option(
    "--id", "identity", metavar="ID", help="Registration ID that `wacb number add` printed."
)
@click.option("--resend", is_flag=True, help="Send another code without confirming.")
@dry_run_option
@output_options
@pass_app
def command(
    app: App, *, number: str, otp: str | None, identity: str | None, resend: bool, dry_run: bool
) -> None:
    """Confirm a number with its verification code.

    Use it after `wacb number add` (V2 only). The profile passed there is then attached; if that
    fails, run the command again. On a terminal you are asked for the code. --id is only needed if
    the number was not added from this machine.

    \b
    Example:
      wacb number confirm +919812345678 --otp 123456
    """
    target = read_number(app, number)
    if resend and otp:
        raise InvalidInput("--resend and --otp cannot be used together")
    given = None if resend else otp or read_secret(app.environ, "WACB_OTP")
    code = registration_values.check_otp(given) if given else None
    app.check_credentials(dry_run=dry_run)
    remembered = open_store(app)
    found = registration.identify(app.api, remembered, target, identity)
    if resend:
        _resend(app, found, identity, dry_run=dry_run)
    elif dry_run:
        _show(app, found)
    else:
        _confirm(app, found, code or _ask(app))
        remembered.finish(target, found._replace(profile=None))


def _resend(app: App, found: Registration, identity: str | None, *, dry_run: bool) -> None:
    registration_id = registration.registration_id(found)
    request = app.api.retry_otp(found.number, registration_id=registration_id)
    if dry_run:
        show_requests(app, [request])
        return
    app.client.send(request)
    show(app, found, identity=identity)


def _show(app: App, found: Registration) -> None:
    """Print the requests of a dry run."""
    registration_id = registration.registration_id(found)
    requests = [app.api.verify_number(found.number, registration_id=registration_id, otp=MASK)]
    if found.profile:
        app.out.note("the second request is only sent if the number and profile pass all checks")
        requests.append(app.api.attach(found.number, found.profile))
    show_requests(app, requests)


def _ask(app: App) -> str:
    return registration_values.check_otp(
        ask(app, "Code", option="--otp", variable="WACB_OTP", hide_input=True)
    )


def _confirm(app: App, found: Registration, code: str) -> None:
    """Send the code, then attach the profile, or show the number where there is none."""
    if code not in f"{found} {app.api.waba_id}":  # else these would be masked, too
        app.out.keep_secret(code)
    note = registration.confirm(app.client, found, code, sleep=app.sleep)
    if note:
        app.out.note(note)
    if found.profile:
        finish = NextCommand("number attach", found.number, "--profile", found.profile)
        with registration.report_confirmed(found.number, finish=finish):
            app.lookup.look_ahead(numbers=[found.number], profiles=[found.profile])
            run_one(app, attach.prepare_attach(app.lookup, found.number, found.profile))
        return
    shown, note = registration.read_back(app.lookup, found.number)
    if note:
        app.out.note(note)
    app.out.record(NumberWithProfile(shown), NUMBER)
    if shown.approved is not False:
        app.out.hint(Prose("next: ", NextCommand("number attach", found.number, "--profile", "ID")))

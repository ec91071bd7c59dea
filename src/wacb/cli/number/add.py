"""`wacb number add`."""

from __future__ import annotations

import click

from wacb.cli.app import App, pass_app
from wacb.cli.commands import Command
from wacb.cli.dry_run import show_requests
from wacb.cli.number.registrations import open_store, show
from wacb.cli.number.report import online_lookup
from wacb.cli.options import dry_run_option, output_options, profile_option
from wacb.provision import registration, registration_values
from wacb.validation import parse_number


@click.command(cls=Command)
@click.argument("number", metavar="NUMBER")
@click.option("--name", required=True, metavar="NAME", help="Display name of the business.")
@click.option("--country-code", required=True, metavar="CC", help="Calling code, such as 91.")
@click.option(
    "--verification",
    type=click.Choice(("sms", "voice"), case_sensitive=False),
    default="sms",
    help="How to deliver the code [default: sms].",
)
@profile_option("Profile to attach once the number is confirmed.")
@dry_run_option
@output_options
@pass_app
def command(
    app: App,
    *,
    number: str,
    name: str,
    country_code: str,
    verification: str,
    profile: str | None,
    dry_run: bool,
) -> None:
    """Register a number and send it a verification code.

    Use it for a number that is not in the account yet (V2 only); then run `wacb number confirm`
    with the code, which also attaches the profile. The registration ID, which -q prints, and the
    profile are stored on this machine.

    \b
    Example:
      wacb number add +919812345678 --name Shop --country-code 91
    """
    target = parse_number(number)
    request = app.api.add_number(
        target,
        name=registration_values.check_name(name),
        country_code=registration_values.check_country_code(country_code, target),
        verification=verification,
    )
    app.check_credentials(dry_run=dry_run)
    if profile is not None:
        lookup = online_lookup(app, dry_run=dry_run)
        profile = registration.find_profile(lookup, profile)
        if lookup is None:
            app.out.note("checked offline: without credentials the profile was not looked up")
    if dry_run:
        show_requests(app, [request])
        return
    added = registration.add(
        app.client, open_store(app), request, number=target, profile=profile, sleep=app.sleep
    )
    show(app, added)

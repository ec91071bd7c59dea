"""`wacb sandbox message`."""

from __future__ import annotations

from contextlib import closing
from functools import partial

import click

from wacb.callbacks.samples import TYPES, sample
from wacb.cli import completion
from wacb.cli.app import App, pass_app
from wacb.cli.commands import Command
from wacb.cli.emulator import state_errors
from wacb.cli.options import dry_run_option, output_options
from wacb.cli.sandbox.deliveries import show, show_request
from wacb.errors import InvalidInput
from wacb.net.session import Session
from wacb.sandbox.delivery import deliver
from wacb.sandbox.outgoing import Incoming, prepare
from wacb.validation import parse_number


@click.command(cls=Command)
@click.option(
    "--to",
    metavar="NUMBER",
    help="The number that it arrives at. [env: WACB_NUMBER]",
    shell_complete=completion.sandbox_numbers,
)
@click.option(
    "--from", "sender", metavar="NUMBER", default="+15550123456", help="Who seems to send it."
)
@click.option("--type", "kind", type=click.Choice(TYPES), default="text", help="Default: text.")
@click.option("--text", metavar="TEXT", help="Text or caption, instead of the sample's own.")
@click.option("--seed", type=int, metavar="N", help="The same seed gives the same message.")
@click.option(
    "--escape",
    type=click.Choice(("none",)),
    help="none: put values in as they are, as a naive platform would.",
)
@click.option("--allow-remote", is_flag=True, help="Deliver beyond this machine, too.")
@dry_run_option
@output_options
@pass_app
def command(
    app: App,
    *,
    to: str | None,
    sender: str,
    kind: str,
    text: str | None,
    seed: int | None,
    escape: str | None,
    allow_remote: bool,
    dry_run: bool,
) -> None:
    """Make an incoming WhatsApp message arrive in the emulator.

    It is delivered as the platform would: through the profile that the number carries, in three
    tries at most, to an endpoint on this machine. Ten failures in a row disable the profile.

    \b
    Example:
      wacb sandbox message --to +15550100001 --type image --text 'As promised'
    """
    number = parse_number(to) if to else app.settings.get("number")
    if number is None:
        raise InvalidInput("--to is missing", hint="give --to NUMBER, or set WACB_NUMBER")
    fields = sample(
        kind, number=number, sender=parse_number(sender), now=app.now(), seed=seed, text=text
    )
    message = Incoming(number=number, type=kind, fields=fields)
    with state_errors(app.state_folder):
        store = app.sandbox.store
        outgoing = partial(prepare, store, naive=escape is not None, allow_remote=allow_remote)
        if dry_run:
            show_request(app, outgoing(message))
            return
        # the network itself, even where `--sandbox` puts the emulator in the place of Kaleyra's
        with closing(Session(timeout=app.settings.timeout, deadline=app.deadline)) as session:
            delivery = deliver(store, message, outgoing, session=session, sleep=app.sleep)
    show(app, delivery)

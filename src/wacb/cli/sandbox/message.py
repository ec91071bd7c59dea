"""`wacb sandbox message`."""

from __future__ import annotations

from contextlib import closing
from functools import partial

import click

from wacb.callbacks.samples import TYPES, sample
from wacb.cli import completion
from wacb.cli.app import App, pass_app
from wacb.cli.commands import Command, refuse_empty
from wacb.cli.emulator import state_errors
from wacb.cli.options import combine, dry_run_option, output_options
from wacb.cli.sandbox.deliveries import show, show_request
from wacb.errors import InvalidInput
from wacb.net.session import Session
from wacb.provision.lookup import resolve_phone
from wacb.sandbox.delivery import deliver
from wacb.sandbox.outgoing import Incoming, prepare
from wacb.validation import parse_number

_message_options = combine(
    click.option(
        "--to",
        metavar="NUMBER",
        callback=refuse_empty,
        help="Receiving number. [env: WACB_NUMBER]",
        shell_complete=completion.sandbox_numbers,
    ),
    click.option(
        "--from", "sender", metavar="NUMBER", default="+15550123456", help="Sender's number."
    ),
    click.option(
        "--type",
        "kind",
        type=click.Choice(TYPES),
        default="text",
        metavar="TYPE",
        help=f"Message type: {', '.join(TYPES)}. [default: text]",
    ),
    click.option("--text", metavar="TEXT", help="Text or caption of the message."),
    click.option("--seed", type=int, metavar="N", help="Seed for a reproducible message."),
    click.option(
        "--escape",
        type=click.Choice(("none",)),
        help="none: insert values without escaping, as a naive platform would.",
    ),
    click.option("--allow-remote", is_flag=True, help="Allow delivery to other machines."),
)


@click.command(cls=Command)
@_message_options
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
    """Simulate an incoming WhatsApp message.

    The emulator delivers it as the platform would: with the profile attached to the number, in up
    to three attempts, to an endpoint on this machine. Ten failures in a row disable the profile.

    \b
    Example:
      wacb sandbox message --to +15550100001 --type image --text 'As promised'
    """
    given = to or app.settings.get("number")
    if given is None:
        raise InvalidInput("--to is required", hint="pass --to NUMBER, or set WACB_NUMBER")
    number = resolve_phone(given, partial(_listed, app))
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
        # the real network, even with `--sandbox`, which replaces only the API
        with closing(Session(timeout=app.settings.timeout, deadline=app.deadline)) as session:
            delivery = deliver(store, message, outgoing, session=session, sleep=app.sleep)
    show(app, delivery)


def _listed(app: App) -> list[str]:
    with state_errors(app.state_folder):
        return [row["phone_number"] for row in app.sandbox.store.numbers()]

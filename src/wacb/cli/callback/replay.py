"""`wacb callback replay`."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import click

from wacb.callbacks.relay import build_replay, parse_target
from wacb.callbacks.saved import SavedCallback, read_saved
from wacb.callbacks.sender import Delivery, deliver, open_session
from wacb.cli import completion
from wacb.cli.app import App, pass_app
from wacb.cli.callback.deliveries import raise_failures, trace
from wacb.cli.callback.listen_options import allow_remote_option
from wacb.cli.commands import Command
from wacb.cli.options import FilePath, output_options
from wacb.cli.views.deliveries import DELIVERY


@click.command(cls=Command)
@click.argument(
    "paths",
    metavar="FILE|DIR...",
    nargs=-1,
    required=True,
    type=FilePath(),
    shell_complete=completion.files,
)
@click.option("--to", metavar="URL", required=True, help="Deliver to this URL.")
@allow_remote_option
@output_options
@pass_app
def command(app: App, *, paths: tuple[Path, ...], to: str, allow_remote: bool) -> None:
    """Send saved callbacks to an endpoint again.

    Reads files or folders that `callback listen --save` wrote, and sends each callback once, byte
    for byte, in the order in which they arrived. If the URL has no path, each callback keeps its
    own path. The content type is the only header that is sent.

    \b
    Example:
      wacb callback replay callbacks --to http://127.0.0.1:3000/hook
    """
    target = parse_target(to, allow_remote=allow_remote)
    saved = read_saved(paths)
    with (
        closing(open_session(timeout=app.settings.timeout, deadline=app.deadline)) as session,
        app.out.progress(len(saved)) as advance,
    ):

        def send(each: SavedCallback) -> Delivery:
            outgoing = build_replay(target, each.request)
            delivery = deliver(session, outgoing, n=each.n, type=each.type, hide=app.out.redact)
            trace(app, outgoing, delivery)
            advance()
            return delivery

        deliveries = [send(each) for each in saved]
    app.out.table(deliveries, DELIVERY)
    raise_failures(deliveries)

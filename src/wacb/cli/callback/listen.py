"""`wacb callback listen`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from wacb.callbacks.decode import Request
from wacb.callbacks.inspector import app as page_of
from wacb.callbacks.receiver import End, Receiver
from wacb.callbacks.recorder import Expectation, Newest, Record, Recorder, parse_names
from wacb.cli import completion
from wacb.cli.app import App, pass_app
from wacb.cli.callback.record_view import block
from wacb.cli.commands import Command
from wacb.cli.encryption_keys import decrypter
from wacb.cli.profile.draft_options import basic_authorization
from wacb.config.schema import RULES
from wacb.errors import CheckFailed, Interrupted, InvalidInput
from wacb.storage import files
from wacb.urls import is_loopback

_REMEMBERED = 1000  # callbacks that the page of --inspect can list


def _seconds(ctx: click.Context, param: click.Parameter, value: str | None) -> float | None:
    return None if value is None else float(RULES["timeout"](value))


@click.command(cls=Command)
@click.option("--host", default="127.0.0.1", help="Address to listen on. [default: 127.0.0.1]")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8080,
    help="0 takes any free one. [default: 8080]",
)
@click.option(
    "--expect", metavar="all|NAME,...", help="Fields that each message must carry; ends at --count."
)
@click.option(
    "--count",
    type=click.IntRange(1),
    metavar="N",
    help="End after N messages (default with --expect: 1).",
)
@click.option("--wait", metavar="S", callback=_seconds, help="End after S seconds at the latest.")
@click.option(
    "--save",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Keep each callback as a file that `callback decode` reads.",
    shell_complete=completion.folders,
)
@click.option(
    "--basic-auth",
    metavar="USER",
    help="Turn away what lacks these credentials. [env: WACB_BASIC_AUTH_PASSWORD]",
)
@click.option(
    "--decrypt",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Encryption file that the values are decrypted with.",
)
@click.option(
    "--inspect",
    type=click.IntRange(0, 65535),
    metavar="[PORT]",
    is_flag=False,
    flag_value="0",
    help="Serve a page that lists the callbacks, on a loopback port of its own.",
)
@click.option("-o", "--output", "format", type=click.Choice(("json",)), help="NDJSON.")
@pass_app
def command(
    app: App,
    /,
    *,
    host: str,
    port: int,
    wait: float | None,
    basic_auth: str | None,
    inspect: int | None,
    format: str | None,
    **how: Any,
) -> None:
    """Receive callbacks, and say which of the 14 fields came.

    Shows each one as it comes: for eyes on a terminal, as a line of JSON elsewhere. Runs until
    Ctrl-C, or until --expect, --count or --wait ends it; then exit 8 says that a message lacked a
    field or that too few came. Probes and other callbacks are shown and not counted. An empty field
    counts as arrived, a literal <name> does not.

    \b
    Example:
      wacb callback listen --port 8080 --expect all --wait 60
    """
    as_json = format == "json" or not app.out.to_terminal
    if inspect and inspect == port:
        raise InvalidInput("--inspect needs a port of its own", hint="give another, or 0 for any")

    newest = None if inspect is None else Newest(_REMEMBERED)
    expectation, recorder = _recorder(app, as_json, newest=newest, **how)

    def take(request: Request) -> None:
        recorder(request)
        if expectation.complete:
            receiver.stop()

    receiver = Receiver(
        take,
        host=host,
        port=port,
        authorization=_authorization(app, basic_auth),
        on_refused=app.out.message,
        page=None if newest is None else page_of(newest.after),
        page_port=inspect or 0,
    )
    end = receiver.run(_announce(app, as_json, host), wait=wait)
    _conclude(app, expectation, end, bounded=bool(wait or expectation.wanted), as_json=as_json)


def _recorder(
    app: App,
    as_json: bool,
    *,
    expect: str | None,
    count: int | None,
    save: Path | None,
    decrypt: Path | None,
    newest: Newest | None,
) -> tuple[Expectation, Recorder]:
    names = () if expect is None else parse_names(expect)
    expectation = Expectation(names, count or (1 if names else None))
    reads = None if decrypt is None else decrypter(app, decrypt)
    if save:
        files.check_folder(save)

    def show(record: Record) -> None:
        if as_json:
            app.out.json_line(record)
        else:
            app.out.text(block(record, app.out.redact))

    recorder = Recorder(show, expectation, save=save, decrypt=reads, clock=app.now, newest=newest)
    return expectation, recorder


def _authorization(app: App, user: str | None) -> str | None:
    if user is None:
        return None

    return basic_authorization(app, user)


def _announce(app: App, as_json: bool, host: str) -> Callable[[str, str | None], None]:
    def ready(url: str, page: str | None) -> None:
        if not is_loopback(host):
            app.out.warn(f"{host} lets other machines send callbacks to this one")
        if as_json:
            app.out.json_line({"event": "ready", "url": url} | ({"inspect": page} if page else {}))
            return
        app.out.text(f"listening on {url}; Ctrl-C ends it")
        if page:
            app.out.text(f"callbacks are listed on {page}")

    return ready


def _conclude(
    app: App, expectation: Expectation, end: End, *, bounded: bool, as_json: bool
) -> None:
    """Print the last line. Raises CheckFailed or Interrupted for a bounded run that failed."""
    interrupted = bounded and end == "interrupted"
    ok = not bounded or (expectation.met and not interrupted)
    if as_json:
        app.out.json_line({"event": "done", "count": expectation.count, "ok": ok})
    else:
        plural = "" if expectation.count == 1 else "s"
        app.out.text(f"{expectation.count} message{plural} received")
    if interrupted:
        raise Interrupted("interrupted before what was waited for came")
    if not ok:
        raise CheckFailed(expectation.complaint(), hint=expectation.remedy)

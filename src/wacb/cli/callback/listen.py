"""`wacb callback listen`."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from contextlib import closing

import click

from wacb.callbacks.decode import Request
from wacb.callbacks.inspector import app as page_of
from wacb.callbacks.receiver import End, Receiver
from wacb.callbacks.recorder import Expectation, RecentCallbacks, Record, Recorder, parse_names
from wacb.callbacks.relay import Background
from wacb.cli.app import App, pass_app
from wacb.cli.callback.forwarding import Forwarding, parse_forward_to
from wacb.cli.callback.listen_options import (
    RecordOptions,
    ServerOptions,
    end_options,
    record_options,
    server_options,
)
from wacb.cli.callback.record_view import format_answer, format_record
from wacb.cli.ciphers import decrypter
from wacb.cli.commands import Command, Section
from wacb.cli.options import option
from wacb.cli.profile.draft_options import basic_authorization
from wacb.cli.streams import give_up_blocked
from wacb.errors import CheckFailed, Interrupted, InvalidInput
from wacb.net.message import Response
from wacb.storage import files
from wacb.urls import is_loopback

_MAX_RECENT = 1000  # callbacks that the inspector can list
_MAX_REJECTED = 20  # lines a minute


class LineLimit:
    """Show at most 20 lines a minute, and say so when more are left out."""

    def __init__(
        self, show: Callable[[str], None], *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._show = show
        self._clock = clock
        self._since = clock()
        self._count = 0

    def __call__(self, line: str) -> None:
        """Show a line, or leave it out."""
        if self._clock() - self._since >= 60:
            self._since, self._count = self._clock(), 0
        self._count += 1
        if self._count <= _MAX_REJECTED:
            self._show(line)
        elif self._count == _MAX_REJECTED + 1:
            self._show("more rejected requests are not shown for a minute")


@click.command(cls=Command)
@server_options
@end_options
@record_options
@option(
    "-o",
    "--output",
    "format",
    section=Section.OUTPUT,
    type=click.Choice(("json",)),
    help="Print JSON lines.",
)
@pass_app
def command(
    app: App,
    *,
    server: ServerOptions,
    expect: str | None,
    count: int | None,
    wait: float | None,
    what: RecordOptions,
    format: str | None,
) -> None:
    """Receive callbacks and show which of the 14 fields arrived.

    Prints each callback: as text on a terminal, as a JSON line otherwise. Runs until Ctrl-C, or
    until --expect, --count or --wait stops it; it then exits with code 8 if a message was missing a
    field or if too few arrived. Probes and other callbacks are shown but not counted. Empty fields
    count as arrived, a literal <name> does not.

    \b
    Example:
      wacb callback listen --port 8080 --expect all --wait 60
      wacb callback listen --forward-to http://127.0.0.1:3000/hook
    """
    as_json = format == "json" or not app.out.to_terminal
    target = parse_forward_to(what.forward_to, server.port, allow_remote=what.allow_remote)
    recent = _keep_recent(server)
    names = () if expect is None else parse_names(expect)
    expectation = Expectation(names, count or (1 if names else None))
    bounded = bool(wait or expectation.wanted)
    record = _build_recorder(app, as_json, expectation=expectation, what=what, recent=recent)
    background = Background(timeout=app.settings.timeout if target or recent else 0)
    forward = Forwarding(background, target, _show_answers(app, as_json, recent))

    def take(request: Request) -> Awaitable[Response] | None:
        recorded = record(request)
        if app.out.unread and not (bounded or what.save or target):
            raise click.exceptions.Exit(0)  # nobody has seen it, so it is answered with a 500
        if expectation.complete:
            receiver.stop()
        return forward(recorded, request)

    receiver = _build_receiver(app, server, take, recent, background)
    with closing(background):
        end = receiver.run(_print_ready(app, as_json, server.host), wait=wait)
    _print_end(app, expectation, end, bounded=bounded, as_json=as_json)


def _keep_recent(server: ServerOptions) -> RecentCallbacks | None:
    """Return what the page lists, None without `--inspect`."""
    if server.inspect and server.inspect == server.port:
        raise InvalidInput(
            "--inspect cannot use the port of --port",
            hint="use another port, or 0 for any free one",
        )
    return None if server.inspect is None else RecentCallbacks(_MAX_RECENT)


def _build_receiver(
    app: App,
    server: ServerOptions,
    take: Callable[[Request], Awaitable[Response] | None],
    recent: RecentCallbacks | None,
    background: Background,
) -> Receiver:
    user = server.basic_auth

    def on_signal() -> None:
        give_up_blocked()
        background.close()

    return Receiver(
        take,
        host=server.host,
        port=server.port,
        authorization=None if user is None else basic_authorization(app, user),
        on_refused=LineLimit(app.out.message),
        on_crowded=app.out.warn,
        on_signal=on_signal,
        page=None if recent is None else page_of(recent, background),
        page_port=server.inspect or 0,
    )


def _build_recorder(
    app: App,
    as_json: bool,
    *,
    expectation: Expectation,
    what: RecordOptions,
    recent: RecentCallbacks | None,
) -> Recorder:
    decrypt = None if what.decrypt is None else decrypter(app, what.decrypt)
    if what.save:
        files.check_folder(what.save)

    def show(record: Record) -> None:
        if not as_json:
            app.out.text(format_record(record, app.out.redact, app.out.width))
        elif what.forward_to is None:  # else it is printed with its response
            app.out.json_line(record)

    return Recorder(
        show, expectation, save=what.save, decrypt=decrypt, clock=app.now, recent=recent
    )


def _show_answers(
    app: App, as_json: bool, recent: RecentCallbacks | None
) -> Callable[[Record], None]:
    def show(record: Record) -> None:
        if recent:
            recent.add(record)
        if as_json:
            app.out.json_line(record)
        else:
            app.out.text(format_answer(record, app.out.redact, app.out.width))

    return show


def _print_ready(app: App, as_json: bool, host: str) -> Callable[[str, str | None], None]:
    def ready(url: str, page: str | None) -> None:
        if not is_loopback(host):
            app.out.warn(f"listening on {host}; other machines can send callbacks to this one")
        if as_json:
            app.out.json_line({"event": "ready", "url": url} | ({"inspect": page} if page else {}))
            return
        app.out.text(f"Listening on {url} (Ctrl-C to stop)")
        if page:
            app.out.text(f"Inspector: {page}")

    return ready


def _print_end(
    app: App, expectation: Expectation, end: End, *, bounded: bool, as_json: bool
) -> None:
    """Print the last line. Raises CheckFailed or Interrupted if a bounded run failed."""
    interrupted = bounded and end == "interrupted"
    ok = not bounded or (expectation.met and not interrupted)
    if as_json:
        app.out.json_line({"event": "done", "count": expectation.count, "ok": ok})
    else:
        plural = "" if expectation.count == 1 else "s"
        app.out.text(f"{expectation.count} message{plural} received")
    if interrupted:
        raise Interrupted("interrupted before the expected messages arrived")
    if not ok:
        raise CheckFailed(expectation.complaint(), hint=expectation.remedy)

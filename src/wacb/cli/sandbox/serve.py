"""`wacb sandbox serve`."""

from __future__ import annotations

import click

from wacb.api.openapi import read_document
from wacb.cli.app import App, pass_app
from wacb.cli.commands import Command
from wacb.cli.streams import give_up_blocked
from wacb.errors import InvalidInput
from wacb.jsontext import compact_json
from wacb.sandbox.account import API_KEY, SID, WABA_ID
from wacb.sandbox.faults import FORM, KINDS
from wacb.sandbox.server import Server
from wacb.storage.observed import ShownMark
from wacb.urls import host_of


@click.command(cls=Command)
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Port (0 = any free port).")
@click.option(
    "--fault",
    "faults",
    multiple=True,
    metavar="FAULT",
    help=f"Make requests fail: {FORM}, where KIND is one of {' '.join(KINDS)}. 503:2 "
    "fails the next "
    "two requests, 429:10% one in ten; reset,after,POST loses the response to the next POST.",
)
@click.option(
    "-o", "--output", "format", type=click.Choice(("json",)), help="Print the ready line as JSON."
)
@pass_app
def command(app: App, *, port: int, faults: tuple[str, ...], format: str | None) -> None:
    """Serve the emulator over HTTP on 127.0.0.1 until Ctrl-C.

    Shares its state with `wacb --sandbox`. Other programs can use the URL that it prints, and find
    the API as an OpenAPI document at /openapi.json.

    \b
    Example:
      wacb sandbox serve --port 8900 --fault 503:2
    """
    for fault in faults:
        try:
            app.sandbox.add_fault(fault)
        except ValueError as error:
            raise InvalidInput(f"--fault {fault}: {error}") from error

    def ready(url: str) -> None:
        # the emulator shows the profile of every number, so deletions are safe there
        folder = app.state_folder / "observed"
        ShownMark(folder, host=host_of(url), sid=SID, waba_id=WABA_ID).set()
        if format == "json" or not app.out.to_terminal:
            account = {"sid": SID, "api_key": API_KEY, "waba_id": WABA_ID}
            app.out.json_line({"event": "ready", "url": url, **account})
        else:
            app.out.text(f"Sandbox listening on {url} (Ctrl-C to stop)")
            command = f"WACB_SID={SID} WACB_API_KEY={API_KEY} wacb --waba-id {WABA_ID}"
            app.out.hint(f"try: {command} --base-url {url} number list")

    server = Server(
        app.sandbox,
        port=port,
        document=compact_json(read_document() | {"servers": [{"url": "/"}]}),
        on_crowded=app.out.warn,
        on_signal=give_up_blocked,
    )
    with app.pause_deadline():
        server.run(ready)

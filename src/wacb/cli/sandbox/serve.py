"""`wacb sandbox serve`."""

from __future__ import annotations

from pathlib import Path

import click

from wacb.api.openapi import read_document
from wacb.api.requests import Api
from wacb.cli import completion
from wacb.cli.app import App, pass_app
from wacb.cli.commands import Command
from wacb.cli.emulator import read_contract_file
from wacb.cli.options import FilePath
from wacb.cli.state import shown_mark
from wacb.cli.streams import give_up_blocked
from wacb.errors import InvalidInput
from wacb.jsontext import compact_json
from wacb.sandbox.account import API_KEY, SID, WABA_ID
from wacb.sandbox.contract import AS_ASSUMED
from wacb.sandbox.emulator import Sandbox
from wacb.sandbox.faults import FORM, KINDS
from wacb.sandbox.server import Server


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
    "--contract",
    "contract_file",
    metavar="FILE",
    type=FilePath(),
    shell_complete=completion.files,
    help="Behave as described in this TOML file (see `wacb help api`).",
)
@click.option(
    "-o", "--output", "format", type=click.Choice(("json",)), help="Print the ready line as JSON."
)
@pass_app
def command(
    app: App,
    *,
    port: int,
    faults: tuple[str, ...],
    contract_file: Path | None,
    format: str | None,
) -> None:
    """Serve the emulator over HTTP on 127.0.0.1 until Ctrl-C.

    Shares its state with `wacb --sandbox`. Other programs can use the URL that it prints, and read
    an OpenAPI document of the API at /openapi.json.

    \b
    Example:
      wacb sandbox serve --port 8900 --fault 503:2
    """
    contract = read_contract_file(contract_file) if contract_file else AS_ASSUMED
    sandbox = Sandbox(app.sandbox.store, contract=contract) if contract_file else app.sandbox
    for fault in faults:
        try:
            sandbox.add_fault(fault)
        except ValueError as error:
            raise InvalidInput(f"--fault {fault}: {error}") from error

    def ready(url: str) -> None:
        mark = shown_mark(Api(v1=url, v2=url, sid=SID, waba_id=WABA_ID), app.state_folder)
        if contract.number_profile_member == AS_ASSUMED.number_profile_member:
            mark.set()  # it shows the profile of every number, so deletions are safe there
        else:
            mark.clear()
        _show_ready(app, url, as_json=format == "json" or not app.out.to_terminal)

    server = Server(
        sandbox,
        port=port,
        document=compact_json(read_document() | {"servers": [{"url": "/"}]}),
        on_crowded=app.out.warn,
        on_signal=give_up_blocked,
    )
    with app.pause_deadline():
        server.run(ready)


def _show_ready(app: App, url: str, *, as_json: bool) -> None:
    if as_json:
        account = {"sid": SID, "api_key": API_KEY, "waba_id": WABA_ID}
        app.out.json_line({"event": "ready", "url": url, **account})
        return
    app.out.text(f"Sandbox listening on {url} (Ctrl-C to stop)")
    variables = f"WACB_SID={SID} WACB_API_KEY={API_KEY}"
    line = f"{variables} wacb --waba-id {WABA_ID} --base-url {url} number list"
    app.out.hint(f"try: {line}", whole=[line])

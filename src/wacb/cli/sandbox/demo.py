"""`wacb sandbox demo`."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from queue import SimpleQueue
from tempfile import TemporaryDirectory
from typing import Any, cast

import click

from wacb.callbacks.decode import Request
from wacb.callbacks.receiver import Receiver
from wacb.callbacks.recorder import Expectation, Recorder
from wacb.cli import Root
from wacb.cli.app import App, pass_app
from wacb.cli.callback.record_view import format_record
from wacb.cli.commands import Command
from wacb.sandbox.emulator import Sandbox
from wacb.sandbox.store import Store

LISTEN = "# Receive callbacks on this machine, like `wacb callback listen`\nListening on {url}\n"
DEMO = (
    (
        "The request body to configure in Kaleyra, with all 14 placeholders",
        "template --method post",
    ),
    (
        "Create a callback profile with this body, and attach it to a WhatsApp number",
        "--sandbox setup --url {url}/hook --title demo --number +15550100001"
        " --no-verify --allow-http --allow-local",
    ),
    (
        "A customer sends a WhatsApp message to the number",
        "sandbox message --to +15550100001 --text 'Hello, do you open on Sunday?'",
    ),
)


@click.command(cls=Command)
@click.pass_context
@pass_app
def command(app: App, ctx: click.Context) -> None:
    """Demonstrate the whole setup locally, step by step.

    Needs no account. Runs the real commands against a temporary emulator, and receives the message
    that it delivers.

    \b
    Example:
      wacb sandbox demo
    """
    records: list[dict[str, Any]] = []
    with (
        TemporaryDirectory() as folder,
        Store(":memory:") as store,
        _receive_callbacks(app, records.append) as url,
    ):
        app.out.text(LISTEN.format(url=url))
        emulator = Sandbox(store)
        for purpose, template in DEMO:
            line = template.format(url=url)
            app.out.text(f"# {purpose}\n$ wacb {line}")
            step = app.for_accounts({}, sandbox=emulator)
            step.state_folder = Path(folder)
            status = cast("Root", ctx.find_root().command).run(shlex.split(line), step)
            if status:
                ctx.exit(status)  # the step itself printed the error
            app.out.text("")
    _show_record(app, *records)
    app.out.text("\n# Nothing of the demo is kept. To do the same with your account\n$ wacb setup")


@contextmanager
def _receive_callbacks(app: App, on_record: Callable[[dict[str, Any]], None]) -> Iterator[str]:
    """Receive callbacks in a thread; yield the URL."""
    urls: SimpleQueue[str] = SimpleQueue()
    recorder = Recorder(on_record, Expectation((), None), clock=app.now)

    def take(request: Request) -> None:
        recorder(request)

    receiver = Receiver(take)
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(receiver.run, lambda url, _: urls.put(url))
        running.add_done_callback(lambda _: urls.put(""))
        try:
            yield urls.get() or running.result()
        finally:
            receiver.stop()


def _show_record(app: App, record: dict[str, Any]) -> None:
    app.out.text(f"# The message arrived with {len(record['present'])} of 14 fields")
    width = app.out.width if app.out.to_terminal else None
    app.out.text(format_record(record, app.out.redact, width))

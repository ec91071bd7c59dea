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

from wacb.callbacks.receiver import Receiver
from wacb.callbacks.recorder import Expectation, Recorder
from wacb.cli import Root
from wacb.cli.app import App, pass_app
from wacb.cli.callback.record_view import block
from wacb.cli.commands import Command
from wacb.sandbox.emulator import Sandbox
from wacb.sandbox.store import Store

LISTEN = "# Receive callbacks on this machine, as `wacb callback listen` does\nlistening on {url}\n"
DEMO = (
    ("The body that Kaleyra has to be given, with all 14 placeholders", "template --method post"),
    (
        "Create a callback profile with it for your endpoint",
        "--sandbox profile create --method post --url {url}/hook --title demo",
    ),
    (
        "Attach the profile to a WhatsApp number",
        "--sandbox number attach +15550100001 --profile demo",
    ),
    ("The number now carries the profile", "--sandbox number show +15550100001"),
    ("and the profile is active and complete (14/14)", "--sandbox profile list"),
    (
        "Somebody sends a WhatsApp message to the number",
        "sandbox message --to +15550100001 --text 'Hello, do you open on Sunday?'",
    ),
)


@click.command(cls=Command)
@click.pass_context
@pass_app
def command(app: App, ctx: click.Context) -> None:
    """Show the whole job on this machine, step by step, without an account.

    Runs the real commands against an emulator of their own, whose state is not kept, and receives
    the message that it delivers.

    \b
    Example:
      wacb sandbox demo
    """
    arrived: list[dict[str, Any]] = []
    with (
        TemporaryDirectory() as folder,
        Store(":memory:") as store,
        _listening(app, arrived.append) as url,
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
                ctx.exit(status)  # the step itself said why
            app.out.text("")
    _show(app, *arrived)
    app.out.text("\n# The same against your account begins with\n$ wacb config init")


@contextmanager
def _listening(app: App, heard: Callable[[dict[str, Any]], None]) -> Iterator[str]:
    """Receive callbacks in a thread; yields the URL."""
    urls: SimpleQueue[str] = SimpleQueue()
    receiver = Receiver(Recorder(heard, Expectation((), None), clock=app.now))
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(receiver.run, lambda url, _: urls.put(url))
        running.add_done_callback(lambda _: urls.put(""))
        try:
            yield urls.get() or running.result()
        finally:
            receiver.stop()


def _show(app: App, record: dict[str, Any]) -> None:
    app.out.text(f"# It arrived, with {len(record['present'])} of 14 fields")
    app.out.text(block(record, app.out.redact))

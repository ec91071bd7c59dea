"""`wacb sandbox demo`."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from wacb.cli.app import App, pass_app
from wacb.cli.options import Command
from wacb.sandbox.core import Sandbox
from wacb.sandbox.store import Store

if TYPE_CHECKING:
    from wacb.cli import Root

DEMO = (
    ("The body that Kaleyra has to be given, with all 14 placeholders", "template --method post"),
    (
        "Create a callback profile with it for your endpoint",
        "--sandbox profile create --method post --url https://example.com/hook",
    ),
    (
        "Attach the profile to a WhatsApp number",
        "--sandbox number attach +15550100001 --profile wacb-incoming-example-com-hook",
    ),
    ("The number now carries the profile", "--sandbox number show +15550100001"),
    ("and the profile is active and complete (14/14)", "--sandbox profile list"),
)


@click.command(cls=Command)
@click.pass_context
@pass_app
def command(app: App, ctx: click.Context) -> None:
    """Show the whole job on this machine, step by step, without an account.

    Runs the real commands against an emulator of their own, whose state is not kept.

    \b
    Example:
      wacb sandbox demo
    """
    from tempfile import TemporaryDirectory

    emulator = Sandbox(Store(":memory:"))
    root = cast("Root", ctx.find_root().command)
    with TemporaryDirectory() as folder:
        for purpose, line in DEMO:
            app.out.raw(f"# {purpose}\n$ wacb {line}")
            step = app.apart({}, sandbox=emulator)
            step.state_folder = Path(folder)
            status = root.run(shlex.split(line), step)
            if status:
                ctx.exit(status)  # the step itself said why
            app.out.raw("")
    app.out.raw("# The same against your account begins with\n$ wacb config init")

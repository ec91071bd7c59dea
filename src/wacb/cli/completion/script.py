"""`wacb completion`."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from wacb.cli.app import App, pass_app
from wacb.cli.commands import Command


@click.command(cls=Command)
@click.argument("shell", type=click.Choice(("bash", "zsh", "fish")))
@click.pass_context
@pass_app
def command(app: App, ctx: click.Context, *, shell: str) -> None:
    """Print the completion script of a shell.

    \b
    Example:
      wacb completion bash > ~/.wacb.bash
      echo 'source ~/.wacb.bash' >> ~/.bashrc
    """
    kind = get_completion_class(shell)
    assert kind is not None  # click has all three of the choices
    app.out.text(kind(ctx.find_root().command, {}, "wacb", "_WACB_COMPLETE").source().rstrip("\n"))

"""The command line: the root group, and the one place where an error becomes an exit code."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

import click

from wacb import __version__
from wacb.cli.app import App
from wacb.cli.commands import Group
from wacb.cli.next_command import reaching
from wacb.cli.output import give_up, to_stderr
from wacb.errors import Interrupted, InvalidInput, WacbError

COMMANDS = {
    "template": "Print the full placeholder template.",
    "profile": "Create, change, check and delete callback profiles.",
    "number": "Look at WhatsApp numbers and attach profiles to them.",
    "callback": "Send, receive and decode callbacks.",
    "verify": "Walk the whole chain, and say which link is broken.",
    "plan": "Show what would make the account as a file wants it.",
    "apply": "Make the account as a file wants it.",
    "export": "Write the live state as a wacb.toml.",
    "sandbox": "Run, show or empty the built-in emulator of the Kaleyra API.",
    "config": "Keep credentials and defaults in a local file.",
    "completion": "Print the completion script of a shell.",
    "help": "Show a page of the guide.",
}
START = """\
wacb sets up incoming WhatsApp messages on Kaleyra.io.

  wacb profile create --method post --url https://example.com/hook
  wacb number attach +919812345678 --profile ID
  wacb sandbox demo          the whole job on this machine, without an account

`wacb config init` stores your credentials, `wacb --help` lists every command,
and `wacb help` opens the guide."""

# what writing to a file fails with: help and version are printed by click itself
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)


class Root(Group):
    """Turn every failure into text on stderr and an exit code."""

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        **extra: Any,
    ) -> NoReturn:
        line = list(sys.argv[1:] if args is None else args)
        app = extra.pop("obj", None) or App()
        sys.exit(self.run(line, app, prog_name, complete_var, **extra))

    def run(
        self,
        line: list[str],
        app: App,
        prog_name: str | None = "wacb",
        complete_var: str | None = None,
        **extra: Any,
    ) -> int:
        """Run one command line and return its exit code."""
        shell, _, instruction = os.environ.get("_WACB_COMPLETE", "").partition("_")
        if instruction == "complete":  # a TAB, where click itself would let errors through
            from wacb.cli.completion.shells import answer

            answer(self, app, shell)
            return 0
        try:
            status = super().main(
                line, prog_name, complete_var, standalone_mode=False, obj=app, **extra
            )
        except WacbError as error:
            return report(app, error, line)
        except click.exceptions.NoArgsIsHelpError as error:
            to_stderr(error.format_message())
            return error.exit_code
        except click.ClickException as error:
            return report(app, _usage(error), line)
        except OSError as error:
            if error.errno not in _FULL:
                raise
            give_up(sys.stdout)
            return report(app, WacbError(f"cannot write to stdout: {error.strerror}"), line)
        except click.Abort:
            return report(app, Interrupted("interrupted"), line)
        return int(status or 0)


def _usage(error: click.ClickException) -> WacbError:
    context = getattr(error, "ctx", None)
    path = context.command_path if context else "wacb"
    # click spreads the choices of a missing argument over several lines
    message = " ".join(error.format_message().split())
    return InvalidInput(message, hint=f"see `{path} --help`")


def report(app: App, error: WacbError, line: Sequence[str] = ()) -> int:
    """Print a failure on stderr, as JSON where `-o json` was asked for; return the exit code.

    The commands that it names reach the account that this one reached.
    """
    as_json = None
    if app.out.format == "json" or _asks_for_json(line):
        from wacb.cli.views import error_json

        error.hint = error.hint and reaching(app.flags, error.hint)
        error.details = tuple(reaching(app.flags, detail) for detail in error.details)
        as_json = error_json(error)
    app.out.error(error, as_json=as_json)
    return error.exit_code


def _asks_for_json(line: Sequence[str]) -> bool:
    """Look at the raw line: a usage error may come before `-o` was parsed."""
    joined = "\0".join(("", *line, ""))
    return any(
        f"\0{form}\0" in joined
        for form in ("-o\0json", "-ojson", "--output\0json", "--output=json")
    )


@click.pass_context
def _start(ctx: click.Context) -> None:
    if ctx.invoked_subcommand is None:
        click.echo(START)


root = Root(
    "wacb",
    package=__name__,
    table=COMMANDS,
    modules={"completion": "completion.script"},
    callback=_start,
    invoke_without_command=True,
    help="Set up incoming WhatsApp messages on Kaleyra.io: template, callback profile, number.",
)
click.version_option(__version__, prog_name="wacb", message="%(prog)s %(version)s")(root)

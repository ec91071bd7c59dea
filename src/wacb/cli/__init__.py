"""The root command, where an error becomes text and an exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import NoReturn

import click

from wacb import __version__
from wacb.cli.app import App
from wacb.cli.commands import Group
from wacb.cli.streams import to_stderr, write_error
from wacb.errors import Interrupted, InvalidInput, WacbError

COMMANDS = {
    "setup": "Set up incoming messages: create a profile, attach it, verify.",
    "template": "Print the full placeholder template.",
    "profile": "Create, update, check and delete callback profiles.",
    "number": "List WhatsApp numbers and manage their profiles.",
    "callback": "Send, receive, replay and decode callbacks.",
    "verify": "Check every step from credentials to endpoint.",
    "plan": "Preview the changes wacb.toml would make.",
    "apply": "Apply wacb.toml to the account.",
    "export": "Export the account as a wacb.toml file.",
    "api": "Show what wacb knows about the Kaleyra API.",
    "sandbox": "Run, demo or reset the built-in emulator of the Kaleyra API.",
    "config": "Manage stored credentials and defaults.",
    "completion": "Print the completion script of a shell.",
    "help": "Show a page of the guide.",
}
START = """\
wacb sets up incoming WhatsApp messages on Kaleyra.io.

  wacb setup                 set up your numbers, step by step
  wacb sandbox demo          see it work on this machine, without an account

Run `wacb --help` to list all commands, or `wacb help` to read the guide."""


class Root(Group):
    """Turn every failure into text on stderr and an exit code."""

    def main(  # type: ignore[override]
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        windows_expand_args: bool = True,
        *,
        obj: App | None = None,
    ) -> NoReturn:
        line = list(sys.argv[1:] if args is None else args)
        app = obj or App()
        code = self.run(line, app, prog_name)
        sys.exit(_check_stdout(app, code, line))

    def run(self, line: list[str], app: App, prog_name: str | None = "wacb") -> int:
        """Run one command line and return its exit code."""
        shell, _, instruction = os.environ.get("_WACB_COMPLETE", "").partition("_")
        if instruction == "complete":  # a TAB, where click would print errors
            from wacb.cli.completion import shells

            shells.answer(self, app, shell)
            return 0
        try:
            status = super().main(line, prog_name, standalone_mode=False, obj=app)
        except WacbError as error:
            return report(app, error, line)
        except click.exceptions.NoArgsIsHelpError as error:
            to_stderr(error.format_message())
            return error.exit_code
        except click.ClickException as error:
            return report(app, _usage_error(error, line), line)
        except click.Abort as abort:
            return report(app, _abort_error(abort), line)
        finally:
            if "out" in app.__dict__:
                app.out.clear()
        return int(status or 0)


def _check_stdout(app: App, code: int, line: Sequence[str]) -> int:
    """Report output that was lost (a full disk); return 1 where the work itself deserved 0."""
    lost = write_error(sys.stdout)
    if lost is None:
        return code
    text = f"cannot write to stdout: {lost.strerror}"
    if code == 0:
        return report(app, WacbError(text), line)
    app.out.warn(text)
    return code


def _abort_error(abort: click.Abort) -> WacbError:
    if not isinstance(abort.__cause__, EOFError):
        return Interrupted("interrupted")
    # not of a prompt: Python keeps compiled files that a full disk has cut off
    return WacbError(
        f"a file of this installation is damaged: {abort.__cause__}",
        hint="install wacb again, or remove the __pycache__ folders in it",
    )


def _usage_error(error: click.ClickException, line: Sequence[str]) -> WacbError:
    from wacb.cli.suggestions import name_dash, unknown_option

    context = getattr(error, "ctx", None)
    if isinstance(error, click.NoSuchOption) and context:
        return unknown_option(context, error.option_name)
    path = context.command_path if context else "wacb"
    # click spreads the choices of a missing argument over several lines
    message = " ".join(error.format_message().split())
    return InvalidInput(
        message, hint=name_dash(word for word in line if word in message) or f"run `{path} --help`"
    )


def report(app: App, error: WacbError, line: Sequence[str] = ()) -> int:
    """Print a failure on stderr, as JSON where `-o json` was asked for; return the exit code."""
    app.out.error(error, as_json=app.out.format == "json" or _asks_for_json(line))
    return error.exit_code


def _asks_for_json(line: Sequence[str]) -> bool:
    """Search the raw line: a usage error may come before `-o` is parsed."""
    joined = "\0".join(("", *line, "")).lower()
    return any(
        f"\0{form}\0" in joined
        for form in ("-o\0json", "-ojson", "-o=json", "--output\0json", "--output=json")
    )


@click.pass_context
def _start(ctx: click.Context, *, version: bool) -> None:
    if version:
        click.echo(_version(verbose=ctx.find_root().ensure_object(App).verbosity > 0))
        ctx.exit()
    if ctx.invoked_subcommand is None:
        click.echo(START)


def _version(*, verbose: bool) -> str:
    """Return this version; if `verbose`, also what a bug report needs."""
    lines = [f"wacb {__version__}"]
    if verbose:
        import platform

        lines += [f"Python {platform.python_version()} ({sys.executable})", platform.platform()]
    return "\n".join(lines)


root = Root(
    "wacb",
    package=__name__,
    table=COMMANDS,
    modules={"completion": "completion.script"},
    callback=_start,
    invoke_without_command=True,
    help="Set up incoming WhatsApp messages on Kaleyra.io.",
)
click.option("--version", is_flag=True, help="Show the version; -v adds Python and platform.")(root)

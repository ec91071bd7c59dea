"""Options that many commands share, and the command classes that accept them at every level."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any, TypeVar

import click

from wacb.cli.app import App
from wacb.cli.completion import values
from wacb.config.hosts import HOSTS
from wacb.models import Method

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

F = TypeVar("F", bound=Callable[..., Any])


def _remember(ctx: click.Context, param: click.Parameter, value: Any) -> None:
    """Hand a global option to the App, wherever on the line it stood; `-v` adds up."""
    app = ctx.find_root().ensure_object(App)
    if param.name == "verbose":
        app.verbosity += value
    elif value is not None:
        app.flags[param.name or ""] = value


def _global(*names: str, help: str, **settings: Any) -> click.Option:
    return click.Option(names, help=help, expose_value=False, callback=_remember, **settings)


# cli.md 3. The environment is resolved in config/settings.py: a bad variable must not matter where
# its flag is given.
GLOBAL_OPTIONS: tuple[click.Parameter, ...] = (
    _global(
        "--account",
        metavar="NAME",
        help="Account of the config file. [WACB_ACCOUNT]",
        shell_complete=values.accounts,
    ),
    _global(
        "--config",
        metavar="FILE",
        help="Another config file. [WACB_CONFIG]",
        shell_complete=values.files,
    ),
    _global("--region", type=click.Choice(tuple(HOSTS)), help="Hosts of a pod. [WACB_REGION]"),
    _global("--base-url", metavar="URL", help="Explicit host of the API. [WACB_BASE_URL]"),
    _global("--waba-id", metavar="ID", help="WhatsApp business account. [WACB_WABA_ID]"),
    _global(
        "--sandbox",
        flag_value="1",
        is_flag=True,
        default=None,
        help="Talk to the built-in emulator instead of Kaleyra. [WACB_SANDBOX]",
    ),
    _global("--timeout", metavar="S", help="Seconds for one request. [WACB_TIMEOUT]"),
    _global("--deadline", metavar="S", help="Seconds for all API work. [WACB_DEADLINE]"),
    _global("-v", "--verbose", count=True, help="Show each request; -vv headers and bodies."),
    _global(
        "--no-input",
        flag_value="1",
        is_flag=True,
        default=None,
        help="Never prompt. [WACB_NO_INPUT]",
    ),
    _global(
        "--color",
        type=click.Choice(("auto", "always", "never")),
        help="Colour on stdout. [NO_COLOR, FORCE_COLOR]",
    ),
)


class _Everywhere(click.Command):
    """A command that takes the global options, and lists them apart from its own."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.context_settings.setdefault("help_option_names", ["-h", "--help"])
        self.params.extend(GLOBAL_OPTIONS)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        own = [param for param in self.get_params(ctx) if param not in GLOBAL_OPTIONS]
        records = [record for param in own if (record := param.get_help_record(ctx))]
        with formatter.section("Options"):
            formatter.write_dl(records)
        if ctx.parent is not None:
            with formatter.section("Options on every command (see wacb --help)"):
                formatter.write_text(" ".join(param.opts[0] for param in GLOBAL_OPTIONS))
        else:
            with formatter.section("Options on every command"):
                formatter.write_dl(
                    [record for param in GLOBAL_OPTIONS if (record := param.get_help_record(ctx))]
                )


class Command(_Everywhere):
    """A leaf command."""


class Group(_Everywhere, click.Group):
    """A group whose commands are loaded when they are named: `--help` and TAB stay quick.

    `table` maps a command's name to the first line of its help; the command itself is `command` in
    the module of that name below `package`, unless `modules` names another.
    """

    def __init__(
        self,
        name: str,
        *,
        package: str,
        table: dict[str, str],
        modules: Mapping[str, str] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(name, **kwargs)
        self.package = package
        self.table = table
        self.modules = modules or {}

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.table)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.table:
            return None
        module = self.modules.get(cmd_name, cmd_name)
        command: click.Command = import_module(f"{self.package}.{module}").command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        known = name in self.table or name.startswith("-")
        if not known and not ctx.resilient_parsing:  # at a TAB nothing is wrong yet
            from difflib import get_close_matches

            near = get_close_matches(name, self.table, n=1)
            raise click.UsageError(
                f"No such command {name!r}." + (f" Did you mean {near[0]!r}?" if near else ""), ctx
            )
        return super().resolve_command(ctx, args)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        from click.shell_completion import CompletionItem

        names = [
            CompletionItem(name, help=text)
            for name, text in self.table.items()
            if name.startswith(incomplete)
        ]
        return names + click.Command.shell_complete(self, ctx, incomplete)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(self.table.items()))
        super().format_options(ctx, formatter)


def chain(*decorators: Callable[[F], F]) -> Callable[[F], F]:
    """Make one decorator of several; their options stand in help in this order."""

    def decorate(command: F) -> F:
        for decorator in reversed(decorators):
            command = decorator(command)
        return command

    return decorate


def _set_output(ctx: click.Context, param: click.Parameter, value: Any) -> None:
    if value:
        setattr(ctx.find_root().ensure_object(App).out, param.name or "", value)


def _output_options(*forms: str) -> Callable[[F], F]:
    return chain(
        click.option(
            "-o",
            "--output",
            "format",
            type=click.Choice(forms),
            expose_value=False,
            callback=_set_output,
            help="Form of the output: table on a terminal, tsv in a pipe.",
        ),
        click.option(
            "-q",
            "--quiet",
            is_flag=True,
            expose_value=False,
            callback=_set_output,
            help="Print only the ID, or one ID a line.",
        ),
    )


# `-o/--output` and `-q/--quiet` (cli.md 3), and those of `plan` (cli.md 10)
output_options = _output_options("table", "tsv", "json")
plan_output_options = _output_options("table", "tsv", "json", "markdown")


dry_run_option = click.option(
    "--dry-run", is_flag=True, help="Print the request that would go out, and send nothing."
)

yes_option = click.option("--yes", is_flag=True, help="Do it without asking.")

allow_missing_option = click.option(
    "--allow-missing", is_flag=True, help="Accept a template that lacks placeholders."
)

body_file_option = click.option(
    "--body-file",
    metavar="FILE",
    help="A JSON template of your own; - is stdin.",
    shell_complete=values.files,
)

number_argument = click.argument("number", metavar="NUMBER", shell_complete=values.numbers)


def profile_option(help: str) -> Callable[[F], F]:
    """Add `--profile`, which is the profile to do something with, as `help` says."""
    return click.option("--profile", metavar="ID|TITLE", help=help, shell_complete=values.profiles)


METHODS = tuple(method.lower() for method in Method)

method_option = click.option(
    "--method",
    type=click.Choice(METHODS, case_sensitive=False),
    help="How callbacks are delivered: template in the query (get, delete) or body (post, put).",
)


def endpoint_options(command: F) -> F:
    """Add what lets an endpoint break a rule of cli.md 6."""
    return chain(
        click.option("--allow-http", is_flag=True, help="Let the endpoint be plain http://."),
        click.option(
            "--allow-local", is_flag=True, help="Let the endpoint be on this machine or network."
        ),
    )(command)


def template_options(command: F) -> F:
    """Add what decides a template and where it is delivered (cli.md 6)."""
    return chain(
        method_option,
        click.option(
            "--url",
            metavar="URL",
            help="Your endpoint, which receives the callbacks. [WACB_ENDPOINT]",
        ),
        click.option(
            "--with-status",
            is_flag=True,
            help="Add the placeholders of message status (delivered, read).",
        ),
        endpoint_options,
    )(command)

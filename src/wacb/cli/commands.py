"""Click classes: commands that take the global options, and groups that load on first use."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from importlib import import_module
from typing import Any

import click
from click.shell_completion import CompletionItem

from wacb.cli.app import App
from wacb.cli.completion import values
from wacb.config.regions import REGIONS


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
    _global("--region", type=click.Choice(tuple(REGIONS)), help="Hosts of a pod. [WACB_REGION]"),
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
            near = get_close_matches(name, self.table, n=1)
            raise click.UsageError(
                f"No such command {name!r}." + (f" Did you mean {near[0]!r}?" if near else ""), ctx
            )
        return super().resolve_command(ctx, args)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
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

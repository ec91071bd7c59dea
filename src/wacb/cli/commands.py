"""Click classes: options in sections of help, commands with the global options, lazy groups."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import StrEnum
from importlib import import_module
from typing import TYPE_CHECKING, Any

import click

from wacb.cli import completion
from wacb.cli.app import App
from wacb.config.regions import REGIONS
from wacb.errors import InvalidInput

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

_MAX_UNGROUPED = 12  # options that the help of a command lists without sections


class Section(StrEnum):
    """The sections of options in help, in their order there."""

    MAIN = "Options"
    ENDPOINT = "Endpoint"
    SAFETY = "Safety"
    OUTPUT = "Output"
    RARE = "Less common"


class Option(click.Option):
    """An option that names its section of help."""

    def __init__(self, *args: Any, section: Section = Section.MAIN, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.section = section


def refuse_empty(ctx: click.Context, param: click.Parameter, value: Any) -> Any:
    """Refuse an empty value, perhaps of an unset shell variable: no default may replace it."""
    if value == "":
        raise InvalidInput(f"{param.opts[0]} is empty", hint="pass a value, or leave it out")
    return value


def _store_global(ctx: click.Context, param: click.Parameter, value: Any) -> None:
    """Store a global option in the App, wherever on the line it was; `-v` adds up."""
    app = ctx.find_root().ensure_object(App)
    if param.name in ("account", "config"):
        refuse_empty(ctx, param, value)
    if param.name == "verbose":
        app.verbosity += value
    elif value is not None:
        app.flags[param.name or ""] = value


def _global(*names: str, help: str, **settings: Any) -> click.Option:
    return click.Option(names, help=help, expose_value=False, callback=_store_global, **settings)


# Click does not read their variables: a bad one must not matter where its option is passed.
GLOBAL_OPTIONS = (
    _global(
        "--account",
        metavar="NAME",
        help="Account to use from the config file. [env: WACB_ACCOUNT]",
        shell_complete=completion.accounts,
    ),
    _global(
        "--config",
        metavar="FILE",
        help="Use this config file. [env: WACB_CONFIG]",
        shell_complete=completion.files,
    ),
    _global(
        "--region",
        type=click.Choice(tuple(REGIONS)),
        help="Kaleyra region (in = India, sg = Singapore, eu = Europe, na = North America). "
        "[default: sg] [env: WACB_REGION]",
    ),
    _global(
        "--base-url", metavar="URL", help="API base URL; overrides --region. [env: WACB_BASE_URL]"
    ),
    _global(
        "--waba-id", metavar="ID", help="ID of the WhatsApp business account. [env: WACB_WABA_ID]"
    ),
    _global(
        "--sandbox",
        flag_value="1",
        is_flag=True,
        default=None,
        help="Use the built-in emulator instead of Kaleyra. [env: WACB_SANDBOX]",
    ),
    _global(
        "--timeout",
        metavar="SECONDS",
        help="Time limit for one request. [default: 30] [env: WACB_TIMEOUT]",
    ),
    _global(
        "--deadline",
        metavar="SECONDS",
        help="Overall time limit. [default: 120] [env: WACB_DEADLINE]",
    ),
    _global("-v", "--verbose", count=True, help="Show each request; -vv adds headers and bodies."),
    _global(
        "--no-input",
        flag_value="1",
        is_flag=True,
        default=None,
        help="Never prompt. [env: WACB_NO_INPUT, CI]",
    ),
    _global(
        "--color",
        type=click.Choice(("auto", "always", "never")),
        help="Use color on stdout. [default: auto] [env: NO_COLOR, FORCE_COLOR]",
    ),
)


class Command(click.Command):
    """A command that takes the global options, and lists them apart from its own."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.context_settings.setdefault("help_option_names", ["-h", "--help"])
        self.params.extend(GLOBAL_OPTIONS)

    def sections(self, ctx: click.Context) -> Iterator[tuple[str, Sequence[click.Option]]]:
        """Yield the sections of help with their options."""
        options = [param for param in self.get_params(ctx) if isinstance(param, click.Option)]
        yield from _sections([option for option in options if option not in GLOBAL_OPTIONS])
        if ctx.parent is None:
            yield "Options on every command", GLOBAL_OPTIONS

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        for title, options in self.sections(ctx):
            _write_options(ctx, formatter, title, options)
        if ctx.parent is not None:
            with formatter.section("Options on every command (see wacb --help)"):
                formatter.write_text(" ".join(param.opts[0] for param in GLOBAL_OPTIONS))


def _sections(options: Sequence[click.Option]) -> Iterator[tuple[str, Sequence[click.Option]]]:
    """Group many options by their sections; few are one section."""
    if len(options) <= _MAX_UNGROUPED:
        yield Section.MAIN, options
        return
    for section in Section:
        group = [each for each in options if getattr(each, "section", Section.MAIN) == section]
        if group:
            yield section, group


def _write_options(
    ctx: click.Context, formatter: click.HelpFormatter, title: str, options: Sequence[click.Option]
) -> None:
    """Write a section of help, in which no line ends within `[env: …]`."""
    records = [record for option in options if (record := option.get_help_record(ctx))]
    with formatter.section(title):
        formatter.write_dl([(name, text.replace("[env: ", "[env:\xa0")) for name, text in records])
    formatter.buffer = [text.replace("\xa0", " ") for text in formatter.buffer]


class Group(Command, click.Group):
    """A group that loads a command when it is named: `--help` and TAB stay quick.

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
        help: str,
        callback: Callable[..., None] | None = None,
        invoke_without_command: bool = False,
    ) -> None:
        super().__init__(
            name, help=help, callback=callback, invoke_without_command=invoke_without_command
        )
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
        if not known and not ctx.resilient_parsing:  # at a TAB the word is unfinished
            raise self._unknown_command(ctx, name)
        return super().resolve_command(ctx, args)

    def meaning(self, ctx: click.Context, word: str) -> str | None:
        """Return the command that an unknown word most likely means."""
        from wacb.cli.suggestions import suggest_command

        root = ctx.find_root().command
        assert isinstance(root, Group)
        below = [root.get_command(ctx, name) for name in root.table]
        tables = {each.name or "": each.table for each in below if isinstance(each, Group)}
        return suggest_command("" if self is root else self.name or "", word, root.table, tables)

    def _unknown_command(self, ctx: click.Context, name: str) -> InvalidInput:
        from wacb.cli.suggestions import name_dash

        message, meant = f"No such command {name!r}.", self.meaning(ctx, name)
        if meant is None:
            help = f"run `{ctx.command_path} --help`"
            return InvalidInput(message, hint=name_dash([name]) or help)
        hint = f"run `wacb {meant} --help`" if meant != "--version" else None
        return InvalidInput(f"{message} Did you mean `wacb {meant}`?", hint=hint)

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

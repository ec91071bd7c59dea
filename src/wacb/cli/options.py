"""Options that many commands share."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from wacb.cli import completion
from wacb.cli.app import App
from wacb.cli.commands import Option, Section, refuse_empty
from wacb.models import Method
from wacb.storage import paths

F = TypeVar("F", bound=Callable[..., Any])


if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    PathType = click.ParamType[Path]
else:
    PathType = click.ParamType  # not generic at run time before click 8.3


class FilePath(PathType):
    """A file or folder; `~` is the home folder, for shells leave it in `--file=~/name`."""

    name = "path"

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Complete file names, by the shell."""
        return completion.files(ctx, param, incomplete)

    def convert(
        self, value: str | Path, param: click.Parameter | None, ctx: click.Context | None
    ) -> Path:
        if value == "":
            self.fail("the file name is empty", param, ctx)
        context = ctx or click.get_current_context()
        return paths.expand(str(value), context.find_root().ensure_object(App).environ)


def combine(*decorators: Callable[[F], F]) -> Callable[[F], F]:
    """Make one decorator of several; help lists their options in this order."""

    def decorate(command: F) -> F:
        for decorator in reversed(decorators):
            command = decorator(command)
        return command

    return decorate


def collect(record: Callable[..., Any], name: str) -> Callable[[F], F]:
    """Pass the options that are members of `record` to the command as one record, `name`."""

    def decorate(command: F) -> F:
        @wraps(command)
        def call(*args: Any, **values: Any) -> Any:
            members = {member: values.pop(member) for member in record.__annotations__}
            return command(*args, **values, **{name: record(**members)})

        return call  # type: ignore[return-value]

    return decorate


def option(*names: str, section: Section = Section.MAIN, **settings: Any) -> Callable[[F], F]:
    """Add an option that stands in a section of its command's help."""
    return click.option(*names, cls=Option, section=section, **settings)


def _set_output(ctx: click.Context, param: click.Parameter, value: Any) -> None:
    if value:
        setattr(ctx.find_root().ensure_object(App).out, param.name or "", value)


class OutputForm(click.Choice):  # type: ignore[type-arg]
    """A form of output, in any case, and also as in `-o=json`."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        return super().convert(value.removeprefix("="), param, ctx)


def _output_options(*forms: str) -> Callable[[F], F]:
    return combine(
        option(
            "-o",
            "--output",
            "format",
            section=Section.OUTPUT,
            type=OutputForm(forms, case_sensitive=False),
            expose_value=False,
            callback=_set_output,
            help="Output format [default: table on a terminal, tsv otherwise].",
        ),
        option(
            "-q",
            "--quiet",
            section=Section.OUTPUT,
            is_flag=True,
            expose_value=False,
            callback=_set_output,
            help="Print only IDs or numbers, one per line.",
        ),
    )


def _set_jobs(ctx: click.Context, param: click.Parameter, value: int | None) -> None:
    ctx.find_root().ensure_object(App).jobs = value or 0


def jobs_option(defaults: str) -> Callable[[F], F]:
    """Add `--jobs`, whose `defaults` the help shows."""
    return option(
        "--jobs",
        section=Section.RARE,
        type=click.IntRange(1, 64),
        metavar="N",
        expose_value=False,
        callback=_set_jobs,
        help=f"Requests to send in parallel [default: {defaults}].",
    )


read_jobs_option = jobs_option("8")
write_jobs_option = jobs_option("8 reads, 4 writes")
output_options = _output_options("table", "tsv", "json")
plan_output_options = _output_options("table", "tsv", "json", "markdown")
dry_run_option = option(
    "--dry-run",
    section=Section.SAFETY,
    is_flag=True,
    help="Print the requests without sending them.",
)
replace_option = option(
    "--replace", section=Section.SAFETY, is_flag=True, help="Replace the current profile."
)
update_existing_option = option(
    "--update-existing",
    section=Section.SAFETY,
    is_flag=True,
    help="Update a profile of the same title if it exists.",
)
yes_option = option("--yes", section=Section.SAFETY, is_flag=True, help="Skip confirmation.")
allow_missing_option = option(
    "--allow-missing",
    section=Section.SAFETY,
    is_flag=True,
    help="Accept a template that lacks placeholders.",
)
body_file_option = click.option(
    "--body-file",
    metavar="FILE",
    type=FilePath(),
    help="Use your own JSON template from this file; - reads stdin.",
    shell_complete=completion.files,
)
number_argument = click.argument("number", metavar="NUMBER", shell_complete=completion.numbers)


def profile_option(help: str) -> Callable[[F], F]:
    """Add `--profile`, the profile to use as `help` says."""
    return click.option(
        "--profile",
        metavar="ID|TITLE",
        callback=refuse_empty,
        help=help,
        shell_complete=completion.profiles,
    )


METHODS = tuple(method.lower() for method in Method)
method_option = click.option(
    "--method",
    type=click.Choice(METHODS, case_sensitive=False),
    help="HTTP method of callbacks: template in the query (get, delete) or body (post, put).",
)
status_option = click.option(
    "--with-status", is_flag=True, help="Add the placeholders of message status (delivered, read)."
)


endpoint_options = combine(  # that let an endpoint break a rule
    option("--allow-http", section=Section.SAFETY, is_flag=True, help="Allow an http:// endpoint."),
    option(
        "--allow-local",
        section=Section.SAFETY,
        is_flag=True,
        help="Allow a local or private address.",
    ),
)


def template_options(
    *, url: str = "Your endpoint, which receives the callbacks. [env: WACB_ENDPOINT]"
) -> Callable[[F], F]:
    """Add the options that decide a template and its endpoint; `url` is the help of `--url`."""
    return combine(
        method_option,
        option("--url", section=Section.ENDPOINT, metavar="URL", callback=refuse_empty, help=url),
        status_option,
        endpoint_options,
    )

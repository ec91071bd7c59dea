"""Options that many commands share, and the command classes that accept them at every level."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from wacb.cli.app import App
from wacb.cli.completion import values
from wacb.models import Method

F = TypeVar("F", bound=Callable[..., Any])


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

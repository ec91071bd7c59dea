"""`wacb template`: needs no account, no configuration and no network."""

from __future__ import annotations

import shlex

import click

from wacb.cli.app import App, pass_app
from wacb.cli.commands import Command
from wacb.cli.endpoint import check_endpoint
from wacb.cli.options import METHODS, template_options
from wacb.cli.prompts import ask
from wacb.cli.views.guide import PLACEHOLDER
from wacb.errors import InvalidInput
from wacb.models import Method
from wacb.template import placeholders
from wacb.template.build import build_url
from wacb.template.descriptions import describe_placeholders

_TEMPLATE_FORMS = ("raw", "shell")
_LIST_FORMS = ("table", "tsv", "json")


@click.command(cls=Command)
@template_options()
@click.option(
    "--describe", is_flag=True, help="List the placeholders with their meaning and an example."
)
@click.option(
    "-o",
    "--output",
    "format",
    type=click.Choice(_TEMPLATE_FORMS + _LIST_FORMS),
    help="raw, or shell-quoted [default: raw]; with --describe table, tsv or json [default: table "
    "on a terminal, tsv otherwise].",
)
@pass_app
def command(
    app: App,
    *,
    method: str | None,
    url: str | None,
    with_status: bool,
    allow_http: bool,
    allow_local: bool,
    describe: bool,
    format: str | None,
) -> None:
    """Print the full placeholder template.

    Use it to fill in the form in the Kaleyra console by hand: a URL query for GET and DELETE, a
    JSON body for POST and PUT. Nothing is sent.

    \b
    Example:
      wacb template --method get --url https://example.com/hook
      wacb template --describe
    """
    _check_format(format, describe=describe)
    if describe:
        app.out.format = format
        app.out.table(describe_placeholders(with_status=with_status), PLACEHOLDER)
        return
    chosen = Method((method or ask(app, "Method", option="--method", choices=METHODS)).upper())
    names = placeholders.names(with_status=with_status)
    if chosen.uses_body:
        text = placeholders.build_body(names)
    elif endpoint := url or app.settings.get("endpoint"):
        check_endpoint(app, endpoint, allow_http=allow_http, allow_local=allow_local)
        text = build_url(endpoint, names)
    else:
        text = placeholders.build_query(names)
    app.out.text(shlex.quote(text) if format == "shell" else text)


def _check_format(format: str | None, *, describe: bool) -> None:
    forms = _LIST_FORMS if describe else _TEMPLATE_FORMS
    if format and format not in forms:
        subject = "the list of placeholders" if describe else "a template"
        hint = "use table, tsv or json" if describe else "use raw or shell, or add --describe"
        raise InvalidInput(f"{subject} cannot be printed as {format}", hint=hint)

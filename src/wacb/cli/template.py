"""`wacb template`: needs no account, no configuration and no network."""

from __future__ import annotations

import shlex

import click

from wacb.cli.app import App, pass_app
from wacb.cli.commands import Command
from wacb.cli.options import METHODS, template_options
from wacb.cli.prompts import ask
from wacb.models import Method
from wacb.template import placeholders


@click.command(cls=Command)
@template_options
@click.option(
    "-o",
    "--output",
    "format",
    type=click.Choice(("raw", "shell")),
    default="raw",
    help="raw prints it as it is, shell quotes it for a shell.",
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
    format: str,
) -> None:
    """Print the full placeholder template.

    Use it to fill in the console's form by hand: a URL query for GET and DELETE, a JSON body for
    POST and PUT. Nothing is sent.

    \b
    Example:
      wacb template --method get --url https://example.com/hook
    """
    chosen = Method((method or ask(app, "Method", option="--method", choices=METHODS)).upper())
    names = placeholders.names(with_status=with_status)
    if chosen.uses_body:
        text = placeholders.build_body(names)
    elif endpoint := url or app.settings.get("endpoint"):
        app.check_endpoint(endpoint, allow_http=allow_http, allow_local=allow_local)
        text = placeholders.build_url(endpoint, names)
    else:
        text = placeholders.build_query(names)
    app.out.raw(shlex.quote(text) if format == "shell" else text)

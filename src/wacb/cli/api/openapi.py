"""`wacb api openapi`."""

from __future__ import annotations

import click

from wacb.api.openapi import read_document
from wacb.cli.api.yaml_text import dump_yaml
from wacb.cli.app import App, pass_app
from wacb.cli.commands import Command
from wacb.jsontext import json_text


@click.command(cls=Command)
@click.option(
    "-o",
    "--output",
    "format",
    type=click.Choice(("yaml", "json")),
    default="yaml",
    help="Output format. [default: yaml]",
)
@pass_app
def command(app: App, *, format: str) -> None:
    """Print the API as an OpenAPI document.

    Use it to read the API in a viewer, to generate a client or to check requests. The document is
    OpenAPI 3.1 and describes every request that wacb sends; x-assumed marks what is assumed.

    \b
    Example:
      wacb api openapi > kaleyra.yaml
    """
    document = read_document()
    app.out.text(json_text(document) if format == "json" else dump_yaml(document))

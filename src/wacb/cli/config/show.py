"""`wacb config show`."""

from __future__ import annotations

import click

from wacb.cli.app import App, pass_app
from wacb.cli.options import Command, output_options
from wacb.cli.views import VIEWS, View
from wacb.config.settings import ShownSetting, describe
from wacb.render import Column

SHOWN = (
    "account",
    "sid",
    "api_key",
    "region",
    "base_url",
    "waba_id",
    "endpoint",
    "number",
    "profile",
    "timeout",
    "deadline",
)

VIEWS[ShownSetting] = View(
    as_json=ShownSetting._asdict,
    columns=(Column(title="KEY", keep=True), Column(title="VALUE"), Column(title="SOURCE")),
    cells=lambda value: tuple(value[name] for name in ("key", "value", "source")),
    id="key",
)


@click.command(cls=Command)
@output_options
@pass_app
def command(app: App) -> None:
    """Show every setting in force and where it comes from.

    An API key is shown by its last four characters at most.

    \b
    Example:
      wacb config show
    """
    app.out.many([describe(app.settings, name) for name in SHOWN], ShownSetting)

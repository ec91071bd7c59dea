"""`wacb config show`."""

from __future__ import annotations

import click

from wacb.cli.app import App, pass_app
from wacb.cli.commands import Command
from wacb.cli.options import output_options
from wacb.cli.render import Column
from wacb.cli.views import VIEWS, View
from wacb.config.settings import Settings, ShownSetting, describe, mask
from wacb.sandbox.account import API_KEY, SID, WABA_ID

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
    "sandbox",
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
    app.out.many([_in_force(app.settings, name) for name in SHOWN], ShownSetting)


def _in_force(settings: Settings, name: str) -> ShownSetting:
    own: dict[str, str | None] = {
        "sid": SID,
        "api_key": mask(API_KEY),
        "region": None,
        "base_url": None,
        "waba_id": WABA_ID,
    }
    if not settings.sandbox or name not in own or (name == "waba_id" and name in settings.given):
        return describe(settings, name)
    return ShownSetting(key=name, value=own[name], source="sandbox")

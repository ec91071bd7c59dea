"""`wacb config show`."""

from __future__ import annotations

import click

from wacb.cli.app import App, pass_app
from wacb.cli.commands import Command
from wacb.cli.identity import chooses_sandbox_waba
from wacb.cli.options import output_options
from wacb.cli.views.settings import SETTING
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


@click.command(cls=Command)
@output_options
@pass_app
def command(app: App) -> None:
    """Show every setting in use and its source.

    Of an API key at most the last four characters are shown.

    \b
    Example:
      wacb config show
    """
    app.out.table([_setting_in_use(app.settings, name) for name in SHOWN], SETTING)


def _setting_in_use(settings: Settings, name: str) -> ShownSetting:
    own: dict[str, str | None] = {
        "sid": SID,
        "api_key": mask(API_KEY),
        "region": None,
        "base_url": None,
        "waba_id": WABA_ID,
    }
    is_own = name in own and not (name == "waba_id" and chooses_sandbox_waba(settings))
    if not (settings.sandbox and is_own):
        return describe(settings, name)
    return ShownSetting(key=name, value=own[name], source="sandbox")

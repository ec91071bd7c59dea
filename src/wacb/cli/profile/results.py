"""How a profile is shown that a command has just written: created, changed or deleted."""

from __future__ import annotations

from typing import Any

from wacb.cli.app import App
from wacb.cli.views import PROFILE, VIEWS, profile_json
from wacb.provision.steps import ProfileResult


def _as_json(made: ProfileResult) -> dict[str, Any]:
    return profile_json(made.profile) | {"result": made.result}


VIEWS[ProfileResult] = PROFILE._replace(as_json=_as_json)


def show(app: App, made: ProfileResult) -> None:
    """Print the notes on a profile, then the profile and what became of it."""
    app.out.note(*made.notes)
    app.out.one(made)

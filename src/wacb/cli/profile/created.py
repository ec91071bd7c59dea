"""How a profile is shown that a command has just written: created, changed or deleted."""

from __future__ import annotations

from typing import Any

from wacb.cli.app import App
from wacb.cli.views import PROFILE, VIEWS, profile_json
from wacb.provision.profiles import Created


def _as_json(created: Created) -> dict[str, Any]:
    return profile_json(created.profile) | {"result": created.result}


VIEWS[Created] = PROFILE._replace(as_json=_as_json)


def show(app: App, created: Created) -> None:
    """Print the notes on a profile, then the profile and what became of it."""
    for note in created.notes:
        app.out.note(f"note: {note}")
    app.out.one(created)

"""The lock that keeps two runs on this machine from creating one profile twice."""

from __future__ import annotations

from wacb.cli.app import App
from wacb.storage.create_lock import Claim


def create_lock(app: App, title: str) -> Claim:
    """Make what guards the creation of a title against other runs on this machine."""
    return Claim(
        app.state_folder / "creates",
        sid=app.api.sid,
        title=title,
        now=app.now,
        sleep=app.sleep,
        tell=app.out.note,
    )

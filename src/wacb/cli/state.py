"""What an account has in the state folder: the journal of its numbers, the locks of its titles."""

from __future__ import annotations

from wacb.cli.account import has_sid, missing_sid
from wacb.cli.app import App
from wacb.storage.create_lock import CreateLock
from wacb.storage.journal import Journal
from wacb.urls import host_of


def open_journal(app: App) -> Journal:
    """Open the record of the account's attachments. Raises ConfigError without a SID."""
    if not has_sid(app.api):
        raise missing_sid()
    return Journal(
        app.state_folder / "journal.jsonl",
        account=app.api.sid,
        host=host_of(app.api.v2),
        waba_id=app.api.waba_id,
        clock=app.now,
        warn=app.out.warn,
        remaining=app.remaining,
    )


def create_lock(app: App, title: str) -> CreateLock:
    """Build the lock of a title."""
    return CreateLock(
        app.state_folder / "creates",
        host=host_of(app.api.v1),
        sid=app.api.sid,
        title=title,
        now=app.now,
        sleep=app.sleep,
        tell=app.out.note,
    )

"""What the state folder has of an account: journal, locks of titles, findings about its API."""

from __future__ import annotations

from pathlib import Path

from wacb.api.requests import Api
from wacb.cli.account import has_sid, missing_sid
from wacb.cli.app import App
from wacb.storage.create_lock import CreateLock
from wacb.storage.journal import Journal
from wacb.storage.observed import ShownMark
from wacb.storage.profile_journal import ProfileJournal
from wacb.storage.verdicts import VerdictFile
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


def open_profile_journal(app: App) -> ProfileJournal:
    """Open the record of the changes of the account's profiles."""
    return ProfileJournal(
        app.state_folder / "journal.jsonl",
        account=app.api.sid,
        host=host_of(app.api.v1),
        clock=app.now,
        remaining=app.remaining,
    )


def create_lock(app: App, title: str) -> CreateLock:
    """Build the lock of a title."""
    return CreateLock(
        app.state_folder / "creates",
        host=host_of(app.api.v1),
        sid=app.api.sid,
        title=title,
        sleep=app.sleep,
        tell=app.out.note,
    )


def shown_mark(api: Api, state_folder: Path) -> ShownMark:
    """Return the file that records that the listing of numbers has shown a profile."""
    folder = state_folder / "observed"
    return ShownMark(folder, host=host_of(api.v2), sid=api.sid, waba_id=api.waba_id)


def open_verdicts(api: Api, state_folder: Path) -> VerdictFile:
    """Open the verdicts of the last API checks of this account."""
    return VerdictFile(state_folder / "checked", host=host_of(api.v1), sid=api.sid)

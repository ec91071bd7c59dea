"""The record of one assumption."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class SeenBy(StrEnum):
    """What shows whether an assumption holds for an account."""

    READING = "reading"
    WRITING = "writing"
    NOTHING = "nothing"


class Assumption(NamedTuple):
    """One thing that wacb assumes to be true of the API.

    `sentence` says what, `matters_for` what goes wrong without it. `page` is the page of Kaleyra's
    documentation that states it, None if none does; `override` the config key that changes it.
    """

    id: str
    sentence: str
    matters_for: str
    seen_by: SeenBy
    page: str | None = None
    override: str | None = None


class Assumed(NamedTuple):
    """An assumption, as one account sees it.

    `source` is "documented", "assumed" or "override"; `verdict` is what the account's last check
    said: "confirmed", "refuted", "not seen" or "never checked".
    """

    id: str
    sentence: str
    matters_for: str
    source: str
    page: str | None
    override: str | None
    verdict: str

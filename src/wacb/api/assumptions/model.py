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
    """One thing that wacb takes for true of the API.

    `sentence` says what, `matters_for` what goes wrong without it. `page` is the page of Kaleyra's
    documentation that states it, None if none does; `override` the config key that changes it.
    """

    id: str
    sentence: str
    matters_for: str
    seen_by: SeenBy
    page: str | None = None
    override: str | None = None

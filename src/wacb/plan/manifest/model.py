"""What a manifest asks for. Reading one is read.py's, writing one write.py's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from wacb.models import ProfileDraft


@dataclass(frozen=True, slots=True, kw_only=True)
class Desired:
    """A profile of the file: the table `[profiles.NAME]` as a draft, found again by its title.

    `written` maps each field of the draft that was made with a variable to what the file says
    instead of its value, but for the method, which is one of four words; nothing else of such a
    field may be printed. `headers` is what it says of each header.
    """

    name: str
    draft: ProfileDraft = field(repr=False)
    allow_missing: bool = False
    headers: Mapping[str, str] = field(default_factory=dict)
    written: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """A whole file, in its order.

    `numbers` maps E.164 to a profile: its name in the file, or a live ID or title; it is None
    where the file has no such table. `written` is what the file says of those that were made with a
    variable. `secrets` are the values that came from variables.
    """

    profiles: tuple[Desired, ...]
    numbers: Mapping[str, str] | None = field(repr=False)
    written: Mapping[str, str] = field(default_factory=dict)
    secrets: tuple[str, ...] = field(default=(), repr=False)
    notes: tuple[str, ...] = ()

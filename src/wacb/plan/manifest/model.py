"""The desired state of an account, as a manifest describes it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from wacb.models import ProfileDraft


@dataclass(frozen=True, slots=True, kw_only=True)
class DesiredProfile:
    """A profile of the file: the table `[profiles.NAME]` as a draft, found again by its title.

    `sources` maps each field that uses a variable to its text in the file, except for the method.
    Only that text of such a field may be printed. `headers` has the text of each header.
    `undeclared` names the permissions that the endpoint needs from the real API.
    """

    name: str
    draft: ProfileDraft = field(repr=False)
    allow_missing: bool = False
    undeclared: tuple[str, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    sources: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """A whole file, in its order.

    `numbers` maps E.164, or digits that may be listed, to a profile: its name in the file, or a
    live ID or title; None if the file has no such table. `sources` has the text of those that use
    a variable. `secrets` are the values of variables.
    """

    profiles: tuple[DesiredProfile, ...]
    numbers: Mapping[str, str] | None = field(repr=False)
    sources: Mapping[str, str] = field(default_factory=dict)
    secrets: tuple[str, ...] = field(default=(), repr=False)
    notes: tuple[str, ...] = ()

    def with_listed(self, listed: Collection[str]) -> Manifest:
        """Add the + to the numbers that the file writes without it, where they are listed."""
        full = {
            number: f"+{number}" if f"+{number}" in listed else number
            for number in self.numbers or ()
        }
        return replace(
            self,
            numbers=self.numbers and {full[key]: name for key, name in self.numbers.items()},
            sources={full[key]: text for key, text in self.sources.items()},
        )

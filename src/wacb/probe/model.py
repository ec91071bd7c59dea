"""What a check of the API found out about one assumption."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, NamedTuple

from wacb.api.assumptions import ASSUMPTIONS


class Verdict(StrEnum):
    """Whether an assumption holds for the account."""

    CONFIRMED = "confirmed"
    REFUTED = "refuted"
    NOT_SEEN = "not seen"


class Finding(NamedTuple):
    """The verdict on the assumption `id`.

    `evidence` has names, types and counts, but never a value of the account. `value` is what the
    assumption's config key should be set to, None if that would not help.
    """

    id: str
    verdict: Verdict
    evidence: str
    value: str | None = None

    @property
    def override(self) -> tuple[str, str] | None:
        """The config key that adapts wacb, and its value."""
        key = ASSUMPTIONS[self.id].override
        return None if key is None or self.value is None else (key, self.value)

    def as_json(self) -> dict[str, Any]:
        """Return the members as JSON output and a saved report have them."""
        pair = self.override
        return {
            "id": self.id,
            "sentence": ASSUMPTIONS[self.id].sentence,
            "verdict": self.verdict.value,
            "evidence": self.evidence,
            "override": pair and dict(zip(("key", "value"), pair, strict=True)),
        }


def confirmed(id: str, evidence: str) -> Finding:
    """Return a finding that agrees with the assumption."""
    return Finding(id=id, verdict=Verdict.CONFIRMED, evidence=evidence)


def refuted(id: str, evidence: str, *, value: str | None = None) -> Finding:
    """Return a finding that contradicts the assumption."""
    return Finding(id=id, verdict=Verdict.REFUTED, evidence=evidence, value=value)


def not_seen(id: str, evidence: str) -> Finding:
    """Return a finding that says nothing about the assumption, and why."""
    return Finding(id=id, verdict=Verdict.NOT_SEEN, evidence=evidence)

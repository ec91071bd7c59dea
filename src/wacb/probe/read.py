"""Check every assumption that reading an account can show."""

from __future__ import annotations

from collections.abc import Iterable

from wacb.api.assumptions import ASSUMPTIONS
from wacb.api.requests import Api
from wacb.probe.look import Reading
from wacb.probe.model import Finding
from wacb.probe.numbers import judge_numbers
from wacb.probe.paging import judge_paging
from wacb.probe.profiles import judge_profiles


def judge_reading(reading: Reading, api: Api) -> list[Finding]:
    """Judge what was read of an account."""
    findings = (
        *judge_profiles(reading),
        *judge_paging(reading, api.paging),
        *judge_numbers(reading, api),
    )
    return merge(findings)


def merge(findings: Iterable[Finding]) -> list[Finding]:
    """Keep the last finding on each assumption, in the order of the assumptions."""
    found = {finding.id: finding for finding in findings}
    return [found[id] for id in ASSUMPTIONS if id in found]

"""Check every assumption that reading an account can show."""

from __future__ import annotations

from collections.abc import Iterable

from wacb.api.assumptions import ASSUMPTIONS
from wacb.api.client import Client
from wacb.probe.look import read_account
from wacb.probe.model import Finding
from wacb.probe.numbers import judge_numbers
from wacb.probe.paging import judge_paging
from wacb.probe.profiles import judge_profiles


def check_by_reading(client: Client, number: str | None = None) -> list[Finding]:
    """Read the account and judge; nothing is changed.

    Raises Unavailable and AuthenticationFailed, which say nothing about an assumption.
    """
    reading = read_account(client, number)
    return in_order(
        [
            *judge_profiles(reading),
            *judge_paging(reading, client.api.paging),
            *judge_numbers(reading, client.api),
        ]
    )


def in_order(findings: Iterable[Finding]) -> list[Finding]:
    """Sort findings as the assumptions are."""
    places = {id: place for place, id in enumerate(ASSUMPTIONS)}
    return sorted(findings, key=lambda finding: places[finding.id])

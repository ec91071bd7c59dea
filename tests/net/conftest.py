"""Tests of sessions alone, which send whatever they are given."""

from __future__ import annotations

import pytest


@pytest.fixture
def within_contract() -> None:
    """Let any request be sent."""

"""Tests of sessions alone, which send any request."""

from __future__ import annotations

import pytest


@pytest.fixture
def within_contract() -> None:
    """Let any request be sent."""

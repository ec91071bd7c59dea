"""Tests of the client alone, which sends whatever it is given."""

from __future__ import annotations

import pytest


@pytest.fixture
def within_contract() -> None:
    """Let any request be sent."""

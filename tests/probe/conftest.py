"""The account that the checks are about."""

from __future__ import annotations

import pytest

from tests.cli.expect import ONE, TWO
from tests.field.altered import make_attached, make_profile
from tests.probe.test_contracts import PROFILES
from wacb.sandbox.emulator import Sandbox


@pytest.fixture
def account(sandbox: Sandbox) -> Sandbox:
    """An account with two of its profiles on numbers."""
    make_attached(sandbox, ONE, title="First hook", headers='{"X-Team":"a"}')
    make_attached(sandbox, TWO, title="Second_hook")
    for number in range(PROFILES - 2):
        make_profile(sandbox, title=f"Hook {number:02}")
    return sandbox

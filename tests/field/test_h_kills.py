"""Commands that are killed at exact steps leave an entry for every change, and nothing to believe.

`python tests/bench/kills.py` kills at every step.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.examples import sampled
from tests.field.kills import LINES, kill_all


@pytest.mark.parametrize("name", sampled(LINES, every=len(LINES)))
def test_a_killed_command_leaves_an_entry_and_the_next_is_right(tmp_path: Path, name: str):
    found = kill_all(tmp_path / "kills", name, every=23)
    assert found.kills > 1
    assert (found.unrecorded, found.wrong) == (0, 0), found

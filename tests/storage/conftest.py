"""The journal that the tests of a journal open."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.storage.journal_file import Opened


@pytest.fixture
def opened(tmp_path: Path) -> Opened:
    """A journal in a folder of its own."""
    return Opened(tmp_path / "wacb" / "journal.jsonl")

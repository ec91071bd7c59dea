"""Reads what `--github` wrote, as the runner of GitHub Actions does."""

from __future__ import annotations

import re
from pathlib import Path


def outputs(file: Path) -> dict[str, str]:
    """Read outputs: `name<<delimiter`, the value, the delimiter, which no value holds."""
    found = re.findall(r"^(\w+)<<(wacb_[0-9a-f]{32})\n(.*?)\n\2$", file.read_text(), re.M | re.S)
    assert len({delimiter for _, delimiter, _ in found}) == len(found)
    return {name: value for name, _, value in found}

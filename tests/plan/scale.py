"""How much the property tests of plans do: WACB_EXAMPLES multiplies it, for a thorough run."""

from __future__ import annotations

import os

_TIMES = float(os.environ.get("WACB_EXAMPLES", "1"))


def examples(count: int) -> int:
    """The number of examples to try instead of the `count` of a default run."""
    return max(1, round(count * _TIMES))

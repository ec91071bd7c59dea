"""The tests, which are compiled once: where no bytecode may stand beside its source, elsewhere."""

from __future__ import annotations

import sys
from pathlib import Path

if sys.dont_write_bytecode:  # otherwise each worker spends seconds on rewriting assertions
    sys.dont_write_bytecode = False
    sys.pycache_prefix = str(Path(__file__).parents[1] / ".pytest_cache" / "bytecode")

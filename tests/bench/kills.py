"""Kill each changing command at every request and file write; count what is wrong afterwards.

Run by hand: `python tests/bench/kills.py [EVERY]`, where EVERY leaves out all steps but each n-th.
What to look for: some 400 kills, no change without an entry, nothing wrong afterwards.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[2]))
    from tests.field.kills import LINES, kill_all

    every = int(sys.argv[1]) if len(sys.argv) > 1 else 1
    print("| command | kills | changes asked for | without an entry | wrong afterwards |")
    with tempfile.TemporaryDirectory() as folder:
        for name in LINES:
            found = kill_all(Path(folder) / name, name, every=every)
            row = (name, found.kills, found.changes, found.unrecorded, found.wrong)
            print(f"| {' | '.join(map(str, row))} |", flush=True)

"""Plant faults in the program, and count the examples until the machine finds each.

Run it as `python -m tests.bench.planted`; it needs some ten minutes.
"""

from __future__ import annotations

import time

from tests.machine.faults import FAULTS
from tests.machine.machine import search

MOST = 600  # examples


def main() -> None:
    for machine in sorted(set(FAULTS.values())):
        assert search(machine, lambda patch: None, MOST) is None, "without a fault none is found"
    print("| fault | found | s | by |\n|---|---|---|---|")
    found = 0
    for plant, machine in FAULTS.items():
        began = time.monotonic()
        reason = search(machine, plant, MOST)
        found += reason is not None
        seconds = time.monotonic() - began
        name = plant.__name__.replace("_", " ")
        print(f"| {name} | {'yes' if reason else 'no'} | {seconds:.0f} | {reason or ''} |")
    print(f"\n{found} of {len(FAULTS)} found")


if __name__ == "__main__":
    main()

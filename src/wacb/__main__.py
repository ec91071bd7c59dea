"""`python -m wacb` and the `wacb` command."""

from __future__ import annotations

import atexit
import gc
import signal

from wacb.cli import root
from wacb.cli.streams import prepare_process


def main() -> None:
    """Run the command line of this process."""
    # what imports allocate stays: the garbage collector would scan it dozens of times
    gc.set_threshold(10_000)
    # at exit the system frees all memory, faster than the collector scans it
    atexit.register(gc.freeze)
    # the alarm of an interrupted command would end Python while it shuts down, with another code
    atexit.register(signal.setitimer, signal.ITIMER_REAL, 0)
    prepare_process()
    root(prog_name="wacb")


if __name__ == "__main__":
    main()

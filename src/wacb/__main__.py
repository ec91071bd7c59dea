"""`python -m wacb` and the `wacb` command."""

from __future__ import annotations

import atexit
import gc


def main() -> None:
    """Run the command line of this process."""
    gc.disable()  # nothing of what is loaded is garbage
    from wacb.cli import root

    gc.enable()
    # at the end the system takes all memory back, quicker than the collector looks through it
    atexit.register(gc.freeze)
    root(prog_name="wacb")


if __name__ == "__main__":
    main()

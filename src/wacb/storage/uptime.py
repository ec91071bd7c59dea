"""The time since the machine was started, which is independent of its clock."""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
# it runs on while the machine is suspended; macOS has no such name, and no ID of the start
_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


class Uptime(NamedTuple):
    """The ID of a start of the machine, "" if it has none, and the seconds since then."""

    boot: str
    seconds: float

    def passed_since(self, earlier: Uptime) -> float:
        """Return the seconds since another time: 0 if they cannot be known."""
        if not self.boot or self.boot != earlier.boot:
            return 0.0
        return max(0.0, self.seconds - earlier.seconds)


def seconds_up() -> float:
    """Return seconds that only grow, even while the machine is suspended."""
    return time.clock_gettime(_CLOCK)


def uptime() -> Uptime:
    """Return the time now."""
    boot = ""
    with suppress(OSError):
        boot = _BOOT_ID.read_text().strip()
    return Uptime(boot=boot, seconds=seconds_up())

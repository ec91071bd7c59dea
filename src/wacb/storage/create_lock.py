"""A lock on creating profiles of one title, and how long the last create may stay unlisted.

A listing may lag behind a create, so an empty listing alone is no reason to create one.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import NAMESPACE_OID, uuid5

from wacb.errors import DeadlineExceeded, OutcomeUnknown
from wacb.storage import files
from wacb.storage.uptime import Uptime, uptime

LAG = 30.0  # seconds; assumed: listed_within
POLL_EVERY = 3.0  # seconds between two listings
TRY_EVERY = 0.1  # seconds between two tries to get the lock


class CreateLock:
    """The lock on creating profiles titled `title` in the account `sid` at `host`.

    Its file is in `folder`, and named by a hash. `now` returns the time since the machine was
    started; `tell` gets the reason for each wait. `held` says whether the lock is held.
    """

    def __init__(
        self,
        folder: Path,
        *,
        host: str,
        sid: str,
        title: str,
        now: Callable[[], Uptime] = uptime,
        sleep: Callable[[float], None] = time.sleep,
        tell: Callable[[str], None] = lambda text: None,
    ) -> None:
        self._folder = folder
        self._host = host
        self._sid = sid
        self._title = title
        self._now = now
        self._sleep = sleep
        self._tell = tell
        self.held = False

    @contextmanager
    def acquire(self, remaining: files.Remaining) -> Iterator[None]:
        """Hold the lock; wait `remaining` seconds at most, as its holder may be stopped (Ctrl-Z).

        Raises DeadlineExceeded then, ConfigError if the folder cannot be written.
        """
        busy = f"another wacb is creating the profile {self._title!r}"
        timeout_error = DeadlineExceeded(
            f"{busy}, and waiting for it would exceed the time limit",
            hint="run the same command again, or pass a longer --deadline",
            sent=False,
        )
        with files.hold_lock(
            self._path(),
            remaining=remaining,
            timeout_error=timeout_error,
            try_every=TRY_EVERY,
            sleep=self._sleep,
            on_busy=lambda: self._tell(f"{busy}: waiting for it"),
        ):
            self.held = True
            try:
                yield
            finally:
                self.held = False

    def poll_listing(self, sent_until: Uptime | None, remaining: files.Remaining) -> Iterator[None]:
        """Yield whenever it is time to list: at once, then as long as a listing may lag.

        `sent_until` is when the last create left at the latest, None if there was none. Raises
        OutcomeUnknown when `remaining` does not suffice.
        """
        yield
        # independent of the clock: after a restart, the whole time is waited
        left = 0.0 if sent_until is None else LAG - self._now().passed_since(sent_until)
        if left > 0:
            self._tell(
                f"an earlier create of {self._title!r} may not be listed yet: waiting up to "
                f"{left:.0f} s for it to appear"
            )
        while left > 0:
            pause = min(POLL_EVERY, left)
            if pause >= remaining():
                raise self._unknown_error(left)
            self._sleep(pause)
            left -= pause
            yield

    def _unknown_error(self, left: float) -> OutcomeUnknown:
        return OutcomeUnknown(
            f"it is still unknown whether the profile {self._title!r} was created a moment ago",
            hint=f"run the same command again in {left:.0f} s, or pass a longer --deadline",
        )

    def _path(self) -> Path:
        name = uuid5(NAMESPACE_OID, f"{self._host}\n{self._sid}\n{self._title}").hex
        return self._folder / f"{name}.lock"

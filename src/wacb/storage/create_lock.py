"""A lock on creating profiles of one title, and a record of the last create.

A listing may lag behind a create, so an empty listing alone is no reason to create one.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple
from uuid import NAMESPACE_OID, uuid5

from wacb.errors import ConfigError, DeadlineExceeded, OutcomeUnknown
from wacb.jsontext import ascii_json, read_json
from wacb.storage import files

LAG = 30.0  # seconds; assumed: listed_within
POLL_EVERY = 3.0  # seconds between two listings
TRY_EVERY = 0.1  # seconds between two tries to get the lock


class CreateRecord(NamedTuple):
    """A create that was sent not later than `time` (Unix seconds).

    Without an `id` its result is unknown.
    """

    time: float
    id: str | None


class CreateLock:
    """The lock on creating profiles titled `title` in the account `sid` at `host`.

    Its files are in `folder`; they contain no secret, and their names are a hash. `now` returns
    Unix seconds; `tell` gets the reason for each wait.
    """

    def __init__(
        self,
        folder: Path,
        *,
        host: str,
        sid: str,
        title: str,
        now: Callable[[], float] = time.time,
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

    @contextmanager
    def acquire(self, remaining: files.Remaining) -> Iterator[None]:
        """Hold the lock; wait `remaining` seconds at most, as its holder may be stopped (Ctrl-Z).

        Raises DeadlineExceeded then, ConfigError where the folder cannot be written.
        """
        busy = f"another wacb is creating the profile {self._title!r}"
        timeout_error = DeadlineExceeded(
            f"{busy}, and waiting for it would exceed the time limit",
            hint="run the same command again, or pass a longer --deadline",
            sent=False,
        )
        with files.hold_lock(
            self._path("lock"),
            remaining=remaining,
            timeout_error=timeout_error,
            try_every=TRY_EVERY,
            sleep=self._sleep,
            on_busy=lambda: self._tell(f"{busy}: waiting for it"),
        ):
            yield

    def record_intent(self, remaining: files.Remaining) -> None:
        """Record that a create will be sent within the `remaining` time, retries included.

        Raises ConfigError or DeadlineExceeded where the record cannot be written: then it must not
        be sent.
        """
        self._write(CreateRecord(self._now() + remaining(), None), remaining)

    def record_result(self, profile_id: str | None) -> None:
        """Record the ID of the created profile, None where the result is unknown."""
        # Too late to refuse, and nothing is lost: since `record_intent` the record says "unknown",
        # and where nothing can be written `acquire` refuses the run that would rely on it.
        with suppress(*files.WRITE_ERRORS):
            self._write(CreateRecord(self._now(), profile_id), files.after_the_fact())

    def record_not_sent(self) -> None:
        """Record that the announced create did not happen."""
        with suppress(*files.WRITE_ERRORS):  # the next run polls longer than necessary
            self._write(CreateRecord(0.0, None), files.after_the_fact())

    def poll_listing(self, remaining: files.Remaining) -> Iterator[str | None]:
        """Yield whenever it is time to list: at once, then as long as a listing may lag.

        Yields the ID of the profile that was last created here, None where there is none or the
        result is unknown. Raises OutcomeUnknown when `remaining` does not suffice.
        """
        last = self._read()
        yield last.id
        # never longer than LAG: whoever wrote a later time has ended, or the clock was wrong
        left = min(LAG, last.time + LAG - self._now())
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
            yield last.id

    def _unknown_error(self, left: float) -> OutcomeUnknown:
        return OutcomeUnknown(
            f"it is still unknown whether the profile {self._title!r} was created a moment ago",
            hint=f"run the same command again with --if-not-exists in {left:.0f} s, or pass a "
            "longer --deadline",
        )

    def _read(self) -> CreateRecord:
        path = self._path("json")
        text = files.read_text(path)
        if text is None:
            return CreateRecord(0.0, None)
        try:
            data = read_json(text)
            return CreateRecord(
                float(data["time"]), None if data["id"] is None else str(data["id"])
            )
        except (ValueError, TypeError, LookupError, ArithmeticError):
            raise ConfigError(
                f"{path} was changed by another program", hint="remove this file"
            ) from None

    def _write(self, record: CreateRecord, remaining: files.Remaining) -> None:
        text = ascii_json(record._asdict()) + "\n"
        files.update(self._path("json"), lambda old: text, remaining=remaining)

    def _path(self, kind: str) -> Path:
        name = uuid5(NAMESPACE_OID, f"{self._host}\n{self._sid}\n{self._title}").hex
        return self._folder / f"{name}.{kind}"

"""This machine's creates of one title: one at a time, and the last one remembered for a while.

A listing may lag behind a create, so "none is listed" alone is no reason to create one. Talks to
the disk and to other processes, never to the API.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from wacb.errors import ConfigError, DeadlineExceeded, OutcomeUnknown
from wacb.jsontext import ascii_json, read_json
from wacb.storage import files

LAG = 30.0  # assumed: seconds after which a listing shows what was created (quality.md 2 has 20)
LOOK_EVERY = 3.0  # seconds between two looks at a listing that may lag
TRY_EVERY = 0.1  # seconds between two tries to get the lock


class Last(NamedTuple):
    """A create that was sent not later than `time` (Unix seconds).

    Without an `id` nobody knows what came of it.
    """

    time: float
    id: str | None


class Claim:
    """The creates of the title `title` in the account `sid`, with files of their own in `folder`.

    `now` gives Unix seconds, `tell` is told why the program waits. The files hold no secret; their
    names are a hash.
    """

    def __init__(
        self,
        folder: Path,
        *,
        sid: str,
        title: str,
        now: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
        tell: Callable[[str], None] = lambda text: None,
    ) -> None:
        self._folder = folder
        self._sid = sid
        self._title = title
        self._now = now
        self._sleep = sleep
        self._tell = tell

    @contextmanager
    def held(self, remaining: Callable[[], float]) -> Iterator[None]:
        """Keep every other process from creating the title; wait for one that does.

        `remaining` gives the seconds this may take: a holder can be stopped (Ctrl-Z) for good.
        Raises DeadlineExceeded then, ConfigError where the folder cannot be written.
        """
        path = self._path("lock")
        with _locking(path):
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            self._wait_turn(lambda: _lock(descriptor, path), remaining)
            yield
        finally:
            os.close(descriptor)

    def begin(self, seconds: float) -> None:
        """Remember that a create will be sent, tries included, within `seconds`.

        Raises ConfigError where the disk does not let it: then it must not be sent.
        """
        self._remember(Last(self._now() + seconds, None))

    def settle(self, profile_id: str | None) -> None:
        """Remember what came of a create that was sent: the ID, None where nobody knows."""
        # Too late to refuse, and nothing is lost: after `begin` the disk says "nobody knows", and
        # where nothing can be written `held` refuses the run that would rely on it.
        with suppress(ConfigError):
            self._remember(Last(self._now(), profile_id))

    def withdraw(self) -> None:
        """Remember that what `begin` announced surely was not created."""
        with suppress(ConfigError):  # the next run looks longer than it need
            self._remember(Last(0.0, None))

    def looks(self, remaining: Callable[[], float]) -> Iterator[str | None]:
        """Yield whenever it is time for a look: at once, then as long as a listing may lag.

        What is yielded is the ID of the last profile that was created here, None where there is
        none or nobody knows. Raises OutcomeUnknown when `remaining` does not suffice.
        """
        last = self._last()
        yield last.id
        # never longer than LAG: whoever wrote a later time has ended since, or the clock was wrong
        left = min(LAG, last.time + LAG - self._now())
        if left > 0:
            self._tell(
                f"an earlier create of {self._title!r} may not be listed yet: looking for it for "
                f"up to {left:.0f} s"
            )
        while left > 0:
            pause = min(LOOK_EVERY, left)
            if pause >= remaining():
                raise self._unknown(left)
            self._sleep(pause)
            left -= pause
            yield last.id

    def _wait_turn(self, locked: Callable[[], bool], remaining: Callable[[], float]) -> None:
        if locked():
            return
        busy = f"another wacb is creating the profile {self._title!r}"
        self._tell(f"{busy}: waiting for it")
        while not locked():
            if remaining() <= TRY_EVERY:
                raise DeadlineExceeded(
                    f"{busy}, and waiting for it would pass the deadline",
                    hint="run the same command again, or pass a longer --deadline",
                    sent=False,
                )
            self._sleep(TRY_EVERY)

    def _unknown(self, left: float) -> OutcomeUnknown:
        return OutcomeUnknown(
            f"whether the profile {self._title!r} was created a moment ago is still not known",
            hint=f"run the same command again with --if-not-exists in {left:.0f} s, or give more "
            "time with --deadline",
        )

    def _last(self) -> Last:
        path = self._path("json")
        text = files.read_text(path)
        if text is None:
            return Last(0.0, None)
        try:
            data = read_json(text)
            return Last(float(data["time"]), None if data["id"] is None else str(data["id"]))
        except (ValueError, TypeError, LookupError, ArithmeticError):
            raise ConfigError(
                f"{path} does not hold what wacb wrote there", hint="remove this file"
            ) from None

    def _remember(self, last: Last) -> None:
        files.update(self._path("json"), lambda old: ascii_json(last._asdict()) + "\n")

    def _path(self, kind: str) -> Path:
        name = sha256(f"{self._sid}\n{self._title}".encode()).hexdigest()[:32]
        return self._folder / f"{name}.{kind}"


def _lock(descriptor: int, path: Path) -> bool:
    with _locking(path):
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return True


@contextmanager
def _locking(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ConfigError(
            f"cannot lock {path}: {error.strerror}",
            hint="check this path, or name another folder in XDG_STATE_HOME",
        ) from error

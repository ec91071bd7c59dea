"""Requests of one command: sent one by one or several at a time, and ended together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any, TypeVar, cast

from wacb.api.requests import ApiRequest
from wacb.api.retry import RetryingClient
from wacb.net.pool import run_all

A = TypeVar("A")
T = TypeVar("T")
Progress = Callable[[int], AbstractContextManager[Callable[[], None]]]


def unseen(count: int) -> AbstractContextManager[Callable[[], None]]:
    """Show no progress."""
    return nullcontext(lambda: None)


class Requester:
    """Send requests through `retrying`, up to `jobs` at a time.

    `progress` is entered with a count of what is done at once; what it yields is called after each.
    """

    def __init__(
        self, retrying: RetryingClient, *, jobs: int = 1, progress: Progress = unseen
    ) -> None:
        self._retrying = retrying
        self._jobs = jobs
        self._progress = progress

    def send(
        self,
        request: ApiRequest,
        *,
        until_deadline: bool = False,
        look_again: Callable[[], None] = lambda: None,
    ) -> Any:
        """Send a request and return the `data` of the response, as RetryingClient does."""
        return self._retrying.send(request, until_deadline=until_deadline, look_again=look_again)

    def remaining(self) -> float:
        """Seconds left of the command's time limit."""
        return self._retrying.remaining()

    @property
    def round_trip(self) -> float:
        """Seconds that a request took, on average; 0 before the first response."""
        return self._retrying.round_trip

    def reserve_time(self) -> AbstractContextManager[None]:
        """Keep enough of the time limit to read once more."""
        return self._retrying.reserve_time()

    def stop_sending(self) -> None:
        """Start no further attempt, in any thread; those in progress end normally."""
        self._retrying.stop_sending()

    def close(self) -> None:
        """Close all connections; requests in progress end as Interrupted."""
        self._retrying.close()

    def abort(self) -> None:
        """Start no further attempt, and end those in progress."""
        self.stop_sending()
        self.close()

    def at_once(self, work: Callable[[A], T], items: Sequence[A]) -> list[T]:
        """Return `work(item)` for each item, in their order, several at a time; as run_all does."""
        if self._jobs == 1 or len(items) < 2:
            return [work(item) for item in items]

        def count(item: A) -> T:
            result = work(item)
            advance()
            return result

        with self._progress(len(items)) as advance:
            return run_all(count, items, jobs=self._jobs, abort=self.abort)

    def both(self, one: Callable[[], A], other: Callable[[], T]) -> tuple[A, T]:
        """Call two functions in parallel, and return both results."""
        first, second = self.at_once(lambda call: call(), (one, other))
        return cast(A, first), cast(T, second)

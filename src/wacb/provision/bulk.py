"""Change numbers, one or thousands: in parallel, journaled, compared afterwards."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from functools import partial
from typing import cast

from wacb.api.client import Client
from wacb.api.listing import Listing
from wacb.api.retry import STALE_AFTER
from wacb.errors import (
    CheckFailed,
    DeadlineExceeded,
    NotReached,
    OutcomeUnknown,
    WacbError,
)
from wacb.models import UNKNOWN, AttachedId, Number, same_id
from wacb.net.pool import run_all
from wacb.provision.attach_way import name_ways
from wacb.provision.interrupt import GracefulInterrupt
from wacb.provision.number_change import NumberChange, NumberResult, changed_meanwhile
from wacb.provision.prepare import skipped
from wacb.provision.read_back import (
    attached_ids,
    difference_error,
    explain_unseen,
    fail_deleted,
    fail_unverified,
    is_lost,
    is_open,
    look_up_again,
)
from wacb.provision.steps import READ_BACK_AFTER
from wacb.storage import files
from wacb.storage.journal import Entry, Journal, Outcome, outcome_of
from wacb.storage.uptime import seconds_up

_UNAUTHORIZED = 401


class BulkRunner:
    """Make prepared changes, up to `jobs` at a time.

    A change is journaled before its request leaves, and its outcome afterwards; `done` is called
    after each number. An `interrupt`, a 401 or, with `fail_fast`, any failure ends the run: no new
    request starts, those in progress finish.
    """

    def __init__(
        self,
        client: Client,
        journal: Journal,
        *,
        sleep: Callable[[float], None],
        jobs: int = 1,
        fail_fast: bool = False,
        done: Callable[[], None] = lambda: None,
        interrupt: GracefulInterrupt | None = None,
    ) -> None:
        self._client = client
        self._journal = journal
        self._sleep = sleep
        self._jobs = jobs
        self._fail_fast = fail_fast
        self._done = done
        self._begun: dict[str, Entry] = {}
        self._looking = threading.Lock()
        self._looked_at = float("-inf")  # nothing is older, where no look is due
        self._fresh_since = float("-inf")
        self._seen: dict[str, AttachedId] = {}
        self.interrupt = interrupt or GracefulInterrupt(client)

    def execute(self, prepared: Sequence[NumberResult]) -> list[NumberResult]:
        """Make all changes, then list the numbers once for all of them and compare.

        The attached profiles are looked up again, too: somebody may have deleted one meanwhile.
        The results are in the order of the changes. Nothing is raised for one that fails, but
        ConfigError, before anything is written, where the journal cannot be.
        """
        if any(_is_journaled(item.change) for item in prepared if not item.error):
            self._journal.check_writable()

        if self._client.is_stale("numbers"):  # by questions and other work since the changes
            self._fresh_since = seconds_up()  # were prepared
        until_deadline = len(prepared) > 1
        with self.interrupt:
            with self._client.reserve_time():
                results = run_all(
                    lambda item: self._run(item, until_deadline),
                    prepared,
                    jobs=self._jobs,
                    abort=self._client.abort,
                )
            results, problems = self._read_back(results)
        settled = [
            result if item.error else name_ways(_settle(result), single=len(prepared) == 1)
            for item, result in zip(prepared, results, strict=True)
        ]
        return fail_deleted(settled, problems)

    def _read_back(
        self, results: list[NumberResult]
    ) -> tuple[list[NumberResult], dict[str, WacbError | None]]:
        """Compare the numbers and look the attached profiles up again, in parallel."""
        ids = attached_ids(results)
        looks: list[Callable[[], object]] = [
            partial(self._compare, results),
            *(partial(look_up_again, self._client, each) for each in ids),
        ]
        compared, *found = self._client.at_once(lambda look: look(), looks)
        results = cast(list[NumberResult], compared)
        problems = dict(zip(ids, cast(list[WacbError | None], found), strict=True))
        for late in attached_ids(results):  # a lost response may have been a success
            if late not in problems:
                problems[late] = look_up_again(self._client, late)
        return results, problems

    def _run(self, item: NumberResult, until_deadline: bool) -> NumberResult:
        result = item if item.error else self._attempt(item, until_deadline)
        if result.error and (self._fail_fast or result.error.status == _UNAUTHORIZED):
            self.interrupt.request()  # after a 401, none of the other requests can succeed
        self._done()
        return result

    def _attempt(self, item: NumberResult, until_deadline: bool) -> NumberResult:
        change = item.change
        if change.shown and (change.old or self._client.shows_profiles):
            self._journal.settle_by_look(change.number, change.old)
        if not change.is_needed:
            return item._replace(status="unchanged", verified=True)
        if self.interrupt.requested:
            return item._replace(error=skipped(change.number))
        if self._client.remaining() <= 0:
            return item._replace(error=_not_reached(change.number))
        began = seconds_up()
        try:
            self._begin(change)
        except files.WRITE_ERRORS as error:
            if self.interrupt.requested:
                return item._replace(error=skipped(change.number))
            self.interrupt.request()  # no other number could be journaled
            return item._replace(error=error)
        try:
            # another process may have locked the journal
            waited = seconds_up() - began >= STALE_AFTER
            self._look_again(change, seconds_up() if waited else self._fresh_since)
            self._client.send(
                change.request(self._client.api),
                until_deadline=until_deadline,
                look_again=lambda: self._look_again(change, seconds_up() - STALE_AFTER),
            )
        except WacbError as error:
            self._settle(change, outcome_of(error))
            return item._replace(error=error)
        return self._record(item)

    def _look_again(self, change: NumberChange, since: float) -> None:
        """Raise Unsafe if a listing from `since` or later shows another profile."""
        if not change.shown:
            return
        with self._looking:
            if self._looked_at < since:
                listing = self._client.list_numbers()
                self._seen = {number.number: number.callback_profile_id for number in listing}
                self._looked_at = seconds_up()
            seen = self._seen.get(change.number, UNKNOWN)
        # the new value, where an attempt was made that went unanswered
        if seen is not UNKNOWN and not (same_id(seen, change.old) or same_id(seen, change.new)):
            raise changed_meanwhile(change.number)

    def _begin(self, change: NumberChange) -> None:
        """Journal a change before its request leaves."""
        if change.new is not UNKNOWN:
            self._begun[change.number] = self._journal.begin(
                number=change.number,
                old=change.old,
                new=change.new,
                action=change.action,
                remaining=lambda: 0.0 if self.interrupt.requested else self._client.remaining(),
            )

    def _settle(self, change: NumberChange, outcome: Outcome) -> None:
        if change.number in self._begun:
            self._journal.settle(self._begun[change.number], outcome)

    def _record(self, item: NumberResult) -> NumberResult:
        """Journal that a change was made."""
        self._settle(item.change, "done")
        return item._replace(
            status="detached" if item.change.new is None else "attached", error=None
        )

    def _compare(self, results: list[NumberResult]) -> list[NumberResult]:
        """List the numbers, again while a change is not visible yet, and settle what is open."""
        if self._client.api.waba_id is None:
            return results
        results = self._look_until_seen(results)
        if any(result.status in ("attached", "detached") for result in results):
            self._client.remember_shown()
        return results

    def _look_until_seen(self, results: list[NumberResult]) -> list[NumberResult]:
        listing: Listing[Number] | None = None
        shown: dict[str, AttachedId] = {}
        for pause in READ_BACK_AFTER:
            if self.interrupt.interrupted or not any(map(is_open, results)):
                break
            if pause >= self._client.remaining():
                late = DeadlineExceeded("skipped: time limit reached")
                return list(map(partial(fail_unverified, late), results))
            self._sleep(pause)
            try:
                listing = self._client.list_numbers()
                shown = {number.number: number.callback_profile_id for number in listing}
            except WacbError as error:
                return list(map(partial(fail_unverified, error), results))
            if not listing.gap and all(profile is UNKNOWN for profile in shown.values()):
                break  # the API shows no number's profile, however long one waits
            results = [
                self._verify(result, shown.get(result.change.number, UNKNOWN))
                if is_open(result)
                else result
                for result in results
            ]
        if listing is None:
            return results
        for result in results:
            if result.verified is False:  # accepted and not done, or changed again since
                self._settle(result.change, "unknown")
        return [explain_unseen(result, listing, shown) for result in results]

    def _verify(self, result: NumberResult, shown: AttachedId) -> NumberResult:
        if shown is UNKNOWN:
            return result
        if not same_id(shown, result.change.new):
            differs = difference_error(result.change, shown)
            return result._replace(verified=False, error=result.error or differs)
        if is_lost(result):
            result = self._record(result)
        error = None if isinstance(result.error, CheckFailed) else result.error
        return result._replace(verified=True, error=error)


def _is_journaled(change: NumberChange) -> bool:
    return change.is_needed and change.new is not UNKNOWN


def _settle(result: NumberResult) -> NumberResult:
    """Report an update that could not be looked up as one of unknown outcome."""
    if not is_lost(result) or result.verified is False or result.error is None:
        return result
    unknown = OutcomeUnknown(
        f"{result.error.message}; the number may or may not have been changed",
        hint="run the same command again; it changes only what still differs",
        status=result.error.status,
    )
    return result._replace(error=unknown)


def _not_reached(number: str) -> NotReached:
    return NotReached(
        f"number {number} was not tried: the time limit was reached",
        hint="run the same command again to finish, or pass a longer --deadline",
        sent=False,
    )

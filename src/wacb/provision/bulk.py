"""Carry out changes of numbers, one or thousands: in parallel, journaled, compared afterwards."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import NamedTuple

from wacb.api.client import Client
from wacb.errors import (
    CheckFailed,
    ConfigError,
    DeadlineExceeded,
    Interrupted,
    OutcomeUnknown,
    Skipped,
    Unavailable,
    WacbError,
)
from wacb.provision.attach import Attachment, AttachStep
from wacb.provision.interrupt import Stop
from wacb.storage.journal import Journal

READ_BACK_AFTER = (0.0, 1.0, 2.0)  # seconds before each look whether a change is visible


class Prepared(NamedTuple):
    """A number's step, or the reason why it has none."""

    number: str
    step: AttachStep | None
    error: WacbError | None = None


def prepare_all(
    items: Sequence[tuple[str, Callable[[], AttachStep]]], *, fail_fast: bool
) -> list[Prepared]:
    """Prepare every number's step before anything is written; refusals are kept, not raised.

    With `fail_fast` one refusal is enough to try no number at all.
    """
    prepared = [_prepare(number, step) for number, step in items]
    if fail_fast and any(item.error for item in prepared):
        return [
            item if item.error else item._replace(step=None, error=_not_tried(item.number))
            for item in prepared
        ]
    return prepared


def _prepare(number: str, step: Callable[[], AttachStep]) -> Prepared:
    try:
        return Prepared(number, step())
    except WacbError as error:
        return Prepared(number, None, error)


class Run:
    """Carry out prepared steps, up to `jobs` at a time.

    A change is journaled as soon as it is made; `done` is told after each number. A `stop` or, with
    `fail_fast`, a failure ends the run: no new request starts, those under way end.
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
        stop: Stop | None = None,
    ) -> None:
        self._client = client
        self._journal = journal
        self._sleep = sleep
        self._jobs = jobs
        self._fail_fast = fail_fast
        self._done = done
        self.stop = stop or Stop(client)

    def carry_out(self, prepared: Sequence[Prepared]) -> list[Attachment]:
        """Do all steps, then list the numbers once for all of them and compare.

        The results are in the order of the steps. Nothing is raised for a step that fails, but
        ConfigError, before anything is written, where the journal cannot be.
        """
        if any(item.step and item.step.request and item.step.new is not None for item in prepared):
            self._journal.check_writable()

        patient = len(prepared) > 1
        with self.stop:
            with ThreadPoolExecutor(self._jobs) as pool:
                results = list(pool.map(lambda item: self._one(item, patient), prepared))
            if self._client.api.waba_id is not None:
                results = self._compare(prepared, results)
        return [
            _settled(result) if item.step else result
            for item, result in zip(prepared, results, strict=True)
        ]

    def _one(self, item: Prepared, patient: bool) -> Attachment:
        result = self._attempt(item, patient)
        if result.error and self._fail_fast:
            self.stop.now()
        self._done()
        return result

    def _attempt(self, item: Prepared, patient: bool) -> Attachment:
        step = item.step
        if step is None:
            return Attachment(item.number, None, None, None, error=item.error)
        plain = Attachment(step.number, None, step.old, step.new)
        if step.request is None:
            return plain._replace(result="unchanged", verified=True if step.shown else None)
        if self.stop.over:
            return plain._replace(error=_not_tried(step.number))
        try:
            self._client.send(step.request, patient=patient)
        except WacbError as error:
            return plain._replace(error=error)
        return self._record(plain, step)

    def _record(self, plain: Attachment, step: AttachStep) -> Attachment:
        """Journal a change that was made. Where that fails the user must know both."""
        made = plain._replace(result="detached" if step.new == "" else "attached", error=None)
        if step.new is not None:
            try:
                self._journal.append(
                    number=step.number, old=step.old, new=step.new, action=step.action
                )
            except ConfigError as error:
                self.stop.now()  # else every other number were changed without a way back, too
                return made._replace(error=_unjournaled(step, error))
        return made

    def _compare(self, prepared: Sequence[Prepared], results: list[Attachment]) -> list[Attachment]:
        """List the numbers, again while something is not visible yet, and settle what is open."""
        for pause in READ_BACK_AFTER:
            if self.stop.interrupted or not any(map(_is_open, results)):
                break
            if pause >= self._client.remaining():
                late = DeadlineExceeded("the deadline left no time for it")
                return list(map(partial(_unseen, late), prepared, results))
            self._sleep(pause)
            try:
                listed = self._client.list_numbers()
            except WacbError as error:
                return list(map(partial(_unseen, error), prepared, results))
            shown = {number.number: number.callback_profile_id for number in listed}
            if not any(profile is not None for profile in shown.values()):
                break  # the API shows no number's profile, however long one waits
            results = [
                self._seen(item, result, shown.get(result.number)) if _is_open(result) else result
                for item, result in zip(prepared, results, strict=True)
            ]
        return results

    def _seen(self, item: Prepared, result: Attachment, shown: str | None) -> Attachment:
        if shown is None:
            return result
        if shown != result.new:
            return result._replace(verified=False, error=result.error or _differs(result, shown))
        if _is_lost(result) and item.step:
            result = self._record(result, item.step)
        error = None if isinstance(result.error, CheckFailed) else result.error
        return result._replace(verified=True, error=error)


def _is_lost(result: Attachment) -> bool:
    """Say whether the request may have been carried out although no answer came."""
    maybe = isinstance(result.error, Unavailable) and result.error.sent
    return result.result is None and maybe


def _is_open(result: Attachment) -> bool:
    """Say whether a change was made, or may have been, that is not seen on the number yet."""
    changed = result.result in ("attached", "detached") or _is_lost(result)
    return changed and result.new is not None and not result.verified


def _unseen(why: WacbError, item: Prepared, result: Attachment) -> Attachment:
    """Make it a failure that a number which was changed could not be read back."""
    if not _is_open(result) or result.error or isinstance(why, Interrupted):
        return result
    failed = type(why)(
        f"number {result.number} was changed, but could not be read back: {why.message}",
        hint="run the same command again: it compares",
        status=why.status,
    )
    if item.step and item.step.action == "rollback":  # a second one would return
        failed.hint, failed.retryable = f"look at it: wacb number show {item.number}", False
    return result._replace(error=failed)


def _settled(result: Attachment) -> Attachment:
    """Say of an update that could not be looked at that its outcome is not known."""
    if not _is_lost(result) or result.verified is False or result.error is None:
        return result
    unknown = OutcomeUnknown(
        f"{result.error.message}; whether it was changed is not known",
        hint="run the same command again: it changes only what still differs",
        status=result.error.status,
    )
    return result._replace(error=unknown)


def _unjournaled(step: AttachStep, error: ConfigError) -> ConfigError:
    old = "an unknown profile" if step.old is None else step.old or "no profile"
    return ConfigError(
        f"number {step.number} was changed from {old} to {step.new or 'no profile'}, but not "
        f"journaled, so `number rollback` cannot undo it: {error.message}",
        hint=error.hint,
    )


def _differs(result: Attachment, shown: str) -> CheckFailed:
    return CheckFailed(
        f"the API took the update of number {result.number}, but shows "
        f"{'profile ' + shown if shown else 'no profile'} on it instead of {result.new or 'none'}",
        hint=f"look again: wacb number show {result.number}",
    )


def _not_tried(number: str) -> Skipped:
    return Skipped(f"number {number} was not tried: the run was stopped")

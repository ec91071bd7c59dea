"""Apply a plan so that no message falls into a gap: nothing is removed before all else is in place,
and nothing at all once something has failed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from wacb.api.client import Client
from wacb.api.requests import Api, ApiRequest
from wacb.errors import DeadlineExceeded, Skipped, Unsafe, WacbError
from wacb.models import UNKNOWN, CallbackProfile
from wacb.plan.model import Action, Change, Plan
from wacb.provision import create
from wacb.provision.bulk import BulkRunner
from wacb.provision.delete import delete_profile
from wacb.provision.interrupt import GracefulInterrupt
from wacb.provision.number_change import NumberChange, NumberResult, Result
from wacb.provision.prepare import failed_change
from wacb.provision.steps import CreateStep, ProfileResult, UpdateStep
from wacb.provision.update import update_profile
from wacb.provision.usage import Usage, find_usage
from wacb.storage.create_lock import CreateLock
from wacb.storage.journal import Journal

PlanResult = Result[Change]
_PLAN_AGAIN = "plan again and review the changes"


@dataclass
class PlanRunner:
    """Apply one plan, up to `jobs` numbers at a time.

    `lock` makes the lock for the creation of a title, `notify` takes notes, `done` is called after
    each change.
    """

    client: Client
    journal: Journal
    lock: Callable[[str], CreateLock]
    sleep: Callable[[float], None]
    interrupt: GracefulInterrupt
    notify: Callable[[str], None]
    jobs: int
    done: Callable[[], None] = lambda: None
    _ids: dict[str, str] = field(default_factory=dict, init=False)
    _failed: set[str] = field(default_factory=set, init=False)

    def execute(self, plan: Plan) -> list[PlanResult]:
        """Make every change, in the plan's order; the results have the IDs of what was changed.

        Nothing is raised for a change that fails. Raises ConfigError, before anything is done,
        where a change could not be journaled.
        """
        results: list[PlanResult] = []
        self.journal.check_writable()
        with self.interrupt:
            profiles = _with_action(plan, "create") + _with_action(plan, "update")
            results += [self._change_profile(change) for change in profiles]
            results += self._change_numbers(_with_action(plan, "attach"))
            removals = (
                (_with_action(plan, "detach"), self._change_numbers),
                (_with_action(plan, "delete"), self._delete_profiles),
            )
            for changes, remove in removals:
                if self.interrupt.requested or any(result.error for result in results):
                    results += [_skip(change) for change in changes]
                else:
                    results += remove(changes)
        return results

    # -- profiles

    def _change_profile(self, change: Change) -> PlanResult:
        if self.interrupt.requested:
            return _skip(change)
        try:
            changed = self._execute_step(change)
        except WacbError as error:
            self._failed.add(change.name)
            if isinstance(error, DeadlineExceeded):
                self.interrupt.request()  # else every other change failed by it, too
            return PlanResult(change, error=error)
        finally:
            self.done()
        for note in changed.notes:
            self.notify(note)
        self._ids[change.name] = changed.profile.id
        return PlanResult(replace(change, id=changed.profile.id), changed.status)

    def _execute_step(self, change: Change) -> ProfileResult:
        if isinstance(change.work, CallbackProfile):
            return delete_profile(
                self.client,
                change.work,
                sleep=self.sleep,
                look_again=partial(self._require_unused, change),
            )
        if isinstance(change.work, UpdateStep):
            return update_profile(self.client, change.work, sleep=self.sleep)
        assert isinstance(change.work, CreateStep)
        return self._create(change.work)

    def _create(self, step: CreateStep) -> ProfileResult:
        """Create a profile, unless it appeared since the plan was made; never a second one."""
        draft, lock = step.draft, self.lock(step.draft.title)
        with create.find_or_create_again(), lock.acquire(self._remaining):
            found = create.prepare_create(
                self.client, draft, if_exists=create.IfExists.UPDATE, lock=lock
            )
            if isinstance(found, CreateStep):
                return create.create_profile(self.client, draft, sleep=self.sleep)
            if found.changes:
                raise Unsafe(
                    f"profile {found.live.id} was created after the plan, with the same title "
                    "and different content",
                    hint=_PLAN_AGAIN,
                )
            return update_profile(self.client, found, sleep=self.sleep)

    def _remaining(self) -> float:
        """Seconds to wait for a lock: none once the run is being stopped."""
        return 0.0 if self.interrupt.requested else self.client.remaining()

    def _delete_profiles(self, changes: Sequence[Change]) -> list[PlanResult]:
        """Delete profiles, unless a number uses one now, or may."""
        if not changes:
            return []
        try:
            usage = self._find_usage(changes)
        except WacbError as error:
            return [PlanResult(change, error=error) for change in changes]
        results = []
        for change in changes:
            in_use = _in_use_error(change, usage)
            results.append(
                PlanResult(change, error=in_use) if in_use else self._change_profile(change)
            )
        return results

    def _require_unused(self, change: Change) -> None:
        """Raise Unsafe if a number uses a profile now, or may."""
        if in_use := _in_use_error(change, self._find_usage([change])):
            raise in_use

    def _find_usage(self, changes: Iterable[Change]) -> Usage:
        rows = self.client.list_numbers().require_whole()
        ids = [change.id or "" for change in changes]
        return find_usage(rows, ids, shows_profiles=self.client.shows_profiles)

    # -- numbers

    def _change_numbers(self, changes: Sequence[Change]) -> list[PlanResult]:
        works = [change.work for change in changes if isinstance(change.work, NumberChange)]
        if not works:
            return []
        runner = BulkRunner(
            self.client,
            self.journal,
            sleep=self.sleep,
            jobs=self.jobs,
            done=self.done,
            interrupt=self.interrupt,
        )
        prepared = [self._prepare(work) for work in works]
        results = runner.execute(prepared)
        return [_plan_result(*pair) for pair in zip(changes, results, strict=True)]

    def _prepare(self, change: NumberChange) -> NumberResult:
        name = change.profile_name
        new = self._ids.get(name or "", UNKNOWN) if change.new is UNKNOWN else change.new
        if new is UNKNOWN or name in self._failed:
            why = f"number {change.number} was skipped: its profile is not in the desired state"
            return failed_change(change.number, Skipped(why))
        return NumberResult(change._replace(new=new))


def requests(plan: Plan, api: Api) -> list[ApiRequest]:
    """Build the requests of a dry run, secrets masked; `ID_OF_<name>` is an ID not known yet."""
    listed: list[ApiRequest] = []
    for change in plan.changes:
        work = change.work
        if isinstance(work, NumberChange):
            listed.append(work.request(api))
        elif isinstance(work, CallbackProfile):
            listed.append(api.delete_profile(work.id))
        else:
            # the file's text in place of what a variable made of it
            draft = work.draft._replace(**change.written)
            listed += work._replace(draft=draft).requests(api)
    return listed


def _with_action(plan: Plan, action: Action) -> list[Change]:
    return [change for change in plan.changes if change.action == action]


def _plan_result(change: Change, result: NumberResult) -> PlanResult:
    new = result.change.new if result.status else None
    return PlanResult(
        replace(change, id=new if isinstance(new, str) else None),
        result.status,
        result.error,
        result.verified,
    )


def _in_use_error(change: Change, usage: Usage) -> Unsafe | None:
    users = usage.users_of(change.id or "")
    if users:
        why = f"number {users[0]} now uses it"
    elif usage.unseen:
        why = f"the API does not show which profile {usage.unseen_phrase} has"
    else:
        return None
    return Unsafe(f"profile {change.name!r} ({change.id}) was not deleted: {why}", hint=_PLAN_AGAIN)


def _skip(change: Change) -> PlanResult:
    why = f"{change.kind} {change.name} was skipped: the run was stopped"
    return PlanResult(change, error=Skipped(why))

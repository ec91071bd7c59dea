"""Carry out a plan so that no message falls into a gap: nothing is taken away before all else is
in place, and nothing at all once something has failed (cli.md 10).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from wacb.api.client import Client
from wacb.api.requests import Api, ApiRequest
from wacb.errors import DeadlineExceeded, OutcomeUnknown, Skipped, Unsafe, WacbError
from wacb.models import CallbackProfile
from wacb.plan.model import Action, Change, Move, Plan
from wacb.provision import create, delete, update
from wacb.provision.attach import JOBS, Attachment, AttachStep
from wacb.provision.bulk import Prepared, Run
from wacb.provision.interrupt import Stop
from wacb.provision.steps import ProfileResult, ProfileStep
from wacb.storage.create_lock import Claim
from wacb.storage.journal import Journal


class Outcome(NamedTuple):
    """What became of a change: `result` is None where nothing is known to have been done.

    It is "created", "adopted", "updated", "unchanged" (somebody else did the same meanwhile),
    "attached", "detached" or "deleted"; `id` is the profile's, for a number the one on it now.
    """

    change: Change
    result: str | None
    id: str | None
    error: WacbError | None = None


class Apply:
    """Carries out one plan. `claim` guards the creation of a title, `tell` is told notes.

    `done` is called after each change.
    """

    def __init__(
        self,
        client: Client,
        journal: Journal,
        *,
        claim: Callable[[str], Claim],
        sleep: Callable[[float], None],
        stop: Stop,
        tell: Callable[[str], None],
        done: Callable[[], None] = lambda: None,
    ) -> None:
        self._client = client
        self._journal = journal
        self._claim = claim
        self._sleep = sleep
        self._stop = stop
        self._tell = tell
        self._done = done
        self._ids: dict[str, str] = {}
        self._failed: set[str] = set()

    def carry_out(self, plan: Plan) -> list[Outcome]:
        """Do every change, in the plan's order. Nothing is raised for one that fails.

        Raises ConfigError, before anything is done, where a move could not be journaled.
        """
        outcomes: list[Outcome] = []
        if any(isinstance(change.work, Move) for change in plan.changes):
            self._journal.check_writable()
        with self._stop:
            profiles = _of(plan, "create") + _of(plan, "update")
            outcomes += [self._one(change) for change in profiles]
            outcomes += self._move(_of(plan, "attach"))
            takes = ((_of(plan, "detach"), self._move), (_of(plan, "delete"), self._delete))
            for taken, take in takes:
                if self._stop.over or any(outcome.error for outcome in outcomes):
                    outcomes += [_not_tried(change) for change in taken]
                else:
                    outcomes += take(taken)
        return outcomes

    # -- profiles

    def _one(self, change: Change) -> Outcome:
        if self._stop.over:
            return _not_tried(change)
        try:
            made = self._profile(change)
        except WacbError as error:
            self._failed.add(change.name)
            if isinstance(error, DeadlineExceeded):
                self._stop.now()  # else every other change failed by it, too
            return Outcome(change, None, change.id, error)
        finally:
            self._done()
        for note in made.notes:
            self._tell(note)
        self._ids[change.name] = made.profile.id
        return Outcome(change, made.result, made.profile.id)

    def _profile(self, change: Change) -> ProfileResult:
        if isinstance(change.work, CallbackProfile):
            return delete.delete(self._client, change.work)
        assert isinstance(change.work, ProfileStep)
        return (
            self._create(change.work)
            if change.action == "create"
            else update.update(self._client, change.work)
        )

    def _create(self, step: ProfileStep) -> ProfileResult:
        """Create a profile, unless it appeared since the plan was made; never a second one."""
        claim = self._claim(step.draft.title)
        try:
            with claim.held(self._client.remaining):
                step = create.prepare_once(self._client, step.draft, update=True, claim=claim)
                if step.changes and step.live:
                    raise Unsafe(
                        f"profile {step.live.id} appeared since the plan was made, with its title "
                        "and other content",
                        hint="look at it with `wacb plan`",
                    )
                return create.execute(self._client, step, sleep=self._sleep)
        except OutcomeUnknown as error:
            again = "run the same command again: it finds the profile or creates it"
            raise OutcomeUnknown(error.message, hint=again, status=error.status) from error

    def _delete(self, profiles: Sequence[Change]) -> list[Outcome]:
        """Delete profiles, unless a number carries one by now."""
        if not profiles:
            return []
        try:
            numbers = self._client.list_numbers()
        except WacbError as error:
            return [Outcome(change, None, change.id, error) for change in profiles]
        carriers = {number.callback_profile_id: number.number for number in numbers}
        return [
            self._one(change)
            if change.id not in carriers
            else Outcome(change, None, change.id, _taken(change, carriers[change.id]))
            for change in profiles
        ]

    # -- numbers

    def _move(self, moves: Sequence[Change]) -> list[Outcome]:
        prepared = [self._prepare(change.work) for change in moves if isinstance(change.work, Move)]
        if not prepared:
            return []
        run = Run(
            self._client,
            self._journal,
            sleep=self._sleep,
            jobs=JOBS,
            done=self._done,
            stop=self._stop,
        )
        results = run.carry_out(prepared)
        return [_outcome(change, result) for change, result in zip(moves, results, strict=True)]

    def _prepare(self, move: Move) -> Prepared:
        new = self._ids.get(move.desired or "") if move.new is None else move.new
        if new is None or move.desired in self._failed:
            why = f"number {move.number} was not tried: its profile is not as it shall be"
            return Prepared(move.number, None, Skipped(why))
        step = AttachStep(
            number=move.number,
            old=move.old,
            new=new,
            # a profile that the listing did not show yet may be the one that is there
            request=None if new == move.old else _request(self._client.api, move, new),
            action="attach" if new else "detach",
            shown=move.shown,
        )
        return Prepared(move.number, step)


def _request(api: Api, move: Move, new: str) -> ApiRequest:
    """Make the request that puts the profile `new` ("" for none) on the number of a move."""
    return api.attach(move.number, new) if new else api.detach(move.number)


def requests(plan: Plan, api: Api) -> list[ApiRequest]:
    """Give the requests of a dry run, secrets masked; `ID_OF_<name>` is an ID not known yet."""
    listed: list[ApiRequest] = []
    for change in plan.changes:
        work = change.work
        if isinstance(work, ProfileStep):
            # what the file says in place of what a variable made of it
            draft = work.draft._replace(**change.written)
            listed += work._replace(draft=draft).requests(api)
        elif isinstance(work, Move):
            new = f"ID_OF_{work.desired}" if work.new is None else work.new
            listed.append(_request(api, work, new))
        else:
            listed.append(api.delete_profile(work.id))
    return listed


def _of(plan: Plan, action: Action) -> list[Change]:
    return [change for change in plan.changes if change.action == action]


def _outcome(change: Change, result: Attachment) -> Outcome:
    return Outcome(change, result.result, result.new if result.result else None, result.error)


def _taken(change: Change, number: str) -> Unsafe:
    return Unsafe(
        f"profile {change.id} ({change.name}) was not deleted: number {number} carries it by now",
        hint="look at it with `wacb plan`",
    )


def _not_tried(change: Change) -> Outcome:
    why = f"{change.kind} {change.name} was not tried: the run was stopped"
    return Outcome(change, None, change.id, Skipped(why))

"""Faults planted in the program: small mistakes of the kinds that the machine has to find."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest

from wacb.api import client, listing, retry
from wacb.cli import prompts
from wacb.cli.number import detach as detach_command
from wacb.cli.number import rollback as rollback_command
from wacb.cli.profile import check as check_command
from wacb.cli.profile import delete as delete_command
from wacb.errors import DeadlineExceeded, OutcomeUnknown
from wacb.models import AttachedId, same_id
from wacb.plan import apply, diff, prune
from wacb.provision import bulk, create, delete, find
from wacb.provision.lookup import AccountLookup
from wacb.provision.number_change import NumberChange
from wacb.provision.usage import Usage, find_usage
from wacb.storage.create_lock import CreateLock
from wacb.storage.journal import INTENT, Entry, Journal, Outcome, _Replay

Patch = pytest.MonkeyPatch
Plant = Callable[[Patch], None]


def journal_afterwards(patch: Patch) -> None:
    begin, settle = Journal.begin, Journal.settle

    def no_intent(self: Journal, **change: Any) -> Entry:
        left: dict[str, Any] = {name: change[name] for name in ("number", "old", "new", "action")}
        return Entry(time="", account="", **left)

    def both(self: Journal, entry: Entry, outcome: Outcome) -> None:
        change: Any = {name: getattr(entry, name) for name in ("number", "old", "new", "action")}
        settle(self, begin(self, **change), outcome)

    patch.setattr(Journal, "begin", no_intent)
    patch.setattr(Journal, "settle", both)


def forget_intents(patch: Patch) -> None:
    replay = _Replay.__init__

    def settled(self: _Replay, lines: Iterable[Entry]) -> None:
        known = list(lines)
        ended = {(each.number, each.seq) for each in known if each.outcome != INTENT}
        replay(self, [each for each in known if (each.number, each.seq) in ended])

    patch.setattr(_Replay, "__init__", settled)


def skip_by_belief(patch: Patch) -> None:
    needed = property(lambda change: not same_id(change.new, change.old))
    patch.setattr(NumberChange, "is_needed", needed)


def delete_by_belief(patch: Patch) -> None:
    patch.setattr(
        delete, "find_usage", lambda *of, **how: find_usage(*of, **how)._replace(unseen=())
    )


def prune_by_belief(patch: Patch) -> None:
    for module in (prune, apply):
        patch.setattr(module, "find_usage", lambda *_, **__: Usage({}, ()))


def look_for_no_lost_create(patch: Patch) -> None:
    def give_up(*_: object) -> str:
        raise OutcomeUnknown("not known")

    patch.setattr(create, "_adopt", give_up)


def create_again(patch: Patch) -> None:
    patch.setattr(retry, "_may_repeat", lambda _, error: not isinstance(error, DeadlineExceeded))


def take_no_lock(patch: Patch) -> None:
    @contextmanager
    def acquire(self: CreateLock, remaining: object) -> Iterator[None]:
        self.held = True
        yield

    patch.setattr(CreateLock, "acquire", acquire)


def look_before_the_question_only(patch: Patch) -> None:
    def confirm(app: Any, action: str, *, yes: bool, **_: object) -> None:
        prompts.confirm(app, action, yes=yes)

    for command in (detach_command, rollback_command, check_command, delete_command):
        patch.setattr(command, "confirm_unchanged", confirm)


def undo_a_rollback(patch: Patch) -> None:
    last_change = Journal.last_change

    def any_change(self: Journal, number: str) -> Entry | None:
        last = last_change(self, number)
        return last and last._replace(action="attach")

    patch.setattr(Journal, "last_change", any_change)


def compare_with_the_journal(patch: Patch) -> None:
    shown = AccountLookup.attached_profile_id

    def believed(self: AccountLookup, number: Any) -> AttachedId:
        return self.journal.believed.get(number.number, shown(self, number))

    patch.setattr(AccountLookup, "attached_profile_id", believed)


def take_a_part_for_the_whole(patch: Patch) -> None:
    patch.setattr(listing.Listing, "check_whole", lambda self: None)


def take_the_first_of_two(patch: Patch) -> None:
    patch.setattr(find, "_take_only", lambda title, titled: titled[0])


def call_a_lost_answer_done(patch: Patch) -> None:
    patch.setattr(bulk, "outcome_of", lambda error: "done")


def call_a_lost_answer_refused(patch: Patch) -> None:
    patch.setattr(bulk, "outcome_of", lambda error: "refused")


def send_after_a_wait(patch: Patch) -> None:
    patch.setattr(bulk.BulkRunner, "_look_again", lambda *_: None)


def compare_titles_unfolded(patch: Patch) -> None:
    for module in (create, find, diff):
        patch.setattr(module, "fold_title", lambda title: title)


def believe_in_a_deletion(patch: Patch) -> None:
    patch.setattr(delete, "_check_gone", lambda *_: None)


def believe_in_an_update(patch: Patch) -> None:
    patch.setattr(bulk.BulkRunner, "_compare", lambda self, results: results)


def forget_a_lost_attempt(patch: Patch) -> None:
    patch.setattr(retry, "_do_after", lambda failure, work: work())


def conclude_from_the_old_profile(patch: Patch) -> None:
    settle_by_look = Journal.settle_by_look

    def settle(self: Journal, number: str, shown: AttachedId) -> None:
        settle_by_look(self, number, shown)
        last = self.history(number)[-1:]
        if last and last[0].outcome == "unknown" and same_id(shown, last[0].old):
            self.settle(last[0], "refused")

    patch.setattr(Journal, "settle_by_look", settle)


def take_the_last_of_two_rows(patch: Patch) -> None:
    patch.setattr(client, "_hide_contradictions", lambda numbers: numbers)


# each with the machines that may find it, the likeliest first
FAULTS: Mapping[Plant, str] = {
    journal_afterwards: "Numbers",
    forget_intents: "Numbers",
    skip_by_belief: "Numbers",
    delete_by_belief: "Profiles",
    prune_by_belief: "Plans",
    look_for_no_lost_create: "Profiles",
    create_again: "Profiles",
    take_no_lock: "Profiles",
    look_before_the_question_only: "Numbers",
    undo_a_rollback: "Numbers",
    compare_with_the_journal: "Numbers",
    take_a_part_for_the_whole: "Profiles",
    take_the_first_of_two: "Profiles",
    call_a_lost_answer_done: "Numbers",
    call_a_lost_answer_refused: "Numbers",
    send_after_a_wait: "Numbers",
    compare_titles_unfolded: "Profiles",
    believe_in_a_deletion: "Profiles",
    believe_in_an_update: "Numbers",
    forget_a_lost_attempt: "Numbers",
    conclude_from_the_old_profile: "Numbers",
    take_the_last_of_two_rows: "Numbers",
}

"""What the tests of attaching share: numbers by the dozen on the emulator, looks and journals."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count
from pathlib import Path
from typing import Any

from tests.conftest import profile_id
from tests.fake_api import NUMBERS, emulated, make_client, make_draft
from wacb.api.client import Client
from wacb.api.requests import ApiRequest
from wacb.errors import WacbError
from wacb.models import UNKNOWN, AttachedId
from wacb.provision.bulk import BulkRunner
from wacb.provision.lookup import AccountLookup
from wacb.provision.number_change import NumberChange, NumberResult
from wacb.sandbox.account import APPROVED, SID
from wacb.sandbox.emulator import Sandbox
from wacb.sandbox.store import Store
from wacb.storage.journal import Entry, Journal

ONE, PENDING, UNLISTED = "+15550100001", "+15550100009", "+15550199999"
FIRST, SECOND = profile_id(1), profile_id(2)
OLD = "SG_00000000-0000-4000-8000-00000000000a"
NEW = "SG_00000000-0000-4000-8000-00000000000b"
TIME = "2026-09-21T14:13:20Z"
NOT_SHOWN = f"the API does not show which profile number {ONE} has attached"


def update(number: str = ONE, new: str | None = FIRST) -> ApiRequest:
    """The one request that a change is with V2: the number and the one field."""
    return ApiRequest(
        method="PUT",
        url=f"{NUMBERS}/update",
        body={"phone_number": number, "callback_profile_id": new or ""},
        verb="changing",
        subject=f"number {number}",
    )


def make_numbers(many: int) -> list[str]:
    return [f"+1556{number:07}" for number in range(many)]


def stocked(numbers: Sequence[str] = (), *, profiles: int = 1, **how: Any) -> Sandbox:
    """An emulator with `numbers` besides its own, and that many profiles."""
    store, ids = Store(":memory:"), count(1)
    store.add_numbers((number, "Shop", APPROVED) for number in numbers)
    sandbox = Sandbox(store, new_id=lambda: profile_id(next(ids)), **how)
    for number in range(1, profiles + 1):
        emulator(sandbox).create_profile(make_draft(title=f"Profile {number}"))
    return sandbox


def emulator(sandbox: Sandbox, **how: Any) -> Client:
    return make_client(emulated(sandbox), **how)


def make_journal(folder: Path) -> Journal:
    """The account's journal as it stands on the disk now."""
    return Journal(
        folder / "journal.jsonl",
        account=SID,
        host="api.example",
        waba_id=None,
        clock=lambda: 1_790_000_000.0,
        warn=_no_warning,
        remaining=lambda: 1.0,
    )


def _no_warning(text: str) -> None:
    raise AssertionError(text)


def make_look(client: Client, folder: Path) -> AccountLookup:
    return AccountLookup(client, make_journal(folder))


def record(journal: Journal, number: str, new: str | None, old: AttachedId = UNKNOWN) -> None:
    """Record an attachment that was made."""
    journal.settle(journal.begin(number=number, old=old, new=new, action="attach"), "done")


def recorded(journal: Journal) -> list[Entry]:
    """The changes that were done, but for what says whose they are and where they stand."""
    return [
        each._replace(host=None, waba_id=None, seq=None)
        for each in journal.history()
        if each.outcome == "done"
    ]


def entry(
    number: str = ONE, old: AttachedId = None, new: str | None = FIRST, action: str = "attach"
) -> Entry:
    return Entry(time=TIME, account=SID, number=number, old=old, new=new, action=action)


def make_step(number: str = ONE, **changes: Any) -> NumberChange:
    """A change from no profile to the first one, of a number that shows what it carries."""
    step = NumberChange(number=number, old=None, new=FIRST, shown=True)
    return step._replace(**changes)


def make_prepared(numbers: Sequence[str], **changes: Any) -> list[NumberResult]:
    return [NumberResult(make_step(number, **changes)) for number in numbers]


def attached(number: str = ONE, **changes: Any) -> NumberResult:
    """What becomes of that step."""
    result = outcome(number, "attached", None, FIRST, verified=True)
    ids = {name: changes.pop(name) for name in ("old", "new") if name in changes}
    return result._replace(change=result.change._replace(**ids), **changes)


def outcome(
    number: str,
    status: str | None,
    old: AttachedId,
    new: AttachedId,
    *,
    verified: bool | None = None,
    error: WacbError | None = None,
) -> NumberResult:
    """A result as `execute` returns it, with the number and the IDs alone."""
    return NumberResult(NumberChange(number, old, new), status, error, verified)


def execute(run: BulkRunner, prepared: Sequence[NumberResult]) -> list[NumberResult]:
    """Carry steps out; a Ctrl-C that the run lets through is a failed test, not the end of all."""
    try:
        results = run.execute(prepared)
    except KeyboardInterrupt:
        raise AssertionError("Ctrl-C ended the run without a report") from None
    return [result._replace(change=_number_and_ids(result.change)) for result in results]


def _number_and_ids(change: NumberChange) -> NumberChange:
    return NumberChange(change.number, change.old, change.new)


def told(error: WacbError | None) -> tuple[type[WacbError], str, str | None]:
    """What a user learns of an error."""
    assert error is not None
    return type(error), error.message, error.hint

"""What the tests of attaching share: numbers by the dozen on the emulator, looks and journals."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count
from pathlib import Path
from typing import Any

from tests.conftest import profile_id
from tests.fake_api import NUMBERS, emulated, make_api, make_client, make_draft
from wacb.api.client import Client
from wacb.api.requests import ApiRequest
from wacb.errors import WacbError
from wacb.provision.attach import Attachment, AttachStep
from wacb.provision.bulk import Prepared, Run
from wacb.provision.lookup import Look
from wacb.sandbox.account import APPROVED, SID
from wacb.sandbox.emulator import Sandbox
from wacb.sandbox.store import Store
from wacb.storage.journal import Entry, Journal

ONE, PENDING, UNLISTED = "+15550100001", "+15550100009", "+15550199999"
FIRST, SECOND = profile_id(1), profile_id(2)
OLD = "SG_00000000-0000-4000-8000-00000000000a"
NEW = "SG_00000000-0000-4000-8000-00000000000b"
TIME = "2026-09-21T14:13:20Z"
NOT_SHOWN = f"the API does not show which profile number {ONE} carries"


def update(number: str = ONE, new: str = FIRST) -> ApiRequest:
    """The one request that a change is with V2: the number and the one field."""
    return ApiRequest(
        method="PUT",
        url=f"{NUMBERS}/update",
        body={"phone_number": number, "callback_profile_id": new},
        subject=f"number {number}",
    )


def update_v1(number: str = ONE, new: str = FIRST) -> ApiRequest:
    """The one request that a change is with V1."""
    return make_api(waba_id=None).attach(number, new)


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
        folder / "journal.jsonl", account=SID, clock=lambda: 1_790_000_000.0, warn=_no_warning
    )


def _no_warning(text: str) -> None:
    raise AssertionError(text)


def make_look(client: Client, folder: Path) -> Look:
    return Look(client, make_journal(folder))


def entry(
    number: str = ONE, old: str | None = "", new: str = FIRST, action: str = "attach"
) -> Entry:
    return Entry(time=TIME, account=SID, number=number, old=old, new=new, action=action)


def make_step(number: str = ONE, **changes: Any) -> AttachStep:
    """A change from no profile to the first one, of a number that shows what it carries."""
    step = AttachStep(number=number, old="", new=FIRST, request=update(number), shown=True)
    return step._replace(**changes)


def make_prepared(numbers: Sequence[str], **changes: Any) -> list[Prepared]:
    return [Prepared(number, make_step(number, **changes)) for number in numbers]


def attached(number: str = ONE, **changes: Any) -> Attachment:
    """What becomes of that step."""
    outcome = Attachment(number, "attached", "", FIRST, verified=True)
    return outcome._replace(**changes)


def carry_out(run: Run, prepared: Sequence[Prepared]) -> list[Attachment]:
    """Carry steps out; a Ctrl-C that the run lets through is a failed test, not the end of all."""
    try:
        return run.carry_out(prepared)
    except KeyboardInterrupt:
        raise AssertionError("Ctrl-C ended the run without a report") from None


def told(error: WacbError | None) -> tuple[type[WacbError], str, str | None]:
    """What a user learns of an error."""
    assert error is not None
    return type(error), error.message, error.hint

"""Create a profile exactly once: adopt it if the response is lost, refuse a second one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from enum import Enum, auto
from functools import partial
from typing import TYPE_CHECKING

from wacb.api.responses import NO_SUCH_PROFILE
from wacb.errors import (
    Ambiguous,
    Command,
    ConsentRequired,
    NotFound,
    OutcomeUnknown,
    Prose,
    Unavailable,
    WacbError,
)
from wacb.models import CallbackProfile, ProfileDraft
from wacb.provision.compare import CompareKey, describe, differences
from wacb.provision.created import AGAIN, read_back, read_back_only
from wacb.provision.find import duplicate_title_error, list_titled, spelling_error
from wacb.provision.interrupt import report_interrupt
from wacb.provision.steps import CreateStep, ProfileResult, ProfileStep
from wacb.provision.update import compare_with, prepare_update
from wacb.validation import fold_title

if TYPE_CHECKING:
    from wacb.api.client import Client
    from wacb.storage.create_lock import CreateLock

ADOPT_AFTER = (1.0, 2.0, 4.0)  # seconds before each look at the list


class IfExists(Enum):
    """What to do about a profile of the same title."""

    REFUSE = auto()  # or ask
    DUPLICATE = auto()  # create another one
    KEEP = auto()  # leave it, and refuse one with different content
    UPDATE = auto()


def prepare_create(
    client: Client,
    draft: ProfileDraft,
    *,
    if_exists: IfExists,
    lock: CreateLock,
    key: CompareKey = CompareKey.IF_SHOWN,
) -> ProfileStep:
    """Look up the title, and return what has to be done; the caller holds the lock.

    A step to create one that has `others` of its title still needs consent where they are to be
    refused. Raises Ambiguous for two profiles of the title, ConsentRequired for one to be kept with
    other content, OutcomeUnknown when a create of a moment ago may still appear and the deadline
    does not suffice to wait for it.
    """
    titled, made = _find_titled(client, draft.title, if_exists, lock)
    may_adopt = if_exists is IfExists.DUPLICATE or len(titled) == 1
    if made and may_adopt and not differences(draft, made, key=key):
        return compare_with(made, draft, key=key)._replace(lost=True)
    if if_exists is IfExists.DUPLICATE or (titled and if_exists is IfExists.REFUSE):
        return CreateStep(draft, others=frozenset(profile.id for profile in titled))
    if len(titled) > 1:
        raise duplicate_title_error(draft.title, [profile.id for profile in titled])
    if not titled:
        return CreateStep(draft)
    if titled[0].title != draft.title:
        draft = draft._replace(title=titled[0].title)
        if compare_with(titled[0], draft, key=key).changes:
            hint = f"pass --title '{titled[0].title}' to use it, or another --title"
            raise spelling_error(titled[0], hint=hint)
    step = compare_with(titled[0], draft, key=key)
    if step.changes and if_exists is IfExists.KEEP:
        update = "" if "channel" in step.changes else "pass --update-existing to change it, or "
        raise ConsentRequired(
            f"profile {titled[0].label} already exists with different content; "
            + "; ".join(describe(step.changes)),
            hint=f"{update}pass another --title",
        )
    return prepare_update(titled[0], draft, key=key)


def _find_titled(
    client: Client, title: str, if_exists: IfExists, lock: CreateLock
) -> tuple[list[CallbackProfile], CallbackProfile | None]:
    """Find the profiles of a title, and by its ID one created here that is not listed yet.

    The second value is the one that a create made whose outcome was unknown.
    """
    last = client.journal.last("create", title=title)
    lost = last is not None and last.outcome == "unknown"
    before = last.before if last and lost else ()
    any_will_do = not lost or if_exists is not IfExists.DUPLICATE
    titled: list[CallbackProfile] = []
    for _ in lock.poll_listing(last and last.sent_until, client.remaining):
        titled = list_titled(client, title)
        new = [profile for profile in titled if profile.id not in before]
        if new or (titled and any_will_do) or (if_exists is IfExists.DUPLICATE and not lost):
            made = new[0] if lost and len(new) == 1 else None
            if made:
                _settle_lost(client, title, lock, made.id)
            return titled, made
        if last and last.profile:
            # assumed: listed_within; details by ID are reliable at once
            try:
                profile = client.get_profile(last.profile)
                return [profile] * (fold_title(profile.title) == fold_title(title)), None
            except NotFound as error:
                # another 404 may be a gateway's, and says nothing about the profile (api.md §3)
                if error.api_code == NO_SUCH_PROFILE:
                    return [], None
    _settle_lost(client, title, lock, None)
    return titled, None


def _settle_lost(client: Client, title: str, lock: CreateLock, made: str | None) -> None:
    """Record the outcome of a create that was unknown; not in a dry run, which has no lock."""
    if lock.held:
        client.journal.settle_last("create", "done" if made else "refused", title=title, made=made)


def title_taken_error(title: str, ids: Iterable[str]) -> ConsentRequired:
    """Return the refusal of another profile of a title."""
    return ConsentRequired(
        f"a profile named {title!r} already exists: {', '.join(sorted(ids))}",
        hint="pass --if-not-exists to use it, --update-existing to change it, or "
        "--allow-duplicate-title to create another one",
    )


def create_profile(
    client: Client,
    draft: ProfileDraft,
    *,
    sleep: Callable[[float], None],
    others: frozenset[str] | None = None,
) -> ProfileResult:
    """Create a profile; the caller holds the lock of its title.

    `others` are the IDs of the profiles that may have its title, too, and are named in notes; by
    default there must be none, and afterwards the title is looked up again: of two machines at the
    same time, each hears of the other's profile.

    If the response is lost, the list is compared with the IDs that were there before, and one
    match is adopted. Raises Ambiguous for several, OutcomeUnknown for none, Interrupted on a
    signal, and ConfigError if the disk cannot record what is in progress.
    """
    unknown = f"profile {draft.title!r} may or may not have been created"
    with report_interrupt(unknown, hint=AGAIN):
        profile_id, status = _create_or_adopt(
            client,
            draft,
            others or frozenset(),
            sleep,
            partial(_refuse_new, client, draft.title) if others is None else lambda: None,
        )
    made = Prose("run `", Command("profile show", profile_id), "` to check it")
    with report_interrupt(f"profile {profile_id} was {status}", hint=made):
        if others is None:
            return read_back_only(client, draft, profile_id, status, sleep=sleep)
        return read_back(client, draft, profile_id, status, others=others)


@contextmanager
def find_or_create_again() -> Iterator[None]:
    """Replace the hint of an unknown outcome: the command finds its profile when run again."""
    try:
        yield
    except OutcomeUnknown as error:
        error.hint = "run the same command again: it finds the profile or creates it"
        raise


def _refuse_new(client: Client, title: str) -> None:
    """Raise ConsentRequired if somebody else created a profile of the title meanwhile."""
    if rows := client.titled_rows(title):
        raise title_taken_error(title, [row.id for row in rows])


def _create_or_adopt(
    client: Client,
    draft: ProfileDraft,
    before: frozenset[str],
    sleep: Callable[[float], None],
    look_again: Callable[[], None],
) -> tuple[str, str]:
    """Return the ID of the new profile, and "created" or "adopted"."""
    try:
        return client.create_profile(draft, before=before, look_again=look_again), "created"
    except Unavailable as lost:
        if not lost.sent:
            raise
        adopted = _adopt(client, draft, before, lost, sleep)
        client.journal.settle_last("create", "done", title=draft.title, made=adopted)
        return adopted, "adopted"


def _adopt(
    client: Client,
    draft: ProfileDraft,
    before: frozenset[str],
    lost: Unavailable,
    sleep: Callable[[float], None],
) -> str:
    for pause in ADOPT_AFTER:
        if pause >= client.remaining():
            break
        sleep(pause)
        try:
            found = [
                profile.id
                for profile in list_titled(client, draft.title)
                if profile.id not in before
                and not differences(draft._replace(title=profile.title), profile)
            ]
        except WacbError:
            continue  # not to see it proves nothing: the next look may
        if len(found) > 1:
            raise Ambiguous(
                f"the response was lost, and {len(found)} new profiles are named {draft.title!r}: "
                + ", ".join(found),
                hint="keep one of them and delete the others",
            )
        if found:
            return found[0]
    raise OutcomeUnknown(
        f"{lost.message}; profile {draft.title!r} may or may not have been created",
        hint=AGAIN,
        status=lost.status,
    ) from lost

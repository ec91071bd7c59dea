"""Create a profile exactly once: adopt it when the answer is lost, refuse a second one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from enum import Enum, auto
from typing import TYPE_CHECKING

from wacb.api.responses import NO_SUCH_PROFILE
from wacb.errors import (
    Ambiguous,
    CheckFailed,
    Command,
    ConsentRequired,
    Interrupted,
    NotFound,
    OutcomeUnknown,
    Prose,
    Skipped,
    Unavailable,
    WacbError,
)
from wacb.models import CallbackProfile, ProfileDraft
from wacb.provision.compare import CompareKey, describe, differences
from wacb.provision.find import duplicate_title_error, list_titled
from wacb.provision.interrupt import report_interrupt
from wacb.provision.steps import CreateStep, ProfileResult, ProfileStep, as_sent
from wacb.provision.update import compare_with, prepare_update
from wacb.validation import fold_title

if TYPE_CHECKING:
    from wacb.api.client import Client
    from wacb.storage.create_lock import CreateLock

_AGAIN = "run the same command again with --if-not-exists: it finds the profile or creates it"
ADOPT_AFTER = (1.0, 2.0, 4.0)  # seconds before each look at the list
LISTED_AFTER = (1.0, 2.0, 4.0, 8.0, 15.0)  # as long as a listing may lag (LAG)


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
    if if_exists is IfExists.DUPLICATE:
        others = frozenset(profile.id for profile in list_titled(client, draft.title))
        return CreateStep(draft, others=others)
    titled = _find_titled(client, draft.title, lock)
    if titled and if_exists is IfExists.REFUSE:
        return CreateStep(draft, others=frozenset(profile.id for profile in titled))
    if len(titled) > 1:
        raise duplicate_title_error(draft.title, [profile.id for profile in titled])
    if not titled:
        return CreateStep(draft)
    if titled[0].title != draft.title:
        draft = draft._replace(title=titled[0].title)
        if compare_with(titled[0], draft, key=key).changes:
            raise ConsentRequired(
                f"profile {titled[0].label} already exists with different content, and its title "
                "differs only in case or spaces",
                hint=f"pass --title '{titled[0].title}' to use it, or another --title",
            )
    step = compare_with(titled[0], draft, key=key)
    if step.changes and if_exists is IfExists.KEEP:
        update = "" if "channel" in step.changes else "pass --update-existing to change it, or "
        raise ConsentRequired(
            f"profile {titled[0].label} already exists with different content; "
            + "; ".join(describe(step.changes)),
            hint=f"{update}pass another --title",
        )
    return prepare_update(titled[0], draft, key=key)


def _find_titled(client: Client, title: str, lock: CreateLock) -> list[CallbackProfile]:
    """Find the profiles of a title, by its ID the one created here that is not listed yet."""
    for created in lock.poll_listing(client.remaining):
        titled = list_titled(client, title)
        if titled:
            return titled
        if created:
            # assumed: listed_within; the API's word about an ID can be believed
            try:
                profile = client.get_profile(created)
                return [profile] if fold_title(profile.title) == fold_title(title) else []
            except NotFound as error:
                # another 404 may be a gateway's, and says nothing about the profile (api.md §3)
                if error.api_code == NO_SUCH_PROFILE:
                    return []
    return []


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
    lock: CreateLock,
    sleep: Callable[[float], None],
    others: frozenset[str] | None = None,
) -> ProfileResult:
    """Create a profile; the caller holds the lock.

    `others` are the IDs of the profiles that may have its title, too, and are named in notes; by
    default there must be none, and afterwards the title is looked up again: of two machines at the
    same time, each hears of the other's profile.

    When the answer is lost, the list is compared with the IDs that were there before, and one
    match is adopted. Raises Ambiguous for several, OutcomeUnknown for none, Interrupted on a
    signal, and ConfigError where the disk cannot record what is in progress.
    """
    lock.record_intent(client.remaining)  # the run after one that is killed knows of it
    unknown = f"profile {draft.title!r} may or may not have been created"
    with report_interrupt(unknown, hint=_AGAIN):
        profile_id, status = _create_or_adopt(client, draft, others or frozenset(), lock, sleep)
    made = Prose("run `", Command("profile show", profile_id), "` to check it")
    with report_interrupt(f"profile {profile_id} was {status}", hint=made):
        result = _read_back(client, draft, profile_id, status)
        if others is None:
            return _check_only(client, result, sleep)
        return _name_others(result, others)


@contextmanager
def find_or_create_again() -> Iterator[None]:
    """Let the hint of an unknown outcome suit a command that finds its profile again."""
    try:
        yield
    except OutcomeUnknown as error:
        error.hint = "run the same command again: it finds the profile or creates it"
        raise


def _create_or_adopt(
    client: Client,
    draft: ProfileDraft,
    before: frozenset[str],
    lock: CreateLock,
    sleep: Callable[[float], None],
) -> tuple[str, str]:
    """Return the ID of the new profile, and "created" or "adopted"."""
    status = "created"
    try:
        profile_id = client.create_profile(draft)
    except Unavailable as lost:
        if not lost.sent:
            lock.record_not_sent()
            raise
        lock.record_result(None)
        profile_id, status = _adopt(client, draft, before, lost, sleep), "adopted"
    except Skipped:
        lock.record_not_sent()
        raise
    except (KeyboardInterrupt, Interrupted):
        lock.record_result(None)
        raise
    except WacbError:
        lock.record_not_sent()
        raise
    lock.record_result(profile_id)
    return profile_id, status


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
                if profile.id not in before and not differences(draft, profile)
            ]
        except WacbError:
            continue  # not to see it proves nothing: the next look may
        if len(found) > 1:
            raise Ambiguous(
                f"the answer was lost, and {len(found)} new profiles are named {draft.title!r}: "
                + ", ".join(found),
                hint="keep one of them and delete the others",
            )
        if found:
            return found[0]
    raise OutcomeUnknown(
        f"{lost.message}; profile {draft.title!r} may or may not have been created",
        hint=_AGAIN,
        status=lost.status,
    ) from lost


def _read_back(client: Client, draft: ProfileDraft, profile_id: str, status: str) -> ProfileResult:
    notes: tuple[str, ...] = ()
    try:
        profile = client.get_profile(profile_id)
    except WacbError as error:
        notes = (f"it could not be read back, shown as it was sent: {error.message}",)
        profile = as_sent(draft, profile_id)
    if profile.title != draft.title and fold_title(profile.title) == fold_title(draft.title):
        notes = (*notes, f"the API stored the title as {profile.title!r}")
        draft = draft._replace(title=profile.title)
    changed = differences(draft, profile)
    if changed:
        raise CheckFailed(
            f"profile {profile_id} was created, but the API stored it differently: "
            + ", ".join(sorted(changed)),
            hint=Prose("compare it with `", Command("profile show", profile_id), "`"),
        )
    return ProfileResult(profile=profile, status=status, notes=notes)


def _check_only(
    client: Client, result: ProfileResult, sleep: Callable[[float], None]
) -> ProfileResult:
    """Look the title up until the new profile is listed: then another one would be, too."""
    title, unseen = result.profile.title, "it is not listed yet"
    for pause in (0.0, *LISTED_AFTER):
        if pause >= client.remaining():
            break
        if pause:
            sleep(pause)
        try:
            titled = client.profile_ids(title)
        except Interrupted:
            note = "it was not checked whether another machine created it, too"
            return result._replace(notes=(*result.notes, note))
        except WacbError as error:
            unseen = error.message
            if not error.retryable:
                break
            continue
        if len(titled | {result.profile.id}) > 1:
            raise duplicate_title_error(title, sorted(titled | {result.profile.id}))
        if titled:
            return result
    raise OutcomeUnknown(
        f"profile {result.profile.id} was {result.status}, but another machine may have created "
        f"one named {title!r}, too: {unseen}",
        hint=_AGAIN,
    )


def _name_others(result: ProfileResult, others: frozenset[str]) -> ProfileResult:
    title = result.profile.title
    notes = [f"another profile is also named {title!r} ({each})" for each in sorted(others)]
    return result._replace(notes=(*notes, *result.notes))

"""Create a profile, or find or update the one of its title."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import NamedTuple

from wacb.cli.app import App
from wacb.cli.encryption_keys import store_key
from wacb.cli.prompts import confirm_unchanged
from wacb.models import CallbackProfile, NewKey, ProfileDraft
from wacb.provision.compare import CompareKey, describe
from wacb.provision.create import IfExists, create_profile, prepare_create, title_taken_error
from wacb.provision.find import list_titled
from wacb.provision.steps import CreateStep, ProfileResult, ProfileStep, as_sent
from wacb.provision.update import refuse_key_exchange, update_profile
from wacb.storage.create_lock import CreateLock


class PreparedProfile(NamedTuple):
    """What has to be done about a profile; `execute` does it."""

    step: ProfileStep
    execute: Callable[[], ProfileResult]


@contextmanager
def prepare_profile(
    app: App, draft: ProfileDraft, if_exists: IfExists, *, key_file: Path | None
) -> Iterator[PreparedProfile]:
    """Look the title up, and hold its lock while the caller decides and executes.

    Asks on a terminal whether to create another profile of a title.
    """
    lock = app.create_lock(draft.title)
    with lock.acquire(app.remaining):
        step = _prepare(app, draft, if_exists, lock, key_file)
        note_changes(app, step)
        if isinstance(step, CreateStep) and step.others and if_exists is IfExists.REFUSE:
            _ask_for_duplicate(app, draft.title, step.others)
        yield PreparedProfile(step, partial(_execute, app, step, key_file))


def preview_profile(
    app: App, draft: ProfileDraft, if_exists: IfExists, *, key_file: Path | None
) -> ProfileStep:
    """Return the step of a dry run; without credentials nothing is looked up."""
    if not app.has_credentials:
        app.out.note(
            "checked offline: without credentials it is not known whether the profile exists"
        )
        return CreateStep(draft)
    step = _prepare(app, draft, if_exists, app.create_lock(draft.title), key_file)
    if isinstance(step, CreateStep) and step.others and if_exists is IfExists.REFUSE:
        raise title_taken_error(draft.title, step.others)
    return step


def expected_profile(step: ProfileStep) -> CallbackProfile:
    """Return the profile as it will be, with the ID "" until it is created."""
    if isinstance(step, CreateStep):
        return as_sent(step.draft, "")
    if not step.changes:
        return step.live
    return as_sent(step.draft, step.live.id)._replace(status=step.live.status)


def _prepare(
    app: App, draft: ProfileDraft, if_exists: IfExists, lock: CreateLock, key_file: Path | None
) -> ProfileStep:
    # a run on a machine without the key file must not replace the key of a profile
    new_key = isinstance(draft.encryption, NewKey) and key_file is None
    key = CompareKey.NEVER if new_key else CompareKey.IF_SHOWN
    step = prepare_create(app.client, draft, if_exists=if_exists, lock=lock, key=key)
    if not isinstance(step, CreateStep) and key_file is None:
        refuse_key_exchange(step)
    return step


def note_changes(app: App, step: ProfileStep) -> None:
    """Note what a step changes of a profile that exists."""
    if not isinstance(step, CreateStep):
        app.out.note(*describe(step.changes))


def _ask_for_duplicate(app: App, title: str, others: frozenset[str]) -> None:
    """Ask on a terminal whether to create another profile of a title, else refuse it."""
    taken = title_taken_error(title, others)
    if not app.interactive:
        raise taken
    app.out.message(taken.message)

    def look() -> frozenset[str]:
        return frozenset(profile.id for profile in list_titled(app.client, title))

    confirm_unchanged(app, "create another one", yes=False, shown=others, look=look)


def _execute(app: App, step: ProfileStep, key_file: Path | None) -> ProfileResult:
    if isinstance(step, CreateStep):
        draft = store_key(app, step, key_file).draft
        return create_profile(app.client, draft, sleep=app.sleep, others=step.others)
    return update_profile(app.client, store_key(app, step, key_file), sleep=app.sleep)

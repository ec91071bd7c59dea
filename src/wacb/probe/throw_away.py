"""Throw-away profiles: created to test the API, recognized by title and endpoint, deleted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import NamedTuple

from wacb.api.client import Client
from wacb.api.responses import created_id
from wacb.errors import (
    ApiRejected,
    AuthenticationFailed,
    Command,
    NotFound,
    OutcomeUnknown,
    Prose,
    Unavailable,
    Unsafe,
    WacbError,
)
from wacb.jsontext import compact_json
from wacb.models import CallbackProfile, Method, Need, ProfileDraft
from wacb.probe.look import look
from wacb.provision.created import LISTED_AFTER
from wacb.provision.steps import READ_BACK_AFTER, as_sent
from wacb.provision.usage import find_usage
from wacb.storage.create_lock import CreateLock
from wacb.storage.journal import Outcome
from wacb.template.placeholders import INCOMING
from wacb.validation import fold_title

TITLE = "wacb api check throw-away"
ENDPOINT = "https://example.invalid/wacb-api-check"
DRAFT = ProfileDraft(
    title=TITLE,
    method=Method.POST,
    url=f"{ENDPOINT}?made=by%20wacb",
    body=compact_json({name: f"<{name}>" for name in INCOMING} | {"text": 'é ✓ " \\ / \n & + %'}),
    headers={"X-Wacb-Check": "throw away"},
    response_message="ok",
)
_OUTCOMES: tuple[Outcome, ...] = ("done", "unknown")
_MOST_CREATES = 3  # that may be open in the journal: those of a run, and one of an earlier one
AGAIN = Prose("run `", Command("api check", "--write"), "` again: it removes what is left")


def is_throw_away(profile: CallbackProfile) -> bool:
    """Return whether this is a throw-away profile, of any machine."""
    same_title = fold_title(profile.title) == fold_title(TITLE)
    return same_title and profile.url.casefold().startswith(ENDPOINT)


class Created(NamedTuple):
    """The outcome of a create: a response, and the new profile's ID in it."""

    answered: bool
    has_id: bool


class ThrowAways:
    """The throw-away profiles of an account; the caller holds the `lock` of their title."""

    def __init__(self, client: Client, lock: CreateLock, *, sleep: Callable[[float], None]) -> None:
        self._client = client
        self._lock = lock
        self._sleep = sleep
        self._open = False  # whether the outcome of a create is unknown
        self.made: list[str] = []

    def find(self) -> list[CallbackProfile]:
        """List the throw-away profiles. Raises Unavailable if some may be missing."""
        titled = self._client.list_profiles(
            wanted=lambda row: fold_title(row.title) == fold_title(TITLE), need=Need.TEMPLATE
        )
        return [profile for profile in titled.require_whole() if is_throw_away(profile)]

    def create(self) -> Created:
        """Create one, and look it up if the response has no ID or was lost.

        Raises OutcomeUnknown if it is not found, AuthenticationFailed if the key may not write.
        """
        self._open = True
        lost: WacbError | None = None
        shown: str | None = None
        request = self._client.api.create_profile(DRAFT)
        try:
            with self._client.journal.record("create", title=TITLE) as record:
                shown = created_id(self._client.send(request))
                if shown:
                    record(shown)
        except AuthenticationFailed as error:
            self._open = False
            raise AuthenticationFailed(
                f"the key may read the account, but not write: {error.message}",
                hint="use a key that may create profiles",
                status=error.status,
                api_code=error.api_code,
            ) from error
        except Unavailable as error:
            self._open = error.sent
            if not error.sent:
                raise
            lost = error
        except ApiRejected:
            self._open = False
            raise
        self.made.append(shown or self._adopt(lost))
        self._open = False
        return Created(answered=lost is None, has_id=shown is not None)

    def _adopt(self, lost: WacbError | None) -> str:
        for pause in self._pauses((0.0, *LISTED_AFTER)):
            self._sleep(pause)
            for profile in self.find():
                if profile.id not in self.made:
                    return profile.id
        raise _unknown_error(lost.message if lost else "the response to the create has no ID")

    def remove_earlier(self) -> int:
        """Delete the profiles of earlier runs, even if not listed yet; return how many.

        Raises Unsafe for one that somebody attached to a number.
        """
        removed = 0
        last = self._client.journal.last("create", title=TITLE)
        for _ in self._lock.poll_listing(last and last.sent_until, self._client.remaining):
            found = self.find()
            if found:
                self._check_unused(found)
            removed += len(found)
            self._remove([profile.id for profile in found])
        self._forget_creates()
        return removed

    def _forget_creates(self) -> None:
        """Record that no created profile is left, so that no later run waits for one."""
        journal = self._client.journal
        for outcome in _OUTCOMES * _MOST_CREATES:
            journal.settle_last("create", "refused", title=TITLE, was=outcome)

    def _check_unused(self, profiles: list[CallbackProfile]) -> None:
        if self._client.api.waba_id is None:
            return
        ids = [profile.id for profile in profiles]
        usage = find_usage(self._client.list_numbers(), ids, shows_profiles=True)
        for profile in profiles:
            if users := usage.users_of(profile.id):
                raise Unsafe(
                    f"the throw-away profile {profile.id} is attached to {', '.join(users)}",
                    hint=Prose("attach another one with `", Command("number attach"), "`"),
                )

    def remove_all(self) -> None:
        """Delete those of this run, also of lost requests. Raises the error that keeps one."""
        self._remove(self.made)
        lost = [profile.id for profile in self.find() if profile.id not in self.made]
        self._remove(lost)
        if self._open and not lost:
            raise _unknown_error("the response to the create was lost")
        self._forget_creates()

    def _remove(self, ids: list[str]) -> None:
        """Try to delete each; then raise one error that names all that failed."""
        kept: dict[str, WacbError] = {}
        for profile_id in ids:
            try:
                self._delete(profile_id)
            except (ApiRejected, AuthenticationFailed, Unavailable) as error:
                kept[profile_id] = error
        for first in kept.values():
            message = f"throw-away profiles may be left ({', '.join(kept)}): {first.message}"
            raise type(first)(message, hint=AGAIN, status=first.status)

    def _delete(self, profile_id: str) -> None:
        for pause in self._pauses(READ_BACK_AFTER):
            self._sleep(pause)
            with suppress(NotFound):
                self._client.delete_profile(as_sent(DRAFT, profile_id))
            if look(self._client, self._client.api.get_profile(profile_id)).refusal:
                return
        raise OutcomeUnknown("the API accepts the deletion, but still returns it")

    def _pauses(self, pauses: tuple[float, ...]) -> Iterator[float]:
        """Yield the pauses that fit into the time limit."""
        return (pause for pause in pauses if pause < self._client.remaining())


def _unknown_error(reason: str) -> OutcomeUnknown:
    return OutcomeUnknown(f"{reason}; a throw-away profile may be left", hint=AGAIN)

"""The Kaleyra API: one method for each endpoint; listings are followed page by page."""

from __future__ import annotations

from collections.abc import Callable, Collection, Generator
from functools import partial
from typing import Any

from wacb.api import responses
from wacb.api.listed_profiles import ListedProfiles
from wacb.api.listing import Listing, Page, find_gap, read_page
from wacb.api.requester import Progress, unseen
from wacb.api.requests import Api, ApiRequest
from wacb.api.retry import STALE_AFTER, RetryingClient
from wacb.errors import Command, Prose, Unavailable, Unsafe
from wacb.models import UNKNOWN, CallbackProfile, Number, ProfileDraft, same_id
from wacb.storage.profile_journal import ProfileJournal
from wacb.storage.uptime import seconds_up

_COMPARED = (
    *("title", "method", "url", "body", "headers", "status", "response_message"),
    *("channel", "events", "encryption", "modified_at"),
)


class Client(ListedProfiles):
    """Talk to the API as one account.

    Every change of a profile is in the `journal` before its request leaves. `seen` gets every
    profile that is read. `clock` returns seconds that only grow. `shows_profiles` says whether a
    listing of numbers is known to show which profile each has; `remember` records that.
    """

    def __init__(
        self,
        api: Api,
        retrying: RetryingClient,
        *,
        journal: ProfileJournal,
        jobs: int = 1,
        progress: Progress = unseen,
        seen: Callable[[CallbackProfile], None] = lambda profile: None,
        shows_profiles: bool = False,
        remember: Callable[[], None] = lambda: None,
        clock: Callable[[], float] = seconds_up,
    ) -> None:
        super().__init__(api, retrying, jobs=jobs, progress=progress)
        self.journal = journal
        self.shows_profiles = shows_profiles
        self._remember = remember
        self._seen = seen
        self._clock = clock
        self._looked_at: dict[str, float] = {}

    def is_stale(self, name: str) -> bool:
        """Return whether a profile's ID, or "numbers", was looked up a second ago or more."""
        now = self._clock()
        return now - self._looked_at.get(name, now) >= STALE_AFTER

    def _send_fresh(self, request: ApiRequest, name: str, look_again: Callable[[], None]) -> None:
        """Send a change that was decided by reading; if that was a while ago, read again first."""
        if self.is_stale(name):
            look_again()
        self.send(request, look_again=look_again)

    def check_access(self) -> None:
        """Make one cheap read.

        Raises AuthenticationFailed if SID and key do not match, Unavailable if rows come that
        are no profiles: then it is another API's host.
        """
        page = self._read_profile_page(self.api.list_profiles(offset=0, limit=1))
        if page.odd and not page.rows:
            raise Unavailable(
                "the response lists nothing that is a callback profile",
                hint=Prose("check the host: run `", Command("config show"), "`"),
            )

    def remember_shown(self) -> None:
        """Record for later runs that the API shows profiles, if it does."""
        if self.shows_profiles:
            self._remember()

    # -- profiles

    def get_profile(self, profile_id: str) -> CallbackProfile:
        """Fetch one profile. Raises NotFound."""
        data = self.send(self.api.get_profile(profile_id))
        return self._read(responses.read_profile(data, profile_id))

    def _read(self, row: dict[str, Any]) -> CallbackProfile:
        profile = responses.parse_profile(row)
        self._looked_at[profile.id] = self._clock()
        self._seen(profile)
        return profile

    def create_profile(
        self,
        draft: ProfileDraft,
        *,
        before: Collection[str] = (),
        look_again: Callable[[], None] = lambda: None,
    ) -> str:
        """Create a profile and return its ID; `before` are the IDs of those that have its title.

        `look_again` is called after a wait of a second or more, and raises if it must no longer be
        created. Raises Unavailable with `sent` true when it may have been created; a 2xx without an
        ID counts as such a response.
        """
        request = self.api.create_profile(draft)
        with self.journal.record("create", title=draft.title, before=before) as made:
            profile_id = responses.created_id(self.send(request, look_again=look_again))
            if profile_id is None:
                raise Unavailable(f"{request.action} failed: the response has no ID")
            made(profile_id)
        return profile_id

    def update_profile(
        self, live: CallbackProfile, draft: ProfileDraft, fields: Collection[str]
    ) -> None:
        """Change those fields of a profile to the draft's values.

        Raises NotFound, and Unsafe if somebody else changed the profile after it was read.
        """
        request = self.api.update_profile(live.id, draft, fields)
        modified = filter(None, [live.modified_at or live.created_at])
        with self.journal.record(
            "update", title=live.title, profile=live.id, before=tuple(modified)
        ):
            self._send_fresh(request, live.id, partial(self._check_unchanged, live, fields))

    def _check_unchanged(self, live: CallbackProfile, fields: Collection[str]) -> None:
        """Read a profile again: a listing may have left out what must not change."""
        now = self.get_profile(live.id)
        known = [name for name in _COMPARED if name in fields or getattr(live, name)]
        if any(getattr(now, name) != getattr(live, name) for name in known):
            raise Unsafe(
                f"profile {live.label} was changed by somebody else in the meantime",
                hint=Prose("check with `", Command("profile show", live.id), "`"),
            )

    def delete_profile(
        self, profile: CallbackProfile, *, look_again: Callable[[], None] = lambda: None
    ) -> None:
        """Delete a profile. Raises NotFound.

        `look_again` raises if it must no longer be deleted; it is called where the numbers
        were listed a second ago or more.
        """
        with self.journal.record("delete", title=profile.title, profile=profile.id):
            self._send_fresh(self.api.delete_profile(profile.id), "numbers", look_again)

    # -- numbers

    def list_numbers(self) -> Listing[Number]:
        """List the numbers of the WABA. Raises ConfigError without a WABA ID."""
        data = self.send(self.api.list_numbers())
        self._looked_at["numbers"] = self._clock()
        page = read_page(data, *responses.NUMBER_LISTS)
        return Listing(self._read_numbers(page))

    def _read_numbers(self, page: Page) -> Generator[Number, None, str]:
        numbers = [responses.parse_listed_number(row, self.api) for row in page.rows]
        if any(isinstance(number.callback_profile_id, str) for number in numbers):
            self.shows_profiles = True
        named = [number for number in numbers if number.number]
        yield from _hide_contradictions(named)
        odd = page.odd + len(numbers) - len(named)
        count = len({number.number for number in named})
        return find_gap(count, odd=odd, total=page.total, more=page.more, what="numbers")

    def get_number(self, number: str) -> Number:
        """Fetch one number's details, which do not show its profile. Raises NotFound."""
        data = self.send(self.api.number_details(number))
        return responses.parse_number_details(data, number, self.api)


def _hide_contradictions(numbers: list[Number]) -> list[Number]:
    """Return the rows; if the rows of a number differ in the profile, its last one shows none.

    The other rows stay, as evidence against a deletion.
    """
    last = {number.number: number for number in numbers}
    doubtful = {
        number.number
        for number in numbers
        if not same_id(number.callback_profile_id, last[number.number].callback_profile_id)
    }
    return [
        number._replace(callback_profile_id=UNKNOWN)
        if number.number in doubtful and number is last[number.number]
        else number
        for number in numbers
    ]

"""The Kaleyra API: one method for each endpoint; listings are followed page by page."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import AbstractContextManager
from typing import Any

from wacb.api import responses
from wacb.api.requests import Api, ApiRequest
from wacb.api.retry import RetryingClient
from wacb.errors import NotFound, Unavailable
from wacb.models import CallbackProfile, Number, ProfileDraft


class Client:
    """Talk to the API as one account.

    `seen` gets every profile that is read. `shows_profiles` says whether a listing of numbers is
    known to show which profile each has; `remember` records that for later runs.
    """

    def __init__(
        self,
        api: Api,
        retrying: RetryingClient,
        *,
        seen: Callable[[CallbackProfile], None] = lambda profile: None,
        shows_profiles: bool = False,
        remember: Callable[[], None] = lambda: None,
    ) -> None:
        self.api = api
        self.shows_profiles = shows_profiles
        self._remember = remember
        self._retrying = retrying
        self._seen = seen

    def send(self, request: ApiRequest, *, until_deadline: bool = False) -> Any:
        """Send a request and return the `data` of the answer, as RetryingClient does."""
        return self._retrying.send(request, until_deadline=until_deadline)

    def remaining(self) -> float:
        """Seconds of the command's deadline that are left."""
        return self._retrying.remaining()

    def reserve_time(self) -> AbstractContextManager[None]:
        """Keep enough of the deadline for one more look."""
        return self._retrying.reserve_time()

    def stop_sending(self) -> None:
        """Let no further attempt start, in any thread; those in progress end normally."""
        self._retrying.stop_sending()

    def close(self) -> None:
        """Close all connections; requests in progress end as Interrupted."""
        self._retrying.close()

    def check_access(self) -> None:
        """Make one cheap read. Raises AuthenticationFailed where SID and key do not match."""
        responses.profile_page(self.send(self.api.list_profiles(offset=0, limit=1)))

    def remember_shown(self) -> None:
        """Record for later runs that the API shows profiles, if it does."""
        if self.shows_profiles:
            self._remember()

    # -- profiles

    def list_profiles(
        self, *, title: str | None = None, wanted: Callable[[str], bool] = lambda title: True
    ) -> Iterator[CallbackProfile]:
        """Yield every profile, page by page, whose title is `wanted`.

        `title` lets the API filter; it may do so exactly or by substring. Rows that lack members
        are completed from their details, and left out where the profile was deleted meanwhile.
        """
        for row in self._profile_rows(title):
            if wanted(row.title) and (profile := self._complete(row)):
                yield profile

    def list_titles_and_profiles(
        self, wanted: Callable[[str, str], bool]
    ) -> tuple[dict[str, str], dict[str, CallbackProfile]]:
        """List the title of every profile by its ID, and the complete profiles that are `wanted`.

        `wanted` gets ID and title. Details are only requested where the listing lacks them.
        """
        titles: dict[str, str] = {}
        profiles: dict[str, CallbackProfile] = {}
        for row in self._profile_rows(None):
            if wanted(row.id, row.title):
                profile = self._complete(row)
                if profile is None:
                    continue
                profiles[row.id] = profile
            titles[row.id] = row.title
        return titles, profiles

    def profile_ids(self, title: str) -> set[str]:
        """List the IDs of the profiles with exactly this title.

        The API's filter may miss one, so where it shows none the whole list is searched.
        """
        found = {row.id for row in self._profile_rows(title) if row.title == title}
        return found or {row.id for row in self._profile_rows(None) if row.title == title}

    def profile_titles(self) -> list[str]:
        """List the titles of all profiles."""
        return [row.title for row in self._profile_rows(None)]

    def _profile_rows(self, title: str | None) -> Iterator[responses.ProfileRow]:
        seen: set[str] = set()
        offset, first_page = 0, None
        while True:
            page = responses.profile_page(
                self.send(self.api.list_profiles(offset=offset, title=title))
            )
            first_page = len(page.rows) if first_page is None else first_page
            fresh = [row for row in page.rows if row.id not in seen]
            yield from fresh
            seen.update(row.id for row in fresh)
            offset += len(page.rows)
            # a short first page proves nothing: the server may cap the limit (api.md §4)
            if not fresh or len(page.rows) < first_page or offset == page.total:
                return

    def _complete(self, row: responses.ProfileRow) -> CallbackProfile | None:
        """Read a listed profile, completed from its details where the listing lacks members.

        None where the API reports that the profile no longer exists; another 404 proves nothing.
        """
        details: Any = {}
        try:
            if row.partial:
                details = self.send(self.api.get_profile(row.id))
        except NotFound as error:
            if error.api_code == responses.NO_SUCH_PROFILE:
                return None
            raise
        members = row.members | (details if isinstance(details, dict) else {})
        return self._read(members)

    def get_profile(self, profile_id: str) -> CallbackProfile:
        """Fetch one profile. Raises NotFound."""
        return self._read(self.send(self.api.get_profile(profile_id)))

    def _read(self, data: Any) -> CallbackProfile:
        profile = responses.parse_profile(data)
        self._seen(profile)
        return profile

    def create_profile(self, draft: ProfileDraft) -> str:
        """Create a profile and return its ID.

        Raises Unavailable with `sent` true when it may have been created; a 2xx without an ID
        counts as such an answer.
        """
        request = self.api.create_profile(draft)
        profile_id = responses.created_id(self.send(request))
        if profile_id is None:
            raise Unavailable(f"{request.subject}: the response has no ID")
        return profile_id

    def update_profile(self, profile_id: str, draft: ProfileDraft, fields: Collection[str]) -> None:
        """Change those fields of a profile to the draft's values. Raises NotFound."""
        self.send(self.api.update_profile(profile_id, draft, fields))

    def delete_profile(self, profile_id: str) -> None:
        """Delete a profile. Raises NotFound."""
        self.send(self.api.delete_profile(profile_id))

    # -- numbers

    def list_numbers(self) -> list[Number]:
        """List the numbers of the WABA. Raises ConfigError without a WABA ID."""
        rows = responses.number_rows(self.send(self.api.list_numbers()))
        numbers = [responses.parse_listed_number(row, self.api) for row in rows]
        if any(isinstance(number.callback_profile_id, str) for number in numbers):
            self.shows_profiles = True
        return numbers

    def get_number(self, number: str) -> Number:
        """Fetch one number's details, which do not show its profile. Raises NotFound."""
        data = self.send(self.api.number_details(number))
        return responses.parse_number_details(data, number, self.api)

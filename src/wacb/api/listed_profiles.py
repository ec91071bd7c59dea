"""Profiles as the API lists them, completed where their rows lack what a command needs."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

from wacb.api import responses
from wacb.api.listing import Listing, Page, follow_pages, read_page
from wacb.api.requester import Progress, Requester, unseen
from wacb.api.requests import Api, ApiRequest
from wacb.api.responses import ProfileRow
from wacb.api.retry import RetryingClient
from wacb.errors import NotFound
from wacb.models import CallbackProfile, Need


class ListedProfiles(Requester):
    """List the profiles of an account, all or those of a title."""

    def __init__(
        self, api: Api, retrying: RetryingClient, *, jobs: int = 1, progress: Progress = unseen
    ) -> None:
        super().__init__(retrying, jobs=jobs, progress=progress)
        self.api = api

    @abstractmethod
    def _read(self, row: dict[str, Any]) -> CallbackProfile:
        """Map the API's JSON to a profile."""

    def list_profiles(
        self,
        *,
        wanted: Callable[[ProfileRow], bool] = lambda row: True,
        need: Need = Need.ALL,
        limit: int | None = None,
    ) -> Listing[CallbackProfile]:
        """List every profile whose row is `wanted`, each with at least the members in `need`.

        Rows that lack it are completed from their details, `limit` at a time, and left out where
        the profile was deleted meanwhile.
        """
        return Listing(self._complete_all(self.profile_rows(), wanted, need, limit))

    def titled_profiles(self, title: str, *, need: Need = Need.ALL) -> list[CallbackProfile]:
        """List the profiles with exactly this title, as far as the API's filter shows them.

        assumed: title_filter. Raises Unavailable if some may be missing.
        """
        return [*self.complete(self._titled_rows(title), need)]

    def titled_rows(self, title: str) -> list[ProfileRow]:
        """List the rows of all profiles with exactly this title, whatever the API's filter hides.

        Raises Unavailable if some may be missing.
        """
        rows = self._titled_rows(title) or self.profile_rows().require_whole()
        return [row for row in rows if row.title == title]

    def complete_titled(
        self, rows: Iterable[ProfileRow], wanted: Callable[[ProfileRow], bool]
    ) -> tuple[dict[str, str], dict[str, CallbackProfile]]:
        """Return the title of every profile by its ID, and the complete profiles that are `wanted`.

        Details are only requested where the rows lack them.
        """
        rows = list(rows)
        titles = {row.id: row.title for row in rows}
        chosen = [row for row in rows if wanted(row)]
        profiles: dict[str, CallbackProfile] = {}
        for row, profile in zip(chosen, self._complete(chosen, Need.ALL), strict=True):
            if profile is None:
                del titles[row.id]
            else:
                profiles[row.id] = profile
        return titles, profiles

    def _titled_rows(self, title: str) -> list[ProfileRow]:
        listing = self.profile_rows(title)
        rows = list(listing)
        if listing.gap:  # perhaps what the filter left out
            rows = self.profile_rows().require_whole()
        return [row for row in rows if row.title == title]

    def profile_rows(self, title: str | None = None) -> Listing[ProfileRow]:
        """List every profile page by page, as the listing shows it."""

        def fetch(offset: int) -> Page:
            return self._read_profile_page(self.api.list_profiles(offset=offset, title=title))

        rows = follow_pages(fetch, responses.profile_row, what="profiles", paging=self.api.paging)
        return Listing(rows)

    def _read_profile_page(self, request: ApiRequest) -> Page:
        try:
            return read_page(self.send(request), *responses.PROFILE_LISTS)
        except NotFound as error:
            if error.api_code == responses.NO_SUCH_PROFILE:  # none at all, or none on this page
                return read_page([])
            raise

    def _complete_all(
        self,
        rows: Listing[ProfileRow],
        wanted: Callable[[ProfileRow], bool],
        need: Need,
        limit: int | None,
    ) -> Generator[CallbackProfile, None, str]:
        left = filter(wanted, rows)
        while batch := list(islice(left, limit)):
            yield from self.complete(batch, need)
        return rows.gap

    def complete(self, rows: Sequence[ProfileRow], need: Need) -> Iterator[CallbackProfile]:
        """Read listed profiles, each with at least the members in `need`.

        One that was deleted meanwhile is left out.
        """
        return (profile for profile in self._complete(rows, need) if profile)

    def _complete(self, rows: Sequence[ProfileRow], need: Need) -> list[CallbackProfile | None]:
        """Read listed profiles, completed from their details where their rows lack what is needed.

        None if the API reports that the profile no longer exists; another 404 proves nothing.
        """
        lean = [row for row in rows if not row.shows(need)]
        fetched = self.at_once(self._fetch_details, lean)
        details = {row.id: found for row, found in zip(lean, fetched, strict=True)}

        def read(row: ProfileRow) -> CallbackProfile | None:
            found = details.get(row.id, {})
            return None if found is None else self._read(row.members | found)

        return [read(row) for row in rows]

    def _fetch_details(self, row: ProfileRow) -> dict[str, Any] | None:
        try:
            return responses.read_profile(self.send(self.api.get_profile(row.id)), row.id)
        except NotFound as error:
            if error.api_code == responses.NO_SUCH_PROFILE:
                return None
            raise

    def read_row(self, row: ProfileRow) -> CallbackProfile:
        """Read a profile whose row shows all that is needed."""
        return self._read(row.members)

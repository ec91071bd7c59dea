"""Read an account page by page, without relying on any assumption."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple
from uuid import uuid4

from wacb.api.client import Client
from wacb.api.listing import Page, read_page
from wacb.api.requests import ApiRequest
from wacb.api.responses import (
    NO_SUCH_PROFILE,
    NUMBER_LISTS,
    PROFILE_LISTS,
    ProfileRow,
    parse_listed_number,
    profile_row,
)
from wacb.errors import ApiRejected, NotFound, Unavailable, WacbError
from wacb.models import Need

MAX_PAGES = 40
MAX_DETAILS = 3  # profiles whose details are read
_ABSENT = (404, 410)


class Answer(NamedTuple):
    """The `data` of a response, or the refusal instead."""

    data: Any = None
    refusal: WacbError | None = None


def look(client: Client, request: ApiRequest) -> Answer:
    """Send a request that reads. Raises errors that say nothing about the API, like timeouts."""
    try:
        return Answer(client.send(request))
    except (NotFound, ApiRejected) as error:
        is_empty = error.api_code == NO_SUCH_PROFILE and not request.existing
        return Answer([]) if is_empty else Answer(refusal=error)
    except Unavailable as error:
        if error.status in _ABSENT:
            return Answer(refusal=error)
        raise


class Sheet(NamedTuple):
    """A response to a listing, and how wacb reads it; `page` is None if it cannot."""

    answer: Answer
    page: Page | None

    @property
    def rows(self) -> list[ProfileRow]:
        """The rows that are objects, as profiles."""
        return [profile_row(row) for row in self.page.rows] if self.page else []

    @property
    def ids(self) -> list[str]:
        """The IDs of the rows, "" if a row has none."""
        return [row.id for row in self.rows]


def read_sheet(answer: Answer, names: tuple[str, ...]) -> Sheet:
    """Read a response as a listing, in `data` itself or under one of these names."""
    try:
        return Sheet(answer, None if answer.refusal else read_page(answer.data, *names))
    except Unavailable:
        return Sheet(answer, None)


class Reading(NamedTuple):
    """What was read of an account.

    `pages` are those of the listing of profiles, the last one perhaps empty; `steps` the first two
    rows from the offsets 0 and 1, `by_pages` what follows for the offset, None if nothing does.
    `titled` has the answer for some titles, `details` for some IDs, `missing` for an ID that no
    profile has. `numbers` is None without a WABA ID.
    """

    pages: list[Sheet]
    steps: tuple[Sheet, Sheet] | None
    by_pages: bool | None
    titled: dict[str, Sheet]
    details: dict[str, Answer]
    missing: Answer
    numbers: Sheet | None
    number_details: dict[str, Answer]

    @property
    def rows(self) -> list[ProfileRow]:
        """Each listed profile once."""
        rows = [row for sheet in self.pages for row in sheet.rows]
        return [*{row.id: row for row in rows if row.id}.values()]

    @property
    def answers(self) -> list[Any]:
        """The data of all responses."""
        sheets = [*self.pages, *self.titled.values(), *([self.numbers] if self.numbers else [])]
        answers = [sheet.answer for sheet in sheets]
        answers += [*self.details.values(), *self.number_details.values()]
        return [answer.data for answer in answers]


def read_account(client: Client, number: str | None = None) -> Reading:
    """Read profiles and numbers with requests that change nothing.

    Without a WABA ID only the details of `number` are read.
    """
    api = client.api

    def list_page(offset: int, limit: int | None = None, title: str | None = None) -> Sheet:
        request = api.list_profiles(offset=offset, limit=limit, title=title)
        return read_sheet(look(client, request), PROFILE_LISTS)

    first = list_page(0)
    steps = (list_page(0, 2), list_page(1, 2)) if len(first.ids) > 1 else None
    by_pages = _count_of(*steps) if steps else None
    pages = _follow(first, list_page, by_pages=bool(by_pages))
    titles = {row.title: None for sheet in pages for row in sheet.rows if row.title}
    chosen = sorted(titles, key=lambda title: (title.isalnum(), title))[:MAX_DETAILS]
    ids = list(dict.fromkeys(_lean_first([row for sheet in pages for row in sheet.rows])))
    numbers = None
    if api.waba_id is not None:
        numbers = read_sheet(look(client, api.list_numbers()), NUMBER_LISTS)
    return Reading(
        pages=pages,
        steps=steps,
        by_pages=by_pages,
        titled={title: list_page(0, title=title) for title in chosen},
        details={each: look(client, api.get_profile(each)) for each in ids[:MAX_DETAILS]},
        missing=look(client, api.get_profile(f"SG_{uuid4()}")),
        numbers=numbers,
        number_details={
            each: look(client, api.number_details(each))
            for each in _phones(client, numbers, number)
        },
    )


def _count_of(first: Sheet, second: Sheet) -> bool | None:
    """Return whether the offset 1 skips a page of two rows, None if that is not visible."""
    if len(first.ids) != 2 or not second.page or first.ids[0] in second.ids:
        return None
    return not second.ids or first.ids[1] != second.ids[0]


def _follow(first: Sheet, list_page: Callable[[int], Sheet], *, by_pages: bool) -> list[Sheet]:
    """Read on until a page brings nothing new, also after one that looks like the last."""
    pages, seen, offset = [first], set(first.ids), len(first.ids)
    while pages[-1].ids and len(pages) < MAX_PAGES and not _is_complete(pages[-1], len(seen)):
        sheet = list_page(len(pages) if by_pages else offset)
        if sheet.page is None or not set(sheet.ids) - seen:
            break
        pages.append(sheet)
        seen.update(sheet.ids)
        offset += len(sheet.ids)
    return pages


def _is_complete(sheet: Sheet, count: int) -> bool:
    return sheet.page is not None and sheet.page.total == count


def _lean_first(rows: list[ProfileRow]) -> list[str]:
    return [row.id for row in sorted(rows, key=lambda row: row.shows(Need.ALL)) if row.id]


def _phones(client: Client, numbers: Sheet | None, number: str | None) -> list[str]:
    """Return the number whose details are read, if there is one."""
    rows = numbers.page.rows if numbers and numbers.page else []
    listed = [parse_listed_number(row, client.api).number for row in rows]
    return [each for each in (number, *listed) if each][:1]

"""Listings of the API: followed page by page, and never taken for whole where they are not."""

from __future__ import annotations

from collections.abc import Callable, Collection, Generator, Iterator, Mapping
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

from wacb.api import values
from wacb.api.envelope import ENVELOPE, MAX_WORDS, MORE, PAGING, TOTALS, fold, is_paging
from wacb.api.requests import Paging
from wacb.errors import Unavailable

MAX_PAGES = 1000
# assumed: profile_listing, number_listing (api.md §4, §5)
_LISTS = ("", "data", "rows", "list", "items")  # "" is `data` itself, with paging beside it
_KNOWN = ENVELOPE | {"limit", "offset", "per_page"}
T = TypeVar("T")


class Listing(Generic[T]):
    """Rows as they come. `gap` says why some may be missing, once all have come; "" if none is."""

    def __init__(self, rows: Generator[T, None, str]) -> None:
        self._rows = rows
        self.gap = ""

    def __iter__(self) -> Iterator[T]:
        self.gap = yield from self._rows

    def require_whole(self) -> list[T]:
        """Return all rows, for a conclusion from what is not among them. Raises Unavailable."""
        rows = list(self)
        self.check_whole()
        return rows

    def check_whole(self) -> None:
        """Raise Unavailable if rows that have been read may not be all."""
        if self.gap:
            raise self.gap_error()

    def gap_error(self) -> Unavailable:
        """Return the error for a listing that is not whole."""
        return Unavailable(self.gap, hint="try again later, or compare with the Kaleyra console")


class Page(NamedTuple):
    """The rows of a page, how many more are no objects, and what the page says of the listing."""

    rows: list[dict[str, Any]]
    odd: int
    total: int | None
    more: bool


def read_page(data: Any, *names: str) -> Page:
    """Read one page: an array, or an object with one under any of `names` or the usual ones.

    Nothing at all is an empty page. Raises Unavailable for what is not a list.
    """
    listed = _find_list(data, (*names, *_LISTS))
    rows = [row for row in listed if isinstance(row, dict)]
    total, more = _read_paging(data, len(listed)) if isinstance(data, dict) else (None, False)
    return Page(rows=rows, odd=len(listed) - len(rows), total=total, more=more)


def find_path(data: Any, names: Collection[str]) -> tuple[str, ...] | None:
    """Return the names of the members that lead to the list, None if there is none."""
    if isinstance(data, list):
        return ()
    if isinstance(data, dict):
        named = sorted((*names, *_LISTS), key=lambda name: values.is_empty(data.get(name)))
        for name in named:
            inner = find_path(data.get(name), names)
            if inner is not None:
                return (name, *inner)
    return None


def _find_list(data: Any, names: Collection[str]) -> list[Any]:
    if isinstance(data, list):
        return data
    if values.is_empty(data):
        return []
    if isinstance(data, dict):
        inner = next((data[name] for name in names if not values.is_empty(data.get(name))), None)
        if inner is not None:
            return _find_list(inner, names)
        unknown = (
            each for name, each in data.items() if name not in _KNOWN and not is_paging(name)
        )
        if all(map(values.is_empty, unknown)):
            return []
    said = values.text(data)
    raise Unavailable(
        f"the response contains no list{f', but {said[:MAX_WORDS]!r}' if said else ''}"
    )


def _read_paging(page: Mapping[str, Any], length: int) -> tuple[int | None, bool]:
    """Read the total, and whether more follows; a `count` that is the page's proves nothing."""
    members = [*_paging_members(page)]
    totals = [values.number(value) for name, value in members if name in TOTALS]
    counts = [values.number(value) for name, value in members if name == "count"]
    known = [each for each in totals if each is not None]
    known += [each for each in counts if each is not None and each != length]
    more = any(_is_yes(value) for name, value in members if name in MORE)
    return next(iter(known), None), more


def _paging_members(page: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in page.items():
        yield fold(name), value
        if isinstance(value, dict) and (fold(name) in PAGING or name in _LISTS):
            yield from _paging_members(value)


def _is_yes(value: Any) -> bool:
    return bool(value) and str(value).strip().lower() not in ("false", "0", "no", "null", "none")


class Row(Protocol):
    """A row with an identity, "" if it has none."""

    @property
    def id(self) -> str: ...


R = TypeVar("R", bound=Row)


def follow_pages(
    fetch: Callable[[int], Page],
    read: Callable[[dict[str, Any]], R],
    *,
    what: str,
    paging: Paging,
) -> Generator[R, None, str]:
    """Yield each row once; return why some may be missing, "" if none is.

    `fetch` gets the offset as `paging` counts it. Ends with the total, an empty page, one that is
    shorter than the first, one that brings nothing new, and after many pages.
    """
    seen: set[str] = set()
    offset = length = odd = 0
    total: int | None = None
    more = repeats = False
    for number in range(MAX_PAGES):
        page = fetch(number if paging.by_pages else offset)
        rows = [read(row) for row in page.rows]
        fresh = list({row.id: row for row in rows if row.id and row.id not in seen}.values())
        yield from fresh
        seen.update(row.id for row in fresh)
        odd += page.odd + sum(not row.id for row in rows)
        received = len(page.rows) + page.odd
        offset += received
        length = length or received
        if page.total is not None:  # a smaller one: rows were deleted, and others moved up unseen
            total = max(page.total, total or 0)
        if not fresh:
            repeats = received > 0
            break
        more = page.more
        if offset == total or (not more and is_last(received, length, total, paging)):
            break
    else:
        return f"the API lists more than {MAX_PAGES} pages of {what}"
    return find_gap(len(seen), odd=odd, total=total, more=more, repeats=repeats, what=what)


def is_last(received: int, first: int, total: int | None, paging: Paging) -> bool:
    """Return whether a page is the last; a short one may be cut by the server's own limit."""
    ignores_limit = received > paging.size
    return ignores_limit or received < first or (received < paging.least and total is None)


def find_gap(
    count: int, *, odd: int, total: int | None, more: bool, repeats: bool = False, what: str
) -> str:
    """Say why `count` rows may not be all, "" if they are. `what` is in the plural."""
    listed = what.removesuffix("s") if count == 1 else what
    if total is not None and total > count:
        return f"the API lists {count} of {total} {what}"
    if odd:
        return f"{odd} of the {count + odd} rows that the API lists can't be read as {what}"
    if more and total is None:
        return f"the API lists {count} {listed} and says that there are more"
    if repeats and total is None:
        return f"the API lists the same {count} {listed} on every page"
    return ""

"""Judge how the listing of profiles is paged."""

from __future__ import annotations

from wacb.api.listing import is_last
from wacb.api.requests import Paging
from wacb.probe.look import Reading
from wacb.probe.model import Finding, confirmed, not_seen, refuted
from wacb.probe.names import plural


def judge_paging(reading: Reading, paging: Paging) -> list[Finding]:
    """Judge the offset, the largest page, and whether a short page is the last one."""
    return [
        _judge_offset(reading, paging),
        _judge_cap(reading, paging),
        _judge_short_page(reading, paging),
    ]


def _judge_offset(reading: Reading, paging: Paging) -> Finding:
    id = "offset_counts"
    if reading.steps is None:
        return not_seen(id, "at least two profiles are needed")
    first, second = reading.steps
    if reading.by_pages is None:
        if first.ids and first.ids == second.ids:
            return refuted(id, "`offset` 1 lists the same rows as `offset` 0")
        return not_seen(id, f"`offset` 0 and 1 list {len(first.ids)} and {len(second.ids)} rows")
    counted = "pages" if reading.by_pages else "rows"
    evidence = f"with `limit` 2, `offset` 1 skips {'2 rows' if reading.by_pages else '1 row'}"
    if reading.by_pages == paging.by_pages:
        return confirmed(id, evidence)
    return refuted(id, evidence, value=counted)


def _judge_cap(reading: Reading, paging: Paging) -> Finding:
    id, sizes = "page_cap", _sizes(reading)
    evidence = f"of {paging.size} rows asked for, {_listed(sizes)}"
    if sizes and sizes[0] >= paging.size:
        return confirmed(id, evidence)
    if len(sizes) < 2:
        return not_seen(id, evidence)
    return refuted(id, evidence, value=str(min(sizes[:-1])))


def _judge_short_page(reading: Reading, paging: Paging) -> Finding:
    id, sizes = "short_page_is_last", _sizes(reading)
    if not sizes:
        return not_seen(id, "there are no profiles")
    read = 0
    for sheet, size in zip(reading.pages, sizes[:-1], strict=False):
        read += size
        page = sheet.page
        if page and not page.more and is_last(size, sizes[0], page.total, paging):
            cap = min(sizes[:-1])
            return refuted(id, f"after {plural(read, 'row')} {_listed(sizes)}", value=str(cap))
    return confirmed(id, _listed(sizes))


def _sizes(reading: Reading) -> list[int]:
    return [len(sheet.ids) for sheet in reading.pages if sheet.ids]


def _listed(sizes: list[int]) -> str:
    if not sizes:
        return "none came"
    if len(sizes) == 1:
        return f"the page has {plural(sizes[0], 'row')}"
    return f"the pages have {', '.join(map(str, sizes))} rows"

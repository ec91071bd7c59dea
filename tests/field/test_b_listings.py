"""Nothing is concluded from a listing that is not whole, and an empty one may look odd."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import writes
from tests.cli.expect import CREATE, ONE, TITLE, TWO
from tests.conftest import LIVE, Wacb, profile_id
from tests.examples import pairs, sampled
from tests.fake_api import make_row
from tests.field.altered import (
    ABSENT,
    FIRST,
    NUMBERS,
    PROFILES,
    Altered,
    Rule,
    beside,
    data,
    make_attached,
    make_profile,
)
from wacb.sandbox.emulator import Sandbox

UNLISTED = "+15550100777"
HIDDEN = "Listed nowhere"
Shape = Callable[[list[Any]], Any]

# how a listing says of itself that it is not whole
PARTIAL: dict[str, Shape] = {
    "total": lambda rows: {"numbers": rows, "profiles": rows, "total": len(rows) + 2},
    "total as text": lambda rows: {"rows": rows, "total": str(len(rows) + 2)},
    "count": lambda rows: {"data": rows, "count": len(rows) + 2},
    "total_count": lambda rows: {"data": rows, "total_count": len(rows) + 2},
    "next": lambda rows: {"items": rows, "next": "https://api.kaleyra.io/v1/?offset=100"},
    "has_more": lambda rows: {"list": rows, "has_more": True},
    "hasMore": lambda rows: {"list": rows, "hasMore": True},
    "paging": lambda rows: {"data": rows, "paging": {"total": len(rows) + 2}},
    "a row that is none": lambda rows: [*rows, None],
    "a row that is text": lambda rows: [*rows, "and 2 more"],
}


def partial_once(shape: Shape) -> Shape:
    """What further pages hold is as empty as the API has it."""
    return lambda rows: shape(rows) if rows else rows


# what would be concluded from a list of numbers, if it were whole
FROM_NUMBERS = {
    "a profile in use may be deleted": ("profile", "delete", FIRST, "--yes"),
    "show: there is no such number": ("number", "show", UNLISTED),
    "attach: not listed": ("number", "attach", UNLISTED, "--profile", FIRST),
    "detach: not listed": ("number", "detach", UNLISTED, "--yes"),
    "verify: not listed": ("verify", UNLISTED, "--profile", FIRST),
    "export: these are all numbers": ("export",),
}


@pairs(FROM_NUMBERS, PARTIAL)
def test_nothing_is_concluded_from_a_partial_list_of_numbers(
    live: Wacb, sandbox: Sandbox, row: str, column: str
):
    line, shape = FROM_NUMBERS[row], PARTIAL[column]
    make_profile(sandbox)
    before = writes(sandbox)
    short = Altered(sandbox, data(NUMBERS, lambda rows: shape(rows[:1])))
    outcome = live(*line, handler=short)
    assert outcome.code == 7, outcome
    assert line[0] == "verify" or outcome.out == ""
    assert writes(sandbox) == before


@pytest.mark.parametrize(
    "members",
    [
        pytest.param({"total": 4}, id="total"),
        pytest.param({"Total_Count": "4"}, id="total as text"),
        pytest.param({"paging": {"cursors": {}, "next": "https://x/?after=1"}}, id="paging"),
        pytest.param({"meta": {"pagination": {"total": 4}}}, id="pagination in meta"),
        pytest.param({"_links": {"next": {"href": "/?page=2"}}}, id="links"),
    ],
)
def test_what_is_said_beside_the_rows_counts(live: Wacb, sandbox: Sandbox, members: dict[str, Any]):
    made = make_attached(sandbox, TWO)
    make_attached(sandbox, ONE, title="Other")  # so the API is seen to show profiles
    numbers = Altered(sandbox, beside(NUMBERS, **members))
    assert live("profile", "delete", made, "--yes", handler=numbers).code == 7
    profiles = Altered(sandbox, beside(PROFILES, **members))
    assert live("profile", "list", "-q", handler=profiles).code == 7
    checked = live("api", "check", "-o", "json", handler=numbers)
    assert "`data` is a list of 1 object; the total is" in checked.out


def test_how_much_of_a_list_came_is_said(live: Wacb, sandbox: Sandbox):
    make_profile(sandbox)
    short = Altered(sandbox, data(NUMBERS, lambda rows: {"numbers": rows[:1], "total": 3}))
    assert "1 of 3" in live("profile", "delete", FIRST, "--yes", handler=short).err
    listing = live("number", "list", "-q", handler=short)
    assert (listing.code, listing.out) == (7, f"{ONE}\n")
    assert "1 of 3" in listing.err


@pairs((NUMBERS, PROFILES), PARTIAL)
def test_nothing_is_pruned_by_a_partial_list(
    live: Wacb, sandbox: Sandbox, tmp_path: Path, row: str, column: str
):
    make_profile(sandbox, title="Old hook")
    make_attached(sandbox, TWO, title="Kept hook")
    file = tmp_path / "wacb.toml"
    file.write_text(f'[numbers]\n"{ONE}" = "Kept hook"\n')
    before = writes(sandbox)
    short = Altered(sandbox, data(row, partial_once(PARTIAL[column])))
    outcome = live("apply", "-f", str(file), "--prune", "--yes", handler=short)
    assert outcome.code == 7, outcome
    assert writes(sandbox) == before


def test_a_partial_list_is_not_kept_for_tab(live: Wacb, sandbox: Sandbox, tmp_path: Path):
    make_profile(sandbox)
    live("number", "list")
    live("profile", "list")
    [kept] = tmp_path.rglob("listed.json")
    whole = kept.read_text()
    short = Altered(
        sandbox,
        data(PROFILES, partial_once(lambda rows: {"rows": [], "total": 3})),
        data(NUMBERS, lambda rows: {"rows": rows[:1], "total": 3}),
    )
    assert live("number", "list", handler=short).code == 7
    assert live("profile", "list", handler=short).code == 7
    assert kept.read_text() == whole


# what would be concluded from a list of profiles
FROM_PROFILES = {
    "create once: there is none": (*CREATE, "--if-not-exists"),
    "update or create: there is none": (*CREATE, "--update-existing"),
    "create: no other has the title": CREATE,
    "show: there is none": ("profile", "show", HIDDEN),
    "delete: there is none": ("profile", "delete", HIDDEN, "--yes"),
    "delete: there is only one": ("profile", "delete", "Hook", "--yes"),
    "update: there is only one": ("profile", "update", "Hook", "--title", "New"),
    "attach: there is none": ("number", "attach", ONE, "--profile", HIDDEN),
    "verify: there is none": ("verify", ONE, "--profile", HIDDEN),
    "check: all are fine": ("profile", "check"),
    "export: these are all profiles": ("export",),
}


@pairs(FROM_PROFILES, PARTIAL)
def test_nothing_is_concluded_from_a_partial_list_of_profiles(
    live: Wacb, sandbox: Sandbox, row: str, column: str
):
    make_attached(sandbox, ONE)
    before = writes(sandbox)
    short = Altered(sandbox, data(PROFILES, partial_once(PARTIAL[column])))
    assert live(*FROM_PROFILES[row], handler=short).code == 7
    assert writes(sandbox) == before


@pytest.mark.parametrize("command", [("plan",), ("apply", "--yes")], ids=["plan", "apply"])
def test_no_profile_is_planned_for_one_that_may_be_there(
    live: Wacb, sandbox: Sandbox, tmp_path: Path, command: tuple[str, ...]
):
    make_profile(sandbox)
    file = tmp_path / "wacb.toml"
    file.write_text('[profiles.a]\ntitle = "Other"\nmethod = "post"\nurl = "https://example.com"\n')
    short = Altered(
        sandbox, data(PROFILES, lambda rows: {"profiles": rows, "total": 3} if rows else rows)
    )
    assert live(*command, "-f", str(file), handler=short).code == 7
    assert len(writes(sandbox)) == 1


# -- pages


class Paged:
    """A list of profiles that the API cuts into pages in its own way."""

    def __init__(self, pages: list[list[int]], *, total: object = ABSENT) -> None:
        self.pages, self.total, self.asked = pages, total, 0

    def __call__(self, rows: list[Any]) -> Any:
        page = self.pages[min(self.asked, len(self.pages) - 1)]
        self.asked += 1
        shown = [{**make_row(), "profile_id": profile_id(n), "title": f"Hook {n}"} for n in page]
        return shown if self.total is ABSENT else {"profiles": shown, "total": self.total}

    def serve(self, sandbox: Sandbox) -> Altered:
        return Altered(sandbox, data(PROFILES, self))


@pytest.mark.parametrize(
    ("paged", "code", "listed"),
    [
        pytest.param(Paged([[*range(50)], [*range(50, 60)], []]), 0, 60, id="a cap of 50"),
        pytest.param(
            Paged([[*range(25)], [*range(25, 40)], []], total="40"), 0, 40, id="a total as text"
        ),
        pytest.param(
            Paged([[*range(100)], [*range(100)]], total=200), 7, 100, id="an offset not heeded"
        ),
        pytest.param(
            Paged([[*range(30)], [*range(29, 59)], []], total=60), 7, 59, id="rows that moved"
        ),
        pytest.param(Paged([[*range(30)], []], total=31), 7, 30, id="a page that is missing"),
        pytest.param(Paged([[*range(30)], [*range(30, 40)], []], total=10), 0, 40, id="too few"),
    ],
)
def test_pages_are_followed_and_counted(
    live: Wacb, sandbox: Sandbox, paged: Paged, code: int, listed: int
):
    paged.asked = 0
    served = paged.serve(sandbox)
    assert len(live("profile", "list", "-q", handler=served).out.splitlines()) == listed
    paged.asked = 0
    conclusion = live("profile", "check", handler=served)
    assert conclusion.code == code, conclusion


def test_a_listing_without_end_is_not_followed_for_ever(live: Wacb, sandbox: Sandbox):
    endless = Paged([[at] for at in range(1001)], total=1001)
    outcome = live("profile", "list", "-q", handler=endless.serve(sandbox))
    assert outcome.code == 7
    assert len(outcome.out.splitlines()) == endless.asked == 1000
    assert "more than 1000 pages" in outcome.err


def test_a_total_that_shrinks_means_that_a_row_may_have_moved_up_unseen(
    live: Wacb, sandbox: Sandbox
):
    paged = Paged([[*range(30)], [*range(31, 60)], []])  # of the first page one was deleted

    def shown(rows: list[Any]) -> Any:
        return {"profiles": paged(rows), "total": 60 if paged.asked == 1 else 59}

    outcome = live("profile", "list", "-q", handler=Altered(sandbox, data(PROFILES, shown)))
    assert (outcome.code, len(outcome.out.split())) == (7, 59)
    assert "the API lists 59 of 60 profiles" in outcome.err


def test_a_page_that_comes_again_and_again_is_not_the_whole_list(live: Wacb, sandbox: Sandbox):
    again = Paged([[*range(30)]])
    outcome = live("profile", "list", "-q", handler=again.serve(sandbox))
    assert (outcome.code, len(outcome.out.splitlines()), again.asked) == (7, 30, 2)
    assert "the same 30 profiles on every page" in outcome.err


def test_a_listing_that_says_there_are_more_is_incomplete(live: Wacb, sandbox: Sandbox):
    cut = data(NUMBERS, lambda rows: {"numbers": rows[:1], "has_more": True})
    outcome = live("number", "list", "-q", handler=Altered(sandbox, cut))
    assert outcome.code == 7
    assert "the API lists 1 number and says that there are more" in outcome.err


def test_a_title_that_the_filter_hides_is_found(live: Wacb, sandbox: Sandbox):
    make_profile(sandbox)
    shown = iter((False, True))
    hiding = Altered(sandbox, data(PROFILES, lambda rows: rows if next(shown) else []))
    assert live("profile", "show", "Hook", "-q", handler=hiding).out == f"{FIRST}\n"


def test_a_number_that_is_not_listed_afterwards_is_not_verified(live: Wacb, sandbox: Sandbox):
    make_profile(sandbox)
    whole = iter([True])
    short = data(
        NUMBERS, lambda rows: rows if next(whole, False) else {"numbers": rows[:1], "total": 4}
    )
    line = ("number", "attach", ONE, TWO, "--profile", FIRST, "-o", "json")
    outcome = live(*line, handler=Altered(sandbox, short))
    first, second = json.loads(outcome.out)
    assert (outcome.code, first["verified"], second["verified"]) == (7, True, None)
    assert "could not be read back: the API lists 1 of 4 numbers" in second["error"]["message"]


def test_two_rows_without_an_id_are_two(live: Wacb, sandbox: Sandbox):
    make_profile(sandbox)
    make_profile(sandbox, title=TITLE)
    nameless = data(
        PROFILES,
        lambda rows: [{k: v for k, v in row.items() if k != "profile_id"} for row in rows],
    )
    outcome = live(*CREATE, "--if-not-exists", handler=Altered(sandbox, nameless))
    assert (outcome.code, len(writes(sandbox))) == (7, 2)


# -- empty accounts

EMPTY = [
    pytest.param([], id="[]"),
    pytest.param(None, id="null"),
    pytest.param(ABSENT, id="no data at all"),
    pytest.param({}, id="{}"),
    pytest.param("", id="empty text"),
    pytest.param({"profiles": None, "numbers": None, "total": 0}, id="null and a total of 0"),
    pytest.param({"total": "0", "data": {}}, id="an empty object for a list"),
]


@pytest.mark.parametrize("shown", sampled(EMPTY, every=3))
def test_an_account_without_anything_is_empty(live: Wacb, sandbox: Sandbox, shown: Any):
    empty = Altered(
        sandbox, data(PROFILES, lambda rows: rows or shown), data(NUMBERS, lambda rows: shown)
    )
    assert json.loads(live("profile", "list", "-o", "json", handler=empty).out) == []
    assert json.loads(live("number", "list", "-o", "json", handler=empty).out) == []
    assert live("number", "show", ONE, handler=empty).code == 5
    assert live("config", "init", "--sid", LIVE["WACB_SID"], handler=empty).code == 0
    assert live(*CREATE, "-q", handler=empty).out == f"{profile_id(1)}\n"


NO_LIST = [
    pytest.param("No access to this product", id="text"),
    pytest.param({"profiles": "not enabled here", "numbers": "not enabled here"}, id="text in it"),
    pytest.param(7, id="a number"),
    pytest.param(True, id="true"),
    pytest.param({"total": 3}, id="a total alone"),
    pytest.param({"profiles": None, "numbers": None, "total": 3}, id="null, but three of them"),
]


@pytest.mark.parametrize("shown", sampled(NO_LIST, every=2))
def test_what_is_no_list_proves_nothing_and_is_repeated(live: Wacb, sandbox: Sandbox, shown: Any):
    made = make_profile(sandbox)
    odd = Altered(sandbox, data(PROFILES, lambda rows: shown), data(NUMBERS, lambda rows: shown))
    words = shown if isinstance(shown, str) else "not enabled here" if "not" in str(shown) else ""
    for line in ((*CREATE, "--if-not-exists"), ("profile", "delete", made, "--yes")):
        outcome = live(*line, handler=odd)
        assert outcome.code == 7, outcome
        assert words in outcome.err
    assert len(writes(sandbox)) == 1


def test_a_404_with_the_code_of_no_profile_is_an_empty_page(live: Wacb, sandbox: Sandbox):
    def change(status: int, content: bytes) -> tuple[int, bytes]:
        gone = {"code": "RBC302", "message": "no profile", "data": {}, "status": 404}
        listed = json.loads(content)["data"]["profiles"]
        return (
            (200, json.dumps({"data": listed}).encode())
            if listed
            else (404, json.dumps(gone).encode())
        )

    told = Altered(sandbox, Rule(method="GET", path=PROFILES, answer=change))
    assert live("profile", "list", "-o", "json", handler=told).out == "[]\n"
    assert live("api", "check", handler=told).code == 0
    assert live(*CREATE, "--if-not-exists", handler=told).code == 0
    for number in range(29):  # so that there may be another page
        make_profile(sandbox, title=f"Hook {number}")
    assert len(live("profile", "list", "-q", handler=told).out.split()) == 30
    other = Rule(method="GET", path=PROFILES, answer=lambda *_: (404, b'{"code": "WA404"}'))
    assert live("profile", "list", handler=Altered(sandbox, other)).code == 5


def test_thousands_of_numbers_are_listed_with_all_that_is_known_of_them(
    live: Wacb, sandbox: Sandbox
):
    def shown(rows: list[Any]) -> Any:
        more = {"about": "x" * 300}
        return [{**rows[0], **more, "phone_number": f"+9198{at:08}"} for at in range(8000)]

    outcome = live("number", "list", "-q", handler=Altered(sandbox, data(NUMBERS, shown)))
    assert (outcome.code, len(outcome.out.split())) == (0, 8000)

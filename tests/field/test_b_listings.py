"""Nothing is concluded from a listing that is not whole, and an empty one may look odd."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import attached, writes
from tests.cli.expect import CREATE, ONE, TITLE, TWO
from tests.conftest import LIVE, Wacb, profile_id
from tests.fake_api import make_row
from tests.field.altered import (
    ABSENT,
    FIRST,
    NUMBERS,
    PROFILE,
    PROFILES,
    Altered,
    data,
    make_attached,
    make_profile,
    says,
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
SHAPES = [pytest.param(shape, id=name) for name, shape in PARTIAL.items()]


def partial_once(shape: Shape) -> Shape:
    """What further pages hold is as empty as the API has it."""
    return lambda rows: shape(rows) if rows else rows


# what would be concluded from a list of numbers, if it were whole
FROM_NUMBERS = [
    pytest.param(("profile", "delete", FIRST, "--yes"), id="a profile in use may be deleted"),
    pytest.param(("number", "show", UNLISTED), id="show: there is no such number"),
    pytest.param(("number", "attach", UNLISTED, "--profile", FIRST), id="attach: not listed"),
    pytest.param(("number", "detach", UNLISTED, "--yes"), id="detach: not listed"),
    pytest.param(("verify", UNLISTED, "--profile", FIRST), id="verify: not listed"),
    pytest.param(("export",), id="export: these are all numbers"),
]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("line", FROM_NUMBERS)
def test_nothing_is_concluded_from_a_partial_list_of_numbers(
    live: Wacb, sandbox: Sandbox, line: tuple[str, ...], shape: Shape
):
    make_profile(sandbox)
    before = writes(sandbox)
    short = Altered(sandbox, data(NUMBERS, lambda rows: shape(rows[:1])))
    outcome = live(*line, handler=short)
    assert outcome.code == 7, outcome
    assert line[0] == "verify" or outcome.out == ""
    assert writes(sandbox) == before


def test_how_much_of_a_list_came_is_said(live: Wacb, sandbox: Sandbox):
    make_profile(sandbox)
    short = Altered(sandbox, data(NUMBERS, lambda rows: {"numbers": rows[:1], "total": 3}))
    assert "1 of 3" in live("profile", "delete", FIRST, "--yes", handler=short).err
    listing = live("number", "list", "-q", handler=short)
    assert (listing.code, listing.out) == (7, f"{ONE}\n")
    assert "1 of 3" in listing.err


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("path", [NUMBERS, PROFILES], ids=["numbers", "profiles"])
def test_nothing_is_pruned_by_a_partial_list(
    live: Wacb, sandbox: Sandbox, tmp_path: Path, path: str, shape: Shape
):
    make_profile(sandbox, title="Old hook")
    make_attached(sandbox, TWO, title="Kept hook")
    file = tmp_path / "wacb.toml"
    file.write_text(f'[numbers]\n"{ONE}" = "Kept hook"\n')
    before = writes(sandbox)
    short = Altered(sandbox, data(path, partial_once(shape)))
    outcome = live("apply", "-f", str(file), "--prune", "--yes", handler=short)
    assert outcome.code == 7, outcome
    assert writes(sandbox) == before


# what would be concluded from a list of profiles
FROM_PROFILES = [
    pytest.param((*CREATE, "--if-not-exists"), id="create once: there is none"),
    pytest.param((*CREATE, "--update-existing"), id="update or create: there is none"),
    pytest.param(CREATE, id="create: no other has the title"),
    pytest.param(("profile", "show", HIDDEN), id="show: there is none"),
    pytest.param(("profile", "delete", HIDDEN, "--yes"), id="delete: there is none"),
    pytest.param(("profile", "delete", "Hook", "--yes"), id="delete: there is only one"),
    pytest.param(("profile", "update", "Hook", "--title", "New"), id="update: there is only one"),
    pytest.param(("number", "attach", ONE, "--profile", HIDDEN), id="attach: there is none"),
    pytest.param(("verify", ONE, "--profile", HIDDEN), id="verify: there is none"),
    pytest.param(("profile", "check"), id="check: all are fine"),
    pytest.param(("export",), id="export: these are all profiles"),
]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("line", FROM_PROFILES)
def test_nothing_is_concluded_from_a_partial_list_of_profiles(
    live: Wacb, sandbox: Sandbox, line: tuple[str, ...], shape: Shape
):
    make_attached(sandbox, ONE)
    before = writes(sandbox)
    short = Altered(sandbox, data(PROFILES, partial_once(shape)))
    assert live(*line, handler=short).code == 7
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


@pytest.mark.parametrize("shown", EMPTY)
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


@pytest.mark.parametrize("shown", NO_LIST)
def test_what_is_no_list_proves_nothing_and_is_repeated(live: Wacb, sandbox: Sandbox, shown: Any):
    made = make_profile(sandbox)
    odd = Altered(sandbox, data(PROFILES, lambda rows: shown), data(NUMBERS, lambda rows: shown))
    words = shown if isinstance(shown, str) else "not enabled here" if "not" in str(shown) else ""
    for line in ((*CREATE, "--if-not-exists"), ("profile", "delete", made, "--yes")):
        outcome = live(*line, handler=odd)
        assert outcome.code == 7, outcome
        assert words in outcome.err
    assert len(writes(sandbox)) == 1


# -- one thing


@pytest.mark.parametrize(
    ("wrap", "code"),
    [
        pytest.param(lambda row: [row], 0, id="an array of one"),
        pytest.param(lambda row: {"profile": row}, 0, id="wrapped by its name"),
        pytest.param(lambda row: {"data": row}, 0, id="wrapped again"),
        pytest.param(lambda row: {**row, "profile_id": profile_id(9)}, 7, id="another profile"),
        pytest.param(lambda row: [row, row], 7, id="an array of two"),
        pytest.param(lambda row: [], 7, id="an array of none"),
        pytest.param(lambda row: None, 7, id="null"),
        pytest.param(lambda row: {}, 7, id="an empty object"),
    ],
)
def test_a_profile_in_another_wrapping(
    live: Wacb, sandbox: Sandbox, wrap: Callable[[Any], Any], code: int
):
    made = make_profile(sandbox)
    served = Altered(sandbox, data(PROFILE, wrap))
    outcome = live("profile", "show", made, "-q", handler=served)
    assert (outcome.code, outcome.out) == (code, "" if code else f"{made}\n")
    change = live("number", "attach", ONE, "--profile", made, handler=served)
    assert change.code == code
    assert attached(sandbox, ONE) == ("" if code else made)


@pytest.mark.parametrize(
    ("status", "page"),
    [
        pytest.param(404, b"<html><h1>Not Found</h1></html>", id="HTML"),
        pytest.param(404, b'{"message": "no Route matched with those values"}', id="a gateway"),
        pytest.param(404, b"default backend - 404", id="text"),
        pytest.param(404, b"", id="nothing"),
        pytest.param(410, b"", id="410"),
    ],
)
def test_a_gateways_404_is_not_the_word_of_the_api(
    live: Wacb, sandbox: Sandbox, status: int, page: bytes
):
    made = make_attached(sandbox, ONE)
    before = writes(sandbox)
    served = Altered(sandbox, says("GET", PROFILE, status, page, arrives=False))
    outcome = live("profile", "delete", made, "--yes", handler=served)
    assert (outcome.code, outcome.out) == (7, "")
    assert writes(sandbox) == before

"""The fault "late": a profile that exists and is not listed yet, through both shells."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.sandbox.shells import PROFILES, Api, Clock, make_profile, make_sandbox, sends_in_process
from wacb.sandbox.emulator import Sandbox
from wacb.sandbox.store import Store


def titles(api: Api, query: str = "") -> tuple[list[str], int]:
    """Return the titles that are listed, and the total that the listing tells."""
    data = api("GET", f"{PROFILES}{query}").data
    return [row["title"] for row in data["profiles"]], data["total"]


def test_a_profile_is_listed_only_after_its_seconds(api: Api) -> None:
    api.create(title="Before")
    api.sandbox.add_fault("late:20s")
    api.create(title="While")
    assert titles(api) == (["Before"], 1)
    api.clock.now += 19.75
    assert titles(api) == (["Before"], 1)
    api.clock.now += 0.25
    assert titles(api) == (["Before", "While"], 2)


def test_by_its_id_a_profile_can_be_used_at_once(api: Api) -> None:
    api.sandbox.add_fault("late:20s")
    path = f"{PROFILES}/{api.create()}"
    assert api("PATCH", path, {"title": "Another title"}).status == 200
    assert api("GET", path).data["title"] == "Another title"
    assert titles(api) == ([], 0)
    assert api("DELETE", path).status == 200
    api.clock.now += 20
    assert titles(api) == ([], 0)


def test_pages_and_filters_know_nothing_of_it(api: Api) -> None:
    for spec, title in [("late:5s", "Late 1"), ("late:0s", "Now 2"), ("late:2.5s", "Late 3")]:
        api.sandbox.add_fault(spec)
        api.create(title=title)
    api.sandbox.add_fault("late:0s")
    api.create(title="Now 4")
    assert titles(api, "?limit=1&offset=1") == (["Now 4"], 2)
    assert titles(api, "?title=Late") == ([], 0)
    api.clock.now += 2.5
    assert titles(api, "?limit=1&offset=1") == (["Late 3"], 3)
    assert titles(api, "?title=Late") == (["Late 3"], 1)


def test_a_lost_answer_and_a_late_listing_go_together(api: Api) -> None:
    api.sandbox.add_fault("late:4s")
    api.sandbox.add_fault("reset,after,POST")
    with pytest.raises(ConnectionResetError):
        api("POST", PROFILES, make_profile())
    assert titles(api) == ([], 0)
    api.clock.now += 4
    assert titles(api) == (["Incoming messages"], 1)


def test_reset_ends_it(quick: Api) -> None:
    quick.sandbox.add_fault("late:20s")
    quick.create()
    quick.sandbox.reset()
    quick.create(title="After")
    assert titles(quick) == (["After"], 1)


def test_another_sandbox_on_the_same_file_does_not_list_it_earlier(tmp_path: Path) -> None:
    clock = Clock()

    def caller(store: Store) -> Api:
        sandbox = Sandbox(store, clock=clock)
        return Api(sandbox, sends_in_process(sandbox, lambda _: None), clock)

    with Store(tmp_path / "file") as one, Store(tmp_path / "file") as two:
        first, second = caller(one), caller(two)
        first.sandbox.add_fault("late:20s")
        first.create()
        assert titles(second) == ([], 0)
        second.create(title="By the second")
        assert titles(first) == (["By the second"], 1)
        clock.now += 20
        assert titles(second) == (["Incoming messages", "By the second"], 2)


def test_a_clock_that_is_set_back_hides_nothing_else() -> None:
    clock = Clock()
    sandbox = make_sandbox(clock=clock)
    api = Api(sandbox, sends_in_process(sandbox, lambda _: None), clock)
    api.create()
    clock.now -= 60
    assert titles(api) == (["Incoming messages"], 1)

"""Listings with every page followed, whatever a server makes of limit and offset; single reads."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.conftest import profile_id
from tests.fake_api import (
    NUMBERS,
    PROFILES,
    Clock,
    Network,
    Reply,
    Sent,
    answer,
    emulated,
    make_api,
    make_client,
    make_draft,
    make_exchanger,
    make_journal,
    make_profile,
    make_row,
    refusal,
)
from wacb.api.client import Client
from wacb.api.requester import Requester
from wacb.errors import (
    AuthenticationFailed,
    ConfigError,
    Interrupted,
    NotFound,
    Unavailable,
    Unsafe,
)
from wacb.models import Number
from wacb.sandbox.account import SID, WABA_ID
from wacb.sandbox.emulator import Sandbox

ONE = "+15550100001"
CREATED_AT = "2026-01-02T03:04:05.678Z"

Page = Callable[[list[Any], int, int], object]


def rows(count: int) -> list[dict[str, Any]]:
    return [make_row(profile_id=f"SG_{number}") for number in range(1, count + 1)]


def serving(all_rows: list[Any], page: Page) -> Network:
    """A network that answers each request with what `page` makes of (rows, offset, limit)."""

    def reply(sent: Sent) -> Reply:
        query = parse_qs(urlsplit(sent.url).query)
        return answer(page(all_rows, int(query["offset"][0]), int(query["limit"][0])))

    return Network(reply)


def listed(network: Network) -> tuple[list[str], int]:
    """Follow all pages: the numbers of the profiles found, how many requests that took."""
    found = [profile.id.removeprefix("SG_") for profile in make_client(network).list_profiles()]
    return found, len(network.sent)


# -- pages


def honest(rows: list[Any], offset: int, limit: int) -> object:
    return {"profiles": rows[offset : offset + limit], "total": len(rows)}


def without_total(rows: list[Any], offset: int, limit: int) -> object:
    return rows[offset : offset + limit]


def capped(rows: list[Any], offset: int, limit: int) -> object:
    return rows[offset : offset + 25]


def capped_with_total(rows: list[Any], offset: int, limit: int) -> object:
    return {"rows": rows[offset : offset + 25], "total": len(rows)}


def capped_with_count(rows: list[Any], offset: int, limit: int) -> object:
    return {"rows": rows[offset : offset + 25], "count": len(rows)}


def count_of_the_page(rows: list[Any], offset: int, limit: int) -> object:
    page = rows[offset : offset + 25]
    return {"rows": page, "count": len(page)}


def one_at_a_time(rows: list[Any], offset: int, limit: int) -> object:
    return {"rows": rows[offset : offset + 1], "total": len(rows)}


def all_at_once(rows: list[Any], offset: int, limit: int) -> object:
    return rows


def total_too_large(rows: list[Any], offset: int, limit: int) -> object:
    return {"rows": rows[offset : offset + 25], "total": 1000}


def total_too_small(rows: list[Any], offset: int, limit: int) -> object:
    return {"rows": rows[offset : offset + 25], "total": 1}


def shifting(rows: list[Any], offset: int, limit: int) -> object:
    """As if a profile were added at the top after each page."""
    start = max(0, offset - offset // 25)
    return rows[start : start + 25]


@pytest.mark.parametrize(
    ("page", "count", "requests"),
    [
        (honest, 0, 1),
        (honest, 1, 1),
        (honest, 100, 1),
        (honest, 250, 3),
        (without_total, 0, 1),
        (without_total, 1, 1),
        (without_total, 24, 1),
        (without_total, 25, 2),
        (without_total, 100, 2),
        (without_total, 250, 3),
        (capped, 24, 1),
        (capped, 25, 2),
        (capped, 60, 3),
        (capped_with_total, 25, 1),
        (capped_with_total, 60, 3),
        (capped_with_count, 25, 2),
        (capped_with_count, 50, 2),
        (capped_with_count, 60, 3),
        (count_of_the_page, 25, 2),
        (count_of_the_page, 50, 3),
        (count_of_the_page, 60, 3),
        (one_at_a_time, 3, 3),
        (all_at_once, 120, 1),
        (total_too_large, 50, 3),
        (total_too_large, 60, 3),
        (total_too_small, 60, 3),
        (shifting, 60, 3),
    ],
)
def test_every_profile_is_listed_once(page: Page, count: int, requests: int) -> None:
    expected = [str(number) for number in range(1, count + 1)]
    assert listed(serving(rows(count), page)) == (expected, requests)


def test_pages_are_asked_for_by_the_rows_received() -> None:
    network = serving(rows(60), capped)
    listed(network)
    assert [sent.url for sent in network.sent] == [
        f"{PROFILES}?limit=100&offset={offset}" for offset in (0, 25, 50)
    ]


def test_no_page_is_asked_for_before_it_is_needed() -> None:
    network = serving(rows(250), honest)
    found = iter(make_client(network).list_profiles(limit=1))
    assert (next(found).id, len(network.sent)) == ("SG_1", 1)


def test_rows_that_lack_members_are_completed_where_they_are_wanted() -> None:
    def short(title: str, number: int) -> dict[str, Any]:
        return {"profile_id": f"SG_{number}", "title": title, "channel": "whatsapp"}

    network = Network(
        answer([short("Mine", 1), short("Yours", 2), make_row(profile_id="SG_3", title="Mine")]),
        answer(make_row(channel=None)),
        answer([]),
    )
    found = list(make_client(network).list_profiles(wanted=lambda row: row.title == "Mine"))
    assert found == [
        make_profile(title="Incoming messages", created_at=CREATED_AT),
        make_profile(id="SG_3", title="Mine", created_at=CREATED_AT),
    ]
    assert [sent.url.removeprefix(PROFILES) for sent in network.sent] == [
        "?limit=100&offset=0",
        "/SG_1",
    ]


def test_a_row_without_a_title_has_an_empty_one() -> None:
    network = Network(answer({"profiles": [make_row(profile_id=1, title=None)], "total": 1}))
    listing = make_client(network).list_profiles(wanted=lambda row: not row.title)
    assert [each.id for each in listing] == ["1"]


# -- what else is read of the listing


def test_a_survey_names_every_profile_and_reads_whole_what_is_wanted() -> None:
    rows = [
        {"id": 1, "title": "Mine", "channel": "whatsapp"},
        {"id": 2, "title": "Yours", "channel": "whatsapp"},
        make_row(profile_id="SG_3", title="Mine"),
        {"id": 4},
    ]
    network = Network(
        answer({"profiles": rows, "total": 4}), answer(make_row(profile_id="1", channel=None))
    )
    client = make_client(network)
    titles, profiles = client.complete_titled(
        client.profile_rows().require_whole(), lambda row: row.title == "Mine"
    )
    assert titles == {"1": "Mine", "2": "Yours", "SG_3": "Mine", "4": ""}
    assert profiles == {
        "1": make_profile(id="1", created_at=CREATED_AT),
        "SG_3": make_profile(id="SG_3", title="Mine", created_at=CREATED_AT),
    }
    assert [sent.url.removeprefix(PROFILES) for sent in network.sent] == [
        "?limit=100&offset=0",
        "/1",
    ]


def test_a_profile_that_is_deleted_while_it_is_read_is_left_out() -> None:
    rows = [{"id": 1, "title": "Mine"}, {"id": 2, "title": "Yours"}]
    page, gone = answer({"profiles": rows, "total": 2}), refusal(404, code="RBC302")
    script = (page, gone, answer(make_row(profile_id="2")))
    left = make_profile(id="2", created_at=CREATED_AT)
    assert list(make_client(Network(*script)).list_profiles()) == [left]
    client = make_client(Network(*script))
    titles, profiles = client.complete_titled(client.profile_rows(), lambda row: True)
    assert (titles, profiles) == ({"2": "Yours"}, {"2": left})


def test_another_404_does_not_say_that_a_listed_profile_is_gone() -> None:
    network = Network(answer([{"id": 1, "title": "Mine"}]), refusal(404))
    with pytest.raises(NotFound, match="callback profile 1 does not exist"):
        list(make_client(network).list_profiles())


def test_ids_of_a_title_are_those_of_exactly_that_title() -> None:
    titles = ("Abc", "abc", "Abcd", "Abc")
    found = [make_row(profile_id=f"SG_{n}", title=title) for n, title in enumerate(titles)]
    network = Network(answer({"profiles": found, "total": 4}))
    assert [row.id for row in make_client(network).titled_rows("Abc")] == ["SG_0", "SG_3"]
    assert [sent.url for sent in network.sent] == [f"{PROFILES}?limit=100&offset=0&title=Abc"]


def test_ids_that_the_filter_misses_are_found_in_the_whole_list() -> None:
    network = Network(answer([]), answer({"profiles": [make_row(title="a+b")], "total": 1}))
    assert [row.id for row in make_client(network).titled_rows("a+b")] == ["SG_1"]


def test_access_is_checked_with_one_row(sandbox: Sandbox) -> None:
    network = Network(answer([]))
    make_client(network).check_access()
    assert [(sent.method, sent.url) for sent in network.sent] == [
        ("GET", f"{PROFILES}?limit=1&offset=0")
    ]
    make_client(emulated(sandbox)).check_access()
    with pytest.raises(AuthenticationFailed):
        make_client(emulated(sandbox), key="other").check_access()


# -- one profile


def test_a_profile_goes_to_the_emulator_and_comes_back(sandbox: Sandbox) -> None:
    client = make_client(emulated(sandbox))
    draft = make_draft(headers={"X-A": "b"}, response_message="thanks", events=("a",))
    created = client.create_profile(draft)
    expected = make_profile(
        id=profile_id(1),
        headers={"X-A": "b"},
        response_message="thanks",
        events=("a",),
        created_at="2026-09-21T14:13:20.000Z",
    )
    assert (created, client.get_profile(created)) == (profile_id(1), expected)
    assert client.titled_profiles("Incoming messages") == [expected]
    with pytest.raises(NotFound, match="callback profile SG_2 does not exist"):
        client.get_profile("SG_2")


@pytest.mark.parametrize("data", [None, {}, [], {"title": "Abc"}], ids=str)
def test_a_create_without_an_id_counts_as_one_that_was_lost(data: object) -> None:
    network = Network(answer(data))
    with pytest.raises(Unavailable) as caught:
        make_client(network).create_profile(make_draft())
    assert (caught.value.message, caught.value.sent, len(network.sent)) == (
        "creating callback profile 'Incoming messages' failed: the response has no ID",
        True,
        1,
    )


def test_the_fields_named_are_updated_and_no_others(sandbox: Sandbox) -> None:
    client = make_client(emulated(sandbox))
    created = client.create_profile(make_draft())
    draft = make_draft(title="Another title", url="https://example.com/other")
    live = client.get_profile(created)
    client.update_profile(live, draft, {"url"})
    changed = client.get_profile(created)
    assert (changed.title, changed.url) == ("Incoming messages", "https://example.com/other")
    with pytest.raises(NotFound, match="callback profile SG_2 does not exist"):
        client.update_profile(live._replace(id="SG_2"), draft, {"url"})


def test_a_value_that_somebody_set_meanwhile_is_not_overwritten(sandbox: Sandbox) -> None:
    clock = Clock()
    api, network, other = make_api(), emulated(sandbox), make_client(emulated(sandbox))
    client = Client(api, make_exchanger(network, clock=clock), journal=make_journal(), clock=clock)
    live = client.get_profile(other.create_profile(make_draft()))
    fields = {"response_message"}
    other.update_profile(live, make_draft(response_message="theirs"), fields)
    clock.now += 2
    with pytest.raises(Unsafe, match="was changed by somebody else in the meantime"):
        client.update_profile(live, make_draft(response_message="mine"), fields)
    assert client.get_profile(live.id).response_message == "theirs"


def test_a_profile_is_deleted(sandbox: Sandbox) -> None:
    client = make_client(emulated(sandbox))
    first, second = [client.create_profile(make_draft(title=title)) for title in ("Abc", "Def")]
    live = client.get_profile(first)
    client.delete_profile(live, look_again=lambda: None)
    assert [profile.id for profile in client.list_profiles()] == [second]
    with pytest.raises(NotFound, match=f"callback profile {first} does not exist"):
        client.delete_profile(live, look_again=lambda: None)


def test_a_delete_may_be_answered_with_nothing() -> None:
    network = Network(Reply(status=204))
    make_client(network).delete_profile(make_profile(), look_again=lambda: None)
    assert [(sent.method, sent.url) for sent in network.sent] == [("DELETE", f"{PROFILES}/SG_1")]


# -- numbers


def number(client: Client, **changes: Any) -> Number:
    fields: Mapping[str, Any] = {
        "number": ONE,
        "name": "Sandbox One",
        "status": "approved",
        "waba_id": client.api.waba_id,
        "api": "v2" if client.api.waba_id else "v1",
    }
    return Number(**{**fields, **changes})


def test_the_numbers_of_a_waba_are_listed(sandbox: Sandbox) -> None:
    client = make_client(emulated(sandbox))
    found = client.list_numbers().require_whole()
    assert found[0] == number(client, callback_profile_id=None)
    assert [(each.number, each.status) for each in found] == [
        (ONE, "approved"),
        ("+15550100002", "approved"),
        ("+15550100003", "approved"),
        ("+15550100009", "pending"),
    ]


def test_numbers_are_read_from_one_answer() -> None:
    network = Network(answer({"numbers": [{"wa_number": "15550100001"}], "total": 1}))
    client = make_client(network)
    assert list(client.list_numbers()) == [number(client, name=None, status=None)]
    assert [sent.url for sent in network.sent] == [NUMBERS]


def test_without_a_waba_id_no_numbers_are_asked_for() -> None:
    network = Network(refusal(500))
    with pytest.raises(ConfigError):
        make_client(network, api=make_api(waba_id=None)).list_numbers()
    assert network.sent == []


@pytest.mark.parametrize(("waba_id", "version"), [(None, "v1"), (WABA_ID, "v2")], ids=["V1", "V2"])
def test_the_details_of_a_number(waba_id: str | None, version: str, sandbox: Sandbox) -> None:
    client = make_client(emulated(sandbox), api=make_api(waba_id=waba_id))
    assert client.get_number(ONE) == number(client)
    with pytest.raises(NotFound, match=r"number \+15550199999 does not exist"):
        client.get_number("+15550199999")
    assert sandbox.requests()[0].path == f"/{version}/{SID}/whatsapp/{ONE}/phone_number_details"


# -- several at a time


def test_two_functions_are_called_at_once() -> None:
    meet = threading.Barrier(2, timeout=20)
    requester = Requester(make_exchanger(Network(answer([]))), jobs=2)
    assert requester.both(lambda: (meet.wait() >= 0, 1), lambda: (meet.wait() >= 0, 2)) == (
        (True, 1),
        (True, 2),
    )


# -- stopping


@pytest.mark.parametrize("stop", ["stop_sending", "close", "abort"])
def test_nothing_is_sent_any_more_once_stopped(stop: str) -> None:
    network = Network(answer([]))
    client = make_client(network)
    getattr(client, stop)()
    with pytest.raises(Interrupted):
        client.list_numbers()
    assert network.sent == []


def test_the_time_that_is_left_is_that_of_the_deadline() -> None:
    clock = Clock()
    client = make_client(Network(answer([])), clock=clock, deadline=10)
    clock.sleep(4)
    assert client.remaining() == 6


def test_a_check_of_access_does_not_take_another_apis_rows_for_its_own() -> None:
    client = make_client(Network(answer([{"name": "x"}, "y"]), answer(["x", 5])))
    client.check_access()  # rows that may be profiles in a form not seen yet
    with pytest.raises(Unavailable) as caught:
        client.check_access()
    assert caught.value.in_one_line == (
        "the response lists nothing that is a callback profile; check the host: run `wacb config "
        "show`"
    )

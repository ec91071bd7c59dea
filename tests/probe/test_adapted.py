"""`wacb api check --write --apply` on other contracts: afterwards the main job works there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from itertools import combinations, product
from pathlib import Path

import pytest

from tests.cli.conftest import Answer
from tests.cli.expect import CREATE, ONE, TWO
from tests.conftest import Wacb, profile_id
from tests.examples import sampled
from tests.fault_server import FaultServer
from tests.fault_server import answer as whole_answer
from tests.field.altered import make_attached, make_profile, make_ticking
from tests.probe.test_contracts import PROFILES, Values, expected, name, served_as, verdicts
from tests.probe.test_writing import titles

V2 = "/v2/{sid}/whatsapp/{waba_id}/number"
# what wacb can adapt to, or works with as it is, one assumption after the other
GROUPS: list[list[Values]] = [
    [{"attach_field": "profile_id"}, {"attach_field": "callbackProfileId"}],
    [
        {"attach_method": "PATCH"},
        {"attach_method": "POST"},
        {"attach_path": V2},
        {"attach_path": V2, "attach_method": "PATCH"},
        {"attach_path": "/v1/{sid}/whatsapp/number"},
    ],
    [
        {"number_profile_member": "hook"},
        {"number_profile_member": "hook.id"},
        {"number_profile_member": "callbackProfile"},
        {"number_profile_member": "none"},
    ],
    [{"offset_counts": "pages"}, {"short_page_is_last": False}],
    [{"page_cap": 10}, {"page_cap": 30}],
    [{"profile_listing": "array"}, {"profile_listing": "data.rows with total"}],
    [{"lean_rows": "lean"}, {"lean_rows": "bare"}],
    [{"title_filter": "exact"}, {"title_filter": "any case"}, {"title_filter": "ignored"}],
    [{"listed_within": 4}],
    [{"profile_details": "array"}, {"profile_details": "profile"}],
    [{"profile_status": "capitals"}, {"profile_status": "digits"}],
    [{"json_strings": "json"}],
    [{"headers_shown": False}],
    [{"created_id": "id"}, {"created_id": "none"}],
    [{"titles_repeat": False}],
    [{"update_fields": "refused"}, {"update_fields": "ignored"}],
    [{"clear_value": "kept"}, {"clear_value": "refused"}],
    [{"number_listing": "numbers"}, {"number_listing": "data.rows"}],
    [{"number_members": "wa_number, name"}],
    [{"number_status": "live"}, {"number_status": "online"}],
    [{"number_details": "array"}, {"number_details": "with profile"}],
    [{"detach_value": "0"}],
]
SINGLES = [{}, *(values for group in GROUPS for values in group)]
PAIRS = [
    one | other
    for first, second in combinations(GROUPS, 2)
    for one, other in product(first, second)
]
ATTACH = {"attach_field", "attach_method", "attach_path"}
NOTED = {  # what writing refutes, though wacb works as it is
    ("headers_shown", False),
    ("created_id", "none"),
    ("titles_repeat", False),
    ("update_fields", "refused"),
    ("update_fields", "ignored"),
    ("clear_value", "kept"),
    ("clear_value", "refused"),
}
WANTED = profile_id(3)
CHECK = ("api", "check", "--write", "--yes", "--replace", "--apply", "--profile", WANTED)
MANIFEST = f"""
[profiles.planned]
title = "Planned"
method = "get"
url = "https://example.com/planned"

[numbers]
"{ONE}" = "Wanted hook"
"{TWO}" = "planned"
"""

pytestmark = pytest.mark.beyond_contract


def refuted_by_writing(values: Values) -> dict[str, str | None]:
    """What a check that writes refutes, with the value that adapts wacb."""
    noted = {id: None for id, value in values.items() if (id, value) in NOTED}
    return expected(values) | {id: values[id] for id in ATTACH & values.keys()} | noted


class Watched:
    """An account under a contract, and what its numbers had, whenever that changed."""

    def __init__(self, values: Values, url: str, sleeps: list[float]) -> None:
        plain = make_ticking(sleeps)
        make_attached(plain, ONE, title="Old hook")
        make_attached(plain, TWO, title="Second hook")
        make_profile(plain, title="Wanted hook", url=url, headers='{"X-Team":"a"}')
        for number in range(PROFILES - 3):
            make_profile(plain, title=f"Hook {number:02}")
        self.sandbox, self.api = plain, served_as(plain, values, sleeps)
        self.seen = [self.attached()]

    def __call__(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        answer = self.api(method, url, headers, body)
        if self.attached() != self.seen[-1]:
            self.seen.append(self.attached())
        return answer

    def attached(self) -> dict[str, str]:
        """The profile of each number."""
        numbers = self.sandbox.store.numbers()
        return {row["phone_number"]: row["callback_profile_id"] for row in numbers}


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    with FaultServer(whole_answer(200, b"thanks")) as server:
        yield f"{server.url}/hook"


@pytest.mark.parametrize(
    "values", [*sampled(SINGLES, every=12), *sampled(PAIRS[::4], every=70)], ids=name
)
def test_wacb_adapts_to_another_contract_and_does_its_job_there(
    live: Wacb, endpoint: str, sleeps: list[float], tmp_path: Path, values: Values
):
    api = Watched(values, endpoint, sleeps)
    before = dict(api.seen[0])
    run = partial(live, handler=api)
    checked = run(*CHECK, "--number", ONE, "-o", "json")
    wanted = refuted_by_writing(values)
    assert verdicts(checked) == wanted
    assert checked.code == (8 if None in wanted.values() else 0)
    assert api.seen == [before, before | {ONE: WANTED}]
    assert len(titles(api.sandbox)) == PROFILES

    def done(*line: str) -> None:
        outcome = run(*line)
        assert outcome.code == 0, outcome.err

    done(*CREATE, "--title", "New")
    done("number", "attach", TWO, "--profile", "New", "--replace")
    file = tmp_path / "wacb.toml"
    file.write_text(MANIFEST)
    done("plan", "-f", str(file))
    done("apply", "-f", str(file), "--yes")
    done("plan", "-f", str(file), "--detailed-exitcode")
    done("verify", ONE)
    assert titles(api.sandbox)[PROFILES:] == ["New", "Planned"]
    assert all(state[ONE] == WANTED and state[TWO] for state in api.seen[1:])

"""`wacb api check` on the emulator of other contracts: each difference is found, alone or not."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any

import pytest

from tests.conftest import Outcome, Wacb
from tests.examples import sampled
from tests.fake_api import emulated
from wacb.net.message import Handler
from wacb.sandbox.contract import AS_ASSUMED, KNOWN, Contract, OneOf
from wacb.sandbox.emulator import Sandbox

Values = dict[str, Any]
PROFILES = 34  # more than a page is taken to have at least
# what reading refutes, by the value of one assumption: that one, with the value that adapts wacb
REFUTED: Mapping[tuple[str, Any], str | None] = {
    ("missing_profile_code", "RBC404"): None,
    ("profile_listing", "results"): None,
    ("profile_listing", "results with total"): None,
    ("page_cap", 10): "10",
    ("page_cap", 30): "30",
    ("offset_counts", "pages"): "pages",
    ("lean_rows", "incomplete details"): None,
    ("title_filter", "finds nothing"): None,
    ("profile_details", "entry"): None,
    ("profile_status", "other word"): None,
    ("number_listing", "results"): None,
    ("number_members", "msisdn, label"): None,
    ("number_profile_member", "hook"): "hook",
    ("number_profile_member", "hook.id"): "hook.id",
    ("number_status", "online"): None,
    ("number_details", "with profile"): None,
}
EXAMPLES = {
    "page_cap": (10, 30, 200),
    "listed_within": (0.5, 60),
    "number_profile_member": ("none", "hook", "hook.id", "callbackProfileId"),
    "attach_field": ("profile_id", "hook"),
    "attach_path": ("/v1/{sid}/whatsapp/number", "/v2/{sid}/whatsapp/{waba_id}/number"),
}


def singles() -> Iterator[Values]:
    """Every value of every assumption that is not the assumed one."""
    for id, known in KNOWN.items():
        values = known.values if isinstance(known, OneOf) else EXAMPLES[id]
        yield from ({id: value} for value in values if value != getattr(AS_ASSUMED, id))


def doubles() -> Iterator[Values]:
    """Every two values that reading refutes, unless one hides the other."""
    hiding = {"results", "results with total", "msisdn, label"}
    for one, other in combinations([each for each in REFUTED if each[1] not in hiding], 2):
        if one[0] != other[0]:
            yield dict((one, other))


def name(values: Values) -> str:
    return " and ".join(f"{id} {value}" for id, value in values.items())


def expected(values: Values) -> dict[str, str | None]:
    """What reading refutes, with the value that adapts wacb, None if there is none."""
    contract = AS_ASSUMED._replace(**values)
    found = {pair[0]: REFUTED[pair] for pair in values.items() if pair in REFUTED}
    shortest = min(contract.page_cap, 100 if contract.short_page_is_last else 20)
    if shortest < PROFILES:
        found["page_cap"] = str(shortest)
        if shortest < 25 and "total" not in contract.profile_listing:
            found["short_page_is_last"] = str(shortest)
    return found


def served_as(sandbox: Sandbox, values: Values, sleeps: Sequence[float] = ()) -> Handler:
    """A network where the same account is behind another contract, and time passes in sleeps."""
    other = Sandbox(
        sandbox.store,
        contract=Contract(**values),
        clock=lambda: 1_790_000_000.0 + sum(sleeps),
    )
    return emulated(other)


def verdicts(outcome: Outcome, verdict: str = "refuted") -> dict[str, str | None]:
    found = [each for each in json.loads(outcome.out) if each["verdict"] == verdict]
    return {each["id"]: each["override"] and each["override"]["value"] for each in found}


READ_ANYWAY = {
    "profile_listing": "data.rows with total",
    "lean_rows": "lean",
    "profile_details": "profile",
    "profile_status": "capitals",
    "json_strings": "json",
    "number_listing": "numbers",
    "number_members": "wa_number, name",
    "number_status": "APPROVED",
}


@pytest.mark.parametrize(
    "values",
    [
        *(values for values in singles() if expected(values)),
        READ_ANYWAY,
        *sampled((values for values in singles() if not expected(values)), every=9),
        *sampled(doubles(), every=20),
    ],
    ids=name,
)
def test_reading_refutes_what_differs_and_nothing_else(
    live: Wacb, account: Sandbox, values: Values
):
    outcome = live("api", "check", "-o", "json", handler=served_as(account, values))
    wanted = expected(values)
    assert (outcome.code, verdicts(outcome)) == (8 if wanted else 0, wanted)

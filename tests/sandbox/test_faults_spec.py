"""How a fault is spelt."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.examples import examples
from tests.sandbox.shells import make_sandbox
from wacb.sandbox.faults import KINDS, Fault, parse, parse_late


def make_fault(**changes: Any) -> Fault:
    fields = {
        "kind": "503",
        "rate": 100,
        "count": 1,
        "after": False,
        "method": None,
        "first": 1,
        **changes,
    }
    return Fault(**fields)


@pytest.mark.parametrize(
    ("spec", "changes"),
    [
        ("503", {}),
        ("503:2", {"count": 2}),
        ("503:999999999", {"count": 999_999_999}),
        ("429:10%", {"kind": "429", "rate": 10, "count": None}),
        ("429:100%", {"kind": "429", "count": None}),
        ("reset,before", {"kind": "reset"}),
        ("reset,after", {"kind": "reset", "after": True}),
        ("html,PATCH", {"kind": "html", "method": "PATCH"}),
        ("drip,from=3", {"kind": "drip", "first": 3}),
        (
            "503:2,after,POST,from=3",
            {"count": 2, "after": True, "method": "POST", "first": 3},
        ),
        (
            "503:5%,from=10,DELETE,before",
            {"rate": 5, "count": None, "method": "DELETE", "first": 10},
        ),
    ],
)
def test_a_fault_says_what_happens_and_to_which_requests(
    spec: str, changes: dict[str, Any]
) -> None:
    assert (parse(spec), parse_late(spec)) == (make_fault(**changes), None)


@given(
    kind=st.sampled_from(KINDS),
    words=st.permutations(["after", "PUT", "from=7"]),
)
@settings(max_examples=examples(50))
def test_the_words_stand_in_any_order(kind: str, words: list[str]) -> None:
    fault = make_fault(kind=kind, count=4, after=True, method="PUT", first=7)
    assert parse(",".join([f"{kind}:4", *words])) == fault


@pytest.mark.parametrize(
    ("spec", "seconds"), [("late:20s", 20), ("late:0s", 0), ("late:13.762s", 13.762)]
)
def test_a_late_listing_is_told_in_seconds(spec: str, seconds: float) -> None:
    assert parse_late(spec) == seconds


@pytest.mark.parametrize(
    "spec",
    [
        *("", "teapot", "200", "503:", "503:0", "503:-1", "503:two", "503:1:1", "SLOW", " 503"),
        *("503\n", "503:\u0661", "503,", "503,,after", "503, after", "503,AFTER", "after", ",503"),
        *("503,before,after", "503,POST,GET", "503,after,after", "503,from=1,from=2"),
        *("503,post", "503,HEAD", "503,from=0", "503,from=", "503,from=x", "503,after:2"),
        *("503:0%", "503:101%", "503:2%:3", "503:-5%", "503:1.5%", "503%5"),
        *("late", "late:20", "late:s", "late:-1s", "late:1.s", "late:20s,POST", "late:10%"),
    ],
)
def test_a_wrong_fault_is_told_the_right_form(spec: str) -> None:
    with pytest.raises(ValueError) as caught:
        make_sandbox().add_fault(spec)
    assert str(caught.value) == (
        f"{spec!r} is not a valid fault; "
        "use KIND[:COUNT|:RATE%][,before|,after][,METHOD][,from=N] or late:Ns, "
        "for example reset,after,POST or 429:10% or late:20s, where KIND is one of "
        "401 403 404 409 422 429 500 503 html reset truncate drip slow"
    )


@given(spec=st.from_regex(r"(503|late|[a-z]{1,9}):[0-9%s]{0,4}(,[a-zA-Z0-9=]{0,6}){0,3}"))
@settings(max_examples=examples(100))
def test_any_other_text_is_refused_in_words(spec: str) -> None:
    try:
        assert parse_late(spec) is not None or parse(spec).count != 0
    except ValueError as error:
        assert str(error).startswith(f"{spec!r} is not a valid fault; use KIND")

"""`wacb api assumptions`."""

from __future__ import annotations

import json

import pytest

from tests.conftest import Wacb
from wacb.api.assumptions import ASSUMPTIONS


def test_every_assumption_is_a_row(wacb: Wacb):
    lines = wacb("api", "assumptions").out.splitlines()
    assert [line.split("\t")[0] for line in lines] == [*ASSUMPTIONS]
    assert lines[1].split("\t") == [
        "refused_key",
        "A wrong SID or key is answered with 401 or 403.",
        "distinguishing wrong credentials from other failures",
        "assumed",
        "never checked",
        "",
        "",
    ]
    assert wacb("api", "assumptions", "-q").out.splitlines() == [*ASSUMPTIONS]


def test_an_override_and_a_page_are_sources(live: Wacb):
    live("config", "set", "contract.page_cap", "50")
    shown = {each["id"]: each for each in json.loads(live("api", "assumptions", "-o", "json").out)}
    assert shown["page_cap"] == {
        "id": "page_cap",
        "sentence": "A page has up to 100 profiles.",
        "matters_for": "listing more than 25 profiles",
        "source": "override",
        "page": None,
        "override": "contract.page_cap",
        "verdict": "never checked",
    }
    assert shown["missing_profile_code"]["source"] == "documented"
    assert shown["attach_field"]["source"] == "assumed"


def test_sentences_are_broken_and_not_cut(wacb: Wacb, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("COLUMNS", "80")
    assert (
        """\
ASSUMED:      A 2xx is a failure if it has an error inside, a failing `status`,
              or a `success` that is false.
"""
        in wacb("api", "assumptions", "-o", "table").out
    )

"""Every assumption is one record, named by the code that rests on it and by the guide."""

from __future__ import annotations

import re

from tests.documents import GUIDE, PROJECT
from wacb.api.assumptions import ASSUMPTIONS
from wacb.api.assumptions.callbacks import CALLBACKS
from wacb.api.assumptions.numbers import NUMBERS
from wacb.api.assumptions.profiles import PROFILES
from wacb.config.schema import CONTRACT_RULES

CODE = "\n".join(
    path.read_text()
    for path in (PROJECT / "src" / "wacb").rglob("*.py")
    if "assumptions" not in path.parts
)
PAGE = (GUIDE / "api.md").read_text()
ID = "[a-z][a-z0-9]*(?:_[a-z0-9]+)+"
IDS = f"({ID}(?:, {ID})*)"


def test_the_ids_of_assumptions_are_unique():
    assert len(ASSUMPTIONS) == len((*PROFILES, *NUMBERS, *CALLBACKS))


def test_every_comment_names_assumptions_and_every_assumption_has_a_comment():
    named = re.findall(rf"assumed:(?!`) {IDS}", CODE)
    assert len(named) == len(re.findall(r"assumed:(?!`)", CODE))
    assert {name for names in named for name in names.split(", ")} == ASSUMPTIONS.keys()


def test_every_guess_in_the_guide_names_assumptions_and_every_assumption_is_there():
    page = " ".join(PAGE.replace("*Assumed*", "").replace("`", "").split())
    named = re.findall(rf"\bAssumed \({IDS}\)", page)
    assert len(named) == len(re.findall(r"\bAssumed\b", page))
    named += re.findall(rf"(?:assumed|documented) \({IDS}\)", page)
    assert {name for names in named for name in names.split(", ")} == ASSUMPTIONS.keys()


def test_the_guide_gives_the_page_of_every_documented_assumption():
    pages = {each.page for each in ASSUMPTIONS.values() if each.page}
    assert {page for page in pages if f"`{page}`" not in PAGE} == set()


def test_every_key_of_the_config_corrects_an_assumption():
    keys = {each.override for each in ASSUMPTIONS.values() if each.override}
    assert keys == {f"contract.{key}" for key in CONTRACT_RULES}
    assert {key for key in keys if f"`{key}`" not in PAGE} == set()

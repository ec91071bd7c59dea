"""A title that was to be unique is unique, however the API lists or keeps it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import partial
from pathlib import Path

import pytest

from tests.cli.conftest import Answer, writes
from tests.cli.expect import CREATE, HOOK, failed
from tests.conftest import Wacb, profile_id
from wacb.sandbox.emulator import Sandbox
from wacb.sandbox.in_process import exchange

ONCE = (*CREATE, "--title", "Support  Desk", "--if-not-exists", "-q")
FIRST, SECOND = profile_id(1), profile_id(2)


class Folding:
    """The emulator, but for an API that keeps titles in lower case and without double spaces."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._api = partial(exchange, sandbox)

    def __call__(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        if method == "POST":
            fields = json.loads(body)
            body = json.dumps(fields | {"title": "support desk"}).encode()
        return self._api(method, url, headers, body)


def test_a_title_that_the_api_keeps_in_another_spelling_is_found_again(
    live: Wacb, sandbox: Sandbox
):
    first = live(*ONCE, handler=Folding(sandbox))
    assert (first.code, first.out) == (0, f"{FIRST}\n")
    assert first.err == "note: the API stored the title as 'support desk'\n"
    again = live(*ONCE, handler=Folding(sandbox))
    assert (again.code, again.out) == (0, f"{FIRST}\n")
    assert len(writes(sandbox)) == 1


def test_a_create_without_a_response_is_found_in_another_spelling(live: Wacb, sandbox: Sandbox):
    sandbox.add_fault("reset,after,POST")
    outcome = live(*ONCE, handler=Folding(sandbox))
    assert (outcome.code, outcome.out) == (0, f"{FIRST}\n")


@pytest.mark.parametrize("policy", ["--if-not-exists", "--update-existing"])
def test_a_profile_whose_title_is_only_spelled_alike_is_not_changed(
    live: Wacb, sandbox: Sandbox, policy: str
):
    assert live(*CREATE, "--title", "support desk").code == 0
    line = ("profile", "create", "--method", "post", "--url", f"{HOOK}/2", policy)
    assert live(*line, "--title", "Support Desk") == failed(
        9,
        f"profile 'support desk' ({FIRST}) already exists with different content, and its title "
        "differs only in case or spaces",
        "pass --title 'support desk' to use it, or another --title",
    )
    assert len(writes(sandbox)) == 1


MANIFEST = """
[profiles.one]
title = "Support  Desk"
method = "post"
url = "https://example.com/hook"
"""


def test_a_file_finds_the_title_that_the_api_keeps_in_another_spelling(
    live: Wacb, sandbox: Sandbox, tmp_path: Path
):
    file = tmp_path / "wacb.toml"
    file.write_text(MANIFEST)
    for _ in range(2):
        outcome = live("apply", "-f", str(file), "--prune", "--yes", handler=Folding(sandbox))
        assert outcome.code == 0
    assert [request.method for request in writes(sandbox)] == ["POST"]


def test_a_file_does_not_change_a_profile_whose_title_is_only_spelled_alike(
    live: Wacb, sandbox: Sandbox, tmp_path: Path
):
    assert live(*CREATE, "--title", "support desk").code == 0
    file = tmp_path / "wacb.toml"
    file.write_text(MANIFEST.replace("/hook", "/other"))
    outcome = live("apply", "-f", str(file), "--prune", "--yes")
    assert (outcome.code, len(writes(sandbox))) == (9, 1)
    assert outcome.err.endswith("hint: use its title, 'support desk', or another one\n")


@pytest.mark.parametrize("title", [" Support", "Support "], ids=["before", "behind"])
def test_a_title_with_outer_spaces_is_refused(live: Wacb, sandbox: Sandbox, title: str):
    outcome = live(*CREATE, "--title", title)
    said = failed(2, f"the title {title!r} begins or ends with a space", "leave the space out")
    assert outcome == said
    assert writes(sandbox) == []


class Racing:
    """Another machine creates the same title at the same moment; the listing is `late` looks late.

    `late` listings after the POST show neither profile.
    """

    def __init__(self, sandbox: Sandbox, late: int) -> None:
        self._api = partial(exchange, sandbox)
        self._late = late
        self._posted = False

    def __call__(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        if method == "POST":
            self._api(method, url, headers, body)
            self._posted = True
        elif self._posted and "offset=" in url and self._late:
            self._late -= 1
            return 200, [], iter([b'{"data": []}'])
        return self._api(method, url, headers, body)


@pytest.mark.parametrize("late", [0, 3])
def test_two_machines_at_once_both_hear_of_the_other_profile(
    live: Wacb, sandbox: Sandbox, late: int
):
    outcome = live(*ONCE, handler=Racing(sandbox, late))
    assert outcome.code == 9
    assert f"2 profiles are named 'Support  Desk': {FIRST}, {SECOND}" in outcome.err


def test_a_new_profile_that_is_never_listed_is_no_success(live: Wacb, sandbox: Sandbox):
    outcome = live(*ONCE, handler=Racing(sandbox, 99))
    assert (outcome.code, outcome.out) == (7, "")
    assert "another machine may have created one named" in outcome.err

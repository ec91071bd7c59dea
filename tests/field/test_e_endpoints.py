"""What an API on this machine accepts, and the real one does not, is accepted with a warning."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.cli.expect import CREATE, ONE
from tests.conftest import Wacb
from tests.examples import few
from tests.field.altered import FIRST, make_profile
from wacb.sandbox.emulator import Sandbox

HTTP, LOCAL = "--allow-http", "--allow-local"
ENDPOINTS = {
    "http://example.com/hook": (HTTP,),
    "https://localhost/hook": (LOCAL,),
    "https://10.0.0.7/hook": (LOCAL,),
    "http://127.0.0.1:8080/hook": (HTTP, LOCAL),
}
COMMANDS = {
    "create": (*CREATE[:-2], "--allow-duplicate-title", "--url"),
    "update": ("profile", "update", FIRST, "--url"),
    "template": ("template", "--method", "get", "--url"),
    "attach": ("number", "attach", ONE, "--incoming-url"),
}
HERE = [("--sandbox",), ("--base-url", "http://127.0.0.1:8900")]


def warning(flags: Sequence[str]) -> str:
    return f"warning: with the real API, this endpoint needs {' and '.join(flags)}\n"


@pytest.mark.parametrize("here", few(HERE, 1), ids=" ".join)
@pytest.mark.parametrize("line", COMMANDS.values(), ids=COMMANDS)
@pytest.mark.parametrize("url", few(reversed(ENDPOINTS)))
def test_an_endpoint_that_the_real_api_would_refuse_is_accepted_with_a_warning(
    live: Wacb, sandbox: Sandbox, url: str, line: tuple[str, ...], here: tuple[str, ...]
):
    make_profile(sandbox)
    needed = ENDPOINTS[url]
    warned = live(*line, url, *here)
    assert warned.code == 0
    assert warned.err.startswith(warning(needed))
    one_given = live(*line, url, *here, needed[0])
    left = warning(needed[1:]) if needed[1:] else ""
    assert one_given.code == 0
    assert one_given.err.startswith(left)
    assert ("warning" in one_given.err) == bool(left)


@pytest.mark.parametrize("line", COMMANDS.values(), ids=COMMANDS)
def test_the_real_api_needs_the_flags(live: Wacb, sandbox: Sandbox, line: tuple[str, ...]):
    make_profile(sandbox)
    url = "http://127.0.0.1:8080/hook"
    assert live(*line, url).code == 2
    allowed = live(*line, url, HTTP, LOCAL)
    assert (allowed.code, "warning" in allowed.err) == (0, False)


def test_a_default_endpoint_is_warned_about_as_well(wacb: Wacb):
    env = {"WACB_ENDPOINT": "https://localhost/hook"}
    outcome = wacb("profile", "create", "--method", "post", "--sandbox", env=env)
    assert (outcome.code, outcome.err.startswith(warning([LOCAL]))) == (0, True)


@pytest.mark.parametrize(
    ("declared", "needed"),
    [
        ((), "allow_http = true and allow_local = true"),
        (("allow_http",), "allow_local = true"),
        (("allow_http", "allow_local"), None),
    ],
)
def test_a_manifest_names_what_the_real_api_needs(
    wacb: Wacb, tmp_path: Path, declared: Sequence[str], needed: str | None
):
    file = tmp_path / "wacb.toml"
    rows = ['title = "Hook"', 'method = "get"', 'url = "http://127.0.0.1:8080/hook"']
    rows += [f"{key} = true" for key in declared]
    file.write_text("\n".join(("[profiles.a]", *rows)))
    outcome = wacb("plan", "--sandbox", "-f", str(file), "-o", "json")
    assert len(json.loads(outcome.out)["changes"]) == 1
    note = f"note: profile a: with the real API, its endpoint needs {needed}"
    assert (note in outcome.err.splitlines()) == (needed is not None)
    assert ("real API" in outcome.err) == (needed is not None)

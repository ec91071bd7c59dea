"""`wacb number attach` where it is refused, or where the API does not do what it was asked."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.cli.conftest import Showing, Watch, put
from tests.cli.expect import (
    CREATE,
    NAMES,
    NO_V1_FIELD,
    ONE,
    TITLE,
    TWO,
    done,
    failed,
    find_way,
    undo,
)
from tests.conftest import Wacb, profile_id
from tests.field.altered import UPDATE, Altered, says
from wacb.sandbox.emulator import Sandbox


@pytest.mark.parametrize("how", [(), ("--dry-run",)], ids=["real run", "dry run"])
def test_another_profile_is_only_replaced_on_request(
    live: Wacb, two_profiles: None, sandbox: Sandbox, untouched: Watch, how: tuple[str, ...]
):
    put(sandbox, profile_id(1))
    with untouched():
        outcome = live("number", "attach", ONE, "--profile", "Second", *how)
    assert outcome == failed(
        9,
        f"number {ONE} already has profile {TITLE} ({profile_id(1)}) attached; this would replace "
        f"it with Second ({profile_id(2)})",
        "pass --replace to replace it",
    )


@pytest.mark.parametrize(("code", "word"), [(2, "auto-disabled"), (3, "disabled")])
@pytest.mark.parametrize("how", [(), ("--dry-run",)], ids=["real run", "dry run"])
def test_an_inactive_profile_is_refused(
    over: Wacb,
    two_profiles: None,
    sandbox: Sandbox,
    untouched: Watch,
    code: int,
    word: str,
    how: tuple[str, ...],
):
    network = Showing(sandbox, b'"status": 1', f'"status": {code}'.encode())
    with untouched():
        outcome = over(network, "number", "attach", ONE, "--profile", profile_id(1), *how)
    assert outcome == failed(
        9,
        f"profile '{TITLE}' ({profile_id(1)}) is {word}, so it delivers nothing",
        "enable it in the Kaleyra console; the API can't enable profiles",
    )


@pytest.mark.parametrize(
    ("shown", "told"),
    [
        (b'"state": 1', "the API does not show its status"),
        (b'"status": "dormant"', "its status is 'dormant'"),
    ],
    ids=["hidden", "another word"],
)
def test_a_profile_whose_status_is_not_known_is_attached_with_a_note(
    over: Wacb, two_profiles: None, sandbox: Sandbox, shown: bytes, told: str
):
    network = Showing(sandbox, b'"status": 1', shown)
    outcome = over(network, "number", "attach", ONE, "--profile", profile_id(1), "-q")
    assert (outcome.code, outcome.out) == (0, f"{ONE}\n")
    assert outcome.err.splitlines()[0] == (
        f"note: whether profile '{TITLE}' ({profile_id(1)}) is active is not known: {told}"
    )


def test_a_profile_whose_body_cannot_be_read_is_refused(
    over: Wacb, two_profiles: None, sandbox: Sandbox, untouched: Watch
):
    network = Showing(sandbox, b'"body":', b'"body": 7, "was":')
    with untouched():
        outcome = over(network, "number", "attach", ONE, "--profile", profile_id(1))
    assert outcome == failed(
        9,
        f"profile '{TITLE}' ({profile_id(1)}) can't be checked: the API shows its body in a form "
        "that wacb doesn't understand",
        "check it in the Kaleyra console, or create another profile",
    )


def test_an_incomplete_template_is_refused_unless_allowed(
    live: Wacb, sandbox: Sandbox, untouched: Watch
):
    url = "https://example.com/?a=<body>&b=<from>"
    options = ("--method", "get", "--url", url, "--allow-missing", "--title", "Brief")
    assert live(*CREATE, *options).code == 0
    line = ("number", "attach", ONE, "--profile", "Brief")
    with untouched():
        outcome = live(*line)
    assert outcome == failed(
        9,
        f"profile 'Brief' ({profile_id(1)}) has 2 of 14 placeholders; missing: "
        + ", ".join(f"<{name}>" for name in NAMES if name not in ("body", "from")),
        f"fix it with `wacb profile check {profile_id(1)} --fix`, or pass --allow-missing",
    )
    assert live(*line, "--allow-missing", "-q") == done(ONE, undo())


@pytest.mark.parametrize(
    ("shown", "words"), [("", "no profile"), (profile_id(2), f"profile {profile_id(2)}")]
)
def test_an_update_that_does_not_show_is_an_error(
    over: Wacb,
    two_profiles: None,
    sandbox: Sandbox,
    sleeps: list[float],
    shown: str,
    words: str,
):
    class Forgetful(Showing):
        def __call__(self, method, url, headers, body):
            answer = super().__call__(method, url, headers, body)
            if method == "PUT":
                put(sandbox, shown)
            return answer

    line = ("number", "attach", ONE, "--profile", profile_id(1))
    outcome = over(Forgetful(sandbox, b"", b""), *line)
    assert outcome.err.startswith(f"{undo()}\n")
    assert replace(outcome, err=outcome.err.removeprefix(f"{undo()}\n")) == failed(
        8,
        f"the API accepted the update of number {ONE}, but shows {words} on it instead of "
        f"{profile_id(1)}",
        f"check with `wacb number show {ONE}`; {find_way(ONE, profile_id(1))}",
    )
    assert sleeps == [0, 1, 2]


@pytest.mark.parametrize(
    ("status", "code", "words"),
    [
        (400, 6, "changing number {} failed: Kaleyra rejected the request (400: unknown field)"),
        (404, 5, "number {} does not exist (404: unknown field)"),
        (405, 6, "changing number {} failed: Kaleyra rejected the request (405: unknown field)"),
        (422, 6, "changing number {} failed: Kaleyra rejected the request (422: unknown field)"),
    ],
)
@pytest.mark.parametrize("old", ["", profile_id(2)], ids=["no profile", "another one"])
def test_a_refused_update_names_the_reason_and_the_command_that_finds_a_way(
    over: Wacb,
    two_profiles: None,
    sandbox: Sandbox,
    status: int,
    code: int,
    words: str,
    old: str,
):
    put(sandbox, old)
    said = {"code": f"WA{status}", "message": "unknown field"}
    network = Altered(sandbox, says("PUT", UPDATE, status, said, arrives=False))
    line = ("number", "attach", ONE, "--profile", profile_id(1), "--replace")
    assert over(network, *line) == failed(
        code, words.format(ONE), find_way(ONE, profile_id(1), replace=bool(old))
    )
    both = over(network, *line, TWO)
    assert both.code == code
    assert both.err.count("wacb api check --write --number NUMBER --profile ID") == 1 + bool(old)


def test_a_refused_update_of_v1_names_the_documented_way(live: Wacb, two_profiles: None):
    line = ("number", "attach", ONE, "--profile", profile_id(1), "--waba-id", "none")
    chosen = {"WACB_NUMBER": ONE}
    assert NO_V1_FIELD in live(*line, env=chosen).err
    live("config", "set", "contract.attach_field", "callback_profile_id")
    assert NO_V1_FIELD not in live(*line, env=chosen).err


def test_a_busy_api_refutes_nothing(over: Wacb, two_profiles: None, sandbox: Sandbox):
    network = Altered(sandbox, says("PUT", UPDATE, 500, {}, arrives=False))
    outcome = over(network, "number", "attach", ONE, "--profile", profile_id(1))
    assert outcome.code == 7
    assert "api check" not in outcome.err

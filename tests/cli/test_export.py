"""`wacb export`."""

from __future__ import annotations

from tests.cli.conftest import Showing, put
from tests.cli.expect import CREATE, ONE, TITLE, TWO, done, failed
from tests.conftest import Wacb, profile_id
from wacb.sandbox.emulator import Sandbox

HEADER = "# wacb.toml, written by wacb export"
LEFT_OUT = "# `wacb apply --prune` may remove what is left out here"
FIRST = f"""\
[profiles.{TITLE}]
title = "{TITLE}"
method = "post"
url = "https://example.com/hook"
"""
SECOND = """
[profiles.second]
title = "Second"
method = "post"
url = "https://example.com/hook"
"""


def text(*parts: str) -> str:
    return "\n".join((HEADER, *parts)).removesuffix("\n")


def test_an_empty_account(live: Wacb):
    assert live("export") == done(HEADER)


def test_profiles_and_numbers(live: Wacb, two_profiles: None, sandbox: Sandbox):
    put(sandbox, profile_id(2), TWO)
    put(sandbox, profile_id(1), ONE)
    numbers = f'\n[numbers]\n"{ONE}" = "{TITLE}"\n"{TWO}" = "second"'
    assert live("export") == done(text(SECOND.lstrip() + "\n" + FIRST + numbers))


def test_variables_and_what_is_left_out_stand_on_stderr(live: Wacb, sandbox: Sandbox):
    key = {"SECRET": "s3cret-in-a-header"}
    assert live(*CREATE, "--header-env", "X-Api-Key=SECRET", env=key).code == 0
    for _ in range(2):
        assert live(*CREATE, "--title", "Twice", "--allow-duplicate-title").code == 0
    put(sandbox, profile_id(3))
    variable = "WACB_INCOMING_EXAMPLE_COM_HOOK_X_API_KEY"
    said = [
        f"profile 'Twice' ({profile_id(n)}) is left out: 2 profiles have this title" for n in (2, 3)
    ]
    assert live("export") == done(
        text(
            *(f"# {line}" for line in said),
            LEFT_OUT,
            FIRST
            + f'\n[profiles.{TITLE}.headers]\nX-Api-Key = "${{{variable}}}"\n'
            + f'\n[numbers]\n"{ONE}" = "{profile_id(3)}"',
        ),
        "\n".join(f"note: {line}" for line in said)
        + f"\nnote: set these variables before you run plan or apply: {variable}",
    )


def test_the_journal_counts_where_the_api_shows_no_profile(
    live: Wacb, over: Wacb, sandbox: Sandbox
):
    assert live(*CREATE).code == 0
    assert live("number", "attach", ONE, "--profile", profile_id(1)).code == 0
    put(sandbox, profile_id(1), TWO)
    hidden_ones = "numbers left out because the API does not show their profile: 3"
    hidden = Showing(sandbox, b"callback_profile_id", b"hidden")
    assert over(hidden, "export") == done(
        text(f"# {hidden_ones}", LEFT_OUT, f'{FIRST}\n[numbers]\n"{ONE}" = "{TITLE}"'),
        f"note: {hidden_ones}",
    )


def test_an_endpoint_on_this_machine(live: Wacb, wacb: Wacb):
    create = ("profile", "create", "--method", "post", "--url", "http://localhost/hook")
    assert wacb("--sandbox", *create, "--title", "Local").code == 0
    local = '[profiles.local]\ntitle = "Local"\nmethod = "post"\nurl = "http://localhost/hook"'
    assert wacb("--sandbox", "export") == done(text(local))
    assert live("export") == done(text(f"{local}\nallow_http = true\nallow_local = true"))


def test_missing_credentials_are_named_before_a_missing_waba_id(wacb: Wacb):
    assert wacb("export") == failed(
        3,
        "missing credentials: the SID (WACB_SID) and the API key (WACB_API_KEY)",
        "set the variables, run `wacb config init`, or add --sandbox to try it out",
    )


def test_without_a_waba_id_nothing_is_asked(live: Wacb, sandbox: Sandbox):
    assert live("export", "--waba-id", "") == failed(
        3,
        "numbers can only be listed with a WABA ID: the V1 API has no listing",
        "pass --waba-id ID (the console shows it next to the number) or run `wacb "
        "config set waba_id ID`",
    )
    assert sandbox.requests() == []

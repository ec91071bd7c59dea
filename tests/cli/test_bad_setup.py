"""What a command gets that meets a broken setup, or a profile or number that won't do."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Refused
from tests.cli.expect import CREATE, NINE, ONE
from tests.conftest import Wacb, profile_id
from wacb.sandbox.account import WABA_ID

ABSENT = "SG_99999999-0000-4000-8000-000000000000"

PASSWORD = "WACB_BASIC_AUTH_PASSWORD"


def test_a_profile_that_does_not_exist(refused: Refused):
    message = f"callback profile {ABSENT} does not exist (404: The profile does not exist)"
    refused(("number", "attach", ONE, "--profile", ABSENT), 5, message)
    hint = "run `wacb profile list` to see available profiles"
    refused(
        ("number", "attach", ONE, "--profile", "hook"),
        5,
        "no profile with ID or title 'hook'",
        hint,
    )


@pytest.mark.parametrize("api", ["v2", "v1"])
@pytest.mark.parametrize(
    "target", [("--profile", profile_id(1)), ("--incoming-url", "https://example.com/hook")]
)
def test_a_pending_number(refused: Refused, live: Wacb, api: str, target: tuple[str, str]):
    assert live(*CREATE).code == 0
    waba = () if api == "v2" else ("--waba-id", "")
    refused(
        ("number", "attach", NINE, *target, *waba),
        9,
        f"number {NINE} is pending; only approved numbers can be changed",
        "finish its registration in the Kaleyra console first",
    )


def test_a_number_that_is_not_listed(refused: Refused, live: Wacb):
    assert live(*CREATE).code == 0
    refused(
        ("number", "attach", "+15550100077", "--profile", profile_id(1)),
        5,
        f"number +15550100077 not found in WABA {WABA_ID}",
        "run `wacb number list` to see available numbers",
    )


@pytest.mark.parametrize(
    ("line", "option", "hint"),
    [
        (("profile", "create"), "--method", "pass --method"),
        (("profile", "create", "--method", "post"), "--url", "pass --url"),
        ((*CREATE, "--basic-auth", "me"), PASSWORD, f"set {PASSWORD}"),
        (("number", "attach"), "NUMBER", "pass NUMBER or set WACB_NUMBER"),
        (("number", "attach", ONE), "--profile", "pass --profile or set WACB_PROFILE"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_required_options_without_a_terminal(
    refused: Refused, line: tuple[str, ...], option: str, hint: str
):
    refused(line, 2, f"{option} is required when not running interactively", hint)


@pytest.mark.parametrize("key", ["schlüssel-canary", "canary key", "canary\n\n"])
def test_a_key_that_no_header_can_carry(refused: Refused, key: str):
    refused(
        CREATE,
        3,
        "WACB_API_KEY: the API key contains a character that is invalid in an HTTP header",
        "copy it again without spaces, line breaks or quotes",
        env={"WACB_API_KEY": key},
    )


def test_a_config_file_that_is_broken(refused: Refused, home: Path):
    file = home / ".config" / "wacb" / "config.toml"
    file.parent.mkdir(parents=True)
    file.write_text('[accounts.a]\napi_key = "canary\n')
    hint = "a string is not closed; fix it in an editor"
    refused(CREATE, 3, f"{file} is not valid TOML (line 2)", hint)


def test_a_config_file_with_a_key_that_others_can_read(refused: Refused, home: Path):
    file = home / ".config" / "wacb" / "config.toml"
    file.parent.mkdir(parents=True)
    file.write_text('[accounts.a]\napi_key = "canary"\n')
    file.chmod(0o640)
    message = f"{file} contains a key and can be read by other users"
    refused(CREATE, 3, message, f"chmod 600 {file}")


def test_a_config_file_that_is_a_folder(refused: Refused, tmp_path: Path):
    message = f"cannot read {tmp_path}: Is a directory"
    refused((*CREATE, "--config", str(tmp_path)), 3, message, "pass a file, not a folder")


def test_a_named_config_file_that_does_not_exist(refused: Refused, tmp_path: Path):
    file = tmp_path / "absent.toml"
    message = f"the config file {file} does not exist"
    env = {"WACB_CONFIG": str(file)}
    refused(CREATE, 3, message, "run `wacb config init` to create it", env=env)

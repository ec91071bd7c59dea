"""`wacb config init`: an account is asked for, tried and stored."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from tests.cli.conftest import Watch
from tests.cli.expect import CREATE, HOOK, done, failed, missing, row
from tests.conftest import Wacb
from tests.fake_api import Network, answer
from wacb.config.regions import REGIONS
from wacb.sandbox.account import API_KEY, SID, WABA_ID
from wacb.sandbox.emulator import Sandbox

INIT = ("config", "init")
KEY = ("--api-key-stdin",)
VALUE_MISSING = "a value is missing, or a string lacks its quotes; fix it in an editor"
VERIFIED = "Credentials verified"


@pytest.fixture
def file(home: Path) -> Path:
    return home / ".config" / "wacb" / "config.toml"


def saved(file: Path, account: str = "default") -> str:
    return f"Saved account {account!r} to {file} (plain text, readable only by you)"


def accounts(file: Path) -> object:
    return tomllib.loads(file.read_text())["accounts"]


def test_flags_store_an_account_after_one_cheap_read(wacb: Wacb, sandbox: Sandbox, file: Path):
    flags = ("--region", "in", "--waba-id", WABA_ID, "--endpoint", HOOK)
    outcome = wacb(*INIT, "--sid", SID, *KEY, *flags, input=f"{API_KEY}\n")
    assert outcome == done(err=f"{VERIFIED}\n{saved(file)}")
    assert [(r.method, r.query) for r in sandbox.requests()] == [("GET", "limit=1&offset=0")]
    assert tomllib.loads(file.read_text()) == {
        "default_account": "default",
        "accounts": {
            "default": {
                "sid": SID,
                "api_key": API_KEY,
                "region": "in",
                "waba_id": WABA_ID,
                "endpoint": HOOK,
            }
        },
    }
    assert (file.stat().st_mode & 0o777, file.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert wacb("profile", "create", "--method", "post") == done(row())


def test_variables_stand_in_for_missing_flags(wacb: Wacb, file: Path):
    env = {"WACB_SID": SID, "WACB_API_KEY": API_KEY, "WACB_REGION": "eu", "WACB_ACCOUNT": "ci"}
    assert wacb(*INIT, env=env) == done(err=f"{VERIFIED}\n{saved(file, 'ci')}")
    assert accounts(file) == {"ci": {"sid": SID, "api_key": API_KEY, "region": "eu"}}
    assert wacb(*INIT, "--account", "prod", "--region", "in", env=env).code == 0
    assert accounts(file) == {
        "ci": {"sid": SID, "api_key": API_KEY, "region": "eu"},
        "prod": {"sid": SID, "api_key": API_KEY, "region": "in"},
    }


INTRODUCTION = (
    "You'll find these values in the Kaleyra console.\n"
    "Credentials are saved only after they have been verified.\n"
)
SID_ASKED = "SID (Developer > API Key): "
KEY_ASKED = "API key (same page; input hidden): \n"
ENDPOINT_ASKED = "Default webhook URL (Enter to skip): "
ASKED = (
    INTRODUCTION
    + SID_ASKED
    + "{sid}\n"
    + KEY_ASKED
    + "Region (the API Domain of the console) (in, sg, eu, na) [sg]: {region}\n"
)
OPTIONAL = (
    "WABA ID (shown next to the number; Enter to skip): {waba_id}\n"
    + ENDPOINT_ASKED
    + "{endpoint}\n"
)


def test_missing_values_are_prompted_for_on_a_terminal(wacb: Wacb, file: Path):
    typed = {"sid": SID, "region": "eu", "waba_id": WABA_ID, "endpoint": HOOK}
    answers = f"{SID}\n{API_KEY}\neu\n{WABA_ID}\n{HOOK}\n"
    asked = (ASKED + OPTIONAL).format(**typed)
    outcome = wacb(*INIT, input=answers, tty=True)
    assert outcome == done(err=f"{asked}{VERIFIED}\n{saved(file)}")
    assert accounts(file) == {"default": typed | {"api_key": API_KEY}}


def test_an_empty_answer_is_the_default_or_none(wacb: Wacb, file: Path):
    asked = ASKED.format(sid=SID, region="") + OPTIONAL.format(waba_id="", endpoint="")
    outcome = wacb(*INIT, input=f"{SID}\n{API_KEY}\n\n\n\n", tty=True)
    assert outcome == done(err=f"{asked}{VERIFIED}\n{saved(file)}")
    assert accounts(file) == {"default": {"sid": SID, "api_key": API_KEY, "region": "sg"}}


def test_passed_values_are_not_prompted_for(wacb: Wacb, file: Path):
    flags = ("--sid", SID, "--base-url", "http://127.0.0.1:8900", "--waba-id", WABA_ID)
    asked = f"{INTRODUCTION}{KEY_ASKED}{ENDPOINT_ASKED}\n"
    outcome = wacb(*INIT, *flags, input=f"{API_KEY}\n\n", tty=True)
    assert outcome == done(err=f"{asked}{VERIFIED}\n{saved(file)}")


def test_the_host_that_the_console_shows_is_a_region(wacb: Wacb, file: Path):
    typed = f"{SID}\n{API_KEY}\nhttps://api.in.kaleyra.io/\n\n\n"
    assert wacb(*INIT, input=typed, tty=True).code == 0
    assert accounts(file) == {"default": {"sid": SID, "api_key": API_KEY, "region": "in"}}


def test_blanks_around_an_answer_are_ignored(wacb: Wacb, file: Path):
    typed = f" {SID} \n{API_KEY}\t\nin \n {WABA_ID}\u00a0\n{HOOK} \n"
    outcome = wacb(*INIT, input=typed, tty=True)
    assert (outcome.code, "Error: " in outcome.err) == (0, False)
    stored = {"sid": SID, "api_key": API_KEY, "region": "in", "waba_id": WABA_ID, "endpoint": HOOK}
    assert accounts(file) == {"default": stored}


def test_an_invalid_answer_is_asked_for_again(wacb: Wacb, file: Path):
    answers = f"HX 1\n{SID}\n{API_KEY}\nmars\nin\nx\n\nftp://x.y/\n{HOOK}\n"
    outcome = wacb(*INIT, input=answers, tty=True)
    errors = [line for line in outcome.err.splitlines() if line.startswith("Error: ")]
    assert errors == [
        "Error: the value is not a valid SID: letters, digits, underscores",
        "Error: 'mars' is not one of in, sg, eu, na",
        "Error: the value is not a valid WABA ID: digits only",
        "Error: the URL 'ftp://x.y/' does not start with https://",
    ]
    stored = {"sid": SID, "api_key": API_KEY, "region": "in", "endpoint": HOOK}
    assert (outcome.code, accounts(file)) == (0, {"default": stored})


@pytest.mark.parametrize(
    ("line", "option"),
    [((), "--sid"), (("--sid", SID), "--api-key-stdin or --api-key-file")],
    ids=["SID", "key"],
)
def test_a_missing_value_is_an_error_without_a_terminal(
    wacb: Wacb, untouched: Watch, line: tuple[str, ...], option: str
):
    with untouched():
        assert wacb(*INIT, *line) == missing(option)


CREDENTIALS = (
    "run `wacb config show` to see where they come from. The key may be limited to certain IP "
    "addresses or deactivated, or was revoked when its creator left the account"
)


def test_an_account_that_the_api_refuses_is_not_stored(wacb: Wacb, untouched: Watch):
    with untouched():
        outcome = wacb(*INIT, "--sid", SID, *KEY, input="wrong-canary-key\n")
    message = "Kaleyra rejected the SID and API key (401: The SID or the API key is wrong)"
    assert outcome == failed(4, message, CREDENTIALS)


def test_no_check_saves_unverified_credentials(wacb: Wacb, sandbox: Sandbox, file: Path):
    outcome = wacb(*INIT, "--sid", "HX1", *KEY, "--no-check", input="any-canary-key\n")
    assert outcome == done(err=saved(file))
    assert accounts(file) == {"default": {"sid": "HX1", "api_key": "any-canary-key"}}
    assert sandbox.requests() == []


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (("--sid", "HX 1"), "sid: the value is not a valid SID: letters, digits, underscores"),
        (
            ("--sid", SID, "--waba-id", "x"),
            "waba_id: the value is not a valid WABA ID: digits only",
        ),
        (("--sid", SID, "--endpoint", "ftp://x.y/"), "endpoint: the URL 'ftp://x.y/' does not"),
        (("--sid", SID, "--base-url", "http://x.y/"), "base_url: plain http:// is only allowed"),
    ],
    ids=["SID", "WABA ID", "endpoint", "base URL"],
)
def test_an_invalid_value_is_not_sent(
    wacb: Wacb, sandbox: Sandbox, untouched: Watch, flags: tuple[str, ...], message: str
):
    with untouched():
        outcome = wacb(*INIT, *flags, *KEY, input=f"{API_KEY}\n")
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err.startswith(f"error: {message}")
    assert sandbox.requests() == []


def test_a_key_with_an_umlaut_is_not_sent(wacb: Wacb, sandbox: Sandbox, untouched: Watch):
    with untouched():
        outcome = wacb(*INIT, "--sid", SID, *KEY, input="schlüssel-canary\n")
    assert outcome == failed(
        2,
        "api_key: the API key contains a character that is invalid in an HTTP header",
        "copy it again without spaces, line breaks or quotes",
    )
    assert sandbox.requests() == []


@pytest.mark.parametrize("how", ["flag", "variable"])
@pytest.mark.parametrize("tty", [False, True], ids=["", "tty"])
def test_a_named_config_file_is_created(
    wacb: Wacb, tmp_path: Path, home: Path, how: str, tty: bool
):
    file = tmp_path / "folder" / "mine.toml"
    env = {"WACB_CONFIG": str(file), "WACB_API_KEY": API_KEY}
    flag = ("--config", env.pop("WACB_CONFIG")) if how == "flag" else ()
    line = (*INIT, "--sid", SID, "--region", "sg", *flag)
    assert wacb(*line, env=env, input="\n\n", tty=tty).code == 0
    assert accounts(file) == {"default": {"sid": SID, "api_key": API_KEY, "region": "sg"}}
    assert not home.exists()


def test_a_default_account_that_was_removed_by_hand_can_be_created(wacb: Wacb, file: Path):
    file.parent.mkdir(parents=True)
    file.write_text('default_account = "gone"\n')
    refused = wacb("profile", "list")
    message = f"default_account in {file}: account 'gone' not found in {file}"
    assert refused == failed(3, message, "run `wacb config init` to create one")
    outcome = wacb(*INIT, "--sid", SID, *KEY, "--region", "in", input=API_KEY)
    assert outcome == done(err=f"{VERIFIED}\n{saved(file)}")
    assert tomllib.loads(file.read_text())["default_account"] == "default"


def test_a_broken_file_is_never_rewritten(wacb: Wacb, file: Path, untouched: Watch):
    file.parent.mkdir(parents=True)
    file.write_text("sid = \n")
    with untouched():
        outcome = wacb(*INIT, "--sid", SID, *KEY, input=f"{API_KEY}\n")
    assert outcome == failed(3, f"{file} is not valid TOML (line 1)", VALUE_MISSING)


def test_credentials_can_be_verified_on_the_sandbox(wacb: Wacb, file: Path):
    outcome = wacb("--sandbox", *INIT, "--sid", SID, *KEY, input=f"{API_KEY}\n")
    assert outcome == done(err=f"{VERIFIED}\n{saved(file)}")


def test_the_sandbox_rejects_other_credentials(wacb: Wacb, untouched: Watch):
    with untouched():
        for sid, key in ((SID, "wrong-canary-key"), ("HX1", API_KEY)):
            assert wacb("--sandbox", *INIT, "--sid", sid, *KEY, input=key).code == 4


def test_the_key_goes_to_the_host_that_is_stored_with_it(over: Wacb, file: Path):
    network = Network(answer([]))
    line = (*INIT, "--sid", "HX9", "--base-url", "https://kaleyra.example", *KEY)
    env = {"WACB_API_KEY": "", "WACB_SID": "", "WACB_WABA_ID": ""}
    outcome = over(network, *line, input="canary-key-1\n", env=env)
    assert outcome == done(err=f"{VERIFIED}\n{saved(file)}")
    (sent,) = network.sent
    assert sent.url.startswith("https://kaleyra.example/v1/HX9/callback/profiles?")
    assert sent.headers["api-key"] == "canary-key-1"


def test_exactly_what_is_verified_is_stored(over: Wacb, file: Path):
    env = {"WACB_API_KEY": "", "WACB_SID": "", "WACB_WABA_ID": ""}
    old = ("--sid", "HX1", "--base-url", "https://old.example", "--waba-id", "111", "--no-check")
    how = {"input": "old-canary-key", "env": env}
    assert over(Network(), *INIT, *old, "--endpoint", HOOK, *KEY, **how) == done(err=saved(file))
    network = Network(answer([]))
    how["input"] = "new-canary-key"
    outcome = over(network, *INIT, "--sid", "HX1", "--region", "eu", *KEY, **how)
    assert outcome == done(err=f"{VERIFIED}\n{saved(file)}")
    (sent,) = network.sent
    assert sent.url.startswith(f"{REGIONS['eu'][0]}/v1/HX1/")
    new = {"sid": "HX1", "api_key": "new-canary-key", "region": "eu", "endpoint": HOOK}
    assert accounts(file) == {"default": new | {"waba_id": "111"}}


def test_time_limits_hold_for_the_verification(over: Wacb, untouched: Watch):
    with untouched():
        outcome = over(Network(answer([])), *INIT, "--deadline", "0.000001")
    assert outcome.code == 7
    assert "the time limit of 1e-06 s passed" in outcome.err


def test_answers_are_not_lost_if_they_cannot_be_verified(over: Wacb, untouched: Watch):
    env = {"WACB_API_KEY": "", "WACB_SID": "", "WACB_WABA_ID": ""}
    line = ("--deadline", "0.000001", "--waba-id", WABA_ID, *INIT)
    with untouched():
        outcome = over(Network(), *line, input=f"{SID}\n{API_KEY}\nin\n{HOOK}\n", env=env, tty=True)
    command = f"wacb config init --sid {SID} --region in --waba-id {WABA_ID} --endpoint {HOOK}"
    assert f"note: to start again with these answers: `{command}`\n" in outcome.err
    assert outcome.code == 7


def test_the_key_is_shown_nowhere(wacb: Wacb):
    key = "canary-key-0123456789"
    outcome = wacb(*INIT, "--sid", SID, *KEY, "-vv", input=f"{key}\n")
    assert (outcome.code, key in outcome.out + outcome.err) == (4, False)
    assert "> api-key: ***\n" in outcome.err


def test_the_stored_account_is_used_by_the_next_command(wacb: Wacb):
    assert wacb(*INIT, "--sid", SID, *KEY, input=API_KEY).code == 0
    assert wacb(*CREATE) == done(row())


def test_the_next_command_has_only_the_flags_that_name_the_account(on_screen: Wacb, tmp_path: Path):
    config = str(tmp_path / "config.toml")
    flags = ("--config", config, "--base-url", "https://api.example", "--waba-id", "1")
    err = on_screen(*flags, "config", "init", "--no-check").err
    assert " ".join(err.split()).endswith(f"next: wacb --config {config} setup")

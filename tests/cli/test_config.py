"""`wacb config set | unset | show | path`: what is stored, what is shown, who wins."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from tests.cli.conftest import Watch
from tests.cli.expect import HOOK, ONE, as_json, done, failed, missing, table
from tests.conftest import Outcome, Wacb
from wacb.sandbox.account import API_KEY, SID, WABA_ID

KEY = "canary-key-0123456789"
CREATE_ACCOUNT = "run `wacb config init` to create one"
NAMES = (
    "account sid api_key region base_url waba_id endpoint number profile timeout deadline sandbox"
).replace(" ", "\n")


@pytest.fixture
def file(home: Path) -> Path:
    return home / ".config" / "wacb" / "config.toml"


def stored(file: Path) -> dict[str, object]:
    return tomllib.loads(file.read_text())


def rows(**values: tuple[str, str]) -> Outcome:
    """The output of `config show` where only these are set: value and source."""
    numbers = {"timeout": ("30", "default"), "deadline": ("120", "default")}
    default = {"region": ("sg", "default"), **numbers}
    shown = dict.fromkeys(NAMES.split(), ("", "not set")) | default | values
    return done("\n".join(table(name, *cells) for name, cells in shown.items()))


@pytest.mark.parametrize(
    ("line", "env", "path"),
    [
        ((), {}, "HOME/.config/wacb/config.toml"),
        ((), {"XDG_CONFIG_HOME": "/x"}, "/x/wacb/config.toml"),
        ((), {"XDG_CONFIG_HOME": "relative"}, "HOME/.config/wacb/config.toml"),
        ((), {"WACB_CONFIG": "/y/my.toml"}, "/y/my.toml"),
        (("--config", "/z.toml"), {"WACB_CONFIG": "/y/my.toml"}, "/z.toml"),
    ],
    ids=["default", "XDG", "relative XDG", "variable", "flag"],
)
def test_path_prints_the_path_of_the_file(
    wacb: Wacb, tmp_path: Path, home: Path, line: tuple[str, ...], env: dict[str, str], path: str
):
    assert wacb("config", "path", *line, env=env) == done(path.replace("HOME", str(home)))
    assert list(tmp_path.iterdir()) == []


def test_macos_has_its_own_folders(wacb: Wacb, home: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("sys.platform", "darwin")
    folder = home / "Library" / "Application Support" / "wacb"
    assert wacb("config", "path") == done(str(folder / "config.toml"))


def test_without_a_file_everything_is_a_default(wacb: Wacb):
    assert wacb("config", "show") == rows()
    assert wacb("config", "show", "-q") == done(NAMES)


VALUES = {
    "sid": (SID, SID),
    "region": ("in", "in"),
    "base_url": ("https://api.example.com/", "https://api.example.com"),
    "waba_id": ("123", "123"),
    "endpoint": (HOOK, HOOK),
    "number": ("+1 555-010-0001", ONE),
    "profile": ("My title", "My title"),
}
VALUE_MISSING = "a value is missing, or a string lacks its quotes; fix it in an editor"


@pytest.mark.parametrize("key", VALUES)
def test_set_stores_a_value_of_the_current_account(wacb: Wacb, file: Path, key: str):
    given, kept = VALUES[key]
    assert wacb("config", "set", key, given, "--account", "prod") == done()
    assert stored(file) == {"default_account": "prod", "accounts": {"prod": {key: kept}}}
    assert (file.stat().st_mode & 0o777, file.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    source = f"account prod in {file}"
    account = ("prod", f"default_account in {file}")
    assert wacb("config", "show") == rows(account=account, **{key: (kept, source)})
    assert wacb("config", "unset", key) == done()
    assert wacb("config", "show") == rows(account=account)


@pytest.mark.parametrize("key", [("api_key", "--api-key-stdin"), ("api_key_command", '["true"]')])
def test_a_new_base_url_is_noted_to_get_the_stored_key(wacb: Wacb, key: tuple[str, str]):
    url = VALUES["base_url"][0]
    assert wacb("config", "set", *key, "--account", "a", input=KEY).code == 0
    note = f"note: the stored API key of this account is now sent to {url}"
    assert wacb("config", "set", "base_url", url) == done(err=note)
    assert wacb("config", "set", "base_url", url, "--account", "b") == done()


@pytest.mark.parametrize(
    ("other", "key", "value"),
    [
        (("base_url", "https://api.example.com"), "region", "in"),
        (("api_key", "--api-key-stdin"), "api_key_command", '["true"]'),
    ],
)
def test_a_value_that_another_one_overrides_is_noted(
    wacb: Wacb, other: tuple[str, str], key: str, value: str
):
    account = ("--account", "a")
    assert wacb("config", "set", *other, *account, input=KEY).code == 0
    unset = f"wacb --account a config unset {other[0]}"
    note = f"note: {other[0]} still overrides {key}; run `{unset}` to remove it"
    assert wacb("config", "set", key, value, *account) == done(err=note)
    assert wacb("config", "unset", other[0]) == done()
    assert wacb("config", "set", key, value) == done()


def test_the_sandbox_is_shown_in_the_place_of_the_account(wacb: Wacb, file: Path):
    for key in ("sid", "base_url", "waba_id", "endpoint"):
        assert wacb("config", "set", key, VALUES[key][0], "--account", "a") == done()
    own = {
        "account": ("a", f"default_account in {file}"),
        "sid": (SID, "sandbox"),
        "api_key": ("…", "sandbox"),
        "region": ("", "sandbox"),
        "base_url": ("", "sandbox"),
        "waba_id": (WABA_ID, "sandbox"),
        "endpoint": (HOOK, f"account a in {file}"),
        "sandbox": ("1", "--sandbox"),
    }
    assert wacb("--sandbox", "config", "show") == rows(**own)
    own |= {"waba_id": ("7", "--waba-id"), "sandbox": ("1", "WACB_SANDBOX")}
    env = {"WACB_SANDBOX": "1", "WACB_SID": "HX9", "WACB_WABA_ID": "8"}
    assert wacb("config", "show", "--waba-id", "7", env=env) == rows(**own)
    own |= {"waba_id": (WABA_ID, "sandbox")}
    assert wacb("config", "show", env=env) == rows(**own)


def test_keys_outside_of_accounts(wacb: Wacb, file: Path):
    for account in ("a", "b"):
        assert wacb("config", "set", "sid", f"HX{account}", "--account", account) == done()
    assert wacb("config", "set", "default_account", "b") == done()
    assert wacb("config", "set", "contract.attach_field", "cb_id") == done()
    assert stored(file) == {
        "default_account": "b",
        "accounts": {"a": {"sid": "HXa"}, "b": {"sid": "HXb"}},
        "contract": {"attach_field": "cb_id"},
    }
    shown = wacb("config", "show", env={"WACB_ACCOUNT": "a"})
    assert shown == rows(account=("a", "WACB_ACCOUNT"), sid=("HXa", f"account a in {file}"))
    assert wacb("config", "unset", "contract.attach_field") == done()
    assert stored(file)["contract"] == {}


def test_a_flag_wins_over_the_environment_and_that_over_the_file(wacb: Wacb, file: Path):
    assert wacb("config", "set", "region", "in", "--account", "a").code == 0
    account = ("a", f"default_account in {file}")
    env = {"WACB_REGION": "eu", "WACB_TIMEOUT": "5"}
    show = ("config", "show")
    assert wacb(*show, env=env) == rows(
        account=account, region=("eu", "WACB_REGION"), timeout=("5", "WACB_TIMEOUT")
    )
    line = ("--region", "na", *show, "--deadline", "1.5", "--timeout", "7")
    assert wacb(*line, env=env | {"WACB_REGION": "nowhere"}) == rows(
        account=account,
        region=("na", "--region"),
        timeout=("7", "--timeout"),
        deadline=("1.5", "--deadline"),
    )


@pytest.mark.parametrize(
    ("key", "shown"), [(KEY, "…6789"), ("short-key", "…"), ("twelve-chars", "…hars")]
)
@pytest.mark.parametrize("source", ["stdin", "file", "CRLF file", "prompt"])
def test_a_key_is_stored_from_stdin_a_file_or_a_prompt(
    wacb: Wacb, file: Path, tmp_path: Path, key: str, shown: str, source: str
):
    line = ("config", "set", "api_key", "--account", "a")
    paper = tmp_path / "key.txt"
    paper.write_bytes(key.encode() + (b"\r\n" if source == "CRLF file" else b"\n"))
    if source == "stdin":
        outcome = wacb(*line, "--api-key-stdin", input=f"{key}\n")
    elif source == "prompt":
        outcome = wacb(*line, input=f"{key}\n", tty=True)
    else:
        outcome = wacb(*line, "--api-key-file", str(paper))
    assert outcome == done(err="API key: " if source == "prompt" else "")
    assert stored(file)["accounts"] == {"a": {"api_key": key}}
    account = ("a", f"default_account in {file}")
    for flags in ((), ("-vv",)):
        outcome = wacb("config", "show", *flags)
        assert outcome == rows(account=account, api_key=(shown, f"account a in {file}"))


def test_the_end_of_input_at_the_hidden_prompt_stores_nothing(wacb: Wacb, untouched: Watch):
    with untouched():
        outcome = wacb("config", "set", "api_key", tty=True)
    assert outcome == Outcome(code=130, out="", err="API key: \n\nerror: interrupted\n")


def test_a_key_from_the_environment_is_shown_by_its_end(wacb: Wacb):
    outcome = wacb("config", "show", env={"WACB_API_KEY": KEY})
    assert outcome == rows(api_key=("…6789", "WACB_API_KEY"))


def test_api_key_command_provides_the_key(wacb: Wacb, file: Path):
    command = f'["printf", "%s", "{API_KEY}"]'
    for key, value in (("api_key_command", command), ("sid", SID)):
        assert wacb("config", "set", key, value, "--account", "a") == done()
    assert wacb("config", "show") == rows(
        account=("a", f"default_account in {file}"),
        sid=(SID, f"account a in {file}"),
        api_key=("", f"api_key_command of account a in {file}"),
    )
    assert wacb("profile", "list", "-q") == done()


def test_show_in_the_other_forms(wacb: Wacb, monkeypatch: pytest.MonkeyPatch):
    values = {"region": "sg", "timeout": "30", "deadline": "120"}
    objects = [
        {
            "key": name,
            "value": values.get(name),
            "source": "default" if name in values else "not set",
        }
        for name in NAMES.split()
    ]
    assert wacb("config", "show", "-o", "json") == done(as_json(objects))
    monkeypatch.setenv("COLUMNS", "40")
    lines = [f"{o['key']:8}  {o['value'] or '':5}  {o['source']}" for o in objects]
    assert wacb("config", "show", "-o", "table") == done(
        "\n".join(["KEY       VALUE  SOURCE", *lines])
    )


REFUSED: dict[str, tuple[tuple[str, ...], Outcome]] = {
    "a key on the command line": (
        ("set", "api_key", KEY),
        failed(
            2,
            "an API key on the command line can be read by every process on this machine",
            "use --api-key-stdin or --api-key-file PATH, or omit the value to be prompted",
        ),
    ),
    "no key": (("set", "api_key"), missing("--api-key-stdin or --api-key-file")),
    "two keys": (
        ("set", "api_key", "--api-key-stdin", "--api-key-file", "x"),
        failed(2, "--api-key-stdin and --api-key-file cannot be used together"),
    ),
    "an empty key": (
        ("set", "api_key", "--api-key-stdin"),
        failed(2, "the API key in stdin is empty", "write the key to it"),
    ),
    "no key file": (
        ("set", "api_key", "--api-key-file", "/absent"),
        failed(3, "the key file /absent does not exist", "check the path"),
    ),
    "a key file for something else": (
        ("set", "region", "in", "--api-key-file", "/absent"),
        failed(
            2,
            "--api-key-stdin and --api-key-file cannot be used with region",
            "use them to set api_key",
        ),
    ),
    "a key for something else": (
        ("set", "region", "in", "--api-key-stdin"),
        failed(
            2,
            "--api-key-stdin and --api-key-file cannot be used with region",
            "use them to set api_key",
        ),
    ),
    "no value": (
        ("set", "sid"),
        failed(
            2,
            "the value of sid is missing",
            "run `wacb config set sid VALUE`, or `wacb config unset sid` to remove it",
        ),
    ),
    "an unknown account": (
        ("set", "default_account", "x"),
        failed(2, "account 'x' not found", CREATE_ACCOUNT),
    ),
    "no account": (
        ("unset", "sid"),
        failed(3, "no accounts in FILE", CREATE_ACCOUNT),
    ),
    "not set": (
        ("unset", "contract.attach_path"),
        failed(2, "contract.attach_path is not set"),
    ),
    "another account": (
        ("show", "--account", "x"),
        failed(
            3,
            "--account: account 'x' not found in FILE",
            "run `wacb --account x config init` to create one",
        ),
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_invalid_settings_are_rejected(wacb: Wacb, file: Path, case: str):
    line, outcome = REFUSED[case]
    expected = Outcome(code=outcome.code, out="", err=outcome.err.replace("FILE", str(file)))
    assert wacb("config", *line) == expected
    assert not file.exists()


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("sid", "HX 1", "sid: the value is not a valid SID: letters, digits, underscores"),
        ("region", "us", "region: 'us' is not one of in, sg, eu, na"),
        (
            "base_url",
            "http://example.com",
            "base_url: plain http:// is only allowed for this machine",
        ),
        ("number", "12", "number: '12' is not a valid phone number"),
        ("endpoint", "ftp://x.y/", "endpoint: the URL 'ftp://x.y/' does not start with https://"),
        ("contract.attach_path", "x", "contract.attach_path: 'x' is not a valid path"),
        ("api_key_command", "op read", "api_key_command is not a JSON array of strings"),
        ("sod", "x", "Invalid value for 'KEY': 'sod' is not one of 'sid', 'api_key', 'region'"),
    ],
)
def test_a_value_that_breaks_a_rule_is_refused(
    wacb: Wacb, untouched: Watch, key: str, value: str, message: str
):
    with untouched():
        outcome = wacb("config", "set", key, value)
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err.startswith(f"error: {message}")


def test_a_key_that_is_not_text_is_rejected(wacb: Wacb, untouched: Watch):
    with untouched():
        outcome = wacb("config", "set", "api_key", "--api-key-stdin", input=b"canary\xff\n")
    assert outcome == failed(2, "stdin is not UTF-8 text (line 1)", "convert it to UTF-8")


def test_a_broken_file_is_never_rewritten(wacb: Wacb, file: Path):
    file.parent.mkdir(parents=True)
    file.write_text("sid = \n")
    for line in (("set", "sid", SID), ("unset", "sid"), ("show",)):
        outcome = wacb("config", *line)
        assert outcome == failed(3, f"{file} is not valid TOML (line 1)", VALUE_MISSING)
    assert file.read_text() == "sid = \n"


def test_unknown_keys_are_kept(wacb: Wacb, file: Path):
    file.parent.mkdir(parents=True)
    file.write_text('later = 1\n[accounts.a]\ncolor = "red"\n[other]\nx = [1]\n')
    file.chmod(0o600)
    assert wacb("config", "set", "sid", SID) == done()
    assert stored(file) == {
        "later": 1,
        "accounts": {"a": {"color": "red", "sid": SID}},
        "other": {"x": [1]},
    }


def test_several_accounts_and_no_default_need_a_choice(wacb: Wacb, file: Path):
    file.parent.mkdir(parents=True)
    file.write_text('[accounts.a]\nsid = "A"\n[accounts.b]\nsid = "B"\n')
    message = f"{file} has several accounts and no default_account"
    for line in (("config", "show"), ("profile", "list"), ("config", "set", "sid", "C")):
        assert wacb(*line) == failed(3, message, "pass --account with one of a, b")

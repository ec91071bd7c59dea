"""Loading the config file, which source wins, what values may be, and the API key."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from wacb.config.file import ConfigFile
from wacb.config.settings import DEFAULTS, NAMES, api_key, check_key_host, mask, resolve
from wacb.errors import ConfigError, InvalidInput, WacbError

CANARY = "canary-0123456789"
PATH = Path("/config/file.toml")
# name: value of the flag, of the environment, of the file (None: it cannot stand there)
VALUES: dict[str, tuple[str, str, str | None]] = {
    "account": ("flagged", "varied", "filed"),
    "region": ("in", "eu", "na"),
    "base_url": ("https://flag.example", "https://variable.example", "https://file.example"),
    "waba_id": ("1", "2", "3"),
    "sandbox": ("1", "0", None),
    "timeout": ("1", "2.5", None),
    "deadline": ("3", "4", None),
    "no_input": ("0", "1", None),
    "sid": ("FLAG", "VARIABLE", "FILE"),
    "api_key": ("flag-key", "variable-key", "file-key"),
    "endpoint": ("https://flag.example/e", "https://variable.example/e", "https://file.example/e"),
    "profile": ("flag", "variable", "file"),
    "number": ("+15550100001", "+15550100002", "+15550100003"),
}
FILED = {name: value for name, (_, _, value) in VALUES.items() if value and name != "account"}


def make_file(text: str = "", **accounts) -> ConfigFile:
    data = {"accounts": accounts} if accounts else {}
    return ConfigFile(path=PATH, data=data) if not text else ConfigFile.parse(PATH, text)


def make_settings(file: ConfigFile | None = None, environ=None, **flags):
    return resolve(flags, environ or {}, file or make_file())


def write(path: Path, text: str, mode: int = 0o600) -> Path:
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)
    return path


def test_the_table_names_every_setting():
    assert set(VALUES) == set(NAMES)


# -- loading


def test_an_absent_file_is_empty_unless_it_must_exist(tmp_path):
    path = tmp_path / "config.toml"
    assert ConfigFile.load(path, must_exist=False) == ConfigFile(path=path, data={})
    with pytest.raises(ConfigError) as caught:
        ConfigFile.load(path, must_exist=True)
    assert caught.value.message == f"the config file {path} does not exist"
    assert caught.value.hint == "run `wacb config init` to create it"
    assert caught.value.exit_code == 3


def test_unknown_keys_are_kept_and_no_error(tmp_path):
    text = 'color = 1\n[accounts.prod]\nsid = "A"\nnick = [1]\n[contract]\nx = 1\n[more.tables]\n'
    file = ConfigFile.load(write(tmp_path / "c", text), must_exist=True)
    assert file.data == {
        "color": 1,
        "accounts": {"prod": {"sid": "A", "nick": [1]}},
        "contract": {"x": 1},
        "more": {"tables": {}},
    }


def test_broken_toml_names_file_and_line_only(tmp_path):
    path = write(tmp_path / "c", f"[accounts.prod]\napi_key = {CANARY}\n")
    with pytest.raises(ConfigError) as caught:
        ConfigFile.load(path, must_exist=True)
    assert caught.value.message == f"{path} is not valid TOML (line 2)"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("default_account = 1", "default_account is not a string in quotes"),
        (f'accounts = "{CANARY}"', "accounts is not a table"),
        ("[[accounts]]", "accounts is not a table"),
        (f'[accounts]\nprod = "{CANARY}"', "accounts.prod is not a table"),
        ("[accounts.a]\nregion = 1", "region in [accounts.a] is not a string in quotes"),
        ("[accounts.a]\nwaba_id = 123", "waba_id in [accounts.a] is not a string in quotes"),
        ("[accounts.a]\napi_key = 123456", "api_key in [accounts.a] is not a string in quotes"),
        (f'contract = ["{CANARY}"]', "contract is not a table"),
        (
            "[contract]\nattach_field = true",
            "attach_field in [contract] is not a string in quotes",
        ),
        *(
            (
                f"[accounts.a]\napi_key_command = {value}",
                "api_key_command in [accounts.a] is not an array of strings",
            )
            for value in (f'"{CANARY}"', "[]", '["op", 1]', '[""]', r'["op", "\u0000"]', "{}")
        ),
    ],
)
def test_wrong_types_name_table_and_key(text, message):
    with pytest.raises(ConfigError) as caught:
        ConfigFile.parse(PATH, text)
    assert caught.value.message == f"{PATH}: {message}"
    table = message.removesuffix(" is not a table")
    assert caught.value.hint == (None if table == message else f"write [{table}]")


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644], ids=oct)
def test_a_key_that_others_can_read_is_refused(tmp_path, mode):
    path = write(tmp_path / "c", f'[accounts.a]\napi_key = "{CANARY}"', mode)
    with pytest.raises(ConfigError) as caught:
        ConfigFile.load(path, must_exist=True)
    assert caught.value.hint == f"chmod 600 {path}"
    assert CANARY not in caught.value.message
    path.chmod(0o600)
    assert ConfigFile.load(path, must_exist=True).accounts["a"]["api_key"] == CANARY


def test_a_file_without_a_key_may_be_readable(tmp_path):
    path = write(tmp_path / "c", '[accounts.a]\napi_key_command = ["op"]', 0o644)
    assert ConfigFile.load(path, must_exist=True).accounts == {"a": {"api_key_command": ["op"]}}


# The file is written anew for each example, so sharing the folder is fine.
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.one_of(
        st.binary(),
        st.text().map(lambda text: text.encode("utf-8", "replace")),
        st.lists(
            st.sampled_from(
                ["[accounts", ".a]", "]", "\n", "=", "api_key", "contract", '"', "[", "{", "1", "é"]
            )
        ).map(lambda parts: "".join(parts).encode()),
    )
)
def test_any_content_is_a_config_or_a_config_error(tmp_path, content):
    path = tmp_path / "c"
    path.write_bytes(content)
    path.chmod(0o600)
    try:
        file = ConfigFile.load(path, must_exist=True)
    except ConfigError:
        return
    found = make_settings(file)
    for name in NAMES:
        try:
            found.get(name)
        except ConfigError:
            assert file.data


# -- which source wins


@pytest.mark.parametrize("name", VALUES)
@pytest.mark.parametrize("source", ["flag", "environment", "file", "default"])
def test_flag_beats_environment_beats_file_beats_default(name, source):
    flag, variable, filed = VALUES[name]
    account = {} if name == "account" else FILED
    accounts = dict.fromkeys(("filed", "flagged", "varied"), account)
    file = ConfigFile(path=PATH, data={"default_account": "filed", "accounts": accounts})
    option, environ_name = f"--{name.replace('_', '-')}", f"WACB_{name.upper()}"
    default = DEFAULTS.get(name)
    if source == "flag":
        found = make_settings(file, {environ_name: variable}, **{name: flag})
        expected: tuple[str | None, str] = (flag, option)
    elif source == "environment":
        found = make_settings(file, {environ_name: variable}, **{name: None})
        expected = (variable, environ_name)
    elif source == "file" and filed:
        found = make_settings(file, {environ_name: ""})
        place = f"default_account in {PATH}" if name == "account" else f"account filed in {PATH}"
        expected = (filed, place)
    else:
        found = make_settings()
        expected = (default, "default" if default else "not set")
    assert (found.get(name), found.source(name)) == expected


def test_a_bad_value_that_does_not_win_does_not_matter():
    found = make_settings(make_file(a={"region": "mars"}), {"WACB_REGION": "moon"}, region="in")
    assert found.get("region") == "in"


def test_typed_properties():
    found = make_settings(environ={"WACB_SANDBOX": "yes", "WACB_TIMEOUT": "2.5"}, no_input="1")
    assert (found.timeout, found.deadline, found.sandbox, found.no_input, found.account) == (
        2.5,
        120.0,
        True,
        True,
        None,
    )
    assert (make_settings().sandbox, make_settings().no_input) == (False, False)


@pytest.mark.parametrize(
    ("value", "disabled"), [("true", True), ("TRUE", True), ("1", True), ("0", False), ("", False)]
)
def test_prompts_are_disabled_in_ci(value, disabled):
    found = make_settings(environ={"CI": value})
    source = "CI" if disabled else "not set"
    assert (found.no_input, found.source("no_input")) == (disabled, source)


def test_an_emptied_waba_id_means_none():
    found = make_settings(make_file(a={"waba_id": "3"}), {"WACB_WABA_ID": "2"}, waba_id="")
    assert (found.get("waba_id"), found.source("waba_id")) == (None, "--waba-id")


def test_unknown_keys_of_an_account_are_no_settings():
    found = make_settings(make_file(a={"timeout": 5}))
    assert (found.timeout, found.stored("timeout")) == (30.0, None)


def test_values_do_not_show_in_a_repr():
    file = make_file(a={"api_key": CANARY})
    found = make_settings(file, {"WACB_API_KEY": CANARY})
    assert CANARY not in repr((file, found, found.find("api_key")))


# -- what values may be

BAD = {
    "region": ["", "mars", "in\n", "i"],
    "base_url": [
        "", "x", "ftp://a.example", "http://a.example", "https://", "https://a b", "https://a\n",
        "https://a\t.example", "https://u:p@a.example", "https://a?", "https://a/#f",
        "https://a:99999", "https://[::1", "http://127.0.0.1@evil.example", "https://é.example",
        "http://localhost.evil.example", "https:\\\\a",
    ],
    "waba_id": ["", "x", "1 2", "\u0661", "1\n"],
    "sid": ["", "a-b", "a\n", "é", "a b"],
    "timeout": ["", "0", "-1", "nan", "inf", "1_0", " 1", "1\n",
        "\u0663", "86400.1", "1e9", "1.2.3", ".", "1e-999"],
    "deadline": ["x", "1e999"],
    "sandbox": ["", "2", "ja", "1\n", "y"],
    "no_input": ["maybe"],
    "number": ["", "12", "x"],
    "endpoint": ["", "x", "https://a b"],
    "profile": ["", "a\nb", "\udcff"],
}  # fmt: skip
BAD_CASES = [(name, value) for name, values in BAD.items() for value in values]


@pytest.mark.parametrize(("name", "value"), [c for c in BAD_CASES if c != ("waba_id", "")])
def test_a_bad_flag_is_named(name, value):
    with pytest.raises(InvalidInput) as caught:
        make_settings(**{name: value}).get(name)
    assert caught.value.message.startswith(f"--{name.replace('_', '-')}: ")


@pytest.mark.parametrize(("name", "value"), [case for case in BAD_CASES if case[1]])
def test_a_bad_variable_is_named(name, value):
    variable = f"WACB_{name.upper()}"
    with pytest.raises(InvalidInput) as caught:
        make_settings(environ={variable: value}).get(name)
    assert caught.value.message.startswith(f"{variable}: ")


@pytest.mark.parametrize(("name", "value"), [c for c in BAD_CASES if c[0] in FILED])
def test_a_bad_value_in_the_file_is_named(name, value):
    with pytest.raises(ConfigError) as caught:
        make_settings(make_file(prod={name: value})).get(name)
    assert caught.value.message.startswith(f"{name} of account prod in {PATH}: ")


@pytest.mark.parametrize(
    ("name", "value", "normal"),
    [
        ("base_url", "https://a.example/", "https://a.example"),
        ("base_url", "https://a.example:8443/api//", "https://a.example:8443/api"),
        ("base_url", "https://a.example/X", "https://a.example/X"),
        ("base_url", "http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("base_url", "http://localhost", "http://localhost"),
        ("base_url", "http://[::1]:1/", "http://[::1]:1"),
        ("timeout", "86400", "86400"),
        ("timeout", ".5", ".5"),
        ("timeout", "1e3", "1e3"),
        ("timeout", "1.", "1."),
        ("sid", "HX_1", "HX_1"),
        ("number", "0091 98123-45678", "+919812345678"),
        ("endpoint", "http://localhost/x", "http://localhost/x"),
        ("profile", "Incoming ✓", "Incoming ✓"),
        *(("sandbox", word, "1") for word in ("1", "true", "yes", "on", "TRUE", "On")),
        *(("sandbox", word, "0") for word in ("0", "false", "no", "off", "No")),
        *(("region", word, word) for word in ("in", "sg", "eu", "na")),
    ],
)
def test_good_values_come_back_in_their_normal_form(name, value, normal):
    assert make_settings(**{name: value}).get(name) == normal


@pytest.mark.parametrize("name", ["sid", "waba_id", "base_url", "api_key"])
def test_a_bad_value_that_may_be_a_secret_is_not_repeated(name):
    for found in (
        make_settings(environ={f"WACB_{name.upper()}": f"https://u:{CANARY} @x"}),
        make_settings(make_file(a={name: f"https://u:{CANARY} @x"})),
    ):
        with pytest.raises(WacbError) as caught:
            found.get(name)
        assert CANARY not in f"{caught.value.message}{caught.value.hint}"


LIKE = "write it like https://api.example.com, as the console shows it under API Domain"


@pytest.mark.parametrize(
    ("name", "value", "message", "hint"),
    [
        ("region", "mars", "'mars' is not one of in, sg, eu, na", None),
        ("sid", "a-b", "the value is not a valid SID: letters, digits, underscores", None),
        ("waba_id", "x", "the value is not a valid WABA ID: digits only", None),
        ("sandbox", "ja", "'ja' is not a valid yes or no", "use 1 or 0"),
        ("timeout", "nan", "'nan' is not a valid number of seconds (up to 86400)", None),
        ("profile", "a\nb", "'a\\nb' is empty or contains a control character", None),
        ("profile", "", "'' is empty or contains a control character", None),
        ("base_url", "https://u:p@a", "the base URL contains user info (@)", LIKE),
        ("base_url", "https://a?", "the base URL contains a query (?)", LIKE),
        ("base_url", "https://a/#f", "the base URL contains a fragment (#)", LIKE),
        ("base_url", "ftp://a.example", "the base URL is not a valid URL", LIKE),
        ("base_url", "http://a.example", "plain http:// is only allowed for this machine", LIKE),
    ],
)
def test_what_is_wrong_with_a_value_is_said_with_a_remedy(name, value, message, hint):
    with pytest.raises(InvalidInput) as caught:
        make_settings(**{name: value}).get(name)
    option = f"--{name.replace('_', '-')}"
    assert (caught.value.message, caught.value.hint) == (f"{option}: {message}", hint)


# -- the account in use


@pytest.mark.parametrize(
    ("text", "account", "source"),
    [
        ("", None, "not set"),
        ("[accounts.a]", "a", f"the only account in {PATH}"),
        ('default_account = "b"\n[accounts.a]\n[accounts.b]', "b", f"default_account in {PATH}"),
        ("[accounts.a]\n[accounts.b]", None, "not set"),
    ],
    ids=["none", "only", "default", "several"],
)
def test_the_usual_account(text, account, source):
    found = make_settings(make_file(text))
    assert (found.account, found.get("account"), found.source("account")) == (
        account,
        account,
        source,
    )


def test_an_unknown_account_is_a_config_error_with_the_nearest_name():
    file = make_file(prod={}, test={})
    for found, source in (
        (make_settings(file, account="prd"), "--account"),
        (make_settings(file, {"WACB_ACCOUNT": "prd"}), "WACB_ACCOUNT"),
    ):
        with pytest.raises(ConfigError) as caught:
            found.get("sid")
        assert caught.value.message == f"{source}: account 'prd' not found in {PATH}"
        assert caught.value.hint == "did you mean prod? choose from: prod, test"


def test_an_account_where_there_is_none_says_so():
    with pytest.raises(ConfigError) as caught:
        make_settings(account="").get("account")
    assert caught.value.hint == "run `wacb config init` to create one"


def test_a_default_account_must_exist():
    with pytest.raises(ConfigError) as caught:
        make_settings(make_file('default_account = "x"\n[accounts.long]')).get("sid")
    assert caught.value.message == f"default_account in {PATH}: account 'x' not found in {PATH}"
    assert caught.value.hint == "choose from: long"


def test_several_accounts_matter_only_where_one_has_the_answer():
    found = make_settings(make_file(a={"sid": "A"}, b={}), sid="F", region=None)
    assert (found.get("sid"), found.get("region"), found.get("endpoint")) == ("F", "sg", None)
    with pytest.raises(ConfigError) as caught:
        make_settings(make_file(a={"sid": "A"}, b={})).get("sid")
    assert caught.value.message == f"{PATH} has several accounts and no default_account"
    assert caught.value.hint == "pass --account with one of a, b"


# -- [contract]


def test_contract_values_are_checked_and_normal():
    text = (
        '[contract]\nattach_field = "profile.id"\nattach_path = "/v3/{sid}/n"\n'
        'attach_method = "PATCH"\ndetach_value = ""\n'
    )
    assert make_settings(make_file(text)).contract == {
        "attach_field": "profile.id",
        "attach_path": "/v3/{sid}/n",
        "attach_method": "PATCH",
        "detach_value": "",
    }
    assert make_settings().contract == {}


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("attach_field", ""),
        ("attach_field", "a b"),
        ("attach_path", ""),
        ("attach_path", "v2"),
        ("attach_path", "//evil.example"),
        ("attach_path", "/a b"),
        ("attach_method", "GET"),
        ("detach_value", "a\\nb"),
        ("number_profile_member", "a b"),
        ("offset_counts", "bytes"),
        ("page_cap", "0"),
        ("page_cap", "ten"),
    ],
)
def test_a_bad_contract_value_is_named(key, value):
    with pytest.raises(ConfigError) as caught:
        _ = make_settings(make_file(f'[contract]\n{key} = "{value}"')).contract
    assert caught.value.message.startswith(f"{key} in [contract] of {PATH}: ")


def test_what_may_be_a_key_is_not_repeated():
    with pytest.raises(InvalidInput) as caught:
        make_settings(sid=f"{CANARY}-x").get("sid")
    assert caught.value.message == (
        "--sid: the value is not a valid SID: letters, digits, underscores"
    )


def test_how_many_rows_a_page_may_have_is_said():
    with pytest.raises(ConfigError) as caught:
        _ = make_settings(make_file('[contract]\npage_cap = "0"')).contract
    assert caught.value.message == (
        f"page_cap in [contract] of {PATH}: '0' is not a valid number of rows (1 to 9999)"
    )


def test_an_unknown_contract_key_gets_the_nearest_name():
    with pytest.raises(ConfigError) as caught:
        _ = make_settings(make_file('[contract]\natach_path = "/x"')).contract
    assert caught.value.message == f"{PATH}: 'atach_path' is not a valid key in [contract]"
    assert caught.value.hint == (
        "did you mean attach_path? choose from: attach_field, attach_method, attach_path, "
        "detach_value, number_profile_member, offset_counts, page_cap"
    )


# -- the API key


def find_key(file=None, environ=None):
    """The key that is found, with enough time for a command."""
    return api_key(make_settings(file, environ), remaining=lambda: 20.0)


def test_the_key_comes_from_environment_then_account_then_command():
    both = make_file(a={"api_key": "stored", "api_key_command": ["false"]})
    assert find_key(both, {"WACB_API_KEY": "given"}) == "given"
    assert find_key(both) == "stored"
    assert find_key() is None
    assert find_key(make_file(a={"api_key_command": ["echo", "printed"]})) == "printed"


BY_HAND, ON_PATH = "run it in a shell to see why", "check that it is on PATH"
COPIED_ALONG = "copy it again without spaces, line breaks or quotes"
INVALID = (": the API key contains a character that is invalid in an HTTP header", COPIED_ALONG)
PRINTF = "/usr/bin/printf"


@pytest.mark.parametrize(
    ("command", "message", "hint"),
    [
        (("sh", "-c", f"echo {CANARY}; exit 3"), "{} failed with exit code 3", BY_HAND),
        (("/absent", CANARY), "cannot start {}", ON_PATH),
        (("echo",), "{}: the API key is empty", None),
        ((PRINTF, f"{CANARY}\n\n"), "{}" + INVALID[0], INVALID[1]),
        *(
            pytest.param(
                (PRINTF, CANARY + end), "{}" + INVALID[0], INVALID[1], marks=pytest.mark.thorough
            )
            for end in (" x", "é")
        ),
        ((PRINTF, rf"{CANARY}\377"), "the output of {} is not UTF-8 text (line 1)", BY_HAND),
    ],
)
def test_a_command_that_gives_no_key_is_named_and_never_quoted(command, message, hint):
    with pytest.raises(ConfigError) as caught:
        find_key(make_file(a={"api_key_command": list(command)}))
    assert caught.value.message == message.format(f"the api_key_command {command[0]!r}")
    assert caught.value.hint == hint
    assert CANARY not in repr((caught.value, caught.value.hint, caught.value.__cause__))


@pytest.mark.parametrize("key", ['"key-0001"', "'key-0001'"])
def test_a_key_in_the_quotes_of_an_env_file_is_refused(key):
    with pytest.raises(ConfigError) as caught:
        find_key(None, {"WACB_API_KEY": key})
    assert caught.value.message == "WACB_API_KEY: the API key is in quotes"
    assert caught.value.hint == "set it again without the quotes"


@pytest.mark.parametrize("key", ["a b", "a\nb", "a\x00", "é", '"\udcff"'])
def test_a_key_that_no_header_can_carry_is_a_config_error(key):
    for file, environ, source in (
        (None, {"WACB_API_KEY": key}, "WACB_API_KEY"),
        (make_file(a={"api_key": key}), None, f"api_key of account a in {PATH}"),
    ):
        with pytest.raises(ConfigError) as caught:
            find_key(file, environ)
        assert caught.value.message == (
            f"{source}: the API key contains a character that is invalid in an HTTP header"
        )


def test_an_empty_stored_key_is_an_error():
    with pytest.raises(ConfigError, match="the API key is empty"):
        find_key(make_file(a={"api_key": ""}))


@pytest.mark.parametrize("key", [{"api_key": CANARY}, {"api_key_command": ["op", CANARY]}])
@pytest.mark.parametrize("environ", [{"WACB_BASE_URL": "https://other.example"}, {}])
def test_a_stored_key_does_not_go_to_another_host(environ, key):
    file = make_file(a={"base_url": "https://own.example", **key})
    flags = {} if environ else {"base_url": "https://other.example"}
    with pytest.raises(ConfigError) as caught:
        check_key_host(make_settings(file, environ, **flags))
    source = "WACB_BASE_URL" if environ else "--base-url"
    assert caught.value.message == f"the stored API key is not for the host in {source}"
    assert caught.value.hint == (
        "set WACB_API_KEY to the key for that host, or run `wacb config set base_url URL`"
    )
    check_key_host(make_settings(file, environ | {"WACB_API_KEY": "k"}, **flags))


def test_a_stored_key_goes_to_its_own_host_and_to_the_pods():
    file = make_file(a={"api_key": CANARY, "base_url": "https://own.example"})
    check_key_host(make_settings(file, region="eu"))
    check_key_host(make_settings(file, base_url="https://own.example"))


@pytest.mark.parametrize(
    ("secret", "masked"),
    [
        ("", "…"),
        ("abcdefghijk", "…"),
        ("abcdefghijkl", "…ijkl"),
        ("0123456789abcdef", "…cdef"),
    ],
)
def test_a_mask_shows_four_characters_at_most(secret, masked):
    assert mask(secret) == masked

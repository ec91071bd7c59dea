"""`wacb` itself: help, options at every level, errors and exit codes."""

from __future__ import annotations

import json
import marshal
import platform
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from tests.cli.expect import done, failed, missing, table
from tests.conftest import LIVE, Outcome, Wacb, invoke
from tests.test_project import COMMANDS
from wacb import __version__
from wacb.cli import commands, root
from wacb.cli.app import App
from wacb.cli.next_command import render
from wacb.errors import Command, Prose, WacbError

GROUPS = ("profile", "number", "sandbox", "config")
START = """\
wacb sets up incoming WhatsApp messages on Kaleyra.io.

  wacb setup                 set up your numbers, step by step
  wacb sandbox demo          see it work on this machine, without an account

Run `wacb --help` to list all commands, or `wacb help` to read the guide."""


@pytest.mark.parametrize("line", [(), ("-v",), ("--sandbox", "--region", "in")], ids=" ".join)
def test_wacb_alone_shows_how_to_begin(wacb: Wacb, line: tuple[str, ...]):
    assert wacb(*line) == done(START)


def test_the_version(wacb: Wacb):
    assert wacb("--version") == wacb("--version", "plan") == done(f"wacb {__version__}")


def test_the_version_names_python_and_the_platform_if_asked(wacb: Wacb):
    python = f"Python {platform.python_version()} ({sys.executable})"
    told = done(f"wacb {__version__}\n{python}\n{platform.platform()}")
    assert wacb("-v", "--version") == wacb("--version", "-v") == told


OPTIONS = (
    *("--account", "--config", "--region", "--base-url", "--waba-id", "--sandbox", "--timeout"),
    *("--deadline", "-v", "--no-input", "--color"),
)


@pytest.mark.parametrize(
    "line",
    [(), *((group,) for group in GROUPS), ("template",), ("profile", "create"), ("config", "set")],
    ids=lambda line: " ".join(("wacb", *line)),
)
def test_help_is_shown_on_stdout(wacb: Wacb, line: tuple[str, ...]):
    outcome = wacb(*line, "--help")
    assert (outcome.code, outcome.err) == (0, "")
    assert outcome == wacb(*line, "-h")
    assert outcome.out.startswith(f"Usage: {' '.join(('wacb', *line))} ")
    assert all(f" {option}" in outcome.out for option in OPTIONS)
    assert max(map(len, outcome.out.splitlines())) <= 80


def sections(outcome: Outcome) -> list[str]:
    return re.findall(r"^(\S.*):$", outcome.out, re.MULTILINE)


def test_long_help_groups_its_options(wacb: Wacb):
    apart = "Options on every command (see wacb --help)"
    grouped = ["Options", "Endpoint", "Safety", "Output", "Less common"]
    assert sections(wacb("profile", "create", "--help")) == [*grouped, apart]
    assert "Endpoint" not in sections(wacb("number", "attach", "--help"))
    assert sections(wacb("profile", "list", "--help")) == ["Options", apart]


@pytest.mark.parametrize(("path", "command"), COMMANDS, ids=lambda value: str(value))
def test_an_option_names_its_variable_at_the_end(path: tuple[str, ...], command: click.Command):
    texts = [option.help or "" for option in command.params if isinstance(option, click.Option)]
    assert not [
        text for text in texts if re.search(r"[A-Z]_", re.sub(r"\[env: [^]]+\]$", "", text))
    ]


@pytest.mark.parametrize("group", GROUPS)
def test_a_group_without_a_command_is_a_usage_error(wacb: Wacb, group: str):
    assert wacb(group) == Outcome(code=2, out="", err=wacb(group, "--help").out)


@pytest.mark.parametrize(
    ("line", "message", "place"),
    [
        ("frobnicate", "No such command 'frobnicate'.", "wacb"),
        ("profile list extra", "Got unexpected extra argument (extra)", "wacb profile list"),
        ("profile show", "Missing argument 'ID|TITLE'.", "wacb profile show"),
        (
            "config unset",
            "Missing argument 'KEY'. Choose from: sid, api_key, region, base_url, waba_id, "
            "endpoint, number, profile, default_account, contract.attach_field, "
            "contract.attach_path, contract.attach_method, contract.detach_value, "
            "contract.number_profile_member, contract.offset_counts, contract.page_cap, "
            "api_key_command",
            "wacb config unset",
        ),
        (
            "template --method patch",
            "Invalid value for '--method': 'patch' is not one of 'get', 'post', 'put', 'delete'.",
            "wacb template",
        ),
        (
            "profile list --region us",
            "Invalid value for '--region': 'us' is not one of 'in', 'sg', 'eu', 'na'.",
            "wacb profile list",
        ),
        ("number list --waba-id", "Option '--waba-id' requires an argument.", "wacb"),
        ("-- -x", "No such option '-x'.", "wacb"),
    ],
)
def test_a_usage_error_names_the_mistake_and_the_help(
    wacb: Wacb, line: str, message: str, place: str
):
    outcome = wacb(*line.split())
    assert outcome == failed(2, message, f"run `{place} --help`")


SETTINGS = {
    "--account": ("b", "account"),
    "--region": ("eu", "region"),
    "--base-url": ("https://api.example", "base_url"),
    "--waba-id": ("12", "waba_id"),
    "--timeout": ("5", "timeout"),
    "--deadline": ("6", "deadline"),
}


@pytest.mark.parametrize("option", SETTINGS)
def test_an_option_works_before_and_after_the_command(wacb: Wacb, option: str):
    for account in ("a", "b"):
        assert wacb("config", "set", "sid", "HX1", "--account", account).code == 0
    value, name = SETTINGS[option]
    given, line = (option, value), ("config", "show")
    shown = wacb(*line, *given)
    assert table(name, value, option) in shown.out.splitlines()
    assert wacb(*given, *line) == wacb("config", *given, "show") == shown
    assert wacb(option, "in", *line, *given) == shown  # the last one wins


def test_flags_work_before_and_after_the_command(wacb: Wacb):
    line = ("profile", "list", "-q")
    assert wacb("--sandbox", *line) == wacb(*line, "--sandbox") == done()
    assert wacb("--no-input", "template", tty=True) == missing("--method")
    assert wacb("template", "--no-input", tty=True) == missing("--method")


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        ("--timeout", "soon", "--timeout: 'soon' is not a valid number of seconds (up to 86400)"),
        ("--deadline", "0", "--deadline: '0' is not a valid number of seconds (up to 86400)"),
        ("--waba-id", "x", "--waba-id: the value is not a valid WABA ID: digits only"),
        ("--base-url", "http://x.y", "--base-url: plain http:// is only allowed for this machine"),
    ],
)
def test_a_value_is_checked_where_it_is_used(live: Wacb, option: str, value: str, message: str):
    outcome = live("profile", "list", option, value)
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err.startswith(f"error: {message}\n")
    assert live("template", "--method", "get", option, value).code == 0


def test_a_bad_variable_does_not_matter_when_the_flag_is_passed(live: Wacb):
    env = {"WACB_REGION": "nowhere", "WACB_TIMEOUT": "soon"}
    assert live("profile", "list", env=env).err.startswith("error: WACB_REGION: 'nowhere' is not")
    line = ("profile", "list", "-q", "--region", "eu")
    assert live(*line, env=env).err.startswith("error: WACB_TIMEOUT: 'soon' is not a valid number")
    assert live(*line, "--timeout", "3", env=env) == done()


def kinds(kind: type[WacbError] = WacbError) -> Iterator[type[WacbError]]:
    if kind.__module__ == "wacb.errors":
        yield kind
    for below in kind.__subclasses__():
        yield from kinds(below)


@pytest.mark.parametrize("kind", list(kinds()), ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("hint", [None, "do this"])
def test_an_error_becomes_text_and_its_exit_code(
    over: Wacb, kind: type[WacbError], hint: str | None
):
    def network(*_):
        raise kind("it failed", hint=hint, status=418, api_code="RBC1")

    line = ("profile", "list")
    assert over(network, *line) == failed(kind.exit_code, "it failed", hint)
    outcome = over(network, *line, "-o", "json")
    assert (outcome.code, outcome.out) == (kind.exit_code, "")
    assert json.loads(outcome.err) == {
        "error": {
            "code": kind.code,
            "message": "it failed",
            "hint": hint,
            "status": 418,
            "api_code": "RBC1",
            "retryable": kind.retryable,
        }
    }


def test_the_exit_codes_are_the_documented_ones():
    assert {kind.__name__: kind.exit_code for kind in kinds()} == {
        "WacbError": 1,
        "BulkFailed": 1,  # or the code its failures agree on
        "InvalidInput": 2,
        "TemplateError": 2,
        "ConfigError": 3,
        "Redirected": 3,
        "AuthenticationFailed": 4,
        "NotFound": 5,
        "ApiRejected": 6,
        "Unavailable": 7,
        "DeadlineExceeded": 7,
        "NotReached": 7,
        "OutcomeUnknown": 7,
        "CheckFailed": 8,
        "Unsafe": 9,
        "ConsentRequired": 9,
        "Ambiguous": 9,
        "Interrupted": 130,
        "Skipped": 130,
    }


def test_ctrl_c_is_an_interruption(over: Wacb):
    def network(*_):
        raise KeyboardInterrupt

    assert over(network, "profile", "list") == Outcome(
        code=130, out="", err="\nerror: interrupted\n"
    )


def test_a_damaged_installation_is_no_interruption(wacb: Wacb, monkeypatch: pytest.MonkeyPatch):
    def imported(name: str) -> None:
        marshal.loads(marshal.dumps(name)[:-1])

    monkeypatch.setattr(commands, "import_module", imported)
    assert wacb("profile", "list") == Outcome(
        code=1,
        out="",
        err="\nerror: a file of this installation is damaged: marshal data too short\n"
        "hint: install wacb again, or remove the __pycache__ folders in it\n",
    )


def test_a_bug_is_raised(over: Wacb):
    def network(*_):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        over(network, "profile", "list")


@pytest.mark.parametrize(
    "form", [("-o", "json"), ("-ojson",), ("--output", "json"), ("--output=json",)], ids=" ".join
)
def test_a_usage_error_is_json_even_before_the_format_is_parsed(wacb: Wacb, form: tuple[str, ...]):
    outcome = wacb("profile", "list", "odd\u202e", *form)
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err.isascii()  # nothing that would turn a terminal's text around
    assert json.loads(outcome.err)["error"] == {
        "code": "invalid_input",
        "message": "Got unexpected extra argument (odd\u202e)",
        "hint": "run `wacb profile list --help`",
        "status": None,
        "api_code": None,
        "retryable": False,
    }


def test_an_error_stays_text_in_other_formats(wacb: Wacb):
    outcome = wacb("profile", "list", "odd\u202e", "-o", "tsv")
    hint = "run `wacb profile list --help`"
    assert outcome == failed(2, r"Got unexpected extra argument (odd\u202e)", hint)


def test_the_arguments_of_the_process_are_the_default(monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["wacb", "template", "--method", "nothing"])
    with pytest.raises(SystemExit) as ended:
        root.main(obj=App(environ={}))
    assert ended.value.code == 2
    assert "'nothing' is not one of" in capsys.readouterr().err


def test_an_oserror_that_is_not_about_a_stream_is_a_bug():
    class Broken(App):
        @property
        def config_path(self) -> Path:
            raise FileNotFoundError(2, "No such file", "somewhere")

    with pytest.raises(FileNotFoundError):
        invoke(Broken(environ={}), "config", "path")


def test_the_program_builds_its_own_app(monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["wacb", "--version"])
    with pytest.raises(SystemExit) as ended:
        root.main()
    assert (ended.value.code, capsys.readouterr().out) == (0, f"wacb {__version__}\n")


def test_the_command_of_a_hint_reaches_the_same_account(wacb: Wacb):
    sandboxed = ("--sandbox", "profile", "show", "nobody")
    assert wacb(*sandboxed).err.endswith(
        "hint: run `wacb --sandbox profile list` to see available profiles\n"
    )
    assert wacb(*sandboxed[1:], env=LIVE).err.endswith(
        "hint: run `wacb profile list` to see available profiles\n"
    )


@pytest.mark.parametrize(
    ("command", "shown"),
    [
        (Command("plan"), "wacb --sandbox --config f --account a plan"),
        (Command("config show"), "wacb --sandbox --config f --account a config show"),
        (Command("config set", "url", "a b"), "wacb --config f --account a config set url 'a b'"),
        (Command("sandbox serve"), "wacb sandbox serve"),
    ],
)
def test_a_command_gets_the_flags_that_it_needs(command: Command, shown: str):
    text = Prose("Run `", command, "`.")
    assert render({"sandbox": "1", "config": "f", "account": "a"}, text) == f"Run `{shown}`."
    assert render({}, text) == text


def test_the_commands_of_a_combined_error_reach_the_same_account(wacb: Wacb, tmp_path: Path):
    odd, file = tmp_path / r"a\1b.toml", tmp_path / "wacb.toml"  # no group of a pattern
    odd.write_text("")
    file.write_text(
        '[profiles.one]\ntitle = "One"\nmethod = "get"\nurl = "https://example.com/hook"\n'
        '[numbers]\n"+15550000001" = "one"\n"+15550000002" = "one"\n'
    )
    told = wacb("--sandbox", "--config", str(odd), "plan", "-f", str(file)).err
    assert told.count(f"`wacb --sandbox --config '{odd}' number list`") == 2


def test_a_title_that_reads_like_a_command_is_never_rewritten(wacb: Wacb):
    outcome = wacb("--sandbox", "profile", "show", "wacb number one")
    assert "'wacb number one'" in outcome.err
    assert "`wacb --sandbox profile list`" in outcome.err

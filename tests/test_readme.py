"""Every command line of the README runs on the sandbox; its blocks say what the program does."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import textwrap
import threading
from pathlib import Path

import pytest

from tests.actions import outputs
from tests.conftest import LIVE, Outcome, Wacb, profile_id
from wacb import errors
from wacb.cli.plan import CHANGES_PENDING
from wacb.sandbox.account import API_KEY, SID, WABA_ID
from wacb.sandbox.emulator import Sandbox
from wacb.sandbox.server import Server

PROJECT = Path(__file__).parents[1]
SOURCE = PROJECT / "src" / "wacb"
README = (PROJECT / "README.md").read_text()
# what a reader puts in -> what the emulator knows
INSTEAD = {
    "HXXXXXXXXX01IN": SID,
    "+919812345678": "+15550100001",
    "+919812345679": "+15550100002",
}


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)


def for_the_sandbox(text: str) -> str:
    for written, known in INSTEAD.items():
        text = text.replace(written, known)
    return text


def test_every_line_of_the_console_blocks_runs(
    wacb: Wacb, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    Path("key.txt").write_text(f"{API_KEY}\n")
    Path("wacb.toml").write_text(for_the_sandbox(manifest()))
    Path("numbers.csv").write_text("number,profile\n+15550100001,\n+15550100003,support\n")
    lines = re.findall(r"^\$ wacb (.*)$", "".join(blocks("console")), re.MULTILINE)
    assert len(lines) >= 20
    for line in lines:
        outcome = wacb(*shlex.split(for_the_sandbox(line)), env={"HOOK_TOKEN": "synthetic-token"})
        assert outcome.code == 0, f"wacb {line}\n{outcome.err}"


def run_script(script: str, home: Path, **environ: str) -> Outcome:
    """Run a shell script with the installed program on its path."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        env={"PATH": path, "HOME": str(home), **environ},
        capture_output=True,
        text=True,
        check=False,
    )
    return Outcome(code=done.returncode, out=done.stdout, err=done.stderr)


# installing and testing itself, and what does not end by itself
NOT_RUN = ("pip install", "pytest", "serve")


def test_the_script_blocks_run(tmp_path: Path):
    scripts = [text for text in blocks("sh") if not any(word in text for word in NOT_RUN)]
    assert scripts
    for number, script in enumerate(scripts):
        outcome = run_script(for_the_sandbox(script), tmp_path / str(number), WACB_SANDBOX="1")
        assert outcome.code == 0, outcome.err


def recipes() -> dict[str, str]:
    """The shell parts of the CI recipes."""
    github, gitlab = (text for text in blocks("yaml") if "wacb plan" not in text)
    (plain,) = [text for text in blocks("sh") if text.startswith("set -eu")]
    _, _, run = github.partition("run: |\n")
    _, _, script = gitlab.partition("script:\n")
    return {
        "GitHub": textwrap.dedent(run),
        "GitLab": re.sub(r"^ +- ", "", script, flags=re.MULTILINE),
        "shell": plain,
    }


def manifest() -> str:
    """The file that the README shows."""
    (text,) = blocks("toml")
    return text


@pytest.mark.parametrize("name", recipes())
def test_a_ci_recipe_runs_again_and_again(tmp_path: Path, name: str):
    output, summary = tmp_path / "output", tmp_path / "summary"
    environ = {
        "WACB_SANDBOX": "1",
        "WACB_ENDPOINT": "https://example.com/hook",
        "GITHUB_OUTPUT": str(output),
        "GITHUB_STEP_SUMMARY": str(summary),
    }
    for result in ("attached", "unchanged"):
        output.unlink(missing_ok=True)
        outcome = run_script(for_the_sandbox(recipes()[name]), tmp_path, **environ)
        assert outcome.code == 0, outcome.err
        rows = [line.split("\t")[:2] for line in outcome.out.splitlines()]
        assert rows == [["+15550100001", result], ["+15550100002", result]]
        if name == "GitHub":
            assert f"\n{str(result == 'attached').lower()}\n" in output.read_text()
            assert f"| {result} |" in summary.read_text()
    history = run_script("wacb number history; wacb profile list -q", tmp_path, WACB_SANDBOX="1")
    assert len(history.out.splitlines()) == 2 + 1


def test_the_workflow_applies_the_plan_that_was_shown(tmp_path: Path):
    (workflow,) = (text for text in blocks("yaml") if "wacb plan" in text)
    plan, apply = re.findall(r"run: \|\n +(wacb .*)", workflow)
    (tmp_path / "wacb.toml").write_text(for_the_sandbox(manifest()))
    for changed in ("true", "false"):
        output, summary = tmp_path / "output", tmp_path / "summary"
        environ = {
            "WACB_SANDBOX": "1",
            "HOOK_TOKEN": "synthetic-token",
            "GITHUB_OUTPUT": str(output),
            "GITHUB_STEP_SUMMARY": str(summary),
        }
        outcome = run_script(f"cd {shlex.quote(str(tmp_path))}; {plan}", tmp_path, **environ)
        assert outcome.code == 0, outcome.err
        planned = outputs(output)
        assert planned["changed"] == changed
        output.unlink()
        environ["CHECKSUM"] = planned["checksum"]
        outcome = run_script(f"cd {shlex.quote(str(tmp_path))}; {apply}", tmp_path, **environ)
        assert outcome.code == 0, outcome.err
        assert outputs(output)["changed"] == changed
        output.unlink()
        assert "synthetic-token" not in summary.read_text()


def test_the_emulator_is_reached_over_http_as_the_readme_says(sandbox: Sandbox, tmp_path: Path):
    (block,) = [text for text in blocks("sh") if "sandbox serve" in text]
    serve, *others = block.splitlines()
    assert serve == "wacb sandbox serve --port 8900"
    ready, urls = threading.Event(), list[str]()
    server = Server(sandbox, port=0)

    def on_ready(url: str) -> None:
        urls.append(url)
        ready.set()

    thread = threading.Thread(target=server.run, args=(on_ready,))
    thread.start()
    try:
        assert ready.wait(10)
        script = "\n".join(others).replace("http://127.0.0.1:8900", urls[0])
        outcome = run_script(script, tmp_path)
    finally:
        server.stop()
        thread.join()
    assert outcome.code == 0, outcome.err
    assert len(sandbox.requests()) == 1


def test_the_demo_ends_as_the_readme_shows(wacb: Wacb):
    (shown,) = [text for text in blocks("text") if "# Somebody sends" in text]
    out = wacb("sandbox", "demo").out
    changing = re.compile(r"[0-9.]+ ms|\d\d:\d\d:\d\d")
    assert changing.sub("TIME", shown).strip() in changing.sub("TIME", out)


def test_the_exit_codes_are_those_of_the_errors():
    block = re.search(r"<!-- exit codes -->(.*?)<!-- /exit codes -->", README, re.DOTALL)
    assert block is not None
    written = {int(code) for code in re.findall(r"^\| ([0-9]+) \|", block[1], re.MULTILINE)}
    known, waiting = {0, CHANGES_PENDING}, [errors.WacbError]
    while waiting:
        kind = waiting.pop()
        known.add(kind.exit_code)
        waiting += kind.__subclasses__()
    assert written == known


def test_the_commands_are_those_of_the_help(wacb: Wacb):
    block = re.search(r"<!-- help -->\n```text\n(.*?)```\n<!-- /help -->", README, re.DOTALL)
    assert block is not None
    assert f"\nCommands:\n{block[1]}\nOptions:\n" in wacb("--help").out


CREATE = "profile create --method post --url https://example.com/hook --title support"
ID = profile_id(1)
PREPARED = (CREATE, f"number attach +15550100001 --profile {ID}")
# What the emulator can say, and the command line that makes it, after others.
TROUBLE = {
    "missing credentials: ": ((), "profile list", {}),
    "the API refused the SID and key": ((), "profile list", LIVE | {"WACB_API_KEY": "wrong-one"}),
    "the numbers can only be listed with a WABA ID": (
        (),
        "number list",
        LIVE | {"WACB_WABA_ID": ""},
    ),
    "no profile has the ID or title": ((), "profile show nobody", LIVE),
    "is there with other content": (
        (CREATE,),
        f"{CREATE} --if-not-exists --response-message ok",
        LIVE,
    ),
    "of 14 placeholders; missing:": (
        (
            "profile create --method get --url https://example.com/?a=<body> --title support "
            "--allow-missing",
        ),
        f"number attach +15550100001 --profile {ID}",
        LIVE,
    ),
    "would replace it": (
        (*PREPARED, CREATE.replace("support", "other")),
        f"number attach +15550100001 --profile {profile_id(2)}",
        LIVE,
    ),
    "only an approved number can be edited": (
        PREPARED,
        f"number attach +15550100009 --profile {ID}",
        LIVE,
    ),
}
# What others say: a server (tests/test_api_faults.py, tests/cli/test_bad_answers.py)
NETWORK = (
    *("redirects to", "something that is no JSON", "did not answer within"),
    "shows a certificate that is not trusted",
)


def test_the_troubles_are_those_that_the_program_tells():
    block = re.search(r"<!-- troubleshooting -->(.*?)<!-- /", README, re.DOTALL)
    assert block is not None
    listed = re.findall(r"^\| `([^`]*)`", block[1], re.MULTILINE)
    assert len(listed) >= 10
    for words in listed:
        assert any(words.startswith(known) for known in (*TROUBLE, *NETWORK)), words
    source = "".join(path.read_text() for path in SOURCE.rglob("*.py"))
    assert all(words in source for words in NETWORK)


@pytest.mark.parametrize("words", TROUBLE)
def test_a_trouble_of_the_list_is_told_in_these_words(wacb: Wacb, words: str):
    before, line, env = TROUBLE[words]
    for each in before:
        assert wacb(*each.split(" "), env=LIVE).code == 0
    outcome = wacb(*line.split(" "), env=env)
    assert outcome.code != 0
    assert words in outcome.err


def test_the_account_of_the_sandbox_is_named_as_it_is():
    assert f"WACB_SID={SID} WACB_API_KEY={API_KEY}" in README
    assert WABA_ID in README


@pytest.mark.parametrize(
    ("block", "commands"),
    [("tests", ["pytest"]), ("more tests", ["pytest --cov", "pytest --thorough"])],
)
def test_ci_runs_the_test_commands_of_the_readme(block: str, commands: list[str]):
    found = re.search(rf"<!-- {block} -->(.*?)<!-- /{block} -->", README, re.DOTALL)
    assert found is not None
    assert re.findall(r"pytest.*", found[1]) == commands
    ci = (PROJECT / ".ci" / "run").read_text()
    assert f'"{block}"' in ci
    assert "<!-- $block -->" in ci

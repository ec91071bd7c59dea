"""The guide: every command line runs on the sandbox, every table says what the program does."""

from __future__ import annotations

import re
import shlex
import socket
import threading
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.conftest import LIVE, Wacb, mark_shown, profile_id
from tests.documents import (
    DOCUMENTS,
    PAGES,
    PROJECT,
    README,
    blocks,
    command_lines,
    for_the_sandbox,
    marked,
    run_script,
    scripts,
)
from tests.examples import sampled
from tests.fault_server import FaultServer, answer
from tests.test_project import COMMANDS
from tests.workflow import Job, StandIns
from wacb import errors
from wacb.cli.help import TOPICS
from wacb.cli.plan import CHANGES_PENDING
from wacb.sandbox.account import API_KEY, SID, WABA_ID
from wacb.sandbox.contract import read_contract
from wacb.sandbox.emulator import Sandbox
from wacb.sandbox.server import Server
from wacb.template.descriptions import describe_placeholders

SOURCE = PROJECT / "src" / "wacb"
HOOK_TOKEN = {"HOOK_TOKEN": "synthetic-token"}
HOOK = "https://example.com/hook"
_CREATE = f"profile create --method post --url {HOOK} --title"
# what a page takes for granted
BEFORE = {
    "numbers": (f"{_CREATE} support", f"{_CREATE} other"),
    "bulk": (f"{_CREATE} support",),
    "receiving": (f"{_CREATE} support",),
    "troubleshooting": (f"{_CREATE} support", "number attach +15550100001 --profile support"),
}


@pytest.fixture
def no_names(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no name be looked up."""
    look_up = socket.getaddrinfo

    def only_here(host: Any, *args: Any, **how: Any) -> Any:
        if host != "127.0.0.1":
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return look_up(host, *args, **how)

    monkeypatch.setattr(socket, "getaddrinfo", only_here)


@pytest.fixture
def endpoint() -> Iterator[str]:
    """The URL of an endpoint on this machine."""
    with FaultServer(answer(204)) as server:
        yield f"{server.url}/hook"


@pytest.mark.usefixtures("no_names")
@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_command_line_runs(
    wacb: Wacb, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
):
    monkeypatch.chdir(tmp_path)
    Path("key.txt").write_text(f"{API_KEY}\n")
    Path("wacb.toml").write_text(for_the_sandbox(manifest()))
    Path("numbers.csv").write_text("number,profile\n+15550100001,\n+15550100003,support\n")
    Path("callback.json").write_text('{"body": "", "wanumber": ""}')
    text = DOCUMENTS[name]
    account = {} if "wacb config init --sid" in text else LIVE
    mark_shown(tmp_path / "home")
    for line in (*BEFORE.get(name, ()), *command_lines(for_the_sandbox(text))):
        if "serve" not in line:
            outcome = wacb(*shlex.split(line), env=account | HOOK_TOKEN)
            checks = line.startswith(("verify", "setup"))
            failed = outcome.code and not (checks and "verify: endpoint" in outcome.err)
            assert not failed, f"wacb {line}\n{outcome.err}"


@pytest.mark.parametrize("name", [name for name, text in DOCUMENTS.items() if scripts(text)])
def test_every_script_runs(tmp_path: Path, stand_ins: StandIns, endpoint: str, name: str):
    for number, script in enumerate(scripts(DOCUMENTS[name])):
        script = for_the_sandbox(script).replace(HOOK, endpoint)
        home = tmp_path / str(number)
        outcome = run_script(script, home, stand_ins.folder, WACB_SANDBOX="1")
        assert outcome.code == 0, outcome.err


@pytest.fixture
def stand_ins(tmp_path: Path) -> StandIns:
    return StandIns(tmp_path / "bin")


TREE = dict(COMMANDS)
OPTIONS = {name for command in TREE.values() for param in command.params for name in param.opts}


@pytest.mark.parametrize("name", PAGES)
def test_what_the_text_names_exists(name: str):
    prose = re.sub(r"^```.*?^```$", "", PAGES[name], flags=re.DOTALL | re.MULTILINE)
    for code in re.findall(r"`([^`]+)`", prose):
        words = code.split()
        given = {word for word in words if word.startswith("--")}
        assert given <= OPTIONS | {"--help"}, code
        if words[0] == "wacb":
            path = max((p for p in TREE if p == tuple(words[1 : len(p) + 1])), key=len)
            own = {option for param in TREE[path].params for option in param.opts}
            assert path or given, code
            assert given <= own | {"--help"}, code
            assert path != ("help",) or words[2] in (*TOPICS, "TOPIC"), code
    source = "".join(path.read_text() for path in SOURCE.rglob("*.py"))
    assert all(variable in source for variable in re.findall(r"WACB_[A-Z_]+", PAGES[name]))


@pytest.mark.parametrize("name", PAGES)
def test_a_page_fits_a_terminal(name: str):
    title, empty, summary, _, *_ = PAGES[name].split("\n")
    assert title.startswith("# ")
    assert not empty
    assert re.fullmatch(r"[A-Z][^.]*\.", summary)
    assert len(summary) <= 78 - len("troubleshooting  ")
    for block in blocks("sh", PAGES[name]):
        assert max(map(len, block.splitlines())) <= 78, block


def test_the_placeholders_are_those_that_the_program_describes():
    rows = [
        f"| `{each.name}` | {each.meaning} | `{each.example}` |"
        for each in describe_placeholders(with_status=True)
    ]
    for table, wanted in (("incoming", rows[:14]), ("status", rows[14:])):
        assert marked(table, PAGES["placeholders"]).splitlines()[2:] == wanted


def recipes(endpoint: str = HOOK) -> dict[str, list[dict[str, Any]]]:
    """The recipes of README and guide, each as the steps of a job of GitHub Actions."""

    def read(language: str, text: str) -> list[str]:
        return [
            for_the_sandbox(block).replace(HOOK, endpoint)
            for block in blocks(language, text)
            if "wacb plan" not in block
        ]

    action, plain, gitlab = map(yaml.safe_load, read("yaml", PAGES["ci"]))
    shell, pipe = read("sh", PAGES["ci"])
    job = gitlab["whatsapp"]
    (short,) = read("yaml", README)
    (line,) = [text for text in read("sh", README) if "pip install --quiet git" in text]
    return {
        "the action": action["jobs"]["whatsapp"]["steps"],
        "GitHub": plain["jobs"]["whatsapp"]["steps"],
        "GitLab": [{"run": "\n".join(job["script"]), "env": job["variables"]}],
        "a shell": [{"run": shell}],
        "a pipe": [{"run": pipe}],
        "the action of the README": yaml.safe_load(short),
        "the shell of the README": [{"run": line}],
    }


def manifest() -> str:
    """The file that the guide shows."""
    (text,) = blocks("toml", PAGES["manifest"])
    return text


def test_the_contract_that_the_guide_shows_is_one():
    (text,) = blocks("toml", PAGES["api"])
    values = tomllib.loads(text)
    assert read_contract(values)._asdict().items() >= values.items()


@pytest.mark.parametrize("name", sampled(recipes(), every=3))
def test_a_ci_recipe_runs_again_and_again(
    tmp_path: Path, stand_ins: StandIns, endpoint: str, name: str
):
    home = tmp_path / "home"
    for result in ("attached", "unchanged"):
        job = Job(home, {"WACB_SANDBOX": "1"}, stand_ins.folder)
        outcome = job.run(recipes(endpoint)[name])
        assert outcome.code == 0, outcome.err
        rows = [line.split("\t")[:2] for line in outcome.out.splitlines() if line.startswith("+")]
        assert rows == [["+15550100001", result], ["+15550100002", result]]
        for outs in job.outputs.values():
            assert outs["changed"] == str(result == "attached").lower()
            assert job.summary.count(f"| {result} |") >= 2
    history = run_script("wacb number history; wacb profile list -q", home, WACB_SANDBOX="1")
    assert len(history.out.splitlines()) == 2 + 1


def test_the_workflow_applies_the_plan_that_was_shown(tmp_path: Path, stand_ins: StandIns):
    (text,) = (text for text in blocks("yaml", PAGES["ci"]) if "wacb plan" in text)
    workflow = yaml.safe_load(text)
    home = tmp_path / "home"
    home.mkdir()
    (home / "wacb.toml").write_text(for_the_sandbox(manifest()))
    planned: dict[str, str] = {}
    for changed in ("true", "false"):
        for name in ("plan", "apply"):
            context = {"secrets": HOOK_TOKEN, "needs": {"plan": {"outputs": planned}}}
            job = Job(home, {"WACB_SANDBOX": "1"}, stand_ins.folder, **context)
            spec = workflow["jobs"][name]
            outcome = job.run(spec["steps"], **job.fill(workflow["env"]))
            assert outcome.code == 0, outcome.err
            assert job.outputs[name]["changed"] == changed
            planned = job.fill(spec.get("outputs", {}))
    assert "synthetic-token" not in job.summary


def test_the_guide_lists_the_inputs_and_outputs_of_the_action():
    action = yaml.safe_load((PROJECT / ".github/actions/setup-wacb/action.yml").read_text())
    listed = re.findall(
        "`([a-z-]+)`", re.sub(r"\|[^|]*\|$", "", marked("inputs", PAGES["ci"]), flags=re.M)
    )
    assert sorted(listed) == sorted(action["inputs"])
    assert (
        f"Its outputs are `{'`, `'.join([*action['outputs']][:2])}` and `changed`." in PAGES["ci"]
    )


def test_the_emulator_is_reached_over_http_as_the_guide_says(sandbox: Sandbox, tmp_path: Path):
    (block,) = [text for text in blocks("sh", PAGES["receiving"]) if "sandbox serve" in text]
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


def test_the_exit_codes_are_those_of_the_errors():
    table = marked("exit codes", PAGES["output"])
    written = {int(code) for code in re.findall(r"^\| ([0-9]+) \|", table, re.MULTILINE)}
    known, waiting = {0, CHANGES_PENDING}, [errors.WacbError]
    while waiting:
        kind = waiting.pop()
        known.add(kind.exit_code)
        waiting += kind.__subclasses__()
    assert written == known


CREATE = "profile create --method post --url https://example.com/hook --title support"
ID = profile_id(1)
PREPARED = (CREATE, f"number attach +15550100001 --profile {ID}")
# What the emulator can say, and the command line that makes it, after others.
TROUBLE = {
    "missing credentials: ": ((), "profile list", {}),
    "Kaleyra rejected the SID and API key": (
        (),
        "profile list",
        LIVE | {"WACB_API_KEY": "wrong-one"},
    ),
    "numbers can only be listed with a WABA ID": (
        (),
        "number list",
        LIVE | {"WACB_WABA_ID": ""},
    ),
    "no profile with ID or title": ((), "profile show nobody", LIVE),
    "already exists with different content": (
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
    "only approved numbers can be changed": (
        PREPARED,
        f"number attach +15550100009 --profile {ID}",
        LIVE,
    ),
}
# What others do: a server (tests/test_api_faults.py, tests/cli/test_bad_answers.py), a process
# (tests/field/test_f_locks.py)
NETWORK = (
    *("redirects to", "but not JSON", "did not answer within", "is locked by another process"),
    *("shows a certificate that is not trusted", "Kaleyra rejected the request"),
)


def test_the_troubles_are_those_that_the_program_tells():
    table = marked("troubleshooting", PAGES["troubleshooting"])
    listed = re.findall(r"^\| `([^`]*)`", table, re.MULTILINE)
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


def test_the_account_of_the_sandbox_is_the_real_one():
    assert f"WACB_SID={SID} WACB_API_KEY={API_KEY}" in PAGES["receiving"]
    assert WABA_ID in PAGES["quickstart"]

"""The project checks itself: layering, help, completions, changelog, size of the tree."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import click
import pytest
from click.shell_completion import get_completion_class

import wacb
from wacb.cli import root
from wacb.cli.commands import Group

PROJECT = Path(__file__).parents[1]
SOURCE = PROJECT / "src" / "wacb"
MODULES = sorted(SOURCE.rglob("*.py"))

# Who may import whom: each room, and the rooms below it that it may use.
LAYERS = {
    "errors": "",
    "disk": "errors",
    "jsontext": "errors",
    "placeholders": "errors jsontext",
    "templates": "errors jsontext placeholders",
    "journal": "errors disk",
    "listed": "errors disk",
    "number_list": "errors rules",
    "rules": "errors",
    "models": "",
    "keyfile": "errors disk models",
    "config": "errors disk rules contract config",
    "contract": "errors models rules compare contract",
    "net": "errors rules net",
    "render": "",
    "redact": "render",
    "literals": "placeholders rules",
    "compare": "jsontext literals models",
    "limiter": "errors",
    "exchange": "errors jsontext contract limiter net",
    "client": "errors contract exchange models",
    "drafts": "errors placeholders models rules",
    "manifest": "errors disk render literals jsontext placeholders rules models compare keyfile "
    "drafts manifest",
    "provision": "errors jsontext placeholders templates rules models contract compare disk "
    "drafts journal client provision",
    "plan": "errors placeholders rules models contract compare journal client provision manifest "
    "plan",
    "callbacks": "errors models rules placeholders jsontext literals compare net keyfile disk "
    "redact render callbacks",
    "sandbox": "errors models net callbacks sandbox",
    "verify": "errors placeholders literals models provision callbacks verify",
    "cli": "*",
    "__main__": "cli",
    "__init__": "",
}
ROOMS = {
    "click": ("cli/",),
    "httpx": ("net/http.py",),
    "rich": ("render.py",),
    "uvicorn": ("net/serving.py", "sandbox/server.py", "callbacks/receiver.py"),
    "cryptography": ("callbacks/encryption.py",),
}


def imports(path: Path) -> Iterator[str]:
    """Name every module that a file imports, wherever in it the import stands."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            if node.module == "wacb":
                yield from (f"wacb.{alias.name}" for alias in node.names)
            else:
                yield node.module or ""


def test_the_readme_draws_the_same_arrows():
    readme = (PROJECT / "README.md").read_text()
    block = re.search(r"<!-- layers -->\n```text\n(.*?)```\n<!-- /layers -->", readme, re.DOTALL)
    assert block is not None
    drawn = dict(
        line.split(" → ") for line in re.sub(r" *\n {10,}", " ", block[1]).strip().split("\n")
    )
    words = {"": "nothing", "*": "all of them"}
    assert {name.rstrip(): used for name, used in drawn.items()} == {
        name: words.get(used, used) for name, used in LAYERS.items() if not name.startswith("__")
    }


def room(path: Path) -> str:
    return path.relative_to(SOURCE).parts[0].removesuffix(".py")


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_a_module_imports_only_from_the_rooms_below_it(path: Path):
    allowed = LAYERS[room(path)].split()
    used = {name.split(".")[1] for name in imports(path) if name.startswith("wacb.")}
    used.discard("__version__")
    assert allowed == ["*"] or used <= set(allowed)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_a_library_is_imported_only_in_its_room(path: Path):
    libraries = {name.partition(".")[0] for name in imports(path)} & ROOMS.keys()
    place = str(path.relative_to(SOURCE))
    assert all(place.startswith(ROOMS[library]) for library in libraries)


# What the emulator may use besides, to deliver messages and to listen: transport, cipher, their
# errors. None of it knows the API, so none can hide a misunderstanding of it.
DELIVERY = {
    "delivery.py": {"wacb.errors", "wacb.net.session"},
    "server.py": {"wacb.net.server"},
    "outgoing.py": {
        *("wacb.errors", "wacb.models", "wacb.urls", "wacb.callbacks.encryption"),
    },
}


def test_the_emulator_shares_no_code_with_the_client():
    for path in (SOURCE / "sandbox").rglob("*.py"):
        used = {name for name in imports(path) if name.startswith("wacb")}
        foreign = {name for name in used if not name.startswith("wacb.sandbox")}
        assert foreign <= DELIVERY.get(path.name, set())


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_a_module_says_what_lives_in_it_and_stays_small(path: Path):
    text = path.read_text()
    assert ast.get_docstring(ast.parse(text))
    assert text.count("\n") <= 300


def commands(command: click.Command, *path: str) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    yield path, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            assert below is not None
            yield from commands(below, *path, name)


COMMANDS = list(commands(root))


@pytest.mark.parametrize(("path", "command"), COMMANDS, ids=lambda value: str(value))
def test_every_command_has_help_and_says_so_in_its_group(path, command):
    assert command.help
    if path:
        group = dict(COMMANDS)[path[:-1]]
        assert isinstance(group, Group)
        assert group.table[path[-1]] == command.help.split("\n")[0]
    if not isinstance(command, click.Group) and path != ("completion",):
        assert f"wacb {' '.join(path)}" in command.help.partition("Example:")[2]


@pytest.mark.parametrize(
    "path", [path for path, command in COMMANDS if path and not isinstance(command, click.Group)]
)
def test_every_command_appears_in_the_readme(path):
    assert re.search(
        rf"\bwacb (--sandbox )?{' '.join(path)}\b", (PROJECT / "README.md").read_text()
    )


@pytest.mark.parametrize(
    ("shell", "file"), [("bash", "wacb.bash"), ("zsh", "_wacb"), ("fish", "wacb.fish")]
)
def test_completions_are_what_click_generates(shell, file):
    kind = get_completion_class(shell)
    assert kind is not None
    generated = kind(root, {}, "wacb", "_WACB_COMPLETE").source()
    pinned = re.search(r'"click==([0-9.]+)"', (PROJECT / "pyproject.toml").read_text())
    assert pinned is not None
    if version("click") == pinned[1]:
        assert (PROJECT / "completions" / file).read_text() == generated.rstrip("\n") + "\n"
    else:
        assert "_WACB_COMPLETE" in generated


def test_the_changelog_begins_with_this_version():
    found = re.search(r"^## \[([^]]+)\]", (PROJECT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert found is not None
    assert found[1] == wacb.__version__


def test_nothing_else_stands_at_the_top():
    tracked = subprocess.run(
        ["git", "ls-files"], cwd=PROJECT, capture_output=True, text=True, check=True
    ).stdout.split("\n")
    top = {line.split("/")[0] for line in tracked if line and not line.startswith(".")}
    assert top <= {
        *("pyproject.toml", "README.md", "CHANGELOG.md", "LICENSE"),
        *("src", "tests", "completions"),
    }


def test_at_most_five_lines_are_kept_from_coverage():
    marks = sum(path.read_text().count("pragma: no cover") for path in MODULES)
    assert marks <= 5

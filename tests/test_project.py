"""The project checks itself: layering, help, completions, changelog, workflows."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import tomllib
from collections.abc import Iterator
from functools import cache
from importlib.metadata import version
from pathlib import Path

import click
import pytest
from click.shell_completion import get_completion_class

import wacb
from tests import man_pages
from tests.conftest import Wacb
from tests.documents import DOCUMENTS
from wacb.cli import root
from wacb.cli.commands import Group

PROJECT = Path(__file__).parents[1]
SOURCE = PROJECT / "src" / "wacb"
MODULES = sorted(SOURCE.rglob("*.py"))

# A room imports only rooms on lower floors.
FLOORS = (
    ("__init__", "guide"),
    ("errors", "models"),
    ("urls", "validation", "jsontext"),
    ("net", "storage", "template"),
    ("api", "config", "redaction"),
    ("provision", "callbacks"),
    ("plan", "verify", "probe", "sandbox"),
    ("cli",),
    ("__main__",),
)
FLOOR = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms}
ROOMS = {
    "click": ("cli/",),
    "httpx": ("net/httpx_transport.py",),
    "rich": ("cli/render.py", "cli/console.py"),
    "tomli_w": ("storage/toml.py",),
    "tomllib": ("storage/toml.py",),
    "uvicorn": ("net/server.py",),
    "cryptography": ("callbacks/encryption.py",),
}


LAZY = {"wacb.cli.app", "wacb.cli"}  # build on first use what may need them


@cache
def imports(path: Path) -> tuple[str, ...]:
    """Name every module that a file imports, wherever in it the import stands."""
    return tuple(_imports(path))


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            module = node.module or ""
            below = [module, *(f"{module}.{alias.name}" for alias in node.names)]
            yield from below[module == "wacb" :]


def place(path: Path) -> str:
    return str(path.relative_to(SOURCE))


def room(path: Path) -> str:
    return path.relative_to(SOURCE).parts[0].removesuffix(".py")


def test_a_room_imports_only_rooms_on_lower_floors():
    wrong = {}
    for path in MODULES:
        used = {name.split(".")[1] for name in imports(path) if name.startswith("wacb.")}
        used -= {"__version__", room(path)}
        if above := {name for name in used if FLOOR[name] >= FLOOR[room(path)]}:
            wrong[place(path)] = above
    assert wrong == {}


def name_of(path: Path) -> str:
    parts = path.relative_to(SOURCE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def test_no_files_import_each_other_in_a_circle():
    files = {name_of(path): path for path in MODULES}
    below = {
        name: {found for found in imports(path) if found in files} - {name}
        for name, path in files.items()
        if name not in LAZY
    }
    while free := [name for name, used in below.items() if not used & below.keys()]:
        for name in free:
            del below[name]
    assert below == {}


def test_a_library_is_imported_only_in_its_room():
    used = {(place(path), name.partition(".")[0]) for path in MODULES for name in imports(path)}
    libraries = {(where, name) for where, name in used if name in ROOMS}
    assert {each for each in libraries if not each[0].startswith(ROOMS[each[1]])} == set()


# What the emulator may use beside its own files: none of it knows a field of the API, so none can
# make it agree with the client about one that both misspell.
NEUTRAL = ("wacb.errors", "wacb.models", "wacb.urls", "wacb.net", "wacb.callbacks.encryption")


@pytest.mark.parametrize("path", sorted((SOURCE / "sandbox").rglob("*.py")), ids=lambda p: p.name)
def test_the_emulator_shares_no_knowledge_of_the_api_with_the_client(path: Path):
    used = {name for name in imports(path) if name.startswith("wacb.")} - {"wacb.callbacks"}
    assert {name for name in used if not name.startswith(("wacb.sandbox", *NEUTRAL))} == set()


def test_a_module_says_what_lives_in_it_and_stays_small():
    texts = {place(path): path.read_text() for path in MODULES}
    assert [name for name, text in texts.items() if not ast.get_docstring(ast.parse(text))] == []
    assert [name for name, text in texts.items() if text.count("\n") > 300] == []


def test_no_function_is_longer_than_50_lines():
    functions = [
        (place(path), node.name, (node.end_lineno or 0) - node.lineno + 1)
        for path in MODULES
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    assert [each for each in functions if each[2] > 50] == []


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


def test_help_is_readable_on_80_columns(wacb: Wacb):
    texts = {path: wacb(*path, "--help").out for path, _ in COMMANDS}
    lines = [(path, line) for path, text in texts.items() for line in text.splitlines()]
    assert [each for each in lines if len(each[1]) > 80] == []


@pytest.mark.parametrize(
    "path", [path for path, command in COMMANDS if path and not isinstance(command, click.Group)]
)
def test_every_command_appears_in_the_readme_or_the_guide(path):
    assert re.search(rf"\bwacb (--sandbox )?{' '.join(path)}\b", "\n".join(DOCUMENTS.values()))


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


def test_the_man_pages_are_what_the_help_says():
    written = {path.name: path.read_text() for path in (PROJECT / "src" / "man").iterdir()}
    assert written == man_pages.pages(), "run `python -m tests.man_pages`"


def test_the_man_pages_are_readable_on_80_columns():
    if not shutil.which("man"):
        pytest.skip("man is not installed")
    done = subprocess.run(
        ["man", "--warnings", "--local-file", *sorted((PROJECT / "src" / "man").iterdir())],
        env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "MANWIDTH": "80", "MANPAGER": "cat"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""
    assert done.stdout.count("SEE ALSO") == len(COMMANDS)
    assert max(map(len, done.stdout.splitlines())) <= 80


def test_a_page_that_the_code_cites_exists_with_its_section():
    texts = {path: path.read_text() for path in (PROJECT / "tests").rglob("*.py")}
    texts |= {path: path.read_text() for path in MODULES}
    del texts[Path(__file__)]
    cited = [
        (path.name, page, section)
        for path, text in texts.items()
        for page, section in re.findall(r"\b([a-z-]+\.md) §? ?([0-9]+)", text)
    ]
    assert cited
    for name, page, section in cited:
        file = SOURCE / "guide" / page
        assert file.exists(), f"{name} cites {page}"
        assert f"\n## {section}. " in file.read_text(), f"{name} cites {page} §{section}"


def test_the_changelog_begins_with_this_version_below_what_is_unreleased():
    headings = re.findall(r"^## \[([^]]+)\]", (PROJECT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert headings[headings[0] == "Unreleased"] == wacb.__version__


def test_no_message_advises_installing_the_other_project_named_wacb():
    texts = [path.read_text() for path in SOURCE.rglob("*") if path.suffix in (".py", ".md")]
    assert not re.search(r"\b(pipx?|uv tool) install\b[^\n]*[\s'\"]wacb\b", "\n".join(texts))


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


@pytest.mark.parametrize(
    ("block", "page", "commands"),
    [
        ("tests", "README.md", ["pytest --cov"]),
        ("more tests", ".github/CONTRIBUTING.md", ["pytest --thorough"]),
    ],
)
def test_ci_runs_the_documented_test_commands(block: str, page: str, commands: list[str]):
    found = re.search(
        rf"<!-- {block} -->(.*?)<!-- /{block} -->", (PROJECT / page).read_text(), re.DOTALL
    )
    assert found is not None
    assert re.findall(r"pytest.*", found[1]) == commands
    ci = (PROJECT / ".ci" / "run").read_text()
    assert f'"{block}"' in ci
    assert "<!-- $block -->" in ci
    assert page in ci


def test_everyone_runs_the_same_checks():
    with (PROJECT / "pyproject.toml").open("rb") as file:
        checks = tomllib.load(file)["tool"]["hatch"]["envs"]["default"]["scripts"]["check"]
    hooks = (PROJECT / ".pre-commit-config.yaml").read_text()
    for check in checks:
        assert f"\n{check}\n" in (PROJECT / ".ci" / "run").read_text()
        assert f"entry: {check.partition(' --')[0]}" in hooks


WORKFLOWS = PROJECT / ".github" / "workflows"


@pytest.mark.parametrize("name", ["ci.yml", "release.yml"])
def test_a_workflow_runs_all_checks_with_few_permissions(name: str):
    text = (WORKFLOWS / name).read_text()
    assert "- run: bash .ci/run\n" in text
    assert "\npermissions:\n  contents: read\njobs:" in text
    used = re.findall(r"uses: ([^.]\S+)", text)  # of others
    assert used
    assert all(re.search(r"@(release/)?v\d+$", action) for action in used)


def test_a_release_is_built_from_a_tag_and_published_without_a_password():
    text = (WORKFLOWS / "release.yml").read_text()
    assert 'tags: ["v*"]' in text
    assert text.index("GITHUB_REF_NAME") < text.index(".ci/run") < text.index("python -m build")
    publish = text.partition("  publish:\n    needs: build\n")[2]
    assert "id-token: write" in publish
    assert "pypa/gh-action-pypi-publish" in publish
    assert "password" not in text


def test_the_map_in_contributing_shows_this_tree():
    text = (PROJECT / ".github" / "CONTRIBUTING.md").read_text()
    rooms = re.findall(r"^\| . \| `([a-z_.]+)/?` \|", text, re.MULTILINE)
    tree = {path.relative_to(SOURCE).parts[0] for path in MODULES}
    assert sorted(rooms) == sorted(tree - {"__init__.py", "__main__.py"} | {"guide"})
    files = re.findall(r"`([a-z_/]+\.py)`", text)
    assert all((SOURCE / file).exists() or (PROJECT / file).exists() for file in files)

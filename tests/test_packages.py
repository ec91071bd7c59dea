"""The packages: reproducible, and working in an empty environment with any allowed dependency."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.fault_server import FaultServer, answer
from tests.test_guide import recipes
from tests.workflow import Job
from wacb import __version__

PROJECT = Path(__file__).parents[1]
PARTS = (
    *(".github", "src", "tests", "completions"),
    *("README.md", "CHANGELOG.md", "LICENSE", "pyproject.toml"),
)
NAMES = (f"kaleyra_wacb-{__version__}-py3-none-any.whl", f"kaleyra_wacb-{__version__}.tar.gz")

pytestmark = pytest.mark.thorough


def run(line: Sequence[str | Path], folder: Path, **environ: str) -> str:
    """Run a command in a folder, with nothing of this environment but the path."""
    done = subprocess.run(
        [str(word) for word in line],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "HOME": str(folder), **environ},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def copy_project(folder: Path) -> Path:
    """Copy the project, as it is here and now."""
    copy = folder / "wacb"
    copy.mkdir(parents=True)
    for part in PARTS:
        source = PROJECT / part
        if source.is_dir():
            shutil.copytree(source, copy / part, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, copy)
    return copy


def build(folder: Path) -> Path:
    """Build both packages from a copy of the project made in `folder`."""
    run([sys.executable, "-m", "build", "--outdir", folder / "dist", copy_project(folder)], folder)
    return folder / "dist"


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("first"))


def test_two_builds_are_the_same_bytes(packages: Path, tmp_path: Path):
    again = build(tmp_path / "elsewhere")
    assert sorted(path.name for path in again.iterdir()) == sorted(NAMES)
    for name in NAMES:
        assert (again / name).read_bytes() == (packages / name).read_bytes()


# where shells and man look, below the prefix of an installation
DATA = {
    "man": "share/man/man1",
    "completions/wacb.bash": "share/bash-completion/completions/wacb",
    "completions/_wacb": "share/zsh/site-functions/_wacb",
    "completions/wacb.fish": "share/fish/vendor_completions.d/wacb.fish",
}


def test_the_wheel_holds_the_program_and_nothing_else(packages: Path):
    with zipfile.ZipFile(packages / NAMES[0]) as wheel:
        names = wheel.namelist()
    source = PROJECT / "src" / "wacb"
    files = {f"wacb/{path.relative_to(source)}" for path in source.rglob("*") if path.is_file()}
    files = {name for name in files if "__pycache__" not in name}
    assert {"wacb/py.typed", "wacb/callbacks/inspect.html"} <= files
    pages = {f"{DATA['man']}/{path.name}" for path in (PROJECT / "src" / "man").iterdir()}
    shared = {*DATA.values(), *pages} - {DATA["man"]}
    files |= {f"kaleyra_wacb-{__version__}.data/data/{name}" for name in shared}
    assert files == {name for name in names if ".dist-info/" not in name}


def test_the_source_package_holds_the_project(packages: Path):
    with tarfile.open(packages / NAMES[1]) as archive:
        top = {name.split("/")[1] for name in archive.getnames()}
    assert {*PARTS} <= top


def install(folder: Path, *what: str | Path) -> Path:
    """Install into a new environment in `folder`, and return where its programs are."""
    run([sys.executable, "-m", "venv", "venv"], folder)
    programs = folder / "venv" / "bin"
    run([programs / "pip", "install", "--quiet", *what], folder)
    return programs


@pytest.mark.parametrize("name", NAMES)
def test_a_package_works_in_an_empty_environment(packages: Path, tmp_path: Path, name: str):
    programs = install(tmp_path, packages / name)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    wacb = programs / "wacb"
    assert run([wacb, "--version"], elsewhere) == f"wacb {__version__}\n"
    assert run([programs / "python", "-m", "wacb", "--version"], elsewhere)
    create: list[str | Path] = [wacb, "--sandbox", "profile", "create", "--method", "post", "-q"]
    made = run([*create, "--url", "https://example.com/hook"], elsewhere).strip()
    rows = run([wacb, "--sandbox", "profile", "list"], elsewhere).splitlines()
    assert [row.split("\t")[0] for row in rows] == [made]
    assert run([wacb, "sandbox", "demo"], elsewhere).splitlines()
    assert all((tmp_path / "venv" / place).exists() for place in DATA.values())


@pytest.mark.parametrize(
    "name", sorted(recipes().keys() - {"a pipe"})
)  # which takes wacb for granted
def test_the_lines_of_a_recipe_install_the_program(tmp_path: Path, name: str):
    """Install as the recipe says, from a clone in place of GitHub."""
    origin = copy_project(tmp_path)
    identity = ("-c", "user.name=test", "-c", "user.email=test@example.com")
    run(["git", "init", "--quiet", "--initial-branch", "main"], origin)
    run(["git", "add", "--all"], origin)
    run(["git", *identity, "commit", "--quiet", "--message", "test"], origin)
    run([sys.executable, "-m", "venv", "python"], tmp_path)
    environ = {
        "WACB_SANDBOX": "1",
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"url.{origin}.insteadOf",
        "GIT_CONFIG_VALUE_0": "https://github.com/kaleyra-wacb/wacb",
    }
    job = Job(tmp_path / "home", environ, tmp_path / "python" / "bin")
    with FaultServer(answer(204)) as server:
        outcome = job.run(recipes(f"{server.url}/hook")[name])
    assert outcome.code == 0, outcome.err
    found = job.run([{"run": "PATH=$PWD/.wacb/bin:$PATH; command -v wacb; wacb --version"}])
    where, version = found.out.splitlines()
    assert where.startswith(str(tmp_path))
    assert version == f"wacb {__version__}"


def lowest_versions() -> list[str]:
    """Pin every runtime dependency at its lower bound."""
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]
    pins = [re.sub(r">=([^,]+).*", r"==\1", each) for each in project["dependencies"]]
    assert all("==" in pin for pin in pins)
    return pins


def test_the_lowest_allowed_versions_do_the_main_job(packages: Path, tmp_path: Path):
    pins = ["--only-binary=:all:", *lowest_versions()]
    wacb = install(tmp_path, packages / NAMES[0], *pins) / "wacb"
    number, title = "+15550100001", "lowest"
    key = tmp_path / "key.toml"
    key.write_text('algorithm = "AES-128-CFB"\nkey = "0123456789abcdef"\niv = "0123456789abcdef"\n')
    key.chmod(0o600)
    listen = (wacb, "callback", "listen", "--port", "0", "--expect", "all", "--wait", "60")
    line = (*listen, "--decrypt", key)
    with subprocess.Popen(line, cwd=tmp_path, stdout=subprocess.PIPE, text=True) as listener:
        assert listener.stdout is not None
        url = json.loads(listener.stdout.readline())["url"]
        create = f"--sandbox profile create --method post --url {url}/hook --title {title}".split()
        encrypt = ("--encrypt", "AES-128-CFB", "--encrypt-key-file", key)
        run([wacb, *create, *encrypt], tmp_path)
        run([wacb, "--sandbox", "number", "attach", number, "--profile", title], tmp_path)
        run([wacb, "--sandbox", "verify", number, "--send"], tmp_path)
        listener.communicate(timeout=60)
    assert listener.returncode == 0
    assert f'title = "{title}"' in run([wacb, "--sandbox", "export"], tmp_path)
    (tmp_path / "received").write_text("body=Grüße&from=1")
    assert "Grüße" in run([wacb, "callback", "decode", "received", "-o", "table"], tmp_path)

"""Every command, whatever becomes of its streams: its work is done, and its exit code kept."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.field.world import BULK, COMMANDS, SECOND, Ended, World, closed_pipe, make_world

MATRIX = [
    pytest.param(name, marks=() if name == "plan" else pytest.mark.thorough) for name in COMMANDS
]
THOROUGH = [pytest.param(name, marks=pytest.mark.thorough) for name in COMMANDS]
FULL = Path("/dev/full")


@contextmanager
def _pipe() -> Iterator[int]:
    pipe = closed_pipe()
    try:
        yield pipe
    finally:
        os.close(pipe)


def done(world: World) -> tuple[object, ...]:
    return world.state(), len(world.written()), len(world.journal()), world.outputs()


def compare(
    tmp_path: Path, name: str, run: Callable[[World, tuple[str, ...]], Ended]
) -> tuple[Ended, Ended]:
    """Run a command with its stdout in a pipe that is read, and in the other way."""
    line, code = COMMANDS[name]
    with make_world(tmp_path / "as usual") as world:
        usual = world.run(line)
        expected = done(world)
    assert (usual.code, usual.out != b"") == (code, True), usual
    with make_world(tmp_path / "otherwise") as world:
        other = run(world, line)
        assert done(world) == expected
    undo = [text for text in usual.err.splitlines() if text.startswith("undo")]
    assert [text for text in other.err.splitlines() if text.startswith("undo")] == undo
    return usual, other


@pytest.mark.parametrize("name", MATRIX)
def test_a_reader_that_has_gone_changes_nothing(tmp_path: Path, name: str):
    with _pipe() as pipe:
        usual, other = compare(tmp_path, name, lambda world, line: world.run(line, out=pipe))
    assert other.code == usual.code
    assert len(other.err.splitlines()) == len(usual.err.splitlines())


@pytest.mark.parametrize("name", THOROUGH)
def test_a_stdout_that_was_never_open_changes_nothing(tmp_path: Path, name: str):
    def run(world: World, line: tuple[str, ...]) -> Ended:
        script = ["sh", "-c", 'exec "$@" >&-', "sh", *world.line(line)]
        ended = subprocess.run(
            script, env=world.env, cwd=world.folder, capture_output=True, timeout=60
        )
        assert b"Traceback" not in ended.stderr
        return Ended(code=ended.returncode, out=ended.stdout, err=ended.stderr.decode())

    usual, other = compare(tmp_path, name, run)
    assert other.code == usual.code


@pytest.mark.skipif(not FULL.exists(), reason="there is no /dev/full")
@pytest.mark.parametrize("name", MATRIX)
def test_a_full_disk_under_stdout_is_said_and_changes_nothing_else(tmp_path: Path, name: str):
    with FULL.open("w") as full:
        usual, other = compare(tmp_path, name, lambda world, line: world.run(line, out=full))
    assert other.code == (usual.code or 1)
    assert "stdout" in other.err


@pytest.mark.parametrize("name", THOROUGH)
def test_readers_of_both_streams_that_have_gone_change_nothing(tmp_path: Path, name: str):
    def run(world: World, line: tuple[str, ...]) -> Ended:
        script = ["bash", "-c", 'set -o pipefail; "$@" 2>&1 | true', "sh", *world.line(line)]
        ended = subprocess.run(script, env=world.env, cwd=world.folder, timeout=60)
        return Ended(code=ended.returncode, out=b"", err="")

    line, code = COMMANDS[name]
    with make_world(tmp_path / "as usual") as world:
        assert world.run(line).code == code
        expected = done(world)
    with make_world(tmp_path / "otherwise") as world:
        assert run(world, line).code == code
        assert done(world) == expected


@pytest.mark.parametrize("encoding", ["iso-8859-1", "cp1252", "ascii"])
@pytest.mark.parametrize("form", [(), ("-o", "table")], ids=["piped", "table"])
@pytest.mark.parametrize("name", THOROUGH)
def test_a_stream_that_lacks_a_character_gets_its_escape(
    tmp_path: Path, name: str, form: tuple[str, ...], encoding: str
):
    if form and name in ("help", "version", "guide", "template", "completion", "config path"):
        form = ()

    def run(world: World, line: tuple[str, ...]) -> Ended:
        words = line if "-o" in line or name in ("export", "dry run") else (*line, *form)
        return world.run(words, PYTHONIOENCODING=f"{encoding}:strict", PYTHONUTF8="0")

    usual, other = compare(tmp_path, name, run)
    assert other.code == usual.code
    assert other.out.decode(encoding)


@pytest.mark.parametrize(
    "encoding", ["iso-8859-1", pytest.param("cp1252", marks=pytest.mark.thorough)]
)
def test_only_the_character_itself_is_escaped(tmp_path: Path, encoding: str):
    with make_world(tmp_path / "w") as world:
        listed = world.run(("number", "list"), PYTHONIOENCODING=encoding).out.decode(encoding)
        assert listed.startswith("+15550100001\tShop \\u2713")
        cut = world.run(("profile", "list", "-o", "table"), PYTHONIOENCODING=encoding, COLUMNS="60")
        assert cut.code == 0


@pytest.mark.thorough
def test_thousands_of_failures_into_a_pipe_that_is_closed(tmp_path: Path):
    numbers = "\n".join(f"+1555030{n:04}" for n in range(3000))
    with make_world(tmp_path / "w") as world, _pipe() as pipe:
        (world.folder / "many.txt").write_text(numbers)
        line = (*BULK[:2], "--from", "FOLDER/many.txt", "--profile", SECOND, "--github")
        ended = world.run(line, out=pipe)
        assert ended.code == 5
        assert "changed<<wacb_SUM\nfalse" in world.outputs()[0]

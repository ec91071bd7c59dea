"""The README and the pages of the guide: their blocks, and their command lines on the sandbox."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.conftest import Outcome
from wacb.sandbox.account import SID

PROJECT = Path(__file__).parents[1]
GUIDE = PROJECT / "src" / "wacb" / "guide"
README = (PROJECT / "README.md").read_text()
PAGES = {path.stem: path.read_text() for path in sorted(GUIDE.glob("*.md"))}
DOCUMENTS = {"README": README, **PAGES}

# what a reader puts in -> what the emulator knows
INSTEAD = {
    "HXXXXXXXXX01IN": SID,
    "+919812345678": "+15550100001",
    "+919812345679": "+15550100002",
}
# installing and testing itself, and what does not end by itself
NOT_RUN = ("install .", "install --quiet .", "pytest", "serve")
_SHELL = re.compile(r"[|&;<>`\n]|\$\(|^set |=\$")


def blocks(language: str, text: str = README) -> list[str]:
    """The fenced blocks of one language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)


def marked(name: str, text: str) -> str:
    """What stands between the comments of this name."""
    (found,) = re.findall(rf"<!-- {name} -->\n(.*?)<!-- /{name} -->", text, re.DOTALL)
    return str(found)


def for_the_sandbox(text: str) -> str:
    for written, known in INSTEAD.items():
        text = text.replace(written, known)
    return text


def command_lines(text: str) -> Iterator[str]:
    """The arguments of wacb, in order: `$ wacb` lines, and blocks that hold nothing else."""
    for language, block in re.findall(
        r"^```(console|sh)\n(.*?)^```$", text, re.DOTALL | re.MULTILINE
    ):
        if language == "console":
            yield from re.findall(r"^\$ wacb (.*)$", block, re.MULTILINE)
        elif not is_script(block):
            yield from (line.removeprefix("wacb ") for line in _joined(block).splitlines())


def scripts(text: str) -> list[str]:
    """The blocks that only a shell can run."""
    return [
        block
        for block in blocks("sh", text)
        if is_script(block) and not any(word in block for word in NOT_RUN)
    ]


def is_script(block: str) -> bool:
    return any(
        not line.startswith("wacb ") or _SHELL.search(re.sub("'[^']*'", "", line))
        for line in _joined(block).splitlines()
    )


def _joined(block: str) -> str:
    return re.sub(r" \\\n +", " ", block)


def run_script(script: str, home: Path, *before: Path, **environ: str) -> Outcome:
    """Run a shell script in its home, with the installed program on its path, and `before` it."""
    home.mkdir(exist_ok=True)
    path = os.pathsep.join(map(str, (*before, Path(sys.executable).parent, os.environ["PATH"])))
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", f"cd {shlex.quote(str(home))}\n{script}"],
        env={"PATH": path, "HOME": str(home), **environ},
        capture_output=True,
        text=True,
        check=False,
    )
    return Outcome(code=done.returncode, out=done.stdout, err=done.stderr)

"""A real shell on a pseudo-terminal, in which somebody types and presses TAB."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Mapping
from pathlib import Path

SECONDS = 20
PROMPT = "READY> "
# makes the terminal on stdin its own, so that the shell has job control, and becomes the shell
TAKE_TERMINAL = (
    "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0);"
    "os.execvp(sys.argv[1], sys.argv[1:])"
)
# at a TAB it is the program itself, else it tells which words the shell made of the line
WACB = f"""\
#!/bin/sh
[ -z "$_WACB_COMPLETE" ] || exec {sys.executable} -m wacb "$@"
printf 'WORDS'; printf '|%s' "$@"; echo '|END'
"""
PROMPTS = {
    "bash": (".bashrc", f"PS1='{PROMPT}'\n"),
    "zsh": (".zshrc", f"PS1='{PROMPT}'\n"),
    "fish": (".config/fish/config.fish", f"function fish_prompt; echo -n '{PROMPT}'; end\n"),
}
ESCAPES = re.compile(r"\x1b(?:\[[0-9;?]*[@-~]|\][^\x07]*\x07|[(=>].?)")


class Shell:
    """`bash`, `zsh` or `fish` as a person starts it, with `wacb` on its path.

    `install` is run in it first, with the real `wacb`; then a new one is started.
    """

    def __init__(self, name: str, install: str, folder: Path, environ: Mapping[str, str]) -> None:
        home, programs = Path(environ["HOME"]), folder / "bin"
        file, line = PROMPTS[name]
        programs.mkdir()
        (home / file).parent.mkdir(parents=True, exist_ok=True)
        real = f"{Path(sys.executable).parent}{os.pathsep}{environ['PATH']}"
        subprocess.run([name, "-c", install], env={**environ, "PATH": real}, check=True)
        with (home / file).open("a") as startup:
            startup.write(line)
        (programs / "wacb").write_text(WACB)
        (programs / "wacb").chmod(0o755)
        self.name, self._seen = name, b""
        self._start({**environ, "PATH": f"{programs}{os.pathsep}{environ['PATH']}"}, folder)
        self._wait_for(PROMPT, 0)

    def _start(self, environ: Mapping[str, str], folder: Path) -> None:
        self._terminal, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 100, 0, 0))
        self._process = subprocess.Popen(
            [sys.executable, "-c", TAKE_TERMINAL, self.name, "-i"],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env=environ,
            cwd=folder,
            start_new_session=True,
        )
        os.close(slave)

    def enter(self, typed: str) -> list[str]:
        """Type a line, with a TAB where there is one in it; return the words wacb is given."""
        start = len(self._seen)
        os.write(self._terminal, f"{typed}\r".encode())
        words = self._wait_for(rf"WORDS\|(.*)\|END(?s:.*){PROMPT}", start)[1].split("|")
        assert not re.search("error|Traceback", self._screen(start)), self._screen(start)
        return words

    def show(self, typed: str, *patterns: str) -> None:
        """Type the beginning of a line, and TAB until the shell shows all of these."""
        start = len(self._seen)
        # fish shows at once, zsh after it has completed, and readline rings in between
        tabs = "\t" * {"bash": 3, "zsh": 2, "fish": 1}[self.name]
        os.write(self._terminal, f"{typed}{tabs}".encode())
        for pattern in patterns:
            self._wait_for(pattern, start)
        self.enter("\x15wacb done")  # Ctrl-U empties the line

    def _screen(self, start: int) -> str:
        return ESCAPES.sub("", self._seen[start:].decode(errors="ignore"))

    def _wait_for(self, pattern: str, start: int) -> re.Match[str]:
        """Read until there is a pattern on the screen, in what comes from `start` on."""
        end = time.monotonic() + SECONDS
        while not (found := re.search(pattern, self._screen(start))):
            left = max(end - time.monotonic(), 0)
            ready, _, _ = select.select([self._terminal], [], [], left)
            assert ready, f"{pattern!r} does not come: {self._screen(start)!r}"
            self._seen += os.read(self._terminal, 65536)
        return found

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._terminal)

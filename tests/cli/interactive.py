"""Programs on a pseudo-terminal: `wacb`, and a real shell in which somebody presses TAB."""

from __future__ import annotations

import os
import pty
import re
import select
import subprocess
import sys
import termios
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

WACB = (sys.executable, "-m", "wacb")
SECONDS = 20
PROMPT = "READY> "
# makes the terminal on stdin its own, for Ctrl-C, /dev/tty and job control; becomes the program
TAKE_TERMINAL = (
    "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0);"
    "os.execvp(sys.argv[1], sys.argv[1:])"
)
# at a TAB it is the program itself, else it tells which words the shell made of the line
SPY = f"""\
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


class Terminal:
    """A program on a terminal of its own, whose stdout is a pipe if it is `piped`.

    Whoever starts one closes it.
    """

    def __init__(
        self,
        line: Sequence[str],
        env: Mapping[str, str],
        *,
        folder: Path | None = None,
        piped: bool = False,
        size: tuple[int, int] | None = None,
    ) -> None:
        self._master, slave = pty.openpty()
        if size:
            termios.tcsetwinsize(slave, size)
        self._process = subprocess.Popen(
            [sys.executable, "-c", TAKE_TERMINAL, *line],
            stdin=slave,
            stdout=subprocess.PIPE if piped else slave,
            stderr=slave,
            env=env,
            cwd=folder,
            start_new_session=True,
        )
        os.close(slave)
        self._data = b""

    @property
    def seen(self) -> str:
        """All that the terminal got so far, escapes as well."""
        return self._data.decode(errors="ignore")

    def type(self, text: str) -> int:
        """Type this; return where in the data the answer begins, as `find` takes it."""
        start = len(self._data)
        os.write(self._master, text.encode())
        return start

    def resize(self, width: int) -> None:
        """Give the terminal another width; the kernel tells the program (SIGWINCH)."""
        termios.tcsetwinsize(self._master, (24, width))

    def text_since(self, start: int) -> str:
        """What came from a byte of the data on, escapes left out."""
        return ESCAPES.sub("", self._data[start:].decode(errors="ignore"))

    def wait_for(self, text: str) -> None:
        """Read until the screen shows a text that it did not show before."""
        self.find(re.escape(text), len(self._data))

    def find(self, pattern: str, start: int) -> re.Match[str]:
        """Read until there is a pattern in the text since `start`."""
        end = time.monotonic() + SECONDS
        while not (found := re.search(pattern, self.text_since(start))):
            more = self._read(end)
            assert more, f"the program ended without {pattern!r}: {self.seen!r}"
        return found

    def end(self) -> tuple[int, str, str]:
        """Wait for the end; return the exit code, the whole screen, and what was piped."""
        end = time.monotonic() + SECONDS
        while self._read(end):
            pass
        pipe = self._process.stdout
        piped = pipe.read().decode() if pipe else ""
        return self._process.wait(SECONDS), self._data.decode().replace("\r\n", "\n"), piped

    def _read(self, end: float) -> bool:
        """Take what there is; False at the end, which Linux reports as an error."""
        ready, _, _ = select.select([self._master], [], [], max(end - time.monotonic(), 0))
        assert ready, f"nothing comes: {self.seen!r}"
        try:
            data = os.read(self._master, 65536)
        except OSError:
            return False
        self._data += data
        return bool(data)

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._master)
        if self._process.stdout:
            self._process.stdout.close()


class Shell(Terminal):
    """`bash`, `zsh` or `fish` as a person starts it, with `wacb` on its path.

    `install` is run in it first, with the real `wacb`; then a new one is started.
    """

    def __init__(self, name: str, install: str, folder: Path, environ: Mapping[str, str]) -> None:
        self.name = name
        home, programs = Path(environ["HOME"]), folder / "bin"
        file, line = PROMPTS[name]
        programs.mkdir()
        (home / file).parent.mkdir(parents=True, exist_ok=True)
        real = f"{Path(sys.executable).parent}{os.pathsep}{environ['PATH']}"
        subprocess.run([name, "-c", install], env={**environ, "PATH": real}, check=True)
        with (home / file).open("a") as startup:
            startup.write(line)
        (programs / "wacb").write_text(SPY)
        (programs / "wacb").chmod(0o755)
        env = {**environ, "PATH": f"{programs}{os.pathsep}{environ['PATH']}"}
        super().__init__([name, "-i"], env, folder=folder, size=(40, 100))
        self.find(PROMPT, 0)

    def enter(self, typed: str) -> list[str]:
        """Type a line, with a TAB where there is one in it; return the words wacb is given."""
        start = self.type(f"{typed}\r")
        words = self.find(rf"WORDS\|(.*)\|END(?s:.*){PROMPT}", start)[1].split("|")
        text = self.text_since(start)
        assert not re.search("error|Traceback", text), text
        return words

    def show(self, typed: str, *patterns: str) -> None:
        """Type the beginning of a line, and TAB until the shell shows all of these."""
        # fish shows at once, zsh after it has completed, and readline rings in between
        tabs = "\t" * {"bash": 3, "zsh": 2, "fish": 1}[self.name]
        start = self.type(f"{typed}{tabs}")
        for pattern in patterns:
            self.find(pattern, start)
        self.enter("\x15wacb done")  # Ctrl-U empties the line

"""A small world to run the program in as a process: home, emulator, endpoint, and every command."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path
from typing import IO, Any

from tests.cli.conftest import ask
from tests.cli.expect import BODY, ONE, THREE, TWO
from tests.cli.registering import ADD, CONFIRM
from tests.conftest import LIVE, Outcome, invoke, profile_id
from tests.fault_server import FaultServer, Peer, answer
from tests.field.altered import FIRST, make_attached, make_profile
from wacb.cli.app import App
from wacb.jsontext import read_json_or
from wacb.sandbox.emulator import Sandbox
from wacb.sandbox.in_process import exchange
from wacb.sandbox.store import Store

SECONDS = 20
WACB = (sys.executable, "-m", "wacb")
SECOND, BROKEN = profile_id(2), profile_id(3)
NAME = "Shop ✓ … 店"  # what neither ISO-8859-1 nor cp1252 can write
BULK = ("number", "attach", ONE, TWO, THREE, "--replace", "--jobs", "1", "--profile")
ENCRYPT = ("--encrypt", "AES-128-CFB")
NEW = ("profile", "create", "--method", "post", "--url", "HOOK/new", "--title", "New")
SEND = ("callback", "send", "--profile", FIRST)

# every command, with words that the world below replaces; what each one's work deserves
COMMANDS: Mapping[str, tuple[tuple[str, ...], int]] = {
    "help": (("--help",), 0),
    "version": (("--version",), 0),
    "guide": (("help", "quickstart"), 0),
    "template": (("template", "--method", "post"), 0),
    "completion": (("completion", "bash"), 0),
    "create": ((*NEW, "--github"), 0),
    "create once": ((*NEW, "--if-not-exists", *ENCRYPT), 0),
    "list": (("profile", "list"), 0),
    "show": (("profile", "show", FIRST), 0),
    "update": (("profile", "update", FIRST, "--title", "New title"), 0),
    "delete": (("profile", "delete", SECOND, "--yes"), 0),
    "check": (("profile", "check"), 8),
    "fix": (("profile", "check", "--fix", BROKEN, "--yes"), 0),
    "numbers": (("number", "list"), 0),
    "number": (("number", "show", ONE), 0),
    "attach": ((*BULK, SECOND, "--github"), 0),
    "attach in vain": ((*BULK, SECOND, "+15550100009"), 9),
    "detach": (("number", "detach", ONE, "--yes"), 0),
    "history": (("number", "history"), 0),
    "rollback": (("number", "rollback", ONE, "--yes"), 0),
    "add": (ADD, 0),
    "send": ((*SEND, "--count", "3"), 0),
    "send in vain": ((*SEND, "--to", "HOOK/broken"), 8),
    "decode": (("callback", "decode", "FOLDER/callback.json"), 0),
    "verify": (("verify", ONE), 0),
    "verify in vain": (("verify", "+15550100009"), 8),
    "plan": (("plan", "-f", "FOLDER/wacb.toml", "--detailed-exitcode", "--github"), 10),
    "apply": (("apply", "-f", "FOLDER/wacb.toml", "--yes", "--github"), 0),
    "export": (("export",), 0),
    "message": (("--sandbox", "sandbox", "message", "--to", ONE), 8),
    "config show": (("config", "show"), 0),
    "config path": (("config", "path"), 0),
    "dry run": (("profile", "delete", SECOND, "--dry-run"), 0),
}
# those that wait for nobody and print nothing of their own need no row above
CHANGES = {
    **{name: line for name, (line, _) in COMMANDS.items()},
    "confirm": CONFIRM,
    "config set": ("config", "set", "endpoint", "https://example.com/hook"),
    "config unset": ("config", "unset", "endpoint"),
    "init": ("config", "init", "--account", "prod", "--no-check"),
}
MANIFEST = f"""
[profiles.one]
title = "Hook"
method = "post"
url = "HOOK/changed"

[profiles.two]
title = "Another hook"
method = "get"
url = "HOOK/get"

[numbers]
"{ONE}" = "one"
"{TWO}" = "two"
"""


@dataclass(frozen=True, kw_only=True)
class Ended:
    """What a process left behind on its streams."""

    code: int
    out: bytes
    err: str


@dataclass
class World:
    """One home folder, and one emulator that holds the n-th request back, or each for `slow` s.

    The first `quick` ones are not slowed down. With `late` it holds the answer to the n-th back.
    """

    folder: Path
    sandbox: Sandbox
    url: str = ""
    hold: int = 0
    late: bool = False
    slow: float = 0
    quick: int = 0
    served: int = 0
    ready: int = 0  # how many requests came before the test's own
    held: threading.Event = field(default_factory=threading.Event)
    release: threading.Event = field(default_factory=threading.Event)
    handled: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, peer: Peer) -> bool:
        head, _, body = peer.read().partition(b"\r\n\r\n")
        first, *lines = head.decode().split("\r\n")
        method, target, _ = first.split(" ")
        with self.lock:
            self.served += 1
            mine = self.served
        if mine == self.hold and not self.late:
            self._hold()
        self.release.wait(self.slow if mine > self.quick else 0)
        if not target.startswith(("/v1/", "/v2/")):
            peer.send(answer(500 if "broken" in target else 200, b"thanks"))
            return True
        headers = dict(line.split(": ", 1) for line in lines)
        status, names, chunks = exchange(self.sandbox, method, target, headers, body)
        if mine == self.hold:
            self.handled.set()
            if self.late:
                self._hold()
        peer.send(answer(status, b"".join(chunks), *map(": ".join, names)))
        return True

    def _hold(self) -> None:
        self.held.set()
        self.release.wait(SECONDS)

    @property
    def home(self) -> Path:
        return self.folder / "home"

    @property
    def env(self) -> dict[str, str]:
        return {
            **LIVE,
            "HOME": str(self.home),
            "WACB_BASE_URL": self.url,
            "GITHUB_OUTPUT": str(self.folder / "outputs"),
            "GITHUB_STEP_SUMMARY": str(self.folder / "summary"),
            "COLUMNS": "80",
        }

    def line(self, words: Sequence[str]) -> list[str]:
        places = {"HOOK": self.url, "FOLDER": str(self.folder)}
        for name, place in places.items():
            words = [word.replace(name, place) for word in words]
        return [*WACB, *words]

    def start(
        self, words: Sequence[str], *, out: int | IO[Any] | None = subprocess.PIPE, **env: str
    ) -> subprocess.Popen[bytes]:
        """Start a command, with SIGINT as a terminal would have it."""
        return subprocess.Popen(
            self.line(words),
            env=self.env | env,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.PIPE,
            cwd=self.folder,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
        )

    def run(self, words: Sequence[str], *, out: Any = subprocess.PIPE, **env: str) -> Ended:
        """Run a command to its end, which comes in time."""
        process = self.start(words, out=out, **env)
        return self.end(process)

    def do(self, words: Sequence[str]) -> Outcome:
        """Run a command in this process, where its own does not matter."""
        app = App(environ=self.env, interactive=False)
        outcome = invoke(app, *self.line(words)[len(WACB) :])
        app.session.close()
        return outcome

    def end(self, process: subprocess.Popen[bytes], *, seconds: float = SECONDS) -> Ended:
        """Wait for the end; a process that doesn't come to it is killed, and fails the test."""
        try:
            out, err = process.communicate(timeout=seconds)
        finally:
            process.kill()
            process.communicate()
        text = err.decode()
        assert "Traceback" not in text, text
        return Ended(code=process.returncode, out=out or b"", err=text)

    def written(self) -> list[tuple[str, str, bytes]]:
        """What the API was asked to change."""
        return [
            (request.method, request.path, request.body)
            for request in self.sandbox.requests()[self.ready :]
            if request.method != "GET"
        ]

    def journal(self) -> list[dict[str, Any]]:
        """The entries of this account's journal; a torn line is none."""
        found = sorted(self.home.rglob("journal*.jsonl"))
        lines = [line for file in found for line in file.read_text().splitlines()]
        return [entry for line in lines if (entry := read_json_or(line, None))]

    def state(self) -> tuple[Any, Any]:
        """Profiles and attachments as the API has them, without the hours and IDs."""
        shown = ask(self.sandbox, "GET", "/v1/SID/callback/profiles?limit=100")["profiles"]
        kept = ("title", "url", "http_method", "body", "status")
        titles = {row["profile_id"]: row["title"] for row in shown}
        profiles = sorted(tuple(self._anywhere(str(row[n])) for n in kept) for row in shown)
        numbers = ask(self.sandbox, "GET", f"/v2/SID/whatsapp/{LIVE['WACB_WABA_ID']}/number")
        return profiles, {
            row["phone_number"]: titles.get(row["callback_profile_id"]) for row in numbers
        }

    def outputs(self) -> list[str]:
        """What GitHub Actions was told, without the parts that no two runs share."""
        found = [self.folder / name for name in ("outputs", "summary")]
        return [self._anywhere(file.read_text()) for file in found if file.exists()]

    def _anywhere(self, text: str) -> str:
        """Take out what no two worlds share: the port, and with it the checksum of a plan."""
        return re.sub(r"[0-9a-f]{16,}", "SUM", unescape(text).replace(self.url, "URL"))


@contextmanager
def make_world(folder: Path, *, hold: int = 0, slow: float = 0, quick: int = 0) -> Iterator[World]:
    """Serve an emulator with three profiles; the first is on ONE, where the second was before."""
    folder.mkdir(parents=True, exist_ok=True)
    store = Store(":memory:")
    store.add_numbers([(ONE, NAME, "approved"), (TWO, NAME, "approved")])
    serial = iter(range(1, 1000))
    sandbox = Sandbox(store, new_id=lambda: profile_id(next(serial)))
    world = World(folder=folder, sandbox=sandbox)
    with FaultServer(world) as server:
        world.url = server.url
        make_profile(sandbox, title="Hook", url=f"{server.url}/hook")
        make_attached(sandbox, ONE, title="Second", url=f"{server.url}/second")
        short = BODY.replace(',"location":"<location>"', "")
        make_profile(sandbox, title="Broken", url=f"{server.url}/short", body=short)
        (folder / "wacb.toml").write_text(MANIFEST.replace("HOOK", server.url))
        (folder / "callback.json").write_text('{"body": "✓ ok", "wanumber": "15550100001"}')
        for line in (
            ("number", "attach", ONE, "--profile", FIRST, "--replace"),
            ("config", "init", "--account", "prod", "--no-check"),
        ):
            assert world.do(line).code == 0
        (folder / "outputs").unlink(missing_ok=True)
        world.ready = len(sandbox.requests())
        world.served, world.hold, world.slow, world.quick = 0, hold, slow, quick
        try:
            yield world
        finally:
            world.release.set()


def closed_pipe() -> int:
    """A pipe that nobody reads any more."""
    reading, writing = os.pipe()
    os.close(reading)
    return writing

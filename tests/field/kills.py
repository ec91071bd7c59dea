"""Kill commands at exact steps, and check what they left: an entry for every change.

A step is a request (before the API has it, or before its answer comes) or a write to a file (before
it, in the middle of it, or after it).
"""

from __future__ import annotations

import json
import os
import resource
import select
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from tests.cli.conftest import ask
from tests.cli.expect import ONE, THREE, TWO
from tests.conftest import LIVE, invoke
from tests.field.altered import FIRST
from tests.field.world import SECOND, SECONDS, WACB, World, make_world
from wacb.cli.app import App

V1 = ("--waba-id", "none")
ATTACH = ("number", "attach", ONE, "--replace", "--profile")
BULK = ("number", "attach", ONE, TWO, THREE, "--replace", "--profile")
# ONE has the first profile, and had the second one before
LINES: dict[str, tuple[str, ...]] = {
    "attach": (*ATTACH, SECOND),
    "attach, hidden": (*ATTACH, SECOND, *V1),
    "attach many": (*BULK, SECOND, "--jobs", "2"),
    "attach many, hidden": (*BULK, SECOND, "--jobs", "2", *V1),
    "apply": ("apply", "-f", "FOLDER/wacb.toml", "--yes"),
    "create": (
        *("profile", "create", "--method", "post", "--url", "HOOK/new", "--title", "New"),
        "--if-not-exists",
    ),
    "rollback": ("number", "rollback", ONE, "--yes"),
    "rollback, hidden": ("number", "rollback", ONE, "--yes", *V1),
}
# The commands are forked by a small process that has loaded the program: hundreds of them are run.
# Each counts its writes to files, and kills itself at the one that it is told.
_PARENT = """
import json, os, signal, sys
import httpx, wacb.api.client, wacb.cli.apply, wacb.cli.number.attach, wacb.cli.number.rollback
import wacb.cli.profile.create, wacb.net.httpx_transport, wacb.net.session
from wacb.__main__ import main

def run(order):
    count, real = 0, {"write": os.write, "fsync": os.fsync}
    def counted(name):
        def call(descriptor, *content):
            nonlocal count
            count += 1
            with open(order["folder"] + "/count", "w") as file:
                file.write(str(count))
            if count != order["place"]:
                return real[name](descriptor, *content)
            if order["part"] == "amid" and content:
                real[name](descriptor, content[0][: len(content[0]) // 2])
            if order["part"] == "after":
                real[name](descriptor, *content)
            os.kill(os.getpid(), signal.SIGKILL)
        return call
    os.write, os.fsync = counted("write"), counted("fsync")
    os.environ.clear()
    os.environ.update(order["env"])
    os.chdir(order["folder"])
    for place, name in enumerate((os.devnull, "stdout", "stderr")):
        os.dup2(os.open(name, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600), place)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGQUIT, signal.SIG_DFL)
    sys.argv = ["wacb", *order["line"]]
    main()

for line in sys.stdin:
    child = os.fork()
    if not child:
        run(json.loads(line))
        sys.exit()
    print(child, flush=True)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


class Parent:
    """Start commands, one at a time."""

    def __init__(self) -> None:
        resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
        self.process = subprocess.Popen(
            [sys.executable, "-c", _PARENT],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
        )

    def start(self, world: World, name: str, *, place: int = 0, part: str = "") -> int:
        """Start a command that kills itself at the given write; return its process ID."""
        order = {
            "line": world.line(LINES[name])[len(WACB) :],
            "env": world.env,
            "folder": str(world.folder),
            "place": place,
            "part": part,
        }
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write(f"{json.dumps(order)}\n".encode())
        return int(self.process.stdout.readline())

    def has_ended(self, seconds: float) -> bool:
        """Wait for the end of the command."""
        assert self.process.stdout
        return bool(select.select([self.process.stdout], [], [], seconds)[0])

    def end(self, world: World) -> int:
        """Return the exit code of the command, the negative number of a signal that killed it."""
        assert self.has_ended(SECONDS) and self.process.stdout
        error = (world.folder / "stderr").read_text()
        assert "Traceback" not in error, error
        return int(self.process.stdout.readline())

    def close(self) -> None:
        """End the process."""
        self.process.communicate()


class Step(NamedTuple):
    """One kill of a command: `how` is a signal or a part of a write, `place` counts from 1."""

    name: str
    how: str
    place: int
    late: bool = False


@dataclass
class Found:
    """What the kills showed, beside `state`, the account after a run that nobody disturbed.

    Of the `changes` that the API was asked for, `unrecorded` had no entry. Of the commands that
    were run afterwards, `wrong` claimed what was not so, or left another state.
    """

    state: Any
    kills: int = 0
    changes: int = 0
    unrecorded: int = 0
    wrong: int = 0


SIGNALS = ("SIGKILL", "SIGINT SIGINT", "SIGQUIT")


def steps(parent: Parent, folder: Path, name: str) -> tuple[list[Step], Found]:
    """Run a command undisturbed; return every step at which it can be killed."""
    with make_world(folder) as world:
        parent.start(world, name)
        assert parent.end(world) == 0, (world.folder / "stderr").read_text()
        requests, found = world.served, Found(world.state())
    at_requests = [
        Step(name, how, place, late)
        for place in range(1, requests + 1)
        for late in (False, True)
        for how in SIGNALS
    ]
    at_writes = [
        Step(name, part, place)
        for place in range(1, int((folder / "count").read_text()) + 1)
        for part in ("before", "amid", "after")
    ]
    return at_requests + at_writes, found


def kill(parent: Parent, folder: Path, step: Step, found: Found) -> None:
    """Kill a command at a step, count what has no entry, then run what follows and compare."""
    hold = step.place if step.how in SIGNALS else 0
    with make_world(folder, hold=hold) as world:
        world.late = step.late
        if hold:
            _signal_at_request(parent, world, step)
        else:
            parent.start(world, step.name, place=step.place, part=step.how)
            assert parent.end(world) == -signal.SIGKILL
        found.kills += 1
        changes = world.written()
        found.changes += len(changes)
        found.unrecorded += sum(not _is_recorded(world, *change) for change in changes)
        world.hold = 0
        back = found.kills % 2 == 0
        for line in (_back(step.name), LINES[step.name])[not back :]:
            found.wrong += _is_wrong(world, line)
        if not (back and step.name.startswith("rollback")):  # which then has another way back
            found.wrong += world.state() != found.state


def _signal_at_request(parent: Parent, world: World, step: Step) -> None:
    child = parent.start(world, step.name)
    assert world.held.wait(SECONDS)
    for each in step.how.split():
        if not parent.has_ended(0):
            os.kill(child, getattr(signal, each))
            parent.has_ended(0.3)  # the first Ctrl-C may be a request to finish
    code = parent.end(world)
    assert code in (130, -signal.SIGINT, -signal.SIGKILL, -signal.SIGQUIT), (step, code)
    world.release.set()
    assert world.handled.wait(SECONDS)  # what was sent arrives, late


def _back(name: str) -> tuple[str, ...]:
    """The command that gives the number its profile from before, as far as there is one."""
    hidden = V1 if "hidden" in name else ()
    return (*ATTACH, SECOND if name.startswith("rollback") else FIRST, *hidden)


def _is_recorded(world: World, method: str, path: str, body: bytes) -> bool:
    """Return whether the journal has an intent for a request."""
    fields: dict[str, Any] = json.loads(body) if body else {}
    entries = world.journal()
    if method == "PUT":
        number = fields.get("phone_number") or fields["wa_number"]
        new = fields["callback_profile_id"]
        return any(e.get("number") == number and e.get("new") == new for e in entries)
    if method == "POST":
        return any(e.get("title") == fields["title"] for e in entries)
    return any(e.get("profile") == path.rpartition("/")[2] for e in entries)


def _is_wrong(world: World, line: tuple[str, ...]) -> bool:
    """Run a command to its end; return whether it claims what is not so."""
    # in this process, which is quicker, and without the wait for a listing that lags
    app = App(environ=world.env, interactive=False, sleep=lambda seconds: None)
    ended = invoke(app, *world.line(line)[len(WACB) :], "-o", "json")
    app.session.close()
    assert ended.code in (0, 9), ended
    if ended.code:
        return False
    shown = json.loads(ended.out)
    rows = shown if isinstance(shown, list) else [shown]
    listed = ask(world.sandbox, "GET", f"/v2/SID/whatsapp/{LIVE['WACB_WABA_ID']}/number")
    has = {row["phone_number"]: row["callback_profile_id"] for row in listed}
    return any("number" in row and has[row["number"]] != row["new"] for row in rows)


def kill_all(folder: Path, name: str, *, every: int) -> Found:
    """Kill a command at each `every`-th step."""
    folder.mkdir()
    parent = Parent()
    all_steps, found = steps(parent, folder / "clean", name)
    for place, step in enumerate(all_steps[::every]):
        kill(parent, folder / str(place), step, found)
    parent.close()
    return found

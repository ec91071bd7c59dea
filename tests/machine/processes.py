"""Processes of two machines, one of which may end, or let another act, at any of its steps.

A step is a request, its answer, a line of a file, a wait or a question. All run in one thread: what
another process does at a step is done before the first one goes on.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple, TypeVar

import click
import pytest

from tests.conftest import LIVE, Outcome, invoke
from tests.machine.line import Answer, Late, Platform, read_request
from wacb.api import requester
from wacb.cli.app import App
from wacb.net.timeout import Connection, Deadline, Stage, TimedRequest
from wacb.provision import bulk
from wacb.sandbox.routing import Request
from wacb.storage import create_lock, files, uptime

A = TypeVar("A")
T = TypeVar("T")
SECONDS_OF_A_REQUEST = 0.05
SECONDS_OF_A_QUESTION = 60.0


class Killed(BaseException):
    """The process ended here, and nothing of it runs any more."""


class Seen(NamedTuple):
    """The truth at the moment of a read."""

    numbers: Mapping[str, str]
    profiles: Mapping[str, Mapping[str, Any]]


@dataclass(eq=False)
class Attempt:
    """The requests of one process that put a profile ("" for none) on a number.

    `executed` says whether one was carried out, `known` whether the process got its answer.
    """

    machine: str
    number: str
    value: str
    executed: bool = False
    known: bool = False
    accepted: bool = False  # by an API that does nothing, and the process could not look
    began: int = 0  # how many acts there were before its process
    order: int = 0  # of the last act on the number when it was carried out


@dataclass(eq=False)
class Process:
    """One run of the program."""

    machine: str
    line: tuple[str, ...]
    events: Mapping[int, Callable[[Process], None]]
    fates: list[str]
    answer: Callable[[], str]
    forced: bool
    steps: int = 0
    dead: bool = False
    deaf: bool = False
    torn: bool = False
    behind: float = 0.0  # seconds that only this process waits
    idle: float = 0.0  # seconds since its last look
    outcome: Outcome | None = None  # None: it was killed
    start: Seen | None = None
    entries: int = 0  # lines of the journal before it
    since: int = 0  # acts before it
    looked: Seen | None = None  # at the last listing of numbers that it got
    looked_at: dict[str, Mapping[str, Any]] = field(default_factory=dict)  # profiles, likewise
    listed: set[tuple[str, str]] = field(default_factory=set)  # numbers, and profiles on them
    shown: set[str] = field(default_factory=set)  # profiles that the API showed it
    asked: Seen | None = None  # when its question was asked
    attempts: dict[str, Attempt] = field(default_factory=dict)
    created: list[str] = field(default_factory=list)  # titles
    ignored: bool = False  # whether some write was accepted and not carried out
    lost: bool = False  # whether some write got no answer
    touched: bool = False  # whether anything but the program itself acted meanwhile

    @property
    def code(self) -> int | None:
        return self.outcome.code if self.outcome else None

    @property
    def rows(self) -> list[dict[str, Any]]:
        """What it printed as JSON."""
        if self.outcome is None or not self.outcome.out:
            return []
        shown = json.loads(self.outcome.out)
        return shown if isinstance(shown, list) else [shown]


class World(Platform):
    """The platform, and the machines; `watch` looks at every write that is carried out."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.lag = 0  # seconds until a new profile is listed
        self.stack: list[Process] = []
        self.offsets = {"A": 0.0, "B": 0.0}
        self.acts: list[tuple[str, str, Process | None]] = []  # number, value, whose
        self.attempts: list[Attempt] = []
        self.watch: Callable[[Process, str, str, Any], None] = lambda *_: None

    def close(self) -> None:
        self.store.close()
        shutil.rmtree(self.folder)

    def home(self, machine: str) -> Path:
        return self.folder / machine

    def put(self, number: str, value: str) -> None:
        """Put a profile on a number in the console."""
        fields = {"phone_number": number, "callback_profile_id": value}
        self.send("PUT", f"/v2/SID/whatsapp/{LIVE['WACB_WABA_ID']}/number/update", fields)
        self.acts.append((number, value, None))

    def journal(self, machine: str) -> list[bytes]:
        """The lines of a machine's journal."""
        path = self.home(machine) / ".local/state/wacb/journal.jsonl"
        return path.read_bytes().splitlines() if path.exists() else []

    # -- running

    def run(
        self,
        machine: str,
        *line: str,
        tty: bool = False,
        answer: Callable[[], str] = lambda: "y",
        events: Mapping[int, Callable[[Process], None]] | None = None,
        fates: Iterable[str] = (),
        input: str = "",
    ) -> Process:
        """Run one command to its end, or until it is killed."""
        process = Process(
            machine=machine,
            line=line,
            events=events or {},
            fates=list(fates),
            answer=answer,
            forced="--force" in line,
            start=self.look(),
            entries=len(self.journal(machine)),
            since=len(self.acts),
        )
        app = App(
            environ={"HOME": str(self.home(machine)), **LIVE},
            handler=partial(self._handle, process),
            interactive=tty,
            sleep=partial(self._sleep, process),
            now=lambda: self.now + self.offsets[machine],
        )
        app.deadline = Deadline(120, clock=lambda: self.now + process.behind)
        self.stack.append(process)
        try:
            process.outcome = invoke(app, *line, input=input)
        except Killed:
            assert process.dead
        finally:
            self.stack.pop()
        for attempt in process.attempts.values():
            blind = process.dead or process.deaf or not self.view.shows(attempt.number)
            attempt.accepted &= blind
        return process

    def look(self) -> Seen:
        return Seen(self.numbers(), self.profiles())

    # -- steps

    def step(self, process: Process) -> None:
        """Let happen what is to happen at this step."""
        if process.dead:
            raise Killed
        process.steps += 1
        if event := process.events.get(process.steps):
            process.touched = True
            event(process)
        if process.dead:
            raise Killed

    def arrive(self) -> None:
        """Carry out the requests that are still under way."""
        while self.late:
            request, arrived = self.late.pop(0)
            reply = self.execute(request)
            if reply.status == 200:
                arrived()

    def _sleep(self, process: Process, seconds: float) -> None:
        if seconds == create_lock.TRY_EVERY:  # it waits for one that goes on only after it
            process.behind += 30
        else:
            self.now += seconds
            process.idle += seconds
        self.step(process)

    def ask(self) -> str:
        """Answer a question of the running process."""
        process = self.stack[-1]
        process.asked = self.look()
        said = process.answer()
        self.now += SECONDS_OF_A_QUESTION
        process.idle += SECONDS_OF_A_QUESTION
        self.step(process)
        return said

    # -- requests

    def _handle(
        self, process: Process, method: str, url: str, headers: Mapping[str, str], body: bytes
    ) -> Answer:
        assert process is self.stack[-1]
        self.now += SECONDS_OF_A_REQUEST
        self.step(process)
        request = read_request(method, url, headers, body)
        try:
            if method != "GET":
                return self._write(process, request)
            if process.deaf:
                raise ConnectionResetError
            return self._show(process, request)
        finally:
            self.step(process)

    def _show(self, process: Process, request: Request) -> Answer:
        status, names, chunks = self.show(request)
        content = b"".join(chunks)
        shown = json.loads(content)["data"]
        if status == 200 and request.path.endswith("/number"):
            rows = shown if isinstance(shown, list) else shown["numbers"]
            process.listed.update(map(read_row, rows))
            process.looked, process.idle = self.look(), 0.0
        elif status == 200 and "/callback/profiles" in request.path:
            rows = shown.get("profiles", [shown])
            process.shown.update(row["profile_id"] for row in rows)
            live = self.profiles()
            for row in rows:
                process.looked_at[row["profile_id"]] = live[row["profile_id"]]
        return status, names, iter([content])

    def _write(self, process: Process, request: Request) -> Answer:
        fate = process.fates.pop(0) if process.fates else ""
        fields = json.loads(request.body) if request.body else {}
        attempt = self._attempt(process, request, fields)
        if fate in ("lost request", "ignored", "late") and request.method == "POST":
            fate = "lost request" if fate == "ignored" else fate
        if fate == "throttled":
            return 429, [("retry-after", "5")], iter([b'{"status": 429}'])
        if fate == "outage":
            process.lost = True
            return 503, [], iter([b'{"status": 503}'])
        if fate == "refused":
            return 422, [], iter([b'{"status": 422, "message": "no"}'])
        if fate == "ignored":
            process.ignored = True
            if attempt:
                attempt.accepted = True
            return 200, [], iter([b'{"status": 200, "data": {}}'])
        if fate in ("lost request", "late"):
            process.lost = True
            if fate == "late":
                arrived = partial(self._arrived, None, request, fields, attempt)
                self.late.append(Late(request, arrived))
            raise ConnectionResetError
        self.watch(process, request.method, request.path, fields)
        reply = self.execute(request)
        if reply.status == 200:
            self._arrived(process, request, fields, attempt)
            if request.method == "POST":
                process.created.append(fields["title"])
        if fate:
            process.lost = True
            if fate == "lost answer":
                raise ConnectionResetError
            return 503, [], iter([b'{"status": 503}'])
        if attempt and not process.dead:
            attempt.known = True
        return reply.status, [], iter([reply.body])

    def _attempt(self, process: Process, request: Request, fields: Any) -> Attempt | None:
        if request.method != "PUT":
            return None
        number, value = fields["phone_number"], fields["callback_profile_id"]
        if number not in process.attempts:
            began = process.since
            process.attempts[number] = Attempt(process.machine, number, value, began=began)
            self.attempts.append(process.attempts[number])
        return process.attempts[number]

    def _arrived(
        self, process: Process | None, request: Request, fields: Any, attempt: Attempt | None
    ) -> None:
        if attempt:
            attempt.executed = True
            self.acts.append((attempt.number, attempt.value, process))
            attempt.order = len(self.acts)


def read_row(row: dict[str, Any]) -> tuple[str, str]:
    """Return a number and its profile, as the platform shows them in several forms."""
    shown = row.get("callback_profile_id", "not shown")
    profile = shown["profile_id"] if isinstance(shown, dict) else shown
    return row["phone_number"], (profile or "").lower()


# -- the program's threads and files, one after the other


def run_in_turn(work: Callable[[A], T], items: Sequence[A], **_: object) -> list[T]:
    """Do the work of several threads in this one."""
    return [work(item) for item in items]


@contextmanager
def stepping(get_world: Callable[[], World]) -> Iterator[None]:
    """Let requests run in the caller's thread, and make steps of the writes to files."""

    def run(self: TimedRequest, work: Callable[[], T], connection: Connection) -> T:
        self.stage, self._connection = Stage.CONNECTING, connection
        return work()

    def stepped(write: Callable[..., T]) -> Callable[..., T]:
        def written(*args: Any, **how: Any) -> T:
            world = get_world()
            world.step(world.stack[-1])
            done = write(*args, **how)
            world.step(world.stack[-1])
            return done

        return written

    def extend(descriptor: int, size: int, content: bytes, *, sync: bool) -> None:
        process = get_world().stack[-1]
        if process.torn:
            process.dead = True
            whole(descriptor, size, content[: len(content) // 2], sync=False)
            raise Killed
        whole(descriptor, size, content, sync=False)

    whole = files._extend
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TimedRequest, "run", run)
        patch.setattr(bulk, "run_all", run_in_turn)
        patch.setattr(requester, "run_all", run_in_turn)
        since_start = SimpleNamespace(clock_gettime=lambda _: get_world().now)
        patch.setattr(uptime, "time", since_start)
        patch.setattr(files, "append_line", stepped(files.append_line))
        patch.setattr(files, "update", stepped(files.update))
        patch.setattr(files, "_extend", extend)
        patch.setattr(click, "prompt", lambda *_, **__: get_world().ask())
        yield

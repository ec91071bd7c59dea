"""Lines to the emulator on which updates of numbers fail, wait, or show late; Ctrl-C on time."""

from __future__ import annotations

import json
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

from tests.fake_api import Clock, Reply, answer, emulated, make_client
from tests.provision.attaching import execute, make_journal, make_step, recorded
from tests.provision.lossy import Answered, answered
from wacb.api.client import Client
from wacb.net import pool
from wacb.net.message import Handler
from wacb.provision.bulk import BulkRunner
from wacb.provision.number_change import NumberChange, NumberResult
from wacb.sandbox.emulator import Sandbox
from wacb.storage.journal import Entry

SECONDS = 20  # that a test waits at most for what must happen at once

Turn = Reply | Exception


class Line:
    """Pass requests on to the emulator, and remember the updates.

    `before` holds what happens to the updates of a number in turn instead of being carried out
    (None: they are), `after` what happens to their answers. Each listing fails as `looks` says
    (None: it doesn't), and the first `hidden` that don't fail show no profile on any number.
    """

    def __init__(
        self,
        sandbox: Sandbox,
        *,
        before: Mapping[str, Sequence[Turn | None]] | None = None,
        after: Mapping[str, Sequence[Turn | None]] | None = None,
        looks: Sequence[Turn | None] = (),
        hidden: int = 0,
    ) -> None:
        self._emulator = emulated(sandbox)
        self._before = {number: iter(turns) for number, turns in (before or {}).items()}
        self._after = {number: iter(turns) for number, turns in (after or {}).items()}
        self._looks = iter(looks)
        self._hidden = hidden
        self.puts: list[str] = []
        self.listings = 0

    def __call__(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Answered:
        if method == "GET" and "/profiles/" in url:
            return self._emulator(method, url, headers, body)
        if method == "GET":
            return self._list(method, url, headers, body)
        number = json.loads(body).get("phone_number") or json.loads(body)["wa_number"]
        self.puts.append(number)
        turn = self.put(number) or next(self._before.get(number, iter(())), None)
        if turn is not None:
            return answered(turn)
        reply = self._emulator(method, url, headers, body)
        turn = next(self._after.get(number, iter(())), None)
        return reply if turn is None else answered(turn)

    def put(self, number: str) -> Turn | None:
        """Be there when an update arrives; a turn that is returned takes its place."""
        return None

    def _list(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Answered:
        self.listings += 1
        failure = next(self._looks, None)
        if failure is not None:
            return answered(failure)
        status, fields, chunks = self._emulator(method, url, headers, body)
        if self._hidden == 0:
            return status, fields, chunks
        self._hidden -= 1
        rows: list[dict[str, Any]] = json.loads(b"".join(chunks))["data"]
        return answered(answer([{**row, "callback_profile_id": ""} for row in rows]))


class Held(Line):
    """Hold every update back until `release`."""

    def __init__(self, sandbox: Sandbox, **how: Any) -> None:
        super().__init__(sandbox, **how)
        self.arrived = threading.Semaphore(0)
        self.release = threading.Event()

    def put(self, number: str) -> Turn | None:
        self.arrived.release()
        self.release.wait(SECONDS)
        return None


class Bench:
    """A run whose waits cost no time, with its journal, behind any network."""

    def __init__(self, handler: Handler, folder: Path, **how: Any) -> None:
        self.clock, self._folder = Clock(), folder
        self.sleeps: list[float] = []
        self.client: Client = make_client(handler, clock=self.clock, **how)
        self.run = BulkRunner(self.client, make_journal(folder), sleep=self._sleep)

    def _sleep(self, seconds: float) -> None:
        self.sleeps.append(seconds)
        self.clock.sleep(seconds)

    def __call__(self, prepared: Sequence[NumberResult]) -> list[NumberResult]:
        return execute(self.run, prepared)

    def one(self, step: NumberChange | None = None) -> NumberResult:
        (result,) = self([NumberResult(step or make_step())])
        return result

    @property
    def journaled(self) -> list[Entry]:
        return recorded(make_journal(self._folder))


class Spoiling(Line):
    """Put a folder where the journal in `folder` is, just when an update is made."""

    def __init__(self, sandbox: Sandbox, folder: Path, **how: Any) -> None:
        super().__init__(sandbox, **how)
        self._file = folder / "journal.jsonl"

    def put(self, number: str) -> Turn | None:
        if self._file.is_file():
            self._file.unlink()
            self._file.mkdir()
        return None


@contextmanager
def meanwhile(work: Callable[[], None]) -> Iterator[None]:
    """Do `work` in another thread, and fail if it fails."""
    failures: list[BaseException] = []

    def run() -> None:
        try:
            work()
        except BaseException as failure:
            failures.append(failure)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        thread.join(SECONDS)
    assert failures == []


def press_ctrl_c() -> None:
    """Press Ctrl-C once the main thread does nothing but wait for the results of others."""
    end = time.monotonic() + SECONDS
    while not _waits():
        assert time.monotonic() < end, "the main thread does not wait"
        time.sleep(0.001)
    signal.pthread_kill(_MAIN, signal.SIGINT)


_MAIN = threading.main_thread().ident or 0


def _waits() -> bool:
    frame: FrameType | None = sys._current_frames()[_MAIN]
    files = []
    while frame:
        files.append(frame.f_code.co_filename)
        frame = frame.f_back
    return files[0] == threading.__file__ and pool.__file__ in files

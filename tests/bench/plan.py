"""Apply, export and plan accounts of three sizes on the served sandbox: time, requests, memory.

Run by hand: `python tests/bench/plan.py`. What to look for: seconds and MiB grow no faster than the
account, a plan asks for the pages of profiles and for the numbers and nothing else, and the export
of what was applied plans to nothing.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from typing import NamedTuple

from wacb.sandbox.account import API_KEY, SID, WABA_ID
from wacb.sandbox.emulator import Sandbox
from wacb.sandbox.routing import Reply, Request
from wacb.sandbox.server import Server
from wacb.sandbox.store import Store

WACB = str(Path(sys.executable).with_name("wacb"))
SIZES = ((100, 1_000), (300, 3_000), (1_000, 10_000))
TRIES = 3  # of a plan; the fastest counts
KINDS = (
    'method = "post"\nurl = "https://example.com/{0}"',
    'method = "get"\nurl = "https://example.com/{0}?shop=1"\nwith_status = true',
    'method = "put"\nurl = "https://example.com/{0}"\nresponse_message = "thanks"\n'
    'headers = {{ X-Team = "blue" }}',
)


class Figures(NamedTuple):
    """What one command took: wall-clock seconds, requests by method, peak memory in MiB."""

    seconds: float
    requests: Counter[str]
    memory: float

    def __str__(self) -> str:
        return f"{self.seconds:7.2f} s {self.memory:6.1f} MiB {self.requests.total():6} requests"


class Account:
    """A served sandbox and a home folder."""

    def __init__(self, pipe: Connection, url: str, home: str) -> None:
        self.pipe = pipe
        self.home = Path(home)
        self.env = {"HOME": home, "WACB_SID": SID, "WACB_API_KEY": API_KEY, "WACB_BASE_URL": url}
        self.env |= {"WACB_WABA_ID": WABA_ID, "PATH": os.environ["PATH"]}

    def run(self, *line: str, code: int = 0, out: str = "out.txt") -> Figures:
        """Run a command as a process of its own."""
        self.counted()
        began = time.monotonic()
        with (self.home / out).open("w") as stdout:
            process = subprocess.Popen(
                [WACB, *line, "--deadline", "3600"],
                env=self.env,
                cwd=self.home,
                stdout=stdout,
                stderr=subprocess.DEVNULL,
            )
            _, status, used = os.wait4(process.pid, 0)
        seconds = time.monotonic() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        assert process.returncode == code, (line, process.returncode)
        return Figures(seconds, self.counted(), used.ru_maxrss / 1024)

    def plan(self, *line: str, code: int = 0) -> Figures:
        """Run a plan a few times, which has to find nothing or, with the code 10, something."""
        line = ("plan", "--detailed-exitcode", "-o", "json", *line)
        fastest = min(self.run(*line, code=code) for _ in range(TRIES))
        changes = json.loads((self.home / "out.txt").read_text())["changes"]
        assert bool(changes) == bool(code)
        return fastest

    def counted(self) -> Counter[str]:
        """Tell what was asked since this was asked last."""
        self.pipe.send("count")
        return Counter(self.pipe.recv())


def serve(pipe: Connection, count: int) -> None:
    """Be the sandbox with `count` more numbers: in a process of its own, since that of a parent
    counts as its child's peak memory.
    """
    asked = Counter[str]()

    class Counting(Sandbox):
        def handle(self, request: Request) -> Reply:
            asked[request.method] += 1
            return super().handle(request)

    store = Store(":memory:")
    store.add_numbers((phone(place), "Shop", "approved") for place in range(count))
    server = Server(Counting(store))

    def answer() -> None:
        while pipe.recv() == "count":
            pipe.send(dict(asked))
            asked.clear()
        server.stop()

    threading.Thread(target=answer, daemon=True).start()
    server.run(pipe.send)


@contextmanager
def account(count: int) -> Iterator[Account]:
    """Serve an account with `count` numbers."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=serve, args=(theirs, count))
    process.start()
    try:
        with tempfile.TemporaryDirectory() as home:
            yield Account(ours, ours.recv(), home)
    finally:
        ours.send("stop")
        process.join()


def phone(place: int) -> str:
    return f"+1556{place:07}"


def file_of(profiles: int, numbers: int) -> str:
    tables = (
        f'[profiles.p{place}]\ntitle = "Profile {place:05}"\n'
        + KINDS[place % len(KINDS)].format(place)
        for place in range(profiles)
    )
    rows = (f'"{phone(place)}" = "p{place % profiles}"' for place in range(numbers))
    return "\n".join((*tables, "[numbers]", *rows, ""))


def main() -> None:
    """Print what each command takes, and what a plan takes by size."""
    for profiles, numbers in SIZES:
        print(f"{profiles} profiles, {numbers} numbers")
        with account(numbers) as live:
            (live.home / "wacb.toml").write_text(file_of(profiles, numbers))
            print("  plan, all to be made  ", live.plan(code=10))
            print("  apply                 ", live.run("apply", "--yes"))
            print("  apply, nothing to do  ", live.run("apply", "--yes"))
            print("  plan                  ", live.plan())
            print("  plan --prune          ", live.plan("--prune"))
            print("  export                ", live.run("export", out="exported.toml"))
            print("  plan of the export    ", live.plan("-f", "exported.toml"))


if __name__ == "__main__":
    main()

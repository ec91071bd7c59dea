"""Commands on a sandbox that is far away: requests, round trips one after the other, seconds.

Run by hand: `python tests/bench/latency.py [MILLISECONDS]` (default 200 for each request), and
`python tests/bench/latency.py scale` for 1 000 profiles and 10 000 numbers at 50 ms. What to look
for: no command takes more round trips than its goal; seconds grow with the account and no faster,
and memory stays under 100 MiB. Round trips are the most requests of which no two overlap.
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
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, NamedTuple

from wacb.sandbox.account import API_KEY, SID, WABA_ID
from wacb.sandbox.emulator import Sandbox
from wacb.sandbox.in_process import exchange
from wacb.sandbox.store import Row, Store
from wacb.template.placeholders import INCOMING, build_body, compact

WACB = str(Path(sys.executable).with_name("wacb"))
HOOK = "https://example.com/hook"
LEAN = ("body", "headers")  # what a lean row of the listing lacks
NEW = ("profile", "create", "--method", "post", "--url", HOOK, "--title", "New", "--if-not-exists")
ONE = "+15560000000"
Span = tuple[float, float]  # when a request came, and when it was answered


class Case(NamedTuple):
    """A command line, and the account it runs on: how many profiles and numbers, and lean rows.

    `before` is run first, and not measured.
    """

    name: str
    line: tuple[str, ...]
    goal: float
    profiles: int = 3
    numbers: int = 3
    lean: bool = False
    waba: bool = True
    before: tuple[tuple[str, ...], ...] = ()


class Figures(NamedTuple):
    """What one command took: requests, round trips, wall-clock seconds, peak memory in MiB."""

    requests: int
    trips: int
    seconds: float
    memory: float


ATTACH = ("number", "attach", ONE, "--profile", "Profile 00001")
BULK = ("number", "attach", "--from", "numbers.txt", "--jobs", "8", "--profile", "Profile 00001")
CASES = (
    Case("profile list, 300 lean rows", ("profile", "list"), 4 + 300 / 8, profiles=300, lean=True),
    Case("the same with -q", ("profile", "list", "-q"), 4, profiles=300, lean=True),
    Case("profile list, 3 profiles", ("profile", "list"), 1),
    Case("create --if-not-exists, unchanged", NEW, 1, before=(NEW,)),
    Case("create --if-not-exists, new", NEW, 3),
    Case("the same, lean rows", NEW, 4, lean=True),
    Case("number attach by title", ATTACH, 3),
    Case("the same, nothing to do", ATTACH, 1, before=(ATTACH,)),
    Case("verify", ("verify", ONE), 2, before=(ATTACH,)),
    Case("plan", ("plan",), 1),
    Case("export", ("export",), 1),
    Case("profile check", ("profile", "check"), 1),
    Case("profile show by title", ("profile", "show", "Profile 00001"), 1),
    Case("bulk attach of 200 on V1", BULK, 53, numbers=200, waba=False),
    Case("apply, 3 profiles and 10 numbers", ("apply", "--yes"), 0, profiles=0, numbers=10),
)
SCALE = (
    ("profile", "list"),
    ("profile", "list", "-q"),
    ("profile", "check", "-q"),
    ("number", "list"),
    ("plan",),
    ("export",),
)
SIZES = ((250, 2_500), (500, 5_000), (1_000, 10_000))


class Account:
    """A served sandbox and a home folder."""

    def __init__(self, pipe: Connection, home: str, case: Case) -> None:
        self.pipe = pipe
        self.home = Path(home)
        self.case = case
        self.env = {"HOME": home, "WACB_SID": SID, "WACB_API_KEY": API_KEY}
        self.env |= {"WACB_BASE_URL": pipe.recv(), "PATH": os.environ["PATH"]}
        self.env |= {"WACB_WABA_ID": WABA_ID} if case.waba else {}
        (self.home / "wacb.toml").write_text(file_of(case))
        (self.home / "numbers.txt").write_text("\n".join(map(phone, range(case.numbers))))

    def run(self, line: Sequence[str]) -> Figures:
        """Run a command as a process of its own."""
        self.log()
        began = time.monotonic()
        process = subprocess.Popen(
            [WACB, *line, "--deadline", "3600"],
            env=self.env,
            cwd=self.home,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert process.stderr is not None
        errors = process.stderr.read()
        _, status, used = os.wait4(process.pid, 0)
        seconds = time.monotonic() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        # a check may fail, as example.com answers nobody here
        assert process.returncode == 0 or line[0] == "verify", errors
        spans = self.log()
        return Figures(len(spans), trips(spans), seconds, used.ru_maxrss / 1024)

    def log(self) -> list[Span]:
        """Return when each request since the last call began and ended."""
        self.pipe.send("log")
        return [tuple(span) for span in json.loads(self.pipe.recv())]


def trips(spans: Sequence[Span]) -> int:
    """Count the most requests of which no two overlap."""
    count, free = 0, 0.0
    for began, ended in sorted(spans, key=lambda span: span[1]):
        if began >= free:
            count, free = count + 1, ended
    return count


def serve(pipe: Connection, case: Case, latency: float) -> None:
    """Be the API, as far away as `latency` seconds: in a process of its own, since that of a
    parent counts as its child's peak memory.
    """
    spans: list[Span] = []
    store = Store(":memory:")
    store.add_numbers((phone(place), "Shop", "approved") for place in range(case.numbers))
    for place in range(case.profiles):
        store.add_profile(row_of(place))
    sandbox = Sandbox(store)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        wbufsize = -1

        def answer(self) -> None:
            began = time.monotonic()
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            time.sleep(latency)
            headers = dict(self.headers.items())
            status, _, chunks = exchange(sandbox, self.command, self.path, headers, body)
            content = b"".join(chunks)
            if case.lean and self.command == "GET" and "/profiles?" in self.path:
                content = make_lean(content)
            spans.append((began, time.monotonic()))
            self.send_response(status)
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = answer

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    pipe.send(f"http://127.0.0.1:{server.server_port}")
    while pipe.recv() == "log":
        pipe.send(json.dumps(spans))
        spans.clear()
    server.shutdown()


def make_lean(content: bytes) -> bytes:
    """Drop the total of a page of profiles, and what its rows would lack."""
    answer = json.loads(content)
    answer["data"] = [
        {name: value for name, value in row.items() if name not in LEAN}
        for row in answer["data"]["profiles"]
    ]
    return json.dumps(answer).encode()


@contextmanager
def account(case: Case, latency: float) -> Iterator[Account]:
    """Serve the account of a case."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=serve, args=(theirs, case, latency))
    process.start()
    try:
        with tempfile.TemporaryDirectory() as home:
            yield Account(ours, home, case)
    finally:
        ours.send("stop")
        process.join()


def phone(place: int) -> str:
    return f"+1556{place:07}"


def row_of(place: int) -> Row:
    return {
        "profile_id": f"SG_00000000-0000-4000-8000-{place:012}",
        "title": f"Profile {place:05}",
        "http_method": "POST",
        "url": f"{HOOK}/{place}",
        "body": compact(build_body(INCOMING)),
        "headers": "{}",
        "events": "[]",
        "status": 1,
        "enc": None,
    }


def file_of(case: Case) -> str:
    """Write the manifest of an account with all its numbers on its first profile, or on a new."""
    count = case.profiles or 3
    tables = (
        f'[profiles.p{place}]\ntitle = "Profile {place:05}"\nmethod = "post"\n'
        f'url = "{HOOK}/{place}"'
        for place in range(count)
    )
    rows = (f'"{phone(place)}" = "p{place % count}"' for place in range(case.numbers))
    return "\n".join((*tables, "[numbers]", *rows, ""))


def measure(latency: float) -> None:
    """Print a row for each case."""
    print("command                             requests  round trips   goal  seconds")
    for case in CASES:
        with account(case, latency) as live:
            for line in case.before:
                live.run(line)
            figures = live.run(case.line)
        print(
            f"{case.name:34}  {figures.requests:8}  {figures.trips:11}  {case.goal or '':5}  "
            f"{figures.seconds:7.2f}",
            flush=True,
        )


def scale(latency: float) -> None:
    """Print what commands take by the size of the account."""
    for lean in (False, True):
        for profiles, numbers in SIZES:
            print(f"{profiles} profiles, {numbers} numbers, {'lean' if lean else 'whole'} rows")
            case = Case("", (), 0, profiles=profiles, numbers=numbers, lean=lean)
            with account(case, latency) as live:
                for line in SCALE:
                    figures = live.run(line)
                    print(
                        f"  {' '.join(line):16} {figures.requests:5} requests "
                        f"{figures.trips:5} round trips {figures.seconds:7.2f} s "
                        f"{figures.memory:6.1f} MiB",
                        flush=True,
                    )


def main() -> None:
    """Measure the cases, or the scale."""
    if sys.argv[1:] == ["scale"]:
        scale(0.05)
    else:
        measure(int(sys.argv[1] if sys.argv[1:] else 200) / 1000)


if __name__ == "__main__":
    main()

"""Attach 100, 500 and 2 000 numbers on the served sandbox: time, requests and memory by count.

Run by hand: `python tests/bench/bulk.py`. What to look for: seconds grow no faster than the count,
four requests beside one update a number, and with 10 % of the answers 429 or 503 every number ends
right after one update that was carried out.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path
from typing import NamedTuple

from wacb.sandbox.account import API_KEY, SID, WABA_ID
from wacb.sandbox.emulator import Sandbox
from wacb.sandbox.server import Server
from wacb.sandbox.store import Store

WACB = str(Path(sys.executable).with_name("wacb"))
HOOK = "https://example.com/hook"
JOBS = "8"


class Figures(NamedTuple):
    """What one run took: wall-clock seconds, requests by method, peak memory in MiB."""

    seconds: float
    requests: Counter[str]
    memory: float


def attach(count: int, *faults: str) -> Figures:
    """Attach `count` new numbers as a process of its own, and check that every one is right."""
    store = Store(":memory:")
    sandbox, numbers = Sandbox(store), [f"+1556{n:07}" for n in range(count)]
    store.add_numbers((number, "Shop", "approved") for number in numbers)
    urls, ready = list[str](), threading.Event()
    server = Server(sandbox)

    def on_ready(url: str) -> None:
        urls.append(url)
        ready.set()

    thread = threading.Thread(target=server.run, args=(on_ready,))
    thread.start()
    assert ready.wait(10)
    try:
        with tempfile.TemporaryDirectory() as home:
            env = {"HOME": home, "WACB_SID": SID, "WACB_API_KEY": API_KEY, "WACB_WABA_ID": WABA_ID}
            env |= {"WACB_BASE_URL": urls[0], "PATH": os.environ["PATH"]}
            create = [WACB, "profile", "create", "--method", "post", "--url", HOOK, "-q"]
            profile = subprocess.run(create, env=env, capture_output=True, text=True, check=True)
            before = len(sandbox.requests())
            for fault in faults:
                sandbox.add_fault(fault)
            line = [WACB, "number", "attach", "--from", "-", "--jobs", JOBS, "--deadline", "600"]
            listed = Path(home, "numbers.txt")
            listed.write_text("\n".join(numbers))
            began = time.monotonic()
            with listed.open() as stdin:
                process = subprocess.Popen(
                    [*line, "--profile", profile.stdout.strip()],
                    env=env,
                    stdin=stdin,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                )
                _, status, used = os.wait4(process.pid, 0)
            seconds = time.monotonic() - began
            process.returncode = os.waitstatus_to_exitcode(status)
            assert process.returncode == 0
    finally:
        server.stop()
        thread.join()
    attached = {row["phone_number"]: row["callback_profile_id"] for row in store.numbers()}
    assert all(attached[number] == profile.stdout.strip() for number in numbers)
    requests = sandbox.requests()[before:]
    carried_out = [
        request for request in requests if (request.method, request.status) == ("PUT", 200)
    ]
    assert len(carried_out) == count
    methods = Counter(request.method for request in requests)
    return Figures(seconds, methods, used.ru_maxrss / 1024)


def main() -> None:
    """Print a row for each count, and one with faults."""
    print("count  seconds  seconds per 100  reads  updates  peak MiB")
    for count, *faults in ((100,), (500,), (2000,), (500, "429:5%,PUT", "503:5%,PUT")):
        figures = attach(count, *faults)
        print(
            f"{count:5}  {figures.seconds:7.2f}  {figures.seconds / count * 100:15.2f}  "
            f"{figures.requests['GET']:5}  {figures.requests['PUT']:7}  {figures.memory:8.1f}  "
            + " ".join(faults)
        )


if __name__ == "__main__":
    main()

"""kill -9 at 500 moments of a rewrite, and of an append: nothing lost, nothing torn, nothing left.

The tests run this file as a program of its own, small and without threads, which forks the
processes that are killed, looks at the file after each kill and prints what it counted.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import tomllib
import traceback
from collections.abc import Callable
from functools import partial
from itertools import count, pairwise
from pathlib import Path
from statistics import median

from wacb.storage import files

if __name__ != "__main__":  # the program stays small
    import pytest

    pytestmark = pytest.mark.thorough

KILLS = 500
ACCOUNTS = 300  # so that the config has several blocks
CONFIG = 'default_account = "a0"\n' + "".join(
    f'\n[accounts.a{place}]\nsid = "HX#"\n' for place in range(ACCOUNTS)
)
JOURNAL = 5  # kills a file, which keeps reading all of it after each one cheap
LONG = 10  # lines of a process that a kill can tear; the others cost a late kill less


def test_a_rewrite_killed_at_500_moments_leaves_the_old_file_or_the_new(tmp_path: Path, wacb):
    # About 200 on a disk, 60 in memory; none would say that the kills fall between the writes.
    assert killing("rewrites", tmp_path) >= 10
    file = tmp_path / "config.toml"
    line = ("config", "set", "sid", "HXnext", "--account", "a0", "--config", str(file))
    outcome = wacb(*line)
    assert (outcome.code, outcome.err) == (0, "")
    assert names(tmp_path) == ["config.toml", "config.toml.lock"]
    accounts = tomllib.loads(file.read_text())["accounts"]
    assert accounts.pop("a0") == {"sid": "HXnext"}
    assert len(accounts) == ACCOUNTS - 1
    assert len({account["sid"] for account in accounts.values()}) == 1


def test_an_append_killed_at_500_moments_keeps_every_line_that_it_returned_from(tmp_path: Path):
    # About 250 on a disk, 40 in memory, of which 20 tear the line.
    assert killing("appends", tmp_path) >= 5
    journals = {f"{number}.jsonl" for number in range(KILLS // JOURNAL)}
    assert set(names(tmp_path)) == journals | {f"{name}.lock" for name in journals}


def killing(work: str, folder: Path) -> int:
    """Run this file; return how many of the kills fell into the middle of a write."""
    command = [sys.executable, "-P", __file__, work, str(folder)]
    run = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert (run.stderr, run.returncode) == ("", 0)
    counted: dict[str, int] = json.loads(run.stdout)
    assert counted["kills"] == KILLS
    return counted["amid"]


def names(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.iterdir())


# -- the program


def rewrites(folder: Path) -> int:
    """Kill rewrites; return how many had put a temporary file beside the old one."""
    path = folder / "config.toml"
    work = partial(rewrite, path)
    pause = duration(work) / KILLS
    amid = 0
    for kill in range(KILLS):
        work(0)
        assert names(folder) == ["config.toml", "config.toml.lock"], f"kill {kill}: not swept"
        number = version(path.read_text())
        done = killed(kill * pause, work)
        found = path.read_text()
        wanted = [config(number + done), config(number + done + 1)]
        assert found in wanted, f"kill {kill}: after {done} writes of {number}: {found[:99]!r}"
        amid += len(names(folder)) - 2
    return amid


def appends(folder: Path) -> int:
    """Kill appends; return how many had written of a line that they had not returned from."""
    pause = duration(partial(append, folder / "0.jsonl", 0)) / KILLS
    amid = 0
    for kill in range(KILLS):
        path = folder / f"{kill // JOURNAL}.jsonl"
        old = path.read_bytes() if path.exists() else b""
        done = killed(kill * pause, partial(append, path, kill))
        new = path.read_bytes()
        returned = "".join(line(kill, n) + "\n" for n in range(done)).encode()
        if old and not old.endswith(b"\n"):  # torn by the last kill, and ended by the next line
            returned = b"\n" + returned
        at_most = old + returned + line(kill, done).encode() + b"\n"
        assert new.startswith(old) and at_most.startswith(new), f"kill {kill}: not what was written"
        assert len(new) >= len(old + returned), f"kill {kill}: a line is lost"
        amid += len(new) > len(old + returned)
    return amid


def killed(seconds: float, work: Callable[[int], None]) -> int:
    """Fork a process that works on and on; return how often it had returned when it was killed.

    It is killed after its first return and these seconds: a new process is slow at first.
    """
    reports, report = os.pipe()
    child = os.fork()
    if not child:
        try:
            for number in count():
                work(number)
                os.write(report, b".")
        except BaseException:
            traceback.print_exc()
        os._exit(1)
    os.close(report)
    with os.fdopen(reports, "rb", buffering=0) as told:
        returned = len(told.read(1))
        time.sleep(seconds)
        os.kill(child, signal.SIGKILL)
        returned += len(told.read())
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status), "the child ended by itself"
    return returned


def duration(work: Callable[[int], None]) -> float:
    """Return the seconds that a piece of work usually takes."""
    moments = [time.perf_counter()]
    for number in range(LONG):
        work(number)
        moments.append(time.perf_counter())
    return median(end - start for start, end in pairwise(moments))


def rewrite(path: Path, _number: int) -> None:
    files.update(path, lambda old: config(0 if old is None else version(old) + 1))


def config(number: int) -> str:
    return CONFIG.replace("#", str(number))


def version(text: str) -> int:
    return int(text.split('"', 4)[3].removeprefix("HX"))


def append(path: Path, kill: int, number: int) -> None:
    files.append_line(path, line(kill, number))


def line(kill: int, number: int) -> str:
    times = 20_000 if number < LONG else 20
    return json.dumps({"kill": kill, "line": number, "filler": f"{number} " * times})


if __name__ == "__main__":
    folder = Path(sys.argv[2])
    amid = {"rewrites": rewrites, "appends": appends}[sys.argv[1]](folder)
    print(json.dumps({"kills": KILLS, "amid": amid}))

"""`callback listen` as a process: signals, pipes, a terminal."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.cli.interactive import SECONDS, WACB, Terminal
from tests.conftest import Outcome

LINE = [*WACB, "callback", "listen", "--port", "0"]


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    return {"HOME": str(tmp_path), "PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "TZ": "UTC"}


def send(url: str, method: str = "GET", target: str = "/?wanumber=1&body=hi") -> None:
    with closing(http.client.HTTPConnection(urlsplit(url).netloc, timeout=SECONDS)) as client:
        client.request(method, target)
        assert client.getresponse().status == 200


@pytest.fixture
def process(env: dict[str, str], request: pytest.FixtureRequest) -> Iterator[subprocess.Popen[str]]:
    """`callback listen` with the options of the `process` mark, in pipes."""
    with subprocess.Popen(
        [*LINE, *request.param],
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        yield process
        process.kill()


def ready(process: subprocess.Popen[str]) -> str:
    assert process.stdout
    return str(json.loads(process.stdout.readline())["url"])


def end(process: subprocess.Popen[str]) -> Outcome:
    out, err = process.communicate(timeout=SECONDS)
    return Outcome(code=process.returncode, out=out, err=err)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda n: n.name)
@pytest.mark.parametrize("process", [()], indirect=True, ids=[""])
def test_an_open_end_is_ended_by_a_signal(
    process: subprocess.Popen[str], number: signal.Signals
) -> None:
    send(ready(process))
    process.send_signal(number)
    outcome = end(process)
    callback, done = map(json.loads, outcome.out.splitlines())
    assert (callback["fields"], done) == (
        {"wanumber": "1", "body": "hi"},
        {"event": "done", "count": 1, "ok": True},
    )
    assert (outcome.code, outcome.err) == (0, "")


@pytest.mark.parametrize(
    "process",
    [("--count", "2"), ("--expect", "body"), ("--wait", "60", "-o", "json")],
    indirect=True,
    ids=["count", "expect", "wait"],
)
def test_a_bounded_run_is_interrupted_by_a_signal(process: subprocess.Popen[str]) -> None:
    ready(process)
    process.send_signal(signal.SIGTERM)
    outcome = end(process)
    assert (outcome.code, outcome.out) == (
        130,
        '{"event": "done", "count": 0, "ok": false}\n',
    )
    assert "interrupted before the expected messages arrived" in outcome.err


@pytest.mark.parametrize("process", [()], indirect=True, ids=[""])
def test_a_closed_pipe_ends_it_quietly(process: subprocess.Popen[str]) -> None:
    url = ready(process)
    assert process.stdout and process.stderr
    process.stdout.close()
    with pytest.raises(AssertionError):  # what could not be shown is not taken
        send(url)
    assert process.wait(SECONDS) == 0
    assert process.stderr.read() == ""


@pytest.fixture
def terminal(env: dict[str, str]) -> Iterator[Terminal]:
    """`callback listen` on a terminal of its own."""
    with closing(Terminal(LINE, env)) as terminal:
        yield terminal


def test_a_terminal_shows_callbacks_until_ctrl_c(terminal: Terminal) -> None:
    terminal.wait_for(" (Ctrl-C to stop)")
    url = terminal.seen.split(" ")[2].rstrip(";")
    send(url)
    terminal.wait_for("location\r\n")
    terminal.type("\x03")
    code, screen, _ = terminal.end()
    first, second, third, *_, last = screen.splitlines()
    assert first == f"Listening on {url} (Ctrl-C to stop)"
    assert second.endswith("  GET /  ? from ?  2/14 fields")
    assert third == "   body: hi"
    assert (code, last.removeprefix("^C")) == (0, "1 message received")

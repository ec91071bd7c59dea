"""Networks and terminals of a test's own, and a look at what a command left behind."""

from __future__ import annotations

import io
import json
import os
import signal
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, redirect_stderr, redirect_stdout
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.cli.expect import BODY, CREATE, ONE, failed
from tests.cli.listening import Client, Listen, Stdout
from tests.conftest import LIVE, Outcome, Wacb
from tests.fault_server import FaultServer
from tests.fault_server import answer as whole_answer
from wacb.cli import root
from wacb.cli.app import App
from wacb.sandbox.emulator import LoggedRequest, Sandbox
from wacb.sandbox.in_process import exchange
from wacb.sandbox.routing import Request

Answer = tuple[int, Sequence[tuple[str, str]], Iterator[bytes]]
Handler = Callable[[str, str, Mapping[str, str], bytes], Answer]
Watch = Callable[[], AbstractContextManager[None]]
Refused = Callable[..., None]


@pytest.fixture(autouse=True)
def columns(isolated: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Give every terminal 100 columns."""
    monkeypatch.setenv("COLUMNS", "100")


@pytest.fixture
def over(live: Wacb) -> Wacb:
    """Run a command line with credentials; the first argument stands for the network."""

    def run(handler: Handler, *line: str, **how: Any) -> Outcome:
        return live(*line, handler=handler, **how)

    return run


class Screen(io.StringIO):
    """A terminal that one can only write to."""

    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


@pytest.fixture
def on_screen(tmp_path: Path, sandbox: Sandbox) -> Wacb:
    """Run a command line whose stdout and stderr are terminals."""

    def run(*line: str, env: Mapping[str, str] | None = None, out: Screen | None = None) -> Outcome:
        app = App(
            environ={"HOME": str(tmp_path / "home"), **LIVE, **(env or {})},
            handler=partial(exchange, sandbox),
            sandbox=sandbox,
            interactive=False,
        )
        stdout, stderr = out or Screen(), Screen()
        with redirect_stdout(stdout), redirect_stderr(stderr):
            code = root.run(list(line), app)
        return Outcome(code=code, out=stdout.getvalue(), err=stderr.getvalue())

    return run


class ReadyLine(Screen):
    """A pipe whose reader does something with a server's URL, then stops it by Ctrl-C."""

    def __init__(self, use: Callable[[str], object]) -> None:
        super().__init__()
        self._use = use

    def isatty(self) -> bool:
        return False

    def write(self, text: str) -> int:
        if "url" in text:
            threading.Thread(target=self._run, args=(json.loads(text)["url"],)).start()
        return super().write(text)

    def _run(self, url: str) -> None:
        try:
            self._use(url)
        finally:
            os.kill(os.getpid(), signal.SIGINT)


def writes(sandbox: Sandbox) -> list[LoggedRequest]:
    """The requests that asked the API to change something."""
    return [request for request in sandbox.requests() if request.method != "GET"]


def fields(request: LoggedRequest) -> Any:
    """The JSON that a request carried."""
    return json.loads(request.body)


def ask(sandbox: Sandbox, method: str, path: str, value: object = None) -> Any:
    """Ask the emulator behind the program's back, and return the `data` of its answer."""
    headers = {"api-key": LIVE["WACB_API_KEY"], "content-type": "application/json"}
    body = b"" if value is None else json.dumps(value).encode()
    path, _, query = path.replace("SID", LIVE["WACB_SID"]).partition("?")
    request = Request(method=method, path=path, query=query, headers=headers, body=body)
    reply = sandbox.handle(request)
    assert reply.status == 200, reply
    return json.loads(reply.body)["data"]


def attached(sandbox: Sandbox, number: str) -> str:
    """The profile that the emulator has on a number."""
    rows = ask(sandbox, "GET", f"/v2/SID/whatsapp/{LIVE['WACB_WABA_ID']}/number")
    return next(str(r["callback_profile_id"]) for r in rows if r["phone_number"] == number)


def _files(folder: Path) -> dict[Path, tuple[int, bytes | None]]:
    """Read all files and folders, but for the locks on creates, which every create takes."""
    return {
        path: (path.stat().st_mode, path.read_bytes() if path.is_file() else None)
        for path in folder.rglob("*")
        if path.name != "creates" and not (path.parent.name == "creates" and path.suffix == ".lock")
    }


@pytest.fixture
def untouched(tmp_path: Path, sandbox: Sandbox) -> Watch:
    """Watch that neither a file nor the API's state changes."""

    @contextmanager
    def watch() -> Iterator[None]:
        files, requests = _files(tmp_path), writes(sandbox)
        yield
        assert _files(tmp_path) == files
        assert writes(sandbox) == requests

    return watch


@pytest.fixture(params=[(), ("--dry-run",)], ids=["real run", "dry run"])
def refused(request: pytest.FixtureRequest, live: Wacb, untouched: Watch) -> Refused:
    """Check that a command is refused, by the real run and by the dry run, and changes nothing.

    Without a `hint` any remedy will do, none as well.
    """

    def check(
        line: Sequence[str], code: int, message: str, hint: str | None = None, **how: Any
    ) -> None:
        with untouched():
            outcome = live(*line, *request.param, **how)
        if hint is None:
            message_only = outcome.err.partition("hint: ")[0]
            outcome = Outcome(code=outcome.code, out=outcome.out, err=message_only)
        assert outcome == failed(code, message, hint)

    return check


def put(sandbox: Sandbox, profile: str, number: str = ONE) -> None:
    """Attach a profile behind the program's back."""
    changes = {"phone_number": number, "callback_profile_id": profile}
    ask(sandbox, "PUT", f"/v2/SID/whatsapp/{LIVE['WACB_WABA_ID']}/number/update", changes)


def attach_new(sandbox: Sandbox, url: str, *, title: str = "Hook", **given: object) -> str:
    """Create a profile and attach it, behind the program's back."""
    template = {} if given.get("http_method") == "GET" else {"body": BODY}
    row = {"title": title, "url": url, "http_method": "POST", **template, **given}
    shown = ask(sandbox, "POST", "/v1/SID/callback/profiles", row)
    put(sandbox, shown["profile_id"])
    return url


class Showing:
    """The emulator, but for what it shows of its profiles and the numbers."""

    def __init__(self, sandbox: Sandbox, old: bytes, new: bytes) -> None:
        self.api: Handler = partial(exchange, sandbox)
        self.old, self.new = old, new

    def __call__(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        status, _, chunks = self.api(method, url, headers, body)
        shown = b"".join(chunks).replace(self.old, self.new)
        return status, [], iter([shown])


class Interrupting:
    """The emulator, with Ctrl-C in place of its answer to a method, once `after` was answered."""

    def __init__(self, sandbox: Sandbox, method: str, *, after: str | None = None) -> None:
        self.api: Handler = partial(exchange, sandbox)
        self.method, self.after = method, after

    def __call__(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        answer = self.api(method, url, headers, body)
        if method == self.method and self.after is None:
            raise KeyboardInterrupt
        if method == self.after:
            self.after = None
        return answer


@pytest.fixture
def two_profiles(live: Wacb) -> None:
    """Two complete profiles, the second one called Second."""
    assert live(*CREATE).code == 0
    assert live(*CREATE, "--title", "Second").code == 0


@pytest.fixture
def server() -> Iterator[FaultServer]:
    """An endpoint that takes every callback."""
    with FaultServer(whole_answer(200, b"thanks")) as server:
        yield server


@pytest.fixture
def chain(server: FaultServer, sandbox: Sandbox) -> str:
    """A complete profile called Hook on ONE; its URL is returned."""
    return attach_new(sandbox, f"{server.url}/hook")


def journaled(home: Path, *, outcome: str = "done") -> list[dict[str, Any]]:
    """The changes of numbers in the journal that ended like this, in the order they did."""
    lines = (home / ".local/state/wacb/journal.jsonl").read_text().splitlines()
    entries = [entry for entry in map(json.loads, lines) if "kind" not in entry]
    return [entry for entry in entries if entry["outcome"] == outcome]


@pytest.fixture
def listen(tmp_path: Path) -> Listen:
    """Run `callback listen --port 0`, with a client that gets its URL, once that is known."""

    def run(
        client: Client, *line: str, tty: bool = False, env: Mapping[str, str] | None = None
    ) -> Outcome:
        app = App(
            environ={"HOME": str(tmp_path), **(env or {})},
            interactive=False,
            now=lambda: 1_790_000_000.0,
        )
        out, err = Stdout(client, tty=tty), io.StringIO()
        with redirect_stdout(out), redirect_stderr(err):
            code = root.run(["callback", "listen", "--port", "0", *line], app)
        out.client.join(10)
        return Outcome(code=code, out=out.getvalue(), err=err.getvalue())

    return run

"""Run the program as a person would: `wacb("profile", "list")` on the emulator, in isolation."""

from __future__ import annotations

import os
import shutil
import signal
import socket
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner
from hypothesis import is_hypothesis_test

from tests.contract import find_fault
from tests.examples import choose_tier
from tests.fault_server import make_certificate
from wacb.cli import root
from wacb.cli.app import App
from wacb.net.message import Response
from wacb.net.session import Session
from wacb.sandbox.account import API_KEY, SID, WABA_ID
from wacb.sandbox.contract import Contract
from wacb.sandbox.emulator import Sandbox
from wacb.sandbox.in_process import exchange
from wacb.sandbox.store import Store
from wacb.storage.observed import ShownMark

if TYPE_CHECKING:
    from wacb.net.message import Handler

LIVE = {"WACB_SID": SID, "WACB_API_KEY": API_KEY, "WACB_WABA_ID": WABA_ID}

HIDDEN = Contract(number_profile_member="none")  # of an API that does not show it


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--thorough",
        action="store_true",
        help="run what the default run leaves out, and every property with more examples",
    )


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """At least four: many tests wait for a process or a socket, and not for a core."""
    return max(4, os.cpu_count() or 1)


def pytest_configure(config: pytest.Config) -> None:
    memory = Path("/dev/shm")  # where no test waits for a disk; containers have little of it
    if memory.is_dir() and shutil.disk_usage(memory).free > 2**30:
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(memory))
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as in a shell's background job
        signal.signal(signal.SIGINT, signal.default_int_handler)
    config.addinivalue_line("markers", "thorough: takes long, so it runs with --thorough only")
    config.addinivalue_line(
        "markers", "beyond_contract: sends the API what `wacb api openapi` does not allow"
    )
    choose_tier(thorough=config.getoption("--thorough"))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    thorough = config.getoption("--thorough")
    chosen: list[pytest.Item] = []
    left_out: list[pytest.Item] = []
    for item in items:
        marked = item.get_closest_marker("thorough") is not None
        scales = is_hypothesis_test(getattr(item, "obj", None))
        (chosen if (marked or scales if thorough else not marked) else left_out).append(item)
    items[:] = chosen
    config.hook.pytest_deselected(items=left_out)


@pytest.fixture(autouse=True)
def isolated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the machine's home, settings, proxies and colors out of every test."""
    for name in list(os.environ):
        if name.startswith(("WACB_", "XDG_", "SSL_CERT_")) or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    for name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "LINES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no socket beyond loopback be opened."""
    connect = socket.socket.connect

    def checked(self: socket.socket, address: Any) -> None:
        host = address[0] if isinstance(address, tuple) else address
        if self.family in (socket.AF_INET, socket.AF_INET6):
            assert host in ("127.0.0.1", "::1"), f"a test opens a connection to {host}"
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", checked)


@pytest.fixture(autouse=True)
def within_contract(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """Let every request of a command line be one that `wacb api openapi` allows."""
    faults: list[str] = []
    send = Session.send

    def checked(self: Session, method: str, url: str, **how: Any) -> Response:
        if "api-key" in how["headers"] and (fault := find_fault(method, url, how.get("body"))):
            faults.append(f"{method} {url}: {fault}")
        return send(self, method, url, **how)

    monkeypatch.setattr(Session, "send", checked)
    yield
    alone = request.path.parent.name in ("api", "net")  # where any request will do
    if not alone and request.node.get_closest_marker("beyond_contract") is None:
        assert faults == []


@pytest.fixture
def sandbox() -> Sandbox:
    """An empty emulator with predictable profile IDs and clock."""
    numbers = count(1)
    return Sandbox(
        Store(":memory:"),
        clock=lambda: 1_790_000_000.0,
        new_id=lambda: f"SG_00000000-0000-4000-8000-{next(numbers):012}",
    )


def profile_id(number: int) -> str:
    """The ID that the emulator of the `sandbox` fixture gives its n-th profile."""
    return f"SG_00000000-0000-4000-8000-{number:012}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a command left behind: its exit code and both streams."""

    code: int
    out: str
    err: str


Wacb = Callable[..., Outcome]


def invoke(app: App, *line: str, input: str | bytes = "") -> Outcome:
    """Run a command line of an app in this process; `input` is stdin. A bug is raised."""
    result = CliRunner().invoke(root, list(line), obj=app, input=input)
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return Outcome(code=result.exit_code, out=result.stdout, err=result.stderr)


@pytest.fixture
def sleeps() -> list[float]:
    """The seconds that the program wanted to sleep, without doing so."""
    return []


@pytest.fixture
def wacb(tmp_path: Path, sandbox: Sandbox, sleeps: list[float]) -> Wacb:
    """Run a command line; `env` adds variables, `input` is stdin, `tty` answers prompts.

    `--sandbox` uses the `sandbox` fixture, and so does every other host unless a `handler` stands
    for the network.
    """

    def run(
        *line: str,
        env: Mapping[str, str] | None = None,
        input: str | bytes = "",
        tty: bool = False,
        handler: Handler | None = None,
    ) -> Outcome:
        app = App(
            environ={"HOME": str(tmp_path / "home"), **(env or {})},
            handler=handler or partial(exchange, sandbox, sleep=sleeps.append),
            sandbox=sandbox,
            interactive=tty,
            sleep=sleeps.append,
            clock=lambda: sum(sleeps),
        )
        return invoke(app, *line, input=input)

    return run


def mark_shown(home: Path) -> None:
    """Let the account of LIVE be one whose API has shown the profile of a number before."""
    ShownMark(
        home / ".local/state/wacb/observed",
        host="api.ap.kaleyra.io",
        sid=LIVE["WACB_SID"],
        waba_id=LIVE["WACB_WABA_ID"],
    ).set()


@pytest.fixture
def live(wacb: Wacb) -> Wacb:
    """Run a command line with credentials in the environment, against a documented host."""

    def run(*line: str, env: Mapping[str, str] | None = None, **how: Any) -> Outcome:
        return wacb(*line, env={**LIVE, **(env or {})}, **how)

    return run


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A self-signed certificate and its key, for a FaultServer that speaks TLS."""
    return make_certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """The empty home folder of the `wacb` fixture."""
    yield tmp_path / "home"

"""The API key is in no output of any command at any verbosity, no file and no argument list."""

from __future__ import annotations

import json
import subprocess
import sys
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.cli.conftest import Handler
from tests.cli.expect import CREATE, ONE, TITLE, TWO
from tests.conftest import LIVE, Wacb, profile_id
from tests.examples import sampled
from wacb.sandbox.account import API_KEY
from wacb.sandbox.emulator import Sandbox
from wacb.sandbox.in_process import exchange

KEY = 'c4n4ry"<&>/+=\\key%20~'
FORMS = {KEY, quote(KEY, safe=""), json.dumps(KEY)[1:-1], b64encode(KEY.encode()).decode()}
ID = profile_id(1)
COMMANDS: Sequence[tuple[str, ...]] = (
    (*CREATE, "--title", "Another"),
    (*CREATE, "--if-not-exists", "--update-existing"),
    ("profile", "list"),
    ("profile", "show", ID),
    ("profile", "show", "Nobody"),
    ("profile", "update", ID, "--title", "Renamed"),
    ("profile", "check"),
    ("profile", "check", "--fix", "--yes"),
    ("profile", "delete", ID, "--yes"),
    ("callback", "send", "--profile", ID, "--to", "http://127.0.0.1:1/"),
    ("verify", ONE, "--profile", ID),
    ("number", "list"),
    ("number", "show", ONE),
    ("number", "attach", ONE, "--profile", ID),
    ("number", "attach", ONE, TWO, "--profile", TITLE),
    ("number", "detach", TWO, "--yes"),
    ("number", "history"),
    ("number", "rollback", ONE, "--yes"),
    ("number", "add", "+15550100044", "--name", "Shop", "--country-code", "1"),
    ("number", "confirm", "+15550100009", "--otp", "123456", "--id", "wn-15550100009"),
    ("config", "show"),
)
DRY = {"send", "create", "update", "delete", "attach", "detach", "rollback", "add", "confirm"}


def echo(status: int, *, envelope: bool = True) -> Handler:
    """An API that repeats the key in each form, in its words, its data and its headers.

    Only the ID of what was just created, which is stored here, is not the key.
    """
    said = " ".join(FORMS)
    row = dict.fromkeys(("profile_id", "title", "url", "body", "phone_number", "name"), said)
    answer = {"code": said, "message": said, "data": [row | {"http_method": "POST"}]}
    body = json.dumps(answer | {"error": [{"params": said}]} if status >= 400 else answer)

    def network(method: str, *_: object) -> tuple[int, Sequence[tuple[str, str]], Iterator[bytes]]:
        location = f"https://other.example/{quote(KEY, safe='')}"
        headers = [("x-echo", KEY), ("location", location)]
        shown = body.replace("profile_id", "reference") if method == "POST" else body
        return status, headers, iter([(shown if envelope else said).encode()])

    return network


LATER = pytest.mark.thorough  # -vv says all that these do
NETWORKS: Mapping[str, Handler | None] = {
    "sandbox": None,
    "200": echo(200),
    "200 no JSON": echo(200, envelope=False),
    "302": echo(302),
    "401": echo(401),
    "404": echo(404),
    "422": echo(422),
    "500": echo(500),
}


def lines(verbosity: str) -> Iterator[tuple[str, ...]]:
    extra = (verbosity,) if verbosity else ()
    for command in COMMANDS:
        yield (*command, *extra)
        yield (*command, "-o", "json", *extra)
        if command[1] in DRY:
            yield (*command, "--dry-run", *extra)


@pytest.fixture
def runs() -> Callable[..., Handler]:
    """Make the emulator one whose key is the canary."""

    def make(sandbox: Sandbox) -> Handler:
        real = partial(exchange, sandbox)

        def network(
            method: str, url: str, headers: Mapping[str, str], body: bytes
        ) -> tuple[int, Sequence[tuple[str, str]], Iterator[bytes]]:
            assert headers["api-key"] == KEY
            return real(method, url, {**headers, "api-key": API_KEY}, body)

        return network

    return make


@pytest.mark.parametrize(
    "verbosity", [pytest.param("", marks=LATER), pytest.param("-v", marks=LATER), "-vv"]
)
@pytest.mark.parametrize("name", sampled(NETWORKS, every=2))
def test_no_output_and_no_file_holds_the_key(
    over: Wacb,
    runs: Callable[..., Handler],
    sandbox: Sandbox,
    tmp_path: Path,
    name: str,
    verbosity: str,
):
    network = NETWORKS[name] or runs(sandbox)
    assert over(runs(sandbox), *CREATE, env={"WACB_API_KEY": KEY}).code == 0
    count = 0
    for line in lines(verbosity):
        outcome = over(network, *line, env={"WACB_API_KEY": KEY})
        assert outcome.code in range(10), line
        for form in FORMS:
            assert form not in outcome.out, line
            assert form not in outcome.err, line
        count += 1
    assert count >= 45
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert all(form.encode() not in path.read_bytes() for path in files for form in FORMS)


AUDITED = """
import json, sys
started = []
sys.addaudithook(lambda event, args: event in EVENTS and started.append([event, repr(args)]))
from wacb.cli import root
from wacb.cli.app import App
codes = [root.run(line, App()) for line in json.loads(sys.argv[1])]
print(json.dumps([codes, started]), file=sys.stderr)
""".replace("EVENTS", repr(("subprocess.Popen", "os.exec", "os.posix_spawn", "os.system")))


def test_no_process_is_started_with_the_key(tmp_path: Path):
    """Only the `api_key_command` is started, which prints the key and is not given it."""
    config = tmp_path / "config.toml"
    secret = tmp_path / "key"
    secret.write_text(KEY)
    config.write_text(f'[accounts.a]\nsid = "HX1"\napi_key_command = ["cat", "{secret}"]\n')
    config.chmod(0o600)
    env = {"HOME": str(tmp_path), "WACB_CONFIG": str(config), "HTTPS_PROXY": "http://127.0.0.1:9"}
    env["WACB_DEADLINE"] = "2"  # a refused connection is tried again
    wanted = [("profile", "list"), (*CREATE, "--dry-run"), ("number", "show", ONE, "-vv")]
    done = subprocess.run(
        [sys.executable, "-c", AUDITED, json.dumps(wanted)],
        env=env,
        capture_output=True,
        text=True,
        check=True,
    )
    codes, started = json.loads(done.stderr.splitlines()[-1])
    assert codes == [7, 7, 7]
    assert {event for event, _ in started} == {"subprocess.Popen"}
    assert all("cat" in args for _, args in started)
    assert not any(form in repr([started, done.stdout, done.stderr]) for form in FORMS)


def test_no_option_takes_a_key(wacb: Wacb):
    for line in (("config", "init"), ("config", "set", "api_key")):
        assert wacb(*line, "--api-key", KEY).code == 2
        assert KEY not in wacb(*line, "--api-key", KEY).err
    assert LIVE["WACB_API_KEY"] == API_KEY

"""The whole loop as processes of their own: serve, create, attach, listen, 13 messages, compare."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from wacb.callbacks.samples import TYPES
from wacb.cli import root
from wacb.cli.app import App
from wacb.sandbox.account import API_KEY, SID, WABA_ID
from wacb.sandbox.store import Store
from wacb.template.placeholders import INCOMING

WACB = [sys.executable, "-m", "wacb"]
ONE = "+15550100001"
SECONDS = 30


@contextmanager
def started(
    *line: str, env: Mapping[str, str]
) -> Iterator[tuple[subprocess.Popen[str], dict[str, str]]]:
    """Start a server; give it and its ready line."""
    pipe = subprocess.PIPE
    process = subprocess.Popen([*WACB, *line], env=env, stdout=pipe, stderr=pipe, text=True)
    try:
        assert process.stdout
        yield process, json.loads(process.stdout.readline())
    finally:
        process.terminate()
        process.communicate(timeout=SECONDS)


def run(line: list[str], env: Mapping[str, str]) -> None:
    """Run a command line in this process, and close what it leaves to the end of a process."""
    app = App(environ=env)
    assert root.run(line, app) == 0
    if "session" in app.__dict__:
        app.session.close()
    if "sandbox" in app.__dict__:
        app.sandbox.store.close()


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize(
    "options",
    [
        pytest.param((), marks=pytest.mark.thorough),
        pytest.param(("--basic-auth", "kaleyra"), marks=pytest.mark.thorough),
        pytest.param(("--encrypt", "AES-128-CFB"), marks=pytest.mark.thorough),
        ("--basic-auth", "kaleyra", "--encrypt", "AES-128-CFB"),
    ],
    ids=["plain", "Basic auth", "AES-128-CFB", "both"],
)
def test_messages_of_every_type_arrive_byte_for_byte(
    tmp_path: Path, method: str, options: tuple[str, ...]
):
    env = {
        "HOME": str(tmp_path),
        "PATH": os.environ["PATH"],
        "WACB_BASIC_AUTH_PASSWORD": "synthetic-password",
        "WACB_NO_INPUT": "1",
    }
    key = tmp_path / "key.toml"
    if "--encrypt" in options:
        options = (*options, "--encrypt-key-file", str(key))
    decrypt = ("--decrypt", str(key)) if "--encrypt" in options else ()
    basic = ("--basic-auth", "kaleyra") if "--basic-auth" in options else ()
    with started("sandbox", "serve", env=env) as (_, sandbox):
        account = {"WACB_SID": SID, "WACB_API_KEY": API_KEY, "WACB_WABA_ID": WABA_ID}
        account["WACB_BASE_URL"] = sandbox["url"]
        if decrypt:  # the key file is made by the create, and needed by the listener before it
            line = ["profile", "create", "--method", method, "--url", "http://localhost/"]
            run([*line, *options, "--title", "Key", "-q"], env | account)
        expect = ("--expect", "all", "--count", str(len(TYPES)), "--wait", str(SECONDS))
        listen = ("callback", "listen", "--port", "0", *expect, *basic, *decrypt)
        with started(*listen, env=env) as (listener, ready):
            line = ["profile", "create", "--method", method, "--url", f"{ready['url']}/hook"]
            line += [*options, "--title", "Loop", "-q"]
            run(line, env | account)
            line = ["number", "attach", ONE, "--profile", "Loop", "-q"]
            run(line, env | account)
            for kind in TYPES:
                line = ["sandbox", "message", "--to", ONE, "--type", kind, "-q"]
                run(line, env)
            out, err = listener.communicate(timeout=SECONDS)
        assert listener.returncode == 0, err
    *callbacks, done = map(json.loads, out.splitlines())
    assert done == {"event": "done", "count": len(TYPES), "ok": True}
    with Store(tmp_path / ".local/state/wacb/sandbox.sqlite3") as store:
        sent = [row["fields"] for row in store.messages()]
    assert len(sent) == len(callbacks) == len(TYPES)
    for callback, fields in zip(callbacks, sent, strict=True):
        opened = {**fields, "message": json.loads(fields["message"])}
        for name in ("contacts", "location"):
            opened[name] = fields[name] and json.loads(fields[name])
        assert {name: callback["fields"][name] for name in INCOMING} == opened

"""Receivers that are not ours parse every sample of `callback send`, and get what was sent."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from tests.examples import sampled
from wacb.callbacks.samples import TYPES, sample
from wacb.cli import root
from wacb.cli.app import App

RECEIVERS = Path(__file__).parent / "receivers"
NOW = 1_790_000_000.0
NODE = shutil.which("node")
COMMANDS = {
    "flask": pytest.param(
        [sys.executable, str(RECEIVERS / "flask_app.py")],
        marks=pytest.mark.skipif(not find_spec("flask"), reason="Flask is not installed"),
    ),
    "node": pytest.param(
        [NODE, str(RECEIVERS / "node_app.js")],
        marks=pytest.mark.skipif(not NODE, reason="Node is not installed"),
    ),
}
Send = Callable[..., Any]


@pytest.fixture(scope="module", params=COMMANDS.values(), ids=list(COMMANDS))
def receiver(request: pytest.FixtureRequest) -> Iterator[tuple[str, Iterator[str]]]:
    """The URL of a receiver's hook, and the lines that it prints."""
    with subprocess.Popen(
        request.param, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdout is not None
        try:
            port = int(process.stdout.readline())
            yield f"http://127.0.0.1:{port}/hook?kept=%2B1", process.stdout
        finally:
            process.terminate()


@pytest.fixture
def send(
    receiver: tuple[str, Iterator[str]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> Send:
    """Deliver one sample of seed 7, and return what the receiver made of it."""
    url, lines = receiver

    def run(method: str, kind: str, *more: str) -> Any:
        app = App(environ={"HOME": str(tmp_path)}, now=lambda: NOW)
        line = ("callback", "send", "--method", method, "--to", url, "--type", kind, *more)
        assert (root.run([*line, "--seed", "7"], app), capsys.readouterr().err) == (0, "")
        return json.loads(next(lines))

    return run


def message(kind: str) -> dict[str, str]:
    return sample(kind, number="+15550100001", sender="+15550123456", now=NOW, seed=7)


@pytest.mark.parametrize("kind", sampled(TYPES, every=4))
@pytest.mark.parametrize("method", ["get", "delete"])
def test_a_query_is_parsed_into_the_values_that_were_sent(send: Send, method: str, kind: str):
    assert send(method, kind) == {
        "method": method.upper(),
        "query": [["kept", "+1"], *map(list, message(kind).items())],
        "json": None,
    }


@pytest.mark.parametrize("kind", sampled(TYPES, every=4))
@pytest.mark.parametrize("method", ["post", "put"])
def test_a_body_is_parsed_into_the_values_that_were_sent(send: Send, method: str, kind: str):
    assert send(method, kind) == {
        "method": method.upper(),
        "query": [["kept", "+1"]],
        "json": message(kind),
    }


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_value_of_every_kind_of_character_arrives(send: Send, method: str):
    text = "".join(map(chr, (*range(1, 0x300), 0x2028, 0xFEFF, 0xFFFF, 0x1F600, 0x10FFFF)))
    parsed = send(method, "text", "--set", f"body={text}")
    values = parsed["json"] or dict(parsed["query"])
    assert values["body"] == text
    assert json.loads(values["message"])[0]["text"]["body"] == text

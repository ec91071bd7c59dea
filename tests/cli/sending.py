"""What the tests of `callback send` share."""

from __future__ import annotations

import re
from typing import Any

from tests.conftest import Wacb
from tests.fault_server import FaultServer

SEND = ("callback", "send")


def got(server: FaultServer, at: int = -1) -> tuple[str, dict[str, str], bytes]:
    """Request line, headers and body of what an endpoint received."""
    head, _, body = server.requests[at].partition(b"\r\n\r\n")
    line, *fields = head.decode("latin-1").split("\r\n")
    return line, {name.lower(): value for name, value in (f.split(": ", 1) for f in fields)}, body


def create(live: Wacb, url: str, *more: str, method: str = "post", env: Any = None) -> None:
    """Store a profile called Incoming."""
    local = ("--allow-http", "--allow-local", "--title", "Incoming")
    line = ("profile", "create", "--method", method, "--url", url, *local, *more)
    assert live(*line, env=env).code == 0


def without_ms(out: str) -> str:
    """The rows, with `MS` for a positive number of milliseconds."""
    text = re.sub(r'("ms": )(?!0\.0\b)\d+\.\d(?=,)', r"\1MS", out)
    return re.sub(r"\t(?!0\.0\t)\d+\.\d\t", "\tMS\t", text)


def row(server: FaultServer, path: str = "/hook", *, n: int = 1, kind: str = "text") -> str:
    """A delivery that was taken with thanks, as TSV."""
    return "\t".join((str(n), kind, "200", "MS", "true", "thanks", "POST", server.url + path))

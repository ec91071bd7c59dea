"""What the tests of `callback listen` share: a client beside the command, and what it prints."""

from __future__ import annotations

import http.client
import io
import json
import re
import threading
from collections.abc import Callable
from contextlib import closing
from typing import Any
from urllib.parse import urlsplit

from tests.cli.expect import NAMES
from tests.conftest import Outcome

MESSAGE = dict.fromkeys(NAMES, "") | {
    "body": "Hello",
    "from": "15550123456",
    "type": "text",
    "wanumber": "15550100001",
}
Client = Callable[..., object]
Listen = Callable[..., Outcome]


class Stdout(io.StringIO):
    """What a command prints; its first line wakes the client with the addresses in it."""

    def __init__(self, client: Client, *, tty: bool) -> None:
        super().__init__()
        self.client = threading.Thread(target=lambda: client(*self.addresses()))
        self.tty = tty

    def addresses(self) -> list[str]:
        return re.findall(r"http://[0-9.:]+", self.getvalue().partition("\n")[0])

    def isatty(self) -> bool:
        return self.tty

    def flush(self) -> None:
        if not self.client.ident:
            self.client.start()


def send(url: str, method: str = "POST", target: str = "/hook", **how: Any) -> int:
    """Deliver a callback, MESSAGE as JSON unless `body` says otherwise; return the status."""
    body = how.pop("body", None if method in ("GET", "HEAD") else json.dumps(MESSAGE))
    with closing(http.client.HTTPConnection(urlsplit(url).netloc, timeout=10)) as client:
        client.request(method, target, body, how)
        return client.getresponse().status


def nobody(url: str) -> None:
    """A client that sends nothing."""


def lines(outcome: Outcome) -> list[Any]:
    return [json.loads(line) for line in outcome.out.splitlines()]
